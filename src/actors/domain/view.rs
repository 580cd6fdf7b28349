//! What may be asked about a domain.

use crate::domain::{APPLICATIONS, Application, Domain, DomainSettings, INVITATIONS, Invitation, NAMES};
use crate::limits::{APPLICATIONS_MAX, INVITATIONS_MAX};
use pritchel_actor::errbox::{OUTBOX, OutboxItem};
use pritchel_actor::{ActorId, Halt, Header, Look, Page, RowKey, View};

/// What a domain is and how many people it has.
#[derive(Clone, Copy, Debug)]
pub struct ViewDomain;

/// A domain as its pages and NodeInfo show it.
#[derive(Clone, Debug, PartialEq)]
pub struct DomainShown {
    /// Its settings.
    pub settings: DomainSettings,
    /// How many people it has.
    pub people: u64,
    /// Whether trackers of other servers may be copied here.
    pub migration: bool,
}

impl View<Domain> for ViewDomain {
    type Answer = DomainShown;

    fn look(&self, domain: &Domain, _: &Header, _: &mut Look<'_, '_>) -> Result<DomainShown, Halt> {
        Ok(DomainShown { settings: domain.settings.clone(), people: domain.people, migration: domain.migration })
    }
}

/// The actor of a name.
#[derive(Clone, Debug)]
pub struct WhoIs {
    /// The name, without the host.
    pub name: String,
}

impl View<Domain> for WhoIs {
    type Answer = Option<ActorId>;

    fn look(&self, _: &Domain, _: &Header, look: &mut Look<'_, '_>) -> Result<Option<ActorId>, Halt> {
        NAMES.get(look, &self.name)
    }
}

/// A page of what the domain has published, newest first. It answers those who asked for a factory: each act is for its
/// addressees.
#[derive(Clone, Copy, Debug)]
pub struct ViewOutbox {
    /// Items before this place; `None` from the newest.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

impl View<Domain> for ViewOutbox {
    type Answer = (u64, Vec<(u64, OutboxItem)>);

    fn look(&self, _: &Domain, header: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        let after = self.before.map(|before| before.encode()).unwrap_or_default();
        let items = OUTBOX.page(look, Page { prefix: &[], after: &after, limit: self.limit, newest_first: true })?;
        Ok((header.outbox, items))
    }
}

/// For the node: the invitation of this secret, if it is still good.
#[derive(Clone, Debug)]
pub struct InvitationOf {
    /// SHA-256 of its secret, hexadecimal.
    pub hash: String,
}

impl View<Domain> for InvitationOf {
    type Answer = Option<Invitation>;

    fn look(&self, _: &Domain, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        let now = look.now();
        Ok(INVITATIONS.get(look, &self.hash)?.filter(|invitation| invitation.is_open(now)))
    }
}

/// Invitations by the hash of their secret, newest first. For the node: it shows an administrator all, others their own.
#[derive(Clone, Debug)]
pub struct ViewInvitations {
    /// Whose; `None` for those of all.
    pub by: Option<ActorId>,
}

impl View<Domain> for ViewInvitations {
    type Answer = Vec<(String, Invitation)>;

    fn look(&self, _: &Domain, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        let now = look.now();
        let mut all = INVITATIONS.page(look, Page::first(&[], INVITATIONS_MAX))?;
        all.retain(|(_, one)| now < one.until && (self.by.is_none() || one.by == self.by));
        all.sort_by_key(|(_, invitation)| std::cmp::Reverse(invitation.since));
        Ok(all)
    }
}

/// For the node: what somebody who is not let in yet has chosen, and how things stand.
#[derive(Clone, Debug)]
pub struct ApplicationOf {
    /// The name they want.
    pub name: String,
}

impl View<Domain> for ApplicationOf {
    type Answer = Option<Application>;

    fn look(&self, _: &Domain, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        APPLICATIONS.get(look, &self.name)
    }
}

/// Who waits to be let in, longest first, by the name they want. For administrators.
#[derive(Clone, Copy, Debug)]
pub struct ViewApplications;

impl View<Domain> for ViewApplications {
    type Answer = Vec<(String, Application)>;

    fn look(&self, _: &Domain, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        let mut all = APPLICATIONS.page(look, Page::first(&[], APPLICATIONS_MAX))?;
        all.retain(|(_, application)| application.denied.is_none());
        for (_, application) in &mut all {
            // The hash of the password is for the node that checks it: see `ApplicationOf`.
            application.phc.clear();
        }
        all.sort_by_key(|(_, application)| application.at);
        Ok(all)
    }
}
