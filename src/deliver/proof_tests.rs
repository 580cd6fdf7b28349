//! Integrity proofs: the published example, what we make, and beside it what is refused.

use serde_json::json;

use super::*;
use crate::key::fixture;
use crate::limits::FORWARDED_PROOF_AGE_MAX_S;
use crate::signature::vectors;

const NOW: u64 = 1_800_000_000;
const KEY: &str = "https://forge.example/people/7#ed25519-key";

fn document() -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/activitystreams", "https://forgefed.org/ns"],
        "type": "Offer",
        "actor": "https://forge.example/people/7",
        "object": {"type": "Ticket", "content": "Kettle leaks: \u{20ac}", "count": 3, "empty": {}, "list": [null, true]},
    })
}

fn signed() -> Value {
    Value::Object(create(&document(), &fixture::ed25519(), KEY, NOW).unwrap())
}

fn check(document: &Value) -> Result<VerifiedProof, ProofError> {
    parse(document, ProofAge::AtMost(FORWARDED_PROOF_AGE_MAX_S), NOW)?.verify(fixture::ed25519().public_key())
}

#[test]
fn the_published_example_verifies_and_is_made_again_byte_for_byte() {
    let Some(vector) = vectors("fep-8b32.json") else { return };
    let key = PublicKey::from_multikey(vector["publicKeyMultibase"].as_str().unwrap()).unwrap();
    let signed = &vector["signed"];
    let verified = parse(signed, ProofAge::Any, NOW).unwrap().verify(&key).unwrap();
    assert_eq!(verified.verification_method, vector["actor"]["assertionMethod"][0]["id"]);
    assert_eq!(verified.created, Some(1_677_281_798));
    assert_eq!(parse(signed, ProofAge::AtMost(60), NOW).map(|_| ()).unwrap_err().code(), "proof-too-old");

    let secret = vector["secretKeyMultibase"].as_str().unwrap().strip_prefix('z').unwrap();
    let secret = bs58::decode(secret).into_vec().unwrap();
    let pair = KeyPair::from_ed25519_seed(secret.strip_prefix(&[0x80, 0x26]).unwrap()).unwrap();
    assert_eq!(pair.public_key(), &key);
    let created = vector["created"].as_str().unwrap();
    let again = attach(signed.as_object().unwrap(), &pair, &verified.verification_method, created).unwrap();
    assert_eq!(again[PROOF]["proofValue"], signed[PROOF]["proofValue"]);

    let mut touched = signed.clone();
    touched["object"]["content"] = json!("Hello, world");
    let claim = parse(&touched, ProofAge::Any, NOW).unwrap();
    assert_eq!(claim.verify(&key).unwrap_err().code(), "proof-does-not-verify");
}

#[test]
fn what_we_sign_verifies_and_names_its_key() {
    let signed = signed();
    let expected = VerifiedProof { verification_method: KEY.to_owned(), created: Some(NOW) };
    assert_eq!(check(&signed), Ok(expected));
    assert_eq!(signed[PROOF]["created"], "2027-01-15T08:00:00Z");
    assert!(is_present(&signed) && !is_present(&document()));
    let other = KeyPair::generate_ed25519().unwrap();
    let claim = parse(&signed, ProofAge::Any, NOW).unwrap();
    assert_eq!(claim.verify(other.public_key()).unwrap_err().code(), "proof-does-not-verify");
    assert_eq!(claim.verify(fixture::rsa().public_key()), Err(ProofError::WrongKey { found: "RSA" }));
}

#[test]
fn the_order_of_keys_and_an_old_signature_beside_it_do_not_matter() {
    let Value::Object(map) = signed() else { unreachable!("a signed document is an object") };
    let mut turned: Map<String, Value> = map.into_iter().rev().collect();
    turned.insert(LD_SIGNATURE.to_owned(), json!({"type": "RsaSignature2017"}));
    assert!(check(&Value::Object(turned)).is_ok());
}

#[test]
fn a_document_that_is_signed_again_has_one_proof() {
    let again = create(&signed(), &fixture::ed25519(), KEY, NOW + 5).unwrap();
    assert_eq!(check(&Value::Object(again)).unwrap().created, Some(NOW + 5));
}

