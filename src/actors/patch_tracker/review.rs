//! Reviews of a merge request: what somebody thinks of one of its versions, and what stands after all that they have said. A
//! reviewer has one approval, which their last review sets; a binding one counts before a merge.
//!
//! Source: ForgeFed, "Review", "Approval", "Code Quote"; "Merge Requests", Review.

use crate::common::text::Html;
use crate::patch_tracker::merge_request::MergeRequest;
use crate::ticket_tracker::TicketNo;
use crate::ticket_tracker::ticket::{Resolved, Suggestion, ticket_no, ticket_uri};
use pritchel_actor::rows::Reads;
use pritchel_actor::{ActId, ActorId, Halt, Page, Refusal, RowKey, Rows, Seconds, demand};
use serde::{Deserialize, Serialize};

/// What a review comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It may be merged.
    Approve,
    /// It only says something.
    Remark,
    /// It is to be changed first.
    Revise,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Approve, Self::Remark, Self::Revise];

    /// The word of it on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Remark => "remark",
            Self::Revise => "revise",
        }
    }

    /// The verdict of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.as_str() == word)
    }
}

/// How a reviewer's approval stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// A review was asked for, or is being written.
    Awaiting,
    /// As the last review has it.
    Given(Verdict),
    /// It was dismissed.
    Dismissed,
    /// It was dismissed, and another was asked for.
    DismissedAwaiting,
}

impl Standing {
    /// The word of it on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Awaiting => "awaiting",
            Self::Given(verdict) => verdict.as_str(),
            Self::Dismissed => "dismissed",
            Self::DismissedAwaiting => "dismissedAwaiting",
        }
    }
}

/// Which side of a difference lines are on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// As it was.
    Old,
    /// As it would be.
    New,
}

/// Lines of a file, as a difference has them.
///
/// Source: ForgeFed, "Code Quote".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// The path of the file.
    pub file: String,
    /// The first line, from 1; 0 is about the whole file.
    pub start: u64,
    /// The last one, in the same way.
    pub end: u64,
    /// On which side the last one is.
    pub side: Side,
    /// On which side the first one is, if it is the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_side: Option<Side>,
}

impl Quote {
    /// Lines from one to another; `None` if there are no such lines.
    /// - `start`, `end`: each a side and a number from 1. Which of two on different sides comes first only the difference knows
    pub fn lines(file: &str, start: (Side, u64), end: (Side, u64)) -> Option<Self> {
        let start_side = Some(start.0).filter(|side| *side != end.0);
        let in_order = start.1 > 0 && end.1 > 0 && (start_side.is_some() || start.1 <= end.1);
        in_order.then(|| Self { file: file.to_owned(), start: start.1, end: end.1, side: end.0, start_side })
    }

    /// The whole file.
    pub fn whole(file: &str) -> Self {
        Self { file: file.to_owned(), start: 0, end: 0, side: Side::New, start_side: None }
    }

    /// The first line and the last one; `None` if it is the whole file.
    pub fn ends(&self) -> Option<((Side, u64), (Side, u64))> {
        (self.start > 0).then(|| ((self.start_side.unwrap_or(self.side), self.start), (self.side, self.end)))
    }
}

/// The part of a difference that has the lines of a quote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hunk {
    /// It, as a unified diff has it.
    pub text: String,
    /// Whether everybody may see the repository it is from. If not it stands in no document.
    pub public: bool,
}

/// What a note of a review says: written out in it, or to be had at an address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// This.
    Here(Noted),
    /// What its author's server has at this address.
    At(String),
}

impl From<Html> for Said {
    fn from(text: Html) -> Self {
        Self::Here(Noted { text, ..Noted::default() })
    }
}

/// What a note says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Noted {
    /// Its address, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Who it says wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<ActorId>,
    /// Its text, sanitised.
    pub text: Html,
    /// The lines it suggests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suggestions: Vec<Suggestion>,
}

/// What is said of some lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Thread {
    /// The lines.
    pub quote: Quote,
    /// What the version it is of makes of them. None before git has looked, and where the version does not touch them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hunk: Option<Hunk>,
    /// Whether a later version has others in their place.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outdated: bool,
    /// What is said, sanitised.
    pub text: Html,
    /// The address of the note that says it, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The lines that are suggested in their place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suggestions: Vec<Suggestion>,
    /// How it was settled, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<Resolved>,
}

