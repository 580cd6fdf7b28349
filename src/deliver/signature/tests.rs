//! Both schemes together: choice of scheme, vectors of another implementation, and input of every kind.

use std::path::PathBuf;

use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;
use serde_json::Value;

use super::testing::{BODY, KEY_ID, NOW, Request};
use super::*;
use crate::key::fixture;

/// The file of vectors, or nothing when this run has none.
pub(crate) fn vectors(name: &str) -> Option<Value> {
    let Some(directory) = std::env::var_os("PRITCHEL_SPEC_DIR") else {
        assert!(std::env::var_os("PRITCHEL_REQUIRE_ALL").is_none(), "PRITCHEL_SPEC_DIR is not set");
        println!("not run: PRITCHEL_SPEC_DIR is not set, it names the folder with vectors/{name}");
        return None;
    };
    let path = PathBuf::from(directory).join("vectors").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Some(serde_json::from_str(&text).unwrap())
}

#[test]
fn requests_signed_by_another_implementation_verify_and_break_when_touched() {
    let Some(vectors) = vectors("http-signatures.json") else { return };
    let key = PublicKey::from_pem(vectors["publicKeyPem"].as_str().unwrap()).unwrap();
    let url = Url::parse(vectors["url"].as_str().unwrap()).unwrap();
    for (name, scheme) in [("rfc9421", Scheme::Rfc9421), ("draft-cavage-http-signatures-12", Scheme::Cavage)] {
        let mut request = Request::unsigned("POST", url.path());
        request.origin = PublicOrigin::parse(&url.origin().ascii_serialization()).unwrap();
        request.body = vectors["body"].as_str().unwrap().as_bytes().to_vec();
        request.headers = HeaderMap::new();
        for (header, value) in vectors[name].as_object().unwrap() {
            let value = HeaderValue::from_str(value.as_str().unwrap()).unwrap();
            request.headers.insert(HeaderName::from_bytes(header.as_bytes()).unwrap(), value);
        }
        let now = clock::http_date("date", &request.header("date")).unwrap();
        let verified = request.check_at(&key, now).unwrap();
        assert_eq!((verified.scheme, verified.created), (scheme, Some(now)), "{name}");

        let other_key = request.check_at(fixture::rsa().public_key(), now).unwrap_err();
        assert_eq!(other_key.code(), "signature-does-not-verify", "{name}");
        let stale = request.check_at(&key, now + 3601).unwrap_err();
        assert_eq!(stale.code(), "signature-too-old", "{name}");
        request.body.push(b' ');
        assert_eq!(request.check_at(&key, now).unwrap_err().code(), "digest-mismatch", "{name}");
    }
}

#[test]
fn the_scheme_is_found_by_the_headers() {
    let key = fixture::rsa();
    for scheme in [Scheme::Cavage, Scheme::Rfc9421] {
        let request = Request::signed(scheme, &key, "POST", "/inbox");
        assert!(is_signed(&request.headers));
        assert_eq!(request.check(key.public_key()).map(|verified| verified.scheme), Ok(scheme));
    }
    let unsigned = Request::unsigned("POST", "/inbox");
    assert!(!is_signed(&unsigned.headers));
    assert_eq!(parse_any(&unsigned.parts(), NOW).map(|_| ()), Err(SignatureError::Missing));
}

#[test]
fn a_port_is_signed_as_it_will_be_sent() {
    let key = fixture::rsa();
    for (url, host) in [
        ("https://forge.example:443/inbox", "forge.example"),
        ("https://forge.example:8443/inbox", "forge.example:8443"),
        ("http://[::1]:3000/inbox", "[::1]:3000"),
    ] {
        let url = Url::parse(url).unwrap();
        let headers = sign(Scheme::Cavage, &key, KEY_ID, &Method::POST, &url, Some(BODY), NOW).unwrap();
        assert_eq!(headers.iter().find(|(name, _)| name == "host").unwrap().1, host);
    }
}

