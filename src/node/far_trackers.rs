//! Trackers of other servers, read for what is kept of them here: [`FarWorker`] asks their servers, as this server and in nobody's name;
//! [`FarShelf`] knows which are kept, and notices what is told of them among all that is delivered.

use crate::cli::limits::{HINT_DEPTH_MAX, HINT_STRINGS_MAX};
use pritchel_actor::runtime::{CallError, Node};
use pritchel_actor::{ActorId, Later, Outcome, Refusal, Value};
use pritchel_actors::common::naming::{origin, origin_of};
use pritchel_actors::common::text::{Html, Line};
use pritchel_actors::domain::OpenFarTracker;
use pritchel_actors::domain::shelf::ViewShelf;
use pritchel_actors::far_tracker::HearFar;
use pritchel_actors::far_tracker::reading::BUSY;
use pritchel_actors::far_tracker::work::{Brought, FAR_JOB, FarPiece, FarWork, Read, Step, listed, of_same_server};
use pritchel_actors::limits::FAR_TEXT_BYTES_MAX;
use pritchel_actors::{Domain, FarTracker};
use pritchel_deliver::Outside;
use pritchel_deliver::documents::far::FarError;
use pritchel_deliver::lanes::job::{Job, JobEnd, JobWorker};
use pritchel_vocab::Uri;
use pritchel_vocab::text::plain;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

/// Characters of a title that are kept.
const TITLE_CHARS: usize = 200;

/// Does the jobs of [`FAR_JOB`].
pub struct FarWorker(Outside);

impl FarWorker {
    /// With the way to other servers.
    pub fn new(outside: Outside) -> Self {
        Self(outside)
    }
}

impl JobWorker for FarWorker {
    fn kind(&self) -> &'static str {
        FAR_JOB
    }

    fn work(&self, job: Job) -> Later<JobEnd> {
        let outside = self.0.clone();
        Box::pin(async move {
            let work: FarWork = match serde_json::from_value(job.args) {
                Ok(work) => work,
                Err(error) => return JobEnd::Failed(format!("expected a step of reading a tracker: {error}")),
            };
            let brought = match &work.step {
                Step::Tracker => tracker(&outside, &work.of).await,
                Step::Page(page) => list(&outside, &work.of, page).await,
                Step::Tickets(uris) => Ok(tickets(&outside, &work.of, uris).await),
            };
            match brought.map(|brought| serde_json::to_value(&brought)) {
                Ok(Ok(value)) => JobEnd::Done(value),
                Ok(Err(error)) => JobEnd::Failed(error.to_string()),
                Err(why) => JobEnd::Refused(why),
            }
        })
    }
}

/// What everybody is shown at an address, read now.
async fn document(outside: &Outside, uri: &str) -> Result<Value, FarError> {
    let wrong = |why: String| FarError::NotAnAddress { found: uri.chars().take(100).collect(), why };
    let address = Uri::parse(uri).map_err(|why| wrong(why.to_string()))?;
    Ok(outside.shown_to_all(&address).await?.document.value().clone())
}

fn refusal(error: &FarError) -> Refusal {
    let code = match error {
        FarError::Busy { .. } => BUSY,
        error if error.is_transient() => "origin-unreachable",
        error => error.code(),
    };
    Refusal::new(code, error.to_string())
}

async fn tracker(outside: &Outside, of: &ActorId) -> Result<Brought, Refusal> {
    let found = document(outside, of.as_str()).await.map_err(|error| refusal(&error))?;
    if found.get("id").and_then(Value::as_str) != Some(of.as_str()) {
        return Err(Refusal::new("another-id", format!("the document at {of} says that it is another one")));
    }
    let text = |term: &str| found.get(term).and_then(Value::as_str);
    let named = found.get("tickets").and_then(id_of).filter(|uri| of_same_server(of, uri));
    let tickets = named.map_or_else(|| format!("{of}/tickets"), str::to_owned);
    let name = text("name").or(text("preferredUsername")).map(|name| name.chars().take(TITLE_CHARS).collect());
    Ok(Brought::Tracker { name, tickets })
}

async fn list(outside: &Outside, of: &ActorId, uri: &str) -> Result<Brought, Refusal> {
    let page = document(outside, uri).await.map_err(|error| refusal(&error))?;
    page_of(of, uri, &page)
}

/// A page of the list, or the list itself, which leads to its first page.
fn page_of(of: &ActorId, uri: &str, page: &Value) -> Result<Brought, Refusal> {
    let is_list = types(page).any(|kind| kind.contains("Collection"));
    if !is_list {
        return Err(Refusal::new(
            "not-a-document",
            format!("expected a list of tickets at {uri}, found another thing"),
        ));
    }
    let items = page.get("orderedItems").or_else(|| page.get("items")).and_then(Value::as_array);
    let items = items.into_iter().flatten().filter_map(|item| id_of(item).map(str::to_owned));
    let items = listed(of, items);
    let next = page.get("next").or_else(|| page.get("first").filter(|_| items.is_empty())).and_then(id_of);
    let next = next.filter(|next| of_same_server(of, next) && *next != uri).map(str::to_owned);
    Ok(Brought::Page { items, next, total: page.get("totalItems").and_then(Value::as_u64) })
}

