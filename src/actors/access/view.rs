//! Who may see a resource, and what may be asked about its access.

use crate::access::ground::brought;
use crate::access::invite::{Invitation, InvitationState};
use crate::access::{COLLABORATORS, Collaborator, GRANTS, INVITES, Issued};
use crate::common::Resource;
use crate::common::resource::{FOLLOWERS, ResourceActor, Visibility};
use crate::limits::SIFTED_PAGES_MAX;
use crate::link::view::holds_extension;
use pritchel_actor::errbox::{INBOX, InboxItem, OUTBOX, OutboxItem};
use pritchel_actor::limits::PAGE_MAX;
use pritchel_actor::{ActId, ActorId, Halt, Header, Look, Page, Refusal, RowKey, Rows, Seconds, View};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Refuses whoever may not see the resource. What is private is for its collaborators, and for others as if it were not.
pub fn may_see<A: ResourceActor>(actor: &A, look: &mut Look<'_, '_>, viewer: Option<&ActorId>) -> Result<(), Halt> {
    if actor.resource().visibility != Visibility::Private {
        return Ok(());
    }
    match viewer {
        Some(viewer) if role_of(look, viewer)?.is_some() => Ok(()),
        _ => Err(not_shown()),
    }
}

/// Refuses whoever is no admin of the resource.
pub fn must_administer(look: &mut Look<'_, '_>, viewer: Option<&ActorId>) -> Result<(), Halt> {
    let role = match viewer {
        Some(viewer) => role_of(look, viewer)?,
        None => None,
    };
    if role == Some(super::Role::Admin) { Ok(()) } else { Err(not_shown()) }
}

/// The role that somebody has at this time: as a collaborator, or by a Grant they bring, which came over teams and projects.
fn role_of(look: &mut Look<'_, '_>, viewer: &ActorId) -> Result<Option<super::Role>, Halt> {
    let now = look.now();
    let collaborator = COLLABORATORS.get(look, viewer)?.filter(|collaborator| collaborator.holds(now));
    let own = collaborator.map(|collaborator| collaborator.role);
    Ok(if own == Some(super::Role::Admin) { own } else { own.max(brought(look, viewer)?) })
}

/// The one refusal of every view: whoever may not see a thing does not learn whether it is there.
pub fn not_shown() -> Halt {
    Refusal::new("not-shown", "there is no such thing, or it is not for you").into()
}

/// What all resources share, as pages and actor documents show it.
#[derive(Clone, Debug)]
pub struct ViewResource {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
}

/// A resource as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceShown {
    /// What all resources share.
    pub resource: Resource,
    /// The viewer as a collaborator.
    pub own: Option<Collaborator>,
    /// The viewer's own role: as a collaborator, or by the Grant they bring.
    pub role: Option<super::Role>,
}

impl<A: ResourceActor> View<A> for ViewResource {
    type Answer = ResourceShown;

    fn look(&self, actor: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<ResourceShown, Halt> {
        may_see(actor, look, self.viewer.as_ref())?;
        let own = match &self.viewer {
            Some(viewer) => {
                let now = look.now();
                COLLABORATORS.get(look, viewer)?.filter(|own| own.holds(now))
            }
            None => None,
        };
        let role = match &self.viewer {
            Some(viewer) => role_of(look, viewer)?,
            None => None,
        };
        Ok(ResourceShown { resource: actor.resource().clone(), own, role })
    }
}

/// Who collaborates, who is invited, which Grants were given.
#[derive(Clone, Debug)]
pub struct ViewAccess {
    /// Who looks.
    pub viewer: Option<ActorId>,
    /// Collaborators after this one.
    pub after: Option<ActorId>,
    /// At most so many of each.
    pub limit: usize,
}

/// A resource's access as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessShown {
    /// The page of collaborators.
    pub collaborators: Vec<(ActorId, Collaborator)>,
    /// Invitations; for admins only.
    pub invitations: Vec<(ActId, Invitation)>,
    /// Grants given; for admins only.
    pub grants: Vec<(ActId, Issued)>,
}

/// Those that wait for an answer, and then others.
fn invitations(look: &mut Look<'_, '_>, limit: usize) -> Result<Vec<(ActId, Invitation)>, Halt> {
    let waits = |invitation: &Invitation| invitation.state == InvitationState::Offered;
    let mut shown = sift(look, &INVITES, limit, |_, invitation| Ok(waits(invitation)))?;
    let left = limit - shown.len();
    shown.extend(sift(look, &INVITES, left, |_, invitation| Ok(!waits(invitation)))?);
    Ok(shown)
}

impl<A: ResourceActor> View<A> for ViewAccess {
    type Answer = AccessShown;

