//! A ticket's page: what it says, its thread, whose it is and what it waits for; and the forms for what the visitor may do.

use crate::answer::{WebError, WebResult};
use crate::fed::near::look_at_tracker;
use crate::limits::{INDENT_MAX, SHOWN_COMMENTS};
use crate::page::attached::FilesShown;
use crate::page::boxes::pages;
use crate::page::head::Head;
use crate::page::merge::{self, MergeShown};
use crate::page::parts::{Badge, Pages, When, Who};
use crate::page::plans::{self, Plans};
use crate::page::references::{Around, Linked};
use crate::page::shell::page;
use crate::page::veil;
use crate::page::visit::{Frame, Visit};
use crate::page::who::{Kind, Names, href};
use askama::Template;
use askama::filters::HtmlSafe;
use axum::response::{IntoResponse, Redirect};
use pritchel_actor::{ActId, ActorId, Value, ViewError};
use pritchel_actors::access::Role;
use pritchel_actors::common::naming::origin_of;
use pritchel_actors::ticket_tracker::TicketNo;
use pritchel_actors::ticket_tracker::find::FollowsTicket;
use pritchel_actors::ticket_tracker::ticket::{Comment, Imported, Pending, Ticket, dependency_uri, ticket_uri};
use pritchel_actors::ticket_tracker::view::ViewTicket;
use std::collections::BTreeMap;

/// Whoever wrote something: somebody, or of what was copied whom another server names, which is no actor here and no link to one.
#[derive(Clone, Debug, Template)]
#[template(
    ext = "html",
    source = r#"{% match imported %}{% when Some((origin, host)) %}<span class="imported"><bdi>{{ label }}</bdi> at <a href="{{ origin }}" rel="nofollow noopener noreferrer">{{ host }}</a>, imported</span>{% when None %}{% if let Some(who) = who %}{{ who }}{% endif %}{% endmatch %}"#
)]
pub struct Author {
    /// What they are called.
    pub label: String,
    who: Option<Who>,
    /// The address of what was copied, and its server.
    imported: Option<(String, String)>,
}

impl HtmlSafe for Author {}

impl Author {
    /// Of something by this actor, or copied.
    pub async fn of(names: &mut Names<'_>, actor: &ActorId, imported: Option<&Imported>) -> Self {
        match imported {
            Some(imported) => {
                let origin = origin_of(&imported.origin);
                let host = origin.split_once("://").map_or(origin, |(_, host)| host).to_owned();
                let imported_from = (imported.origin.clone(), host);
                Self { label: imported.author.to_string(), who: None, imported: Some(imported_from) }
            }
            None => {
                let who = names.who(actor).await;
                Self { label: who.label.clone(), who: Some(who), imported: None }
            }
        }
    }
}

/// A comment in its thread.
pub struct CommentRow {
    /// Its address.
    pub id: String,
    /// Its place, which is also its anchor.
    pub place: u64,
    /// Who wrote it.
    pub author: Author,
    /// When it came.
    pub at: When,
    /// When it was edited.
    pub edited: Option<When>,
    /// What it says.
    pub content: Linked,
    /// The files it names.
    pub files: FilesShown,
    /// Its author's address.
    pub by: String,
    /// What its author wrote, for the form that changes it.
    pub source: String,
    /// The lines it suggests in the place of others.
    pub suggestions: Vec<String>,
    /// Whether it was taken back.
    pub deleted: bool,
    /// Who took it away, where that was not its author.
    pub removed_by: Option<Who>,
    /// Whether the visitor wrote it.
    pub own: bool,
    /// How far in it stands.
    pub indent: u32,
    /// The page of the act it came by.
    pub act: String,
}

struct Assignee {
    id: String,
    who: Who,
    since: When,
    may_remove: bool,
}

/// Somebody whose consent is waited for.
struct Waiting {
    act: String,
    who: Who,
    /// Whether the ticket is to be taken back.
    ends: bool,
    /// Whether it is the visitor who is asked to take it.
    own: bool,
}

struct Other {
    href: String,
    label: String,
    dependency: String,
    tracker: Option<String>,
}

