//! Proposed: somebody of the other side wants a link with this actor.

use crate::access::{Role, Term};
use crate::common::resource::{ResourceActor, followers, spread};
use crate::limits::LINK_OFFERS_MAX;
use crate::link::form::{no_longer_waits, refuse_second};
use crate::link::rows::{LINKS, WAITING};
use crate::link::{Link, LinkState, evidence};
use pritchel_actor::{Halt, Method, Page, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Takes the wish down, and tells those who follow. Nothing comes of it unless the other actor itself and an admin of this
/// side agree. Anybody can ask, so only so many wishes wait: the oldest makes room. A wish that is not the other side's to
/// have is passed on to those who follow, and nothing is kept of it.
///
/// Source: ForgeFed, "Adding a component to a project - component side" and its nine sisters, the passive side; protocol
/// decision F-38.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposed {
    /// The collection of the other actor to which this one would be added.
    pub collection: String,
    /// The greatest role that is to come over the link, where access comes over such links.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// For how long.
    #[serde(default, skip_serializing_if = "Term::is_open")]
    pub term: Term,
}

impl<A: ResourceActor> Method<A> for Proposed {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let (end, peer) = evidence::end_towards(turn, &self.collection, A::ENDS)?;
        turn.case(end.collection());
        refuse_second(turn, end, &peer)?;
        if !end.opposite().begins() {
            turn.answer_none();
            return spread(turn, vec![followers()]);
        }
        let role = self.role.filter(|_| end.carries());
        demand(!end.carries() || role.is_some(), || Refusal::new("malformed", "expected a role as `instrument`"))?;
        self.term.check(turn.now())?;
        let Some(act) = turn.act() else {
            return Err(Refusal::new("no-act", "a link is asked for by an act").into());
        };
        if actor.resource().links.waiting >= LINK_OFFERS_MAX
            && let Some((_, oldest)) = WAITING.page(turn, Page::first(&[], 1))?.pop()
            && let Some(mut link) = LINKS.get(turn, &oldest)?
        {
            no_longer_waits(actor, turn, &mut link);
            link.state = LinkState::Declined;
            LINKS.put(turn, &oldest, &link);
        }
        let place = turn.number();
        WAITING.put(turn, &place, &act.id);
        actor.resource_mut().links.waiting += 1;
        let link = Link {
            end,
            peer,
            role,
            by: turn.caller().id().clone(),
            begun_here: false,
            peer_agrees: false,
            admin_agrees: false,
            delegate: None,
            start: None,
            former: None,
            relationship: None,
            waits: Some(place),
            term: self.term,
            state: LinkState::Forming,
            since: turn.now(),
        };
        LINKS.put(turn, &act.id, &link);
        turn.answer_none();
        spread(turn, vec![followers()])
    }
}
