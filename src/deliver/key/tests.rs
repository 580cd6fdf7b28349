//! Keys: each form that is read, and beside it what is refused.

use super::*;

#[test]
fn what_a_pair_signs_its_public_key_verifies() {
    for pair in [fixture::rsa(), fixture::ed25519()] {
        let signature = pair.sign(b"one cup").unwrap();
        assert_eq!(pair.public_key().verify(b"one cup", &signature), Ok(()));
        assert_eq!(pair.public_key().verify(b"two cups", &signature), Err(DoesNotVerify));
        assert_eq!(pair.public_key().verify(b"one cup", &signature[1..]), Err(DoesNotVerify));
        assert_eq!(pair.public_key().verify(b"one cup", b""), Err(DoesNotVerify));
    }
}

#[test]
fn a_signature_of_another_key_is_refused() {
    let other = KeyPair::generate_ed25519().unwrap();
    let signature = other.sign(b"tea").unwrap();
    assert_eq!(fixture::ed25519().public_key().verify(b"tea", &signature), Err(DoesNotVerify));
    let other = KeyPair::generate_rsa2048().unwrap();
    let signature = other.sign(b"tea").unwrap();
    assert_eq!(fixture::rsa().public_key().verify(b"tea", &signature), Err(DoesNotVerify));
}

#[test]
fn a_pair_survives_its_pkcs8_form() {
    for pair in [fixture::rsa(), fixture::ed25519(), KeyPair::generate_rsa2048().unwrap()] {
        let again = KeyPair::from_pkcs8(pair.to_pkcs8().unwrap().as_bytes()).unwrap();
        assert_eq!(again.public_key(), pair.public_key());
        let signature = again.sign(b"tea").unwrap();
        assert_eq!(pair.public_key().verify(b"tea", &signature), Ok(()));
    }
    assert_eq!(KeyPair::from_pkcs8(b"not a key").unwrap_err(), KeyError::NotPkcs8);
}

#[test]
fn a_public_key_survives_pem_and_multikey() {
    for pair in [fixture::rsa(), fixture::ed25519()] {
        let key = pair.public_key();
        let pem = key.to_pem();
        assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----\n") && pem.ends_with("\n-----END PUBLIC KEY-----\n"));
        assert!(pem.lines().all(|line| line.len() <= 64));
        assert_eq!(&PublicKey::from_pem(&pem).unwrap(), key);
        assert_eq!(&PublicKey::from_pem(&pem.replace('\n', "\r\n")).unwrap(), key);
    }
    let key = fixture::ed25519().public_key().clone();
    let text = key.to_multikey();
    assert!(text.starts_with("z6Mk"), "{text}");
    assert_eq!(PublicKey::from_multikey(&text).unwrap(), key);
    let rsa = fixture::rsa().public_key().clone();
    assert!(rsa.to_multikey().starts_with("z4MX"), "as RSA Multikeys of 2048 bits begin: {}", rsa.to_multikey());
    assert_eq!(PublicKey::from_multikey(&rsa.to_multikey()).unwrap(), rsa);
}

#[test]
fn what_is_not_a_public_key_block_is_refused() {
    let good = fixture::rsa().public_key().to_pem();
    #[rustfmt::skip]
    let rows = [
        ("PKCS#1 label",  good.replace("PUBLIC KEY", "RSA PUBLIC KEY"),  "`BEGIN RSA PUBLIC KEY` (PKCS#1)"),
        ("private label", good.replace("PUBLIC KEY", "PRIVATE KEY"),     "a private key"),
        ("no beginning",  good.replace("-----BEGIN", "----BEGIN"),       "another beginning"),
        ("no end",        good.replace("-----END", "-----"),             "another end"),
        ("text after",    format!("{good}and more"),                     "another end"),
        ("not base64",    good.replace('M', "!"),                        "a block that is not base64"),
    ];
    for (what, pem, found) in rows {
        assert_eq!(PublicKey::from_pem(&pem), Err(KeyError::NotPem { found }), "{what}");
    }
    let cut = good.lines().enumerate().filter(|(at, _)| *at != 3).map(|(_, line)| format!("{line}\n"));
    assert!(matches!(PublicKey::from_pem(&cut.collect::<String>()), Err(KeyError::NotAKey { .. })));
    let long = " ".repeat(KEY_PEM_BYTES_MAX + 1);
    let error = KeyError::TooLong { limit: KEY_PEM_BYTES_MAX, found: KEY_PEM_BYTES_MAX + 1 };
    assert_eq!(PublicKey::from_pem(&long), Err(error));
}

