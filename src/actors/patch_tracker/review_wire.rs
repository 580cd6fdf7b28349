//! Reviews and approvals as activities and documents.
//!
//! Source: ForgeFed, "Review", "Approval", "Code Quote".

use crate::common::text::Html;
use crate::common::wire::{time, uri};
use crate::gate::{ids, malformed, names, one};
use crate::limits::{QUOTE_FILE_BYTES_MAX, THREADS_MAX};
use crate::patch_tracker::approvals::{AnnounceReview, DismissReview, RequestReview, RequireApprovals, ResolveThread};
use crate::patch_tracker::review::{
    APPROVALS, Approval, Noted, Quote, REVIEWS, Review, Said, Side, TEAM_LISTINGS, Thread, Verdict, approval_no,
    approval_uri, approvals, approvals_of, review_no, review_uri, thread_no, thread_uri,
};
use crate::patch_tracker::team_approvals::{ApproveAsTeam, ListUnderTeam, ListedByTeam};
use crate::patch_tracker::versions::{version_no, version_uri};
use crate::patch_tracker::{PatchTrackerCall, SubmitReview};
use crate::ticket_tracker::TicketNo;
use crate::ticket_tracker::ticket::{ticket_no, ticket_uri};
use crate::ticket_tracker::wire::{suggestions, text};
use pritchel_actor::{Act, ActorId, Halt, Look, Refusal, Turn, demand};
use pritchel_vocab::{Activity, ActivityType, Document, Item, Obj, Source, Thing, context};
use serde_json::{Map, Value, json};

/// What an activity asks about reviews, if it does.
pub fn gate(activity: &Activity, act: &Act, look: &mut Look<'_, '_>) -> Result<Option<PatchTrackerCall>, Halt> {
    let me = look.me().clone();
    let object = activity.object.first().and_then(Thing::obj);
    let is_review = object.as_ref().is_some_and(|object| object.is("Review"));
    Ok(match &activity.kind {
        ActivityType::Offer if is_review => match object {
            Some(review) => Some(submitted(&review, act, &me, look)?),
            None => None,
        },
        ActivityType::Add => {
            let target = activity.target.as_ref().and_then(Thing::uri).and_then(|uri| approval_no(&me, uri.as_str()));
            let approval = one(activity).and_then(|id| approval_no(&me, id.as_str()));
            match (approval, target) {
                (Some(approval), Some(under)) => Some(ListUnderTeam { approval, under }.into()),
                (None, Some(_)) => {
                    return Err(malformed("expected an approval of this tracker as `object` of the Add"));
                }
                (_, None) => None,
            }
        }
        ActivityType::Accept => match one(activity) {
            // Of a Grant the team's own word has no need; who shows one speaks to the team.
            Some(add) if activity.capability.is_none() && TEAM_LISTINGS.has(look, &add)? => {
                Some(ListedByTeam { add }.into())
            }
            _ => None,
        },
        ActivityType::Announce if is_review => {
            let context = object.map(|review| review.uri("context")).transpose().map_err(malformed)?.flatten();
            let ticket = context.and_then(|context| ticket_no(&me, context.as_str()));
            ticket.map(|ticket| AnnounceReview { ticket }.into())
        }
        ActivityType::Invite => asked_for(activity, &me)?,
        ActivityType::Resolve => thread(activity, &me, true),
        ActivityType::Undo => {
            let approval = one(activity).and_then(|id| approval_no(&me, id.as_str()));
            match approval {
                Some((ticket, approval)) => Some(DismissReview { ticket, approval }.into()),
                None => unsettled(activity, &me, look)?,
            }
        }
        ActivityType::Edit if names(&activity.object, &me) => {
            let needed = object.map(|object| object.count("requiredApprovalsNeeded")).transpose().map_err(malformed)?;
            let needed = needed.flatten().ok_or_else(|| malformed("expected a number of `requiredApprovalsNeeded`"))?;
            Some(RequireApprovals { needed }.into())
        }
        _ => None,
    })
}

/// Who is asked for a review, and of what: people, teams, or both.
fn asked_for(activity: &Activity, me: &ActorId) -> Result<Option<PatchTrackerCall>, Halt> {
    let of = |target: &Thing| target.uri().and_then(|to| approvals_of(me, to.as_str()));
    let tickets: Vec<Option<TicketNo>> = activity.targets.iter().map(of).collect();
    let Some(ticket) = tickets.first().copied().flatten() else { return Ok(None) };
    if tickets.iter().any(|other| *other != Some(ticket)) {
        return Err(malformed("expected the approvals of one merge request as `target` of the Invite"));
    }
    let reviewers: Vec<ActorId> = ids(&activity.object).into_iter().map(|id| ActorId::new(id.as_str())).collect();
    if reviewers.is_empty() {
        return Err(malformed("expected who is asked for a review as `object` of the Invite"));
    }
    Ok(Some(RequestReview { ticket, reviewers }.into()))
}

