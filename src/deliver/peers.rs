//! Which other servers are spoken with: a list of blocked ones, and, if it is not empty, a list of the only allowed ones.
//! An entry covers the host itself and every host below it.

use std::sync::Arc;

use pritchel_vocab::Uri;

/// The lists. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Peers(Arc<Lists>);

#[derive(Debug, Default)]
struct Lists {
    blocked: Vec<String>,
    allowed: Vec<String>,
}

impl Peers {
    /// Lists of host names, without ports. Case, a dot at the end, `*.` before the name and the letters of other alphabets or
    /// their `xn--` make no difference.
    pub fn new<T: AsRef<str>>(blocked: &[T], allowed: &[T]) -> Self {
        let read = |list: &[T]| list.iter().map(|host| plain(host.as_ref())).filter(|host| !host.is_empty()).collect();
        Self(Arc::new(Lists { blocked: read(blocked), allowed: read(allowed) }))
    }

    /// Whether a host may be spoken with and listened to.
    pub fn admit(&self, host: &str) -> bool {
        let host = plain(host);
        let listed = |list: &[String]| list.iter().any(|entry| covers(entry, &host));
        !listed(&self.0.blocked) && (self.0.allowed.is_empty() || listed(&self.0.allowed))
    }

    /// Whether the host of an address may be.
    pub fn admit_uri(&self, uri: &Uri) -> bool {
        self.admit(&uri.origin().host)
    }
}

/// A host name as it stands in addresses.
fn plain(host: &str) -> String {
    let host = host.trim().trim_end_matches('.').to_lowercase();
    let host = host.strip_prefix("*.").map(str::to_owned).unwrap_or(host);
    match host.is_ascii() {
        true => host,
        false => url::Host::parse(&host).map_or(host, |parsed| parsed.to_string()),
    }
}

fn covers(entry: &str, host: &str) -> bool {
    host.strip_suffix(entry).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_covers_its_host_and_those_below() {
        let peers = Peers::new(&["Evil.example.", "*.worse.example", " ", "böse.example"], &[]);
        #[rustfmt::skip]
        let rows = [
            ("evil.example",        false),
            ("EVIL.example.",       false),
            ("a.b.evil.example",    false),
            ("notevil.example",     true),
            ("evil.example.com",    true),
            ("worse.example",       false),
            ("x.worse.example",     false),
            ("xn--bse-sna.example", false),
            ("good.example",        true),
        ];
        for (host, admitted) in rows {
            assert_eq!(peers.admit(host), admitted, "{host}");
        }
    }

    #[test]
    fn an_allow_list_leaves_only_what_it_names_and_a_block_wins() {
        let peers = Peers::new(&["bad.good.example"], &["good.example"]);
        assert!(peers.admit("good.example") && peers.admit("a.good.example"));
        assert!(!peers.admit("bad.good.example") && !peers.admit("other.example"));
        assert!(peers.admit_uri(&Uri::parse("https://good.example:8443/a").unwrap()));
        assert!(!peers.admit_uri(&Uri::parse("https://other.example/good.example").unwrap()));
    }
}