/// A review.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Review {
    /// Who wrote it.
    pub author: ActorId,
    /// What it comes to.
    pub verdict: Verdict,
    /// Whether it counts.
    pub binding: bool,
    /// Of which version.
    pub version: u64,
    /// What it says of all of it, sanitised.
    pub summary: Html,
    /// The address of the note that says so, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What it says of some lines.
    pub threads: Vec<Thread>,
    /// When it came.
    pub at: Seconds,
    /// The `Offer` it came by.
    pub act: ActId,
}

/// What stands after all that a reviewer has said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Approval {
    /// Its number, part of its address.
    pub number: u64,
    /// How it stands.
    pub standing: Standing,
    /// Whether it counts.
    pub binding: bool,
    /// Of which version the last review was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// The last review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<u64>,
    /// Whether a review was asked for.
    #[serde(default)]
    pub requested: bool,
    /// Whether another review is being written.
    #[serde(default)]
    pub in_progress: bool,
    /// Since when it stands so.
    pub since: Seconds,
    /// Where it is a team's: what was said in the team's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<InItsName>,
}

/// What was said in the name of a team.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InItsName {
    /// The numbers of the approvals of individuals.
    pub listed: Vec<u64>,
    /// Each `Add` of one that waits for the team's word.
    pub waiting: Vec<ActId>,
}

/// An approval of somebody's that is to be listed under a team's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// The merge request.
    pub ticket: TicketNo,
    /// The number of the individual's approval.
    pub individual: u64,
    /// The team.
    pub team: ActorId,
    /// Who wants it.
    pub by: ActorId,
}

/// Reviews by merge request and number, from 1.
pub const REVIEWS: Rows<(TicketNo, u64), Review> = Rows::new("reviews");
/// Approvals by merge request and reviewer.
pub const APPROVALS: Rows<(TicketNo, ActorId), Approval> = Rows::new("approvals");

/// Approvals that are to be listed under a team's, by the `Add`.
pub const TEAM_LISTINGS: Rows<ActId, Listing> = Rows::new("team_listings");

/// The address of a review.
pub fn review_uri(tracker: &ActorId, ticket: TicketNo, review: u64) -> String {
    format!("{}/reviews/{review}", ticket_uri(tracker, ticket))
}

/// The address of a thread of a review, counted from 1.
pub fn thread_uri(tracker: &ActorId, ticket: TicketNo, review: u64, thread: u64) -> String {
    format!("{}/threads/{thread}", review_uri(tracker, ticket, review))
}

/// The address of an approval.
pub fn approval_uri(tracker: &ActorId, ticket: TicketNo, approval: u64) -> String {
    format!("{}/approvals/{approval}", ticket_uri(tracker, ticket))
}

/// The merge request and the number of an approval of this tracker, from its address.
pub fn approval_no(tracker: &ActorId, uri: &str) -> Option<(TicketNo, u64)> {
    below(tracker, uri, "/approvals/")
}

/// The merge request and the number of a review of this tracker, from its address.
pub fn review_no(tracker: &ActorId, uri: &str) -> Option<(TicketNo, u64)> {
    below(tracker, uri, "/reviews/")
}

/// The merge request, the review and the number of a thread of this tracker, from its address.
pub fn thread_no(tracker: &ActorId, uri: &str) -> Option<(TicketNo, u64, u64)> {
    let (review, thread) = uri.rsplit_once("/threads/")?;
    let (ticket, review) = below(tracker, review, "/reviews/")?;
    Some((ticket, review, number(thread)?))
}

/// The collection of what individuals have come to, as its address ends.
pub const INDIVIDUALS: &str = "/individualApprovals";
/// The collection of what teams have come to, as its address ends.
pub const TEAMS: &str = "/teamApprovals";

/// The merge request whose approvals, of individuals or of teams, have this address.
pub fn approvals_of(tracker: &ActorId, uri: &str) -> Option<TicketNo> {
    ticket_no(tracker, uri.strip_suffix(INDIVIDUALS).or_else(|| uri.strip_suffix(TEAMS))?)
}

fn below(tracker: &ActorId, uri: &str, part: &str) -> Option<(TicketNo, u64)> {
    let (ticket, last) = uri.rsplit_once(part)?;
    Some((ticket_no(tracker, ticket)?, number(last)?))
}

fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}

/// Whether a review has a thread of this number.
pub fn has_thread(rows: &mut impl Reads, ticket: TicketNo, review: u64, thread: u64) -> Result<bool, Halt> {
    let threads = REVIEWS.get(rows, &(ticket, review))?.map_or(0, |review| review.threads.len() as u64);
    Ok((1..=threads).contains(&thread))
}