#[derive(Template)]
#[template(path = "ticket.html")]
struct TicketPage<'a> {
    frame: &'a Frame,
    head: &'a Head,
    uri: String,
    number: TicketNo,
    ticket: &'a Ticket,
    content: Linked,
    files: FilesShown,
    source: String,
    badge: Badge,
    author: Author,
    at: When,
    edited: Option<When>,
    offer: String,
    closed: Option<Closed>,
    comments: Vec<CommentRow>,
    pages: Pages,
    assignees: Vec<Assignee>,
    waiting: Vec<Waiting>,
    depends_on: Vec<Other>,
    depended_on_by: Vec<Other>,
    /// Whether the visitor, who is signed in, follows it.
    follows: Option<bool>,
    followers: u64,
    may_comment: bool,
    may_moderate: bool,
    may_triage: bool,
    may_edit: bool,
    may_delete: bool,
    /// What it has of the workflow and the roadmap that its tracker uses.
    plans: Plans,
    /// What it offers to merge.
    merge: Option<MergeShown>,
    /// What people call it.
    noun: &'static str,
}

/// How a ticket was closed.
struct Closed {
    by: Who,
    at: When,
    /// The commit that did: where it is, and how its hash begins.
    commit: Option<(String, String)>,
}

/// Digits of the hash of a commit, as a page shows it.
const SHOWN_DIGITS: usize = 10;

/// The commit by which something was closed, as whoever closed it says: where it is, and how its hash begins.
async fn commit_of(visit: &Visit, resolve: &ActId) -> WebResult<Option<(String, String)>> {
    let Some(act) = visit.front.ports.act(resolve.clone()).await? else { return Ok(None) };
    let named = act.body.get("instrument").and_then(Value::as_str);
    let hash = |uri: &str| {
        let (_, hash) = uri.rsplit_once("/commits/")?;
        let good = hash.len() >= SHOWN_DIGITS && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        good.then(|| hash.chars().take(SHOWN_DIGITS).collect())
    };
    Ok(named.and_then(|uri| Some((href(visit, uri), hash(uri)?))))
}

/// `GET /trackers/{key}/tickets/{number}`.
pub async fn show(visit: &Visit, kind: Kind, actor: &ActorId, number: &str) -> WebResult {
    let number: TicketNo = number.parse().map_err(|_| WebError::not_found())?;
    let head = Head::of(visit, kind, actor).await?;
    let view = ViewTicket { viewer: visit.viewer(), number, after: visit.number("after"), limit: SHOWN_COMMENTS };
    let mut shown = match look_at_tracker(&visit.front, actor, &view).await {
        Err(ViewError::Refused(why)) if why.code == "no-such-ticket" => return Err(WebError::not_found()),
        other => other?,
    };
    veil::ticket(visit, &mut shown.ticket);
    let mut names = Names::new(visit);
    let ticket = &shown.ticket;
    let own = visit.viewer().as_ref() == Some(&ticket.author);
    let may_triage = head.may(Role::Triage) && head.collaborates;
    let closed = match &ticket.resolved {
        Some(resolved) => {
            let by = names.who(&resolved.by).await;
            Some(Closed { by, at: When(resolved.at), commit: commit_of(visit, &resolved.act).await? })
        }
        None => None,
    };
    // What is said in threads of reviews stands there.
    let of_ticket: Vec<_> = shown.comments.iter().filter(|(_, comment)| comment.thread.is_none()).cloned().collect();
    let next = shown.comments.last().filter(|_| shown.comments.len() == SHOWN_COMMENTS);
    page(&TicketPage {
        frame: &*visit.frame().await?,
        uri: ticket_uri(actor, number),
        number,
        plans: plans::of_ticket(visit, &head, &shown, &mut names).await?,
        content: Linked { html: ticket.content.clone(), around: Around::of(visit) },
        files: FilesShown::of(visit, &ticket.author, &ticket.attachments()),
        source: source(ticket),
        badge: merge::badge(ticket),
        merge: merge::shown(visit, &head, number, ticket).await?,
        noun: merge::noun(kind),
        author: Author::of(&mut names, &ticket.author, ticket.imported.as_deref()).await,
        at: When(ticket.published),
        edited: ticket.updated.map(When),
        offer: href(visit, ticket.offer.as_str()),
        closed,
        pages: pages(visit, "after", next.map(|(place, _)| place.to_string())),
        comments: threaded(visit, &of_ticket, &mut names).await,
        assignees: assignees(visit, ticket, &head, may_triage, &mut names).await,
        waiting: waiting(visit, &shown.waiting, &mut names).await,
        depends_on: shown.depends_on.iter().map(|(on, n)| other(visit, on, dependency_uri(actor, *n))).collect(),
        depended_on_by: shown.depended_on_by.iter().map(|(of, _)| other(visit, of, String::new())).collect(),
        follows: follows(visit, actor, number).await?,
        followers: ticket.followers,
        may_comment: head.may(Role::Report),
        may_moderate: head.may_end(Role::Maintain) && head.collaborates,
        may_triage,
        may_edit: may_triage || (own && head.is_open() && visit.me.is_some()),
        may_delete: head.may_end(Role::Admin) && head.collaborates,
        ticket,
        head: &head,
    })
}

