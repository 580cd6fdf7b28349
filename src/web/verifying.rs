//! The verification of a Grant outside of a turn, by whoever wants to know before anything is asked: the resource's own, with the
//! documents it wants brought to it. Of a resource of another server the same steps are taken here.

use crate::answer::{WebError, WebResult};
use crate::limits::VERIFY_LOOKS_MAX;
use crate::ports::Front;
use futures_util::future::join_all;
use pritchel_actor::{ActorId, Evidence, Need};
use pritchel_actors::access::afar::VerifyAfar;
use pritchel_actors::access::ground::{Trace, Traced, VerifyGrant};
use pritchel_actors::{ResourceKind, with_resource};
use std::collections::BTreeMap;

/// Runs it to its end.
/// - `resource`: an actor of ours, of this kind
/// - errors: the resource is not there, or does not show it to whoever looks
pub async fn verified(
    front: &Front,
    kind: ResourceKind,
    resource: &ActorId,
    mut view: VerifyGrant,
) -> WebResult<Trace> {
    verified_with(front, kind, resource, &mut view).await
}

/// The same; what was brought for it is left in the view.
pub async fn verified_with(
    front: &Front,
    kind: ResourceKind,
    resource: &ActorId,
    view: &mut VerifyGrant,
) -> WebResult<Trace> {
    for _ in 0..VERIFY_LOOKS_MAX {
        let wants = match with_resource!(kind, A => front.node.look::<A, _>(resource, view).await)? {
            Traced::Ended(trace) => return Ok(trace),
            Traced::Wants(wants) => wants,
        };
        brought(front, wants, &mut view.documents, &mut view.alive).await;
    }
    Err(never_enough())
}

/// Runs it for a Grant on a resource of another server: for whoever is signed in, since others are asked.
pub async fn verified_afar(front: &Front, mut of: VerifyAfar) -> WebResult<Trace> {
    for _ in 0..VERIFY_LOOKS_MAX {
        let wants = match of.at(front.ports.now()).map_err(|halt| WebError::broken(format!("{halt:?}")))? {
            Traced::Ended(trace) => return Ok(trace),
            Traced::Wants(wants) => wants,
        };
        brought(front, wants, &mut of.documents, &mut of.alive).await;
    }
    Err(never_enough())
}

fn never_enough() -> WebError {
    WebError::broken("a verification that never has enough")
}

/// Brings what is wanted, all at once.
async fn brought(front: &Front, wants: Vec<Need>, documents: &mut Found, alive: &mut Found) {
    let found = join_all(wants.iter().map(|need| front.ports.evidence(need.clone()))).await;
    for (need, evidence) in wants.into_iter().zip(found) {
        match need {
            Need::Document(uri) => drop(documents.insert(uri, evidence)),
            Need::Alive { uri, .. } => drop(alive.insert(uri, evidence)),
            Need::Row { .. } | Need::Page(_) | Need::Act(_) | Need::Vacancy(_) => {}
        }
    }
}

/// What was found, by address.
type Found = BTreeMap<String, Evidence>;
