//! Whose an SSH key is. Of people here the directory tells, and the person's own box has the last word; of actors of other servers
//! their documents do, fetched by the guarded client and kept for a few minutes.

use crate::answer::{WebError, WebResult};
use crate::fed::ssh_keys::{Listed, listed};
use crate::limits::{KEY_SHARED_MAX, SSH_KEYS_FETCHED_MAX, SSH_KEYS_FRESH_S};
use crate::ports::Front;
use crate::ssh_key::SshKeyLine;
use pritchel_actor::{ActorId, Evidence, Need, ViewError};
use pritchel_actors::Person;
use pritchel_actors::common::naming::origin_of;
use pritchel_actors::person::ssh_keys::SSH_KEY;
use pritchel_actors::person::view::ViewSshKeys;

/// The people of this server who have added the key with this fingerprint, in the order of their addresses.
pub async fn people_of(front: &Front, fingerprint: &str) -> WebResult<Vec<ActorId>> {
    let mut people = Vec::new();
    for person in front.ports.key_people(SSH_KEY, fingerprint.to_owned()).await? {
        if has(front, &person, fingerprint).await? {
            people.push(person);
        }
    }
    Ok(people)
}

/// Refuses a key that several others have added.
pub async fn may_add(front: &Front, person: &ActorId, fingerprint: &str) -> WebResult<()> {
    let people = people_of(front, fingerprint).await?;
    if people.len() < KEY_SHARED_MAX || people.contains(person) {
        return Ok(());
    }
    let detail = format!("{} others have added this key: make a key of your own", people.len());
    Err(WebError::forbidden("ssh-key-shared", detail))
}

async fn has(front: &Front, person: &ActorId, fingerprint: &str) -> WebResult<bool> {
    match front.node.look::<Person, _>(person, &ViewSshKeys).await {
        Ok(keys) => Ok(keys.iter().any(|(own, _)| own == fingerprint)),
        Err(ViewError::NoActor) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Whether an actor, here or elsewhere, publishes the key with this fingerprint.
/// - errors: the actor's document could not be had
pub async fn keys_of(front: &Front, actor: &ActorId, fingerprint: &str) -> WebResult<bool> {
    if crate::domains::of_actor(&front.settings, actor).is_some() {
        return match crate::fed::near::Kind::of(&front.settings, actor) {
            Some(crate::fed::near::Kind::Person) => has(front, actor, fingerprint).await,
            Some(crate::fed::near::Kind::PATCHES) => {
                let own = front.ports.ssh_key(actor.clone()).await?;
                Ok(SshKeyLine::parse(&own).is_ok_and(|own| own.fingerprint == fingerprint))
            }
            _ => Ok(false),
        };
    }
    let evidence = front.ports.evidence(Need::Document(actor.to_string())).await;
    let age_s = front.ports.now().saturating_sub(evidence.at);
    match far_has(front, actor, fingerprint, evidence).await {
        // Somebody who has just added a key uses it.
        Ok(false) if age_s >= SSH_KEYS_FRESH_S => {}
        found => return found,
    }
    far_has(front, actor, fingerprint, front.ports.fresh(actor.to_string()).await).await
}

async fn far_has(front: &Front, actor: &ActorId, fingerprint: &str, evidence: Evidence) -> WebResult<bool> {
    let document = evidence.found.map_err(|why| {
        WebError::forbidden("keys-unavailable", format!("the SSH keys of {actor} could not be had: {why}"))
    })?;
    let is = |content: &str| SshKeyLine::parse(content).is_ok_and(|line| line.fingerprint == fingerprint);
    let mut addresses = Vec::new();
    for key in listed(&document, actor) {
        match key {
            Listed::Content(content) if is(&content) => return Ok(true),
            Listed::Content(_) => {}
            Listed::At(uri) => addresses.push(uri),
        }
    }
    // A key that has an address of its own counts only from the actor's own server.
    addresses.retain(|uri| origin_of(uri) == origin_of(actor.as_str()));
    for uri in addresses.into_iter().take(SSH_KEYS_FETCHED_MAX) {
        let Ok(document) = front.ports.evidence(Need::Document(uri)).await.found else { continue };
        if crate::fed::ssh_keys::content_of(&document, actor).is_some_and(|content| is(&content)) {
            return Ok(true);
        }
    }
    Ok(false)
}
