//! Who is shown an act: whoever it is told, everybody if it is public, and whoever owns its author.
//!
//! Source: DESIGN, promise 11. A Grant answers whoever knows its address: a verifier is rarely an addressee.

use crate::answer::WebResult;
use crate::fed::notes::{as_it_stands, body_as_it_stands};
use crate::fed::visible::follows_a_ticket;
use crate::limits::GIST_CHARS_MAX;
use crate::page::visit::Visit;
use pritchel_actor::{Act, ActId, Actor, ActorId, Value, ViewError};
use pritchel_actors::common::audience::{Standing, ViewStanding};
use pritchel_actors::common::text::Html;

const PUBLIC: [&str; 3] = ["https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"];

/// What is said in place of what was deleted.
const DELETED: &str = "deleted";

/// What the visitor is to an actor.
pub async fn standing<A: Actor>(visit: &Visit, actor: &ActorId) -> WebResult<Standing> {
    let Some(viewer) = visit.viewer() else { return Ok(Standing::default()) };
    match visit.front.node.look::<A, _>(actor, &ViewStanding { viewer }).await {
        Ok(standing) => Ok(standing),
        Err(ViewError::NoActor) => Ok(Standing::default()),
        Err(error) => Err(error.into()),
    }
}

/// Whether an act is shown in a list to the visitor, who has this standing with its author.
pub async fn is_shown(visit: &Visit, act: &Act, standing: Standing) -> WebResult<bool> {
    let viewer = visit.viewer();
    if is_told(act, viewer.as_ref(), standing) {
        return Ok(true);
    }
    match viewer {
        Some(viewer) => follows_a_ticket(&visit.front, &told(&act.body), &viewer).await,
        None => Ok(false),
    }
}

/// Whether an act is shown to the visitor, who knows its address.
pub async fn is_shown_by_address(visit: &Visit, act: &Act, standing: Standing) -> WebResult<bool> {
    Ok(is_told_by_address(act) || is_shown(visit, act, standing).await?)
}

/// Whether everybody who knows an act's address is shown it.
fn is_told_by_address(act: &Act) -> bool {
    kind(&act.body) == "Grant"
}

/// Whether an act is told to a viewer of this standing with its author.
fn is_told(act: &Act, viewer: Option<&ActorId>, standing: Standing) -> bool {
    let told = told(&act.body);
    let followers = format!("{}/followers", act.author);
    standing.administers
        || told.iter().any(|uri| PUBLIC.contains(uri))
        || viewer.is_some_and(|viewer| told.contains(&viewer.as_str()))
        || (standing.follows && told.contains(&followers.as_str()))
}

/// Whom an act names, as it says.
pub fn told(body: &Value) -> Vec<&str> {
    ["to", "cc", "audience"].into_iter().flat_map(|term| texts(body.get(term))).collect()
}

fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether an address stands for everybody.
pub fn is_public(uri: &str) -> bool {
    PUBLIC.contains(&uri)
}

/// What an act is about, in a few words: the name of its object, or the kind of act that it answers or takes back.
pub async fn gist(visit: &Visit, act: &Act) -> WebResult<Option<String>> {
    let stands = body_as_it_stands(&visit.front, act).await?;
    let body = stands.as_ref().unwrap_or(&act.body);
    let object = match body.get("object") {
        Some(Value::Array(all)) if all.len() == 1 => all.first(),
        object => object,
    };
    let text = |object: &Value, term: &str| object.get(term).and_then(Value::as_str).and_then(plain);
    Ok(match object {
        Some(Value::String(uri)) => {
            let answered = visit.front.ports.act(ActId::new(uri.as_str())).await?;
            match answered {
                Some(answered) => Some(answer_to(&as_it_stands(&visit.front, answered).await?.body)),
                None => text(body, "summary").or_else(|| named(body, uri)),
            }
        }
        Some(object @ Value::Object(_)) if is_gone(object) => Some(DELETED.to_owned()),
        Some(object @ Value::Object(_)) => text(object, "name")
            .or_else(|| text(object, "summary"))
            .or_else(|| text(object, "content"))
            .or_else(|| text(body, "summary"))
            .or_else(|| Some(format!("of {}", kind(object)))),
        _ => text(body, "summary"),
    })
}

