//! draft-cavage: what we send, what we take, and beside each its refused sister.

use super::super::testing::{BODY, KEY_ID, NOW, Request};
use super::*;
use crate::key::fixture;

const POST: &str = "(request-target) host date digest";
const GET: &str = "(request-target) host date";

#[test]
fn a_post_is_signed_over_target_host_date_digest_and_type() {
    let request = Request::signed(Scheme::Cavage, &fixture::rsa(), "POST", "/people/7/inbox");
    let header = request.header("signature");
    let start = format!(
        r#"keyId="{KEY_ID}",algorithm="hs2019",headers="(request-target) content-type date digest host",signature=""#
    );
    assert!(header.starts_with(&start), "{header}");
    assert!(!header.contains(", "), "peers do not trim blanks after commas");
    let verified = request.check(fixture::rsa().public_key()).unwrap();
    assert_eq!((verified.scheme, verified.key_id.as_str(), verified.created), (Scheme::Cavage, KEY_ID, Some(NOW)));
    assert_eq!(verified.covered.join(" "), "(request-target) content-type date digest host");
}

#[test]
fn a_get_is_signed_over_target_host_date_and_accept() {
    let request = Request::signed(Scheme::Cavage, &fixture::ed25519(), "GET", "/people/7?page=1");
    assert!(request.header("signature").contains(r#"headers="(request-target) accept date host""#));
    assert!(request.check(fixture::ed25519().public_key()).is_ok());
    let other = request.check(fixture::rsa().public_key()).unwrap_err();
    assert_eq!(other.code(), "signature-does-not-verify");
}

/// Made with `openssl dgst -sha256 -sign` over the five lines of the draft, typed by hand.
const BY_OPENSSL: &str = "\
    X1pDSXKkyb7FMPGBwC7NPmlocEJRxRev7gC9/HAeuOU8yCOnJby4VwkbOMh5MQjbq9aL34kPmcVOU6U9Pk+UJ+XwQtIsm01xe8EB\
    vgMft1nUif1Pd+A3UItBhOJ4mrwHGXR8laqV+UXRP/Mn0faNkn0SRQHv7lFfxS7SZdN1o11STO9DxO7oQoSevMM9/mDQdhfndyx9\
    ogr0g4jA1sX7+kdXB/QVIUJlJMMVK2InNjL5fajfowNCbbuMAC4yesZ4skguqV0xsbNjKMCmlB9wS2mNeaPpc364AxypNm3nqzoK\
    7q4xBfholjqe5xGF284O+95MVrK03GhWobnjHLyzLQ==";

#[test]
fn the_signature_is_the_one_openssl_makes() {
    let request = Request::signed(Scheme::Cavage, &fixture::rsa(), "POST", "/people/7/inbox");
    assert!(request.header("signature").ends_with(&format!(r#",signature="{BY_OPENSSL}""#)));
}

/// Each row is validly signed by the key; only its form differs.
#[test]
fn signatures_are_taken_in_every_form_peers_send_and_no_laxer() {
    let post = || Request::unsigned("POST", "/people/7/inbox");
    let get = || Request::unsigned("GET", "/people/7?page=1");
    let lacks = Some("signature-not-covered");
    #[rustfmt::skip]
    let rows = [
        ("as Forgejo signs",            post().cavage(POST, r#"algorithm="hs2019","#),      None),
        ("as Mastodon signs",           post().cavage("(request-target) host date digest content-type", r#"algorithm="rsa-sha256","#), None),
        ("no algorithm",                post().cavage(POST, ""),                            None),
        ("upper-case names",            post().cavage("(request-target) Host Date Digest", ""), None),
        ("created, quoted",             post().cavage("(request-target) host (created) digest", &format!(r#"created="{NOW}","#)), None),
        ("created, bare",               post().cavage("(request-target) host (created) digest", &format!("created={NOW},")), None),
        ("created and expires",         post().cavage("(request-target) host (created) (expires) digest", &format!("created={},expires={NOW},", NOW - 7200)), None),
        ("a fetch",                     get().cavage(GET, ""),                              None),
        ("a fetch, query not signed",   get().cavage_over("/people/7", GET, ""),            None),
        ("a bearer token beside it",    post().cavage(POST, "").with("authorization", "Bearer tea"), None),
        ("a header in two lines",       post().and("x-cup", "one").cavage(&format!("{POST} x-cup"), "").with("x-cup", "one"), None),

        ("no target covered",           post().cavage("host date digest", ""),              lacks),
        ("no host covered",             post().cavage("(request-target) date digest", ""),  lacks),
        ("no date covered",             post().cavage("(request-target) host digest", ""),  lacks),
        ("created but not covered",     post().cavage("(request-target) host digest", &format!("created={NOW},")), lacks),
        ("no digest covered",           post().cavage(GET, ""),                             lacks),
        ("only the date",               post().cavage("date", ""),                          lacks),
        ("nothing named",               post().with("signature", r#"keyId="k",signature="""#), lacks),
        ("a fetch with an uncovered body", Request { body: BODY.to_vec(), ..get() }.cavage(GET, ""), lacks),
        ("created covered, not given",  post().cavage("(request-target) host date (created) digest", ""), Some("signature-header-absent")),
        ("expires covered, not given",  post().cavage(&format!("{POST} (expires)"), ""),    Some("signature-header-absent")),
        ("a covered header is absent",  post().cavage(&format!("{POST} x-cup"), ""),        Some("signature-header-absent")),
        ("digest covered, not sent",    post().without("digest").cavage(POST, ""),          Some("digest-missing")),
        ("date covered, not sent",      post().without("date").cavage(POST, ""),            Some("signature-header-absent")),
        ("covered twice",               post().cavage(&format!("{POST} Host"), ""),         Some("signature-covered-twice")),
        ("rsa-sha512",                  post().cavage(POST, r#"algorithm="rsa-sha512","#),  Some("signature-algorithm-unsupported")),
        ("hmac-sha256",                 post().cavage(POST, r#"algorithm="hmac-sha256","#), Some("signature-algorithm-unsupported")),
        ("created with rsa-sha256",     post().cavage(&format!("{POST} (created)"), &format!(r#"algorithm="rsa-sha256",created={NOW},"#)), Some("signature-algorithm-unsupported")),
        ("two forms at once",           post().cavage(POST, "").with("authorization", "Signature keyId=k"), Some("signature-ambiguous")),
        ("two headers",                 post().cavage(POST, "").and("signature", "keyId=k"), Some("signature-header-repeated")),
        ("two hosts",                   post().cavage(POST, "").and("host", "forge.example"), Some("signature-header-repeated")),
        ("two dates",                   post().cavage(POST, "").and("date", "now"),         Some("signature-header-repeated")),
        ("a target without a slash",    Request::unsigned("GET", "people").cavage(GET, ""), Some("signature-wrong-target")),
        ("not signed",                  post(),                                             Some("signature-missing")),
        ("only a bearer token",         post().with("authorization", "Bearer tea"),         Some("signature-missing")),
    ];
    for (what, request, expected) in rows {
        assert_eq!(request.finding(), expected, "{what}");
    }
}

#[test]
fn the_authorization_form_is_taken_too() {
    let request = Request::unsigned("POST", "/inbox").cavage(POST, "");
    let value = request.header("signature");
    for word in ["Signature", "signature"] {
        let moved = request.clone().without("signature").with("authorization", &format!("{word} {value}"));
        assert_eq!(moved.finding(), None, "{word}");
    }
    let moved = request.without("signature").with("authorization", &format!("Signatures {value}"));
    assert_eq!(moved.finding(), Some("signature-missing"));
}

#[test]
fn what_changes_after_signing_is_found() {
    let good = || Request::unsigned("POST", "/people/7/inbox").cavage(&format!("{POST} content-type"), "");
    let not_fit = Some("signature-does-not-verify");
    #[rustfmt::skip]
    let rows = [
        ("nothing",            good(),                                                       None),
        ("an uncovered header", good().with("user-agent", "kettle"),                         None),
        ("the body",           Request { body: b"{}".to_vec(), ..good() },                   Some("digest-mismatch")),
        ("body and digest",    Request { body: b"{}".to_vec(), ..good() }.with("digest", &digest::digest_header(b"{}")), Some("digest-mismatch")),
        ("body and digests",   Request { body: b"{}".to_vec(), ..good() }.with("digest", &digest::digest_header(b"{}")).without("content-digest"), not_fit),
        ("the target",         Request { target: "/people/8/inbox".into(), ..good() },       not_fit),
        ("a query is added",   Request { target: "/people/7/inbox?as=8".into(), ..good() },  None),
        ("the method",         Request { method: "PUT", ..good() },                          not_fit),
        ("the type",           good().with("content-type", "text/html"),                     not_fit),
        ("the date",           good().with("date", &clock::to_http_date(NOW - 1)),           not_fit),
        ("the host",           good().with("host", "other.example"),                         Some("signature-wrong-host")),
        ("our name",           Request { origin: crate::signature::PublicOrigin::parse("https://other.example").unwrap(), ..good() }, Some("signature-wrong-host")),
        ("one more covered",   { let request = good(); let header = request.header("signature"); request.with("signature", &header.replace("content-type", "content-type content-digest")) }, not_fit),
        ("not signature bytes", { let request = good(); let header = request.header("signature"); request.with("signature", &header.replace("signature=\"", "signature=\"AAAA")) }, not_fit),
    ];
    for (what, request, expected) in rows {
        assert_eq!(request.finding(), expected, "{what}");
    }
}

#[test]
fn the_host_is_ours_with_its_port_written_or_not() {
    let signed_as = |host: &str| Request::unsigned("POST", "/inbox").with("host", host).cavage(POST, "");
    #[rustfmt::skip]
    let rows = [
        ("as is",                       signed_as("forge.example"),                                            None),
        ("in upper case",               signed_as("Forge.Example"),                                            None),
        ("with its port",               signed_as("forge.example:443"),                                        None),
        ("port taken away by a proxy",  signed_as("forge.example:443").with("host", "forge.example"),          None),
        ("port added by a proxy",       signed_as("forge.example").with("host", "forge.example:443"),          None),
        ("another port",                signed_as("forge.example:8443"),                                       Some("signature-wrong-host")),
        ("the port of http",            signed_as("forge.example:80"),                                         Some("signature-wrong-host")),
        ("a final dot",                 signed_as("forge.example."),                                           Some("signature-wrong-host")),
        ("another host",                signed_as("evil.example"),                                             Some("signature-wrong-host")),
        ("none",                        signed_as("forge.example").without("host"),                            Some("signature-wrong-host")),
        (":authority of HTTP/2",        Request { authority: Some("forge.example"), ..signed_as("forge.example") }.without("host"), None),
        (":authority of another",       Request { authority: Some("evil.example"), ..signed_as("forge.example") }.without("host"), Some("signature-wrong-host")),
    ];
    for (what, request, expected) in rows {
        assert_eq!(request.finding(), expected, "{what}");
    }
    let origin = crate::signature::PublicOrigin::parse("http://localhost:3000").unwrap();
    let local = |host| Request { origin: origin.clone(), ..signed_as(host) };
    assert_eq!(local("localhost:3000").finding(), None);
    assert_eq!(local("localhost").finding(), Some("signature-wrong-host"));
}

#[test]
fn times_outside_the_window_are_refused() {
    let dated = |text: &str| Request::unsigned("POST", "/inbox").with("date", text).cavage(POST, "");
    let at = |time: u64| dated(&clock::to_http_date(time));
    let created = |text: &str| {
        let parameters = format!("created={text},");
        Request::unsigned("POST", "/inbox").cavage("(request-target) host (created) digest", &parameters)
    };
    let both = Request::unsigned("POST", "/inbox").with("date", &clock::to_http_date(NOW - 9000));
    #[rustfmt::skip]
    let rows = [
        ("an hour old",                 at(NOW - 3600),                  None),
        ("older",                       at(NOW - 3601),                  Some("signature-too-old")),
        ("an hour ahead",               at(NOW + 3600),                  None),
        ("further ahead",               at(NOW + 3601),                  Some("signature-from-the-future")),
        ("400 years ahead",             dated("Sun, 22 Nov 2426 01:44:47 GMT"), Some("signature-date-unreadable")),
        ("not a date",                  dated("soon"),                   Some("signature-date-unreadable")),
        ("empty",                       dated(""),                       Some("signature-date-unreadable")),
        ("created two hours ago",       created(&(NOW - 7200).to_string()), Some("signature-too-old")),
        ("created in two hours",        created(&(NOW + 7200).to_string()), Some("signature-from-the-future")),
        ("created never",               created("18446744073709551615"), Some("signature-malformed")),
        ("created near the end of i64", created("9223372036854775000"),  Some("signature-malformed")),
        ("created in parts",            created("1800000000.5"),         Some("signature-malformed")),
        ("expiry that is not covered",  Request::unsigned("POST", "/inbox").with("date", &clock::to_http_date(NOW - 7200)).cavage(POST, &format!("expires={},", NOW + 60)), Some("signature-too-old")),
        ("expired",                     Request::unsigned("POST", "/inbox").cavage(&format!("{POST} (expires)"), &format!("expires={},", NOW - 1)), Some("signature-expired")),
        ("an old date beside created",  both.cavage(&format!("{POST} (created)"), &format!("created={NOW},")), Some("signature-too-old")),
    ];
    for (what, request, expected) in rows {
        assert_eq!(request.finding(), expected, "{what}");
    }
}

#[test]
fn the_named_algorithm_must_be_one_of_the_key() {
    let request = Request::unsigned("POST", "/inbox").cavage(POST, r#"algorithm="rsa-sha256","#);
    let error = request.check(fixture::ed25519().public_key()).unwrap_err();
    assert_eq!(error, SignatureError::AlgorithmNotOfKey { claimed: "RSA", key: "Ed25519" });
}

#[test]
fn a_covered_header_that_is_not_text_is_refused_and_an_uncovered_one_ignored() {
    let request = Request::unsigned("POST", "/inbox").with("x-cup", "tasse à thé");
    assert_eq!(request.clone().cavage(POST, "").finding(), None);
    let covering =
        request.with("signature", r#"keyId="k",headers="(request-target) host date digest x-cup",signature="AAAA""#);
    assert_eq!(covering.finding(), Some("signature-header-not-text"));
}

#[test]
fn the_key_url_is_the_key_id_without_its_fragment() {
    let request = Request::unsigned("POST", "/inbox").cavage(POST, "");
    let claim = parse(&request.parts(), NOW).unwrap();
    assert_eq!((claim.key_id(), claim.key_url()), (KEY_ID, "https://peer.example/people/alice"));
    let plain = request.header("signature").replace("#main-key", "/main-key");
    let claim = parse(&request.with("signature", &plain).parts(), NOW).unwrap();
    assert_eq!((claim.key_id(), claim.key_url()), (claim.key_url(), "https://peer.example/people/alice/main-key"));
}
