//! Which Grant a form shows: the one chosen in it, else the best that verifies of those the person holds on the resource, else one the
//! resource published for everybody, else none. See [`powers::best_for`] for what is sent where none verifies.

use crate::answer::{WebError, WebResult};
use crate::page::fields::Fields;
use crate::page::visit::{Me, Visit};
use crate::page::who::Kind;
use crate::powers;
use pritchel_actor::{ActId, ActorId, ViewError};
use pritchel_actors::access::Role;
use pritchel_actors::access::view::{ResourceShown, ViewResource};
use pritchel_actors::with_resource;

/// The Grant a form shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authority {
    /// One the person holds, or chose.
    Own(ActId),
    /// One that everybody holds.
    Public(ActId),
    /// None.
    Without,
}

impl Authority {
    /// What the form says in `capability`, or the best there is for this resource if it says nothing.
    pub async fn of(visit: &Visit, me: &Me, resource: &ActorId, fields: &Fields) -> WebResult<Self> {
        match fields.text("capability") {
            Some("none") => return Ok(Self::Without),
            Some("other") => return Ok(Self::Own(fields.act("capability_other")?)),
            Some("best") | None => {}
            Some(_) => return Ok(Self::Own(fields.act("capability")?)),
        }
        if let Some((grant, _)) = powers::best_for(&visit.front, &me.id, resource).await? {
            return Ok(Self::Own(grant));
        }
        let shown = near(visit, resource).await?;
        let public = shown.and_then(|shown| shown.resource.public_grants.into_iter().max_by_key(|(role, _)| *role));
        Ok(public.map_or(Self::Without, |(_, grant)| Self::Public(grant)))
    }

    /// The Grant, if there is one.
    pub fn capability(&self) -> Option<&ActId> {
        match self {
            Self::Own(grant) | Self::Public(grant) => Some(grant),
            Self::Without => None,
        }
    }

    /// The Grant, if it is not one that everybody holds.
    pub fn chosen(&self) -> Option<&ActId> {
        match self {
            Self::Own(grant) => Some(grant),
            Self::Public(_) | Self::Without => None,
        }
    }

    /// The Grant that this cannot be done without.
    pub fn needed(&self, resource: &ActorId) -> WebResult<ActId> {
        self.capability().cloned().ok_or_else(|| {
            let detail = format!("you hold no Grant on {resource}: ask for a role, or name a Grant");
            WebError::forbidden("no-capability", detail)
        })
    }
}

/// A near resource as the visitor sees it; `None` if it is not near, or not for them.
pub async fn near(visit: &Visit, resource: &ActorId) -> WebResult<Option<ResourceShown>> {
    let (node, view) = (&visit.front.node, ViewResource { viewer: visit.viewer() });
    powers::bring(visit, resource).await?;
    let shown = match Kind::of(&visit.front.settings, resource) {
        Some(Kind::Resource(kind)) => with_resource!(kind, A => node.look::<A, _>(resource, &view).await),
        Some(Kind::Person) | None => return Ok(None),
    };
    match shown {
        Ok(shown) => Ok(Some(shown)),
        Err(ViewError::NoActor | ViewError::Refused(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether something new can be brought to a resource: of one of ours, whether it is not archived; of another, nothing speaks
/// against it.
pub async fn is_open(visit: &Visit, resource: &ActorId) -> WebResult<bool> {
    Ok(near(visit, resource).await?.is_none_or(|shown| shown.resource.archived.is_none()))
}

/// The role somebody has on a resource: their own, or the greatest that everybody has.
pub fn role_on(shown: &ResourceShown) -> Option<Role> {
    let everybody = shown.resource.visibility.implicit_roles().iter().copied().max();
    shown.role.max(everybody)
}