/// Whether this is what is left of something deleted.
pub fn is_gone(object: &Value) -> bool {
    kind(object) == "Tombstone"
}

/// What is answered or taken back: the kind of the act, and the name of what it is about.
fn answer_to(body: &Value) -> String {
    let object = body.get("object").filter(|object| object.is_object());
    if object.is_some_and(is_gone) {
        return format!("of {}: {DELETED}", kind(body));
    }
    let text = |term: &str| object?.get(term).and_then(Value::as_str).and_then(plain);
    match text("name").or_else(|| text("summary")).or_else(|| text("content")) {
        Some(name) => format!("of {}: {name}", kind(body)),
        None => format!("of {}", kind(body)),
    }
}

/// An object that is only named: the role of a Grant, the number of a ticket.
fn named(body: &Value, uri: &str) -> Option<String> {
    let last = uri.rsplit(['/', '#']).next().filter(|last| !last.is_empty())?;
    if kind(body) == "Grant" {
        return plain(last);
    }
    let number = uri.rsplit_once("/tickets/").map(|(_, number)| number)?;
    number.parse::<u64>().ok().map(|number| format!("#{number}"))
}

/// HTML of the wire as a short text without markup.
fn plain(html: &str) -> Option<String> {
    let text = Html::sanitise(html).ok()?.to_plain();
    let cut: String = text.chars().take(GIST_CHARS_MAX).collect();
    let dots = if cut.len() < text.len() { "…" } else { "" };
    (!cut.is_empty()).then(|| format!("{cut}{dots}"))
}

/// What kind of act it is, as it says.
pub fn kind(body: &Value) -> &str {
    match body.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => kinds.iter().find_map(Value::as_str).unwrap_or("?"),
        _ => "?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_act_is_shown_to_whom_it_is_told_and_to_nobody_else() {
        let (author, bob) = (ActorId::from("https://a.example/repos/r"), ActorId::from("https://b.example/bob"));
        let (follows, administers) =
            (Standing { follows: true, administers: false }, Standing { follows: false, administers: true });
        let group = json!(["https://a.example/repos/r/followers"]);
        #[rustfmt::skip]
        let rows = [
            (json!({"type": "Push", "to": "as:Public"}),                    None,       Standing::default(), true),
            (json!({"type": "Push", "cc": [PUBLIC[0]]}),                    None,       Standing::default(), true),
            (json!({"type": "Push", "to": ["https://b.example/bob"]}),      Some(&bob), Standing::default(), true),
            (json!({"type": "Push", "to": ["https://b.example/bob2"]}),     Some(&bob), Standing::default(), false),
            (json!({"type": "Push", "to": group}),                          Some(&bob), follows,             true),
            (json!({"type": "Push", "to": group}),                          Some(&bob), Standing::default(), false),
            (json!({"type": "Push", "to": ["https://c.example/f"]}),        Some(&bob), follows,             false),
            (json!({"type": "Push"}),                                       Some(&bob), administers,         true),
            (json!({"type": "Push", "content": "as:Public"}),               None,       Standing::default(), false),
            (json!({"type": "Grant", "to": ["https://c.example/x"]}),       None,       Standing::default(), false),
        ];
        for (body, viewer, standing, shown) in rows {
            let act = Act::made("https://a.example/repos/r/outbox/1".into(), author.clone(), body.clone());
            assert_eq!(is_told(&act, viewer, standing), shown, "{body}");
        }
    }

    #[test]
    fn a_grant_is_shown_to_who_knows_its_address_and_other_acts_are_not() {
        for (kind, shown) in [("Grant", true), ("Accept", false)] {
            let body = json!({"type": kind, "to": ["https://c.example/x"]});
            let act = Act::made("https://a.example/repos/r/outbox/1".into(), "https://a.example/repos/r".into(), body);
            assert_eq!(is_told_by_address(&act), shown, "{kind}");
            assert!(!is_told(&act, None, Standing::default()), "{kind} is in no list");
        }
    }
}
