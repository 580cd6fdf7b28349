//! RFC 9421: what we send, what we take, and beside each its refused sister.

use super::super::testing::{BODY, KEY_ID, NOW, Request};
use super::*;
use crate::key::fixture;

const URI: &str = "https://forge.example/inbox";

fn post() -> Request {
    Request::unsigned("POST", "/inbox")
}

fn digest_line() -> (&'static str, String) {
    ("content-digest", digest::content_digest_header(BODY))
}

/// A POST that covers the usual three, with the row's own parameters.
fn usual(parameters: &str) -> Request {
    let (name, digest) = digest_line();
    let lines = [("@method", "POST"), ("@target-uri", URI), (name, digest.as_str())];
    post().rfc9421(&lines, &format!(r#"("@method" "@target-uri" "content-digest"){parameters}"#))
}

fn created() -> String {
    format!(r#";created={NOW};keyid="{KEY_ID}""#)
}

#[test]
fn a_post_is_signed_by_the_profile_all_verifiers_take() {
    let request = Request::signed(Scheme::Rfc9421, &fixture::rsa(), "POST", "/inbox");
    let input = format!(
        r#"sig1=("@method" "@target-uri" "content-digest");created={NOW};keyid="{KEY_ID}";alg="rsa-v1_5-sha256""#
    );
    assert_eq!(request.header("signature-input"), input);
    assert_eq!(request.header("content-digest"), digest::content_digest_header(BODY));
    let by_hand = usual(&format!(r#"{};alg="rsa-v1_5-sha256""#, created()));
    assert_eq!(request.header("signature"), by_hand.header("signature"));
    let verified = request.check(fixture::rsa().public_key()).unwrap();
    assert_eq!((verified.scheme, verified.key_id.as_str(), verified.created), (Scheme::Rfc9421, KEY_ID, Some(NOW)));
}

/// Made with `openssl dgst -sha256 -sign` over the four lines of the standard, typed by hand.
const BY_OPENSSL: &str = "\
    Ns4rp+4eIpdlF/REkNPppDe9OC/2E1nqLE0f2264wwUo+sl4nKBQe5v5I8Li+xOmHHFbTv9Bh8A3bhQ4qddoK5EtvODzTYB/RR/T\
    m0a5NWMaTvGb/JzdrDoji/h+unrURXpKs8gtQkpV+GF4XHMzuGXHKQyiBgKsJivoxNkW9+PIdkaQx+b1GgL3tGcppDUwO2HuuAVV\
    gJ7hKTGXAnhgz9+kRnAQPCuR87Hs39H67IcC3rGrEqPcjPad+XaNRbbi7XeunEXf55R6TUr3q/c0zp0/SxJNzO/xs+pxu4ZfwuHi\
    k0gCG2nZV+ECSn1ZkE9HG48uBKEcLLDHsDs1k74e+w==";

#[test]
fn the_signature_is_the_one_openssl_makes() {
    let request = Request::signed(Scheme::Rfc9421, &fixture::rsa(), "POST", "/inbox");
    assert_eq!(request.header("signature"), format!("sig1=:{BY_OPENSSL}:"));
}

#[test]
fn a_get_is_signed_without_a_digest_and_by_ed25519_where_asked() {
    let request = Request::signed(Scheme::Rfc9421, &fixture::ed25519(), "GET", "/people/7?page=1");
    assert!(request.header("signature-input").contains(r#"("@method" "@target-uri");"#));
    assert!(request.header("signature-input").ends_with(r#";alg="ed25519""#));
    assert!(request.check(fixture::ed25519().public_key()).is_ok());
    let error = request.check(fixture::rsa().public_key()).unwrap_err();
    assert_eq!(error, SignatureError::AlgorithmNotOfKey { claimed: "Ed25519", key: "RSA" });
}

/// Each row is validly signed by the key; only its form differs.
#[test]
fn signatures_are_taken_in_every_form_peers_send_and_no_laxer() {
    let keyid = format!(r#";keyid="{KEY_ID}""#);
    let malformed = Some("signature-malformed");
    #[rustfmt::skip]
    let rows = [
        ("no algorithm",          created(),                                               None),
        ("another order",         format!(r#";alg="rsa-v1_5-sha256"{keyid};created={NOW}"#), None),
        ("with nonce and tag",    format!(r#"{};nonce="n1";tag="tea""#, created()),        None),
        ("with expires",          format!("{};expires={}", created(), NOW + 60),           None),
        ("old, with expires",     format!(";created={};expires={NOW}{keyid}", NOW - 7200), None),
        ("no created",            keyid.clone(),                                           Some("signature-parameter-missing")),
        ("no keyid",              format!(";created={NOW}"),                               Some("signature-parameter-missing")),
        ("empty keyid",           format!(r#";created={NOW};keyid="""#),                   malformed),
        ("long keyid",            format!(r#";created={NOW};keyid="{}""#, "k".repeat(2049)), malformed),
        ("keyid is a token",      format!(";created={NOW};keyid=alice"),                   malformed),
        ("created is text",       format!(r#";created="{NOW}"{keyid}"#),                   malformed),
        ("created in parts",      format!(";created={NOW}.5{keyid}"),                      malformed),
        ("created before 1970",   format!(";created=-1{keyid}"),                           malformed),
        ("created after 2099",    format!(";created=4102444801{keyid}"),                   malformed),
        ("created far too long",  format!(";created=18446744073709551615{keyid}"),         malformed),
        ("too old",               format!(";created={}{keyid}", NOW - 3601),               Some("signature-too-old")),
        ("from the future",       format!(";created={}{keyid}", NOW + 3601),               Some("signature-from-the-future")),
        ("expired",               format!("{};expires={}", created(), NOW - 1),            Some("signature-expired")),
        ("expires is text",       format!(r#"{};expires="soon""#, created()),              malformed),
        ("rsa-pss-sha512",        format!(r#"{};alg="rsa-pss-sha512""#, created()),        Some("signature-algorithm-unsupported")),
        ("hmac-sha256",           format!(r#"{};alg="hmac-sha256""#, created()),           Some("signature-algorithm-unsupported")),
        ("ed25519, RSA key",      format!(r#"{};alg="ed25519""#, created()),               Some("signature-algorithm-not-of-key")),
        ("alg is a token",        format!(";alg=ed25519{}", created()),                    malformed),
    ];
    for (what, parameters, expected) in rows {
        assert_eq!(usual(&parameters).finding(), expected, "{what}");
    }
}

/// Each row is validly signed over what it names.
#[test]
fn enough_has_to_be_covered_and_nothing_we_cannot_rebuild() {
    let (method, uri, authority) = (("@method", "POST"), ("@target-uri", URI), ("@authority", "forge.example"));
    let (name, text) = digest_line();
    let body = (name, text.as_str());
    let date = crate::signature::clock::to_http_date(NOW);
    let lacks = Some("signature-not-covered");
    let unsupported = Some("signature-component-unsupported");
    #[rustfmt::skip]
    let rows: Vec<(_, Vec<(&str, &str)>, _)> = vec![
        ("as Fedify covers",        vec![method, uri, authority, ("host", "forge.example"), ("date", &date), body], None),
        ("authority and target",    vec![method, authority, ("@request-target", "/inbox"), body],     None),
        ("authority and path",      vec![method, authority, ("@path", "/inbox"), body],               None),
        ("with scheme and query",   vec![method, uri, ("@scheme", "https"), ("@query", "?"), body],   None),
        ("no method",               vec![uri, body],                                                  lacks),
        ("no target",               vec![method, body],                                               lacks),
        ("authority only",          vec![method, authority, body],                                    lacks),
        ("path only",               vec![method, ("@path", "/inbox"), body],                          lacks),
        ("no digest",               vec![method, uri],                                                lacks),
        ("the old digest",          vec![method, uri, ("digest", "x")],                               lacks),
        ("nothing",                 vec![],                                                           lacks),
        ("covered twice",           vec![method, uri, body, method],                                  Some("signature-covered-twice")),
        ("unknown derived",         vec![method, uri, body, ("@moon", "full")],                       unsupported),
        ("of a response",           vec![method, uri, body, ("@status", "200")],                      unsupported),
        ("signature parameters",    vec![method, uri, body, ("@signature-params", "")],               unsupported),
        ("upper-case header",       vec![method, uri, body, ("Date", &date)],                         unsupported),
        ("not a header",            vec![method, uri, body, ("da te", &date)],                        unsupported),
        ("an absent header",        vec![method, uri, body, ("x-cup", "")],                           Some("signature-header-absent")),
    ];
    for (what, lines, expected) in rows {
        let names = lines.iter().map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>().join(" ");
        let request = post().rfc9421(&lines, &format!("({names}){}", created()));
        assert_eq!(request.finding(), expected, "{what}");
    }
    let path_of_query = Request::unsigned("GET", "/x?y=1").rfc9421(
        &[("@method", "GET"), authority, ("@path", "/x")],
        &format!(r#"("@method" "@authority" "@path"){}"#, created()),
    );
    assert_eq!(path_of_query.finding(), lacks, "a query has to be covered");
}

#[test]
fn parameters_of_components_are_refused() {
    let (name, digest) = digest_line();
    for parameter in ["req", "sf", "bs", "tr", r#"key="a""#] {
        let with = format!("content-digest\";{parameter}");
        let lines = [("@method", "POST"), ("@target-uri", URI), (name, digest.as_str())];
        let input = format!(r#"("@method" "@target-uri" "{with}){}"#, created());
        assert_eq!(post().rfc9421(&lines, &input).finding(), Some("signature-component-unsupported"), "{parameter}");
    }
}

#[test]
fn what_changes_after_signing_is_found() {
    let good = || usual(&created());
    let not_fit = Some("signature-does-not-verify");
    let other_digest = digest::content_digest_header(b"{}");
    #[rustfmt::skip]
    let rows = [
        ("nothing",           good(),                                                     None),
        ("an uncovered one",  good().with("host", "proxy.internal"),                      None),
        ("the body",          Request { body: b"{}".to_vec(), ..good() },                 Some("digest-mismatch")),
        ("body and digests",  Request { body: b"{}".to_vec(), ..good() }.with("content-digest", &other_digest).without("digest"), not_fit),
        ("digest taken away", good().without("content-digest"),                           Some("digest-missing")),
        ("the method",        Request { method: "PUT", ..good() },                        not_fit),
        ("the target",        Request { target: "/outbox".into(), ..good() },             not_fit),
        ("a query is added",  Request { target: "/inbox?as=8".into(), ..good() },         not_fit),
        ("our name",          Request { origin: crate::signature::PublicOrigin::parse("https://other.example").unwrap(), ..good() }, not_fit),
        ("our scheme",        Request { origin: crate::signature::PublicOrigin::parse("http://forge.example").unwrap(), ..good() }, not_fit),
        ("created",           good().with("signature-input", &good().header("signature-input").replace(&NOW.to_string(), &(NOW + 1).to_string())), not_fit),
        ("the key id",        good().with("signature-input", &good().header("signature-input").replace("alice", "mallory")), not_fit),
        ("an expiry added",   good().with("signature-input", &format!("{};expires={}", good().header("signature-input"), NOW + 9)), not_fit),
        ("order of two",      good().with("signature-input", &good().header("signature-input").replace(r#""@method" "@target-uri""#, r#""@target-uri" "@method""#)), not_fit),
    ];
    for (what, request, expected) in rows {
        assert_eq!(request.finding(), expected, "{what}");
    }
    let forwarded = good().with("x-forwarded-host", "other.example").with("forwarded", "host=other.example");
    assert_eq!(forwarded.finding(), None, "forwarding headers change nothing");
}

#[test]
fn a_covered_host_must_be_ours() {
    let (name, digest) = digest_line();
    for (host, expected) in [("forge.example", None), ("evil.example", Some("signature-wrong-host"))] {
        let lines = [("@method", "POST"), ("@target-uri", URI), (name, digest.as_str()), ("host", host)];
        let input = format!(r#"("@method" "@target-uri" "content-digest" "host"){}"#, created());
        assert_eq!(post().with("host", host).rfc9421(&lines, &input).finding(), expected, "{host}");
    }
}

#[test]
fn repeated_headers_are_joined_before_they_are_compared() {
    let (name, digest) = digest_line();
    let lines = [("@method", "POST"), ("@target-uri", URI), (name, digest.as_str()), ("x-cup", "one, two")];
    let input = format!(r#"("@method" "@target-uri" "content-digest" "x-cup"){}"#, created());
    assert_eq!(post().and("x-cup", " one ").and("x-cup", "two").rfc9421(&lines, &input).finding(), None);
    let swapped = post().and("x-cup", "two").and("x-cup", "one").rfc9421(&lines, &input);
    assert_eq!(swapped.finding(), Some("signature-does-not-verify"));
}

#[test]
fn headers_that_are_not_such_dictionaries_are_refused() {
    let good = usual(&created());
    let malformed = Some("signature-malformed");
    let many = (0..33).map(|n| format!("\"x-{n}\"")).collect::<Vec<_>>().join(" ");
    #[rustfmt::skip]
    let rows = [
        ("input: empty",           good.clone().with("signature-input", ""),                      Some("signature-missing")),
        ("input: not one",         good.clone().with("signature-input", "sig1=("),                malformed),
        ("input: an item",         good.clone().with("signature-input", "sig1=7"),                malformed),
        ("input: tokens",          good.clone().with("signature-input", "sig1=(date)"),           malformed),
        ("input: too long",        good.clone().with("signature-input", &"a=1,".repeat(1025)), Some("signature-too-large")),
        ("input: too many",        good.clone().with("signature-input", &format!("sig1=({many})")), Some("signature-too-many")),
        ("no signature",           good.clone().without("signature"),                             Some("signature-header-absent")),
        ("signature: other label", good.clone().with("signature", "sig2=:AAAA:"),                 malformed),
        ("signature: text",        good.clone().with("signature", r#"sig1="AAAA""#),              malformed),
        ("signature: a list",      good.clone().with("signature", "sig1=(:AAAA:)"),               malformed),
        ("signature: cavage",      good.clone().with("signature", r#"keyId="k",signature="AAAA""#), malformed),
        ("signature: too long",    good.clone().with("signature", &format!("sig1=:{}:", "A".repeat(8192))), Some("signature-too-large")),
        ("signature: empty",       good.with("signature", "sig1=::"),                             Some("signature-does-not-verify")),
    ];
    for (what, request, expected) in rows {
        assert_eq!(request.finding(), expected, "{what}");
    }
}

#[test]
fn one_good_signature_among_the_first_four_is_enough() {
    let good = usual(&created());
    let (input, signature) = (good.header("signature-input"), good.header("signature"));
    let bad_input = input.replace("alice", "mallory").replacen("sig1=", "", 1);
    let with_bad = |count: usize| {
        let inputs = (0..count).map(|n| format!("b{n}={bad_input}, ")).collect::<String>() + &input;
        let signatures = (0..count).map(|n| format!("b{n}=:AAAA:, ")).collect::<String>() + &signature;
        good.clone().with("signature-input", &inputs).with("signature", &signatures)
    };
    assert_eq!(with_bad(3).finding(), None);
    assert_eq!(parse(&with_bad(3).parts(), NOW).unwrap().len(), 4);
    assert_eq!(with_bad(4).finding(), Some("signature-does-not-verify"));
    assert_eq!(parse(&with_bad(4).parts(), NOW).unwrap().len(), 4, "no more than four are tried");
    let weak = format!(r#"w=("date");created={NOW};keyid="k", {input}"#);
    let beside_weak = good.with("signature-input", &weak).with("signature", &format!("w=:AAAA:, {signature}"));
    assert_eq!(beside_weak.finding(), None);
}
