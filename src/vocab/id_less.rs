//! Telling apart activities that have no id. Forgejo's `Like` has none, and other hand-made activities come without one;
//! each may arrive twice, and must not act twice.

use crate::activity::{Activity, ActivityType, Thing};
use crate::uri::Uri;

/// By what an activity is known when it comes again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sameness {
    /// By this text, within all activities of its actor. No address holds a blank, and these do, so that no id can be
    /// chosen to look like one.
    Known(String),
    /// By nothing, and it need not be: acting on it twice is the same as once.
    Repeatable,
    /// By nothing, and it would matter. To be refused.
    Nameless,
}

/// The id that an activity without one is given: below its actor, where nobody else's server can make one. Nothing is served there,
/// so that it is not told to others.
/// - `hash`: of what it is known by, in hexadecimal digits
pub fn given_id(actor: &str, hash: &str) -> String {
    format!("{actor}{GIVEN}{hash}")
}

/// Whether an id was given to an activity of this actor by [`given_id`].
pub fn is_given(id: &str, actor: &str) -> bool {
    id.strip_prefix(actor).is_some_and(|rest| rest.starts_with(GIVEN))
}

const GIVEN: &str = "/no-id/";

/// By what an activity is known. Its id, if it has one; else, by a rule per type:
///
/// | type | known by |
/// | --- | --- |
/// | `Like` | object and time |
/// | `Accept`, `Reject` | object: an answer is given once |
/// | `Create`, `Update`, `Delete` | id or `url` of the object, and time |
/// | `Follow`, `Undo` | with a time: object and time; else repeatable, or a follower could never come back |
/// | others | nothing: they need an id to be answered |
///
/// The time is `startTime`, else `published`.
pub fn sameness(activity: &Activity) -> Sameness {
    if let Some(id) = &activity.id {
        return Sameness::Known(id.as_str().to_owned());
    }
    let [object] = activity.object.as_slice() else { return Sameness::Nameless };
    let time = activity.start_time.or(activity.published).map(|time| time.get().to_string());
    let named = |time: Option<String>| match name(object) {
        Some(name) => {
            Sameness::Known(format!("{} {} {name} {}", activity.kind, activity.actor, time.unwrap_or_default()))
        }
        None => Sameness::Nameless,
    };
    match activity.kind {
        ActivityType::Like | ActivityType::Create | ActivityType::Update | ActivityType::Delete => named(time),
        ActivityType::Accept | ActivityType::Reject => named(None),
        ActivityType::Follow | ActivityType::Undo if time.is_some() => named(time),
        ActivityType::Follow | ActivityType::Undo => match name(object) {
            Some(_) => Sameness::Repeatable,
            None => Sameness::Nameless,
        },
        _ => Sameness::Nameless,
    }
}

/// A thing by its address; an activity without one by its type and object; a note without one by its page.
fn name(thing: &Thing) -> Option<String> {
    if let Some(uri) = thing.uri() {
        return Some(uri.as_str().to_owned());
    }
    let obj = thing.obj()?;
    if let Ok(Some(inner)) = obj.uri("object") {
        let kind = obj.types().into_iter().next()?;
        let time = obj.time("startTime").ok().flatten().map(|time| time.get().to_string());
        return Some(format!("{} {inner} {}", ActivityType::from_name(kind), time.unwrap_or_default()));
    }
    obj.first_web("url").as_ref().map(Uri::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Document;
    use serde_json::{Value, json};

    fn of(value: Value) -> Sameness {
        let mut value = value;
        value["actor"] = json!("https://forgejo.example/user-id/1");
        sameness(&Activity::read(&Document::from_value(value).unwrap()).unwrap())
    }

    fn known(text: &str) -> Sameness {
        Sameness::Known(text.to_owned())
    }

    #[test]
    fn an_activity_is_known_by_its_id_or_by_the_rule_of_its_type() {
        let repo = "https://forge.example/repos/tea";
        let like = json!({"type": "Like", "object": repo});
        #[rustfmt::skip]
        let rows = [
            (json!({"type": "Grant", "id": "https://a.example/1", "object": "admin"}),
             known("https://a.example/1")),
            (json!({"type": "Like", "object": repo, "startTime": "1970-01-01T00:00:07Z"}),
             known("Like https://forgejo.example/user-id/1 https://forge.example/repos/tea 7")),
            (json!({"type": "Like", "object": {"id": repo}, "startTime": "1970-01-01T01:00:07+01:00"}),
             known("Like https://forgejo.example/user-id/1 https://forge.example/repos/tea 7")),
            (like.clone(),
             known("Like https://forgejo.example/user-id/1 https://forge.example/repos/tea ")),
            (json!({"type": "Undo", "object": like, "startTime": "1970-01-01T00:00:09Z"}),
             known("Undo https://forgejo.example/user-id/1 Like https://forge.example/repos/tea  9")),
            (json!({"type": "Accept", "published": "1970-01-01T00:00:09Z", "object": {"type": "Follow", "object": repo}}),
             known("Accept https://forgejo.example/user-id/1 Follow https://forge.example/repos/tea  ")),
            (json!({"type": "Create", "object": {"type": "Note", "content": "x", "url": "https://a.example/n/1"}}),
             known("Create https://forgejo.example/user-id/1 https://a.example/n/1 ")),
            (json!({"type": "Follow", "object": repo}),                              Sameness::Repeatable),
            (json!({"type": "Undo", "object": {"type": "Follow", "object": repo}}),  Sameness::Repeatable),
            (json!({"type": "Create", "object": {"type": "Note", "content": "x"}}),  Sameness::Nameless),
            (json!({"type": "Undo", "object": {"type": "Follow"}}),                  Sameness::Nameless),
            (json!({"type": "Offer", "object": repo}),                               Sameness::Nameless),
            (json!({"type": "Like", "object": [repo, repo]}),                        Sameness::Nameless),
            (json!({"type": "Like"}),                                                Sameness::Nameless),
        ];
        for (value, expected) in rows {
            assert_eq!(of(value.clone()), expected, "{value}");
        }
    }

    #[test]
    fn a_given_id_is_known_as_one_of_its_actor() {
        let actor = "https://forgejo.example/user-id/1";
        let id = given_id(actor, "0a");
        assert!(is_given(&id, actor));
        assert!(!is_given(&id, "https://forgejo.example/user-id/2"));
        assert!(!is_given(&format!("{actor}/likes/1"), actor) && !is_given(actor, actor));
    }

    #[test]
    fn no_id_can_be_chosen_to_look_like_an_activity_without_one() {
        let Sameness::Known(key) = of(json!({"type": "Like", "object": "https://forge.example/repos/tea"})) else {
            panic!("a Like is known")
        };
        assert!(Uri::parse(&key).is_err());
    }
}
