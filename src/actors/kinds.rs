//! The kinds of resources, in one list: every place that has to know them all asks here.

use crate::common::resource::ResourceActor;
use crate::{
    Domain, Factory, FarTracker, Organization, PatchTracker, Person, Project, ReleaseTracker, Repository, Roadmap,
    Team, TicketTracker, Workflow,
};
use pritchel_actor::{ActorId, Kinds, View};
use serde::{Deserialize, Serialize};

macro_rules! resources {
    ($($(#[$doc:meta])* $kind:ident at $segment:literal;)+) => {
        /// A kind of resource.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum ResourceKind {
            $($(#[$doc])* $kind,)+
        }

        impl ResourceKind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// The type on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$kind => <$kind as ResourceActor>::TYPE,)+ }
            }

            /// The first part of the path of such an actor's address.
            pub fn segment(self) -> &'static str {
                match self { $(Self::$kind => $segment,)+ }
            }

            /// Which ends of links such an actor can be.
            pub fn ends(self) -> &'static [crate::link::End] {
                match self { $(Self::$kind => <$kind as ResourceActor>::ENDS,)+ }
            }
        }

        /// A question that can be asked of every kind of resource.
        pub trait ResourceView<T>: $(View<$kind, Answer = T> +)+ Send + Sync {}
        impl<T, V: $(View<$kind, Answer = T> +)+ Send + Sync> ResourceView<T> for V {}

        /// Runs an expression with the type of an actor of this kind under a name: `with_resource!(kind, A => look::<A>())`.
        #[macro_export]
        macro_rules! with_resource {
            ($of:expr, $name:ident => $body:expr) => {
                match $of { $($crate::ResourceKind::$kind => { type $name = $crate::$kind; $body })+ }
            };
        }

        /// Every kind of actor of the forge.
        pub fn kinds() -> Kinds {
            Kinds::new().with::<Person>().with::<Domain>().with::<FarTracker>()$(.with::<$kind>())+
        }
    };
}

resources! {
    /// Makes other resources.
    Factory at "factories";
    /// A git repository.
    Repository at "repos";
    /// A tracker of tickets.
    TicketTracker at "trackers";
    /// A tracker of merge requests.
    PatchTracker at "patches";
    /// A project of components and smaller projects.
    Project at "projects";
    /// A team of people.
    Team at "teams";
    /// An organization of people, projects and components.
    Organization at "orgs";
    /// What fields the tickets of trackers have.
    Workflow at "workflows";
    /// A roadmap of milestones.
    Roadmap at "roadmaps";
    /// A tracker of releases.
    ReleaseTracker at "releases";
}

/// A question that can be asked of every kind of tracker.
pub trait TrackerView<T>: View<TicketTracker, Answer = T> + View<PatchTracker, Answer = T> + Send + Sync {}
impl<T, V: View<TicketTracker, Answer = T> + View<PatchTracker, Answer = T> + Send + Sync> TrackerView<T> for V {}

/// A question that can be asked of everything that keeps what people comment on.
pub trait DiscussionView<T>: TrackerView<T> + View<ReleaseTracker, Answer = T> {}
impl<T, V: TrackerView<T> + View<ReleaseTracker, Answer = T>> DiscussionView<T> for V {}

impl ResourceKind {
    /// Whether people comment on what it keeps.
    pub fn discusses(self) -> bool {
        self.tracks() || self == Self::ReleaseTracker
    }

    /// Whether it keeps tickets.
    pub fn tracks(self) -> bool {
        matches!(self, Self::TicketTracker | Self::PatchTracker)
    }

    /// Those a factory makes: all but factories.
    pub fn made() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|kind| *kind != Self::Factory)
    }

    /// The kind of a type on the wire.
    pub fn from_type(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }

    /// The kind of the first part of a path.
    pub fn of_segment(segment: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.segment() == segment)
    }

    /// The kind of an actor of ours, as its address tells it.
    pub fn of(id: &ActorId) -> Option<Self> {
        let path = id.as_str().strip_prefix(crate::common::naming::origin(id))?.strip_prefix('/')?;
        Self::of_segment(path.split('/').next()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_found_by_its_type_its_segment_and_the_address_of_an_actor() {
        for kind in ResourceKind::ALL.iter().copied() {
            assert_eq!(ResourceKind::from_type(kind.as_str()), Some(kind));
            assert_eq!(ResourceKind::of_segment(kind.segment()), Some(kind));
            let id = ActorId::new(format!("https://a.example/{}/key", kind.segment()));
            assert_eq!(ResourceKind::of(&id), Some(kind));
        }
        assert_eq!(ResourceKind::of(&"https://a.example/people/key".into()), None);
        assert_eq!(ResourceKind::of(&"https://a.example/actor".into()), None);
    }
}