async fn tickets(outside: &Outside, of: &ActorId, uris: &[String]) -> Brought {
    let mut read = Vec::new();
    for uri in uris {
        let found = match document(outside, uri).await {
            Ok(found) => piece(of, uri, &found).map(Box::new),
            Err(error @ FarError::Busy { .. }) => return Brought::Tickets { read, stopped: Some(refusal(&error)) },
            Err(error) if error.is_transient() => {
                return Brought::Tickets { read, stopped: Some(refusal(&error)) };
            }
            // It is not there, or not for everybody.
            Err(_) => None,
        };
        read.push(Read { uri: uri.clone(), found });
    }
    Brought::Tickets { read, stopped: None }
}

/// A ticket of this tracker.
fn piece(of: &ActorId, uri: &str, found: &Value) -> Option<FarPiece> {
    let text = |term: &str| found.get(term).and_then(Value::as_str);
    let ours = text("id") == Some(uri) && types(found).any(|kind| kind == "Ticket");
    if !ours || found.get("context").and_then(id_of) != Some(of.as_str()) {
        return None;
    }
    let title = text("summary").or(text("name")).map(plain).unwrap_or_default();
    let title: String = title.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(TITLE_CHARS).collect();
    let content = text("content").and_then(|content| Html::sanitise(content).ok());
    let author = match found.get("attributedTo") {
        Some(Value::Array(all)) => all.first().and_then(id_of),
        author => author.and_then(id_of),
    };
    let published = text("published").and_then(|at| pritchel_vocab::Seconds::parse(at).ok());
    Some(FarPiece {
        author: ActorId::new(author.unwrap_or(of.as_str())),
        title: Line::parse(&title).or_else(|_| Line::parse("(untitled)")).ok()?,
        content: content.filter(|content| content.as_str().len() <= FAR_TEXT_BYTES_MAX),
        published: published.map_or(0, pritchel_vocab::Seconds::get),
        closed: found.get("isResolved").and_then(Value::as_bool).unwrap_or(false),
    })
}

fn types(value: &Value) -> impl Iterator<Item = &str> {
    let kinds = match value.get("type") {
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        kind => kind.and_then(Value::as_str).into_iter().collect::<Vec<_>>(),
    };
    kinds.into_iter()
}

fn id_of(value: &Value) -> Option<&str> {
    value.as_str().or_else(|| value.get("id")?.as_str())
}

/// Which trackers are kept, and where. Cheap to clone.
#[derive(Clone)]
pub struct FarShelf {
    node: Node,
    /// Where each tracker is kept.
    kept: Arc<RwLock<BTreeMap<ActorId, BTreeSet<ActorId>>>>,
}

impl FarShelf {
    /// Those that these domains keep.
    /// - errors: the domains cannot be asked
    pub async fn open(node: Node, domains: impl Iterator<Item = &ActorId>) -> Result<Self, String> {
        let shelf = Self { node, kept: Arc::default() };
        for domain in domains {
            let all = shelf.node.look::<Domain, _>(domain, &ViewShelf).await.map_err(|error| error.to_string())?;
            all.into_iter().for_each(|(of, shelved)| shelf.note(of, shelved.at));
        }
        Ok(shelf)
    }

    fn note(&self, of: ActorId, at: ActorId) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        // A place that was given another tracker is not that of the one before any more.
        kept.retain(|_, places| {
            places.remove(&at);
            !places.is_empty()
        });
        kept.entry(of).or_default().insert(at);
    }

    /// Has a tracker kept for the people of a domain, and says where; reads it again if that is due.
    pub async fn keep(&self, domain: &ActorId, of: ActorId) -> Result<Outcome<ActorId>, CallError> {
        let outcome = self.node.call::<Domain, _>(domain, domain, OpenFarTracker { of: of.clone() }).await?;
        if let Outcome::Done(at) = &outcome {
            self.note(of, at.clone());
        }
        Ok(outcome)
    }

    /// Whether nothing is kept, and nothing has to be noticed.
    pub fn is_empty(&self) -> bool {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// A delivery was taken: if it is about something that is kept, that is read again. It is a hint and no more: what it says is not
    /// believed, and whoever made it up would have this server read what it reads anyway.
    pub async fn heard(&self, body: &[u8]) {
        for (of, at, tickets, more) in self.about(body) {
            let hear = HearFar { of: of.clone(), tickets, more };
            if let Err(error) = self.node.call::<FarTracker, _>(&at, &at, hear).await {
                tracing::debug!(%error, tracker = %of, "What was told of a tracker could not be noted");
            }
        }
    }

    /// What a delivery is about: trackers with where they are kept, which of their tickets, and whether there may be new ones.
    fn about(&self, body: &[u8]) -> Vec<(ActorId, ActorId, Vec<String>, bool)> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner).clone();
        let Ok(text) = std::str::from_utf8(body) else { return Vec::new() };
        if kept.is_empty() || !kept.keys().any(|of| text.contains(origin(of))) {
            return Vec::new();
        }
        let Ok(act) = serde_json::from_str::<Value>(text) else { return Vec::new() };
        let mut named = BTreeSet::new();
        strings(&act, HINT_DEPTH_MAX, &mut named);
        let mut about = Vec::new();
        for (of, places) in kept {
            let below = named.iter().filter_map(|uri| uri.strip_prefix(of.as_str()));
            let below: Vec<&str> = below.filter(|rest| rest.is_empty() || rest.starts_with(['/', '#', '?'])).collect();
            if below.is_empty() {
                continue;
            }
            let tickets: BTreeSet<String> = below.iter().filter_map(|rest| ticket(&of, rest)).collect();
            let more = tickets.is_empty();
            about.extend(places.into_iter().map(|at| (of.clone(), at, tickets.iter().cloned().collect(), more)));
        }
        about
    }
}

