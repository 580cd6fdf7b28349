//! OpenPGP: a key as somebody pasted it, and what it says of a signature. What others have signed of a key, its pictures and its
//! parts that only encrypt are of no use here, and are not kept.
//!
//! Source: RFC 9580, 5.2 and 10.1; the numbers are for the library.

use crate::limits::{PGP_IDS_OF_SIGNATURE_MAX, PGP_KEY_PASTED_BYTES_MAX};
use pgp::composed::{
    ArmorOptions, Deserializable, DetachedSignature, SignedKeyDetails, SignedPublicKey, SignedPublicSubKey,
};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{KeyFlags, Signature, SignatureType};
use pgp::types::{KeyDetails, KeyVersion, SignedUser, Tag, VerifyingKey};
use pritchel_git::signed::Signed;

/// Characters of what is shown of a user id.
const USER_CHARS: usize = 100;
/// Hexadecimal digits of the id of a key.
const ID_DIGITS: usize = 16;

/// A key that signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PgpKeyText {
    /// The fingerprint of the primary key, in lower hexadecimal digits.
    pub fingerprint: String,
    /// What of the key is kept, in its armour.
    pub content: String,
    /// Its first user id, without control characters.
    pub user: String,
    /// The ids of its parts that sign, 16 lower hexadecimal digits each.
    pub ids: Vec<String>,
}

/// Why a text is no key that is taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PgpKeyError {
    /// It has another form.
    #[error("expected a public key, `-----BEGIN PGP PUBLIC KEY BLOCK-----` …, as `gpg --armor --export` writes it")]
    Form,
    /// It is secret.
    #[error("this is a secret key: it was not kept, but think of it as known to others from now on")]
    Secret,
    /// It is too long.
    #[error("expected at most {PGP_KEY_PASTED_BYTES_MAX} bytes, found {0}")]
    TooLong(usize),
    /// No part of it may sign.
    #[error("expected a key with a part that may sign")]
    SignsNothing,
}

impl PgpKeyText {
    /// Reads a key.
    /// - errors: it is none, it is secret, or nothing of it signs
    pub fn parse(text: &str) -> Result<Self, PgpKeyError> {
        if text.len() > PGP_KEY_PASTED_BYTES_MAX {
            return Err(PgpKeyError::TooLong(text.len()));
        }
        if text.contains("BEGIN PGP PRIVATE") {
            return Err(PgpKeyError::Secret);
        }
        let key = sound(read(text).ok_or(PgpKeyError::Form)?);
        // Those that were revoked as well, so that this is known of what they sign.
        let ids: Vec<String> = Signing::all(&key).into_iter().map(|signing| signing.id).collect();
        if ids.is_empty() {
            return Err(PgpKeyError::SignsNothing);
        }
        let content = key.to_armored_string(ArmorOptions::default()).map_err(|_| PgpKeyError::Form)?;
        let user = key.details.users.first().map(|user| String::from_utf8_lossy(user.id.id()).into_owned());
        let user = user.unwrap_or_default().chars().filter(|c| !c.is_control()).take(USER_CHARS).collect();
        Ok(Self { fingerprint: key.fingerprint().to_string().to_lowercase(), content, user, ids })
    }
}

/// The first key in an armour. Whatever is no key is none.
fn read(text: &str) -> Option<SignedPublicKey> {
    SignedPublicKey::from_armor_single(text.as_bytes()).ok().map(|(key, _)| key)
}

/// A key with those parts only that it has signed itself.
fn sound(key: SignedPublicKey) -> SignedPublicKey {
    let SignedPublicKey { primary_key, details, public_subkeys } = key;
    let own = |signatures: Vec<Signature>| {
        signatures.into_iter().filter(|signature| signature.verify_key(&primary_key).is_ok()).collect()
    };
    let users = details.users.into_iter().map(|user| {
        let certifies =
            |signature: &Signature| signature.verify_certification(&primary_key, Tag::UserId, &user.id).is_ok();
        let signatures = user.signatures.iter().filter(|signature| certifies(signature)).cloned().collect();
        SignedUser::new(user.id.clone(), signatures)
    });
    let users = users.collect();
    let details =
        SignedKeyDetails::new(own(details.revocation_signatures), own(details.direct_signatures), users, Vec::new());
    let subkeys = public_subkeys.into_iter().map(|subkey| {
        let binds = |signature: &Signature| {
            let alone = SignedPublicSubKey { key: subkey.key.clone(), signatures: vec![signature.clone()] };
            alone.verify_bindings(&primary_key).is_ok()
        };
        let signatures = subkey.signatures.iter().filter(|signature| binds(signature)).cloned().collect();
        SignedPublicSubKey { key: subkey.key.clone(), signatures }
    });
    let subkeys = subkeys.collect();
    SignedPublicKey::new(primary_key, details, subkeys)
}

/// A part of a key that signs.
struct Signing {
    /// Its id, 16 lower hexadecimal digits.
    id: String,
    /// Which subkey it is; `None`: it is the primary key.
    subkey: Option<usize>,
    /// From when on, in Unix seconds.
    from: u32,
    /// Until when, if it ends.
    until: Option<u32>,
    /// Whether it was revoked, or the whole key.
    revoked: bool,
}

