//! What pages show of reviews of a merge request: what reviewers and teams have come to, and what is said of which lines; with
//! the forms to ask for reviews, to dismiss them, to answer in threads and to settle those, and for what teams say.

use crate::answer::WebResult;
use crate::page::acts::{for_members, somebody, typed, typed_in};
use crate::page::authority::Authority;
use crate::page::fields::{Fields, wrong};
use crate::page::head::Head;
use crate::page::merge::sees_kept;
use crate::page::parts::{When, Who};
use crate::page::references::{Around, Linked};
use crate::page::ticket::{CommentRow, threaded};
use crate::page::visit::{Me, Visit};
use crate::page::who::Names;
use crate::powers::best_for;
use pritchel_actor::{ActorId, Value};
use pritchel_actors::access::Role;
use pritchel_actors::client;
use pritchel_actors::limits::ASKED_FOR_REVIEW_MAX;
use pritchel_actors::patch_tracker::PatchTracker;
use pritchel_actors::patch_tracker::review::{Approval, Hunk, Quote, Review, Side, Standing, approval_uri, thread_uri};
use pritchel_actors::patch_tracker::view::{ReviewsShown, ViewReviews};
use pritchel_actors::ticket_tracker::TicketNo;
use pritchel_actors::ticket_tracker::ticket::Comment;
use pritchel_git::compare::DiffLine;

/// The acts that forms here post.
pub const ACTS: [&str; 8] = [
    "ask-review",
    "announce-review",
    "dismiss-review",
    "settle-thread",
    "reopen-thread",
    "thread-comment",
    "list-for-team",
    "approve-for-team",
];

/// Reviews on the page of a merge request.
pub struct Reviews {
    /// What reviewers and teams have come to.
    pub approvals: Vec<ApprovalRow>,
    /// How many binding approvals a merge needs.
    pub needed: u32,
    /// The reviews, newest first.
    pub rows: Vec<ReviewRow>,
    /// Whether the visitor may ask for reviews.
    pub may_ask: bool,
    /// Whether the visitor may say that they are writing one.
    pub may_announce: bool,
    /// Whether the visitor may answer in threads.
    pub may_answer: bool,
    /// Whether the visitor may settle threads.
    pub may_settle: bool,
    /// The address of the visitor's own approval.
    pub own: Option<String>,
}

/// What somebody, or a team, has come to.
pub struct ApprovalRow {
    /// Who.
    pub who: Who,
    /// Its address.
    pub id: String,
    /// How it stands.
    pub standing: &'static str,
    /// Whether it counts.
    pub binding: bool,
    /// Whether another review is being written.
    pub in_progress: bool,
    /// Of a team: whose reviews were made in its name.
    pub listed: Option<Vec<Who>>,
    /// Whether the visitor may dismiss it.
    pub may_dismiss: bool,
    /// Whether the visitor may ask again.
    pub may_ask_again: bool,
    /// Whether the visitor may speak for the team.
    pub speaks: bool,
}

/// A review in a list.
pub struct ReviewRow {
    /// Who wrote it.
    pub who: Who,
    /// What it comes to.
    pub verdict: &'static str,
    /// Of which version.
    pub version: u64,
    /// When it came.
    pub at: When,
    /// What it says.
    pub summary: Linked,
    /// What it says of some lines.
    pub threads: Vec<ThreadRow>,
}

/// A thread of a review.
pub struct ThreadRow {
    /// Its address.
    pub id: String,
    /// Which lines.
    pub place: String,
    /// The part of the version's difference that has them, where the visitor may see it.
    pub hunk: Vec<DiffLine>,
    /// Whether a later version has others in their place.
    pub outdated: bool,
    /// What is said of them.
    pub text: Linked,
    /// The lines that are suggested in their place.
    pub suggestions: Vec<String>,
    /// Who settled it, if it is.
    pub settled: Option<Who>,
    /// What others have said since.
    pub answers: Vec<CommentRow>,
}

