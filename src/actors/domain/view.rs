//! What may be asked about a domain.

use crate::domain::{Domain, DomainSettings, NAMES};
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