/// `GET …/tickets/{number}/comments/{place}`: leads to where a comment stands on the ticket's page.
pub async fn to_comment(visit: &Visit, kind: Kind, actor: &ActorId, number: &str, place: &str) -> WebResult {
    Head::of(visit, kind, actor).await?;
    let (Ok(number), Ok(place)) = (number.parse::<TicketNo>(), place.parse::<u64>()) else {
        return Err(WebError::not_found());
    };
    let after = (place - place % SHOWN_COMMENTS as u64).checked_sub(1);
    let after = after.map_or_else(String::new, |after| format!("?after={after}"));
    let ticket = ticket_uri(actor, number);
    let path = ticket.strip_prefix(visit.site.origin.as_str()).unwrap_or(&ticket);
    Ok(Redirect::to(&format!("{path}{after}#comment-{place}")).into_response())
}

/// Whether the visitor follows this ticket; `None` if nobody is signed in.
async fn follows(visit: &Visit, actor: &ActorId, number: TicketNo) -> WebResult<Option<bool>> {
    let Some(viewer) = visit.viewer() else { return Ok(None) };
    Ok(Some(look_at_tracker(&visit.front, actor, &FollowsTicket { viewer, number }).await?))
}

fn source(ticket: &Ticket) -> String {
    ticket.source.as_ref().map_or_else(|| ticket.content.to_plain(), |source| source.content.clone())
}

async fn assignees(
    visit: &Visit,
    ticket: &Ticket,
    head: &Head,
    may_triage: bool,
    names: &mut Names<'_>,
) -> Vec<Assignee> {
    let mut rows = Vec::new();
    for assignment in &ticket.assignees {
        rows.push(Assignee {
            id: assignment.who.to_string(),
            who: names.who(&assignment.who).await,
            since: When(assignment.since),
            may_remove: may_triage || (head.is_open() && visit.viewer().as_ref() == Some(&assignment.who)),
        });
    }
    rows
}

async fn waiting(visit: &Visit, pending: &[Pending], names: &mut Names<'_>) -> Vec<Waiting> {
    let mut rows = Vec::new();
    for pending in pending {
        let ends = pending.assign.is_some();
        let own = !ends && visit.viewer().as_ref() == Some(&pending.who);
        rows.push(Waiting { act: pending.act.to_string(), who: names.who(&pending.who).await, ends, own });
    }
    rows
}

fn other(visit: &Visit, uri: &str, dependency: String) -> Other {
    let label = uri.strip_prefix(visit.site.origin.as_str()).unwrap_or(uri);
    let label = label.rsplit_once("/tickets/").map_or_else(
        || label.to_owned(),
        |(_, number)| {
            let host = origin_of(uri).rsplit('/').next().unwrap_or_default();
            if host == visit.site.host { format!("#{number}") } else { format!("#{number} of {host}") }
        },
    );
    let tracker = uri.rsplit_once("/tickets/").map(|(tracker, _)| tracker.to_owned());
    Other { href: href(visit, uri), label, dependency, tracker }
}

