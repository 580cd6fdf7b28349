//! Acts as people tell them: who did what to what, and where that is. The inspector's pages say what an act is; these sentences
//! say what happened.

use crate::answer::WebResult;
use crate::page::audience::{gist, kind};
use crate::page::parts::{When, Who};
use crate::page::visit::Visit;
use crate::page::who::Names;
use pritchel_actor::{Act, ActId, ActorId, Seconds, Value};
use std::sync::Arc;

/// An act in a sentence: who, what they did, to what.
pub struct Told {
    /// Where all that is known of it is.
    pub href: String,
    /// Who did it.
    pub who: Who,
    /// What they did.
    pub verb: &'static str,
    /// To what.
    pub what: Option<Who>,
    /// A word of what was said.
    pub said: Option<String>,
    /// When.
    pub at: When,
}

impl Told {
    /// The act in a sentence.
    /// - `href`: where all that is known of it is
    pub async fn of(
        visit: &Visit,
        act: &Arc<Act>,
        at: Seconds,
        href: String,
        names: &mut Names<'_>,
    ) -> WebResult<Self> {
        // What is answered or taken back is told by what that was, as far as it lies here.
        let inner = match (kind(&act.body), act.body.get("object")) {
            ("Accept" | "Reject" | "Undo", Some(Value::String(uri))) => {
                visit.front.ports.act(ActId::new(uri.as_str())).await?.map(|act| act.body.clone())
            }
            ("Accept" | "Reject" | "Undo", Some(object @ Value::Object(_))) => Some(Arc::new(object.clone())),
            _ => None,
        };
        let what = match topic(&act.body, inner.as_deref()) {
            Some(uri) => Some(names.who(&ActorId::new(uri)).await),
            None => None,
        };
        let who = by(&act.body).map_or_else(|| act.author.clone(), ActorId::new);
        Ok(Self {
            href,
            who: names.who(&who).await,
            verb: verb(&act.body, inner.as_deref()),
            what,
            said: if says(&act.body) { gist(visit, act).await? } else { None },
            at: When(at),
        })
    }

    /// The same without markup.
    pub fn plain(&self) -> String {
        let what = self.what.as_ref().map(|what| format!(" {}", what.label)).unwrap_or_default();
        let said = self.said.as_ref().map(|said| format!(": {said}")).unwrap_or_default();
        format!("{} {}{what}{said}", self.who.label, self.verb)
    }
}

/// Who is behind what a resource says.
fn by(body: &Value) -> Option<&str> {
    if kind(body) == "Push" { body.get("attributedTo")?.as_str() } else { None }
}

/// Whether an act brings words of its own.
fn says(body: &Value) -> bool {
    matches!(kind(body), "Create" | "Offer" | "Push" | "Announce")
}

/// The address of a thing, whole or named.
fn id_of(thing: Option<&Value>) -> Option<&str> {
    match thing? {
        Value::String(uri) => Some(uri),
        Value::Array(all) => id_of(all.first()),
        thing => thing.get("id").and_then(Value::as_str),
    }
}

/// What an act is about.
fn topic<'b>(body: &'b Value, inner: Option<&'b Value>) -> Option<&'b str> {
    let object = body.get("object");
    let of_object = |term: &str| object.and_then(|object| id_of(object.get(term)));
    match kind(body) {
        "Create" => of_object("context").or_else(|| of_object("inReplyTo")).or_else(|| id_of(body.get("target"))),
        "Offer" | "Assign" | "Add" | "Remove" => id_of(body.get("target")).or_else(|| of_object("context")),
        "Invite" => id_of(body.get("target")).map(|uri| uri.strip_suffix("/collaborators").unwrap_or(uri)),
        "Grant" => id_of(body.get("context")),
        "Push" => id_of(body.get("context")).or_else(|| id_of(body.get("actor"))),
        "Accept" | "Reject" | "Undo" => match (id_of(body.get("result")), inner) {
            (Some(result), _) if kind(body) == "Accept" && result.contains("/tickets/") => Some(result),
            (_, Some(inner)) => topic(inner, None),
            _ => None,
        },
        _ => id_of(object),
    }
}

/// What was done.
fn verb(body: &Value, inner: Option<&Value>) -> &'static str {
    let object = body.get("object").map_or("", kind);
    match kind(body) {
        "Create" if object == "Note" => "commented on",
        "Create" => "made something new with",
        "Offer" => match object {
            "Ticket" => "opened a ticket in",
            "Review" => "reviewed",
            "Release" => "wants to release in",
            "Patch" | "OrderedCollection" => "offered patches to",
            _ => "offered something to",
        },
        "Resolve" => "closed",
        "Edit" | "Update" => "changed",
        "Delete" => "deleted",
        "Follow" => "follows",
        "Like" => "starred",
        "Push" => "pushed to",
        "Assign" => "assigned",
        "Apply" => "merges",
        "Invite" => "invites to",
        "Join" => "asks to join",
        "Leave" => "left",
        "Grant" => "gave access to",
        "Revoke" => "took access back",
        "Announce" => "shared",
        "Add" => "added something to",
        "Remove" => "removed something from",
        "Undo" => match inner.map_or("", kind) {
            "Resolve" => "reopened",
            "Follow" => "no longer follows",
            "Like" => "took their star back from",
            "Assign" => "took back the assignment of",
            _ => "took something back from",
        },
        "Accept" => match inner.map_or("", kind) {
            "Offer" => "took in",
            "Follow" => "lets follow",
            "Invite" => "accepted the invitation to",
            "Assign" => "accepted the assignment of",
            _ => "said yes about",
        },
        "Reject" => "said no about",
        _ => "did something with",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_act_is_told_by_what_was_done_to_what() {
        let ticket = "https://a.example/trackers/t/tickets/3";
        let resolve = json!({"type": "Resolve", "object": ticket});
        #[rustfmt::skip]
        let rows = [
            (json!({"type": "Create", "object": {"type": "Note", "context": ticket}}),          None,           "commented on", Some(ticket)),
            (json!({"type": "Offer", "object": {"type": "Ticket"}, "target": "https://a.example/trackers/t"}), None, "opened a ticket in", Some("https://a.example/trackers/t")),
            (resolve.clone(),                                                                   None,           "closed",       Some(ticket)),
            (json!({"type": "Undo", "object": "https://a.example/1"}),                          Some(&resolve), "reopened",     Some(ticket)),
            (json!({"type": "Undo", "object": "https://a.example/1"}),                          None,           "took something back from", None),
            (json!({"type": "Accept", "object": "https://a.example/1", "result": ticket}),      None,           "said yes about", Some(ticket)),
            (json!({"type": "Invite", "target": "https://a.example/repos/r/collaborators"}),    None,           "invites to",   Some("https://a.example/repos/r")),
            (json!({"type": "Push", "context": "https://a.example/repos/r"}),                   None,           "pushed to",    Some("https://a.example/repos/r")),
            (json!({"type": ["Like"], "object": ["https://a.example/repos/r"]}),                None,           "starred",      Some("https://a.example/repos/r")),
            (json!({"type": 7}),                                                                None,           "did something with", None),
        ];
        for (body, inner, done, about) in rows {
            assert_eq!((verb(&body, inner), topic(&body, inner)), (done, about), "{body}");
        }
    }
}
