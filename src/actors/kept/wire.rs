//! What actors of ours keep as documents: what another server would fetch is shown as it is committed.

use crate::common::naming::origin;
use crate::common::wire::uri;
use crate::domain::TAKES_MIGRATIONS;
use crate::domain::view::ViewDomain;
use crate::person::rows::{NOTES, NOTES_CHANGED};
use crate::release_tracker::release::{RELEASES, release_no};
use crate::repository::view::{RepositoryShown, ViewRepository};
use crate::roadmap::milestone::{MILESTONES, milestone_no};
use crate::ticket_tracker::ticket::{TICKETS, ticket_no};
use crate::ticket_tracker::view::Uses;
use crate::ticket_tracker::{self, Tracks};
use crate::workflow::enumeration::{ENUMS, enum_no, value_no};
use crate::workflow::field::{FIELDS, field_no};
use crate::workflow::wire::documents;
use crate::{
    Domain, PatchTracker, Person, ReleaseTracker, Repository, ResourceKind, Roadmap, TicketTracker, UriNaming,
    Workflow, kinds, release_tracker, roadmap,
};
use pritchel_actor::view::look;
use pritchel_actor::{Actor, ActorId, Boxes, Halt, Header, Kinds, Look, Seconds, Value, View, ViewError};
use pritchel_vocab::Document;
use std::sync::LazyLock;

/// The document at an address below that of an actor. Whether its asker may see it is not asked: a turn weighs it, and
/// shows it to nobody.
struct ViewKept<'u> {
    uri: &'u str,
}

/// The document at this address, if something that one of our actors keeps lies there.
/// - errors: boxes that cannot be read
pub async fn document(boxes: &dyn Boxes, now: Seconds, uri: &str) -> Result<Option<Value>, ViewError> {
    static KINDS: LazyLock<Kinds> = LazyLock::new(kinds);
    let (kinds, naming) = (&*KINDS, &UriNaming);
    let view = ViewKept { uri };
    if let Some(author) = note_author(uri) {
        return match look::<Person, _>(boxes, kinds, naming, now, &author, &view).await {
            Err(ViewError::NoActor) => Ok(None),
            found => found,
        };
    }
    let Some(owner) = owner(uri) else { return Ok(None) };
    let found = match ResourceKind::of(&owner) {
        Some(ResourceKind::Workflow) => look::<Workflow, _>(boxes, kinds, naming, now, &owner, &view).await,
        Some(ResourceKind::Roadmap) => look::<Roadmap, _>(boxes, kinds, naming, now, &owner, &view).await,
        Some(ResourceKind::TicketTracker) => look::<TicketTracker, _>(boxes, kinds, naming, now, &owner, &view).await,
        Some(ResourceKind::PatchTracker) => look::<PatchTracker, _>(boxes, kinds, naming, now, &owner, &view).await,
        Some(ResourceKind::ReleaseTracker) => look::<ReleaseTracker, _>(boxes, kinds, naming, now, &owner, &view).await,
        _ => return Ok(None),
    };
    match found {
        Err(ViewError::NoActor) => Ok(None),
        found => found,
    }
}

