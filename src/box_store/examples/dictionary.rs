//! Makes the dictionary by which rows are packed (`pack/rows.dictionary`) from exports of stores.
//!
//! Rows are samples of how rows look, not of what they say: every random name in them is replaced by another one for each row,
//! and hosts by a few, so that the dictionary holds the words of the forge and nothing of where the exports come from.
//!
//! ```console
//! $ cargo run --release -p pritchel-box-store --example dictionary -- out.dictionary a.jsonl b.jsonl …
//! ```
//! A store needs its dictionary for ever. A new one is a new file beside the old one, never in its place.

use std::collections::hash_map::DefaultHasher;
use std::error::Error;
use std::hash::{Hash, Hasher};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

/// Bytes of the dictionary. Twice as many make rows 3 % smaller.
const DICTIONARY_SIZE: usize = 16 * 1_024;

/// Letters and digits in a row which are taken for a random name, not a word.
const NAME_BYTES_MIN: usize = 13;

/// How many rows that begin alike are taken (a table of an actor): one busy table must not be all there is.
const ALIKE: usize = 120;

/// Rows below are not packed.
const ROW_BYTES_MIN: usize = 64;

/// A key and its value.
type Row = (Vec<u8>, Vec<u8>);

const HOSTS: [&str; 5] = ["forge.example", "git.example.org", "a.example", "code.example.net", "example.com"];

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let out = words.next().ok_or("expected where to write, then exports")?;
    let mut alike: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    let mut samples: Vec<Vec<u8>> = Vec::new();
    for export in words {
        for line in std::fs::read_to_string(export)?.lines() {
            let Some((key, row)) = row(&serde_json::from_str(line)?)? else { continue };
            let seen = alike.entry(table(&key)).or_default();
            *seen += 1;
            if row.len() >= ROW_BYTES_MIN && *seen <= ALIKE {
                samples.push(scrubbed(&row, samples.len()));
            }
        }
    }
    let bytes: usize = samples.iter().map(Vec::len).sum();
    let dictionary = zstd::dict::from_samples(&samples, DICTIONARY_SIZE)?;
    std::fs::write(&out, &dictionary)?;
    println!("{} rows of {bytes} bytes, a dictionary of {} bytes", samples.len(), dictionary.len());
    Ok(())
}

/// The key and value of a line, none if it is the first or the last.
fn row(line: &Value) -> Result<Option<Row>, Box<dyn Error>> {
    let bytes = |plain: &str, coded: &str| -> Result<Option<Vec<u8>>, Box<dyn Error>> {
        if let Some(text) = line[plain].as_str() {
            return Ok(Some(text.as_bytes().to_vec()));
        }
        Ok(line[coded].as_str().map(|text| BASE64_STANDARD.decode(text)).transpose()?)
    };
    Ok(bytes("key", "key64")?.zip(bytes("json", "base64")?))
}

/// The first byte of a key, and the table when it is a row of an actor.
fn table(key: &[u8]) -> String {
    let text = String::from_utf8_lossy(key);
    let table = text.split('\0').nth(1).filter(|_| text.starts_with('r')).unwrap_or_default();
    format!("{}{table}", text.chars().next().unwrap_or_default())
}

/// The row with other names and hosts.
fn scrubbed(row: &[u8], number: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(row.len());
    for part in row.chunk_by(|a, b| a.is_ascii_alphanumeric() == b.is_ascii_alphanumeric()) {
        if part.len() >= NAME_BYTES_MIN && part[0].is_ascii_alphanumeric() && !is_word(part) {
            out.extend(noise(part, number));
        } else {
            out.extend_from_slice(part);
        }
    }
    let mut text = String::from_utf8_lossy(&out).into_owned();
    for known in ["red.example", "blue.example", "green.example"] {
        text = text.replace(known, HOSTS[number % HOSTS.len()]);
    }
    // On loopback it is http; a dictionary is for the world.
    text = text.replace("http://127", "https://127");
    while let Some(at) = text.find("127.0.0.1:") {
        let end = text[at + 10..].find(|c: char| !c.is_ascii_digit()).map_or(text.len(), |length| at + 10 + length);
        text.replace_range(at..end, HOSTS[number % HOSTS.len()]);
    }
    // What is not text is rare, and scrubbed as such.
    text.into_bytes()
}

/// Words of the forge (`representativeOf`, `attributedTo`) change between small and capital letters at most a few times and
/// have no digits in them.
fn is_word(part: &[u8]) -> bool {
    let changes = part.windows(2).filter(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase()).count();
    let vowels = part.iter().filter(|byte| b"aeiouAEIOU".contains(byte)).count();
    !part.iter().any(u8::is_ascii_digit) && changes <= 3 && vowels * 4 >= part.len() && part.len() < 32
}

/// Other letters and digits of the same kinds.
fn noise(part: &[u8], number: usize) -> Vec<u8> {
    let other = |at: usize, byte: u8| {
        let mut hash = DefaultHasher::new();
        (part, number, at).hash(&mut hash);
        let n = (hash.finish() % 26) as u8;
        match byte {
            b'0'..=b'9' => b'0' + n % 10,
            b'a'..=b'z' => b'a' + n,
            _ => b'A' + n,
        }
    };
    part.iter().enumerate().map(|(at, byte)| other(at, *byte)).collect()
}