    fn look(&self, actor: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<AccessShown, Halt> {
        may_see(actor, look, self.viewer.as_ref())?;
        let after = self.after.as_ref().map(RowKey::encode).unwrap_or_default();
        let page = Page { prefix: &[], after: &after, limit: self.limit, newest_first: false };
        let collaborators = COLLABORATORS.page(look, page)?;
        let admin = must_administer(look, self.viewer.as_ref());
        let (invitations, grants) = match admin {
            Ok(()) => (invitations(look, self.limit)?, GRANTS.page(look, Page::first(&[], self.limit))?),
            Err(Halt::Refuse(_)) => (Vec::new(), Vec::new()),
            Err(halt) => return Err(halt),
        };
        Ok(AccessShown { collaborators, invitations, grants })
    }
}

/// The rows of a table that are wanted, in their order: at most `limit`, among the first [`SIFTED_PAGES_MAX`] pages. What has come
/// to its end is kept beside what waits, and there may be much of it.
pub fn sift<K: RowKey, T: Serialize + DeserializeOwned>(
    look: &mut Look<'_, '_>,
    rows: &Rows<K, T>,
    limit: usize,
    mut wanted: impl FnMut(&mut Look<'_, '_>, &T) -> Result<bool, Halt>,
) -> Result<Vec<(K, T)>, Halt> {
    let (mut found, mut after) = (Vec::new(), Vec::new());
    for _ in 0..SIFTED_PAGES_MAX {
        let page = rows.page(look, Page { prefix: &[], after: &after, limit: PAGE_MAX, newest_first: false })?;
        let last = page.last().filter(|_| page.len() == PAGE_MAX).map(|(key, _)| key.encode());
        for (key, row) in page {
            if found.len() < limit && wanted(look, &row)? {
                found.push((key, row));
            }
        }
        match last {
            Some(last) if found.len() < limit => after = last,
            _ => break,
        }
    }
    Ok(found)
}

/// A page of followers.
#[derive(Clone, Debug)]
pub struct ViewFollowers {
    /// Who looks.
    pub viewer: Option<ActorId>,
    /// Followers after this one.
    pub after: Option<ActorId>,
    /// At most so many.
    pub limit: usize,
}

impl<A: ResourceActor> View<A> for ViewFollowers {
    type Answer = (u64, Vec<(ActorId, Seconds)>);

    fn look(&self, actor: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        may_see(actor, look, self.viewer.as_ref())?;
        let after = self.after.as_ref().map(RowKey::encode).unwrap_or_default();
        let page = Page { prefix: &[], after: &after, limit: self.limit, newest_first: false };
        Ok((actor.resource().followers, FOLLOWERS.page(look, page)?))
    }
}

/// A page of a resource's inbox, newest first; for its admins.
#[derive(Clone, Debug)]
pub struct ViewInbox {
    /// Who looks.
    pub viewer: Option<ActorId>,
    /// Items before this place; `None` from the newest.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

impl<A: ResourceActor> View<A> for ViewInbox {
    type Answer = Vec<(u64, InboxItem)>;

    fn look(&self, _: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        must_administer(look, self.viewer.as_ref())?;
        let after = self.before.map(|before| before.encode()).unwrap_or_default();
        INBOX.page(look, Page { prefix: &[], after: &after, limit: self.limit, newest_first: true })
    }
}

/// A page of a resource's outbox, newest first. Each act is shown to whom it is shown: see [`crate::common::audience`].
#[derive(Clone, Debug)]
pub struct ViewOutbox {
    /// Who looks.
    pub viewer: Option<ActorId>,
    /// Items before this place; `None` from the newest.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

impl<A: ResourceActor> View<A> for ViewOutbox {
    type Answer = (u64, Vec<(u64, OutboxItem)>);

    fn look(&self, actor: &A, header: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        may_see(actor, look, self.viewer.as_ref())?;
        let after = self.before.map(|before| before.encode()).unwrap_or_default();
        let items = OUTBOX.page(look, Page { prefix: &[], after: &after, limit: self.limit, newest_first: true })?;
        Ok((header.outbox, items))
    }
}

/// Whether the resource still holds to a Grant it gave or passed on. Whoever knows the Grant's address may ask: it is what its
/// `result` answers.
#[derive(Clone, Debug)]
pub struct HoldsGrant {
    /// The Grant.
    pub grant: ActId,
}

impl<A: ResourceActor> View<A> for HoldsGrant {
    type Answer = bool;

    fn look(&self, _: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<bool, Halt> {
        match GRANTS.get(look, &self.grant)? {
            Some(issued) => Ok(issued.active && !issued.span.is_over(look.now())),
            None => holds_extension(look, &self.grant),
        }
    }
}
