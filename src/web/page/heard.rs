//! What came of an act that nobody answers, such as a comment: the tracker it was told has dealt with it, or not yet.
//! - [`Listener`]: who was told; [`Listener::hears`]: how far they are
//! - [`place_of`]: the page on which a comment stands

use crate::answer::WebResult;
use crate::fed::near::look_at_discussion;
use crate::limits::SHOWN_COMMENTS;
use crate::page::audience;
use crate::page::parts::Prose;
use crate::page::shell::with;
use crate::page::visit::{Me, Visit};
use crate::page::who::Kind;
use pritchel_actor::errbox::{Ended, INBOX, SEEN};
use pritchel_actor::{Act, ActId, Actor, ActorId, Halt, Header, Look, Value, View, ViewError};
use pritchel_actors::ResourceKind;
use pritchel_actors::common::text::Html;
use pritchel_actors::release_tracker::release::release_uri;
use pritchel_actors::ticket_tracker::find::PlaceOfComment;
use pritchel_actors::ticket_tracker::ticket::ticket_uri;
use pritchel_vocab::text::render_markdown;
use std::sync::Arc;

/// How an act of the viewer's own ended at an actor; `None` while it has not been dealt with.
#[derive(Clone, Debug)]
pub struct Handled {
    /// The act.
    pub act: ActId,
    /// Who looks, and whose act it is: of another's act nothing is shown.
    pub author: ActorId,
}

impl<A: Actor> View<A> for Handled {
    type Answer = Option<Ended>;

    fn look(&self, _: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        let Some(seen) = SEEN.get(look, &(self.act.clone(), self.author.clone()))? else { return Ok(None) };
        Ok(INBOX.get(look, &seen.inbox)?.map(|item| item.ended))
    }
}

/// Who was told an act.
pub enum Listener {
    /// A tracker of this server.
    Near(ActorId),
    /// A tracker of another server, which will not answer.
    Far,
    /// Whoever it is will answer, or nothing is waited for.
    Others,
}

/// How far a listener is.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// It has dealt with the act, and will not answer.
    Ended(Ended),
    /// The act has yet to arrive.
    Coming,
    /// Its server has taken the act. What becomes of it there is not told.
    Delivered,
    /// Nothing is known but what the person's own box says.
    Unknown,
}

impl Listener {
    /// Who was told this act of the person's.
    pub fn of(visit: &Visit, me: &Me, act: &Act) -> Self {
        let told = audience::told(&act.body).into_iter().map(ActorId::new);
        let trackers = told.filter(|actor| Kind::of(&visit.front.settings, actor).is_some_and(Kind::discusses));
        match trackers.into_iter().find(|actor| !actor.as_str().ends_with("/followers")) {
            Some(tracker) => Self::Near(tracker),
            None if is_about_comment(&act.body, me) => Self::Far,
            None => Self::Others,
        }
    }

    /// How far the listener is with this act of the person's.
    pub async fn hears(&self, visit: &Visit, me: &Me, act: &ActId) -> WebResult<Heard> {
        match self {
            Self::Others => Ok(Heard::Unknown),
            Self::Far => {
                let waiting = visit.front.ports.deliveries(act.clone(), me.id.clone()).await?;
                Ok(if waiting.is_empty() { Heard::Delivered } else { Heard::Coming })
            }
            Self::Near(tracker) => {
                let view = Handled { act: act.clone(), author: me.id.clone() };
                match look_at_discussion(&visit.front, tracker, &view).await {
                    // What is done and answered is told by the answer: it may hold a result.
                    Ok(Some(Ended::Done { reply: Some(_), .. })) => Ok(Heard::Unknown),
                    Ok(Some(ended)) => Ok(Heard::Ended(ended)),
                    Ok(None) => Ok(Heard::Coming),
                    Err(ViewError::NoActor | ViewError::Refused(_)) => Ok(Heard::Unknown),
                    Err(error) => Err(error.into()),
                }
            }
        }
    }
}

