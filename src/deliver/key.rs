//! Keys: pairs that sign, public keys that verify. RSA PKCS#1 v1.5 with SHA-256, and Ed25519; nothing else is taken.
//! A public key is parsed and judged once, when it arrives; verifying reuses the parsed form.
//!
//! Sources: RFC 8017, RFC 8032, FEP-521a (Multikey).

pub mod ssh;

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ED25519, Ed25519KeyPair, KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::limits::{KEY_PEM_BYTES_MAX, MULTIKEY_CHARS_MAX, RSA_BITS_MAX, RSA_BITS_MIN};

const PEM_BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const PEM_END: &str = "-----END PUBLIC KEY-----";
const PEM_LINE_CHARS: usize = 64;
/// DER of the algorithm identifier `rsaEncryption`, as it stands in a SubjectPublicKeyInfo.
const RSA_ALGORITHM: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// All of an Ed25519 SubjectPublicKeyInfo but its last 32 bytes, the key. Source: RFC 8410.
const ED25519_SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// Multicodec of an Ed25519 public key.
const ED25519_MULTICODEC: [u8; 2] = [0xed, 0x01];
/// Multicodec of an RSA public key, an RSAPublicKey as PKCS#1 has it.
const RSA_MULTICODEC: [u8; 2] = [0x85, 0x24];
/// What stands in an RSA SubjectPublicKeyInfo before the RSAPublicKey, for moduli of 2048 to 8192 bits.
const RSA_SPKI_HEADER: usize = 24;

/// Encodings of the points of small order, with the sign bit cleared. Under such a key one signature fits many
/// messages. Rows: y = 0, 1, the two of order 8, p - 1, and p and p + 1 (0 and 1 written too large).
#[rustfmt::skip]
const SMALL_ORDER: [[u8; 32]; 7] = [
    small(0x00, 0x00),
    small(0x01, 0x00),
    [0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
     0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05],
    [0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
     0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a],
    small(0xec, 0xff),
    small(0xed, 0xff),
    small(0xee, 0xff),
];

const fn small(first: u8, rest: u8) -> [u8; 32] {
    let mut bytes = [rest; 32];
    bytes[0] = first;
    bytes[31] &= 0x7f;
    bytes
}

/// Why a key cannot be read, made or used. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Longer than any key we take.
    #[error("a public key has at most {limit} bytes, found {found}")]
    TooLong {
        /// The bound, bytes.
        limit: usize,
        /// What came.
        found: usize,
    },
    /// Not a PEM block of the expected label.
    #[error("expected a PEM block `BEGIN PUBLIC KEY`, found {found}")]
    NotPem {
        /// What stood there instead.
        found: &'static str,
    },
    /// The PEM or Multikey holds something else than a key we know.
    #[error("expected {expected}, found something else")]
    NotAKey {
        /// The form that was asked for.
        expected: &'static str,
    },
    /// An RSA key outside the sizes we take.
    #[error("an RSA key has {RSA_BITS_MIN} to {RSA_BITS_MAX} bits, found {found}")]
    RsaSize {
        /// Bits of the modulus.
        found: usize,
    },
    /// An Ed25519 key under which signatures prove nothing.
    #[error("the Ed25519 key is a point of small order")]
    SmallOrder,
    /// The private key does not parse or does not fit itself.
    #[error("expected a PKCS#8 private key, RSA or Ed25519")]
    NotPkcs8,
    /// The crypto library failed, for instance for lack of memory or randomness.
    #[error("the crypto library could not {doing}")]
    Library {
        /// What it was asked for.
        doing: &'static str,
    },
}

/// The signature does not fit the message under the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not fit")]
pub struct DoesNotVerify;

/// The two kinds of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA, PKCS#1 v1.5 with SHA-256.
    Rsa,
    /// Ed25519.
    Ed25519,
}

impl KeyKind {
    /// The kind's name in messages.
    pub fn name(self) -> &'static str {
        match self {
            KeyKind::Rsa => "RSA",
            KeyKind::Ed25519 => "Ed25519",
        }
    }
}

