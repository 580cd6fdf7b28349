//! Notifications: of all that a person is told, what concerns them, one row a thread. A thread is what is talked about: a ticket, a
//! merge request, a release, a resource they are invited to, somebody who follows them. What is new in a thread makes its row
//! unread and puts it first; a thread that is muted stays as it is. Pushes and the like are no notifications: they lie in the inbox.
//! - [`hears`]: an act as a notification
//! - [`MarkRead`], [`MarkAllRead`], [`MuteThread`]: what the person does with them; [`ViewNotices`], [`CountUnread`]: what is shown
//!
//! At most [`NOTICES_MAX`] threads are kept; the one that was quiet for longest makes room.

use crate::access::view::not_shown;
use crate::common::text::Html;
use crate::limits::{MARKED_READ_MAX, NOTICE_TITLE_CHARS_MAX, NOTICES_MAX, REFUSAL_IS_NEWS_S, THREAD_BYTES_MAX};
use crate::patch_tracker::review::{INDIVIDUALS, TEAMS};
use crate::person::rows::SENT;
use crate::person::{Person, publish};
use pritchel_actor::{
    Act, ActId, ActorId, Halt, Header, Look, Method, Page, Refusal, RowKey, Rows, Seconds, Turn, Value, View, demand,
};
use serde::{Deserialize, Serialize};

/// Why somebody is notified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// They are named, or written to alone.
    Mention,
    /// They are to have a ticket.
    Assigned,
    /// They are asked for a review.
    ReviewAsked,
    /// They are invited.
    Invited,
    /// Somebody commented.
    Comment,
    /// Somebody reviewed.
    Review,
    /// A ticket or merge request was opened.
    Opened,
    /// It was closed, or merged.
    Closed,
    /// It was opened again.
    Reopened,
    /// It was given to somebody, or taken back.
    Changed,
    /// Somebody follows them.
    Follow,
    /// Somebody gave a star.
    Star,
    /// What they asked for was refused, after some time.
    Refused,
}

/// A thread with something in it that concerns the person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// Its place among all; the greatest is the newest.
    pub place: u64,
    /// How many acts have come since it was read last; none, if it is read.
    pub unread: u32,
    /// The newest act.
    pub act: ActId,
    /// Who did it.
    pub by: ActorId,
    /// Why the person is notified of it.
    pub why: Reason,
    /// When it came.
    pub at: Seconds,
    /// What the thread is called, where an act said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Whether nothing more of it is wanted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub muted: bool,
}

/// How many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Threads kept.
    pub threads: u64,
    /// Those of them that are unread.
    pub unread: u64,
    /// The next place.
    pub next: u64,
    /// Whatever lies before this place is read.
    #[serde(default)]
    pub read_before: u64,
}

/// Threads by the address of what they are about.
pub const NOTICES: Rows<String, Notice> = Rows::new("notices");
/// The same in the order in which something came.
pub const NOTICE_ORDER: Rows<u64, String> = Rows::new("notice_order");
/// How many there are, in one row.
pub const NOTICE_COUNTS: Rows<u64, Counts> = Rows::new("notice_counts");
/// The key of that row.
const ALL: u64 = 0;

impl Notice {
    /// Whether something in it is unread.
    pub fn is_unread(&self, counts: &Counts) -> bool {
        self.unread > 0 && self.place >= counts.read_before
    }
}

/// What an act tells that concerns a person.
struct Heard {
    thread: String,
    why: Reason,
    title: Option<String>,
}

/// Notes an act that concerns the person in the row of its thread.
pub fn hears(act: &Act, turn: &mut Turn<'_>) -> Result<(), Halt> {
    let me = turn.me().clone();
    if act.author == me {
        return Ok(());
    }
    let Some((by, heard)) = heard(act, &me, turn)? else { return Ok(()) };
    if by == me || heard.thread.len() > THREAD_BYTES_MAX {
        return Ok(());
    }
    let mut counts = NOTICE_COUNTS.get(turn, &ALL)?.unwrap_or_default();
    let before = NOTICES.get(turn, &heard.thread)?;
    match &before {
        Some(before) => NOTICE_ORDER.remove(turn, &before.place),
        None => make_room(turn, &mut counts)?,
    }
    let muted = before.as_ref().is_some_and(|before| before.muted);
    let unread = before.as_ref().filter(|before| before.is_unread(&counts)).map_or(0, |before| before.unread);
    if unread == 0 && !muted {
        counts.unread += 1;
    }
    let place = counts.next;
    counts.next += 1;
    let title = heard.title.or(before.and_then(|before| before.title));
    let unread = if muted { unread } else { unread.saturating_add(1) };
    let (act, at) = (act.id.clone(), turn.now());
    let notice = Notice { place, unread, act, by, why: heard.why, at, title, muted };
    keep(turn, &heard.thread, &notice, &counts);
    Ok(())
}

