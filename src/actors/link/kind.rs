//! The kinds of links, and what stands at each end.

use crate::limits::LINK_COLLECTIONS;
use crate::tie::TieKind;
use serde::{Deserialize, Serialize};

/// A kind of link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// A component belongs to a project.
    Component,
    /// A project is a child of another.
    Child,
    /// A team is the parent of another: members of the child get what the parent has.
    Subteam,
    /// A team is overseen by another, which gets access to the team itself.
    Oversight,
    /// A team has access to a resource.
    TeamResource,
    /// A person belongs to an organization. No access comes of it.
    Member,
    /// A project or component is listed by an organization. No access comes of it.
    Asset,
}

/// Which end of a link an actor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Lets access go.
    Source,
    /// Receives access, and gives the delegate-Grant by which it comes.
    Destination,
}

/// The types of what an organization may list.
const ASSET_TYPES: [&str; 7] =
    ["Repository", "TicketTracker", "PatchTracker", "Workflow", "Roadmap", "ReleaseTracker", "Project"];

/// One end of one kind of link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct End {
    /// The kind.
    pub kind: LinkKind,
    /// The side.
    pub side: Side,
}

const fn source(kind: LinkKind) -> End {
    End { kind, side: Side::Source }
}

const fn destination(kind: LinkKind) -> End {
    End { kind, side: Side::Destination }
}

/// The types of components.
pub const COMPONENT_TYPES: [&str; 6] =
    ["Repository", "TicketTracker", "PatchTracker", "Workflow", "Roadmap", "ReleaseTracker"];

/// The types a team may have access to.
const TEAM_RESOURCES: [&str; 9] = [
    "Repository",
    "TicketTracker",
    "PatchTracker",
    "Workflow",
    "Roadmap",
    "ReleaseTracker",
    "Project",
    "Factory",
    "Organization",
];

impl End {
    /// What a component can be.
    pub const COMPONENT: &'static [Self] =
        &[source(LinkKind::Component), source(LinkKind::TeamResource), source(LinkKind::Asset)];
    /// What a resource can be that belongs to no project.
    pub const FACTORY: &'static [Self] = &[source(LinkKind::TeamResource)];
    /// What a project can be.
    pub const PROJECT: &'static [Self] = &[
        destination(LinkKind::Component),
        source(LinkKind::Child),
        destination(LinkKind::Child),
        source(LinkKind::TeamResource),
        source(LinkKind::Asset),
    ];
    /// What an organization can be.
    pub const ORGANIZATION: &'static [Self] =
        &[destination(LinkKind::Member), destination(LinkKind::Asset), source(LinkKind::TeamResource)];
    /// What a team can be.
    pub const TEAM: &'static [Self] = &[
        source(LinkKind::Subteam),
        destination(LinkKind::Subteam),
        source(LinkKind::Oversight),
        destination(LinkKind::Oversight),
        destination(LinkKind::TeamResource),
    ];

    /// The other end of the same kind of link.
    pub fn opposite(self) -> Self {
        match self.side {
            Side::Source => destination(self.kind),
            Side::Destination => source(self.kind),
        }
    }

    /// The property and collection in which the actor at this end lists the peers of such links.
    ///
    /// Source: ForgeFed, vocabulary.
    pub fn collection(self) -> &'static str {
        match (self.kind, self.side) {
            (LinkKind::Component | LinkKind::Child, Side::Source) | (LinkKind::Subteam, Side::Destination) => "context",
            (LinkKind::Component, Side::Destination) => "components",
            (LinkKind::Child, Side::Destination) => "subprojects",
            (LinkKind::Subteam, Side::Source) => "subteams",
            (LinkKind::Oversight, Side::Source) => "overseenBy",
            (LinkKind::Oversight, Side::Destination) => "oversees",
            (LinkKind::TeamResource, Side::Source) => "teams",
            (LinkKind::TeamResource, Side::Destination) => "teamResources",
            (LinkKind::Member, Side::Destination) => "members",
            (LinkKind::Asset, Side::Destination) => "orgAssets",
            // Persons keep none; if one of another server does, it can only be this.
            (LinkKind::Member | LinkKind::Asset, Side::Source) => "organizations",
        }
    }

    /// The types that the actor at the other end may have.
    pub fn peer_types(self) -> &'static [&'static str] {
        match (self.kind, self.side) {
            (LinkKind::Component, Side::Source) | (LinkKind::Child, _) => &["Project"],
            (LinkKind::Component, Side::Destination) => &COMPONENT_TYPES,
            (LinkKind::TeamResource, Side::Destination) => &TEAM_RESOURCES,
            (LinkKind::Subteam | LinkKind::Oversight, _) | (LinkKind::TeamResource, Side::Source) => &["Team"],
            (LinkKind::Member, Side::Destination) => &["Person"],
            (LinkKind::Asset, Side::Destination) => &ASSET_TYPES,
            (LinkKind::Member | LinkKind::Asset, Side::Source) => &["Organization"],
        }
    }

    /// Whether access comes over such links. Over one without, the destination lists the source, and that is all: it needs no
    /// role and no Grant.
    pub fn carries(self) -> bool {
        !matches!(self.kind, LinkKind::Member | LinkKind::Asset)
    }

    /// Whether an admin at this end may ask for such a link. What carries no access is asked for by who lists.
    ///
    /// Source: ForgeFed, "Organizations"; protocol decision F-38.
    pub fn begins(self) -> bool {
        self.carries() || self.side == Side::Destination
    }

    /// Whether the source gives access to itself over such links.
    pub fn starts(self) -> bool {
        self.carries() && self.kind != LinkKind::Subteam
    }

    /// Whether the source passes on over such links what it was given. An overseeing team gets only what concerns the team
    /// it oversees; a component is given nothing.
    pub fn extends(self) -> bool {
        matches!(self.kind, LinkKind::Child | LinkKind::Subteam | LinkKind::TeamResource)
    }

    /// How the destination may use what comes over such links; empty where nothing comes.
    ///
    /// Source: ForgeFed, "Starting a delegation chain".
    pub fn allows(self) -> &'static str {
        match self.kind {
            LinkKind::Component | LinkKind::Child => "gatherAndConvey",
            LinkKind::Subteam | LinkKind::Oversight | LinkKind::TeamResource => "distribute",
            LinkKind::Member | LinkKind::Asset => "",
        }
    }

    /// The end of `ends` whose collection has this name.
    pub fn of_collection(ends: &[Self], name: &str) -> Option<Self> {
        ends.iter().copied().find(|end| end.collection() == name)
    }

    /// A number for keys of rows, never reused.
    pub(crate) fn code(self) -> u64 {
        let kind = match self.kind {
            LinkKind::Component => 0,
            LinkKind::Child => 1,
            LinkKind::Subteam => 2,
            LinkKind::Oversight => 3,
            LinkKind::TeamResource => 4,
            LinkKind::Member => 5,
            LinkKind::Asset => 6,
        };
        kind * 2 + u64::from(self.side == Side::Destination)
    }

    /// The end of a number.
    pub(crate) fn of_code(code: u64) -> Option<Self> {
        let all = [Self::COMPONENT, Self::PROJECT, Self::TEAM, Self::ORGANIZATION];
        all.into_iter().flatten().copied().find(|end| end.code() == code)
    }
}