/// All approvals of a merge request.
pub fn approvals(rows: &mut impl Reads, ticket: TicketNo) -> Result<Vec<(ActorId, Approval)>, Halt> {
    let page = APPROVALS.page(rows, Page::first(&ticket.encode(), crate::limits::REVIEWERS_MAX))?;
    Ok(page.into_iter().map(|((_, who), approval)| (who, approval)).collect())
}

/// The approval of this number, and whose it is.
pub fn approval_at(rows: &mut impl Reads, ticket: TicketNo, number: u64) -> Result<(ActorId, Approval), Halt> {
    let found = approvals(rows, ticket)?.into_iter().find(|(_, approval)| approval.number == number);
    found.ok_or_else(|| Refusal::new("no-such-approval", format!("there is no approval {number}")).into())
}

/// What the binding approvals of a merge request come to: how many approve its newest version, and who wants it changed first.
fn binding(rows: &mut impl Reads, ticket: TicketNo, merge: &MergeRequest) -> Result<(u32, Option<ActorId>), Halt> {
    let binding: Vec<_> = approvals(rows, ticket)?.into_iter().filter(|(_, approval)| approval.binding).collect();
    let of_newest = |approval: &Approval| {
        approval.standing == Standing::Given(Verdict::Approve) && approval.version == Some(merge.versions)
    };
    let given = binding.iter().filter(|(_, approval)| of_newest(approval)).count();
    let mut all = binding.into_iter();
    let revise = all.find(|(_, approval)| approval.standing == Standing::Given(Verdict::Revise));
    Ok((u32::try_from(given).unwrap_or(u32::MAX), revise.map(|(who, _)| who)))
}

/// How many binding approvals its newest version has; none, as long as one of them wants it changed.
pub fn approvals_given(rows: &mut impl Reads, ticket: TicketNo, merge: &MergeRequest) -> Result<u32, Halt> {
    let (given, revise) = binding(rows, ticket, merge)?;
    Ok(if revise.is_none() { given } else { 0 })
}

/// Refuses to merge what has not as many binding approvals of its newest version as are needed, or is to be changed first.
pub fn may_be_merged(rows: &mut impl Reads, ticket: TicketNo, merge: &MergeRequest, needed: u32) -> Result<(), Halt> {
    if needed == 0 {
        return Ok(());
    }
    let (given, revise) = binding(rows, ticket, merge)?;
    demand(revise.is_none(), || {
        let who = revise.as_ref().map_or("somebody", ActorId::as_str);
        Refusal::new("changes-wanted", format!("{who} wants it changed first"))
    })?;
    demand(given >= needed, || {
        let why = format!("{needed} binding approvals of its newest version are needed, it has {given}");
        Refusal::new("approvals-missing", why)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_from_one_and_in_order_where_they_are_on_one_side() {
        use Side::{New, Old};
        #[rustfmt::skip]
        let rows = [
            ("one line",                (New, 3), (New, 3), true),
            ("some",                    (Old, 3), (Old, 9), true),
            ("the wrong way round",     (New, 4), (New, 3), false),
            ("from one side to other",  (Old, 9), (New, 3), true),
            ("from line 0",             (Old, 0), (New, 3), false),
            ("to line 0",               (New, 3), (Old, 0), false),
        ];
        for (what, start, end, expected) in rows {
            let quote = Quote::lines("tea.txt", start, end);
            assert_eq!(quote.as_ref().and_then(Quote::ends), expected.then_some((start, end)), "{what}");
        }
        assert_eq!(Quote::whole("tea.txt").ends(), None);
        let old = serde_json::json!({"file": "tea.txt", "start": 2, "end": 4, "side": "old"});
        assert_eq!(serde_json::from_value::<Quote>(old).unwrap().ends(), Some(((Old, 2), (Old, 4))), "of before");
    }

    #[test]
    fn reviews_threads_and_approvals_have_one_address_each() {
        let tracker = ActorId::from("https://forge.example/patches/t");
        assert_eq!(approval_no(&tracker, &approval_uri(&tracker, 7, 2)), Some((7, 2)));
        assert_eq!(thread_no(&tracker, &thread_uri(&tracker, 7, 2, 3)), Some((7, 2, 3)));
        for collection in [INDIVIDUALS, TEAMS] {
            assert_eq!(approvals_of(&tracker, &format!("{tracker}/tickets/7{collection}")), Some(7));
        }
        for other in ["tickets/7/approvals/02", "tickets/7/reviews/2", "tickets/x/approvals/2"] {
            assert_eq!(approval_no(&tracker, &format!("{tracker}/{other}")), None, "{other}");
        }
        assert_eq!(thread_no(&tracker, &format!("{tracker}/tickets/7/threads/1")), None);
    }
}
