//! A tracker's methods as activities.

use crate::common::attachment::Attachment;
use crate::common::naming::origin_of;
use crate::common::resource::is_mine;
use crate::common::text::{Html, Line};
use crate::common::wire::{Tell, publish, read};
use crate::gate::{self, Undone, ids, in_links, malformed, one};
use crate::limits::{SUGGESTION_BYTES_MAX, SUGGESTIONS_MAX};
use crate::patch_tracker::review::thread_no;
use crate::patch_tracker::wire as patches;
use crate::ticket_tracker::fields::FieldEdit;
use crate::ticket_tracker::fields::wire as fields;
use crate::ticket_tracker::mentioned::Mention;
use crate::ticket_tracker::planned::PLANNED;
use crate::ticket_tracker::ticket::{
    ASSIGNING, COMMENT_PLACES, DEPENDANT_REMOVALS, DEPENDANTS, Source, Suggestion, TICKETS, UNASSIGNING, dependency_no,
    ticket_no, ticket_uri,
};
use crate::ticket_tracker::tracks::TicketCalls;
use crate::ticket_tracker::view::Uses;
use crate::ticket_tracker::{
    AddDependency, Assign, AssignmentAccepted, AssignmentRefused, AssignmentSeconded, Close, Comment, DeleteComment,
    DeleteTicket, DependencyConfirmed, DependencyOffered, DependencyRemovalSeen, EditComment, EditFields, EditTicket,
    FieldGone, FollowTicket, MilestoneDeletion, MilestoneGone, Open, RemoveDependency, Reopen, SetMilestone, TicketNo,
    Tracks, Unassign, UnassignmentAccepted, UnfollowTicket,
};
use crate::tie::TieKind;
use crate::tie::rows::provider;
use pritchel_actor::rows::pair_prefix;
use pritchel_actor::{Act, ActId, ActorId, Group, Halt, Look, Page, RowKey, Turn, Value, Verdict};
use pritchel_vocab::{self as vocab, Activity, ActivityType, Note, Obj, Thing, TicketDependency};
use serde_json::Map;

/// Finds what only a tracker is asked.
pub fn gate<A: Tracks>(
    _tracker: &A,
    activity: &Activity,
    act: &Act,
    look: &mut Look<'_, '_>,
) -> Result<Verdict<A::Call>, Halt> {
    let me = look.me().clone();
    let mine = || one(activity).and_then(|id| ticket_no(&me, id.as_str()));
    let call: Option<A::Call> = match &activity.kind {
        ActivityType::Offer => offer(activity, look)?,
        // Somebody has this tracker copied: that is theirs to do.
        ActivityType::Create if copies(activity, &me) => return Ok(Verdict::Note),
        ActivityType::Create => create(activity, &me, look)?,
        ActivityType::Edit => edit(activity, &me)?,
        ActivityType::Update => match edited(activity) {
            // Whoever tells of a change of something that is not here, tells no more than that.
            Some(id) if ticket_no(&me, &id).is_none() && !COMMENT_PLACES.has(look, &id)? => None,
            _ => edit(activity, &me)?,
        },
        ActivityType::Delete => match delete(activity, &me, look)? {
            Some(call) => Some(call),
            // Servers tell everybody of whatever they delete.
            None => return Ok(Verdict::Note),
        },
        ActivityType::Resolve => mine().map(|ticket| Close { ticket }.into()),
        ActivityType::Follow => mine().map(|ticket| FollowTicket { ticket }.into()),
        ActivityType::Assign => target(activity, &me)
            .zip(one(activity))
            .map(|(ticket, who)| Assign { ticket, assignee: ActorId::new(who.as_str()) }.into()),
        ActivityType::Undo => match gate::undone(activity, look)? {
            Undone::Early(id) => return Ok(Verdict::Early(id)),
            Undone::Nothing => None,
            Undone::Activity(undone) => undo(&undone, &me),
        },
        ActivityType::Accept | ActivityType::Reject => answered(activity, act, look)?,
        _ => None,
    };
    Ok(call.map_or_else(|| gate::unsupported::<A>(activity), Verdict::Call))
}

