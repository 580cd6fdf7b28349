//! Public SSH keys as people paste them and as documents carry them: a line of OpenSSH, read once. Whether the numbers in a key are
//! good ones is for the library to say that verifies with it; here it is its form, its type and its size.
//!
//! Source: RFC 4253, 6.6; RFC 5656; RFC 8332; OpenSSH, `PROTOCOL.u2f`.

use crate::limits::{RSA_BITS_MIN, SSH_KEY_LINE_BYTES_MAX};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

/// Types of keys that are taken. DSA is not among them: its keys are too small.
const TYPES: [&str; 7] = [
    "ssh-ed25519",
    "sk-ssh-ed25519@openssh.com",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    RSA,
];
const RSA: &str = "ssh-rsa";

/// OpenSSH pads its base64; others leave that out.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
);

/// A public SSH key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshKeyLine {
    /// Its type and its base64. What stands behind, often `user@machine`, is nobody's business.
    pub content: String,
    /// See [`fingerprint`].
    pub fingerprint: String,
}

/// Why a text is no key that is taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SshKeyError {
    /// It has another form.
    #[error("expected a public key in OpenSSH's form, such as `ssh-ed25519 AAAA… me@laptop`, found {found}")]
    Form {
        /// What it looks like.
        found: &'static str,
    },
    /// It is of a type that is not taken.
    #[error("expected a key of one of the types {}, found `{found}`", TYPES.join(", "))]
    Type {
        /// The beginning of its type.
        found: String,
    },
    /// An RSA key that is too small to be safe.
    #[error("expected an RSA key of at least {RSA_BITS_MIN} bits, found {found}")]
    TooSmall {
        /// Bits.
        found: usize,
    },
}

/// SHA-256 of a key as SSH sends it, in base64 for addresses without padding: what stands behind `SHA256:` elsewhere, with `-` and
/// `_` for `+` and `/`.
pub fn fingerprint(blob: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, blob))
}

/// A fingerprint as `ssh-keygen -l` prints it.
pub fn shown(fingerprint: &str) -> String {
    format!("SHA256:{}", fingerprint.replace('-', "+").replace('_', "/"))
}

impl SshKeyLine {
    /// Reads a line.
    pub fn parse(text: &str) -> Result<Self, SshKeyError> {
        let form = |found| SshKeyError::Form { found };
        let line = text.trim();
        if line.len() > SSH_KEY_LINE_BYTES_MAX {
            return Err(form("more bytes than any has"));
        }
        if line.contains("PRIVATE KEY") {
            return Err(form("a private key, which is nobody else's business: show the file that ends in `.pub`"));
        }
        if line.chars().any(char::is_control) {
            return Err(form("several lines"));
        }
        let mut parts = line.splitn(3, ' ');
        let (Some(kind), Some(encoded)) = (parts.next(), parts.next()) else { return Err(form("a single word")) };
        if !TYPES.contains(&kind) {
            return Err(SshKeyError::Type { found: kind.chars().take(40).collect() });
        }
        let blob = LENIENT.decode(encoded).map_err(|_| form("something else than base64 behind the type"))?;
        let mut fields = Fields(&blob);
        if fields.next() != Some(kind.as_bytes()) {
            return Err(form("a key that says another type inside"));
        }
        if kind == RSA {
            let (_exponent, modulus) = (fields.next(), fields.next().ok_or_else(|| form("half an RSA key"))?);
            let bits = bits(modulus);
            if bits < RSA_BITS_MIN {
                return Err(SshKeyError::TooSmall { found: bits });
            }
        } else if fields.next().is_none() {
            return Err(form("half a key"));
        }
        let content = format!("{kind} {}", STANDARD.encode(&blob));
        Ok(Self { content, fingerprint: fingerprint(&blob) })
    }
}

/// The fields of a key: each a length of four bytes, and so many bytes.
struct Fields<'b>(&'b [u8]);

impl<'b> Iterator for Fields<'b> {
    type Item = &'b [u8];

    fn next(&mut self) -> Option<&'b [u8]> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (field, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(field)
    }
}

/// Bits of a number as SSH writes it: most significant byte first, a zero before a number that would look negative.
fn bits(number: &[u8]) -> usize {
    let number = &number[number.iter().take_while(|byte| **byte == 0).count()..];
    number.first().map_or(0, |first| 8 * number.len() - first.leading_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(bytes: &[u8]) -> Vec<u8> {
        [&(bytes.len() as u32).to_be_bytes()[..], bytes].concat()
    }

    fn line(kind: &str, inner: &str, fields: &[Vec<u8>]) -> String {
        let blob = [field(inner.as_bytes()), fields.concat()].concat();
        format!("{kind} {}", STANDARD.encode(blob))
    }

    fn rsa(bits: usize) -> String {
        let mut modulus = vec![0xff; bits / 8];
        modulus.insert(0, 0);
        line(RSA, RSA, &[field(&[1, 0, 1]), field(&modulus)])
    }

    #[test]
    fn a_key_is_the_same_whatever_stands_around_it() {
        let plain = line("ssh-ed25519", "ssh-ed25519", &[field(&[7; 32])]);
        let one = SshKeyLine::parse(&plain).unwrap();
        let other = SshKeyLine::parse(&format!("  {} me@laptop at home\n", plain.trim_end_matches('='))).unwrap();
        assert_eq!(one, other);
        assert_eq!(one.content, plain);
        assert_eq!(one.fingerprint.len(), 43);
        assert!(shown("a-b_c").ends_with("a+b/c"));
    }

    #[test]
    fn what_is_no_good_key_is_refused_with_what_was_found() {
        let ed = |inner: &str, fields: &[Vec<u8>]| line("ssh-ed25519", inner, fields);
        #[rustfmt::skip]
        let rows = [
            (String::new(),                                               "a single word"),
            ("ssh-ed25519".to_owned(),                                    "a single word"),
            ("ssh-ed25519 ***".to_owned(),                                "something else than base64"),
            (ed("ssh-rsa", &[field(&[7; 32])]),                           "another type inside"),
            (ed("ssh-ed25519", &[]),                                      "half a key"),
            (ed("ssh-ed25519", &[vec![0, 0, 1, 0, 7]]),                   "half a key"),
            (line("ssh-dss", "ssh-dss", &[field(&[7; 32])]),              "found `ssh-dss`"),
            (line("ssh-ed25519-cert-v01@openssh.com", "x", &[]),          "found `ssh-ed25519-cert"),
            (rsa(1024),                                                   "found 1024"),
            (line(RSA, RSA, &[field(&[1, 0, 1])]),                        "half an RSA key"),
            ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl".to_owned(),      "a private key"),
            (format!("{}\n{}", rsa(2048), rsa(2048)),                     "several lines"),
            (format!("ssh-ed25519 {}", "A".repeat(SSH_KEY_LINE_BYTES_MAX)), "more bytes"),
        ];
        for (text, expected) in rows {
            let error = SshKeyLine::parse(&text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
        assert!(SshKeyLine::parse(&rsa(2048)).is_ok());
    }
}
