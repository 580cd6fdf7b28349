//! Where git fetches from and pushes to: `cloneUri` and `pushUri` of a Repository.

use super::{Uri, UriError, parse_url, text_impls};
use crate::limits::URI_MAX_BYTES;
use crate::object::quote;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// An address of version control: `https`, `http` or `ssh`. Only `ssh` may name a user (`git@`), none a password.
/// Short forms such as `git@host:path` are refused: they read as options or local paths where they must not.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CloneUri(String);

impl CloneUri {
    /// Reads an address of version control.
    pub fn parse(text: &str) -> Result<Self, UriError> {
        let url = parse_url(text, "https, http or ssh", &["https", "http", "ssh"])?;
        let names_user = !url.username().is_empty() || url.password().is_some();
        if names_user && (url.scheme() != "ssh" || url.password().is_some()) {
            return Err(UriError::UserInfo { found: quote(text) });
        }
        // ssh would take a host or user with a leading dash for an option (CVE-2017-1000117).
        if url.host_str().is_some_and(|host| host.starts_with('-')) || url.username().starts_with('-') {
            return Err(UriError::Malformed {
                found: quote(text),
                why: "a host or user begins with a dash".to_owned(),
            });
        }
        if url.as_str().len() > URI_MAX_BYTES {
            return Err(UriError::TooLong { size: url.as_str().len(), limit: URI_MAX_BYTES });
        }
        Ok(Self(url.into()))
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same as a web address, unless it is an `ssh` one.
    pub fn as_web(&self) -> Option<Uri> {
        Uri::parse(&self.0).ok()
    }
}

impl From<Uri> for CloneUri {
    fn from(uri: Uri) -> Self {
        Self(uri.as_str().to_owned())
    }
}

text_impls!(CloneUri, UriError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_is_reached_over_the_web_or_ssh_and_nothing_else() {
        #[rustfmt::skip]
        let rows = [
            ("https://forge.example/tea.git",              true),
            ("ssh://git@forge.example/tea.git",            true),
            ("ssh://git@forge.example:2222/tea.git",       true),
            ("ssh://git:secret@forge.example/tea.git",     false),
            ("https://alice@forge.example/tea.git",        false),
            ("ssh://-oProxyCommand=evil/tea.git",          false),
            ("ssh://-x@forge.example/tea.git",             false),
            ("git@forge.example:tea.git",                  false),
            ("file:///etc/passwd",                         false),
            ("ext::sh -c evil",                            false),
            ("--upload-pack=evil",                         false),
        ];
        for (text, expected) in rows {
            assert_eq!(CloneUri::parse(text).is_ok(), expected, "{text}");
        }
        assert!(CloneUri::parse("https://forge.example/tea.git").unwrap().as_web().is_some());
        assert!(CloneUri::parse("ssh://git@forge.example/tea.git").unwrap().as_web().is_none());
    }
}
