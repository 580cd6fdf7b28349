//! The actors' own machine, as this room uses it: it is told who has mail, and run while a pump waits.

use std::time::Duration;

use pritchel_actor::{ActorId, Later, Node};

/// Whoever runs the turns of the near actors.
pub trait Turns: Send + Sync + 'static {
    /// Tells that an actor has mail.
    fn wake(&self, actor: &ActorId);
    /// Runs woken actors until nothing moves or the budget ends. Answers how many turns there were.
    fn run_waiting(&self, budget: Duration) -> Later<usize>;
    /// Whether the store has failed, so that nothing moves any more.
    fn has_failed(&self) -> bool;
}

impl Turns for Node {
    fn wake(&self, actor: &ActorId) {
        Node::wake(self, actor);
    }

    fn run_waiting(&self, budget: Duration) -> Later<usize> {
        let node = self.clone();
        Box::pin(async move { Node::run_waiting(&node, budget).await })
    }

    fn has_failed(&self) -> bool {
        self.failed().is_some()
    }
}
