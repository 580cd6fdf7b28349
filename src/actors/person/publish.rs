//! Publish: what a client posts to the person's outbox.

use crate::common::resource::FOLLOWERS;
use crate::person::rows::{
    CONSENTS, FOLLOW_REQUESTS, FOLLOWING, FOLLOWING_QUIETLY, Following, GIVEN, INVITED, NOTES, NOTES_CHANGED,
    NoteChange, SENT, Sent, SentState,
};
use crate::person::suspension::not_suspended;
use crate::person::wire::{self, Posted, PostedKind};
use crate::person::words::Profile;
use crate::person::{Answered, Person, given, probation};
use pritchel_actor::{ActId, ActorId, Audience, Halt, Method, Refusal, Rows, Turn, Value, demand};
use serde::{Deserialize, Serialize};

/// Private, by the person: publishes an activity. The server gives it its address and author, wraps a bare object in a
/// `Create`, and refuses what only other actors may say. Answers its address.
///
/// Source: ActivityPub, "Client to Server Interactions".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Publish {
    /// The document as the client posted it.
    pub document: Value,
}

impl Method<Person> for Publish {
    type Answer = ActId;

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<ActId, Halt> {
        only_oneself(turn)?;
        not_suspended(person)?;
        probation::count(person, turn, &self.document)?;
        say(person, turn, self.document)
    }
}

/// Publishes a document as the person posts it. Answers its address.
pub fn say(person: &mut Person, turn: &mut Turn<'_>, document: Value) -> Result<ActId, Halt> {
    let id = turn.act_id();
    let posted = wire::posted(turn, &id, document)?;
    note(person, turn, &id, &posted)?;
    let sent =
        Sent { at: turn.now(), kind: posted.kind_name.clone(), asked: posted.asked.clone(), state: SentState::Sent };
    SENT.put(turn, &id, &sent);
    let Posted { body, audience, asked, settled, .. } = posted;
    match asked {
        Some(asked) => {
            let asked = turn.look().introduce(&asked);
            turn.ask::<Person>(id.clone(), body, audience, &asked, settled, Answered { act: id.clone() })?;
        }
        None => turn.publish(id.clone(), body, audience)?,
    }
    Ok(id)
}

/// What publishing changes in the person's own box.
fn note(person: &mut Person, turn: &mut Turn<'_>, id: &ActId, posted: &Posted) -> Result<(), Halt> {
    match &posted.kind {
        PostedKind::Follow { whom, quietly } => note_follow(turn, id, whom, *quietly)?,
        // Whatever the other side answers, if it does: many servers never answer an `Undo`.
        PostedKind::Unfollow { whom } => forget_followed(person, turn, whom)?,
        PostedKind::Profile(Profile { display_name, summary, approves_followers }) => {
            if let Some(name) = display_name {
                person.display_name.clone_from(name);
            }
            if let Some(summary) = summary {
                person.summary.clone_from(summary);
                person.summary_source = None;
            }
            person.approves_followers = approves_followers.unwrap_or(person.approves_followers);
        }
        PostedKind::Note(key) => NOTES.put(turn, key, id),
        PostedKind::NoteChanged { key, deleted } => {
            let gone = NOTES_CHANGED.get(turn, key)?.is_some_and(|change| change.deleted);
            if NOTES.has(turn, key)? && !gone {
                NOTES_CHANGED.put(turn, key, &NoteChange { act: id.clone(), deleted: *deleted });
            }
        }
        PostedKind::Answer { of, yes } => {
            note_given(person, turn, of, *yes)?;
            match INVITED.get(turn, of)? {
                Some(invited) if invited.answered.is_some() => {
                    return Err(Refusal::new("already-answered", format!("{of} was answered before")).into());
                }
                Some(mut invited) => {
                    invited.answered = Some(*yes);
                    INVITED.put(turn, of, &invited);
                }
                None if turn.look().seen(of)?.is_none() => CONSENTS.put(turn, of, yes),
                None => {}
            }
            if let Some(follower) = FOLLOW_REQUESTS.get(turn, of)? {
                FOLLOW_REQUESTS.remove(turn, of);
                if *yes && !FOLLOWERS.has(turn, &follower)? {
                    let now = turn.now();
                    FOLLOWERS.put(turn, &follower, &now);
                    person.followers += 1;
                }
            }
        }
        PostedKind::Other => {}
    }
    Ok(())
}

/// A ticket that is given is taken, until its tracker has written that down, or turned down.
fn note_given(person: &mut Person, turn: &mut Turn<'_>, assign: &ActId, yes: bool) -> Result<(), Halt> {
    let Some(mut given) = GIVEN.get(turn, assign)? else { return Ok(()) };
    demand(given.answered.is_none(), || Refusal::new("already-answered", format!("{assign} was answered before")))?;
    if yes {
        given.answered = Some(true);
        GIVEN.put(turn, assign, &given);
    } else {
        given::forget(person, turn, assign, given.place);
    }
    Ok(())
}

/// A `Follow` takes the place of one that is not answered yet: whoever is asked settles them in their order, so that the answer to
/// the newest says how things are.
fn note_follow(turn: &mut Turn<'_>, id: &ActId, whom: &ActorId, quietly: bool) -> Result<(), Halt> {
    let open = FOLLOWING.get(turn, whom)?;
    demand(open.is_none_or(|open| open.since.is_none()), || {
        Refusal::new("already-following", format!("{whom} is followed already"))
    })?;
    // What is followed by a Grant is asked again: whoever loses access to it is not told that they follow no more.
    following(quietly).put(turn, whom, &Following { follow: id.clone(), since: None });
    Ok(())
}

/// The person follows this no more, openly or quietly.
pub fn forget_followed(person: &mut Person, turn: &mut Turn<'_>, whom: &ActorId) -> Result<(), Halt> {
    if FOLLOWING.get(turn, whom)?.is_some_and(|following| following.since.is_some()) {
        person.following = person.following.saturating_sub(1);
    }
    for table in [FOLLOWING, FOLLOWING_QUIETLY] {
        table.remove(turn, whom);
    }
    Ok(())
}

/// Refuses whoever is not the person: the node lets a session or a token of the person call as the person.
pub fn only_oneself(turn: &Turn<'_>) -> Result<(), Halt> {
    if turn.caller().id() == turn.me() {
        Ok(())
    } else {
        Err(Refusal::new("not-oneself", "only the person can do this").into())
    }
}

/// The table of what is followed openly, or of what is followed quietly.
pub fn following(quietly: bool) -> Rows<ActorId, Following> {
    if quietly { FOLLOWING_QUIETLY } else { FOLLOWING }
}

/// Publishes a `Follow` of something the person has just made or come to administer, by a Grant where it may need one. What they
/// follow already is left as it is.
///
/// Source: protocol decision F-69.
pub fn follow(turn: &mut Turn<'_>, whom: &ActorId, by: Option<&ActId>) -> Result<(), Halt> {
    for table in [FOLLOWING, FOLLOWING_QUIETLY] {
        if table.has(turn, whom)? {
            return Ok(());
        }
    }
    let id = turn.act_id();
    let body = wire::follow(turn, &id, whom, by)?;
    following(by.is_some()).put(turn, whom, &Following { follow: id.clone(), since: None });
    let sent = Sent { at: turn.now(), kind: "Follow".to_owned(), asked: Some(whom.clone()), state: SentState::Sent };
    SENT.put(turn, &id, &sent);
    let asked = turn.look().introduce(whom);
    let settled = pritchel_actor::Settled::Accept;
    turn.ask::<Person>(id.clone(), body, Audience::default(), &asked, settled, Answered { act: id })
}