/// Each row changes one thing of a good document, in the document or in its proof.
#[test]
fn what_changes_after_signing_or_is_not_such_a_proof_is_refused() {
    let (not_fit, malformed) = (Err("proof-does-not-verify"), Err("proof-malformed"));
    let early = json!("jcs-eddsa-2022");
    let long = "k".repeat(2049);
    #[rustfmt::skip]
    let rows = [
        ("nothing",                 "/type",                        json!("Offer"),                Ok(())),
        ("the type",                "/type",                        json!("Grant"),                not_fit),
        ("something deep inside",   "/object/count",                json!(4),                      not_fit),
        ("the context",             "/@context/1",                  json!("https://evil.example"), Err("proof-context-not-of-document")),
        ("context cut",             "/@context",                    json!("https://www.w3.org/ns/activitystreams"), Err("proof-context-not-of-document")),
        ("the proof's context",     "/proof/@context",              json!("https://www.w3.org/ns/activitystreams"), not_fit),
        ("context of another kind", "/proof/@context",              json!({"a": 1}),               Err("proof-context-not-of-document")),
        ("the key's id",            "/proof/verificationMethod",    json!("https://a.example#k"),  not_fit),
        ("no key id",               "/proof/verificationMethod",    json!(""),                     malformed),
        ("long key id",             "/proof/verificationMethod",    json!(long),                   malformed),
        ("key id of another kind",  "/proof/verificationMethod",    json!({"id": KEY}),            malformed),
        ("the early name, swapped", "/proof/cryptosuite",           early,                         not_fit),
        ("another suite",           "/proof/cryptosuite",           json!("eddsa-rdfc-2022"),      Err("proof-suite-unsupported")),
        ("another type",            "/proof/type",                  json!("Ed25519Signature2020"), Err("proof-suite-unsupported")),
        ("another purpose",         "/proof/proofPurpose",          json!("authentication"),       malformed),
        ("made at another time",    "/proof/created",               json!("2027-01-15T08:00:01Z"), not_fit),
        ("made long ago",           "/proof/created",               json!("2027-01-08T07:59:59Z"), Err("proof-too-old")),
        ("made in the future",      "/proof/created",               json!("2027-01-15T09:00:01Z"), Err("proof-from-the-future")),
        ("made in 1969",            "/proof/created",               json!("1969-01-15T09:00:01Z"), malformed),
        ("made in 9999",            "/proof/created",               json!("9999-01-15T09:00:01Z"), malformed),
        ("made without a zone",     "/proof/created",               json!("2027-01-15T08:00:00"),  malformed),
        ("made at no time",         "/proof/created",               json!(NOW),                    malformed),
        ("no signature",            "/proof/proofValue",            json!(""),                     malformed),
        ("another base",            "/proof/proofValue",            json!("uAAAA"),                malformed),
        ("not base58",              "/proof/proofValue",            json!("z0OIl"),                malformed),
        ("too short",               "/proof/proofValue",            json!("zAAAA"),                malformed),
        ("too long",                "/proof/proofValue",            json!("z".repeat(5000)),       malformed),
        ("no proof",                "/proof",                       json!(null),                   Err("proof-suite-unsupported")),
        ("an empty list of proofs", "/proof",                       json!([]),                     Err("proof-suite-unsupported")),
        ("too many proofs",         "/proof",                       json!([1, 2, 3, 4, 5]),        Err("proof-too-many")),
        ("a number beyond 2^53",    "/object/count",                json!(9_007_199_254_740_992_u64), Err("proof-number-unsafe")),
        ("a number below -2^53",    "/object/count",                json!(-9_007_199_254_740_992_i64), Err("proof-number-unsafe")),
        ("the largest safe number", "/object/count",                json!(9_007_199_254_740_991_u64), not_fit),
        ("a fraction",              "/object/count",                json!(3.5),                    not_fit),
    ];
    for (what, path, value, expected) in rows {
        let mut document = signed();
        *document.pointer_mut(path).unwrap() = value;
        assert_eq!(check(&document).map(|_| ()).map_err(|error| error.code()), expected, "{what}");
    }
    assert_eq!(check(&document()), Err(ProofError::Missing));
    assert_eq!(check(&json!([signed()])), Err(ProofError::NotAnObject));
}