fn offer<C: TicketCalls>(activity: &Activity, look: &mut Look<'_, '_>) -> Result<Option<C>, Halt> {
    let me = &look.me().clone();
    let Some(object) = activity.object.first().and_then(Thing::obj) else { return Ok(None) };
    if object.is("TicketDependency") {
        return dependency(&object, activity, look);
    }
    if !object.is("Ticket")
        || activity.target.as_ref().and_then(Thing::uri).is_none_or(|uri| uri.as_str() != me.as_str())
    {
        return Ok(None);
    }
    let ticket = vocab::Ticket::read(&object).map_err(malformed)?;
    let merge = ticket.merge_offer().map_err(malformed)?;
    let merge = merge.map(|offer| patches::read(&offer, activity.actor.as_str(), me)).transpose()?;
    if ticket.context.as_ref().is_some_and(|context| context.as_str() != me.as_str()) {
        return Err(malformed(format!("the ticket's `context` is another than {me}")));
    }
    let (content, source) = text(ticket.content.as_deref(), ticket.source.as_ref())?;
    let further = ticket.further_to_serve().map_err(malformed)?;
    Ok(Some(
        Open {
            author: ActorId::new(ticket.attributed_to.as_str()),
            title: ticket.title().map_err(|e| malformed(format!("`summary`: {e}")))?,
            content: content.unwrap_or_default(),
            source,
            fields: FieldEdit::read_all(&ticket.custom_fields).map_err(malformed)?,
            milestone: ticket.milestone.map(|uri| uri.as_str().to_owned()),
            id: ticket.id.map(|id| id.as_str().to_owned()),
            merge,
            further,
        }
        .into(),
    ))
}

fn dependency<C: TicketCalls>(
    object: &Obj<'_>,
    activity: &Activity,
    look: &mut Look<'_, '_>,
) -> Result<Option<C>, Halt> {
    let me = &look.me().clone();
    let target = activity.target.as_ref().and_then(Thing::uri).map(|uri| ActorId::new(uri.as_str()));
    let here = target.as_ref() == Some(me);
    look.reads_for(if here { "AddDependency" } else { "DependencyOffered" });
    let dependency = TicketDependency::read(object).map_err(malformed)?;
    let (subject, on) = (dependency.subject.as_str().to_owned(), dependency.object.as_str().to_owned());
    if let Some(ticket) = ticket_no(me, &subject).filter(|_| here) {
        return Ok(Some(AddDependency { ticket, on, told: others(activity, me) }.into()));
    }
    Ok(match (ticket_no(me, &on), target) {
        (Some(ticket), Some(tracker)) => Some(DependencyOffered { ticket, of: subject, tracker }.into()),
        _ => None,
    })
}

/// Whom a ticket mentions in its `tag`.
pub fn mentions(ticket: &super::ticket::Ticket) -> Vec<ActorId> {
    let tags = match ticket.further.get("tag") {
        Some(Value::Array(tags)) => tags.as_slice(),
        Some(tag) => std::slice::from_ref(tag),
        None => &[],
    };
    let named = tags.iter().filter(|tag| is_mention(tag));
    let named = named.filter_map(|tag| vocab::ActorUri::parse(tag.get("href")?.as_str()?).ok());
    named.map(|uri| ActorId::new(uri.as_str())).collect()
}

/// Whom an activity is addressed to, but for this tracker and its author: they have a part in it.
fn others(activity: &Activity, me: &ActorId) -> Vec<ActorId> {
    let to = activity.addressees().into_iter().map(|uri| ActorId::new(uri.as_str()));
    to.filter(|actor| !is_mine(me, actor.as_str()) && actor.as_str() != activity.actor.as_str())
        .filter(|actor| !actor.as_str().ends_with("/followers"))
        .take(crate::limits::TOLD_MAX)
        .collect()
}

/// Whether a `Create` asks a factory for a copy of this tracker.
fn copies(activity: &Activity, me: &ActorId) -> bool {
    let object = activity.object.first().and_then(Thing::obj).filter(|object| object.is("TicketTracker"));
    object.and_then(|object| object.uri("origin").ok()?).is_some_and(|origin| origin.as_str() == me.as_str())
}

fn create<C: TicketCalls>(activity: &Activity, me: &ActorId, look: &mut Look<'_, '_>) -> Result<Option<C>, Halt> {
    let there = |look: &mut Look<'_, '_>, ticket| TICKETS.has(look, &ticket);
    let number = |uri: &str| ticket_no(me, uri).or_else(|| Some(thread_no(me, uri)?.0));
    let Some(comment) = comment(activity, number, there, look)? else { return Ok(None) };
    let note = activity.object.first().and_then(Thing::obj);
    let context = note.map(|note| note.uri("context")).transpose().map_err(malformed)?.flatten();
    let thread = context.and_then(|context| thread_no(me, context.as_str()));
    Ok(Some(Comment { thread: thread.map(|(_, review, thread)| (review, thread)), ..comment }.into()))
}

