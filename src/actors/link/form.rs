//! What follows when all have agreed: the destination gives its delegate-Grant, by which access will come; or, where none
//! will, it lists the source.

use crate::access::Lapse;
use crate::common::agenda;
use crate::common::resource::ResourceActor;
use crate::link::rows::{DELEGATES, LINKS, LISTINGS, PEERS, WAITING};
use crate::link::{End, Link, LinkState, Side, wire};
use pritchel_actor::{ActId, ActorId, Halt, Refusal, Turn, demand};

/// Says which case an answer to this `Add` is: by this actor's collection, and whether it was asked for there.
pub fn case(turn: &mut Turn<'_>, add: &ActId) -> Result<(), Halt> {
    if let Some(link) = LINKS.get(turn, add)? {
        let asked = if link.begun_here { "" } else { "-theirs" };
        turn.case(format!("{}{asked}", link.end.collection()));
    }
    Ok(())
}

/// The link an `Add` asked for, while it is still being formed.
/// - errors: a refusal if there is none, or it has been decided
pub fn forming(turn: &mut Turn<'_>, add: &ActId) -> Result<Link, Halt> {
    match LINKS.get(turn, add)? {
        Some(link) if link.state == LinkState::Forming => Ok(link),
        Some(link) => Err(Refusal::new("already-decided", format!("{add} is {:?}", link.state)).into()),
        None => Err(Refusal::new("no-such-link", format!("{add} asked for no link with this actor")).into()),
    }
}

/// Refuses a second link of the same two. Projects and teams that are parent of one another would pass access in circles.
pub fn refuse_second(turn: &mut Turn<'_>, end: End, peer: &ActorId) -> Result<(), Halt> {
    demand(peer != turn.me(), || Refusal::new("not-oneself", "nothing is linked with itself"))?;
    for end in [end, end.opposite()] {
        demand(!PEERS.has(turn, &(end.code(), peer.clone()))?, || {
            Refusal::new("already-linked", format!("{peer} stands in `{}` already", end.collection()))
        })?;
    }
    Ok(())
}

/// Takes a proposal from among those that wait.
pub fn no_longer_waits<A: ResourceActor>(actor: &mut A, turn: &mut Turn<'_>, link: &mut Link) {
    if let Some(place) = link.waits.take() {
        WAITING.remove(turn, &place);
        let links = &mut actor.resource_mut().links;
        links.waiting = links.waiting.saturating_sub(1);
    }
}

/// Goes on with a link after somebody has agreed, in whichever order they did.
pub fn go_on<A: ResourceActor>(actor: &mut A, turn: &mut Turn<'_>, add: &ActId, mut link: Link) -> Result<(), Halt> {
    if link.peer_agrees && link.admin_agrees {
        link.term.still_open(turn.now())?;
        refuse_second(turn, link.end, &link.peer)?;
        match link.end.side {
            Side::Source => {
                if !link.begun_here {
                    wire::agree(turn, add, &link.peer)?;
                }
                link.state = LinkState::Agreed;
            }
            Side::Destination if link.end.carries() => {
                let delegate = wire::delegate(turn, &link.peer, add)?;
                stand(actor, turn, add, &mut link, Some(delegate))?;
            }
            Side::Destination => {
                let number = turn.number();
                LISTINGS.put(turn, &number, add);
                link.relationship = Some(wire::listing_uri(turn.me(), link.end, number));
                wire::listed(turn, add, &link)?;
                stand(actor, turn, add, &mut link, None)?;
            }
        }
        no_longer_waits(actor, turn, &mut link);
    }
    LINKS.put(turn, add, &link);
    Ok(())
}

/// The link stands from now on.
/// - `delegate`: the delegate-Grant, where access comes over the link
pub fn stand<A: ResourceActor>(
    actor: &mut A,
    turn: &mut Turn<'_>,
    add: &ActId,
    link: &mut Link,
    delegate: Option<ActId>,
) -> Result<(), Halt> {
    if let Some(delegate) = &delegate {
        DELEGATES.put(turn, delegate, add);
    }
    PEERS.put(turn, &(link.end.code(), link.peer.clone()), add);
    link.delegate = delegate;
    link.state = LinkState::Linked;
    link.since = turn.now();
    match link.term.until {
        Some(until) => agenda::note(actor, turn, (until, add), Lapse::Link { add: add.clone() }),
        None => Ok(()),
    }
}