fn keep(turn: &mut Turn<'_>, thread: &String, notice: &Notice, counts: &Counts) {
    NOTICES.put(turn, thread, notice);
    NOTICE_ORDER.put(turn, &notice.place, thread);
    NOTICE_COUNTS.put(turn, &ALL, counts);
}

/// Counts one more thread; the oldest goes where there are too many.
fn make_room(turn: &mut Turn<'_>, counts: &mut Counts) -> Result<(), Halt> {
    if counts.threads < NOTICES_MAX {
        counts.threads += 1;
        return Ok(());
    }
    for (place, thread) in NOTICE_ORDER.page(turn, Page::first(&[], 1))? {
        let unread = NOTICES.get(turn, &thread)?.is_some_and(|oldest| oldest.is_unread(counts));
        counts.unread = counts.unread.saturating_sub(u64::from(unread));
        NOTICES.remove(turn, &thread);
        NOTICE_ORDER.remove(turn, &place);
    }
    Ok(())
}

/// Who did what an act tells, and what of it concerns the person.
fn heard(act: &Act, me: &ActorId, turn: &mut Turn<'_>) -> Result<Option<(ActorId, Heard)>, Halt> {
    let body = &*act.body;
    let by_author = |heard: Heard| Some((act.author.clone(), heard));
    Ok(match kind(body) {
        // A tracker takes in what somebody offers: only then it has an address.
        "Accept" => {
            let (Some(of), Some(thread)) = (id_of(body.get("object")), id_of(body.get("result"))) else {
                return Ok(None);
            };
            let Some(offer) = turn.known_act(&ActId::new(of))? else { return Ok(None) };
            opened(&offer, me, thread).map(|heard| (offer.author.clone(), heard))
        }
        "Reject" => match id_of(body.get("object")) {
            Some(of) => refused(turn, &ActId::new(of))?.and_then(by_author),
            None => None,
        },
        "Undo" => {
            let undone = match body.get("object") {
                Some(Value::String(uri)) => turn.known_act(&ActId::new(uri.as_str()))?.map(|act| act.body.clone()),
                Some(object) => Some(std::sync::Arc::new(object.clone())),
                None => None,
            };
            let heard = undone.and_then(|undone| match kind(&undone) {
                "Resolve" => thread(id_of(undone.get("object")), Reason::Reopened),
                "Assign" => thread(id_of(undone.get("target")), Reason::Changed),
                _ => None,
            });
            heard.and_then(by_author)
        }
        _ => told(body, me).and_then(by_author),
    })
}

/// An act that says all by itself.
fn told(body: &Value, me: &ActorId) -> Option<Heard> {
    let object = body.get("object");
    let of_object = |term: &str| object.and_then(|object| id_of(object.get(term)));
    let is_me = || all_of(object).contains(&me.as_str());
    match kind(body) {
        "Create" if object.is_some_and(|object| kind(object) == "Note") => {
            let about = of_object("context").or_else(|| of_object("inReplyTo")).or_else(|| id_of(object));
            let named = object.is_some_and(|object| mentions(object, me)) || all_of(body.get("to")) == [me.as_str()];
            thread(about, if named { Reason::Mention } else { Reason::Comment })
        }
        // Whoever is named anew in what is edited is told of it by name; others only hear of the edit. An `Update` is told to all that are named
        // whenever anything changes, as Mastodon does.
        "Edit" if object.is_some_and(|object| mentions(object, me)) => {
            let told = ["to", "cc"].into_iter().any(|term| all_of(body.get(term)).contains(&me.as_str()));
            let is_note = object.is_some_and(|object| kind(object) == "Note");
            let about = of_object("context").filter(|_| is_note).or_else(|| id_of(object));
            thread(about.filter(|_| told), Reason::Mention)
        }
        "Offer" if object.is_some_and(|object| kind(object) == "Review") => {
            let named = object.is_some_and(|review| mentions(review, me));
            thread(of_object("context"), if named { Reason::Mention } else { Reason::Review })
        }
        "Invite" if asks_for_review(body) => {
            let target = all_of(body.get("target")).into_iter().next()?;
            let request = target.rsplit_once('/')?.0;
            thread(Some(request), Reason::ReviewAsked).filter(|_| is_me())
        }
        "Invite" | "Add" if is_me() => {
            let target = id_of(body.get("target"))?;
            let resource = target.strip_suffix("/collaborators").or(target.strip_suffix("/members")).unwrap_or(target);
            thread(Some(resource), Reason::Invited)
        }
        "Assign" => thread(id_of(body.get("target")), if is_me() { Reason::Assigned } else { Reason::Changed }),
        "Resolve" | "Apply" => thread(id_of(object), Reason::Closed),
        "Follow" if is_me() => thread(id_of(body.get("actor")), Reason::Follow),
        "Like" => thread(id_of(object), Reason::Star),
        _ => None,
    }
}