impl Signing {
    /// All parts of a sound key that are for signing.
    fn all(key: &SignedPublicKey) -> Vec<Self> {
        let revoked = !key.details.revocation_signatures.is_empty();
        let users = key.details.users.iter().flat_map(|user| &user.signatures);
        let own = users.filter(|word| word.typ() != Some(SignatureType::CertRevocation));
        let newest = newest(own.chain(&key.details.direct_signatures));
        let ends = newest.and_then(|word| ends(word, &key.primary_key));
        // An older primary key does not say what it is for.
        let primary = newest.filter(|word| word.key_flags().sign() || word.key_flags() == KeyFlags::default());
        let primary = primary.map(|_| Self { until: ends, revoked, ..Self::of(&key.primary_key, None) });
        let subkeys = key.public_subkeys.iter().enumerate().filter_map(|(number, subkey)| {
            let is = |kind| move |word: &&Signature| word.typ() == Some(kind);
            let gone = subkey.signatures.iter().any(|word| is(SignatureType::SubkeyRevocation)(&word));
            let bound = newest_of(subkey).filter(|word| word.key_flags().sign())?;
            // A part does not outlive the whole.
            let until = self::ends(bound, &subkey.key).into_iter().chain(ends).min();
            Some(Self { until, revoked: revoked || gone, ..Self::of(&subkey.key, Some(number)) })
        });
        primary.into_iter().chain(subkeys).collect()
    }

    fn of(key: &impl KeyDetails, subkey: Option<usize>) -> Self {
        let id = key.legacy_key_id().to_string().to_lowercase();
        Self { id, subkey, from: key.created_at().as_secs(), until: None, revoked: false }
    }
}

/// The newest word of a key on how a subkey is bound to it.
fn newest_of(subkey: &SignedPublicSubKey) -> Option<&Signature> {
    newest(subkey.signatures.iter().filter(|word| word.typ() == Some(SignatureType::SubkeyBinding)))
}

fn newest<'s>(words: impl Iterator<Item = &'s Signature>) -> Option<&'s Signature> {
    words.max_by_key(|word| word.created().map(|at| at.as_secs()))
}

/// When a key ends by its own word, in Unix seconds. An end after no time at all is none.
fn ends(word: &Signature, key: &impl KeyDetails) -> Option<u32> {
    let after = word.key_expiration_time().filter(|after| after.as_secs() > 0)?;
    Some(key.created_at().as_secs().saturating_add(after.as_secs()))
}

/// What a key says of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is good.
    Good,
    /// It is by this key, and is not believed all the same: why.
    Unfit(&'static str),
    /// What was signed is something else.
    Bad,
}

/// A signature of a commit, and who it says has made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    signature: Signature,
    content: Vec<u8>,
    /// The ids of the keys that it names, 16 lower hexadecimal digits each.
    pub ids: Vec<String>,
}

impl Claim {
    /// Reads the signature of a commit. `None`: it is none of OpenPGP, or names no key.
    pub fn of(signed: &Signed) -> Option<Self> {
        let (read, _) = DetachedSignature::from_armor_single(signed.signature.as_bytes()).ok()?;
        let signature = read.signature;
        let named = signature.issuer_key_id().into_iter().map(|id| id.to_string().to_lowercase());
        let by_print = signature.issuer_fingerprint().into_iter().map(|print| {
            let digits = print.to_string().to_lowercase();
            // Of the newer kind an id is the beginning, of others the end.
            if print.version() == Some(KeyVersion::V6) {
                digits.chars().take(ID_DIGITS).collect()
            } else {
                digits.get(digits.len().saturating_sub(ID_DIGITS)..).unwrap_or_default().to_owned()
            }
        });
        let mut ids: Vec<String> = named.chain(by_print).take(PGP_IDS_OF_SIGNATURE_MAX).collect();
        ids.sort();
        ids.dedup();
        (!ids.is_empty()).then(|| Self { signature, content: signed.content.clone(), ids })
    }

    /// Judges it by a key that is kept here. Costs some milliseconds.
    pub fn by(&self, key: &str) -> Verdict {
        let Some(key) = read(key).map(sound) else { return Verdict::Bad };
        let signing = Signing::all(&key).into_iter().filter(|signing| self.ids.contains(&signing.id));
        let judged = signing.map(|signing| match signing.subkey {
            None => self.verify(&key.primary_key, &signing),
            Some(number) => self.verify(&key.public_subkeys[number].key, &signing),
        });
        // Two parts with one id are not to be had by chance: the better word counts.
        judged
            .min_by_key(|verdict| *verdict != Verdict::Good)
            .unwrap_or(Verdict::Unfit("by a part of the key that may not sign"))
    }

    fn verify(&self, key: &impl VerifyingKey, signing: &Signing) -> Verdict {
        let over = matches!(self.signature.typ(), Some(SignatureType::Binary | SignatureType::Text));
        if !over || self.signature.verify(key, self.content.as_slice()).is_err() {
            return Verdict::Bad;
        }
        let at = self.signature.created().map_or(0, |at| at.as_secs());
        let weak = [HashAlgorithm::Md5, HashAlgorithm::Sha1, HashAlgorithm::Ripemd160];
        match () {
            () if self.signature.hash_alg().is_none_or(|hash| weak.contains(&hash)) => {
                Verdict::Unfit("over a digest that is broken")
            }
            () if signing.revoked => Verdict::Unfit("by a key that was revoked"),
            () if at < signing.from => Verdict::Unfit("made before there was the key"),
            () if signing.until.is_some_and(|until| at >= until) => Verdict::Unfit("made after the key had ended"),
            () => Verdict::Good,
        }
    }
}