/// The comment that a `Create` tells of, if it is on something that is kept here.
/// - `number`: the number of what has an address; `there`: whether there is one of this number
pub(crate) fn comment(
    activity: &Activity,
    number: impl Fn(&str) -> Option<u64>,
    there: impl Fn(&mut Look<'_, '_>, u64) -> Result<bool, Halt>,
    look: &mut Look<'_, '_>,
) -> Result<Option<Comment>, Halt> {
    let Some(object) = activity.object.first().and_then(Thing::obj).filter(|object| object.is("Note")) else {
        return Ok(None);
    };
    let note = Note::read(&object).map_err(malformed)?;
    let context = note.context.as_ref().map(|context| context.as_str().to_owned());
    let Some((context, topic)) = context.and_then(|context| number(&context).map(|topic| (context, topic))) else {
        return Ok(None);
    };
    let id = note.id.as_ref().ok_or_else(|| malformed("a comment has an `id`, on its author's server"))?;
    let author = note.attributed_to.as_ref().ok_or_else(|| malformed("a comment is `attributedTo` somebody"))?;
    // The method will ask for these. They are asked for at once, and before the text is rendered: a run that stops for them
    // costs little.
    at_hand([there(look, topic), COMMENT_PLACES.has(look, &id.as_str().to_owned())])?;
    let in_reply_to = note.in_reply_to.as_ref().map(|uri| uri.as_str().to_owned());
    let (content, source) = text(Some(&note.content), note.source.as_ref())?;
    Ok(Some(Comment {
        topic,
        id: id.as_str().to_owned(),
        author: ActorId::new(author.as_str()),
        in_reply_to: in_reply_to.filter(|parent| *parent != context),
        content: content.unwrap_or_default(),
        source,
        thread: None,
        suggestions: suggestions(&object)?,
        attachments: Attachment::read_all(object.get("attachment")),
    }))
}

/// The lines that a note suggests, among what is attached to it.
///
/// Source: ForgeFed, "Code Suggestion".
pub fn suggestions(note: &Obj<'_>) -> Result<Vec<Suggestion>, Halt> {
    let mut found = Vec::new();
    for attached in note.many("attachment").map_err(malformed)? {
        let Some(suggestion) = attached.obj().filter(|attached| attached.is("Suggestion")) else { continue };
        // Raw text, or the same written as the source of a note is.
        let source = suggestion.get("source").map(|source| source.get("content").unwrap_or(source));
        let source = source.and_then(|source| source.as_str()).map(str::to_owned);
        let source = source.ok_or_else(|| malformed("expected the lines it suggests as `source` of a Suggestion"))?;
        if source.len() > SUGGESTION_BYTES_MAX || found.len() >= SUGGESTIONS_MAX {
            let why = format!(
                "a comment has at most {SUGGESTIONS_MAX} suggestions, each of at most {SUGGESTION_BYTES_MAX} bytes"
            );
            return Err(malformed(why));
        }
        let name = suggestion.text("name").map_err(malformed)?;
        let name = name.map(|name| Line::parse(name).map_err(|e| malformed(format!("`name`: {e}")))).transpose()?;
        found.push(Suggestion { name, source });
    }
    Ok(found)
}

/// Stops with all that several looks lack together, so that it is found in one go.
fn at_hand<const N: usize>(looks: [Result<bool, Halt>; N]) -> Result<(), Halt> {
    let mut lacking = Vec::new();
    for look in looks {
        match look {
            Ok(_) => {}
            Err(Halt::Need(needs)) => lacking.extend(needs),
            Err(halt) => return Err(halt),
        }
    }
    if lacking.is_empty() { Ok(()) } else { Err(Halt::Need(lacking)) }
}

/// The address of what an activity changes.
pub(crate) fn edited(activity: &Activity) -> Option<String> {
    Some(activity.object.first()?.obj()?.id().ok()??.as_str().to_owned())
}