fn thread(uri: Option<&str>, why: Reason) -> Option<Heard> {
    Some(Heard { thread: uri?.to_owned(), why, title: None })
}

/// A ticket or merge request that a tracker took in.
/// - `uri`: the address that it gave it
fn opened(offer: &Act, me: &ActorId, uri: &str) -> Option<Heard> {
    let object = offer.body.get("object").filter(|object| kind(object) == "Ticket" && kind(&offer.body) == "Offer")?;
    let title = object.get("summary").or(object.get("name")).and_then(Value::as_str);
    let title = title.and_then(|html| Html::sanitise(html).ok()).map(|html| html.to_plain());
    let title = title.map(|title| title.chars().take(NOTICE_TITLE_CHARS_MAX).collect());
    let why = if mentions(object, me) { Reason::Mention } else { Reason::Opened };
    Some(Heard { thread: uri.to_owned(), why, title })
}

/// What the person asked for themselves, if it was long ago.
fn refused(turn: &mut Turn<'_>, of: &ActId) -> Result<Option<Heard>, Halt> {
    let Some(sent) = SENT.get(turn, of)? else { return Ok(None) };
    if turn.now() - sent.at < REFUSAL_IS_NEWS_S {
        return Ok(None);
    }
    Ok(thread(Some(of.as_str()), Reason::Refused))
}

/// Whether an `Invite` asks for reviews: its targets are the lists of approvals of a merge request.
fn asks_for_review(body: &Value) -> bool {
    let targets = all_of(body.get("target"));
    !targets.is_empty() && targets.iter().all(|uri| uri.ends_with(INDIVIDUALS) || uri.ends_with(TEAMS))
}

/// Whether a note, ticket or review names somebody.
fn mentions(note: &Value, whom: &ActorId) -> bool {
    let tags = match note.get("tag") {
        Some(Value::Array(tags)) => tags.as_slice(),
        Some(tag) => std::slice::from_ref(tag),
        None => &[],
    };
    tags.iter().any(|tag| kind(tag) == "Mention" && tag.get("href").and_then(Value::as_str) == Some(whom.as_str()))
}

/// What kind of thing it says it is.
fn kind(thing: &Value) -> &str {
    match thing.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => kinds.iter().find_map(Value::as_str).unwrap_or_default(),
        _ => "",
    }
}

/// The addresses of things, whole or named.
fn all_of(things: Option<&Value>) -> Vec<&str> {
    match things {
        Some(Value::Array(all)) => all.iter().filter_map(|thing| id_of(Some(thing))).collect(),
        thing => id_of(thing).into_iter().collect(),
    }
}

/// The address of a thing, whole or named.
fn id_of(thing: Option<&Value>) -> Option<&str> {
    match thing? {
        Value::String(uri) => Some(uri),
        Value::Array(all) if all.len() == 1 => id_of(all.first()),
        thing => thing.get("id").and_then(Value::as_str),
    }
}

/// Private, by the person: these threads are read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MarkRead {
    /// The addresses of what they are about.
    pub threads: Vec<String>,
}

impl Method<Person> for MarkRead {
    type Answer = ();

    fn turn(self, _: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        publish::only_oneself(turn)?;
        demand(self.threads.len() <= MARKED_READ_MAX, || {
            Refusal::new("too-many-threads", format!("at most {MARKED_READ_MAX} threads are marked as read at once"))
        })?;
        let mut counts = NOTICE_COUNTS.get(turn, &ALL)?.unwrap_or_default();
        for thread in self.threads {
            let Some(mut notice) = NOTICES.get(turn, &thread)?.filter(|notice| notice.is_unread(&counts)) else {
                continue;
            };
            notice.unread = 0;
            counts.unread = counts.unread.saturating_sub(1);
            NOTICES.put(turn, &thread, &notice);
        }
        NOTICE_COUNTS.put(turn, &ALL, &counts);
        Ok(())
    }
}

