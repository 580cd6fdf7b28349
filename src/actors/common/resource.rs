//! What all resources share: a profile, who may see it, who follows it.

use crate::access::{Lapse, Role};
use crate::common::agenda::{Alarm, Punctual};
use crate::common::archived::Archived;
use crate::common::text::{Html, Line};
use crate::gate::SharedCalls;
use crate::hooks::HookCounts;
use crate::link::{End, LinkCounts};
use crate::tie::TieKind;
use pritchel_actor::{ActId, Actor, ActorId, Audience, Group, Halt, Rows, Seconds, Turn};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Followers of a resource or a person, with the time they began to follow.
pub const FOLLOWERS: Rows<ActorId, Seconds> = Rows::new("followers");

/// Who may see a resource, and what everybody may do without a Grant of their own.
///
/// Source: the three levels of Vervis; ForgeFed names none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Everybody may visit and report.
    #[default]
    Public,
    /// Everybody may visit.
    Closed,
    /// Nobody may do anything without a Grant, and nothing is shown.
    Private,
}

impl Visibility {
    /// All of them, the most open first.
    pub const ALL: [Self; 3] = [Self::Public, Self::Closed, Self::Private];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Closed => "closed",
            Self::Private => "private",
        }
    }

    /// By its word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|visibility| visibility.as_str() == word)
    }

    /// The roles everybody has.
    pub fn implicit_roles(self) -> &'static [Role] {
        match self {
            Self::Public => &[Role::Visit, Role::Report],
            Self::Closed => &[Role::Visit],
            Self::Private => &[],
        }
    }
}

/// The part of a state that all resources share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// What people call it.
    pub name: Line,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Html>,
    /// Its name in `acct:` form, before the `@`. Given by its domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
    /// When it was made.
    pub published: Seconds,
    /// Who may see it.
    pub visibility: Visibility,
    /// Who made it.
    pub creator: ActorId,
    /// The domain it belongs to.
    pub domain: ActorId,
    /// The Grants it published for everybody.
    #[serde(default)]
    pub public_grants: Vec<(Role, ActId)>,
    /// How many follow it.
    #[serde(default)]
    pub followers: u64,
    /// What its links have it count.
    #[serde(default, skip_serializing_if = "LinkCounts::is_zero")]
    pub links: LinkCounts,
    /// When it next has something to do by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm: Option<Alarm>,
    /// Since when nothing is changed here any more, if it is archived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<Archived>,
    /// How many webhooks it has.
    #[serde(default, skip_serializing_if = "HookCounts::is_none")]
    pub hooks: HookCounts,
}

impl Resource {
    /// A resource that has just been made.
    pub fn new(name: Line, creator: ActorId, domain: ActorId, published: Seconds) -> Self {
        Self {
            name,
            summary: None,
            handle: None,
            published,
            visibility: Visibility::default(),
            creator,
            domain,
            public_grants: Vec::new(),
            followers: 0,
            links: LinkCounts::default(),
            alarm: None,
            archived: None,
            hooks: HookCounts::default(),
        }
    }
}

