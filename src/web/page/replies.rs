//! What is said about something of another server, as that server tells it: a page of its `replies`, beside it on `/look`.
//!
//! A server can say anything of others' words. So the page says whose telling it is, and each comment leads to where its
//! author's server has it.

use crate::limits::{FAR_REPLIES_FETCHED_MAX, FAR_REPLIES_MAX};
use crate::page::parts::{Prose, When, Who, Why};
use crate::page::shell::with;
use crate::page::visit::Visit;
use crate::page::who::{Names, href};
use crate::ports::PortError;
use pritchel_actor::{ActorId, Value};
use pritchel_actors::common::naming::origin_of;
use pritchel_actors::common::text::Html;
use std::sync::Arc;

/// A comment.
pub struct Reply {
    /// Where the whole of it is.
    pub href: String,
    /// Who is said to have written it.
    pub author: Option<Who>,
    /// When.
    pub at: Option<When>,
    /// What it says; `None`: its server does not show it.
    pub content: Option<Prose>,
}

/// A page of comments.
pub struct Replies {
    /// The server that tells of them.
    pub host: String,
    /// The comments, in its order.
    pub shown: Vec<Reply>,
    /// Where the next ones are.
    pub next: Option<String>,
    /// Why there are none to be had.
    pub wrong: Option<Why>,
}

/// A page of what answers something of another server; `None` if it names no collection of that.
/// - `about`: its document; `id`: its address; `page`: the page wanted, as [`Replies::next`] names it
pub async fn replies(visit: &Visit, about: &Value, id: &str, page: Option<&str>) -> Option<Replies> {
    let named = about.get("replies")?;
    let mut replies = Replies { host: host_of(id).to_owned(), shown: Vec::new(), next: None, wrong: None };
    let found = match page.filter(|page| origin_of(page) == origin_of(id)) {
        Some(page) => first_page(visit, &Value::from(page), Some(named)).await,
        None => first_page(visit, named, None).await,
    };
    match found {
        Ok(page) => {
            replies.next = next(&page, id);
            replies.shown = shown(visit, &page).await;
        }
        Err(why) => replies.wrong = Some(Why::of(&why.code, &why.detail)),
    }
    Some(replies)
}

/// What has the items: the collection itself, or its first page. Two documents at most.
/// - `of`: the collection that a page must say it is of
async fn first_page(visit: &Visit, named: &Value, of: Option<&Value>) -> Result<Arc<Value>, PortError> {
    let found = whole(visit, named).await?;
    if let Some(of) = of {
        let said = found.get("partOf").and_then(address);
        if said.is_none() || said != address(of) {
            let detail = "expected a page whose `partOf` is the collection of replies, found another thing".to_owned();
            return Err(PortError { code: "not-a-document".to_owned(), detail });
        }
    }
    match found.get("first") {
        Some(first) if of.is_none() && items(&found).is_empty() => whole(visit, first).await,
        _ => Ok(found),
    }
}

/// A document by its address, or as it is written out.
async fn whole(visit: &Visit, named: &Value) -> Result<Arc<Value>, PortError> {
    match named {
        Value::Object(written) if written.contains_key("items") || written.contains_key("orderedItems") => {
            Ok(Arc::new(named.clone()))
        }
        Value::Object(written) if written.contains_key("first") => Ok(Arc::new(named.clone())),
        _ => match address(named) {
            Some(address) => visit.fetch(address).await,
            None => {
                let detail = "expected the address of a collection of replies, found another thing".to_owned();
                Err(PortError { code: "not-a-document".to_owned(), detail })
            }
        },
    }
}

/// The address a value is, or has.
fn address(value: &Value) -> Option<&str> {
    value.as_str().or_else(|| value.get("id")?.as_str())
}

fn items(page: &Value) -> &[Value] {
    let items = page.get("orderedItems").or_else(|| page.get("items"));
    items.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Where the next page is: only on the same server, or a page could lead through all of them.
fn next(page: &Value, id: &str) -> Option<String> {
    let next = page.get("next").and_then(address).filter(|next| origin_of(next) == origin_of(id))?;
    Some(with(&[("q", id), ("replies", next)], "/look"))
}

async fn shown(visit: &Visit, page: &Value) -> Vec<Reply> {
    // Nobody who is not signed in has this server ask many others.
    let most = if visit.me.is_some() { FAR_REPLIES_FETCHED_MAX } else { 0 };
    let (mut names, mut fetched, mut shown) = (Names::new(visit), 0, Vec::new());
    for item in items(page).iter().take(FAR_REPLIES_MAX) {
        let Some(id) = address(item) else { continue };
        let note = match item {
            Value::Object(_) => Some(Arc::new(item.clone())),
            _ if fetched < most => {
                fetched += 1;
                visit.fetch(id).await.ok()
            }
            _ => None,
        };
        shown.push(reply(visit, id, note.as_deref(), &mut names).await);
    }
    shown
}

async fn reply(visit: &Visit, id: &str, note: Option<&Value>, names: &mut Names<'_>) -> Reply {
    let text = |term: &str| note.and_then(|note| note.get(term)).and_then(Value::as_str);
    let author = match note.and_then(|note| note.get("attributedTo")).and_then(address) {
        Some(author) => Some(names.who(&ActorId::new(author)).await),
        None => None,
    };
    let at = text("published").and_then(|at| at.parse::<jiff::Timestamp>().ok());
    Reply {
        href: href(visit, id),
        author,
        at: at.map(|at| When(at.as_second())),
        content: text("content").and_then(|content| Html::sanitise(content).ok()).map(Prose),
    }
}

fn host_of(id: &str) -> &str {
    let origin = origin_of(id);
    origin.split_once("://").map_or(origin, |(_, host)| host)
}