/// Private, by the person: all that has come so far is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MarkAllRead {
    /// What was there when the person saw the list: what came since stays unread.
    pub before: u64,
}

impl Method<Person> for MarkAllRead {
    type Answer = ();

    fn turn(self, _: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        publish::only_oneself(turn)?;
        let mut counts = NOTICE_COUNTS.get(turn, &ALL)?.unwrap_or_default();
        counts.read_before = self.before.clamp(counts.read_before, counts.next);
        // What came since is little: it is counted again.
        let after = counts.read_before.checked_sub(1).map(|last| last.encode()).unwrap_or_default();
        let limit = pritchel_actor::limits::PAGE_MAX;
        let newer = NOTICE_ORDER.page(turn, Page { prefix: &[], after: &after, limit, newest_first: false })?;
        counts.unread = 0;
        for (_, thread) in newer {
            counts.unread += u64::from(NOTICES.get(turn, &thread)?.is_some_and(|notice| notice.is_unread(&counts)));
        }
        NOTICE_COUNTS.put(turn, &ALL, &counts);
        Ok(())
    }
}

/// Private, by the person: nothing more of a thread is wanted, or again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MuteThread {
    /// The address of what it is about.
    pub thread: String,
    /// Whether it is muted from now on.
    pub muted: bool,
}

impl Method<Person> for MuteThread {
    type Answer = ();

    fn turn(self, _: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        publish::only_oneself(turn)?;
        let mut counts = NOTICE_COUNTS.get(turn, &ALL)?.unwrap_or_default();
        let found = NOTICES.get(turn, &self.thread)?;
        let why = || Refusal::new("no-such-thread", "there is no notification of this thread");
        let Some(mut notice) = found else { return Err(why().into()) };
        if self.muted && notice.is_unread(&counts) {
            notice.unread = 0;
            counts.unread = counts.unread.saturating_sub(1);
        }
        notice.muted = self.muted;
        keep(turn, &self.thread, &notice, &counts);
        Ok(())
    }
}

/// How many threads are unread; for the person.
#[derive(Clone, Debug)]
pub struct CountUnread {
    /// Who looks.
    pub viewer: ActorId,
}

impl View<Person> for CountUnread {
    type Answer = u64;

    fn look(&self, _: &Person, _: &Header, look: &mut Look<'_, '_>) -> Result<u64, Halt> {
        if self.viewer != *look.me() {
            return Err(not_shown());
        }
        Ok(NOTICE_COUNTS.get(look, &ALL)?.unwrap_or_default().unread)
    }
}

/// A page of notifications, newest first; for the person.
#[derive(Clone, Debug)]
pub struct ViewNotices {
    /// Who looks.
    pub viewer: ActorId,
    /// Those before this place; `None` from the newest.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: usize,
    /// Whether only what is unread is wanted.
    pub unread: bool,
}

/// Notifications as their page shows them.
#[derive(Clone, Debug, PartialEq)]
pub struct NoticesShown {
    /// How many there are.
    pub counts: Counts,
    /// The page: each thread, its row, and whether it is unread.
    pub notices: Vec<(String, Notice, bool)>,
    /// The place before which the next page begins, if there is one.
    pub next: Option<u64>,
}

impl View<Person> for ViewNotices {
    type Answer = NoticesShown;

    fn look(&self, _: &Person, _: &Header, look: &mut Look<'_, '_>) -> Result<NoticesShown, Halt> {
        if self.viewer != *look.me() {
            return Err(not_shown());
        }
        let counts = NOTICE_COUNTS.get(look, &ALL)?.unwrap_or_default();
        let after = self.before.map(|before| before.encode()).unwrap_or_default();
        // All of them are few: what is read already is passed over.
        let limit = if self.unread { pritchel_actor::limits::PAGE_MAX } else { self.limit };
        let page = NOTICE_ORDER.page(look, Page { prefix: &[], after: &after, limit, newest_first: true })?;
        let full = page.len() == limit;
        let (mut notices, mut last) = (Vec::new(), None);
        for (place, thread) in page {
            if notices.len() == self.limit {
                return Ok(NoticesShown { counts, notices, next: last });
            }
            last = Some(place);
            let Some(notice) = NOTICES.get(look, &thread)? else { continue };
            let unread = notice.is_unread(&counts);
            if unread || !self.unread {
                notices.push((thread, notice, unread));
            }
        }
        Ok(NoticesShown { counts, notices, next: last.filter(|_| full) })
    }
}
