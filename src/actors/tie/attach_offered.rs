//! AttachOffered: somebody invites this actor to use what another provides.

use crate::access::Role;
use crate::common::resource::{ResourceActor, followers, spread};
use crate::limits::TIE_OFFERS_MAX;
use crate::tie::form::no_longer_waits;
use crate::tie::rows::{TIE_OFFERS, TIES};
use crate::tie::{Tie, TieState};
use pritchel_actor::{Halt, Method, Page, Refusal, Turn};
use serde::{Deserialize, Serialize};

/// Takes the `Invite` down, and tells those who follow. Nothing comes of it unless the provider itself and an admin of this
/// side agree. Anybody can ask, so only so many offers wait: the oldest makes room.
///
/// Source: ForgeFed, the handlers of `Invite` of the trackers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttachOffered {
    /// Into what: the provider or its collaborators.
    pub target: String,
    /// Into which role.
    pub role: Role,
}

impl<A: ResourceActor> Method<A> for AttachOffered {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let Some(act) = turn.act() else {
            return Err(Refusal::new("no-act", "an invitation is made by an act").into());
        };
        if actor.resource().links.offered >= TIE_OFFERS_MAX
            && let Some((_, oldest)) = TIE_OFFERS.page(turn, Page::first(&[], 1))?.pop()
            && let Some(mut tie) = TIES.get(turn, &oldest)?
        {
            no_longer_waits(actor, turn, &mut tie);
            tie.state = TieState::Declined;
            TIES.put(turn, &oldest, &tie);
        }
        let place = turn.number();
        TIE_OFFERS.put(turn, &place, &act.id);
        actor.resource_mut().links.offered += 1;
        let tie = Tie {
            kind: None,
            provider: None,
            target: self.target,
            role: self.role,
            by: turn.caller().id().clone(),
            begun_here: false,
            admin_agrees: false,
            grant: None,
            follow: None,
            waits: Some(place),
            state: TieState::Forming,
            since: turn.now(),
        };
        TIES.put(turn, &act.id, &tie);
        turn.answer_none();
        spread(turn, vec![followers()])
    }
}
