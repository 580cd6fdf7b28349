//! Addresses whose canonical form is their text, told by a look: nearly all that are ever read, several dozen for each
//! delivery. For whatever this look does not know, the URL standard decides.

use super::Scheme;

/// Whether the canonical form of an address is this very text. Never true for one that is refused or written otherwise;
/// false for many whose form is canonical too.
pub(super) fn is_plain(text: &str) -> bool {
    let (scheme, rest) = match text.strip_prefix("https://") {
        Some(rest) => (Scheme::Https, rest),
        None => match text.strip_prefix("http://") {
            Some(rest) => (Scheme::Http, rest),
            None => return false,
        },
    };
    let Some(slash) = rest.find('/') else { return false };
    let (authority, path) = rest.split_at(slash);
    let (path, fragment) = path.split_once('#').unwrap_or((path, ""));
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    (is_name(host) || is_ipv4(host))
        && port.is_none_or(|port| is_port(port, scheme))
        && path.split('/').all(|segment| !matches!(segment, "." | "..") && segment.bytes().all(is_usual))
        && fragment.bytes().all(is_usual)
        // An empty fragment stays, and is rare.
        && !text.ends_with('#')
}

/// Letters and what else no part of a path or fragment writes in another way.
fn is_usual(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'@' | b':' | b'+' | b',' | b'=')
}

/// A host's name of plain labels, the last of which cannot be read as a number.
fn is_name(host: &str) -> bool {
    let label = |label: &str| {
        let bytes = label.as_bytes();
        (1..=63).contains(&bytes.len())
            && bytes.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
            && bytes[0] != b'-'
            && bytes[bytes.len() - 1] != b'-'
            // Those with two hyphens here are written in punycode.
            && bytes.get(2..4) != Some(b"--")
    };
    let last = host.rsplit('.').next().unwrap_or(host);
    host.len() <= 253 && host.split('.').all(label) && last.starts_with(|c: char| c.is_ascii_lowercase())
}

/// Four numbers as they are usually written.
fn is_ipv4(host: &str) -> bool {
    host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.to_string() == host)
}

/// A port that has to be written.
fn is_port(port: &str, scheme: Scheme) -> bool {
    port.parse::<u16>().is_ok_and(|number| number != scheme.default_port() && number.to_string() == port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::uri::Uri;
    use proptest::prelude::*;

    /// The text the URL standard makes of an address, if it is one.
    fn canonical(text: &str) -> Option<String> {
        Uri::parse_slowly(text).ok().map(String::from)
    }

    #[test]
    fn what_is_taken_at_sight_is_what_stands_there_already() {
        #[rustfmt::skip]
        let rows = [
            ("https://forge.example/people/a",              true),
            ("https://forge.example/people/a#main-key",     true),
            ("http://127.0.0.1:3000/trackers/x/tickets/1",  true),
            ("http://localhost:3000/",                      true),
            ("https://forge.example/@bob:x+y,z=1/~w",       true),
            ("https://forge.example",                       false),
            ("https://Forge.example/a",                     false),
            ("https://forge.example:443/a",                 false),
            ("https://forge.example:080/a",                 false),
            ("https://forge.example./a",                    false),
            ("https://user@forge.example/a",                false),
            ("https://xn--bcher-kva.example/a",             false),
            ("https://127.1/a",                             false),
            ("https://1.2.3.4.5/a",                         false),
            ("https://0x7f.0.0.1/a",                        false),
            ("https://a.0x7f/a",                            false),
            ("https://[::1]/a",                             false),
            ("https://forge.example/a/../b",                false),
            ("https://forge.example/a/./b",                 false),
            ("https://forge.example/a%2Fb",                 false),
            ("https://forge.example/a b",                   false),
            ("https://forge.example/a?q=1",                 false),
            ("https://forge.example/a#",                    false),
            ("https://-a.example/a",                        false),
            ("ftp://forge.example/a",                       false),
        ];
        for (text, expected) in rows {
            assert_eq!(is_plain(text), expected, "{text}");
            if expected {
                assert_eq!(canonical(text).as_deref(), Some(text));
            }
        }
    }

    proptest! {
        /// Texts made of the pieces that addresses are made of, and any texts at all.
        #[test]
        fn the_url_standard_agrees_with_every_look(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "/", ".", "..", "a", "B", "0", "1", "127", "0x7f", "255", "256", ":", "80", "443", "8080", "65536", "#", "?", "@",
                "%2e", "%", "-", "--", "xn--", "ß", "_", "~", "+", "=", ",", ";", "'", "\\", " ", "example", "localhost", "^", "|",
            ]), 0..12),
            secure: bool,
            tail in "[ -~]{0,12}",
        ) {
            let scheme = if secure { "https://" } else { "http://" };
            for text in [format!("{scheme}{}", pieces.concat()), format!("{scheme}a.example/{tail}"), format!("{scheme}{tail}/")] {
                if is_plain(&text) {
                    prop_assert_eq!(canonical(&text), Some(text));
                }
            }
        }
    }
}