#[test]
fn an_added_member_breaks_the_proof() {
    for (where_to, value) in [("", json!("x")), ("/object", json!("x")), ("/proof", json!("x"))] {
        let mut document = signed();
        document.pointer_mut(where_to).unwrap().as_object_mut().unwrap().insert("summary".to_owned(), value);
        assert_eq!(check(&document).unwrap_err().code(), "proof-does-not-verify", "{where_to:?}");
    }
    let mut expiring = signed();
    expiring[PROOF]["expires"] = json!("2027-01-15T07:00:00Z");
    assert_eq!(check(&expiring).unwrap_err().code(), "proof-expired");
}

#[test]
fn the_early_name_of_the_suite_and_a_proof_in_a_list_are_taken() {
    let key = fixture::ed25519();
    let mut proof = signed()[PROOF].as_object().unwrap().clone();
    proof.insert("cryptosuite".to_owned(), json!(CRYPTOSUITE_EARLY));
    proof.remove(CONTEXT);
    let document = document();
    let signature = key.sign(&message(document.as_object().unwrap(), &proof).unwrap()).unwrap();
    proof.insert("proofValue".to_owned(), format!("z{}", bs58::encode(signature).into_string()).into());
    let mut signed = document;
    signed[PROOF] = json!([{"type": "Ed25519Signature2020"}, proof]);
    assert_eq!(check(&signed).map(|verified| verified.verification_method), Ok(KEY.to_owned()));
}

#[test]
fn without_a_time_a_proof_is_only_good_where_age_does_not_matter() {
    let key = fixture::ed25519();
    let mut proof = signed()[PROOF].as_object().unwrap().clone();
    proof.remove("created");
    let mut document = document();
    let signature = key.sign(&message(document.as_object().unwrap(), &proof).unwrap()).unwrap();
    proof.insert("proofValue".to_owned(), format!("z{}", bs58::encode(signature).into_string()).into());
    document[PROOF] = Value::Object(proof);
    assert_eq!(check(&document).unwrap_err().code(), "proof-malformed");
    let verified = parse(&document, ProofAge::Any, NOW).unwrap().verify(key.public_key());
    assert_eq!(verified.map(|verified| verified.created), Ok(None));
}

#[test]
fn documents_that_peers_may_read_differently_are_not_signed() {
    for (number, shown) in [(json!(3.5), "3.5"), (json!(1e20), "1e+20"), (json!(u64::MAX), "18446744073709551615")] {
        let document = json!({"list": [{"count": number}]});
        let error = create(&document, &fixture::ed25519(), KEY, NOW).unwrap_err();
        assert_eq!(error, ProofError::UnsafeNumber { found: shown.to_owned() });
    }
    let deep = |levels: usize| (1..levels).fold(json!([]), |inner, _| json!({ "a": inner }));
    assert!(create(&deep(64), &fixture::ed25519(), KEY, NOW).is_ok());
    let error = create(&deep(65), &fixture::ed25519(), KEY, NOW).unwrap_err();
    assert_eq!(error, ProofError::TooDeep { limit: 64 });
    assert_eq!(create(&json!("text"), &fixture::ed25519(), KEY, NOW).unwrap_err(), ProofError::NotAnObject);
    let error = create(&document(), &fixture::rsa(), KEY, NOW).unwrap_err();
    assert_eq!(error, ProofError::WrongKey { found: "RSA" });
    assert_eq!(create(&document(), &fixture::ed25519(), KEY, u64::MAX).unwrap_err().code(), "proof-malformed");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]
    #[test]
    fn no_proof_makes_the_parser_panic(name in "[a-zA-Z@]{0,16}", text in "\\PC{0,80}", base58 in "[1-9A-HJ-NP-Za-km-z]{0,120}") {
        let mut document = signed();
        document[PROOF]["proofValue"] = json!(format!("z{base58}"));
        proptest::prop_assert!(check(&document).is_err());
        let mut document = signed();
        document[PROOF][&name] = json!(text);
        document[name] = json!([text]);
        proptest::prop_assert!(check(&document).is_err());
    }
}
