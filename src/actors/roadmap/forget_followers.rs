//! ForgetMilestoneFollowers: whoever may no longer see a roadmap follows no milestone of it.

use crate::common::resource::Visibility;
use crate::common::set_visibility::forget_strangers::strangers;
use crate::limits::SWEPT_FOLLOWS_MAX;
use crate::roadmap::follow_milestone::unfollow;
use crate::roadmap::milestone::{MILESTONE_FOLLOWERS, MILESTONES};
use crate::roadmap::{MilestoneNo, Roadmap};
use pritchel_actor::{ActorId, Halt, Method, Need, Page, Refusal, RowKey, Turn, demand};
use serde::{Deserialize, Serialize};

/// Private, by the roadmap itself: goes on after this follower of this milestone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForgetMilestoneFollowers {
    /// The last row that was looked at.
    pub after: (MilestoneNo, ActorId),
}

impl Method<Roadmap> for ForgetMilestoneFollowers {
    type Answer = ();

    fn turn(self, roadmap: &mut Roadmap, turn: &mut Turn<'_>) -> Result<(), Halt> {
        demand(turn.caller().id() == turn.me(), || Refusal::new("not-itself", "only the roadmap itself can do this"))?;
        // Shown to everybody again meanwhile, it is for everybody to follow.
        if roadmap.resource.visibility != Visibility::Private {
            return Ok(());
        }
        forget(turn, &self.after.encode())
    }
}

/// Looks through a page of the followers of all milestones, and goes on in another turn if there are more.
pub(super) fn forget(turn: &mut Turn<'_>, after: &[u8]) -> Result<(), Halt> {
    let page = MILESTONE_FOLLOWERS.page(turn, Page { after, ..Page::first(&[], SWEPT_FOLLOWS_MAX) })?;
    let gone = strangers(turn, page.iter().map(|((_, follower), _)| follower))?;
    let theirs: Vec<&(MilestoneNo, ActorId)> =
        page.iter().map(|(place, _)| place).filter(|(_, follower)| gone.contains(follower)).collect();
    let need =
        |(number, _): &&(MilestoneNo, ActorId)| Need::Row { table: MILESTONES.name().to_owned(), key: number.encode() };
    turn.need_all(theirs.iter().map(need).collect())?;
    for (number, who) in theirs {
        unfollow(turn, *number, who)?;
    }
    let full = page.len() == SWEPT_FOLLOWS_MAX;
    match page.into_iter().next_back().filter(|_| full) {
        Some((after, _)) => {
            let me = turn.myself::<Roadmap>();
            turn.call(&me, ForgetMilestoneFollowers { after })
        }
        None => Ok(()),
    }
}
