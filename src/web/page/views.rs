//! Questions that only pages ask. Who may see the answer is decided here, as in the views of each kind.

use pritchel_actor::errbox::{ERRBOX, ErrboxLine, INBOX, InboxItem, OUTBOX, OutboxItem, PUBLISHED};
use pritchel_actor::{ActId, Actor, ActorId, Halt, Header, Look, Page, RowKey, View};
use pritchel_actors::access::join::Request;
use pritchel_actors::access::view::{may_see, must_administer, not_shown, sift};
use pritchel_actors::access::{COLLABORATORS, JOINS};
use pritchel_actors::common::ResourceActor;
use pritchel_actors::common::like::LIKES;
use pritchel_actors::domain::{NAMES, PEOPLE};
use pritchel_actors::person::rows::{FOLLOWING, Following, SESSIONS, Session};
use pritchel_actors::{Domain, Person, Repository};

/// Whether the viewer may look into the boxes of an actor: a person into their own, an admin into a resource's.
fn owns(look: &mut Look<'_, '_>, viewer: Option<&ActorId>) -> Result<(), Halt> {
    if viewer == Some(look.me()) { Ok(()) } else { must_administer(look, viewer) }
}

/// A page of the errbox, newest first; for whoever owns the actor.
#[derive(Clone, Debug)]
pub struct Errbox {
    /// Who looks.
    pub viewer: Option<ActorId>,
    /// Lines before this place; `None` from the newest.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

impl<A: Actor> View<A> for Errbox {
    type Answer = Vec<(u64, ErrboxLine)>;

    fn look(&self, _: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        owns(look, self.viewer.as_ref())?;
        let after = self.before.map(|before| before.encode()).unwrap_or_default();
        ERRBOX.page(look, Page { prefix: &[], after: &after, limit: self.limit, newest_first: true })
    }
}

/// An item of the inbox by its place; for whoever owns the actor.
#[derive(Clone, Debug)]
pub struct Received {
    /// Who looks.
    pub viewer: Option<ActorId>,
    /// Its place.
    pub place: u64,
}

impl<A: Actor> View<A> for Received {
    type Answer = InboxItem;

    fn look(&self, _: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<InboxItem, Halt> {
        owns(look, self.viewer.as_ref())?;
        INBOX.get(look, &self.place)?.ok_or_else(not_shown)
    }
}

/// An item of the outbox by its act, and whether the viewer owns the actor. Whether others may see the act is for whoever
/// has read it.
#[derive(Clone, Debug)]
pub struct Published {
    /// Who looks.
    pub viewer: Option<ActorId>,
    /// The act.
    pub act: ActId,
}

impl<A: Actor> View<A> for Published {
    type Answer = (OutboxItem, bool);

    fn look(&self, _: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        let own = match owns(look, self.viewer.as_ref()) {
            Ok(()) => true,
            Err(Halt::Refuse(_)) => false,
            Err(halt) => return Err(halt),
        };
        let place = PUBLISHED.get(look, &self.act)?.ok_or_else(not_shown)?;
        Ok((OUTBOX.get(look, &place)?.ok_or_else(not_shown)?, own))
    }
}

/// Whether the person follows this actor; for the person.
#[derive(Clone, Debug)]
pub struct Follows {
    /// Who looks.
    pub viewer: ActorId,
    /// Whom.
    pub whom: ActorId,
}

impl View<Person> for Follows {
    type Answer = Option<Following>;

    fn look(&self, _: &Person, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        if self.viewer != *look.me() {
            return Err(not_shown());
        }
        FOLLOWING.get(look, &self.whom)
    }
}

/// The sessions of a person; for the person.
#[derive(Clone, Debug)]
pub struct Sessions {
    /// Who looks.
    pub viewer: ActorId,
    /// At most so many.
    pub limit: usize,
}

impl View<Person> for Sessions {
    type Answer = Vec<(String, Session)>;

    fn look(&self, _: &Person, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        if self.viewer != *look.me() {
            return Err(not_shown());
        }
        let now = look.now();
        let all = SESSIONS.page(look, Page::first(&[], self.limit))?;
        Ok(all.into_iter().filter(|(_, session)| session.until > now).collect())
    }
}

/// The star that somebody gave a repository.
#[derive(Clone, Debug)]
pub struct StarOf {
    /// Who looks, and whose star it is.
    pub viewer: ActorId,
}

impl View<Repository> for StarOf {
    type Answer = Option<ActId>;

    fn look(&self, repository: &Repository, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        may_see(repository, look, Some(&self.viewer))?;
        LIKES.get(look, &self.viewer)
    }
}

/// Requests to join that wait for an admin; for admins.
#[derive(Clone, Debug)]
pub struct Requests {
    /// Who looks.
    pub viewer: Option<ActorId>,
    /// At most so many.
    pub limit: usize,
}

impl<A: ResourceActor> View<A> for Requests {
    type Answer = Vec<(ActId, Request)>;

    fn look(&self, _: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        must_administer(look, self.viewer.as_ref())?;
        sift(look, &JOINS, self.limit, |look, request| {
            Ok(request.approved.is_none() && !COLLABORATORS.has(look, &request.by)?)
        })
    }
}

/// Names given by a domain, in their order. Whether what they name may be seen is for each to say.
#[derive(Clone, Debug)]
pub struct Names {
    /// Names after this one.
    pub after: Option<String>,
    /// At most so many.
    pub limit: usize,
}

impl View<Domain> for Names {
    type Answer = Vec<(String, ActorId)>;

    fn look(&self, _: &Domain, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        let after = self.after.as_ref().map(RowKey::encode).unwrap_or_default();
        NAMES.page(look, Page { prefix: &[], after: &after, limit: self.limit, newest_first: false })
    }
}

/// People of a domain. For the node, which looks for an administrator.
#[derive(Clone, Copy, Debug)]
pub struct People {
    /// At most so many.
    pub limit: usize,
}

impl View<Domain> for People {
    type Answer = Vec<ActorId>;

    fn look(&self, _: &Domain, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        Ok(PEOPLE.page(look, Page::first(&[], self.limit))?.into_iter().map(|(person, _)| person).collect())
    }
}

/// A page of the inbox, newest first; for whoever owns the actor.
#[derive(Clone, Debug)]
pub struct Inbox {
    /// Who looks.
    pub viewer: Option<ActorId>,
    /// Items before this place; `None` from the newest.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

impl<A: Actor> View<A> for Inbox {
    type Answer = Vec<(u64, InboxItem)>;

    fn look(&self, _: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        owns(look, self.viewer.as_ref())?;
        let after = self.before.map(|before| before.encode()).unwrap_or_default();
        INBOX.page(look, Page { prefix: &[], after: &after, limit: self.limit, newest_first: true })
    }
}

/// A page of the outbox, newest first. Whether each act may be seen is for whoever has read it.
#[derive(Clone, Copy, Debug)]
pub struct Outbox {
    /// Items before this place; `None` from the newest.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

impl<A: Actor> View<A> for Outbox {
    type Answer = Vec<(u64, OutboxItem)>;

    fn look(&self, _: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        let after = self.before.map(|before| before.encode()).unwrap_or_default();
        OUTBOX.page(look, Page { prefix: &[], after: &after, limit: self.limit, newest_first: true })
    }
}
