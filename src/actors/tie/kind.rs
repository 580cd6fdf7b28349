//! The kinds of ties: who provides, who uses it, and by which properties they point at each other.

use crate::access::Role;
use serde::{Deserialize, Serialize};

/// A kind of tie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TieKind {
    /// A workflow says what fields the tickets of trackers have.
    Workflow,
    /// A roadmap has the milestones of trackers.
    Roadmap,
    /// A repository's releases are made in a tracker.
    Releases,
    /// Patches to a repository go to a tracker, which writes to it.
    Patches,
    /// Tickets about a repository go to a tracker.
    Tickets,
}

/// Which side of a tie an actor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TieSide {
    /// Gives the Grant.
    Provider,
    /// Holds the Grant, and follows the provider.
    Consumer,
}

/// How one side points at the other.
struct Points {
    /// The property.
    property: &'static str,
    /// Whether at one actor only.
    one: bool,
}

/// What the two sides of a tie are.
struct Terms {
    /// A number for keys of rows, never reused.
    code: u64,
    providers: &'static [&'static str],
    consumers: &'static [&'static str],
    role: Role,
    provider_points: Points,
    consumer_points: Points,
}

const fn one(property: &'static str) -> Points {
    Points { property, one: true }
}

const fn many(property: &'static str) -> Points {
    Points { property, one: false }
}

impl TieKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Workflow, Self::Roadmap, Self::Releases, Self::Patches, Self::Tickets];

    /// Source: ForgeFed, FL-65, FL-70, FL-72 and FL-73 of its flows; protocol decisions F-45 and F-48. No flow says how a repository
    /// comes to its tracker of tickets (F-51): as it comes to that of its releases.
    const fn terms(self) -> Terms {
        match self {
            Self::Workflow => Terms {
                code: 0,
                providers: &["Workflow"],
                consumers: &["TicketTracker", "PatchTracker"],
                role: Role::Visit,
                provider_points: many("workflowTrackers"),
                consumer_points: one("trackerWorkflow"),
            },
            Self::Roadmap => Terms {
                code: 1,
                providers: &["Roadmap"],
                consumers: &["TicketTracker", "PatchTracker", "ReleaseTracker"],
                role: Role::Visit,
                provider_points: many("roadmapTrackers"),
                consumer_points: one("trackerRoadmap"),
            },
            Self::Releases => Terms {
                code: 2,
                providers: &["Repository"],
                consumers: &["ReleaseTracker"],
                role: Role::Visit,
                provider_points: one("releasesTrackedBy"),
                consumer_points: many("tracksReleasesFor"),
            },
            Self::Patches => Terms {
                code: 3,
                providers: &["Repository"],
                consumers: &["PatchTracker"],
                role: Role::Write,
                provider_points: one("sendPatchesTo"),
                consumer_points: many("tracksPatchesFor"),
            },
            Self::Tickets => Terms {
                code: 4,
                providers: &["Repository"],
                consumers: &["TicketTracker"],
                role: Role::Visit,
                provider_points: one("ticketsTrackedBy"),
                consumer_points: many("tracksTicketsFor"),
            },
        }
    }

    /// The kinds an actor of this type can be this side of.
    pub fn of(side: TieSide, actor_type: &str) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |kind| kind.types(side).contains(&actor_type))
    }

    /// The kind of tie that a Grant of `role` by one of `provider`'s types to an actor of this type makes.
    pub fn between(provider: &[String], consumer: &str, role: Role) -> Option<Self> {
        let provides = |kind: &Self| provider.iter().any(|name| kind.types(TieSide::Provider).contains(&name.as_str()));
        Self::of(TieSide::Consumer, consumer).find(|kind| kind.role() == role && provides(kind))
    }

    /// The types an actor at this side may have.
    pub fn types(self, side: TieSide) -> &'static [&'static str] {
        let terms = self.terms();
        match side {
            TieSide::Consumer => terms.consumers,
            TieSide::Provider => terms.providers,
        }
    }

    /// The role the consumer is given.
    pub fn role(self) -> Role {
        self.terms().role
    }

    /// The property by which the actor at this side points at the other.
    pub fn property(self, side: TieSide) -> &'static str {
        self.points(side).property
    }

    /// Whether the actor at this side has at most one such tie.
    pub fn only_one(self, side: TieSide) -> bool {
        self.points(side).one
    }

    /// The kind and side that an actor of this type shows in the property of this name.
    pub fn of_property(actor_type: &str, name: &str) -> Option<(Self, TieSide)> {
        [TieSide::Provider, TieSide::Consumer].into_iter().find_map(|side| {
            Self::of(side, actor_type).find(|kind| kind.property(side) == name).map(|kind| (kind, side))
        })
    }

    /// Whether a property of some actor shows ties.
    pub fn is_property(name: &str) -> bool {
        let sides = [TieSide::Provider, TieSide::Consumer];
        Self::ALL.into_iter().any(|kind| sides.into_iter().any(|side| kind.property(side) == name))
    }

    /// A number for keys of rows, never reused.
    pub(crate) fn code(self) -> u64 {
        self.terms().code
    }

    fn points(self, side: TieSide) -> Points {
        let terms = self.terms();
        match side {
            TieSide::Provider => terms.provider_points,
            TieSide::Consumer => terms.consumer_points,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_as_they_were() {
        assert_eq!(TieKind::ALL.map(TieKind::code), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn a_kind_is_known_by_both_types_and_the_role() {
        let between = |provider: &str, consumer, role| TieKind::between(&[provider.to_owned()], consumer, role);
        #[rustfmt::skip]
        let rows = [
            ("Workflow",   "TicketTracker",  Role::Visit, Some(TieKind::Workflow)),
            ("Workflow",   "PatchTracker",   Role::Visit, Some(TieKind::Workflow)),
            ("Workflow",   "ReleaseTracker", Role::Visit, None),
            ("Workflow",   "TicketTracker",  Role::Write, None),
            ("Roadmap",    "ReleaseTracker", Role::Visit, Some(TieKind::Roadmap)),
            ("Repository", "ReleaseTracker", Role::Visit, Some(TieKind::Releases)),
            ("Repository", "PatchTracker",   Role::Write, Some(TieKind::Patches)),
            ("Repository", "PatchTracker",   Role::Visit, None),
            ("Repository", "TicketTracker",  Role::Visit, Some(TieKind::Tickets)),
            ("Project",    "TicketTracker",  Role::Visit, None),
        ];
        for (provider, consumer, role, expected) in rows {
            assert_eq!(between(provider, consumer, role), expected, "{provider} to {consumer}, {role}");
        }
    }

    #[test]
    fn a_property_is_that_of_one_kind_and_side() {
        for kind in TieKind::ALL {
            for side in [TieSide::Provider, TieSide::Consumer] {
                for name in kind.types(side) {
                    assert_eq!(TieKind::of_property(name, kind.property(side)), Some((kind, side)));
                    assert!(TieKind::is_property(kind.property(side)));
                }
            }
        }
        assert_eq!(TieKind::of_property("TicketTracker", "workflowTrackers"), None);
        assert!(!TieKind::is_property("components"));
    }
}