/// A thread that is opened again: the object is the thread, or the `Resolve` of it.
///
/// Source: ForgeFed, whose flow has the one and whose handler the other; protocol decision F-28.
fn unsettled(undo: &Activity, me: &ActorId, look: &mut Look<'_, '_>) -> Result<Option<PatchTrackerCall>, Halt> {
    if let Some(call) = thread(undo, me, false) {
        return Ok(Some(call));
    }
    Ok(match crate::gate::undone(undo, look)? {
        crate::gate::Undone::Activity(undone) if undone.kind == ActivityType::Resolve => thread(&undone, me, false),
        _ => None,
    })
}

fn thread(activity: &Activity, me: &ActorId, resolved: bool) -> Option<PatchTrackerCall> {
    let (ticket, review, thread) = one(activity).and_then(|id| thread_no(me, id.as_str()))?;
    Some(ResolveThread { ticket, review, thread, resolved }.into())
}

/// The methods that hear a Review, as refusals name them.
const SUBMIT: &str = "SubmitReview";
const APPROVE: &str = "ApproveAsTeam";

fn submitted(review: &Obj<'_>, act: &Act, me: &ActorId, look: &mut Look<'_, '_>) -> Result<PatchTrackerCall, Halt> {
    // Until the approval tells whose word it is, its shape does: what only people say.
    let of_people = ["attachment", "reviewThreads", "reviewIsBinding"].iter().any(|term| review.get(term).is_some());
    look.reads_for(if of_people { SUBMIT } else { APPROVE });
    let context = review.need_uri("context").map_err(malformed)?;
    let ticket = ticket_no(me, context.as_str())
        .ok_or_else(|| malformed(format!("expected a merge request of {me} as `context` of the Review")))?;
    let approval = APPROVALS.get(look, &(ticket, act.author.clone()))?;
    let of_team = approval.is_some_and(|approval| approval.team.is_some());
    look.reads_for(if of_team { APPROVE } else { SUBMIT });
    let bundle = review.need_uri("object").map_err(malformed)?;
    let (_, version) = version_no(me, bundle.as_str())
        .filter(|(of, _)| *of == ticket)
        .ok_or_else(|| malformed("expected a version of the merge request as `object` of the Review"))?;
    let words = review.words("verdict").map_err(malformed)?;
    let verdict = words.first().and_then(|word| Verdict::from_word(word)).ok_or_else(|| {
        let known = Verdict::ALL.map(Verdict::as_str);
        malformed(format!("expected one of {known:?} as `verdict`, found {words:?}"))
    })?;
    if of_team {
        return Ok(ApproveAsTeam { ticket, version, verdict }.into());
    }
    let binding = review.flag("reviewIsBinding").map_err(malformed)?.unwrap_or(false);
    let summary = match review.one("attachment").map_err(malformed)? {
        Some(note) => said(&note)?,
        None => Html::default().into(),
    };
    let mut threads = Vec::new();
    // One more than the method allows, so that it is the method that refuses.
    for thread in review.many("reviewThreads").map_err(malformed)?.iter().take(THREADS_MAX + 1) {
        let thread = thread.obj().ok_or_else(|| malformed("expected each of `reviewThreads` written out"))?;
        let (target, note) = (thread.one("target").map_err(malformed)?, thread.one("object").map_err(malformed)?);
        let quote = target.as_ref().and_then(|target| target.obj());
        let (Some(quote), Some(note)) = (quote, note) else {
            return Err(malformed("expected a CodeQuote, written out, as `target` and a Note as `object` of a thread"));
        };
        threads.push((quoted(quote)?, said(&note)?));
    }
    Ok(SubmitReview { ticket, version, verdict, binding, summary, threads }.into())
}

/// What a note says that is written out, or where it is.
fn said(note: &Item<'_>) -> Result<Said, Halt> {
    match (note.obj(), note.uri().map_err(malformed)?) {
        (Some(note), _) if note.text("content").map_err(malformed)?.is_some() || note.get("source").is_some() => {
            noted(note).map(Said::Here)
        }
        (_, Some(uri)) => Ok(Said::At(uri.as_str().to_owned())),
        _ => Err(malformed("expected a Note with a text, or the address of one, in a review")),
    }
}

