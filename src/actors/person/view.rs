//! What may be asked about a person. The inbox and what is about access are the person's own.

use crate::access::view::not_shown;
use crate::common::resource::FOLLOWERS;
use crate::limits::{PERMIT_PAGES_MAX, PGP_KEYS_MAX, SSH_KEYS_MAX};
use crate::person::Person;
use crate::person::rows::{
    DELEGATIONS, FOLLOW_REQUESTS, FOLLOWING, FOLLOWING_QUIETLY, Following, GIVEN, GIVEN_ORDER, GivenTicket, INVITED,
    Invited, NOTES, NOTES_CHANGED, NoteChange, PERMITS, PGP_KEYS, PICTURES, Permit, PgpKey, Picture, SENT, SESSIONS,
    SSH_KEYS, Sent, Session, SshKey, TOKENS, Token,
};
use pritchel_actor::errbox::{INBOX, InboxItem, OUTBOX, OutboxItem};
use pritchel_actor::limits::PAGE_MAX;
use pritchel_actor::{ActId, ActorId, Halt, Header, Look, Page, RowKey, Seconds, View};
use std::cmp::Reverse;

fn only(look: &Look<'_, '_>, viewer: Option<&ActorId>) -> Result<(), Halt> {
    if viewer == Some(look.me()) { Ok(()) } else { Err(not_shown()) }
}

/// The person, as everybody may see them.
#[derive(Clone, Copy, Debug)]
pub struct ViewPerson;

impl View<Person> for ViewPerson {
    type Answer = Person;

    fn look(&self, person: &Person, _: &Header, _: &mut Look<'_, '_>) -> Result<Person, Halt> {
        // The hash of the password is for the node that checks it: see `Credentials`.
        Ok(Person { password: None, ..person.clone() })
    }
}

/// For the node: what it needs to check a password.
#[derive(Clone, Copy, Debug)]
pub struct Credentials;

impl View<Person> for Credentials {
    type Answer = Option<String>;

    fn look(&self, person: &Person, _: &Header, _: &mut Look<'_, '_>) -> Result<Option<String>, Halt> {
        Ok(person.password.clone())
    }
}

/// For the node: the session with this hash; none of whoever is suspended.
#[derive(Clone, Debug)]
pub struct SessionOf {
    /// SHA-256 of its secret, hexadecimal.
    pub hash: String,
}

impl View<Person> for SessionOf {
    type Answer = Option<Session>;

    fn look(&self, person: &Person, _: &Header, look: &mut Look<'_, '_>) -> Result<Option<Session>, Halt> {
        if person.suspended.is_some() {
            return Ok(None);
        }
        let now = look.now();
        Ok(SESSIONS.get(look, &self.hash)?.filter(|session| session.until > now))
    }
}

/// For the node: the token with this hash; none of whoever is suspended.
#[derive(Clone, Debug)]
pub struct TokenOf {
    /// SHA-256 of its secret, hexadecimal.
    pub hash: String,
}

impl View<Person> for TokenOf {
    type Answer = Option<Token>;

    fn look(&self, person: &Person, _: &Header, look: &mut Look<'_, '_>) -> Result<Option<Token>, Halt> {
        if person.suspended.is_some() {
            return Ok(None);
        }
        let now = look.now();
        Ok(TOKENS.get(look, &self.hash)?.filter(|token| token.until.is_none_or(|until| until > now)))
    }
}

/// The SSH keys of the person, by fingerprint: everybody may know them, they are in the person's document. Those of whoever is
/// suspended are not shown: nobody believes them.
#[derive(Clone, Copy, Debug)]
pub struct ViewSshKeys;

impl View<Person> for ViewSshKeys {
    type Answer = Vec<(String, SshKey)>;

    fn look(&self, person: &Person, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        if person.suspended.is_some() {
            return Ok(Vec::new());
        }
        SSH_KEYS.page(look, Page::first(&[], SSH_KEYS_MAX as usize))
    }
}

/// The OpenPGP keys of the person, by fingerprint. Those of whoever is suspended are not shown.
#[derive(Clone, Copy, Debug)]
pub struct ViewPgpKeys;

impl View<Person> for ViewPgpKeys {
    type Answer = Vec<(String, PgpKey)>;

    fn look(&self, person: &Person, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        if person.suspended.is_some() {
            return Ok(Vec::new());
        }
        PGP_KEYS.page(look, Page::first(&[], PGP_KEYS_MAX as usize))
    }
}