/// The reviews of a merge request.
/// - `open`: whether it is open; `target`: the repository it is to go into, whose lines are for whoever may see that
pub async fn shown(
    visit: &Visit,
    head: &Head,
    number: TicketNo,
    (open, target): (bool, &ActorId),
    names: &mut Names<'_>,
) -> WebResult<Reviews> {
    let view = ViewReviews { viewer: visit.viewer(), number };
    let shown = visit.front.node.look::<PatchTracker, _>(&head.id, &view).await?;
    let (may_write, may_triage) = (head.may(Role::Write), head.may(Role::Triage));
    let ReviewsShown { reviews, approvals, needed, answers } = shown;
    let viewer = visit.viewer();
    let own = approvals.iter().find(|(who, approval)| Some(who) == viewer.as_ref() && approval.team.is_none());
    let in_progress = own.is_some_and(|(_, approval)| approval.in_progress);
    let own = own.filter(|(_, approval)| matches!(approval.standing, Standing::Given(_)));
    let own = own.map(|(_, approval)| approval_uri(&head.id, number, approval.number));
    let (mut rows, shows_lines) = (Vec::new(), !reviews.is_empty() && sees_kept(visit, target).await?);
    for (at, mut review) in reviews.into_iter().rev() {
        if !shows_lines {
            review.threads.iter_mut().for_each(|thread| thread.hunk = None);
        }
        rows.push(review_row(visit, (&head.id, number, at), review, &answers, names).await);
    }
    let signed_in = visit.me.is_some();
    Ok(Reviews {
        approvals: approval_rows(visit, head, number, open, &approvals, names).await?,
        needed,
        rows,
        may_ask: open && may_triage && head.collaborates,
        may_announce: open && signed_in && head.may(Role::Report) && !in_progress,
        may_answer: signed_in && head.may(Role::Report),
        may_settle: may_write && head.collaborates,
        own,
    })
}

async fn approval_rows(
    visit: &Visit,
    head: &Head,
    number: TicketNo,
    open: bool,
    approvals: &[(ActorId, Approval)],
    names: &mut Names<'_>,
) -> WebResult<Vec<ApprovalRow>> {
    let mut rows = Vec::new();
    for (who, approval) in approvals {
        let listed = match &approval.team {
            Some(team) => {
                let of = approvals.iter().filter(|(_, one)| team.listed.contains(&one.number));
                let people: Vec<ActorId> = of.map(|(who, _)| who.clone()).collect();
                Some(names.all(&people).await)
            }
            None => None,
        };
        let given = matches!(approval.standing, Standing::Given(_));
        rows.push(ApprovalRow {
            who: names.who(who).await,
            id: approval_uri(&head.id, number, approval.number),
            standing: approval.standing.as_str(),
            binding: approval.binding,
            in_progress: approval.in_progress,
            speaks: open && head.is_open() && listed.is_some() && writes_for(visit, who).await?,
            listed,
            may_dismiss: given && head.may(Role::Write) && head.collaborates,
            may_ask_again: open
                && approval.standing == Standing::Dismissed
                && head.may(Role::Triage)
                && head.collaborates,
        });
    }
    Ok(rows)
}

/// Whether the visitor holds a Grant by which they may write for a team.
async fn writes_for(visit: &Visit, team: &ActorId) -> WebResult<bool> {
    let Some(me) = &visit.me else { return Ok(false) };
    let held = best_for(&visit.front, &me.id, team).await?;
    Ok(held.is_some_and(|(_, permit)| permit.role >= Role::Write))
}

async fn review_row(
    visit: &Visit,
    (tracker, number, at): (&ActorId, TicketNo, u64),
    review: Review,
    answers: &[(u64, Comment)],
    names: &mut Names<'_>,
) -> ReviewRow {
    let mut threads = Vec::new();
    for (thread, place) in review.threads.into_iter().zip(1..) {
        let of = answers.iter().filter(|(_, comment)| comment.thread == Some((at, place)));
        let of: Vec<(u64, Comment)> = of.cloned().collect();
        threads.push(ThreadRow {
            id: thread_uri(tracker, number, at, place),
            place: quoted(&thread.quote),
            hunk: thread.hunk.as_ref().map(lines_of).unwrap_or_default(),
            outdated: thread.outdated,
            text: Linked { html: thread.text, around: Around::of(visit) },
            suggestions: thread.suggestions.into_iter().map(|suggestion| suggestion.source).collect(),
            settled: match &thread.resolved {
                Some(resolved) => Some(names.who(&resolved.by).await),
                None => None,
            },
            answers: threaded(visit, &of, names).await,
        });
    }
    ReviewRow {
        who: names.who(&review.author).await,
        verdict: review.verdict.as_str(),
        version: review.version,
        at: When(review.at),
        summary: Linked { html: review.summary, around: Around::of(visit) },
        threads,
    }
}

/// The lines of a hunk, as those of a difference.
fn lines_of(hunk: &Hunk) -> Vec<DiffLine> {
    let line = |line: &str| match line.chars().next() {
        Some(sign @ ('+' | '-' | ' ')) => DiffLine { sign, text: line[1..].to_owned() },
        _ => DiffLine { sign: '@', text: line.to_owned() },
    };
    hunk.text.lines().map(line).collect()
}