/// The note at an address.
pub fn noted_at(turn: &mut Turn<'_>, uri: &str) -> Result<Noted, Halt> {
    let why = |why: String| Halt::from(Refusal::new("note-unavailable", format!("{uri}: {why}")));
    let found = turn.document(uri)?.found.map_err(|found| why(format!("{found:?}")))?;
    let note = Obj::of(&found).map_err(|wrong| why(wrong.to_string()))?;
    let noted = noted(&note)?;
    demand(noted.id.as_deref() == Some(uri) && noted.author.is_some() && note.is("Note"), || {
        Refusal::new("note-unavailable", format!("{uri}: expected a Note of this `id`, `attributedTo` somebody"))
    })?;
    Ok(noted)
}

fn noted(note: &Obj<'_>) -> Result<Noted, Halt> {
    let source = note.one("source").map_err(malformed)?;
    let source = source.as_ref().and_then(|source| source.obj()).map(|source| {
        let of = |term| source.text(term).ok().flatten().map(str::to_owned);
        Source {
            content: of("content").unwrap_or_default(),
            media_type: of("mediaType").unwrap_or_else(|| pritchel_vocab::ticket::MARKDOWN.to_owned()),
        }
    });
    let content = note.text("content").map_err(malformed)?;
    Ok(Noted {
        id: note.id().map_err(malformed)?.map(|id| id.as_str().to_owned()),
        author: note.uri("attributedTo").map_err(malformed)?.map(|by| ActorId::new(by.as_str())),
        text: text(content, source.as_ref())?.0.unwrap_or_default(),
        suggestions: suggestions(note)?,
    })
}

fn quoted(quote: &Obj<'_>) -> Result<Quote, Halt> {
    let file = quote.need_text("cqFile").map_err(malformed)?;
    let count = |term| quote.count(term).map_err(malformed);
    let side = |term| match quote.words(term).map_err(malformed)?.first() {
        Some(&"diffSideOld") => Ok(Some(Side::Old)),
        Some(&"diffSideNew") => Ok(Some(Side::New)),
        None => Ok::<_, Halt>(None),
        Some(other) => Err(malformed(format!("expected diffSideOld or diffSideNew as `{term}`, found {other:?}"))),
    };
    let lines = match (count("cqLine")?, count("cqStart")?, count("cqEnd")?) {
        (Some(line), _, _) => {
            let on = side("cqSide")?.unwrap_or(Side::New);
            Quote::lines(file, (on, line), (on, line))
        }
        // Without lines it is about the whole file.
        (None, None, None) => Some(Quote::whole(file)),
        (None, Some(start), Some(end)) => {
            let sides = [side("cqStartSide")?, side("cqEndSide")?];
            let on = |at: usize| sides[at].or(sides[1 - at]).unwrap_or(Side::New);
            Quote::lines(file, (on(0), start), (on(1), end))
        }
        _ => None,
    };
    lines.filter(|_| file.len() <= QUOTE_FILE_BYTES_MAX).ok_or_else(|| {
        let expected = format!("a file of at most {QUOTE_FILE_BYTES_MAX} bytes, and lines counted from 1, or none");
        malformed(format!("a quote has {expected}; of two on the same side the first comes first"))
    })
}

/// What lies at the address of a review, a thread of one or an approval, as a document.
pub fn kept(look: &mut Look<'_, '_>, uri: &str) -> Result<Option<Value>, Halt> {
    let me = look.me().clone();
    let value = |document: Document| document.value().clone();
    if let Some((ticket, number)) = approval_no(&me, uri) {
        let all = approvals(look, ticket)?;
        return Ok(approval_document(&me, ticket, number, &all).map(value));
    }
    if let Some((ticket, review, at)) = thread_no(&me, uri) {
        let Some(found) = REVIEWS.get(look, &(ticket, review))? else { return Ok(None) };
        return Ok(thread_document(&me, ticket, review, &found, at).map(value));
    }
    let Some((ticket, number)) = review_no(&me, uri) else { return Ok(None) };
    let Some(review) = REVIEWS.get(look, &(ticket, number))? else { return Ok(None) };
    document(&me, ticket, number, &review).map(|document| Some(value(document)))
}