/// An actor that is a resource: people and teams get access to it by Grants it issues.
pub trait ResourceActor: Actor<Call: SharedCalls> {
    /// Its type in ForgeFed, and the kind's name on disk.
    const TYPE: &'static str;
    /// Which ends of links it can be.
    const ENDS: &'static [End];
    /// The role that edits its name and summary.
    ///
    /// Source: ForgeFed, "Editing an Object", which leaves open who may edit a repository, a tracker or a project: whoever
    /// maintains it, as the text of the role has it.
    const EDITED_BY: Role = Role::Maintain;
    /// Terms of its document that methods of its own edit.
    const OWN_TERMS: &'static [&'static str] = &[];
    /// The shared part of its state.
    fn resource(&self) -> &Resource;
    /// The shared part of its state, to be changed.
    fn resource_mut(&mut self) -> &mut Resource;
    /// How far it passes on access to resources of some type: `None` for no access at all. A type that is not listed is
    /// passed on as it came.
    ///
    /// Source: ForgeFed, "roleFilter".
    fn role_filter(&self) -> &BTreeMap<String, Option<Role>> {
        const NONE: &BTreeMap<String, Option<Role>> = &BTreeMap::new();
        NONE
    }
    /// What a kind does when it no longer provides something for a consumer it was tied to.
    fn provides_no_more(&mut self, _turn: &mut Turn<'_>, _kind: TieKind, _who: &ActorId) -> Result<(), Halt> {
        Ok(())
    }
    /// What a kind does when it begins to use what another provides.
    fn uses_now(&mut self, _turn: &mut Turn<'_>, _kind: TieKind, _who: &ActorId) -> Result<(), Halt> {
        Ok(())
    }
    /// What a kind does when another actor has ended. Answers whether that changed anything its followers see.
    fn peer_ended(&mut self, _turn: &mut Turn<'_>, _peer: &ActorId) -> Result<bool, Halt> {
        Ok(false)
    }
    /// What a kind does when it is archived no more.
    fn unarchived(&mut self, _turn: &mut Turn<'_>) -> Result<(), Halt> {
        Ok(())
    }
    /// What a kind does when it has become private: whoever does not collaborate is told no more of what it keeps.
    fn closes(&mut self, _turn: &mut Turn<'_>) -> Result<(), Halt> {
        Ok(())
    }
    /// What a kind does when it ends itself.
    fn ends(&mut self, _turn: &mut Turn<'_>) -> Result<(), Halt> {
        Ok(())
    }
    /// What a kind does when somebody has lost the last Grant: of something private they are told no more.
    fn lost_access(&mut self, turn: &mut Turn<'_>, who: &ActorId) -> Result<(), Halt> {
        drop_follower(self, turn, who)
    }
}

impl<A: ResourceActor> Punctual for A {
    type Item = Lapse;
    fn alarm_mut(&mut self) -> &mut Option<Alarm> {
        &mut self.resource_mut().alarm
    }
}

/// Drops a follower who may no longer see the resource. Of what everybody may see they may be told on.
pub fn drop_follower<A: ResourceActor>(actor: &mut A, turn: &mut Turn<'_>, who: &ActorId) -> Result<(), Halt> {
    if actor.resource().visibility == Visibility::Private && FOLLOWERS.has(turn, who)? {
        FOLLOWERS.remove(turn, who);
        actor.resource_mut().followers = actor.resource().followers.saturating_sub(1);
    }
    Ok(())
}

/// The group of followers.
pub fn followers() -> Group {
    Group::table(FOLLOWERS.name())
}

/// Lets these groups see what happens: the act that called goes to them unchanged, and so does its answer, by which they
/// know that it was done.
///
/// Source: ForgeFed, "Actor Interface and Behavior": what a resource acts on it forwards to its followers.
pub fn spread(turn: &mut Turn<'_>, groups: Vec<Group>) -> Result<(), Halt> {
    turn.answer_also(Audience { to: Vec::new(), groups: groups.clone() });
    turn.forward(groups)
}

/// Those of these groups that have members, by the number that is kept of them: for an empty one no work is set in motion.
pub fn inhabited<const N: usize>(groups: [(Group, u64); N]) -> Vec<Group> {
    groups.into_iter().filter(|(_, members)| *members > 0).map(|(group, _)| group).collect()
}

/// Whether `uri` names `me` or something hosted by it.
pub fn is_mine(me: &ActorId, uri: &str) -> bool {
    uri.strip_prefix(me.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The collaborators collection of a resource. Invitations may name it instead of the resource.
pub fn collaborators_uri(me: &ActorId) -> String {
    format!("{me}/collaborators")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_without_members_are_left_out() {
        let other = || Group::table("others");
        assert_eq!(inhabited([(followers(), 0), (other(), 1)]), [other()]);
        assert_eq!(inhabited([(followers(), 2), (other(), 1)]), [followers(), other()]);
        assert!(inhabited([(followers(), 0), (other(), 0)]).is_empty());
    }
}
