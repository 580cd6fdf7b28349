//! An address of ours as an actor: `/{segment}/{key}` on one of the domains served here, whatever stands below it.

use crate::answer::WebError;
use crate::domains::{Site, of_actor};
use crate::ports::{Front, WebSettings};
use axum::extract::FromRequestParts;
use http::request::Parts;
use pritchel_actor::{ActorId, ViewError};
use pritchel_actors::common::naming::origin;
use pritchel_actors::{
    DiscussionView, PatchTracker, ReleaseTracker, ResourceKind, ResourceView, TicketTracker, TrackerView, with_resource,
};

/// The kinds of actors that have addresses of this form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A person.
    Person,
    /// A resource of this kind.
    Resource(ResourceKind),
}

impl Kind {
    /// A factory.
    pub const FACTORY: Self = Self::Resource(ResourceKind::Factory);
    /// A repository.
    pub const REPOSITORY: Self = Self::Resource(ResourceKind::Repository);
    /// A tracker of tickets.
    pub const TRACKER: Self = Self::Resource(ResourceKind::TicketTracker);
    /// A tracker of merge requests.
    pub const PATCHES: Self = Self::Resource(ResourceKind::PatchTracker);
    /// A project.
    pub const PROJECT: Self = Self::Resource(ResourceKind::Project);
    /// A team.
    pub const TEAM: Self = Self::Resource(ResourceKind::Team);
    /// An organization.
    pub const ORGANIZATION: Self = Self::Resource(ResourceKind::Organization);
    /// A workflow.
    pub const WORKFLOW: Self = Self::Resource(ResourceKind::Workflow);
    /// A roadmap.
    pub const ROADMAP: Self = Self::Resource(ResourceKind::Roadmap);
    /// A tracker of releases.
    pub const RELEASES: Self = Self::Resource(ResourceKind::ReleaseTracker);

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        std::iter::once(Self::Person).chain(ResourceKind::ALL.iter().copied().map(Self::Resource))
    }

    /// The first segment of the path.
    pub fn segment(self) -> &'static str {
        match self {
            Self::Person => "people",
            Self::Resource(kind) => kind.segment(),
        }
    }

    /// The kind of a path's first part.
    pub fn of_segment(segment: &str) -> Option<Self> {
        Self::all().find(|kind| kind.segment() == segment)
    }

    /// The kind of a near actor.
    pub fn of(settings: &WebSettings, actor: &ActorId) -> Option<Self> {
        of_actor(settings, actor)?;
        let path = actor.as_str().strip_prefix(origin(actor))?.strip_prefix('/')?;
        Self::of_segment(path.split('/').next()?)
    }

    /// Whether it keeps tickets.
    pub fn tracks(self) -> bool {
        matches!(self, Self::Resource(kind) if kind.tracks())
    }

    /// Whether people comment on what it keeps.
    pub fn discusses(self) -> bool {
        matches!(self, Self::Resource(kind) if kind.discusses())
    }

    /// The type on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "Person",
            Self::Resource(kind) => kind.as_str(),
        }
    }
}

/// Asks a resource what every kind of resource can be asked.
pub async fn look_at_resource<T>(front: &Front, near: &Near, view: impl ResourceView<T>) -> Result<T, ViewError> {
    match near.kind {
        Some(Kind::Resource(kind)) => with_resource!(kind, A => front.node.look::<A, _>(&near.id, &view).await),
        Some(Kind::Person) | None => Err(ViewError::NoActor),
    }
}

/// Asks a tracker what both kinds of trackers can be asked.
pub async fn look_at_tracker<T>(front: &Front, tracker: &ActorId, view: &impl TrackerView<T>) -> Result<T, ViewError> {
    match ResourceKind::of(tracker) {
        Some(ResourceKind::TicketTracker) => front.node.look::<TicketTracker, _>(tracker, view).await,
        Some(ResourceKind::PatchTracker) => front.node.look::<PatchTracker, _>(tracker, view).await,
        _ => Err(ViewError::NoActor),
    }
}

/// Asks what everything can be asked that keeps what people comment on.
pub async fn look_at_discussion<T>(
    front: &Front,
    keeper: &ActorId,
    view: &impl DiscussionView<T>,
) -> Result<T, ViewError> {
    match ResourceKind::of(keeper) {
        Some(ResourceKind::ReleaseTracker) => front.node.look::<ReleaseTracker, _>(keeper, view).await,
        _ => look_at_tracker(front, keeper, view).await,
    }
}

/// An address of ours. Whether there is an actor is not known yet.
#[derive(Clone, Debug)]
pub struct Near {
    /// The domain it is on.
    pub site: Site,
    /// Its kind; `None` for the domain actor itself.
    pub kind: Option<Kind>,
    /// The address of the actor.
    pub id: ActorId,
    /// The whole address asked for, without the query.
    pub uri: String,
}

impl Near {
    /// The actor under whose address this path lies. `None`: no actor of ours has such an address.
    pub fn of(site: &Site, path: &str) -> Option<Self> {
        let mut segments = path.strip_prefix('/')?.splitn(3, '/');
        let (first, second) = (segments.next()?, segments.next());
        let (kind, id) = match first {
            "actor" => (None, site.actor.clone()),
            _ => {
                let kind = Kind::of_segment(first)?;
                (Some(kind), site.actor_at(first, second?)?)
            }
        };
        Some(Self { site: site.clone(), kind, id, uri: site.uri(path) })
    }
}

impl FromRequestParts<Front> for Near {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, front: &Front) -> Result<Self, WebError> {
        let site = Site::from_request_parts(parts, front).await?;
        Self::of(&site, parts.uri.path()).ok_or_else(WebError::not_found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::ServedDomain;

    #[test]
    fn an_actor_is_found_from_every_address_below_its_own() {
        let origin = "https://a.example";
        let actor = ActorId::new(format!("{origin}/actor"));
        let site = Site(ServedDomain { origin: origin.to_owned(), host: "a.example".to_owned(), display: None, actor });
        #[rustfmt::skip]
        let rows = [
            ("/people/abc",               Some("https://a.example/people/abc")),
            ("/repos/abc/refs/heads/a/b", Some("https://a.example/repos/abc")),
            ("/actor/outbox/x",           Some("https://a.example/actor")),
            ("/people/ABC",               None),
            ("/people/a.b",               None),
            ("/people",                   None),
            ("/people/",                  None),
            ("/kitchens/abc",             None),
            ("//people/abc",              None),
        ];
        for (path, id) in rows {
            let near = Near::of(&site, path);
            assert_eq!(near.as_ref().map(|near| near.id.as_str()), id, "{path}");
        }
    }
}
