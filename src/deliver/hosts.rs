//! The origins this server answers for: what is near, what is far, and who signs for a whole host.

use std::sync::Arc;

use pritchel_actor::ActorId;
use pritchel_box_store::Addresses;
use pritchel_vocab::Uri;

use crate::signature::{NotAnOrigin, PublicOrigin};

/// One origin of this server.
#[derive(Clone, Debug)]
pub struct Served {
    origin: String,
    public: PublicOrigin,
    instance: ActorId,
    display: Option<String>,
}

impl Served {
    /// Scheme, host and port as text, such as `https://forge.example`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The origin as signatures speak of it.
    pub fn public(&self) -> &PublicOrigin {
        &self.public
    }

    /// The host in addresses, with its port if that has to be said: what follows the `@` in names as they are kept.
    pub fn authority(&self) -> &str {
        self.public.authority()
    }

    /// The actor that signs what nobody in particular asks for.
    pub fn instance(&self) -> &ActorId {
        &self.instance
    }
}

/// The origins of this server. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Hosts(Arc<[Served]>);

impl Hosts {
    /// The origins served, each with its instance actor. The first is the one that signs fetches.
    pub fn new(served: impl IntoIterator<Item = (String, ActorId)>) -> Result<Self, NotAnOrigin> {
        let read = |(text, instance): (String, ActorId)| {
            let public = PublicOrigin::parse(&text)?;
            let origin = format!("{}://{}", public.scheme(), public.authority());
            Ok(Served { origin, public, instance, display: None })
        };
        Ok(Self(served.into_iter().map(read).collect::<Result<_, _>>()?))
    }

    /// The same, where names of some of them are shown under another host: pairs of the host in addresses and the host in names.
    #[must_use]
    pub fn displayed_as<'d>(self, displays: impl IntoIterator<Item = (&'d str, &'d str)>) -> Self {
        let mut all = self.0.to_vec();
        for (host, display) in displays {
            if let Some(served) = all.iter_mut().find(|served| served.authority() == host) {
                served.display = Some(display.to_owned());
            }
        }
        Self(all.into())
    }

    /// The origin whose actors have names at this host: its own, or the one under which its names are shown.
    pub fn by_name(&self, host: &str) -> Option<&Served> {
        let shown =
            |served: &&Served| served.display.as_deref().is_some_and(|display| display.eq_ignore_ascii_case(host));
        self.by_authority(host).or_else(|| self.0.iter().find(shown))
    }

    /// The origin an address belongs to, if it is one of ours.
    pub fn of(&self, uri: &str) -> Option<&Served> {
        let is_of = |served: &&Served| {
            uri.strip_prefix(served.origin.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
        };
        self.0.iter().find(is_of)
    }

    /// The origin a request names in `Host`, with or without the port that goes without saying.
    pub fn by_authority(&self, host: &str) -> Option<&Served> {
        let names = |served: &&Served| {
            let own = served.public.authority();
            let port = if served.public.scheme() == "https" { ":443" } else { ":80" };
            let bare = host.strip_suffix(port).unwrap_or(host);
            own.eq_ignore_ascii_case(host) || own.eq_ignore_ascii_case(bare)
        };
        self.0.iter().find(names)
    }

    /// The origin that signs fetches.
    pub fn first(&self) -> Option<&Served> {
        self.0.first()
    }

    /// All authorities, as the guarded client refuses them.
    pub fn authorities(&self) -> Vec<String> {
        self.0.iter().map(|served| served.public.authority().to_owned()).collect()
    }
}

impl Addresses for Hosts {
    fn is_near(&self, id: &ActorId) -> bool {
        self.of(id.as_str()).is_some()
    }

    fn origin(&self, id: &ActorId) -> String {
        origin_of(id.as_str())
    }
}

/// The origin of an address; of a text that is no address, the text itself.
pub(crate) fn origin_of(uri: &str) -> String {
    Uri::parse(uri).map_or_else(|_| uri.to_owned(), |uri| uri.origin().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts() -> Hosts {
        let row = |origin: &str| (origin.to_owned(), ActorId::new(format!("{origin}/actor")));
        Hosts::new([row("https://forge.example"), row("http://localhost:3000")]).unwrap()
    }

    #[test]
    fn near_is_what_lies_on_an_origin_of_ours_and_nothing_that_only_begins_like_one() {
        #[rustfmt::skip]
        let rows = [
            ("https://forge.example/people/a",       true),
            ("https://forge.example",                true),
            ("https://forge.example#a",              true),
            ("http://localhost:3000/people/a",       true),
            ("http://forge.example/people/a",        false),
            ("https://forge.example.evil.example/a", false),
            ("https://forge.example:8443/a",         false),
            ("http://localhost:30001/a",             false),
            ("forge.example/people/a",               false),
            ("",                                     false),
        ];
        for (uri, near) in rows {
            assert_eq!(hosts().is_near(&uri.into()), near, "{uri}");
        }
    }

    #[test]
    fn a_host_is_known_with_and_without_its_usual_port() {
        for (host, found) in [
            ("forge.example", true),
            ("FORGE.example:443", true),
            ("forge.example:80", false),
            ("localhost:3000", true),
            ("localhost", false),
            ("evil.example", false),
        ] {
            assert_eq!(hosts().by_authority(host).is_some(), found, "{host}");
        }
    }

    #[test]
    fn names_at_the_display_host_are_ours_and_addresses_there_are_not() {
        let hosts = hosts().displayed_as([("forge.example", "example.org"), ("nobody.example", "x.example")]);
        let origin = |served: Option<&Served>| served.map(|served| served.origin().to_owned());
        let forge = Some("https://forge.example".to_owned());
        for host in ["forge.example", "example.org", "Example.org"] {
            assert_eq!(origin(hosts.by_name(host)), forge, "{host}");
        }
        assert_eq!(origin(hosts.by_name("x.example")), None);
        assert_eq!(origin(hosts.by_authority("example.org")), None, "requests to it are for somebody else");
        assert!(!hosts.is_near(&"https://example.org/people/a".into()));
        assert!(!hosts.authorities().contains(&"example.org".to_owned()));
    }

    #[test]
    fn lanes_are_named_by_the_canonical_origin() {
        assert_eq!(hosts().origin(&"https://Peer.example:443/a".into()), "https://peer.example");
        assert_eq!(hosts().origin(&"https://peer.example:8443/a".into()), "https://peer.example:8443");
        assert_eq!(hosts().origin(&"nonsense".into()), "nonsense");
    }
}
