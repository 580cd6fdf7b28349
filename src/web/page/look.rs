//! `GET /look?q=…`: somebody or something by a name or an address, on other servers too, with the forms that make sense
//! for it; and forms for testers who want to say exactly what is sent.

use crate::answer::WebResult;
use crate::domains::of_actor;
use crate::limits::{NAMES_SEARCHED_MAX, SHOWN_ITEMS};
use crate::page::far::Far;
use crate::page::far_tickets::{self, FarTickets, Kept, Waiting};
use crate::page::forks::{FROM, ForkForm, OfferForm};
use crate::page::head::{Follow, follow};
use crate::page::home::Here;
use crate::page::needs::Acting;
use crate::page::parts::{Badge, Prose, When, Why};
use crate::page::replies::{Replies, replies};
use crate::page::shell::{error, page};
use crate::page::visit::{Frame, Visit};
use crate::page::who::{Kind, href, short};
use crate::page::{audience, authority, away, home, veil, views};
use crate::ports::PortError;
use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use pritchel_actor::limits::PAGE_MAX;
use pritchel_actor::{ActorId, Value};
use pritchel_actors::access::Role;
use pritchel_actors::common::Visibility;
use pritchel_actors::common::naming::{host, origin_of};
use pritchel_actors::common::text::Html;
use pritchel_actors::person::view::ViewDesk;
use pritchel_actors::{Domain, Person};
use std::sync::Arc;

/// A Grant the visitor may show.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Its address.
    pub grant: String,
    /// What it is worth.
    pub label: String,
}

