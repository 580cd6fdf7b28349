//! How a row's value stands on disk: packed by zstd with a dictionary of what rows of a forge look like.
//!
//! sled writes a leaf of rows anew every few changes, so what a change costs goes by the bytes of its neighbours. Rows are
//! JSON full of the same words and addresses; packed they have a third of their bytes, for 2 µs each (docs/performance.md).
//! - a value of [`PACKED_BYTES_MIN`] or more that gets smaller stands as [`PACKED`] and a zstd frame, which tells its size
//!   and its dictionary by number
//! - a value that begins with one of the two marks stands as [`PLAIN`] and itself
//! - any other value stands as it is
//!
//! A store that was written before there was packing can be read as it is: a row is UTF-8 or begins with its shape's number,
//! and neither begins with a mark.

use std::cell::RefCell;
use std::sync::{LazyLock, Mutex, PoisonError};

use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

use crate::committer::Fault;
use crate::contract::Value;
use crate::limits::{PACKED_BYTES_MIN, VALUE_BYTES_MAX};

/// Stands before a zstd frame.
const PACKED: u8 = 0xff;

/// Stands before a value that begins with a mark itself.
const PLAIN: u8 = 0xfe;

/// The least effort: more of it makes these values 2 % smaller.
const LEVEL: i32 = 1;

/// Made by `examples/dictionary.rs`. Rows that are stored need it for ever: a better one gets a file of its own beside it, and
/// the number in each frame says which.
static DICTIONARY: &[u8] = include_bytes!("pack/rows.dictionary");

static ENCODER: LazyLock<EncoderDictionary<'static>> = LazyLock::new(|| EncoderDictionary::copy(DICTIONARY, LEVEL));
static DECODER: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(DICTIONARY));

thread_local! {
    /// Made with a thread's first packed row: it has some 100 KB.
    static UNPACKER: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// Packs values, one at a time.
pub(crate) struct Packer(Mutex<Compressor<'static>>);

impl Packer {
    /// Fails when there is no memory for it.
    pub fn new() -> std::io::Result<Self> {
        Compressor::with_prepared_dictionary(&ENCODER).map(|packer| Self(Mutex::new(packer)))
    }

    /// What is to stand on disk for a value: at most one byte more than it.
    pub fn pack(&self, value: &[u8]) -> Vec<u8> {
        if value.len() >= PACKED_BYTES_MIN
            && let Ok(frame) = self.0.lock().unwrap_or_else(PoisonError::into_inner).compress(value)
            && frame.len() + 1 < value.len()
        {
            return marked(PACKED, &frame);
        }
        match value.first() {
            Some(&(PACKED | PLAIN)) => marked(PLAIN, value),
            _ => value.to_vec(),
        }
    }
}

fn marked(mark: u8, rest: &[u8]) -> Vec<u8> {
    let mut stored = Vec::with_capacity(1 + rest.len());
    stored.push(mark);
    stored.extend_from_slice(rest);
    stored
}

/// The value for which this stands on disk.
pub(crate) fn unpack(stored: &[u8]) -> Result<Value, Fault> {
    match stored.split_first() {
        Some((&PACKED, frame)) => {
            let fault = |error: std::io::Error| Fault(format!("a packed row of {} bytes: {error}", frame.len()));
            UNPACKER.with_borrow_mut(|unpacker| {
                let unpacker = match unpacker {
                    Some(unpacker) => unpacker,
                    None => unpacker.insert(Decompressor::with_prepared_dictionary(&DECODER).map_err(fault)?),
                };
                let size = zstd::zstd_safe::get_frame_content_size(frame).ok().flatten().unwrap_or(u64::MAX);
                let size = usize::try_from(size).unwrap_or(usize::MAX);
                if size > VALUE_BYTES_MAX {
                    return Err(Fault(format!(
                        "a packed row says it has {size} bytes, at most {VALUE_BYTES_MAX} were written"
                    )));
                }
                unpacker.decompress(frame, size).map(Value::from).map_err(fault)
            })
        }
        Some((&PLAIN, value)) => Ok(Value::copy_from_slice(value)),
        _ => Ok(Value::copy_from_slice(stored)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ROW: &str = r#"{"act":"https://a.example/people/x/outbox/1","from":"https://a.example/people/x","accepted":1790000000,
        "handled":1790000000,"how":{"carried":"near"},"call":{"method":"Comment","args":{}},"ended":{"done":{"answer":null}}}"#;

    #[test]
    fn a_row_of_the_forge_becomes_less_than_half() {
        let stored = Packer::new().unwrap().pack(ROW.as_bytes());
        assert_eq!(stored[0], PACKED);
        assert!(stored.len() * 2 < ROW.len(), "{} bytes of {}", stored.len(), ROW.len());
        assert_eq!(unpack(&stored).unwrap(), ROW);
    }

    #[test]
    fn a_row_from_before_packing_is_read_as_it_is() {
        for old in [ROW.as_bytes(), b"\x00\x01{}", b"", b"5"] {
            assert_eq!(unpack(old).unwrap(), old);
        }
    }

    #[test]
    fn a_damaged_row_is_an_error() {
        let mut stored = Packer::new().unwrap().pack(ROW.as_bytes());
        stored.truncate(stored.len() / 2);
        let fault = unpack(&stored).unwrap_err().to_string();
        assert!(fault.starts_with("a packed row of "), "{fault}");
        assert!(unpack(&[PACKED]).is_err());
        assert!(unpack(&[PACKED, 1, 2, 3, 4, 5, 6, 7, 8]).is_err());
    }

    #[test]
    fn a_frame_that_says_it_is_larger_than_any_row_is_not_unpacked() {
        let zeroes = vec![0; VALUE_BYTES_MAX + 1];
        let frame = Packer::new().unwrap().0.lock().unwrap().compress(&zeroes).unwrap();
        let fault = unpack(&marked(PACKED, &frame)).unwrap_err().to_string();
        assert!(fault.contains("65537 bytes"), "{fault}");
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(value: Vec<u8>, repeated in 1_usize..200, mark: Option<bool>) {
            let mut value = value.repeat(repeated);
            if let Some(packed) = mark {
                value.insert(0, if packed { PACKED } else { PLAIN });
            }
            value.truncate(VALUE_BYTES_MAX);
            let stored = Packer::new().unwrap().pack(&value);
            prop_assert!(stored.len() <= value.len() + 1);
            prop_assert_eq!(unpack(&stored).unwrap(), value);
        }
    }
}