/// A review as a document, with its threads.
pub fn document(me: &ActorId, ticket: TicketNo, number: u64, review: &Review) -> Result<Document, Halt> {
    let threads = review.threads.iter().zip(1..).map(|(one, at)| thread_value(me, ticket, number, review, (at, one)));
    let mut map = Map::new();
    map.insert("@context".to_owned(), context::forge());
    map.insert("id".to_owned(), uri(&review_uri(me, ticket, number))?.as_str().into());
    map.insert("type".to_owned(), "Review".into());
    map.insert("attributedTo".to_owned(), review.author.as_str().into());
    map.insert("context".to_owned(), ticket_uri(me, ticket).into());
    map.insert("published".to_owned(), time(review.at).to_string().into());
    map.insert("verdict".to_owned(), review.verdict.as_str().into());
    map.insert("reviewIsBinding".to_owned(), review.binding.into());
    map.insert("object".to_owned(), version_uri(me, ticket, review.version).into());
    map.insert("attachment".to_owned(), note(&review.author, review.summary.as_str(), review.note.as_deref()));
    map.insert("reviewThreads".to_owned(), Value::Array(threads.collect()));
    Ok(Document::from_map(map))
}

/// A thread of a review as a document of its own.
/// - `at`: its number, from 1
pub fn thread_document(me: &ActorId, ticket: TicketNo, number: u64, review: &Review, at: u64) -> Option<Document> {
    let place = usize::try_from(at).ok()?.checked_sub(1)?;
    let value = thread_value(me, ticket, number, review, (at, review.threads.get(place)?));
    Some(with_context(value))
}

/// Lines of a file as a CodeQuote, as whoever quotes them writes it.
pub fn quote(quote: &Quote) -> Value {
    let file = &quote.file;
    let word = |side| if side == Side::Old { "diffSideOld" } else { "diffSideNew" };
    match quote.ends() {
        None => json!({"type": "CodeQuote", "cqFile": file}),
        Some((start, end)) if start == end => {
            json!({"type": "CodeQuote", "cqFile": file, "cqLine": end.1, "cqSide": word(end.0)})
        }
        Some((start, end)) => json!({
            "type": "CodeQuote", "cqFile": file, "cqStart": start.1, "cqStartSide": word(start.0), "cqEnd": end.1,
            "cqEndSide": word(end.0),
        }),
    }
}

/// The lines of a thread, with what its tracker has found out of them: the hunk, where everybody may see it.
fn found(thread: &Thread) -> Value {
    let mut value = quote(&thread.quote);
    if let Some(hunk) = thread.hunk.as_ref().filter(|hunk| hunk.public) {
        value["cqHunk"] = hunk.text.as_str().into();
    }
    value["cqOutdated"] = thread.outdated.into();
    value
}

fn thread_value(me: &ActorId, ticket: TicketNo, number: u64, review: &Review, (at, thread): (u64, &Thread)) -> Value {
    let mut value = json!({
        "id": thread_uri(me, ticket, number, at), "type": "ReviewThread", "context": review_uri(me, ticket, number),
        "target": found(thread), "object": note(&review.author, thread.text.as_str(), thread.note.as_deref()),
        "isResolved": thread.resolved.is_some(),
    });
    if let Some(resolved) = &thread.resolved {
        value["resolvedBy"] = resolved.act.as_str().into();
        value["resolved"] = time(resolved.at).to_string().into();
    }
    value
}

fn with_context(value: Value) -> Document {
    let mut map = Map::new();
    map.insert("@context".to_owned(), context::forge());
    if let Value::Object(terms) = value {
        map.extend(terms);
    }
    Document::from_map(map)
}

fn note(author: &ActorId, content: &str, id: Option<&str>) -> Value {
    let mut note = json!({"type": "Note", "attributedTo": author, "content": content, "mediaType": "text/html"});
    if let Some(id) = id {
        note["id"] = id.into();
    }
    note
}

/// An approval as a document of its own.
/// - `all`: the approvals of its merge request
pub fn approval_document(me: &ActorId, ticket: TicketNo, number: u64, all: &[(ActorId, Approval)]) -> Option<Document> {
    let (who, found) = all.iter().find(|(_, approval)| approval.number == number)?;
    Some(with_context(approval(me, ticket, who, found)))
}

/// An approval as it stands in its collection.
pub fn approval(me: &ActorId, ticket: TicketNo, who: &ActorId, approval: &Approval) -> Value {
    let mut value = json!({
        "id": approval_uri(me, ticket, approval.number), "type": "Approval", "attributedTo": who,
        "context": ticket_uri(me, ticket), "approvalStatus": approval.standing.as_str(),
        "published": time(approval.since).to_string(), "reviewIsRequested": approval.requested,
    });
    match &approval.team {
        Some(team) => {
            let listed = team.listed.iter().map(|number| Value::from(approval_uri(me, ticket, *number)));
            value["attachment"] = listed.collect();
        }
        None => {
            value["reviewIsBinding"] = approval.binding.into();
            value["newReviewInProgress"] = approval.in_progress.into();
            if let Some(review) = approval.review {
                value["attachment"] = review_uri(me, ticket, review).into();
            }
        }
    }
    value
}
