//! How actors and acts are named: short lower-case addresses that never change.

use crate::ResourceKind;
use pritchel_actor::{ActId, ActorId, Naming};

/// Letters of an actor's key: 80 bits, enough to be unique, short enough to be read out.
const KEY_LETTERS: usize = 16;

/// Names by address: `https://host/{kind}/{key}` for actors, `{actor}/outbox/{token}` for acts.
/// An actor's host is its parent's: every actor belongs to one domain.
#[derive(Clone, Copy, Debug, Default)]
pub struct UriNaming;

impl Naming for UriNaming {
    fn actor(&self, parent: &ActorId, kind: &str, token: &str) -> ActorId {
        let key = token.get(..KEY_LETTERS).unwrap_or(token);
        ActorId::new(format!("{}/{}/{key}", origin(parent), segment(kind)))
    }

    fn act(&self, author: &ActorId, token: &str) -> ActId {
        ActId::new(format!("{author}/outbox/{token}"))
    }
}

/// The part of an address before its path, such as `https://forge.example`.
pub fn origin(id: &ActorId) -> &str {
    origin_of(id.as_str())
}

/// The part of any address before its path.
pub fn origin_of(uri: &str) -> &str {
    let after_scheme = uri.find("://").map_or(0, |at| at + 3);
    let end = uri[after_scheme..].find(['/', '?', '#']).map_or(uri.len(), |at| after_scheme + at);
    &uri[..end]
}

/// The host, with its port if it has one, such as `forge.example`.
pub fn host(id: &ActorId) -> &str {
    let origin = origin(id);
    origin.find("://").map_or(origin, |at| &origin[at + 3..])
}

/// The last part of an address's path: an actor's key.
pub fn key(id: &ActorId) -> &str {
    id.as_str().rsplit('/').next().unwrap_or_default()
}

/// The path segment of a kind.
pub fn segment(kind: &str) -> &'static str {
    match ResourceKind::from_type(kind) {
        Some(kind) => kind.segment(),
        None if kind == "Person" => "people",
        None => "actors",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_is_named_on_the_host_of_its_parent() {
        let parent = ActorId::from("https://forge.example:8443/factories/abc");
        let id = UriNaming.actor(&parent, "TicketTracker", "abcdefghijklmnopqrstuvwxyz");
        assert_eq!(id.as_str(), "https://forge.example:8443/trackers/abcdefghijklmnop");
        assert_eq!(host(&id), "forge.example:8443");
        assert_eq!(key(&id), "abcdefghijklmnop");
        assert_eq!(
            UriNaming.act(&id, "xyz").as_str(),
            "https://forge.example:8443/trackers/abcdefghijklmnop/outbox/xyz"
        );
    }
}