/// What an actor of ours is to those who ask: its type, its collections of links, of a repository that everybody may see what it was
/// copied from, and of a domain whether its factories may copy trackers.
/// - errors: boxes that cannot be read
pub async fn actor(boxes: &dyn Boxes, now: Seconds, id: &str, kind: &str) -> Result<Value, ViewError> {
    static KINDS: LazyLock<Kinds> = LazyLock::new(kinds);
    let mut document = crate::link::wire::document(id, kind);
    if kind == <Domain as Actor>::KIND {
        let domain = look::<Domain, _>(boxes, &KINDS, &UriNaming, now, &ActorId::new(id), &ViewDomain).await?;
        document[TAKES_MIGRATIONS] = domain.migration.into();
    }
    if ResourceKind::from_type(kind) == Some(ResourceKind::Repository) {
        let view = ViewRepository { viewer: None };
        match look::<Repository, _>(boxes, &KINDS, &UriNaming, now, &ActorId::new(id), &view).await {
            Ok(RepositoryShown { copy: Some(copy), .. }) if !copy.plain => {
                document["origin"] = copy.of.as_str().into();
                if copy.mirror.is_some() {
                    document["mirrors"] = copy.of.as_str().into();
                }
            }
            Ok(_) | Err(ViewError::Refused(_) | ViewError::NoActor) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(document)
}

/// The actor below whose address, `{origin}/{segment}/{key}`, this one lies.
fn owner(text: &str) -> Option<ActorId> {
    let uri = uri(text).ok()?;
    let rest = text.strip_prefix(crate::common::naming::origin_of(uri.as_str()))?.strip_prefix('/')?;
    let (segment, rest) = rest.split_once('/')?;
    let (key, _) = rest.split_once('/')?;
    let end = text.len() - rest.len() + key.len();
    ResourceKind::of_segment(segment).and_then(|_| text.get(..end)).map(ActorId::new)
}

/// The person of ours who wrote the note at this address, `{origin}/people/{key}/notes/{note}`.
fn note_author(text: &str) -> Option<ActorId> {
    let (person, note) = text.rsplit_once("/notes/")?;
    let uri = uri(person).ok()?;
    let key = person.strip_prefix(crate::common::naming::origin_of(uri.as_str()))?.strip_prefix("/people/")?;
    (!key.is_empty() && !key.contains('/') && !note.contains('/')).then(|| ActorId::new(person))
}

/// A note as its author has last left it; nothing of one that was taken back.
impl View<Person> for ViewKept<'_> {
    type Answer = Option<Value>;

    fn look(&self, _: &Person, _: &Header, look: &mut Look<'_, '_>) -> Result<Option<Value>, Halt> {
        let key = self.uri.rsplit('/').next().unwrap_or_default().to_owned();
        let Some(create) = NOTES.get(look, &key)? else { return Ok(None) };
        let change = NOTES_CHANGED.get(look, &key)?;
        if change.as_ref().is_some_and(|change| change.deleted) {
            return Ok(None);
        }
        let Some(create) = look.act(&create)? else { return Ok(None) };
        let mut note = create.body.get("object").cloned();
        if let Some(edit) = change.map(|change| look.act(&change.act)).transpose()?.flatten() {
            for term in ["content", "source", "mediaType", "attachment"] {
                if let (Some(note), Some(new)) = (&mut note, edit.body.get("object").and_then(|new| new.get(term))) {
                    note[term] = new.clone();
                }
            }
        }
        Ok(note)
    }
}

fn value(document: Document) -> Value {
    document.value().clone()
}

impl View<Workflow> for ViewKept<'_> {
    type Answer = Option<Value>;

    fn look(&self, _: &Workflow, _: &Header, look: &mut Look<'_, '_>) -> Result<Option<Value>, Halt> {
        let me = look.me().clone();
        if let Some(number) = field_no(&me, self.uri) {
            return Ok(FIELDS.get(look, &number)?.map(|field| value(documents::field(&me, number, &field))));
        }
        if let Some(number) = enum_no(&me, self.uri) {
            return Ok(ENUMS.get(look, &number)?.map(|shown| value(documents::enumeration(&me, number, &shown))));
        }
        let Some((of, number)) = value_no(&me, self.uri) else { return Ok(None) };
        let shown = ENUMS.get(look, &of)?;
        let shown = shown.and_then(|shown| shown.values.into_iter().find(|value| value.number == number));
        Ok(shown.map(|shown| value(documents::value(&me, of, &shown))))
    }
}

impl View<Roadmap> for ViewKept<'_> {
    type Answer = Option<Value>;

    fn look(&self, _: &Roadmap, _: &Header, look: &mut Look<'_, '_>) -> Result<Option<Value>, Halt> {
        let me = look.me().clone();
        let Some(number) = milestone_no(&me, self.uri) else { return Ok(None) };
        let Some(milestone) = MILESTONES.get(look, &number)? else { return Ok(None) };
        roadmap::wire::document(&me, number, &milestone).map(|document| Some(value(document)))
    }
}

impl View<ReleaseTracker> for ViewKept<'_> {
    type Answer = Option<Value>;

    fn look(&self, _: &ReleaseTracker, _: &Header, look: &mut Look<'_, '_>) -> Result<Option<Value>, Halt> {
        let me = look.me().clone();
        let Some(number) = release_no(&me, self.uri) else { return Ok(None) };
        let Some(release) = RELEASES.get(look, &number)? else { return Ok(None) };
        let archived = origin(&me) == origin(&release.origin.repository);
        release_tracker::wire::document(&me, number, &release, archived).map(|document| Some(value(document)))
    }
}

impl<A: Tracks> View<A> for ViewKept<'_> {
    type Answer = Option<Value>;

    fn look(&self, _: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<Option<Value>, Halt> {
        let me = look.me().clone();
        let Some(number) = ticket_no(&me, self.uri) else { return A::kept(look, self.uri) };
        let Some(ticket) = TICKETS.get(look, &number)? else { return Ok(None) };
        let uses = Uses::of(look)?;
        ticket_tracker::wire::document(&me, number, &ticket, &uses).map(|document| Some(value(document)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_of_a_thing_is_found_by_its_address() {
        let of = |uri: &str| owner(uri).map(|owner| owner.as_str().to_owned());
        let workflow = "https://a.example/workflows/w";
        assert_eq!(of("https://a.example/workflows/w/fields/1").as_deref(), Some(workflow));
        let note = "https://a.example/people/p/notes/1";
        assert_eq!(note_author(note), Some("https://a.example/people/p".into()));
        for other in ["https://a.example/people/p/x/notes/1", "https://a.example/people//notes/1", "notes/1"] {
            assert_eq!(note_author(other), None, "{other}");
        }
        for other in [workflow, "https://a.example/people/p/notes/1", "https://a.example/x", "nothing"] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