/// Whether an act says, changes or takes back a comment.
fn is_about_comment(body: &Value, me: &Me) -> bool {
    let Some(object) = body.get("object") else { return false };
    let is_note = audience::kind(object) == "Note";
    let own = format!("{}/notes/", me.id);
    match audience::kind(body) {
        "Create" => is_note && object.get("context").is_some_and(Value::is_string),
        "Edit" => is_note,
        "Delete" => object.as_str().is_some_and(|uri| uri.starts_with(&own)),
        _ => false,
    }
}

/// What a comment says, as its author will see it; `None` if the act is none.
pub fn said(act: &Act) -> Option<Prose> {
    let object = act.body.get("object").filter(|object| audience::kind(object) == "Note")?;
    let text = |value: &Value, term: &str| value.get(term).and_then(Value::as_str).map(str::to_owned);
    let source = object
        .get("source")
        .filter(|source| text(source, "mediaType").is_some_and(|media_type| media_type.starts_with("text/markdown")));
    let html = match source.and_then(|source| text(source, "content")) {
        Some(markdown) => render_markdown(&markdown).ok(),
        None => text(object, "content").and_then(|content| Html::sanitise(&content).ok()),
    };
    html.map(Prose)
}

/// The address of the comment that an act is about.
fn comment_id(act: &Act) -> Option<&str> {
    let object = act.body.get("object")?;
    object.as_str().or_else(|| object.get("id").and_then(Value::as_str))
}

/// The path of the page on which the comment stands that an act is about, and its anchor there; `None` if it stands on no
/// page of this site.
pub async fn place_of(visit: &Visit, me: &Me, act: &Arc<Act>) -> WebResult<Option<(String, String)>> {
    let (Listener::Near(tracker), Some(id)) = (Listener::of(visit, me, act), comment_id(act)) else {
        return Ok(None);
    };
    let view = PlaceOfComment { viewer: visit.viewer(), id: id.to_owned() };
    let place = match look_at_discussion(&visit.front, &tracker, &view).await {
        Ok(place) => place,
        Err(ViewError::NoActor | ViewError::Refused(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let Some((number, place)) = place else { return Ok(None) };
    let topic = match ResourceKind::of(&tracker) {
        Some(ResourceKind::ReleaseTracker) => release_uri(&tracker, number),
        _ => ticket_uri(&tracker, number),
    };
    let path = topic.strip_prefix(visit.site.origin.as_str()).map(|path| page_with(path, place));
    Ok(path.map(|path| (path, format!("#comment-{place}"))))
}

/// The page of a ticket or release that shows the comment at a place: each page goes on after the last place of the one before.
fn page_with(ticket: &str, place: u64) -> String {
    let size = SHOWN_COMMENTS as u64;
    match (place / size * size).checked_sub(1) {
        Some(after) => with(&[("after", &after.to_string())], ticket),
        None => ticket.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_comment_is_led_to_on_the_page_that_shows_it() {
        for (place, page) in [(0, "/t/1"), (99, "/t/1"), (100, "/t/1?after=99"), (199, "/t/1?after=99")] {
            assert_eq!(page_with("/t/1", place), page, "{place}");
        }
    }

    #[test]
    fn what_was_said_is_rendered_from_its_source_and_cannot_run_anything() {
        let act = |object: Value| {
            let body = json!({"type": "Create", "id": "https://a.example/people/a/outbox/1", "object": object});
            Act::made("https://a.example/people/a/outbox/1".into(), "https://a.example/people/a".into(), body)
        };
        let source = json!({"content": "*Hot* <script>x</script>", "mediaType": "text/markdown; variant=CommonMark"});
        let said_as = |object: Value| said(&act(object)).map(|prose| prose.to_string());
        let shown = said_as(json!({"type": "Note", "content": "<p>Hot</p>", "source": source})).unwrap();
        assert!(shown.contains("<em>Hot</em>") && !shown.contains("<script"), "{shown}");
        let html = said_as(json!({"type": "Note", "content": "<b>Hot</b><script>x</script>"})).unwrap();
        assert!(html.contains("Hot") && !html.contains("<script"), "{html}");
        assert_eq!(said_as(json!({"type": "Ticket", "content": "x"})), None);
    }
}
