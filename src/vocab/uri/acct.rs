//! Names people type: `alice@forge.example`.

use super::{Origin, Scheme, Uri};
use crate::limits::{ACCT_NAME_MAX_BYTES, HOST_MAX_BYTES};
use crate::object::quote;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A name on a host, as WebFinger (RFC 7565) has it. Names keep their case; hosts are lower case, with a port where it
/// is not 443.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Acct {
    name: String,
    host: String,
    port: Option<u16>,
}

/// Why a text is not a name on a host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AcctError {
    /// Not two parts.
    #[error("expected name@host, found {found}")]
    Shape {
        /// The text, shortened.
        found: String,
    },
    /// A name that is empty, too long or holds other characters than letters, digits, `_`, `.` and `-`.
    #[error("expected a name of letters, digits, _ . -, at most {limit} bytes, found {found}")]
    Name {
        /// The name, shortened.
        found: String,
        /// Bytes allowed.
        limit: usize,
    },
    /// No host, or a port that is none.
    #[error("expected a host with or without a port, found {found}")]
    Host {
        /// The host, shortened.
        found: String,
    },
}

impl Acct {
    /// Reads `name@host[:port]`, with or without `acct:` or `@` before it.
    pub fn parse(text: &str) -> Result<Self, AcctError> {
        let bare = text.strip_prefix("acct:").unwrap_or(text);
        let bare = bare.strip_prefix('@').unwrap_or(bare);
        let (name, host) = bare.split_once('@').ok_or_else(|| AcctError::Shape { found: quote(text) })?;
        let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-');
        if name.is_empty() || name.len() > ACCT_NAME_MAX_BYTES || !name.chars().all(allowed) {
            return Err(AcctError::Name { found: quote(name), limit: ACCT_NAME_MAX_BYTES });
        }
        let wrong = || AcctError::Host { found: quote(host) };
        if host.len() > HOST_MAX_BYTES || host.contains(['/', '?', '#', '@', '%']) {
            return Err(wrong());
        }
        let origin = Uri::parse(&format!("https://{host}/")).map_err(|_| wrong())?.origin();
        let port = (origin.port != Scheme::Https.default_port()).then_some(origin.port);
        Ok(Self { name: name.to_owned(), host: origin.host, port })
    }

    /// The part before the `@`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Host, and port where it is not 443.
    pub fn authority(&self) -> String {
        match self.port {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.clone(),
        }
    }

    /// Where to ask about this name: `https`, or `http` if the host is this machine.
    pub fn origin(&self) -> Origin {
        let port = self.port.unwrap_or(Scheme::Https.default_port());
        let secure = Origin { scheme: Scheme::Https, host: self.host.clone(), port };
        if self.port.is_some() && secure.is_loopback() {
            return Origin { scheme: Scheme::Http, ..secure };
        }
        secure
    }
}

impl fmt::Display for Acct {
    /// `name@host[:port]`; WebFinger puts `acct:` before it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.authority())
    }
}

impl fmt::Debug for Acct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{self}>")
    }
}

impl FromStr for Acct {
    type Err = AcctError;

    fn from_str(text: &str) -> Result<Self, AcctError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Acct {
    type Error = AcctError;

    fn try_from(text: String) -> Result<Self, AcctError> {
        Self::parse(&text)
    }
}

impl From<Acct> for String {
    fn from(acct: Acct) -> String {
        acct.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_on_a_host_is_read_in_every_way_people_write_it() {
        #[rustfmt::skip]
        let rows = [
            ("alice@forge.example",            Some("alice@forge.example")),
            ("@alice@forge.example",           Some("alice@forge.example")),
            ("acct:alice@Forge.Example",       Some("alice@forge.example")),
            ("acct:Alice.B-c_d@forge.example:8443", Some("Alice.B-c_d@forge.example:8443")),
            ("alice@forge.example:443",        Some("alice@forge.example")),
            ("alice@127.0.0.1:3000",           Some("alice@127.0.0.1:3000")),
            ("alice",                          None),
            ("@alice",                         None),
            ("alice@",                         None),
            ("@@forge.example",                None),
            ("al ice@forge.example",           None),
            ("alice@forge.example/x",          None),
            ("alice@bob@forge.example",        None),
            ("alice@forge.example.",           None),
            ("alice@forge.example:0x50",       None),
            ("https://forge.example/alice",    None),
        ];
        for (text, expected) in rows {
            assert_eq!(Acct::parse(text).ok().map(|acct| acct.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_name_is_asked_about_over_tls_unless_it_is_on_this_machine() {
        let origin = |text| Acct::parse(text).unwrap().origin().to_string();
        assert_eq!(origin("alice@forge.example"), "https://forge.example");
        assert_eq!(origin("alice@forge.example:8443"), "https://forge.example:8443");
        assert_eq!(origin("alice@127.0.0.1:3000"), "http://127.0.0.1:3000");
    }

    #[test]
    fn an_overlong_name_is_refused() {
        let long = "a".repeat(ACCT_NAME_MAX_BYTES + 1);
        assert!(matches!(Acct::parse(&format!("{long}@forge.example")), Err(AcctError::Name { .. })));
    }
}