#[test]
fn an_rsa_key_of_1024_bits_is_refused() {
    assert_eq!(PublicKey::from_pem(fixture::RSA_1024_PEM), Err(KeyError::RsaSize { found: 1024 }));
}

#[test]
fn a_bare_rsa_key_without_its_algorithm_is_refused() {
    let PublicKey::Rsa(key) = fixture::rsa().public_key().clone() else { unreachable!("the fixture is RSA") };
    let inner = aws_lc_rs::rsa::PublicKey::from_der(&key.der).unwrap();
    assert!(matches!(PublicKey::from_spki(inner.as_ref()), Err(KeyError::NotAKey { .. })));
}

#[test]
fn ed25519_keys_of_small_order_are_refused() {
    for row in SMALL_ORDER {
        for sign in [0x00, 0x80] {
            let mut bytes = row;
            bytes[31] |= sign;
            assert_eq!(
                PublicKey::from_multikey(&multikey(ED25519_MULTICODEC, &bytes)),
                Err(KeyError::SmallOrder),
                "{bytes:02x?}"
            );
        }
    }
}

#[test]
fn multikeys_of_another_kind_or_length_are_refused() {
    let good = fixture::ed25519().public_key().to_multikey();
    #[rustfmt::skip]
    let rows = [
        ("empty",              String::new()),
        ("another base",       good.replacen('z', "u", 1)),
        ("a character short",  good[..good.len() - 1].to_owned()),
        ("not base58",         good.replace(|char: char| char.is_ascii_digit(), "0")),
        ("P-256",              format!("z{}", bs58::encode([&[0x80, 0x24][..], &[2; 33]].concat()).into_string())),
        ("31 bytes",           format!("z{}", bs58::encode([&[0xed, 0x01][..], &[9; 31]].concat()).into_string())),
        ("no RSA key",         multikey(RSA_MULTICODEC, &[9; 270])),
        ("a short RSA key",    multikey(RSA_MULTICODEC, &[0x30; 32])),
        ("33 bytes",           format!("z{}", bs58::encode([&[0xed, 0x01][..], &[9; 33]].concat()).into_string())),
    ];
    for (what, text) in rows {
        assert!(matches!(PublicKey::from_multikey(&text), Err(KeyError::NotAKey { .. })), "{what}");
    }
    assert!(matches!(PublicKey::from_multikey(&"z".repeat(1451)), Err(KeyError::TooLong { found: 1451, .. })));
}

#[test]
fn private_keys_are_not_shown() {
    let pair = fixture::ed25519();
    let secret = pair.to_pkcs8().unwrap();
    assert_eq!(format!("{secret:?}"), "SecretBytes(not shown)");
    let shown = format!("{pair:?}");
    assert_eq!(shown, format!("KeyPair({:?}, private half not shown)", pair.public_key()));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]
    #[test]
    fn no_text_makes_the_key_readers_panic(text in ".{0,200}", der in proptest::collection::vec(0u8.., 0..200)) {
        let _ = PublicKey::from_pem(&text);
        let _ = PublicKey::from_pem(&format!("{PEM_BEGIN}{}{PEM_END}", STANDARD.encode(&der)));
        let _ = PublicKey::from_multikey(&text);
        let _ = PublicKey::from_multikey(&format!("z{}", bs58::encode(&der).into_string()));
        let _ = KeyPair::from_pkcs8(&der);
    }
}
