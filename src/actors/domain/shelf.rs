//! The shelf: trackers of other servers that this one keeps for its people to read, one far tracker each. There are at most
//! [`FAR_TRACKERS_MAX`]; the one that nobody has looked at for longest makes room for another.

use crate::common::naming::origin;
use crate::domain::Domain;
use crate::far_tracker::{BeginFar, FarTracker, UseFar};
use crate::limits::{FAR_SPARED_S, FAR_TRACKERS_MAX, FAR_URI_BYTES_MAX, FAR_USED_S};
use pritchel_actor::{
    ActorId, Halt, Header, Look, Method, Page, Ref, Refusal, RowKey, Rows, Seconds, Turn, View, demand,
};
use serde::{Deserialize, Serialize};

/// Trackers that are kept.
pub const SHELF: Rows<ActorId, Shelved> = Rows::new("shelf");

/// Where a tracker is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shelved {
    /// The far tracker that keeps it.
    pub at: ActorId,
    /// When somebody last looked at it, to within [`FAR_USED_S`] seconds.
    pub used: Seconds,
}

/// The far trackers of a domain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shelf {
    /// How many were launched.
    pub made: u32,
    /// Those that keep nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub free: Vec<ActorId>,
}

impl Shelf {
    /// Whether nothing was ever kept.
    pub fn is_new(&self) -> bool {
        *self == Self::default()
    }
}

/// Private, from the node for one of its people: a tracker of another server is looked at. What is not kept is from now on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenFarTracker {
    /// The tracker.
    pub of: ActorId,
}

impl Method<Domain> for OpenFarTracker {
    type Answer = ActorId;

    fn turn(self, domain: &mut Domain, turn: &mut Turn<'_>) -> Result<ActorId, Halt> {
        demand(turn.caller().id() == turn.me(), || {
            Refusal::new("not-the-node", "only this server itself asks for this")
        })?;
        demand(origin(&self.of) != origin(turn.me()), || {
            Refusal::new("own-address", format!("{} is kept here already: it is of this server", self.of))
        })?;
        demand(self.of.as_str().len() <= FAR_URI_BYTES_MAX, || {
            Refusal::new("too-long", format!("at most {FAR_URI_BYTES_MAX} bytes for the address of a tracker"))
        })?;
        let now = turn.now();
        if let Some(mut shelved) = SHELF.get(turn, &self.of)? {
            if now.saturating_sub(shelved.used) >= FAR_USED_S {
                shelved.used = now;
                SHELF.put(turn, &self.of, &shelved);
            }
            let far: Ref<FarTracker> = turn.look().introduce(&shelved.at);
            turn.call(&far, UseFar { of: self.of })?;
            return Ok(shelved.at);
        }
        let far = place(domain, turn)?;
        SHELF.put(turn, &self.of, &Shelved { at: far.id().clone(), used: now });
        turn.call(&far, BeginFar { of: self.of })?;
        Ok(far.id().clone())
    }
}

/// A far tracker that is free, new, or becomes free.
fn place(domain: &mut Domain, turn: &mut Turn<'_>) -> Result<Ref<FarTracker>, Halt> {
    if let Some(free) = domain.shelf.free.pop() {
        return Ok(turn.look().introduce(&free));
    }
    if domain.shelf.made < FAR_TRACKERS_MAX {
        let me = turn.me().clone();
        domain.shelf.made += 1;
        let id = ActorId::new(format!("{}/far/{}", origin(&me), domain.shelf.made));
        return turn.launch_as(id, &FarTracker::new(me));
    }
    let all = SHELF.page(turn, Page::first(&[], FAR_TRACKERS_MAX as usize))?;
    let oldest = all.into_iter().min_by_key(|(_, shelved)| shelved.used);
    let oldest = oldest.filter(|(_, shelved)| turn.now().saturating_sub(shelved.used) >= FAR_SPARED_S);
    let Some((of, shelved)) = oldest else {
        let why = format!(
            "this server keeps {FAR_TRACKERS_MAX} trackers of others, and all of them are in use: try again tomorrow"
        );
        return Err(Refusal::new("too-many-trackers", why).into());
    };
    SHELF.remove(turn, &of);
    Ok(turn.look().introduce(&shelved.at))
}

/// Private, from a far tracker: nobody has looked at this one for long, and nothing of it is kept any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FarTrackerLeft {
    /// The tracker.
    pub of: ActorId,
}

impl Method<Domain> for FarTrackerLeft {
    type Answer = ();

    fn turn(self, domain: &mut Domain, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let caller = turn.caller().id().clone();
        // It may have been given another one in the meantime.
        if SHELF.get(turn, &self.of)?.is_some_and(|shelved| shelved.at == caller) {
            SHELF.remove(turn, &self.of);
            domain.shelf.free.push(caller);
        }
        Ok(())
    }
}

/// All trackers that are kept, for the node.
#[derive(Clone, Copy, Debug)]
pub struct ViewShelf;

impl View<Domain> for ViewShelf {
    type Answer = Vec<(ActorId, Shelved)>;

    fn look(&self, _: &Domain, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        SHELF.page(look, Page::first(&[], FAR_TRACKERS_MAX as usize))
    }
}

/// Where a tracker is kept, or the one that a ticket is of, as its address tells.
#[derive(Clone, Debug)]
pub struct Shelves {
    /// The address.
    pub uri: String,
}

impl View<Domain> for Shelves {
    type Answer = Option<(ActorId, Shelved)>;

    fn look(&self, _: &Domain, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        if let Some(shelved) = SHELF.get(look, &ActorId::new(self.uri.as_str()))? {
            return Ok(Some((ActorId::new(self.uri.as_str()), shelved)));
        }
        // The nearest address before this one is the only one that it can lie below.
        let from = ActorId::new(self.uri.as_str()).encode();
        let before = Page { prefix: &[], after: &from, limit: 1, newest_first: true };
        let found = SHELF.page(look, before)?.into_iter().next();
        Ok(found.filter(|(of, _)| self.uri.strip_prefix(of.as_str()).is_some_and(|rest| rest.starts_with('/'))))
    }
}
