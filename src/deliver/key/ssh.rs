//! The Ed25519 keys with which actors of ours push over SSH, as OpenSSH reads them: a key for this alone, so that nothing signed for
//! one protocol is of use in another.
//!
//! Source: RFC 8709; OpenSSH, `PROTOCOL.key`.

use std::fmt;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{KeyError, SecretBytes};

const KIND: &str = "ssh-ed25519";
const MAGIC: &[u8] = b"openssh-key-v1\0";
/// Characters of a line of base64 in such a file.
const LINE_CHARS: usize = 70;

/// What a key is made of.
pub struct SshSeed([u8; 32]);

/// A key.
#[derive(Debug)]
pub struct SshKey {
    /// The public half: its type and its base64.
    pub public: String,
    /// The private half, as a file of OpenSSH without a passphrase.
    pub private: SecretBytes,
}

impl SshSeed {
    /// A new one.
    pub fn new() -> Result<Self, KeyError> {
        let mut seed = [0; 32];
        aws_lc_rs::rand::fill(&mut seed).map_err(|_| KeyError::Library { doing: "give random bytes" })?;
        Ok(Self(seed))
    }

    /// One that was kept; `None` if it has another size.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes to be kept.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SshSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SshSeed(not shown)")
    }
}

impl SshKey {
    /// The key of a seed.
    pub fn of(seed: &SshSeed) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed.0)
            .map_err(|_| KeyError::Library { doing: "make a key of SSH" })?;
        let public = pair.public_key().as_ref();
        let blob = [field(KIND.as_bytes()), field(public)].concat();
        Ok(Self {
            public: format!("{KIND} {}", STANDARD.encode(&blob)),
            private: SecretBytes(file(&seed.0, public, &blob).into_bytes()),
        })
    }
}

fn field(bytes: &[u8]) -> Vec<u8> {
    // No field here has more than some hundred bytes.
    let length = u32::try_from(bytes.len()).unwrap_or_default();
    [&length.to_be_bytes(), bytes].concat()
}

/// The private key as a file. The two numbers that a passphrase is checked by are the same, whatever they are.
fn file(seed: &[u8; 32], public: &[u8], blob: &[u8]) -> String {
    let mut private =
        [&[0; 8][..], &field(KIND.as_bytes()), &field(public), &field(&[seed, public].concat()), &field(b"")].concat();
    let padding = (8 - private.len() % 8) % 8;
    private.extend((1..=8).take(padding));
    let body =
        [MAGIC, &field(b"none"), &field(b"none"), &field(b""), &1_u32.to_be_bytes(), &field(blob), &field(&private)]
            .concat();
    let encoded = STANDARD.encode(body);
    let mut text = "-----BEGIN OPENSSH PRIVATE KEY-----\n".to_owned();
    for line in encoded.as_bytes().chunks(LINE_CHARS) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text.push_str("-----END OPENSSH PRIVATE KEY-----\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_that_of_its_seed_and_says_nothing_of_it() {
        let seed = SshSeed::read(&[7; 32]).unwrap();
        let key = SshKey::of(&seed).unwrap();
        assert!(key.public.starts_with("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI"), "{}", key.public);
        assert_eq!(SshKey::of(&SshSeed::read(seed.as_bytes()).unwrap()).unwrap().public, key.public);
        assert_ne!(SshKey::of(&SshSeed::new().unwrap()).unwrap().public, key.public);
        let text = String::from_utf8(key.private.as_bytes().to_vec()).unwrap();
        assert!(text.starts_with("-----BEGIN OPENSSH") && text.lines().all(|line| line.len() <= LINE_CHARS), "{text}");
        assert_eq!(format!("{seed:?}"), "SshSeed(not shown)");
        assert!(SshSeed::read(&[7; 31]).is_none());
    }
}