/// Whether the collection of this name lists without giving access.
pub fn lists_only(collection: &str) -> bool {
    matches!(collection, "members" | "orgAssets" | "organizations")
}

/// Whose collection of links or property of ties this is, where its address is formed as ours are.
pub fn link_owner(uri: &str) -> Option<&str> {
    let shows = |name: &str| LINK_COLLECTIONS.contains(&name) || TieKind::is_property(name);
    uri.rsplit_once('/').filter(|(_, name)| shows(name)).map(|(owner, _)| owner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&[End]; 5] = [End::COMPONENT, End::FACTORY, End::PROJECT, End::TEAM, End::ORGANIZATION];

    #[test]
    fn no_actor_shows_two_kinds_of_links_in_one_collection() {
        for ends in ALL {
            for end in ends {
                assert_eq!(End::of_collection(ends, end.collection()), Some(*end));
                assert_eq!(
                    link_owner(&format!("https://a.example/x/{}", end.collection())),
                    Some("https://a.example/x")
                );
                assert_eq!(end.opposite().opposite(), *end);
                assert_eq!(lists_only(end.collection()), !end.carries(), "{end:?}");
                assert!(end.begins() || end.opposite().begins(), "somebody can ask for {end:?}");
            }
        }
    }

    #[test]
    fn codes_are_as_they_were() {
        let codes: Vec<u64> = End::PROJECT.iter().chain(End::TEAM).map(|end| end.code()).collect();
        assert_eq!(codes, [1, 2, 3, 8, 12, 4, 5, 6, 7, 9]);
        let codes: Vec<u64> = End::ORGANIZATION.iter().map(|end| end.code()).collect();
        assert_eq!(codes, [11, 13, 8]);
        assert_eq!(source(LinkKind::Component).code(), 0);
        // A person keeps no links: the other end of a membership has no collection.
        for code in (0..14).filter(|code| *code != 10) {
            assert_eq!(End::of_code(code).map(End::code), Some(code));
        }
        assert_eq!(End::of_code(14), None);
    }
}