/// A public key, parsed. Two are equal when they are the same key, however they were written.
#[derive(Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// RSA of 2048 to 8192 bits.
    Rsa(RsaPublicKey),
    /// Ed25519, not of small order.
    Ed25519(Ed25519PublicKey),
}

/// An RSA key that passed the checks of [`PublicKey::from_pem`].
#[derive(Clone)]
pub struct RsaPublicKey {
    parsed: Arc<ParsedPublicKey>,
    /// SubjectPublicKeyInfo.
    der: Arc<[u8]>,
}

/// An Ed25519 key that passed the checks of [`PublicKey::from_multikey`].
#[derive(Clone)]
pub struct Ed25519PublicKey {
    parsed: Arc<ParsedPublicKey>,
    bytes: [u8; 32],
}

impl PartialEq for RsaPublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}
impl Eq for RsaPublicKey {}

impl PartialEq for Ed25519PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}
impl Eq for Ed25519PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PublicKey::Rsa(key) => write!(f, "PublicKey(RSA, {} bytes of DER)", key.der.len()),
            PublicKey::Ed25519(key) => write!(f, "PublicKey(Ed25519, {})", multikey(ED25519_MULTICODEC, &key.bytes)),
        }
    }
}

impl PublicKey {
    /// Reads one PEM block `PUBLIC KEY` (SubjectPublicKeyInfo): RSA of 2048 to 8192 bits, or Ed25519.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        if text.len() > KEY_PEM_BYTES_MAX {
            return Err(KeyError::TooLong { limit: KEY_PEM_BYTES_MAX, found: text.len() });
        }
        Self::from_spki(&pem_contents(text)?)
    }

    /// Reads the DER of a SubjectPublicKeyInfo. Errors as [`PublicKey::from_pem`].
    pub fn from_spki(der: &[u8]) -> Result<Self, KeyError> {
        if let Some(key) = der.strip_prefix(&ED25519_SPKI_PREFIX) {
            return Self::from_ed25519(key);
        }
        // The library takes a bare RSAPublicKey too; peers that read strictly would not.
        let head = der.get(..der.len().min(32)).unwrap_or_default();
        if !head.windows(RSA_ALGORITHM.len()).any(|window| window == RSA_ALGORITHM) {
            return Err(KeyError::NotAKey { expected: "a SubjectPublicKeyInfo of an RSA or Ed25519 key" });
        }
        let not_rsa = |_| KeyError::NotAKey { expected: "an RSA public key" };
        let found = aws_lc_rs::rsa::PublicKey::from_der(der).map_err(not_rsa).map(|key| bits(&key))?;
        if !(RSA_BITS_MIN..=RSA_BITS_MAX).contains(&found) {
            return Err(KeyError::RsaSize { found });
        }
        let parsed = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der).map_err(not_rsa)?;
        let canonical: PublicKeyX509Der<'_> =
            parsed.as_der().map_err(|_| KeyError::Library { doing: "write a public key" })?;
        Ok(PublicKey::Rsa(RsaPublicKey { der: Arc::from(canonical.as_ref()), parsed: Arc::new(parsed) }))
    }

    /// Reads a Multikey: `z`, then base58btc of a multicodec and a key: the 32 bytes of an Ed25519 key, or an RSAPublicKey.
    ///
    /// Source: FEP-521a. Multikeys of other kinds are refused.
    pub fn from_multikey(text: &str) -> Result<Self, KeyError> {
        const EXPECTED: KeyError =
            KeyError::NotAKey { expected: "a Multikey of an Ed25519 key, `z6Mk…`, or of an RSA key" };
        if text.len() > MULTIKEY_CHARS_MAX {
            return Err(KeyError::TooLong { limit: MULTIKEY_CHARS_MAX, found: text.len() });
        }
        let base58 = text.strip_prefix('z').ok_or(EXPECTED)?;
        let bytes = bs58::decode(base58).into_vec().map_err(|_| EXPECTED)?;
        match bytes.strip_prefix(&RSA_MULTICODEC) {
            Some(rsa) => Self::from_spki(&rsa_spki(rsa).ok_or(EXPECTED)?),
            None => Self::from_ed25519(bytes.strip_prefix(&ED25519_MULTICODEC).ok_or(EXPECTED)?),
        }
    }

    fn from_ed25519(key: &[u8]) -> Result<Self, KeyError> {
        const EXPECTED: KeyError = KeyError::NotAKey { expected: "the 32 bytes of an Ed25519 key" };
        let bytes: [u8; 32] = key.try_into().map_err(|_| EXPECTED)?;
        let mut unsigned = bytes;
        unsigned[31] &= 0x7f;
        if SMALL_ORDER.contains(&unsigned) {
            return Err(KeyError::SmallOrder);
        }
        let parsed = ParsedPublicKey::new(&ED25519, bytes).map_err(|_| EXPECTED)?;
        Ok(PublicKey::Ed25519(Ed25519PublicKey { parsed: Arc::new(parsed), bytes }))
    }

    /// Which kind it is.
    pub fn kind(&self) -> KeyKind {
        match self {
            PublicKey::Rsa(_) => KeyKind::Rsa,
            PublicKey::Ed25519(_) => KeyKind::Ed25519,
        }
    }

    /// The key as a PEM block `PUBLIC KEY`, lines of 64 characters, with a final line feed.
    pub fn to_pem(&self) -> String {
        let base64 = match self {
            PublicKey::Rsa(key) => STANDARD.encode(&key.der),
            PublicKey::Ed25519(key) => STANDARD.encode([&ED25519_SPKI_PREFIX[..], &key.bytes].concat()),
        };
        let mut pem = String::with_capacity(base64.len() + base64.len() / PEM_LINE_CHARS + 64);
        pem.push_str(PEM_BEGIN);
        for (at, char) in base64.chars().enumerate() {
            if at % PEM_LINE_CHARS == 0 {
                pem.push('\n');
            }
            pem.push(char);
        }
        pem.push('\n');
        pem.push_str(PEM_END);
        pem.push('\n');
        pem
    }

    /// The key as a Multikey.
    pub fn to_multikey(&self) -> String {
        match self {
            PublicKey::Rsa(key) => multikey(RSA_MULTICODEC, key.der.get(RSA_SPKI_HEADER..).unwrap_or_default()),
            PublicKey::Ed25519(key) => multikey(ED25519_MULTICODEC, &key.bytes),
        }
    }

    /// Checks that `signature` was made over `message` with the private half of this key.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), DoesNotVerify> {
        let parsed = match self {
            PublicKey::Rsa(key) => &key.parsed,
            PublicKey::Ed25519(key) => &key.parsed,
        };
        parsed.verify_sig(message, signature).map_err(|_| DoesNotVerify)
    }
}

