//! Delegated: the destination has given its delegate-Grant, so the link stands and access may go.

use crate::access::issue;
use crate::common::resource::ResourceActor;
use crate::link::form::{refuse_second, stand};
use crate::link::rows::{DOWNSTREAM, Downstream, LINKS};
use crate::link::{Cascade, Link, LinkState, Side};
use pritchel_actor::{ActId, Halt, Method, Refusal, Turn};
use serde::{Deserialize, Serialize};

/// Lists the peer, gives it access to this resource itself, and begins to pass on what this resource was given.
///
/// Source: ForgeFed, "Adding a component to a project - component side" and its nine sisters, the last steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delegated {
    /// The `Add` it fulfils.
    pub add: ActId,
    /// The delegate-Grant.
    pub delegate: ActId,
}

impl<A: ResourceActor> Method<A> for Delegated {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let caller = turn.caller().id().clone();
        let link = LINKS.get(turn, &self.add)?.filter(|link| link.peer == caller && expects(link));
        // Over a link without a role no access comes, whoever is ready for it.
        let Some((mut link, role)) = link.and_then(|link| link.role.map(|role| (link, role))) else {
            return Err(Refusal::new("no-such-link", "nothing here waits for this Grant").into());
        };
        refuse_second(turn, link.end, &link.peer)?;
        stand(actor, turn, &self.add, &mut link, Some(self.delegate.clone()))?;
        if link.end.starts() {
            link.start = issue::start(actor, turn, &self.add, &link)?;
        }
        LINKS.put(turn, &self.add, &link);
        if link.end.extends() {
            let (allows, span) = (link.end.allows().to_owned(), link.term.span());
            DOWNSTREAM.put(turn, &self.delegate, &Downstream { peer: link.peer, role, allows, span });
            let myself = turn.myself::<A>();
            turn.call(&myself, Cascade::ExtendTo { delegate: self.delegate, after: None })?;
        }
        Ok(())
    }
}

/// Whether the delegate-Grant is the next step: everybody of this side has agreed, and the peer agrees by giving it.
fn expects(link: &Link) -> bool {
    link.end.side == Side::Source
        && link.admin_agrees
        && matches!(link.state, LinkState::Forming | LinkState::Agreed)
        && (link.begun_here || link.state == LinkState::Agreed)
}
