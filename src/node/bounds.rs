//! The bounds that all of the server shares, with what is in use of each: where one is reached, people wait or are turned away.

use crate::cli::limits::BOUND_NEAR_PERCENT;
use pritchel_actor::limits::RESIDENT_MAX;
use pritchel_actor::runtime::Node;
use pritchel_deliver::runner::Runner;
use pritchel_git::git::Git;
use pritchel_web::in_use;
use pritchel_web::ports::{Finding, Health};

const NEAR: &str = "Where it is reached, what comes waits or is turned away. If it stays so, see what asks for so much: the log, the rules about \
    other servers, the budgets of visitors.";

/// Where they are used.
#[derive(Clone)]
pub struct Shared {
    /// The actors.
    pub node: Node,
    /// The processes.
    pub git: Git,
    /// What moves everything.
    pub runner: Runner,
}

impl Shared {
    /// What the self-check says of each.
    pub fn findings(&self) -> Vec<Finding> {
        let actors = ("actors in memory", self.node.stats().resident, RESIDENT_MAX);
        let all = std::iter::once(actors).chain(self.runner.in_use()).chain(self.git.in_use()).chain(in_use::in_use());
        all.map(|(what, used, most)| finding(what, used, most)).collect()
    }
}

fn finding(what: &str, used: usize, most: usize) -> Finding {
    let near = used.saturating_mul(100) >= most.saturating_mul(BOUND_NEAR_PERCENT);
    Finding {
        what: what.to_owned(),
        health: if near { Health::Odd } else { Health::Good },
        said: format!("{used} of {most} in use"),
        advice: near.then(|| NEAR.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_that_is_nearly_reached_is_said_to_be() {
        assert_eq!(finding("x", 89, 100).health, Health::Good);
        let near = finding("x", 90, 100);
        assert_eq!((near.health, near.said.as_str()), (Health::Odd, "90 of 100 in use"));
        assert!(near.advice.is_some());
    }
}