/// The picture of this hash: everybody may see it.
#[derive(Clone, Debug)]
pub struct PictureOf {
    /// The first half of the SHA-256 of its bytes, hexadecimal.
    pub hash: String,
}

impl View<Person> for PictureOf {
    type Answer = Option<Picture>;

    fn look(&self, _: &Person, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        PICTURES.get(look, &self.hash)
    }
}

/// A page of the inbox, newest first.
#[derive(Clone, Debug)]
pub struct ViewInbox {
    /// Who looks.
    pub viewer: Option<ActorId>,
    /// Items before this place; `None` from the newest.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

impl View<Person> for ViewInbox {
    type Answer = (u64, Vec<(u64, InboxItem)>);

    fn look(&self, _: &Person, header: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        only(look, self.viewer.as_ref())?;
        let after = self.before.map(|before| before.encode()).unwrap_or_default();
        let items = INBOX.page(look, Page { prefix: &[], after: &after, limit: self.limit, newest_first: true })?;
        Ok((header.inbox, items))
    }
}

/// A page of the outbox, newest first, with what became of each; for the person. Others see what is addressed to them.
#[derive(Clone, Debug)]
pub struct ViewOutbox {
    /// Items before this place; `None` from the newest.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

impl View<Person> for ViewOutbox {
    type Answer = (u64, Vec<(u64, OutboxItem, Option<Sent>)>);

    fn look(&self, _: &Person, header: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        let after = self.before.map(|before| before.encode()).unwrap_or_default();
        let items = OUTBOX.page(look, Page { prefix: &[], after: &after, limit: self.limit, newest_first: true })?;
        let mut shown = Vec::with_capacity(items.len());
        for (place, item) in items {
            let sent = SENT.get(look, &item.act)?;
            shown.push((place, item, sent));
        }
        Ok((header.outbox, shown))
    }
}

/// What became of one thing the person published; for the person.
#[derive(Clone, Debug)]
pub struct ViewSent {
    /// Who looks.
    pub viewer: Option<ActorId>,
    /// The act.
    pub act: ActId,
}

impl View<Person> for ViewSent {
    type Answer = Option<Sent>;

    fn look(&self, _: &Person, _: &Header, look: &mut Look<'_, '_>) -> Result<Option<Sent>, Halt> {
        only(look, self.viewer.as_ref())?;
        SENT.get(look, &self.act)
    }
}

/// The `Create` of a note, and its author's last word on it, by the last part of its address.
#[derive(Clone, Debug)]
pub struct NoteOf {
    /// The last part of its address.
    pub key: String,
}

impl View<Person> for NoteOf {
    type Answer = Option<(ActId, Option<NoteChange>)>;

    fn look(&self, _: &Person, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        let Some(create) = NOTES.get(look, &self.key)? else { return Ok(None) };
        Ok(Some((create, NOTES_CHANGED.get(look, &self.key)?)))
    }
}

/// The Grants the person holds, the invitations and follow requests to answer; for the person.
#[derive(Clone, Debug)]
pub struct ViewDesk {
    /// Who looks.
    pub viewer: Option<ActorId>,
    /// At most so many of each.
    pub limit: usize,
}

/// What waits for the person, and what the person holds.
#[derive(Clone, Debug, PartialEq)]
pub struct DeskShown {
    /// Grants held.
    pub permits: Vec<(ActId, Permit)>,
    /// Invitations received.
    pub invited: Vec<(ActId, Invited)>,
    /// Tickets that others give to the person, newest first.
    pub given: Vec<(ActId, GivenTicket)>,
    /// Follows that wait for approval.
    pub follow_requests: Vec<(ActId, ActorId)>,
    /// Delegate-Grants given, and to whom.
    pub delegations: Vec<(ActId, ActorId)>,
    /// Tokens, by hash.
    pub tokens: Vec<(String, Token)>,
}

impl View<Person> for ViewDesk {
    type Answer = DeskShown;