fn edit<C: TicketCalls>(activity: &Activity, me: &ActorId) -> Result<Option<C>, Halt> {
    let Some(object) = activity.object.first().and_then(Thing::obj) else { return Ok(None) };
    let Some(id) = object.id().map_err(malformed)? else { return Ok(None) };
    let (content, source) = text_in(&object)?;
    let attachments = edited_attachments(&object);
    let Some(ticket) = ticket_no(me, id.as_str()) else {
        // Whether it is a comment here, and whose, is the method's to say.
        let note = object.is("Note") || !is_mine(me, id.as_str());
        return Ok(content
            .filter(|_| note)
            .map(|content| EditComment { id: id.as_str().to_owned(), content, source, attachments }.into()));
    };
    if let Some(call) = edit_plan(&object, ticket)? {
        return Ok(Some(call));
    }
    let title = object.text("summary").map_err(malformed)?;
    let title =
        title.map(|title| Line::parse(&plain(title)).map_err(|e| malformed(format!("`summary`: {e}")))).transpose()?;
    let known = ["id", "type", "summary", "content", "source", "mediaType", "@context", "context", "attachment", "tag"];
    let others: Vec<String> = object.map().keys().filter(|term| !known.contains(&term.as_str())).cloned().collect();
    Ok(Some(
        EditTicket { ticket, title, content, source, attachments, mentions: edited_mentions(&object), others }.into(),
    ))
}

/// Whom a text mentions from now on, as many as are kept; `None` where it does not say.
fn edited_mentions(object: &Obj<'_>) -> Option<Vec<Mention>> {
    let tags = object.get("tag")?;
    let tags = tags.as_array().map_or(std::slice::from_ref(tags), Vec::as_slice).iter().filter(|tag| is_mention(tag));
    let read = |tag: &Value| {
        let whom = vocab::ActorUri::parse(tag.get("href")?.as_str()?).ok()?;
        Some(Mention { whom: ActorId::new(whom.as_str()), name: Line::parse(tag.get("name")?.as_str()?).ok()? })
    };
    Some(tags.filter_map(read).take(crate::limits::MENTIONED_MAX).collect())
}

/// Whether a tag names somebody.
pub fn is_mention(tag: &Value) -> bool {
    tag.get("type").and_then(Value::as_str) == Some("Mention")
}

/// The files that a text names from now on; `None` where it does not say.
pub(crate) fn edited_attachments(object: &Obj<'_>) -> Option<Vec<Attachment>> {
    let named = object.map().contains_key("attachment");
    named.then(|| Attachment::read_all(object.get("attachment")))
}

/// An `Edit` of the values of fields alone, or of the milestone alone.
fn edit_plan<C: TicketCalls>(object: &Obj<'_>, ticket: TicketNo) -> Result<Option<C>, Halt> {
    let beside = ["id", "type", "@context", "context"];
    let mut terms = object.map().keys().map(String::as_str).filter(|term| !beside.contains(term));
    Ok(match (terms.next(), terms.next()) {
        (Some("customFields"), None) => {
            let things = Thing::read_all(object, "customFields").map_err(malformed)?;
            let edits = FieldEdit::read_all(&things).map_err(malformed)?;
            Some(EditFields { ticket, edits }.into())
        }
        (Some("ticketMilestone"), None) => {
            let milestone = object.uri("ticketMilestone").map_err(malformed)?;
            Some(SetMilestone { ticket, milestone: milestone.map(|uri| uri.as_str().to_owned()) }.into())
        }
        _ => None,
    })
}

/// The milestone that is gone, where an `Accept` is of its `Delete` and something here is planned for it.
pub(crate) fn milestone_gone(of: &ActId, look: &mut Look<'_, '_>) -> Result<Option<String>, Halt> {
    // It waits for what it answers, which comes from another sender: those who follow are shown both.
    if look.seen(of)?.is_none() {
        return Ok(None);
    }
    let delete = look.act(of)?.as_deref().and_then(read).filter(|act| act.kind == ActivityType::Delete);
    let Some(milestone) = delete.as_deref().and_then(one) else { return Ok(None) };
    let milestone = milestone.as_str().to_owned();
    Ok(if has_plans(&milestone, look)? { Some(milestone) } else { None })
}

