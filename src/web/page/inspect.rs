//! The inspector: one act as it was received or published, with everything that is known of it. Who sent it, how it was
//! found authentic, its bytes, the call the gate made of it, the outcome, and for a refusal the reason and the step.

use crate::answer::{WebError, WebResult};
use crate::fed::notes::as_it_stands;
use crate::limits::RAW_SHOWN_BYTES_MAX;
use crate::page::audience::{self, is_public, is_shown_by_address};
use crate::page::boxes::{standing_of, trouble};
use crate::page::grant;
use crate::page::head::{Head, look};
use crate::page::parts::{Badge, When, Who, Why};
use crate::page::sent::{self, Progress};
use crate::page::shell::page;
use crate::page::views::{Published, Received};
use crate::page::visit::{Frame, Visit};
use crate::page::who::{Kind, Names, href, short};
use crate::ports::DeliveryShown;
use askama::Template;
use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use pritchel_actor::errbox::Ended;
use pritchel_actor::{Act, ActId, ActorId, Value};
use pritchel_actors::person::rows::SentState;
use std::sync::Arc;

/// A link to an act or a thing.
pub struct Link {
    /// Where it leads.
    pub href: String,
    /// Its address.
    pub id: String,
    /// What is shown.
    pub label: String,
}

impl Link {
    fn act(visit: &Visit, act: &ActId) -> Self {
        Self { href: href(visit, act.as_str()), id: act.to_string(), label: short(act) }
    }

    fn thing(visit: &Visit, uri: &str) -> Self {
        Self { href: href(visit, uri), id: uri.to_owned(), label: uri.to_owned() }
    }
}

/// The body of an act.
pub struct Raw {
    /// Spread over lines.
    pub pretty: String,
    /// As it was sent.
    pub exact: String,
    /// How many bytes it has.
    pub bytes: usize,
    /// Their SHA-256, hexadecimal.
    pub sha256: String,
    /// Whether not all of it is shown.
    pub cut: bool,
}

impl Raw {
    fn of(act: &Act) -> Self {
        let cut = act.raw.len() > RAW_SHOWN_BYTES_MAX;
        let exact = String::from_utf8_lossy(&act.raw[..act.raw.len().min(RAW_SHOWN_BYTES_MAX)]).into_owned();
        let pretty = if cut { exact.clone() } else { pretty(&act.body) };
        let sha256 = digest(&SHA256, &act.raw).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        Self { pretty, exact, bytes: act.raw.len(), sha256, cut }
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
}

#[derive(Template)]
#[template(path = "received.html")]
struct ReceivedPage<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    place: u64,
    kind: String,
    act: Link,
    from: Who,
    accepted: When,
    handled: When,
    how: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    near: bool,
    method: Option<String>,
    args: Option<String>,
    /// Why there is no method, where there is none.
    no_call: &'static str,
    badge: Badge,
    why: Option<Why>,
    answer: Option<String>,
    reply: Option<Link>,
    documents: Vec<(Link, When)>,
    raw: Option<Raw>,
}

/// `GET /…/inbox/{place}`.
pub async fn received(visit: &Visit, kind: Kind, actor: &ActorId, place: &str) -> WebResult {
    let place: u64 = place.parse().map_err(|_| WebError::not_found())?;
    let head = Head::of(visit, kind, actor).await?;
    let item = look!(visit, kind, actor, Received { viewer: visit.viewer(), place })?;
    let act = visit.front.ports.act(item.act.clone()).await?;
    let (answer, reply, why) = match &item.ended {
        Ended::Done { answer, reply } => {
            (Some(answer).filter(|answer| !answer.is_null()).map(pretty), reply.clone(), None)
        }
        Ended::Refused { reply, .. } => (None, reply.clone(), trouble(&item.ended)),
        ended => (None, None, trouble(ended)),
    };
    let call = item.call.as_ref();
    let shown = ReceivedPage {
        frame: &*visit.frame().await?,
        head: &head,
        tab: "inbox",
        place,
        kind: act.as_ref().map_or("?", |act| audience::kind(&act.body)).to_owned(),
        act: Link::act(visit, &item.act),
        from: Names::new(visit).who(&item.from).await,
        accepted: When(item.accepted),
        handled: When(item.handled),
        how: how(&item.how),
        headers: headers(&item.how),
        near: item.how.get("carried").and_then(Value::as_str) == Some("near"),
        method: call.and_then(|call| Some(call.get("method")?.as_str()?.to_owned())),
        args: call.and_then(|call| call.get("args")).map(pretty),
        no_call: no_call(&item.ended),
        badge: Badge::ended(&item.ended),
        why,
        answer,
        reply: reply.as_ref().map(|reply| Link::act(visit, reply)),
        documents: item.documents.iter().map(|(uri, at)| (Link::thing(visit, uri), When(*at))).collect(),
        raw: act.as_deref().map(Raw::of),
    };
    page(&shown)
}