/// Which lines they are, in words.
fn quoted(quote: &Quote) -> String {
    let file = &quote.file;
    let of = |side| if side == Side::Old { " as it was" } else { "" };
    match quote.ends() {
        None => file.clone(),
        Some((start, end)) if start == end => format!("{file}, line {}{}", end.1, of(end.0)),
        Some((start, end)) if start.0 == end.0 => format!("{file}, lines {} to {}{}", start.1, end.1, of(end.0)),
        Some((start, end)) => format!("{file}, from line {}{} to line {}{}", start.1, of(start.0), end.1, of(end.0)),
    }
}

/// What a form here asks the visitor's server to publish.
pub async fn act(visit: &Visit, me: &Me, what: &str, fields: &Fields) -> WebResult<Value> {
    let tracker = fields.actor("tracker")?;
    if matches!(what, "list-for-team" | "approve-for-team") {
        let (team, approval) = (fields.actor("team")?, fields.uri("approval")?);
        let held = Authority::of(visit, me, &team, fields).await?.needed(&team)?;
        return Ok(match what {
            "approve-for-team" => client::approve_for_team(&team, approval, &held),
            _ => client::list_for_team(&tracker, &team, approval, fields.uri("under")?, &held),
        });
    }
    let held = Authority::of(visit, me, &tracker, fields).await?;
    let with = held.capability();
    Ok(match what {
        "ask-review" => {
            let asked = asked(visit, fields.need("reviewers")?).await?;
            let asked: Vec<&ActorId> = asked.iter().collect();
            client::request_review(&tracker, fields.uri("ticket")?, &asked, &held.needed(&tracker)?)
        }
        "announce-review" => {
            client::with_capability(client::announce_review(&tracker, fields.uri("ticket")?), held.chosen())
        }
        "dismiss-review" => client::dismiss_review(&tracker, fields.uri("approval")?, &held.needed(&tracker)?),
        "settle-thread" => client::settle_thread(&tracker, fields.uri("thread")?, &held.needed(&tracker)?),
        "reopen-thread" => client::reopen(&tracker, fields.uri("thread")?, with),
        _ => {
            fields.need("text")?;
            let answers = fields.text("in_reply_to").map(|_| fields.uri("in_reply_to")).transpose()?;
            let of = [fields.uri("ticket")?, fields.uri("thread")?];
            let said = [typed(fields), typed_in(fields, "suggestion")];
            let said = [said[0].as_str(), said[1].as_str()];
            for_members(visit, &tracker, client::comment_on_thread(&tracker, of, answers, said, with)).await?
        }
    })
}

/// Those whom a field names, each as `name@host` or by an address, with blanks or commas between them.
async fn asked(visit: &Visit, text: &str) -> WebResult<Vec<ActorId>> {
    let mut asked = Vec::new();
    for name in text.split([' ', ',', ';', '\n', '\t', '\r']).filter(|name| !name.is_empty()) {
        if asked.len() >= ASKED_FOR_REVIEW_MAX {
            return Err(wrong(format!("at most {ASKED_FOR_REVIEW_MAX} are asked for a review at a time")));
        }
        asked.push(somebody(visit, name).await?);
    }
    Ok(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_lines_are_said_in_words() {
        use Side::{New, Old};
        let rows = [
            ((New, 3), (New, 3), "tea.txt, line 3"),
            ((Old, 3), (Old, 3), "tea.txt, line 3 as it was"),
            ((New, 3), (New, 9), "tea.txt, lines 3 to 9"),
            ((Old, 3), (Old, 9), "tea.txt, lines 3 to 9 as it was"),
            ((Old, 9), (New, 3), "tea.txt, from line 9 as it was to line 3"),
        ];
        for (start, end, expected) in rows {
            assert_eq!(quoted(&Quote::lines("tea.txt", start, end).unwrap()), expected);
        }
        assert_eq!(quoted(&Quote::whole("tea.txt")), "tea.txt");
    }

    #[test]
    fn a_hunk_is_shown_line_by_line() {
        let text = "@@ -1,2 +1 @@ fn a\n-b\n +c\n+\n\n".to_owned();
        let lines = lines_of(&Hunk { text, public: true });
        let lines: Vec<_> = lines.iter().map(|line| (line.sign, line.text.as_str())).collect();
        assert_eq!(lines, [('@', "@@ -1,2 +1 @@ fn a"), ('-', "b"), (' ', "+c"), ('+', ""), ('@', "")]);
    }
}