/// The field or the value that is gone, where somebody accepts the `Delete` of something of the tracker's workflow, or its `Remove` from
/// what is no collection of links: of what lies below its address, or, if that is the workflow itself, elsewhere on its server.
fn field_gone(of: &ActId, act: &Act, look: &mut Look<'_, '_>) -> Result<Option<String>, Halt> {
    let Some(workflow) = provider(look, TieKind::Workflow)? else { return Ok(None) };
    if look.seen(of)?.is_none() {
        return Ok(None);
    }
    let ends = |act: &Activity| match act.kind {
        ActivityType::Delete => true,
        ActivityType::Remove => act.origin.is_some() && !in_links(act.origin.as_ref()),
        _ => false,
    };
    let ended = look.act(of)?.as_deref().and_then(read).filter(|act| ends(act));
    let Some(gone) = ended.as_deref().and_then(one) else { return Ok(None) };
    let nearby = workflow == act.author && origin_of(gone.as_str()) == origin_of(workflow.as_str());
    let part = gone.as_str() != workflow.as_str() && (nearby || is_mine(&workflow, gone.as_str()));
    Ok(part.then(|| gone.as_str().to_owned()))
}

/// Whether something here is planned for this.
fn has_plans(milestone: &String, look: &mut Look<'_, '_>) -> Result<bool, Halt> {
    Ok(!PLANNED.page(look, Page::first(&pair_prefix(&milestone.encode()), 1))?.is_empty())
}

fn delete<C: TicketCalls>(activity: &Activity, me: &ActorId, look: &mut Look<'_, '_>) -> Result<Option<C>, Halt> {
    let Some(id) = one(activity) else { return Ok(None) };
    if let Some(ticket) = ticket_no(me, id.as_str()) {
        return Ok(Some(DeleteTicket { ticket }.into()));
    }
    if let Some(dependency) = dependency_no(me, id.as_str()) {
        return Ok(Some(RemoveDependency { dependency, told: others(activity, me) }.into()));
    }
    let id = id.as_str().to_owned();
    if COMMENT_PLACES.has(look, &id)? {
        return Ok(Some(DeleteComment { id }.into()));
    }
    if has_plans(&id, look)? {
        // The roadmap's own word on it counts, which is still to come.
        let from = activity.origin.as_ref().and_then(Thing::uri).map(|uri| ActorId::new(uri.as_str()));
        let roadmap = provider(look, TieKind::Roadmap)?;
        return Ok((from.is_some() && from == roadmap).then(|| MilestoneDeletion { milestone: id }.into()));
    }
    // Of a field the workflow's own word counts, too.
    if provider(look, TieKind::Workflow)?.is_some_and(|workflow| is_mine(&workflow, &id)) {
        return Ok(None);
    }
    let from = activity.origin.as_ref().and_then(Thing::uri);
    let elsewhere = from.is_some_and(|from| !is_mine(me, from.as_str()) && is_mine(&ActorId::new(from.as_str()), &id));
    Ok(elsewhere.then(|| DependencyRemovalSeen { dependency: id }.into()))
}

fn undo<C: TicketCalls>(undone: &Activity, me: &ActorId) -> Option<C> {
    let ticket = || one(undone).and_then(|id| ticket_no(me, id.as_str()));
    match undone.kind {
        ActivityType::Resolve => ticket().map(|ticket| Reopen { ticket }.into()),
        ActivityType::Follow => ticket().map(|ticket| UnfollowTicket { ticket }.into()),
        ActivityType::Assign => {
            let who = one(undone)?;
            target(undone, me).map(|ticket| Unassign { ticket, assignee: ActorId::new(who.as_str()) }.into())
        }
        _ => None,
    }
}

fn answered<C: TicketCalls>(activity: &Activity, act: &Act, look: &mut Look<'_, '_>) -> Result<Option<C>, Halt> {
    let Some(of) = ids(&activity.object).into_iter().next() else { return Ok(None) };
    let yes = activity.kind == ActivityType::Accept;
    if let Some(pending) = ASSIGNING.get(look, &of)? {
        let by_another = pending.who != act.author && activity.capability.is_some();
        return Ok(match (yes, by_another) {
            // A Grant is shown to a team, by whoever speaks for it.
            (true, true) => Some(AssignmentSeconded { assign: of }.into()),
            (true, false) => Some(AssignmentAccepted { assign: of }.into()),
            (false, true) => None,
            (false, false) => Some(AssignmentRefused { assign: of }.into()),
        });
    }
    if !yes {
        return Ok(None);
    }
    if UNASSIGNING.has(look, &of)? {
        return Ok(Some(UnassignmentAccepted { undo: of }.into()));
    }
    if let Some(field) = field_gone(&of, act, look)? {
        return Ok(Some(FieldGone { field }.into()));
    }
    if DEPENDANTS.has(look, &of)? || DEPENDANT_REMOVALS.has(look, &of)? {
        let id = activity.result.first().and_then(Thing::uri).map(|uri| uri.as_str().to_owned());
        return Ok(Some(DependencyConfirmed { of, id }.into()));
    }
    if let Some(milestone) = milestone_gone(&of, look)? {
        return Ok(Some(MilestoneGone { milestone }.into()));
    }
    // The team's own word may have come first: then the assignment is done, and nobody waits for it.
    let seconds = activity.capability.is_some() && is_done(&of, &act.author, look)?;
    Ok(seconds.then(|| AssignmentSeconded { assign: of }.into()))
}