/// Comments as threads: each below what it answers, else in the order they came.
pub async fn threaded(visit: &Visit, comments: &[(u64, Comment)], names: &mut Names<'_>) -> Vec<CommentRow> {
    let (mut rows, around) = (Vec::new(), Around::of(visit));
    for (index, indent) in order(comments) {
        let (place, comment) = &comments[index];
        let veiled = veil::veil(visit, &comment.author).is_some();
        rows.push(CommentRow {
            id: comment.id.clone(),
            place: *place,
            author: Author::of(names, &comment.author, comment.imported.as_deref()).await,
            files: FilesShown::of(visit, &comment.author, &comment.attachments),
            by: comment.author.to_string(),
            at: When(comment.published),
            edited: comment.updated.map(When),
            content: Linked { html: veil::prose(visit, &comment.author, &comment.content).0, around: around.clone() },
            source: comment.source.as_ref().map_or_else(|| comment.content.to_plain(), |source| source.content.clone()),
            suggestions: comment
                .suggestions
                .iter()
                .filter(|_| !veiled)
                .map(|suggestion| suggestion.source.clone())
                .collect(),
            deleted: comment.deleted,
            removed_by: match &comment.deleted_by {
                Some(by) => Some(names.who(by).await),
                None => None,
            },
            own: visit.viewer().as_ref() == Some(&comment.author),
            indent: indent.min(INDENT_MAX),
            act: href(visit, comment.act.as_str()),
        });
    }
    rows
}

/// The order of a thread, each comment with its depth. What answers something that is not on this page begins a thread.
fn order(comments: &[(u64, Comment)]) -> Vec<(usize, u32)> {
    let by_id: BTreeMap<&str, usize> =
        comments.iter().enumerate().map(|(index, (_, comment))| (comment.id.as_str(), index)).collect();
    let mut answers: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
    for (index, (_, comment)) in comments.iter().enumerate() {
        // An answer comes after what it answers; anything else could be a circle.
        let parent = comment.in_reply_to.as_deref().and_then(|of| by_id.get(of).copied()).filter(|of| *of < index);
        answers.entry(parent).or_default().push(index);
    }
    let mut order = Vec::new();
    let mut stack: Vec<(usize, u32)> =
        answers.get(&None).into_iter().flatten().rev().map(|index| (*index, 0)).collect();
    while let Some((index, depth)) = stack.pop() {
        order.push((index, depth));
        stack.extend(answers.get(&Some(index)).into_iter().flatten().rev().map(|index| (*index, depth + 1)));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comment(id: &str, of: Option<&str>) -> Comment {
        Comment {
            id: id.to_owned(),
            author: "https://a.example/people/a".into(),
            in_reply_to: of.map(str::to_owned),
            depth: 0,
            thread: None,
            suggestions: Vec::new(),
            attachments: Vec::new(),
            content: Default::default(),
            source: None,
            published: 0,
            updated: None,
            act: "https://a.example/people/a/outbox/x".into(),
            deleted: false,
            deleted_by: None,
            imported: None,
        }
    }

    #[test]
    fn an_answer_stands_below_what_it_answers_and_nothing_is_lost() {
        let comments =
            [("a", None), ("b", None), ("c", Some("a")), ("d", Some("c")), ("e", Some("not here")), ("f", Some("a"))];
        let comments: Vec<_> = (0..).zip(comments.map(|(id, of)| comment(id, of))).collect();
        let shown: Vec<_> =
            order(&comments).into_iter().map(|(index, depth)| (comments[index].1.id.as_str(), depth)).collect();
        assert_eq!(shown, [("a", 0), ("c", 1), ("d", 2), ("f", 1), ("b", 0), ("e", 0)]);
    }

    #[test]
    fn comments_that_answer_each_other_in_a_circle_are_all_shown() {
        let comments = [(0, comment("a", Some("b"))), (1, comment("b", Some("a"))), (2, comment("c", Some("c")))];
        assert_eq!(order(&comments).len(), 3);
    }
}