    fn look(&self, _: &Person, _: &Header, look: &mut Look<'_, '_>) -> Result<DeskShown, Halt> {
        only(look, self.viewer.as_ref())?;
        let page = Page::first(&[], self.limit);
        let mut tickets = Vec::new();
        for (_, assign) in GIVEN_ORDER.page(look, Page::last(&[], self.limit))? {
            if let Some(given) = GIVEN.get(look, &assign)? {
                tickets.push((assign, given));
            }
        }
        Ok(DeskShown {
            given: tickets,
            permits: PERMITS.page(look, page)?,
            invited: INVITED.page(look, page)?,
            follow_requests: FOLLOW_REQUESTS.page(look, page)?,
            delegations: DELEGATIONS.page(look, page)?,
            tokens: TOKENS.page(look, page)?,
        })
    }
}

/// The best live Grant the person holds on a resource; for the person.
#[derive(Clone, Debug)]
pub struct PermitFor {
    /// Who looks.
    pub viewer: Option<ActorId>,
    /// The resource.
    pub resource: ActorId,
}

impl View<Person> for PermitFor {
    type Answer = Option<(ActId, Permit)>;

    fn look(&self, person: &Person, header: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        let view = PermitsFor { viewer: self.viewer.clone(), resource: self.resource.clone() };
        Ok(view.look(person, header, look)?.into_iter().next())
    }
}

/// The live Grants the person holds on a resource, the best first; for the person.
#[derive(Clone, Debug)]
pub struct PermitsFor {
    /// Who looks.
    pub viewer: Option<ActorId>,
    /// The resource.
    pub resource: ActorId,
}

impl View<Person> for PermitsFor {
    type Answer = Vec<(ActId, Permit)>;

    fn look(&self, _: &Person, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        only(look, self.viewer.as_ref())?;
        live_permits(look, &self.resource)
    }
}

/// The live Grants the person holds on a resource, the best first.
pub fn live_permits(look: &mut Look<'_, '_>, resource: &ActorId) -> Result<Vec<(ActId, Permit)>, Halt> {
    let (now, mut held, mut after) = (look.now(), Vec::new(), Vec::new());
    for _ in 0..PERMIT_PAGES_MAX {
        let page = Page { prefix: &[], after: &after, limit: PAGE_MAX, newest_first: false };
        let page = PERMITS.page(look, page)?;
        let Some((last, _)) = page.last().filter(|_| page.len() == PAGE_MAX) else {
            held.extend(page);
            break;
        };
        after = last.encode();
        held.extend(page);
    }
    held.retain(|(_, permit)| permit.holds(now) && permit.resource == *resource);
    // Of two of one role, the one that holds longer: what has no end holds longest.
    held.sort_by_key(|(_, permit)| Reverse((permit.role, permit.span.end.unwrap_or(Seconds::MAX))));
    Ok(held)
}

/// A page of followers.
#[derive(Clone, Debug)]
pub struct ViewFollowers {
    /// Followers after this one.
    pub after: Option<ActorId>,
    /// At most so many.
    pub limit: usize,
}

impl View<Person> for ViewFollowers {
    type Answer = (u64, Vec<(ActorId, Seconds)>);

    fn look(&self, person: &Person, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        let after = self.after.as_ref().map(RowKey::encode).unwrap_or_default();
        let page = Page { prefix: &[], after: &after, limit: self.limit, newest_first: false };
        Ok((person.followers, FOLLOWERS.page(look, page)?))
    }
}

/// A page of whom the person follows openly.
#[derive(Clone, Debug)]
pub struct ViewFollowing {
    /// Those after this one.
    pub after: Option<ActorId>,
    /// At most so many.
    pub limit: usize,
}

impl View<Person> for ViewFollowing {
    type Answer = (u64, Vec<(ActorId, Following)>);

    fn look(&self, person: &Person, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        let after = self.after.as_ref().map(RowKey::encode).unwrap_or_default();
        let page = Page { prefix: &[], after: &after, limit: self.limit, newest_first: false };
        Ok((person.following, FOLLOWING.page(look, page)?))
    }
}

/// A page of what the person follows by a Grant; for the person.
#[derive(Clone, Debug)]
pub struct ViewFollowingQuietly {
    /// Who looks.
    pub viewer: Option<ActorId>,
    /// Those after this one.
    pub after: Option<ActorId>,
    /// At most so many.
    pub limit: usize,
}

impl View<Person> for ViewFollowingQuietly {
    type Answer = Vec<(ActorId, Following)>;

    fn look(&self, _: &Person, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        only(look, self.viewer.as_ref())?;
        let after = self.after.as_ref().map(RowKey::encode).unwrap_or_default();
        FOLLOWING_QUIETLY.page(look, Page { prefix: &[], after: &after, limit: self.limit, newest_first: false })
    }
}