/// Whether a ticket here was given by this `Assign` to another than `author`.
fn is_done(assign: &ActId, author: &ActorId, look: &mut Look<'_, '_>) -> Result<bool, Halt> {
    let me = look.me().clone();
    let Some(number) = look.act(assign)?.as_deref().and_then(|assign| assigned(assign, &me)) else { return Ok(false) };
    let ticket = TICKETS.get(look, &number)?;
    Ok(ticket.is_some_and(|ticket| ticket.given_by(assign).is_some_and(|given| given.who != *author)))
}

/// The ticket here that an `Assign` is about.
pub fn assigned(act: &Act, me: &ActorId) -> Option<TicketNo> {
    read(act).filter(|activity| activity.kind == ActivityType::Assign).and_then(|activity| target(&activity, me))
}

fn target(activity: &Activity, me: &ActorId) -> Option<TicketNo> {
    ticket_no(me, activity.target.as_ref()?.uri()?.as_str())
}

/// The text to keep of an object, as [`text`] has it.
pub(crate) fn text_in(object: &Obj<'_>) -> Result<(Option<Html>, Option<Source>), Halt> {
    let source = object.one("source").ok().flatten();
    let source = source.as_ref().and_then(|item| item.obj()).map(|source| vocab::Source {
        content: source.text("content").ok().flatten().unwrap_or_default().to_owned(),
        media_type: source.text("mediaType").ok().flatten().unwrap_or(vocab::ticket::MARKDOWN).to_owned(),
    });
    text(object.text("content").map_err(malformed)?, source.as_ref())
}

/// The text to keep: rendered by us where its source is Markdown, sanitised where it came as HTML.
pub fn text(content: Option<&str>, source: Option<&vocab::Source>) -> Result<(Option<Html>, Option<Source>), Halt> {
    let html = match source {
        Some(source) if source.is_markdown() => Some(vocab::render_markdown(&source.content).map_err(malformed)?),
        _ => content.map(|content| Html::sanitise(content).map_err(malformed)).transpose()?,
    };
    let source = source.map(|source| Source { content: source.content.clone(), media_type: source.media_type.clone() });
    Ok((html, source))
}

pub(crate) fn plain(html: &str) -> String {
    vocab::text::plain(html)
}

/// Publishes the `Accept` with a result that ends a handshake of three.
pub fn accepted_with_result(
    turn: &mut Turn<'_>,
    of: &ActId,
    result: &str,
    assignee: &ActorId,
    group: Group,
    ticket: TicketNo,
) -> Result<(), Halt> {
    let me = turn.me().clone();
    let mut tell = Tell::to([assignee]).followers(&me).group(group, format!("{}/followers", ticket_uri(&me, ticket)));
    if let Some(act) = turn.known_act(of)? {
        tell = tell.cc([&act.author]);
    }
    publish(turn, ActivityType::Accept, &tell, |draft| draft.object(of.as_str()).result(result))?;
    Ok(())
}

/// Tells the tracker of the other ticket that a dependency has ended, since the ticket at this end was deleted.
/// - `host`: the tracker that keeps the dependency, which is this one or the other
pub fn dependency_ended(turn: &mut Turn<'_>, host: &ActorId, dependency: &str, other: &ActorId) -> Result<(), Halt> {
    publish(turn, ActivityType::Delete, &Tell::to([other]), |draft| {
        draft.object(dependency).term("origin", host.as_str())
    })?;
    Ok(())
}