/// The ticket that an address below a tracker is of, as most servers have them.
fn ticket(of: &ActorId, rest: &str) -> Option<String> {
    let mut parts = rest.strip_prefix('/')?.split(['/', '#', '?']);
    let (list, number) = (parts.next()?, parts.next()?);
    let is_one = ["tickets", "cloths"].contains(&list) && !number.is_empty();
    is_one.then(|| format!("{of}/{list}/{number}"))
}

/// All addresses in a value.
fn strings(value: &Value, depth: usize, found: &mut BTreeSet<String>) {
    if depth == 0 || found.len() >= HINT_STRINGS_MAX {
        return;
    }
    match value {
        Value::String(text) if origin_of(text).contains("://") => {
            found.insert(text.clone());
        }
        Value::Array(all) => all.iter().for_each(|value| strings(value, depth - 1, found)),
        Value::Object(all) => all.values().for_each(|value| strings(value, depth - 1, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of() -> ActorId {
        ActorId::new("https://b.example/trackers/t")
    }

    #[test]
    fn a_list_leads_to_its_pages_and_only_on_its_own_server() {
        let list = json!({"type": "OrderedCollection", "totalItems": 2, "first": "https://b.example/trackers/t/tickets?page=first"});
        let next = Some("https://b.example/trackers/t/tickets?page=first".to_owned());
        assert_eq!(page_of(&of(), "u", &list), Ok(Brought::Page { items: vec![], next, total: Some(2) }));
        let page = json!({
            "type": "OrderedCollectionPage", "next": "https://c.example/more",
            "orderedItems": ["https://b.example/trackers/t/tickets/2", {"id": "https://b.example/trackers/t/tickets/1"}, 7],
        });
        let items = ["2", "1"].map(|number| format!("https://b.example/trackers/t/tickets/{number}")).to_vec();
        assert_eq!(page_of(&of(), "u", &page), Ok(Brought::Page { items, next: None, total: None }));
        assert_eq!(page_of(&of(), "u", &json!({"type": "Note"})).unwrap_err().code, "not-a-document");
    }

    #[test]
    fn a_ticket_is_kept_as_text_that_harms_nobody_and_only_if_it_is_of_this_tracker() {
        let uri = "https://b.example/trackers/t/tickets/1";
        let told = json!({
            "type": "Ticket", "id": uri, "context": of().as_str(), "attributedTo": "https://c.example/bob",
            "summary": "Crash <b>now</b>\n<script>x</script>", "content": "<p onclick=x>On start</p><script>y</script>",
            "published": "2026-01-02T03:04:05Z", "isResolved": true,
        });
        let found = piece(&of(), uri, &told).unwrap();
        assert_eq!((found.title.as_str(), found.closed), ("Crash now", true));
        assert_eq!(found.content.unwrap().as_str(), "<p>On start</p>");
        assert_eq!((found.author.as_str(), found.published), ("https://c.example/bob", 1_767_323_045));
        let with = |term: &str, value: Value| {
            let mut other = told.clone();
            other[term] = value;
            piece(&of(), uri, &other)
        };
        assert_eq!(with("context", json!("https://b.example/trackers/other")), None);
        assert_eq!(with("type", json!("Note")), None);
        assert_eq!(with("id", json!("https://b.example/trackers/t/tickets/2")), None);
        assert_eq!(with("content", json!("x".repeat(FAR_TEXT_BYTES_MAX + 1))).unwrap().content, None);
        assert_eq!(with("summary", json!(7)).unwrap().title.as_str(), "(untitled)");
    }

    #[test]
    fn what_is_below_a_ticket_is_about_the_ticket() {
        for (rest, expected) in [
            ("/tickets/7", Some("/tickets/7")),
            ("/tickets/7/replies?page=2", Some("/tickets/7")),
            ("/outbox/abc", None),
            ("/tickets/", None),
            ("other/tickets/7", None),
        ] {
            assert_eq!(ticket(&of(), rest), expected.map(|rest| format!("{}{rest}", of())), "{rest}");
        }
    }
}
