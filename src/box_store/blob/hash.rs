//! The name of a blob: its SHA-256, and the reference a row stores.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest;

const LENGTH: usize = 32;

/// SHA-256 of a blob's bytes; 64 lower-case hex digits as text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobHash([u8; LENGTH]);

impl BlobHash {
    /// The hash of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hash = [0; LENGTH];
        hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
        Self(hash)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; LENGTH] {
        &self.0
    }

    /// The first two hex digits: the folder its file is in.
    pub(super) fn folder(&self) -> String {
        format!("{:02x}", self.0[0])
    }
}

impl fmt::Display for BlobHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for BlobHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text or byte string that names no blob.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found {found} bytes")]
pub struct NotAHash {
    expected: &'static str,
    found: usize,
}

impl FromStr for BlobHash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let refused = NotAHash { expected: "64 lower-case hex digits", found: text.len() };
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != LENGTH || !rest.is_empty() {
            return Err(refused);
        }
        let mut hash = [0; LENGTH];
        for (byte, [high, low]) in hash.iter_mut().zip(pairs) {
            let (Some(high), Some(low)) = (digit(*high), digit(*low)) else { return Err(refused) };
            *byte = high << 4 | low;
        }
        Ok(Self(hash))
    }
}

/// What a row stores to name a blob: hash and size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BlobRef {
    /// SHA-256 of the bytes.
    pub hash: BlobHash,
    /// How many there are.
    pub bytes: u64,
}

impl BlobRef {
    /// 40 bytes: the hash, then the size, highest byte first.
    pub fn to_bytes(self) -> [u8; LENGTH + 8] {
        let mut bytes = [0; LENGTH + 8];
        bytes[..LENGTH].copy_from_slice(&self.hash.0);
        bytes[LENGTH..].copy_from_slice(&self.bytes.to_be_bytes());
        bytes
    }
}

impl TryFrom<&[u8]> for BlobRef {
    type Error = NotAHash;

    fn try_from(bytes: &[u8]) -> Result<Self, NotAHash> {
        let refused = NotAHash { expected: "40 bytes of hash and size", found: bytes.len() };
        let (hash, size) = bytes.split_first_chunk::<LENGTH>().ok_or_else(|| refused.clone())?;
        let size = <[u8; 8]>::try_from(size).map_err(|_| refused)?;
        Ok(Self { hash: BlobHash(*hash), bytes: u64::from_be_bytes(size) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first is the test vector of FIPS 180-2, appendix B.1.
    #[test]
    fn a_hash_reads_as_it_is_written() {
        let hash = BlobHash::of(b"abc");
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash.to_string(), text);
        assert_eq!(text.parse(), Ok(hash));
        for bad in [&text[1..], &text.to_uppercase(), &format!("{text}0"), &text.replace('b', "g"), ""] {
            assert!(bad.parse::<BlobHash>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_reference_reads_as_it_is_written() {
        let blob = BlobRef { hash: BlobHash::of(b"abc"), bytes: 70_000 };
        assert_eq!(BlobRef::try_from(blob.to_bytes().as_slice()), Ok(blob));
        assert!(BlobRef::try_from(&blob.to_bytes()[1..]).is_err());
        assert!(BlobRef::try_from([blob.to_bytes().as_slice(), &[0]].concat().as_slice()).is_err());
    }
}