/// A ticket as a document.
/// - `uses`: of which workflow and roadmap values and milestones are shown: those the tracker uses
pub fn document(
    me: &ActorId,
    number: TicketNo,
    ticket: &super::ticket::Ticket,
    uses: &Uses,
) -> Result<vocab::Document, Halt> {
    use crate::common::wire::{actor_uri, time, uri};
    let id = ticket_uri(me, number);
    let under = |part: &str| uri(&format!("{id}/{part}"));
    let source = ticket.source.as_ref();
    Ok(vocab::Ticket {
        id: Some(uri(&id)?),
        context: Some(uri(me.as_str())?),
        attributed_to: actor_uri(&ticket.author)?,
        summary: vocab::escape(ticket.title.as_str()),
        content: Some(ticket.content.as_str().to_owned()),
        media_type: Some("text/html".to_owned()),
        source: source
            .map(|source| vocab::Source { content: source.content.clone(), media_type: source.media_type.clone() }),
        published: Some(time(ticket.published)),
        followers: Some(under("followers")?),
        replies: Some(under("replies")?),
        dependencies: Some(under("dependencies")?),
        dependants: Some(under("dependants")?),
        assignments: Some(under("assignments")?),
        milestone: uses.milestone(ticket).map(|planned| uri(&planned.milestone)).transpose()?,
        custom_fields: uses
            .fields(ticket)
            .map(|value| Thing::embed(fields::written(&value.field, value.value.value())).map_err(malformed))
            .collect::<Result<_, Halt>>()?,
        managed_by: None,
        is_resolved: Some(!ticket.is_open()),
        resolved_by: ticket
            .resolved
            .as_ref()
            // Of one that came closed nobody here knows by whom.
            .map(|resolved| uri(if resolved.by == *me { me.as_str() } else { resolved.act.as_str() }))
            .transpose()?,
        resolved: ticket.resolved.as_ref().map(|resolved| time(resolved.at)),
        attachment: ticket
            .merge
            .iter()
            .map(|merge| patches::attachment(me, number, merge))
            .collect::<Result<_, Halt>>()?,
        further: further(ticket),
    }
    .to_document())
}

/// The terms of a ticket that nobody here reads; of one that was copied, where from and whose it is said to be there.
fn further(ticket: &super::ticket::Ticket) -> Map<String, Value> {
    let mut further = ticket.further.clone();
    if let Some(imported) = &ticket.imported {
        let list = |lines: &[Line]| lines.iter().map(|line| line.as_str().to_owned()).collect::<Vec<_>>();
        let terms = [
            ("origin", Value::from(imported.origin.as_str())),
            (IMPORTED_AUTHOR, imported.author.as_str().into()),
            ("importedLabels", list(&imported.labels).into()),
            ("importedMilestone", imported.milestone.as_ref().map(|milestone| milestone.as_str().to_owned()).into()),
            ("importedAssignees", list(&imported.assignees).into()),
        ];
        let said = terms
            .into_iter()
            .filter(|(_, value)| !value.is_null() && value.as_array().is_none_or(|all| !all.is_empty()));
        further.extend(said.map(|(term, value)| (term.to_owned(), value)));
    }
    further
}

/// What the author of something that was copied is called where it came from: a text, and no address.
const IMPORTED_AUTHOR: &str = "importedAuthor";

/// A comment that was copied, as a document; `None` of one that its author hosts.
pub fn imported_comment(me: &ActorId, ticket: TicketNo, comment: &super::ticket::Comment) -> Option<vocab::Document> {
    use crate::common::wire::{actor_uri, time, uri};
    let imported = comment.imported.as_ref()?;
    let ticket = ticket_uri(me, ticket);
    let note = Note {
        id: uri(&comment.id).ok(),
        in_reply_to: uri(comment.in_reply_to.as_deref().unwrap_or(&ticket)).ok(),
        context: uri(&ticket).ok(),
        attributed_to: actor_uri(me).ok(),
        content: comment.content.as_str().to_owned(),
        media_type: Some("text/html".to_owned()),
        source: comment
            .source
            .as_ref()
            .map(|source| vocab::Source { content: source.content.clone(), media_type: source.media_type.clone() }),
        published: Some(time(comment.published)),
        ..Note::default()
    };
    let note = note.to_document().edit().set("origin", imported.origin.as_str());
    Some(note.set(IMPORTED_AUTHOR, imported.author.as_str()).finish())
}
