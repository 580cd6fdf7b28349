//! Who is shown an act: whoever it is told, everybody if it is public, and whoever owns its author.
//!
//! Source: DESIGN, promise 11. A Grant answers whoever knows its address: a verifier is rarely an addressee.

use crate::answer::WebResult;
use crate::limits::GIST_CHARS_MAX;
use crate::page::visit::Visit;
use pritchel_actor::{Act, ActId, Actor, ActorId, Value, ViewError};
use pritchel_actors::common::audience::{Standing, ViewStanding};
use pritchel_actors::common::text::Html;

const PUBLIC: [&str; 3] = ["https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"];

/// What the visitor is to an actor.
pub async fn standing<A: Actor>(visit: &Visit, actor: &ActorId) -> WebResult<Standing> {
    let Some(viewer) = visit.viewer() else { return Ok(Standing::default()) };
    match visit.front.node.look::<A, _>(actor, &ViewStanding { viewer }).await {
        Ok(standing) => Ok(standing),
        Err(ViewError::NoActor) => Ok(Standing::default()),
        Err(error) => Err(error.into()),
    }
}

/// Whether an act is shown in a list to a viewer of this standing with its author.
pub fn is_shown(act: &Act, viewer: Option<&ActorId>, standing: Standing) -> bool {
    let told = told(&act.body);
    let followers = format!("{}/followers", act.author);
    standing.administers
        || told.iter().any(|uri| PUBLIC.contains(uri))
        || viewer.is_some_and(|viewer| told.contains(&viewer.as_str()))
        || (standing.follows && told.contains(&followers.as_str()))
}

/// Whether an act is shown to who knows its address.
pub fn is_shown_by_address(act: &Act, viewer: Option<&ActorId>, standing: Standing) -> bool {
    kind(&act.body) == "Grant" || is_shown(act, viewer, standing)
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
    let object = match act.body.get("object") {
        Some(Value::Array(all)) if all.len() == 1 => all.first(),
        object => object,
    };
    let text = |object: &Value, term: &str| object.get(term).and_then(Value::as_str).and_then(plain);
    Ok(match object {
        Some(Value::String(uri)) => {
            let answered = visit.front.ports.act(ActId::new(uri.as_str())).await?;
            match answered {
                Some(answered) => Some(format!("of {}", kind(&answered.body))),
                None => text(&act.body, "summary"),
            }
        }
        Some(object @ Value::Object(_)) => text(object, "name")
            .or_else(|| text(object, "summary"))
            .or_else(|| text(object, "content"))
            .or_else(|| text(&act.body, "summary"))
            .or_else(|| Some(format!("of {}", kind(object)))),
        _ => text(&act.body, "summary"),
    })
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
            assert_eq!(is_shown(&act, viewer, standing), shown, "{body}");
        }
    }

    #[test]
    fn a_grant_is_shown_to_who_knows_its_address_and_other_acts_are_not() {
        for (kind, shown) in [("Grant", true), ("Accept", false)] {
            let body = json!({"type": kind, "to": ["https://c.example/x"]});
            let act = Act::made("https://a.example/repos/r/outbox/1".into(), "https://a.example/repos/r".into(), body);
            assert_eq!(is_shown_by_address(&act, None, Standing::default()), shown, "{kind}");
        }
    }
}