fn multikey(multicodec: [u8; 2], key: &[u8]) -> String {
    format!("z{}", bs58::encode([&multicodec[..], key].concat()).into_string())
}

/// The SubjectPublicKeyInfo of an RSAPublicKey. `None`: it is too short or too long for a key we take.
fn rsa_spki(key: &[u8]) -> Option<Vec<u8>> {
    let two = |length: usize| u16::try_from(length).ok().filter(|length| *length >= 256).map(u16::to_be_bytes);
    let (whole, bits) = (two(key.len() + RSA_SPKI_HEADER - 4)?, two(key.len() + 1)?);
    let algorithm = [&[0x30, 0x0d], &RSA_ALGORITHM[..], &[0x05, 0x00]].concat();
    Some([&[0x30, 0x82], &whole[..], &algorithm, &[0x03, 0x82], &bits, &[0x00], key].concat())
}

fn bits(key: &aws_lc_rs::rsa::PublicKey) -> usize {
    let modulus = key.modulus();
    let bytes = modulus.big_endian_without_leading_zero();
    let leading = bytes.first().map_or(0, |first| first.leading_zeros() as usize);
    bytes.len() * 8 - leading
}

/// The bytes between the two lines of a PEM block. Text before or after the block is refused.
fn pem_contents(text: &str) -> Result<Vec<u8>, KeyError> {
    let text = text.trim();
    if text.starts_with("-----BEGIN RSA PUBLIC KEY") {
        return Err(KeyError::NotPem { found: "`BEGIN RSA PUBLIC KEY` (PKCS#1)" });
    }
    if text.contains("PRIVATE KEY") {
        return Err(KeyError::NotPem { found: "a private key" });
    }
    let inner = text.strip_prefix(PEM_BEGIN).ok_or(KeyError::NotPem { found: "another beginning" })?;
    let inner = inner.strip_suffix(PEM_END).ok_or(KeyError::NotPem { found: "another end" })?;
    let base64: String = inner.chars().filter(|char| !char.is_ascii_whitespace()).collect();
    STANDARD.decode(base64).map_err(|_| KeyError::NotPem { found: "a block that is not base64" })
}

