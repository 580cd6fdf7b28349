//! Which URLs may be asked for: judged before a name is looked up, and again after each redirect.

use std::net::IpAddr;

use url::{Host, Url};

use super::address::{AllowLoopback, is_allowed};
use super::error::FetchError;
use crate::limits::URL_BYTES_MAX;

const PORTS: [u16; 2] = [80, 443];

/// What the guard lets through. Public `https` on the usual ports by default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whether this computer may be spoken to, on any port and by `http`. For development and tests.
    pub loopback: AllowLoopback,
    /// Whether `http` is taken for public hosts too.
    pub plain_http: bool,
    /// Ports beside 80 and 443.
    pub more_ports: Vec<u16>,
    /// Our own authorities (`forge.example`, `localhost:3000`), in lower case: asked inside, never by HTTP.
    pub own: Vec<String>,
}

impl Default for Policy {
    fn default() -> Self {
        Self { loopback: AllowLoopback::No, plain_http: false, more_ports: Vec::new(), own: Vec::new() }
    }
}

impl Policy {
    /// Judges a URL. Names are judged as names; where they lead is for the resolver.
    pub(super) fn check(&self, url: &Url) -> Result<(), FetchError> {
        let length = url.as_str().len();
        if length > URL_BYTES_MAX {
            return Err(FetchError::UrlTooLong { limit: URL_BYTES_MAX, found: length });
        }
        if !matches!(url.scheme(), "http" | "https") {
            return Err(FetchError::Scheme { found: url.scheme().to_owned() });
        }
        let shown = || FetchError::Host { found: shown_host(url) };
        let host = url.host().ok_or_else(shown)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FetchError::Host { found: format!("{} with a user name", shown_host(url)) });
        }
        // A final dot is the same host under another name, which lists of hosts would miss.
        if matches!(host, Host::Domain(name) if name.ends_with('.')) {
            return Err(shown());
        }
        let port = url.port_or_known_default().ok_or_else(shown)?;
        if self.own.contains(&authority(url)) {
            return Err(FetchError::OwnHost { host: authority(url) });
        }
        let local = self.check_host(url, &host)?;
        if url.scheme() == "http" && !local && !self.plain_http {
            return Err(FetchError::Scheme { found: "http".to_owned() });
        }
        if !local && !PORTS.contains(&port) && !self.more_ports.contains(&port) {
            return Err(FetchError::Port { found: port });
        }
        Ok(())
    }

    /// Whether the host is this computer, which only an allowance lets through.
    fn check_host(&self, url: &Url, host: &Host<&str>) -> Result<bool, FetchError> {
        let address: IpAddr = match host {
            Host::Ipv4(address) => (*address).into(),
            Host::Ipv6(address) => (*address).into(),
            Host::Domain(name) if is_local_name(name) => IpAddr::from([127, 0, 0, 1]),
            Host::Domain(_) => return Ok(false),
        };
        if !is_allowed(address, self.loopback) {
            return Err(FetchError::NotPublic { host: shown_host(url), address });
        }
        Ok(address.is_loopback())
    }

    /// The scheme under which a host without a URL, such as that of an `acct:` name, is asked: `https`, but `http` for this
    /// computer where that is allowed.
    pub(crate) fn scheme_for(&self, authority: &str) -> &'static str {
        let local = Url::parse(&format!("http://{authority}")).is_ok_and(|url| match url.host() {
            Some(Host::Domain(name)) => is_local_name(name),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        });
        if local && self.loopback == AllowLoopback::Yes { "http" } else { "https" }
    }
}

/// Names that mean this computer by definition. Source: RFC 6761, section 6.3.
pub(super) fn is_local_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    let last = name.rsplit('.').next().unwrap_or(name);
    last.eq_ignore_ascii_case("localhost")
}

/// Host, and port unless it is the scheme's own.
pub(super) fn authority(url: &Url) -> String {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => String::new(),
    }
}

/// The host for a message, cut to a sensible length.
pub(super) fn shown_host(url: &Url) -> String {
    authority(url).chars().take(255).collect()
}

