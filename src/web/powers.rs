//! What somebody of ours may do on a resource of this server: by the Grants they hold, whoever gave them. A Grant that came over
//! teams and projects is shown to the resource with each look; the resource verifies its chain, and believes nobody.
//! - [`bring`], [`bring_for`]: finds the Grant and brings it, so that all looks of one request are taken with it
//! - [`best_for`]: the Grant that somebody sends
//! - [`Bringing`]: the front of one request for a document, whose reader is found out only where it matters
//!
//! Source: ForgeFed, "Verifying an invocation". How a read is authorised the text leaves open: for actors of other servers it is
//! what they were given directly, for our own people whatever they hold.

use crate::answer::WebResult;
use crate::fed::near::Kind;
use crate::limits::PERMITS_TRIED_MAX;
use crate::page::visit::Visit;
use crate::ports::Front;
use crate::verifying::{verified, verified_afar, verified_with};
use axum::extract::FromRequestParts;
use http::request::Parts;
use pritchel_actor::{ActId, ActorId, Credential, ViewError};
use pritchel_actors::Person;
use pritchel_actors::access::Role;
use pritchel_actors::access::afar::VerifyAfar;
use pritchel_actors::access::ground::VerifyGrant;
use pritchel_actors::person::rows::Permit;
use pritchel_actors::person::view::PermitsFor;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

/// The front of one request: what is brought for whoever asks is brought to all looks of that request, and to no other's.
#[derive(Clone)]
pub struct Bringing(pub Front);

impl FromRequestParts<Front> for Bringing {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, front: &Front) -> Result<Self, Infallible> {
        Ok(Self::of(front))
    }
}

impl Bringing {
    /// A front for one request.
    pub fn of(front: &Front) -> Self {
        Self(Front { node: front.node.bringing(), ..front.clone() })
    }
}

/// The Grant by which this person acts on a resource: the first that verifies, the best first, of those they were told of. If none does,
/// the best that they were told of: the resource says what is wrong with it, when it is used. Where the resource is of another server
/// and there is nothing to choose from, that is left to it at once.
pub async fn best_for(front: &Front, person: &ActorId, resource: &ActorId) -> WebResult<Option<(ActId, Permit)>> {
    let view = PermitsFor { viewer: Some(person.clone()), resource: resource.clone() };
    let mut permits = front.node.look::<Person, _>(person, &view).await?;
    let near = match Kind::of(&front.settings, resource) {
        Some(Kind::Resource(kind)) => Some(kind),
        Some(Kind::Person) | None => None,
    };
    if near.is_some() || permits.len() > 1 {
        for place in 0..permits.len().min(PERMITS_TRIED_MAX) {
            let grant = permits[place].0.clone();
            let (caller, needed) = (person.clone(), Role::Visit);
            let (documents, alive) = (BTreeMap::new(), BTreeMap::new());
            let trace = match near {
                Some(kind) => {
                    let viewer = Some(person.clone());
                    let view = VerifyGrant { viewer, caller, grant, needed, documents, alive };
                    verified(front, kind, resource, view).await
                }
                None => {
                    let resource = resource.clone();
                    verified_afar(front, VerifyAfar { resource, caller, grant, needed, documents, alive }).await
                }
            };
            match trace {
                Ok(trace) if trace.outcome.is_ok() => return Ok(Some(permits.swap_remove(place))),
                Ok(_) => {}
                // There is no such resource, which the method will say.
                Err(error) if error.status.is_client_error() => break,
                Err(error) => return Err(error),
            }
        }
    }
    Ok(permits.into_iter().next())
}

/// Brings what the visitor holds on this resource. Asked twice, it has been brought already.
pub async fn bring(visit: &Visit, resource: &ActorId) -> WebResult<()> {
    match &visit.me {
        Some(me) => bring_for(&visit.front, &me.id, resource).await.map(drop),
        None => Ok(()),
    }
}

/// Brings the best Grant that this person holds on a resource of ours, if it came from somebody else than the resource and holds:
/// what the resource gave itself it knows. Answers the Grant that is brought.
/// - `front`: that of a request, see [`pritchel_actor::Node::bringing`]
pub async fn bring_for(front: &Front, person: &ActorId, resource: &ActorId) -> WebResult<Option<ActId>> {
    let Some(brought) = front.node.brought() else { return Ok(None) };
    let Some(Kind::Resource(kind)) = Kind::of(&front.settings, resource) else { return Ok(None) };
    if let Some(credential) = brought.of(resource) {
        return Ok(credential.filter(|one| one.by == *person).map(|one| one.grant.clone()));
    }
    let view = PermitsFor { viewer: Some(person.clone()), resource: resource.clone() };
    let mut permits = match front.node.look::<Person, _>(person, &view).await {
        Ok(permits) => permits,
        // Not one of ours.
        Err(ViewError::NoActor) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    permits.retain(|(_, permit)| permit.giver != *resource);
    let mut credential = None;
    for (grant, _) in permits.into_iter().take(PERMITS_TRIED_MAX) {
        let mut view = VerifyGrant {
            viewer: Some(person.clone()),
            caller: person.clone(),
            grant,
            needed: Role::Visit,
            documents: BTreeMap::new(),
            alive: BTreeMap::new(),
        };
        let trace = match verified_with(front, kind, resource, &mut view).await {
            Ok(trace) => trace,
            // There is no such resource, which the page is about to say.
            Err(error) if error.status.is_client_error() => break,
            Err(error) => return Err(error),
        };
        if trace.outcome.is_ok() {
            let VerifyGrant { grant, documents, alive, .. } = view;
            credential = Some(Arc::new(Credential { by: person.clone(), grant, documents, alive }));
            break;
        }
    }
    brought.put(resource.clone(), credential.clone());
    Ok(credential.map(|one| one.grant.clone()))
}