/// The bytes of a private key. Never shown by `Debug`; overwritten on drop as far as safe code can.
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    /// The bytes, for sealing.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes(not shown)")
    }
}

impl Drop for SecretBytes {
    fn drop(&mut self) {
        self.0.fill(0);
        // Keeps the compiler from leaving out a write nobody reads.
        std::hint::black_box(&self.0);
    }
}

/// A private key with its public half.
pub struct KeyPair {
    private: Private,
    public: PublicKey,
}

enum Private {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyPair({:?}, private half not shown)", self.public)
    }
}

impl KeyPair {
    /// Makes an RSA pair of 2048 bits. Takes about 200 ms: for a pool, not for a request.
    pub fn generate_rsa2048() -> Result<Self, KeyError> {
        let pair =
            RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Library { doing: "make an RSA key" })?;
        Self::from_rsa(pair)
    }

    /// Makes an Ed25519 pair.
    pub fn generate_ed25519() -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::generate().map_err(|_| KeyError::Library { doing: "make an Ed25519 key" })?;
        Self::from_ed25519(pair)
    }

    /// Reads what [`KeyPair::to_pkcs8`] wrote, and PKCS#8 (v1 and v2) of others: RSA of 2048 to 8192 bits, or Ed25519.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        if let Ok(pair) = RsaKeyPair::from_pkcs8(der) {
            return Self::from_rsa(pair);
        }
        Self::from_ed25519(Ed25519KeyPair::from_pkcs8(der).map_err(|_| KeyError::NotPkcs8)?)
    }

    /// An Ed25519 pair from its 32 secret bytes, as test vectors and `secretKeyMultibase` give them.
    pub fn from_ed25519_seed(seed: &[u8]) -> Result<Self, KeyError> {
        Self::from_ed25519(Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyError::NotPkcs8)?)
    }

    fn from_rsa(pair: RsaKeyPair) -> Result<Self, KeyError> {
        let der: PublicKeyX509Der<'_> =
            pair.public_key().as_der().map_err(|_| KeyError::Library { doing: "write a public key" })?;
        let public = PublicKey::from_spki(der.as_ref())?;
        Ok(KeyPair { private: Private::Rsa(pair), public })
    }

    fn from_ed25519(pair: Ed25519KeyPair) -> Result<Self, KeyError> {
        let public = PublicKey::from_ed25519(pair.public_key().as_ref())?;
        Ok(KeyPair { private: Private::Ed25519(pair), public })
    }

    /// The private key as PKCS#8 DER, to be sealed and stored.
    pub fn to_pkcs8(&self) -> Result<SecretBytes, KeyError> {
        let failed = |_| KeyError::Library { doing: "write a private key" };
        let bytes = match &self.private {
            Private::Rsa(pair) => {
                let der: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
                der.as_ref().to_vec()
            }
            Private::Ed25519(pair) => pair.to_pkcs8().map_err(failed)?.as_ref().to_vec(),
        };
        Ok(SecretBytes(bytes))
    }

    /// The public half.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Which kind it is.
    pub fn kind(&self) -> KeyKind {
        self.public.kind()
    }

    /// Signs `message`: RSA PKCS#1 v1.5 with SHA-256, or Ed25519, by the kind of key.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let failed = |_| KeyError::Library { doing: "sign" };
        match &self.private {
            Private::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
            Private::Ed25519(pair) => Ok(pair.try_sign(message).map_err(failed)?.as_ref().to_vec()),
        }
    }
}

#[cfg(test)]
pub(crate) mod fixture;

#[cfg(test)]
mod tests;
