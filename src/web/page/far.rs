//! What a visitor may do with something of another server: by the Grants they hold on it, and by those its server says everybody
//! holds. The forms are those of our own pages; what they send is decided there.

use crate::answer::WebResult;
use crate::limits::PUBLIC_GRANTS_READ_MAX;
use crate::page::needs::Acting;
use crate::page::visit::Visit;
use pritchel_actor::{ActorId, Need, Value};
use pritchel_actors::ResourceKind;
use pritchel_actors::access::Role;
use pritchel_actors::access::wire::{self, LinkTarget};
use pritchel_actors::patch_tracker::MergeMethod;
use pritchel_actors::tie::{TieKind, TieSide};

/// A merge request of another server.
pub struct FarRequest {
    /// The repository it is to go into.
    pub target: String,
    /// The address of its newest version, if one is kept.
    pub version: Option<String>,
}

/// What a visitor may do there.
pub struct Far {
    /// The greatest role they have.
    role: Option<Role>,
    /// Whether they are shown all forms.
    tester: bool,
    /// Whether they opened it.
    pub own: bool,
    /// What it offers to merge, if it is a ticket that does.
    pub request: Option<FarRequest>,
    /// Its kind, if it is a resource.
    pub kind: Option<ResourceKind>,
}

impl Far {
    /// What this visitor may do with what this document shows.
    /// - `about`: the resource it is, or the tracker that keeps it
    /// - `acting`: what they hold on that
    pub async fn of(visit: &Visit, document: &Value, about: &ActorId, acting: &Acting) -> WebResult<Self> {
        let text = |term: &str| document.get(term).and_then(Value::as_str);
        let public = match document.get("inbox") {
            Some(_) => public(visit, document, about).await,
            None => match visit.fetch(about.as_str()).await {
                Ok(tracker) => public(visit, &tracker, about).await,
                Err(_) => None,
            },
        };
        let viewer = visit.viewer();
        Ok(Self {
            role: acting.grant.as_ref().map(|(_, role)| *role).max(public),
            tester: visit.is_tester(),
            own: viewer.is_some_and(|viewer| text("attributedTo") == Some(viewer.as_str())),
            request: request(document),
            kind: document.get("inbox").and_then(|_| kind(document)),
        })
    }

    /// Whether they have this role, or are shown everything.
    pub fn may(&self, role: &str) -> bool {
        self.tester || Role::from_word(role).is_some_and(|role| self.role >= Some(role))
    }

    /// Whether it is a resource of this kind.
    pub fn is(&self, kind: &str) -> bool {
        self.kind.is_some_and(|found| found.as_str() == kind)
    }

    /// Whether they may name it.
    pub fn may_edit(&self) -> bool {
        use pritchel_actors::common::ResourceActor;
        let edits = self.kind.map(|kind| pritchel_actors::with_resource!(kind, A => A::EDITED_BY));
        edits.is_some_and(|role| self.may(role.as_str()))
    }

    /// The collections in which it is linked with others.
    pub fn collections(&self) -> Vec<&'static str> {
        let ends = self.kind.map(ResourceKind::ends).unwrap_or_default();
        ends.iter().filter(|end| end.begins()).map(|end| end.collection()).collect()
    }

    /// The properties by which it points at what it uses.
    pub fn properties(&self) -> Vec<&'static str> {
        let Some(kind) = self.kind else { return Vec::new() };
        TieKind::of(TieSide::Consumer, kind.as_str()).map(|tie| tie.property(TieSide::Consumer)).collect()
    }

    /// What a factory may make.
    pub fn makes(&self) -> Vec<&'static str> {
        ResourceKind::made().map(ResourceKind::as_str).collect()
    }

    /// How a merge request can be merged.
    pub fn methods(&self) -> [&'static str; 4] {
        MergeMethod::ALL.map(MergeMethod::as_str)
    }

    /// All roles.
    pub fn roles(&self) -> [&'static str; 6] {
        Role::ALL.map(Role::as_str)
    }
}

fn kind(document: &Value) -> Option<ResourceKind> {
    let named = match document.get("type")? {
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect::<Vec<_>>(),
    };
    ResourceKind::ALL.iter().copied().find(|kind| named.contains(&kind.as_str()))
}

/// The Offer that a merge request carries.
fn request(document: &Value) -> Option<FarRequest> {
    let offer = match document.get("attachment")? {
        Value::Array(all) => all.iter().find(|one| one.get("target").is_some())?,
        one => one,
    };
    let target = offer.get("target")?;
    let target = target.get("context").and_then(Value::as_str).or(target.as_str())?.to_owned();
    let version = offer.get("object").and_then(|object| object.as_str().or_else(|| object.get("id")?.as_str()));
    Some(FarRequest { target, version: version.map(str::to_owned) })
}

/// The greatest role that its server says everybody has. A server that names no such Grants says nothing of it: there anybody may
/// try to report.
async fn public(visit: &Visit, actor: &Value, id: &ActorId) -> Option<Role> {
    let named: Vec<&str> = match actor.get("publicCapability") {
        None => return Some(Role::Report),
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        Some(one) => one.as_str().into_iter().collect(),
    };
    let mut best = None;
    for grant in named.into_iter().take(PUBLIC_GRANTS_READ_MAX) {
        let Ok(document) = visit.front.ports.evidence(Need::Document(grant.to_owned())).await.found else { continue };
        let Ok(link) = wire::link(&document) else { continue };
        if link.id.as_str() == grant && link.context == *id && link.target == LinkTarget::Public {
            best = best.max(Role::from_word(&link.role));
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_merge_request_offers_is_read_however_it_is_attached() {
        let target = json!({"type": "Branch", "context": "https://b.example/repos/r", "ref": "refs/heads/main"});
        let offer =
            json!({"type": "Offer", "target": target, "object": "https://b.example/patches/p/tickets/1/versions/2"});
        for attachment in [offer.clone(), json!([{"type": "Note"}, offer])] {
            let request = request(&json!({"attachment": attachment})).unwrap();
            assert_eq!(request.target, "https://b.example/repos/r");
            assert_eq!(request.version.as_deref(), Some("https://b.example/patches/p/tickets/1/versions/2"));
        }
        for other in [json!({}), json!({"attachment": 7}), json!({"attachment": [{"type": "Note"}]})] {
            assert!(request(&other).is_none(), "{other}");
        }
    }

    #[test]
    fn a_resource_is_what_its_type_says() {
        assert_eq!(kind(&json!({"type": ["Service", "TicketTracker"]})), Some(ResourceKind::TicketTracker));
        assert_eq!(kind(&json!({"type": "Person"})), None);
    }
}