/// The URL for a message: without its query.
pub(super) fn shown(url: &Url) -> String {
    url[..url::Position::AfterPath].chars().take(255).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(policy: &Policy, url: &str) -> Option<&'static str> {
        policy.check(&Url::parse(url).unwrap()).err().map(|error| error.code())
    }

    #[test]
    fn only_public_https_on_the_usual_ports_is_asked_for() {
        let policy = Policy { own: vec!["forge.example".into()], ..Policy::default() };
        let long = format!("https://peer.example/{}", "a".repeat(2048));
        let (scheme, port, host, address) = ("fetch-scheme", "fetch-port", "fetch-host", "fetch-address-not-public");
        #[rustfmt::skip]
        let rows = [
            ("https://peer.example/people/7",       None),
            ("https://peer.example:443/",           None),
            ("https://peer.example:80/",            None),
            ("https://8.8.8.8/",                    None),
            ("https://[2606:4700::1]/",             None),
            ("http://peer.example/",                Some(scheme)),
            ("ftp://peer.example/",                 Some(scheme)),
            ("file:///etc/passwd",                  Some(scheme)),
            ("gopher://peer.example/",              Some(scheme)),
            ("https://peer.example:8443/",          Some(port)),
            ("https://peer.example:22/",            Some(port)),
            ("https://peer.example./",              Some(host)),
            ("https://alice@peer.example/",         Some(host)),
            ("https://:secret@peer.example/",       Some(host)),
            ("https://forge.example/people/7",      Some("fetch-own-host")),
            ("https://FORGE.example:443/",          Some("fetch-own-host")),
            ("https://127.0.0.1/",                  Some(address)),
            ("https://127.1/",                      Some(address)),
            ("https://0x7f000001/",                 Some(address)),
            ("https://2130706433/",                 Some(address)),
            ("https://0/",                          Some(address)),
            ("https://10.0.0.1/",                   Some(address)),
            ("https://169.254.169.254/latest/",     Some(address)),
            ("https://[::1]/",                      Some(address)),
            ("https://[::ffff:127.0.0.1]/",         Some(address)),
            ("https://[::]/",                       Some(address)),
            ("https://localhost/",                  Some(address)),
            ("https://LOCALHOST/",                  Some(address)),
            ("https://forge.localhost/",            Some(address)),
            (long.as_str(),                         Some("fetch-url-too-long")),
        ];
        for (url, expected) in rows {
            assert_eq!(found(&policy, url), expected, "{url}");
        }
    }

    #[test]
    fn allowances_open_what_they_name_and_no_more() {
        let local = Policy { loopback: AllowLoopback::Yes, ..Policy::default() };
        assert_eq!(found(&local, "http://127.0.0.1:3000/"), None);
        assert_eq!(found(&local, "http://forge.localhost:3000/"), None);
        assert_eq!(found(&local, "http://[::1]:3000/"), None);
        assert_eq!(found(&local, "http://peer.example/"), Some("fetch-scheme"));
        assert_eq!(found(&local, "https://peer.example:3000/"), Some("fetch-port"));
        assert_eq!(found(&local, "http://10.0.0.1:3000/"), Some("fetch-address-not-public"));
        assert_eq!(found(&local, "https://notlocalhost:3000/"), Some("fetch-port"));
        let plain = Policy { plain_http: true, more_ports: vec![8443], ..Policy::default() };
        assert_eq!(found(&plain, "http://peer.example/"), None);
        assert_eq!(found(&plain, "https://peer.example:8443/"), None);
        assert_eq!(found(&plain, "https://peer.example:8444/"), Some("fetch-port"));
        assert_eq!(found(&plain, "http://localhost/"), Some("fetch-address-not-public"));
    }

    #[test]
    fn a_bare_host_is_asked_by_https_unless_it_is_this_computer() {
        let local = Policy { loopback: AllowLoopback::Yes, ..Policy::default() };
        for (host, scheme) in
            [("localhost:3000", "http"), ("127.0.0.1:3000", "http"), ("[::1]", "http"), ("a.example", "https")]
        {
            assert_eq!(local.scheme_for(host), scheme, "{host}");
            assert_eq!(Policy::default().scheme_for(host), "https", "{host}");
        }
    }
}