#[test]
fn key_ids_that_would_break_the_header_are_not_signed() {
    let url = Url::parse("https://forge.example/inbox").unwrap();
    for scheme in [Scheme::Cavage, Scheme::Rfc9421] {
        for key_id in ["", "a b", "a\"b", "a\\b", "a\r\nb", "é"] {
            let error = sign(scheme, &fixture::rsa(), key_id, &Method::GET, &url, None, NOW).unwrap_err();
            assert_eq!(error.code(), "signing-impossible", "{key_id:?}");
        }
    }
}

#[test]
fn a_refusal_tells_which_signature_is_taken() {
    let (name, value) = accept_signature_header(true);
    assert_eq!(name, "accept-signature");
    assert_eq!(value, r#"sig1=("@method" "@target-uri" "content-digest");created;keyid"#);
    assert!(!accept_signature_header(false).1.to_str().unwrap().contains("content-digest"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_header_makes_the_parsers_panic(
        signature in "[ -~]{0,120}",
        input in "[ -~]{0,120}",
        digest in "[ -~]{0,60}",
        date in "[ -~]{0,40}",
        target in "\\PC{0,30}",
        cavage in proptest::bool::ANY,
    ) {
        let mut request = Request::unsigned("POST", &target)
            .with("signature", &signature).with("digest", &digest).with("content-digest", &digest).with("date", &date);
        if !cavage {
            request = request.with("signature-input", &input);
        }
        prop_assert!(request.check(fixture::ed25519().public_key()).is_err());
    }

    #[test]
    fn no_value_in_a_well_formed_header_makes_them_panic(
        key_id in "[ -~]{0,40}", headers in "[ -~]{0,60}", number in "-?[0-9]{0,22}(\\.[0-9]{0,3})?", word in "[ -~]{0,20}",
    ) {
        let cavage = format!(
            "keyId=\"{key_id}\",algorithm=\"{word}\",created={number},expires=\"{number}\",headers=\"(request-target) host \
             (created) (expires) digest {headers}\",signature=\"AAAA\""
        );
        prop_assert!(Request::unsigned("POST", "/inbox").with("signature", &cavage).finding().is_some());
        let input = format!(
            "sig1=(\"@method\" \"@target-uri\" \"content-digest\" \"{headers}\");created={number};expires={number};\
             keyid=\"{key_id}\";alg=\"{word}\""
        );
        let request = Request::unsigned("POST", "/inbox").with("signature-input", &input).with("signature", "sig1=:AAAA:");
        prop_assert!(request.finding().is_some());
    }

    #[test]
    fn whatever_we_sign_we_verify(
        path in "(/[a-zA-Z0-9._~%!$&'()*+,;=:@-]{0,12}){1,4}",
        query in proptest::option::of("[a-z0-9=&/?-]{0,20}"),
        body in proptest::option::of(proptest::collection::vec(0u8.., 0..200)),
        rfc9421 in proptest::bool::ANY,
        now in 0..crate::limits::TIME_MAX_S,
    ) {
        let text = format!("https://forge.example{path}{}", query.map_or(String::new(), |query| format!("?{query}")));
        let url = Url::parse(&text).unwrap();
        let (method, name) = if body.is_some() { (Method::POST, "POST") } else { (Method::GET, "GET") };
        let scheme = if rfc9421 { Scheme::Rfc9421 } else { Scheme::Cavage };
        let key = fixture::ed25519();
        let headers = sign(scheme, &key, KEY_ID, &method, &url, body.as_deref(), now).unwrap();
        let mut request = Request::unsigned(name, &url[url::Position::BeforePath..]);
        request.headers = headers.into_iter().collect();
        request.body = body.unwrap_or_default();
        prop_assert_eq!(request.check_at(key.public_key(), now).map(|verified| verified.scheme), Ok(scheme));
        request.body.push(b'!');
        prop_assert!(request.check_at(key.public_key(), now).is_err());
    }
}