/// Why the gate made no call of an act that ended so.
fn no_call(ended: &Ended) -> &'static str {
    match ended {
        Ended::Refused { .. } | Ended::Quarantined { .. } => "No call could be made of it.",
        Ended::Unsupported { .. } => "No call: this kind of actor has no method for it.",
        Ended::Done { .. } | Ended::Settled | Ended::Noted => "No call: it asks nothing of this actor.",
    }
}

/// What is recorded of how an act was found authentic, as rows: whatever delivery wrote down, under its own names.
fn how(how: &Value) -> Vec<(String, String)> {
    let Some(map) = how.as_object() else { return vec![("record".to_owned(), how.to_string())] };
    let mut rows = Vec::new();
    for (name, value) in map {
        match value {
            Value::Null => {}
            Value::String(text) => rows.push((words(name), text.clone())),
            Value::Object(inner) => {
                let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                rows.extend(
                    inner.iter().map(|(term, value)| (format!("{}: {}", words(name), words(term)), text(value))),
                );
            }
            // The request's headers, in pairs, have a place of their own.
            Value::Array(pairs) if name == HEADERS && pairs.iter().all(|pair| pair_of(pair).is_some()) => {}
            Value::Number(at) if name == "created" || name == "expires" => {
                let said = at.as_i64().and_then(|at| Timestamp::from_second(at).ok());
                rows.push((words(name), said.map_or_else(|| at.to_string(), |said| format!("{at}, which is {said}"))));
            }
            Value::Array(list) if list.iter().all(Value::is_string) => {
                rows.push((words(name), list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")));
            }
            other => rows.push((words(name), other.to_string())),
        }
    }
    rows
}

/// The term under which delivery keeps the headers of the request.
const HEADERS: &str = "headers";

/// The headers of the request it came by.
fn headers(how: &Value) -> Vec<(String, String)> {
    let pairs = how.get(HEADERS).and_then(Value::as_array);
    pairs.into_iter().flatten().filter_map(pair_of).collect()
}

fn pair_of(pair: &Value) -> Option<(String, String)> {
    match pair.as_array()?.as_slice() {
        [Value::String(name), Value::String(value)] => Some((name.clone(), value.clone())),
        _ => None,
    }
}

fn words(name: &str) -> String {
    name.replace('_', " ")
}

/// A delivery that is not yet done.
pub struct Delivery {
    /// To whom.
    pub to: Vec<Who>,
    /// To how many more.
    pub more: usize,
    /// Attempts so far.
    pub attempts: u32,
    /// When the next one is due; `None`: it was given up.
    pub next: Option<When>,
    /// What the last attempt ended with.
    pub why: Option<Why>,
}

#[derive(Template)]
#[template(path = "published.html")]
struct PublishedPage<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    kind: String,
    act: Link,
    at: When,
    to: Vec<Link>,
    public: bool,
    cause: Option<Link>,
    state: Option<(Badge, Option<Who>)>,
    why: Option<Why>,
    by: Option<Link>,
    result: Option<Link>,
    /// The page of its chain, if it is a Grant.
    chain: Option<String>,
    deliveries: Option<Vec<Delivery>>,
    /// Whether its note has been deleted since.
    deleted: bool,
    raw: Raw,
}

/// `GET /…/outbox/{token}`. Whoever published it inspects what was sent, others see its note as that stands.
pub async fn published(visit: &Visit, kind: Kind, actor: &ActorId, token: &str) -> WebResult {
    let head = Head::of(visit, kind, actor).await?;
    let id = ActId::new(format!("{actor}/outbox/{token}"));
    let (item, own) = look!(visit, kind, actor, Published { viewer: visit.viewer(), act: id.clone() })?;
    let act: Arc<Act> = visit.front.ports.act(id.clone()).await?.ok_or_else(WebError::not_found)?;
    let standing = standing_of(visit, kind, actor).await?;
    if !is_shown_by_address(visit, &act, standing).await? {
        return Err(WebError::not_found());
    }
    let mut names = Names::new(visit);
    let sent = match visit.me.as_ref().filter(|me| me.id == *actor) {
        Some(me) => sent::progress(visit, me, &act).await?,
        None => None,
    };
    let stands = if own { act.clone() } else { as_it_stands(&visit.front, act.clone()).await? };
    let mut shown = PublishedPage {
        frame: &*visit.frame().await?,
        head: &head,
        tab: "outbox",
        kind: audience::kind(&act.body).to_owned(),
        act: Link::act(visit, &id),
        at: When(item.at),
        to: audience::told(&act.body)
            .into_iter()
            .filter(|uri| !is_public(uri))
            .map(|uri| Link::thing(visit, uri))
            .collect(),
        public: audience::told(&act.body).into_iter().any(is_public),
        cause: item.cause.as_ref().map(|cause| Link::act(visit, cause)),
        state: None,
        why: None,
        by: None,
        result: None,
        chain: (audience::kind(&act.body) == "Grant").then(|| grant::path(&id)),
        deliveries: None,
        deleted: stands.body.get("object").is_some_and(audience::is_gone),
        raw: Raw::of(&stands),
    };
    if let Some((sent, progress)) = sent {
        let asked = match &sent.asked {
            Some(asked) if matches!(progress, Progress::Own(_)) => Some(names.who(asked).await),
            _ => None,
        };
        shown.state = Some((progress.badge(), asked));
        shown.why = progress.why(&sent);
        if let SentState::Done { by, result } = sent.state {
            shown.by = Some(Link::act(visit, &by));
            shown.result = result.map(|result| Link::thing(visit, &result));
        }
    }
    if own {
        let waiting = visit.front.ports.deliveries(id, actor.clone()).await?;
        let mut rows = Vec::new();
        for delivery in waiting {
            rows.push(delivery_of(delivery, &mut names).await);
        }
        shown.deliveries = Some(rows);
    }
    page(&shown)
}

async fn delivery_of(delivery: DeliveryShown, names: &mut Names<'_>) -> Delivery {
    Delivery {
        to: names.all(&delivery.to[..delivery.to.len().min(3)]).await,
        more: delivery.to.len().saturating_sub(3),
        attempts: delivery.attempts,
        next: delivery.next.map(When),
        why: delivery.last_error.as_deref().map(|error| Why::of("not-delivered", error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn whatever_delivery_wrote_down_is_shown_under_its_own_names() {
        let written = json!({
            "carried": "http", "signature": {"scheme": "draft-cavage", "key_id": "https://b.example/bob#main-key"},
            "headers": ["host", "date"], "clock_skew_s": 3, "proof": null,
        });
        let rows = how(&written);
        let row = |name: &str| rows.iter().find(|(row, _)| row == name).map(|(_, value)| value.as_str());
        assert_eq!(row("carried"), Some("http"));
        assert_eq!(row("signature: scheme"), Some("draft-cavage"));
        assert_eq!(row("signature: key id"), Some("https://b.example/bob#main-key"));
        assert_eq!(row("headers"), Some("host, date"));
        assert_eq!(row("clock skew s"), Some("3"));
        assert_eq!(row("proof"), None);
    }

    #[test]
    fn the_headers_of_the_request_are_shown_one_by_one_and_moments_can_be_read() {
        let written = json!({"headers": [["host", "a.example"], ["date", "now"]], "created": 0, "scheme": "rfc9421"});
        assert_eq!(headers(&written), [("host".into(), "a.example".into()), ("date".to_owned(), "now".to_owned())]);
        let rows = how(&written);
        assert!(rows.contains(&("created".to_owned(), "0, which is 1970-01-01T00:00:00Z".to_owned())), "{rows:?}");
        assert!(rows.iter().all(|(name, _)| name != "headers"), "{rows:?}");
        assert_eq!(headers(&json!({"headers": ["host", "date"]})), [], "names alone are a row");
    }
}
