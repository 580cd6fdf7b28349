//! Apply: a merge request is to be merged.

use crate::access::{Authority, Role, require};
use crate::common::naming::origin_of;
use crate::common::references::closed_in;
use crate::common::resource::spread;
use crate::limits::CLOSED_BY_PUSH_MAX;
use crate::patch_tracker::merge_request::{Applying, Branch};
use crate::patch_tracker::review;
use crate::patch_tracker::versions::VERSIONS;
use crate::patch_tracker::{MergeMethod, MergeProposed, PatchTracker, merged_elsewhere};
use crate::repository::{ProposeMerge, Repository};
use crate::ticket_tracker::listed;
use crate::ticket_tracker::planned::onlookers;
use crate::ticket_tracker::ticket::{self, Ticket, act_id, ticket_uri};
use crate::ticket_tracker::{TicketNo, Tracks};
use pritchel_actor::{ActorId, Halt, Method, Ref, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Has the repository merge what is offered. The answer comes when that has ended: an `Accept`, or a `Reject` if it could not be
/// done without a conflict. What is merged is the newest version that is kept, whatever the branch has come to since.
///
/// A repository of another server is merged into by a job of the tracker's own: see [`merged_elsewhere`].
///
/// The approvals that the tracker wants are wanted of whoever shows a Grant of less than admin: an admin could as well have the
/// tracker want none.
///
/// Source: ForgeFed, "Merge Requests", Apply; of approvals, protocol decision F-57.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Apply {
    /// Which merge request.
    pub ticket: TicketNo,
    /// Which of its versions, if the `Apply` names one: it must be the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// Into which repository: that which the request names.
    pub repository: ActorId,
    /// Into which of its branches; `None` leaves it to the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// In which way.
    pub method: MergeMethod,
}

impl Method<PatchTracker> for Apply {
    type Answer = ();

    fn turn(self, tracker: &mut PatchTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let by_admin = matches!(require(tracker, turn, Role::Write)?, Authority::Grant(_, Role::Admin));
        let (me, by, now) = (turn.me().clone(), turn.caller().id().clone(), turn.now());
        let mut ticket = ticket::ticket(turn, self.ticket)?;
        demand(!ticket.is_merged(), || {
            Refusal::new("already-merged", format!("merge request {} is merged", self.ticket))
        })?;
        tracker.may_change(turn, &ticket)?;
        demand(ticket.is_open(), || {
            Refusal::new("already-closed", format!("merge request {} is closed", self.ticket))
        })?;
        ticket.not_being_merged(now)?;
        let Some(merge) = &mut ticket.merge else {
            return Err(Refusal::new("nothing-to-merge", "it offers nothing to merge").into());
        };
        let (origin, target, newest) = (merge.offer.origin.clone(), merge.offer.target.clone(), merge.versions);
        self.means(newest, &target)?;
        review::may_be_merged(turn, self.ticket, merge, if by_admin { 0 } else { tracker.required_approvals })?;
        let approvals = review::approvals_given(turn, self.ticket, merge)?;
        let kept = VERSIONS.get(turn, &(self.ticket, newest))?.map(|version| version.head);
        let is_near = |repository: &ActorId| origin_of(repository.as_str()) == origin_of(me.as_str());
        let from = origin.as_ref().map(|branch| &branch.repository);
        let at_hand = |from: &ActorId| kept.is_some() || is_near(from) || *from == target.repository;
        demand(from.is_none_or(at_hand), || {
            let from = from.map_or("it", ActorId::as_str);
            let why =
                format!("{from} is neither of this server nor the one to merge into, and no version of it is kept");
            Refusal::new("repository-elsewhere", why)
        })?;
        demand(kept.is_some() || origin.is_some(), || Refusal::new("nothing-to-merge", "no version of it is kept"))?;
        let apply = act_id(turn)?;
        merge.applying = Some(Applying { apply: apply.clone(), by: by.clone(), since: now, method: self.method });
        let propose = ProposeMerge {
            request: ticket_uri(&me, self.ticket),
            number: self.ticket,
            title: ticket.title.clone(),
            author: ticket.author.clone(),
            apply: apply.clone(),
            by,
            kept,
            origin,
            target: target.name,
            method: self.method,
            approvals,
            closes: closes(&ticket),
        };
        listed::keep(turn, self.ticket, &mut ticket);
        if !is_near(&target.repository) {
            merged_elsewhere::ask(turn, target.repository, propose)?;
            return spread(turn, onlookers(self.ticket, &ticket));
        }
        let repository: Ref<Repository> = turn.look().introduce(&target.repository);
        turn.call_and::<PatchTracker, _, _>(&repository, propose, MergeProposed { ticket: self.ticket, apply })?;
        spread(turn, onlookers(self.ticket, &ticket))
    }
}

/// What the title and the text of a merge request say it closes, in their order.
fn closes(ticket: &Ticket) -> Vec<(String, u64)> {
    let text = ticket.source.as_ref().map_or("", |source| source.content.as_str());
    let mut closes = Vec::new();
    for (name, number) in closed_in(ticket.title.as_str()).chain(closed_in(text)) {
        let one = (name.to_owned(), number);
        if closes.len() < CLOSED_BY_PUSH_MAX && !closes.contains(&one) {
            closes.push(one);
        }
    }
    closes
}

impl Apply {
    /// Refuses one that names another version, or another target, than what is offered.
    fn means(&self, newest: u64, target: &Branch) -> Result<(), Halt> {
        demand(self.version.is_none_or(|version| version == newest), || {
            let why = format!("its newest version is {newest}, not the one that was named");
            Refusal::new("not-the-newest-version", why)
        })?;
        let branch = self.branch.as_ref().is_none_or(|branch| *branch == target.name);
        demand(self.repository == target.repository && branch, || {
            let why = format!("it is to be merged into {} of {}", target.name, target.repository);
            Refusal::new("another-target", why)
        })
    }
}
