//! Tests of addresses, each good row beside its bad sisters.

use super::*;
use proptest::prelude::*;

fn kind(text: &str) -> Result<String, &'static str> {
    Uri::parse(text).map(String::from).map_err(|error| match error {
        UriError::TooLong { .. } => "long",
        UriError::Scheme { .. } => "scheme",
        UriError::UserInfo { .. } => "user",
        UriError::TrailingDot { .. } => "dot",
        UriError::Malformed { .. } => "malformed",
        _ => "other",
    })
}

#[test]
fn an_address_has_one_canonical_form() {
    #[rustfmt::skip]
    let rows = [
        ("https://forge.example/a",               Ok("https://forge.example/a")),
        ("HTTPS://Forge.Example:443/A?b=C#d",     Ok("https://forge.example/A?b=C#d")),
        ("http://forge.example:80/a",             Ok("http://forge.example/a")),
        ("https://forge.example:80/a",            Ok("https://forge.example:80/a")),
        ("https://forge.example",                 Ok("https://forge.example/")),
        ("https://bücher.example/",               Ok("https://xn--bcher-kva.example/")),
        ("https://forge.example/a/../b",          Ok("https://forge.example/b")),
        ("http://[::1]:3000/a",                   Ok("http://[::1]:3000/a")),
        ("https://user@forge.example/a",          Err("user")),
        ("https://@forge.example/a",              Err("user")),
        ("https://user:secret@forge.example/a",   Err("user")),
        ("https://forge.example./a",              Err("dot")),
        ("ftp://forge.example/a",                 Err("scheme")),
        ("javascript://forge.example/%0aalert()", Err("scheme")),
        ("mailto:alice@forge.example",            Err("scheme")),
        ("./api/v1/something",                    Err("scheme")),
        ("",                                      Err("scheme")),
        ("https:///forge.example/a",              Err("malformed")),
        ("https://",                              Err("malformed")),
        (" https://forge.example/a",              Err("malformed")),
        ("https://forge.example/a\n",             Err("malformed")),
        ("https://forge.example\\@evil.example/", Err("malformed")),
        ("https://forge.example:99999/",          Err("malformed")),
        ("http://[fe80::1%25eth0]/a",             Err("malformed")),
    ];
    for (text, expected) in rows {
        assert_eq!(kind(text), expected.map(str::to_owned), "{text}");
    }
}

#[test]
fn an_address_is_refused_over_its_bound_also_when_encoding_makes_it_longer() {
    let fits = format!("https://forge.example/{}", "a".repeat(URI_MAX_BYTES - 22));
    assert!(Uri::parse(&fits).is_ok());
    assert_eq!(kind(&format!("{fits}a")), Err("long"));
    assert_eq!(kind(&format!("https://forge.example/{}", "é".repeat(700))), Err("long"));
}

#[test]
fn an_origin_is_scheme_host_and_port() {
    let rows = [
        ("https://forge.example/a?b#c", "https://forge.example", 443),
        ("https://forge.example:8443/", "https://forge.example:8443", 8443),
        ("http://[::1]:3000/a:b", "http://[::1]:3000", 3000),
        ("http://[::1]/a", "http://[::1]", 80),
        ("https://forge.example?a=b:1", "https://forge.example", 443),
    ];
    for (text, shown, port) in rows {
        let origin = Uri::parse(text).unwrap().origin();
        assert_eq!((origin.to_string().as_str(), origin.port), (shown, port), "{text}");
    }
    let of = |text| Uri::parse(text).unwrap().origin();
    assert_ne!(of("https://forge.example/"), of("http://forge.example/"));
    assert_ne!(of("https://forge.example/"), of("https://forge.example:8443/"));
    assert_eq!(of("https://Forge.example:443/x"), of("https://forge.example/y"));
}

#[test]
fn loopback_is_this_machine_only() {
    for (text, expected) in [
        ("http://localhost/", true),
        ("http://forge.localhost:3000/", true),
        ("http://127.0.0.9/", true),
        ("http://[::1]/", true),
        ("http://notlocalhost/", false),
        ("http://127.0.0.1.example/", false),
        ("http://10.0.0.1/", false),
    ] {
        assert_eq!(Uri::parse(text).unwrap().origin().is_loopback(), expected, "{text}");
    }
}

#[test]
fn parts_of_an_address_are_told_apart() {
    let uri = Uri::parse("https://forge.example/a/b?c=d#e").unwrap();
    assert_eq!((uri.path(), uri.query(), uri.fragment()), ("/a/b", Some("c=d"), Some("e")));
    assert_eq!(uri.without_fragment(), "https://forge.example/a/b?c=d");
    let bare = Uri::parse("https://forge.example?c").unwrap();
    assert_eq!((bare.path(), bare.query(), bare.fragment()), ("/", Some("c"), None));
}

#[test]
fn joined_segments_never_climb_out() {
    let base = Uri::parse("https://forge.example/repos/tea?x#y").unwrap();
    let join = |segments| String::from(base.join_path(segments).unwrap());
    assert_eq!(join("outbox/7"), "https://forge.example/repos/tea/outbox/7");
    assert_eq!(join("/outbox"), "https://forge.example/repos/tea/outbox");
    assert_eq!(join("../../people/eve"), "https://forge.example/repos/tea/people/eve");
    assert_eq!(join("a?b#c d"), "https://forge.example/repos/tea/a%3Fb%23c%20d");
    assert!(base.join_path(&"a".repeat(URI_MAX_BYTES)).is_err());
    assert_eq!(base.with_fragment("main-key").unwrap(), "https://forge.example/repos/tea?x#main-key");
}

#[test]
fn everybody_is_an_address() {
    assert!(Uri::public().is_public());
    assert!(Uri::parse(PUBLIC).unwrap().is_public());
    assert!(!Uri::parse("https://forge.example/").unwrap().is_public());
}

#[test]
fn an_address_is_checked_again_when_it_is_read_from_the_store() {
    let uri: Uri = serde_json::from_str("\"https://Forge.example/a\"").unwrap();
    assert_eq!(serde_json::to_string(&uri).unwrap(), "\"https://forge.example/a\"");
    assert!(serde_json::from_str::<Uri>("\"https://eve@forge.example/\"").is_err());
}

proptest! {
    #[test]
    fn reading_an_address_never_panics_and_is_a_fixed_point(text in "(https?://)?[a-zA-Z0-9.:@/?#%é\\[\\]-]{0,60}") {
        if let Ok(uri) = Uri::parse(&text) {
            prop_assert_eq!(Uri::parse(uri.as_str()), Ok(uri.clone()));
            prop_assert_eq!(uri.origin(), url_origin(&uri));
            let root = uri.origin().root().unwrap();
            prop_assert_eq!(root.origin(), uri.origin());
        }
    }
}

/// The origin as the url crate sees it: our own splitting must never disagree with it.
fn url_origin(uri: &Uri) -> Origin {
    let url = url::Url::parse(uri.as_str()).unwrap();
    let scheme = if url.scheme() == "https" { Scheme::Https } else { Scheme::Http };
    Origin { scheme, host: url.host_str().unwrap().to_owned(), port: url.port_or_known_default().unwrap() }
}