/// Something of another server.
struct Thing {
    id: String,
    host: String,
    kind: String,
    name: String,
    text: Option<Prose>,
    /// Whether its server says that it is only read.
    archived: bool,
    facts: Vec<(&'static str, String, bool)>,
    json: String,
}

#[derive(Template)]
#[template(path = "look.html")]
struct Look<'a> {
    frame: Arc<Frame>,
    q: &'a str,
    found: Option<Thing>,
    replies: Option<Replies>,
    wrong: Option<Why>,
    /// Whether it may be found out only by whoever is signed in.
    asks: bool,
    follow: Follow,
    /// The tracker to act on, if it is one or what was found is a ticket of one.
    tracker: Option<String>,
    ticket: Option<Badge>,
    resource: bool,
    /// To make a copy of a repository.
    fork: Option<ForkForm>,
    /// To make a copy of a tracker of tickets, where that is allowed.
    migrate: Option<ForkForm>,
    /// To offer something to it.
    offer: Option<OfferForm>,
    /// The tickets of a tracker, as they are kept here.
    tickets: Option<FarTickets>,
    /// Why none are kept.
    unkept: Option<Why>,
    /// Why its server could not be asked, so that this is what is kept of it; and as of when it is, if it is a ticket.
    gone: Option<(Why, Option<When>)>,
    /// What the visitor has sent there, and waits.
    waiting: Vec<Waiting>,
    /// Whether the visitor may open a ticket there.
    opens: bool,
    /// What the visitor may do with it there.
    far: Option<Far>,
    choices: Vec<Choice>,
    /// What whoever was sent here from elsewhere wants to do, and the text they bring.
    hint: Option<&'static str>,
    /// What is here by these words; `None` if it was no search for words.
    here: Option<Vec<Here>>,
    text: &'a str,
    roles: [&'static str; 6],
}

impl<'a> Look<'a> {
    /// The page on which nothing is found yet.
    fn of(visit: &'a Visit, frame: Arc<Frame>, q: &'a str) -> Self {
        Self {
            frame,
            q,
            found: None,
            replies: None,
            wrong: None,
            asks: false,
            follow: Follow::Cannot,
            tracker: None,
            ticket: None,
            resource: false,
            fork: None,
            migrate: None,
            offer: None,
            tickets: None,
            unkept: None,
            gone: None,
            waiting: Vec::new(),
            opens: false,
            far: None,
            choices: Vec::new(),
            hint: away::hint(visit.asked("do")),
            here: None,
            text: visit.asked("text").unwrap_or_default(),
            roles: Role::ALL.map(Role::as_str),
        }
    }
}

/// `GET /look`.
pub async fn show(visit: Visit) -> Response {
    match look(&visit).await {
        Ok(response) => response,
        Err(wrong) => error(&visit, wrong),
    }
}

async fn look(visit: &Visit) -> WebResult {
    let q = visit.asked("q").unwrap_or_default().trim();
    let mut frame = visit.frame().await?;
    if let Some(frame) = Arc::get_mut(&mut frame) {
        frame.acting.tester = visit.me.is_some();
    }
    let mut shown = Look::of(visit, frame, q);
    if q.is_empty() {
        return page(&shown);
    }
    let meant = meant(visit, q);
    let document = match find(visit, &meant).await {
        Ok(Found::Here(here)) => return page(&Look { here: Some(here), ..shown }),
        Ok(Found::Near(to)) => return Ok(Redirect::to(&to).into_response()),
        Ok(Found::Far(document)) => document,
        Ok(Found::Elsewhere) => return page(&Look { asks: true, ..shown }),
        Err(why) => return unfound(visit, shown, &meant, Why::of(&why.code, &why.detail)).await,
    };
    let thing = thing(&document, &meant);
    let is_actor = document.get("inbox").is_some();
    match thing.kind.as_str() {
        "TicketTracker" => shown.tracker = Some(thing.id.clone()),
        "Ticket" => {
            let closed = document.get("isResolved").and_then(Value::as_bool).unwrap_or(false);
            shown.ticket = Some(Badge::open(!closed));
            shown.tracker = document.get("context").and_then(Value::as_str).map(str::to_owned);
        }
        _ => {}
    }
    if is_actor || shown.ticket.is_some() {
        shown.follow = follow(visit, &ActorId::new(thing.id.as_str())).await?;
        shown.resource = is_actor && !["Person", "Application", "Service"].contains(&thing.kind.as_str());
    }
    if is_actor {
        copying(visit, &mut shown, &thing, &document).await?;
    }
    let about = shown.tracker.clone().unwrap_or_else(|| thing.id.clone());
    let about = ActorId::new(about);
    shown.choices = choices(visit, &about).await?;
    if visit.me.is_some() && (is_actor || shown.ticket.is_some()) {
        let acting = visit.acting(&about).await?;
        shown.far = Some(Far::of(visit, &document, &about, &acting).await?);
        shown.opens = shown.far.as_ref().is_some_and(|far| far.may("report"));
        if let Some(frame) = Arc::get_mut(&mut shown.frame) {
            // Here the Grant is always to be chosen: what is found out of another server may not be all there is.
            frame.acting = Acting { choices: shown.choices.clone(), tester: true, ..acting };
        }
    }
    keep(visit, &mut shown, &thing.kind, &about).await?;
    if !is_actor {
        shown.replies = replies(visit, &document, &thing.id, visit.asked("replies")).await;
    }
    shown.found = Some(thing);
    page(&shown)
}

/// The tickets that are kept of a tracker, and what waits to be taken there.
async fn keep(visit: &Visit, shown: &mut Look<'_>, kind: &str, about: &ActorId) -> WebResult<()> {
    let noun = match kind {
        "TicketTracker" => "ticket",
        "PatchTracker" => "merge request",
        _ => "",
    };
    if !noun.is_empty() {
        match far_tickets::of(visit, about, noun).await? {
            Some(Ok(tickets)) => shown.tickets = Some(tickets),
            Some(Err(why)) => shown.unkept = Some(why),
            None => {}
        }
    }
    if !noun.is_empty() || shown.ticket.is_some() {
        shown.waiting = far_tickets::waiting(visit, about).await?;
    }
    Ok(())
}

/// What is kept of what was not found; else why it was not.
async fn unfound(visit: &Visit, mut shown: Look<'_>, meant: &str, why: Why) -> WebResult {
    if let Some(kept) = far_tickets::kept(visit, meant).await? {
        return as_kept(visit, shown, meant, kept, why).await;
    }
    shown.wrong = Some(why);
    page(&shown)
}

/// What is kept of a tracker or ticket whose server cannot be asked: it can be read, and what is written waits.
async fn as_kept(visit: &Visit, mut shown: Look<'_>, id: &str, kept: Kept, why: Why) -> WebResult {
    let Kept { tracker, name, ticket } = kept;
    let mut thing = Thing {
        id: id.to_owned(),
        host: host(&tracker).to_owned(),
        kind: if ticket.is_some() { "Ticket" } else { "TicketTracker" }.to_owned(),
        name: name.unwrap_or_else(|| tracker.to_string()),
        text: None,
        archived: false,
        facts: Vec::new(),
        json: String::new(),
    };
    let mut as_of = None;
    if let Some((at, ticket)) = &ticket {
        shown.ticket = Some(Badge::open(!ticket.closed));
        thing.name = veil::title(visit, &ticket.author, &ticket.title);
        thing.text = ticket.content.as_ref().map(|content| veil::prose(visit, &ticket.author, content));
        let published = When(*at).exact().to_string();
        thing.facts = vec![
            ("opened by", ticket.author.to_string(), true),
            ("tracker", tracker.to_string(), true),
            ("published", published, false),
        ];
        as_of = Some(When(ticket.read));
    }
    let acting = visit.acting(&tracker).await?;
    shown.choices = choices(visit, &tracker).await?;
    if let Some(frame) = Arc::get_mut(&mut shown.frame) {
        frame.acting = Acting { choices: shown.choices.clone(), tester: true, ..acting };
    }
    shown.follow = follow(visit, &ActorId::new(id)).await?;
    shown.tracker = Some(tracker.to_string());
    // Whether they may is for that server to say, when it answers again.
    shown.opens = ticket.is_none();
    keep(visit, &mut shown, &thing.kind, &tracker).await?;
    (shown.found, shown.gone) = (Some(thing), Some((why, as_of)));
    page(&shown)
}

/// The forms by which something of theirs comes here, or something from here there.
async fn copying(visit: &Visit, shown: &mut Look<'_>, thing: &Thing, document: &Value) -> WebResult<()> {
    let copied = async || ForkForm::of(visit, &ActorId::new(thing.id.as_str()), &thing.name, Visibility::Public).await;
    match thing.kind.as_str() {
        "Repository" => {
            let tracker = document.get("sendPatchesTo").and_then(Value::as_str);
            shown.offer = tracker.map(|tracker| OfferForm::of(tracker, thing.id.as_str(), "main", visit.asked(FROM)));
            shown.fork = copied().await?;
        }
        "TicketTracker" if visit.front.settings.migration => shown.migrate = copied().await?,
        _ => {}
    }
    Ok(())
}

enum Found {
    /// It is ours: the path of its page.
    Near(String),
    /// What is here by these words.
    Here(Vec<Here>),
    /// What its server shows of it.
    Far(Arc<Value>),
    /// Another server would have to be asked, which is done for our own people only: it is asked in the name of this one, which
    /// may see what strangers may not, and has only so much patience with us.
    Elsewhere,
}

async fn find(visit: &Visit, q: &str) -> Result<Found, PortError> {
    if q.starts_with("https://") || q.starts_with("http://") {
        if visit.front.settings.domains.iter().any(|domain| domain.origin == origin_of(q)) {
            return Ok(Found::Near(href(visit, q)));
        }
        if visit.me.is_none() {
            return Ok(Found::Elsewhere);
        }
        return visit.fetch(q).await.map(Found::Far);
    }
    let name = q.trim_start_matches("acct:").trim_start_matches('@');
    if !name.contains('@') {
        let named = here(visit, format!("{name}@{}", visit.site.host)).await;
        return match named {
            Err(_) if !q.starts_with('@') => search(visit, q).await.map(Found::Here),
            named => named,
        };
    }
    let name = name.to_owned();
    let (local, of) = name.rsplit_once('@').unwrap_or((&name, ""));
    // A name may be shown under another host than the one it is kept under.
    let ours = visit.front.settings.domains.iter().find(|domain| domain.host == of || domain.shown() == of);
    if let Some(domain) = ours {
        return here(visit, format!("{local}@{}", domain.host)).await;
    }
    if visit.me.is_none() {
        return Ok(Found::Elsewhere);
    }
    let found = visit.front.ports.find(name).await?;
    if of_actor(&visit.front.settings, &found.id).is_some() {
        return Ok(Found::Near(href(visit, found.id.as_str())));
    }
    Ok(Found::Far(found.document))
}

/// What was typed, as what it names: where a repository is cloned from is the address of the repository.
fn meant(visit: &Visit, q: &str) -> String {
    let web = |host: &str, path: &str| {
        let path = path.trim_matches('/').trim_end_matches(".git");
        let ours =
            visit.front.settings.domains.iter().find(|domain| {
                domain.host == host || domain.host.rsplit_once(':').is_some_and(|(name, _)| name == host)
            });
        let origin = ours.map_or_else(|| format!("https://{host}"), |domain| domain.origin.clone());
        format!("{origin}/{path}")
    };
    if let Some(rest) = q.strip_prefix("ssh://").or_else(|| q.strip_prefix("git://")) {
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let host = authority.rsplit('@').next().unwrap_or(authority);
        // The port is that of SSH, and says nothing about the web.
        return web(host.split(':').next().unwrap_or(host), path);
    }
    if q.starts_with("https://") || q.starts_with("http://") {
        return q.strip_suffix(".git").unwrap_or(q).to_owned();
    }
    match q.split_once('@').and_then(|(_, rest)| rest.split_once(':')) {
        Some((host, path)) if path.contains('/') && !host.contains('/') => web(host, path),
        _ => q.to_owned(),
    }
}

/// What this domain has given names to that hold these words, as far as the visitor may see it.
async fn search(visit: &Visit, q: &str) -> Result<Vec<Here>, PortError> {
    let words: Vec<String> = q.split_whitespace().map(str::to_lowercase).collect();
    let (mut after, mut named) = (None, Vec::new());
    while named.len() < NAMES_SEARCHED_MAX {
        let view = views::Names { after: after.take(), limit: PAGE_MAX };
        let page = visit.front.node.look::<Domain, _>(&visit.site.actor, &view).await.unwrap_or_default();
        let full = page.len() == PAGE_MAX;
        after = page.last().map(|(name, _)| name.clone());
        named.extend(page);
        if !full {
            break;
        }
    }
    let fits = |name: &str| words.iter().all(|word| name.to_lowercase().contains(word.as_str()));
    named.retain(|(name, _)| fits(name));
    named.truncate(SHOWN_ITEMS);
    home::shown(visit, &named).await.map_err(|error| PortError { code: error.code.into_owned(), detail: error.detail })
}

/// Somebody or something of ours by name.
async fn here(visit: &Visit, name: String) -> Result<Found, PortError> {
    let near = visit.front.ports.named(name.to_ascii_lowercase()).await?.ok_or_else(|| unseen(&name))?;
    let resource = matches!(Kind::of(&visit.front.settings, &near), Some(Kind::Resource(_)));
    if resource && authority::near(visit, &near).await.map_err(|_| unseen(&name))?.is_none() {
        return Err(unseen(&name));
    }
    Ok(Found::Near(href(visit, near.as_str())))
}

/// What is said of a name of ours that nobody has, and of one whose owner this visitor may not see.
fn unseen(name: &str) -> PortError {
    PortError { code: "not-found".to_owned(), detail: format!("nobody here is called {name}") }
}

fn thing(document: &Value, q: &str) -> Thing {
    let text = |term: &str| document.get(term).and_then(Value::as_str);
    let plain = |html: &str| Html::sanitise(html).map(|html| html.to_plain()).ok().filter(|text| !text.is_empty());
    let id = text("id").unwrap_or(q).to_owned();
    let kind = forge_kind(document).to_owned();
    // A ticket's title stands in its summary, an actor's name in its name.
    let (name, about) = match kind.as_str() {
        "Ticket" => (text("summary").and_then(plain), text("content")),
        _ => (text("name").or(text("preferredUsername")).map(str::to_owned), text("summary")),
    };
    let facts = [
        ("name", "preferredUsername"),
        ("opened by", "attributedTo"),
        // What a component of projects says in its `context` is where they are listed.
        ("tracker", if kind == "Ticket" { "context" } else { "" }),
        ("published", "published"),
        ("inbox", "inbox"),
        ("outbox", "outbox"),
        ("clone", "cloneUri"),
        ("copied from", "origin"),
        ("mirrors", "mirrors"),
        ("moved to", "movedTo"),
        ("tickets", "ticketsTrackedBy"),
        ("merge requests", "sendPatchesTo"),
        ("releases", "releasesTrackedBy"),
    ];
    let plain_facts = ["preferredUsername", "published", "inbox", "outbox", "cloneUri"];
    let first = |term: &str| match document.get(term) {
        Some(Value::Array(all)) => all.first().and_then(Value::as_str).map(str::to_owned),
        Some(value) => value.as_str().map(str::to_owned),
        None => None,
    };
    Thing {
        host: host(&ActorId::new(id.as_str())).to_owned(),
        archived: document.get("isArchived").and_then(Value::as_bool).unwrap_or(false),
        name: name.unwrap_or_else(|| id.clone()),
        text: about
            .and_then(|about| Html::sanitise(about).ok())
            .filter(|about| !about.to_plain().is_empty())
            .map(Prose),
        facts: facts
            .into_iter()
            .filter_map(|(label, term)| Some((label, first(term)?, !plain_facts.contains(&term))))
            .collect(),
        json: serde_json::to_string_pretty(document).unwrap_or_default(),
        kind,
        id,
    }
}

/// The type that says most: of `["TicketTracker", "Service"]` the first.
fn forge_kind(document: &Value) -> &str {
    const KNOWN: [&str; 6] = ["Repository", "TicketTracker", "Ticket", "Factory", "PatchTracker", "Project"];
    if let Some(Value::Array(kinds)) = document.get("type")
        && let Some(known) = kinds.iter().filter_map(Value::as_str).find(|kind| KNOWN.contains(kind))
    {
        return known;
    }
    audience::kind(document)
}

/// The Grants the visitor holds that hold, those on this resource first.
pub async fn choices(visit: &Visit, resource: &ActorId) -> WebResult<Vec<Choice>> {
    let Some(me) = &visit.me else { return Ok(Vec::new()) };
    let view = ViewDesk { viewer: visit.viewer(), limit: 4 * SHOWN_ITEMS };
    let mut permits = visit.front.node.look::<Person, _>(&me.id, &view).await?.permits;
    permits.retain(|(_, permit)| permit.live);
    permits.sort_by_key(|(_, permit)| (permit.resource != *resource, std::cmp::Reverse(permit.role)));
    let mut choices = Vec::new();
    for (grant, permit) in permits {
        let on = match Kind::of(&visit.front.settings, &permit.resource) {
            Some(_) => authority::near(visit, &permit.resource).await?.map(|shown| shown.resource.name.to_string()),
            None => None,
        };
        let on = on.unwrap_or_else(|| permit.resource.to_string());
        choices
            .push(Choice { label: format!("{} on {on} ({})", permit.role, short(&grant)), grant: grant.to_string() });
    }
    Ok(choices)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_type_that_says_most_is_shown() {
        assert_eq!(forge_kind(&json!({"type": ["Service", "TicketTracker"]})), "TicketTracker");
        assert_eq!(forge_kind(&json!({"type": "Person"})), "Person");
        assert_eq!(forge_kind(&json!({"type": ["Group", "Service"]})), "Group");
        assert_eq!(forge_kind(&json!({"type": 7})), "?");
    }

    #[test]
    fn what_another_server_has_archived_says_so_and_where_it_has_moved() {
        let there = "https://c.example/repos/tea";
        let document = json!({
            "type": ["Repository", "Service"], "id": "https://b.example/repos/tea", "isArchived": true, "movedTo": there,
        });
        let moved = thing(&document, "q");
        assert!(moved.archived && moved.facts.contains(&("moved to", there.to_owned(), true)));
        assert!(!thing(&json!({"type": "Repository", "isArchived": false}), "q").archived);
    }

    #[test]
    fn a_ticket_of_another_server_shows_its_title_as_text() {
        let document = json!({
            "type": "Ticket", "id": "https://b.example/t/1", "summary": "Crash <b>now</b><script>x</script>",
            "content": "<p>On start</p>", "context": "https://b.example/t", "attributedTo": ["https://b.example/bob"],
        });
        let thing = thing(&document, "q");
        assert_eq!(
            (thing.name.as_str(), thing.text.map(|text| text.to_string())),
            ("Crash now", Some("<p>On start</p>".to_owned()))
        );
        assert!(thing.facts.contains(&("opened by", "https://b.example/bob".to_owned(), true)));
    }
}
