//! The one source of all that is drawn, and the record of all that happens. Two runs of one seed draw the same in the same
//! order, so their records are the same byte for byte.

use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use tokio::time::Instant;

/// Numbers from a seed. A clone draws from the same.
#[derive(Clone)]
pub struct Chance(Arc<Mutex<u64>>);

impl Chance {
    /// The numbers of a seed.
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(seed ^ 0x9e37_79b9_7f4a_7c15)))
    }

    /// Any number.
    pub fn number(&self) -> u64 {
        let mut state = self.0.lock().unwrap();
        // SplitMix64.
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn draw(&self, bound: u64) -> u64 {
        self.number() % bound.max(1)
    }

    /// Up to so many milliseconds.
    pub fn ms(&self, most: u64) -> Duration {
        Duration::from_millis(self.draw(most + 1))
    }
}

/// What happened, a line each, with its time in milliseconds since the run began.
#[derive(Clone)]
pub struct Record {
    text: Arc<Mutex<String>>,
    began: Instant,
    shown: bool,
}

impl Record {
    /// An empty record that begins now.
    /// - `shown`: each line is printed too, for whoever looks into one seed
    pub fn new(shown: bool) -> Self {
        Self { text: Arc::default(), began: Instant::now(), shown }
    }

    /// Milliseconds since the run began.
    pub fn ms(&self) -> u128 {
        self.began.elapsed().as_millis()
    }

    /// Adds a line.
    pub fn line(&self, what: std::fmt::Arguments<'_>) {
        let ms = self.ms();
        if self.shown {
            println!("{ms} {what}");
        }
        writeln!(self.text.lock().unwrap(), "{ms} {what}").unwrap();
    }

    /// All lines.
    pub fn text(&self) -> String {
        self.text.lock().unwrap().clone()
    }
}

/// The first bytes of the SHA-256 of these pieces, hexadecimal.
pub fn hash<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> String {
    let mut context = Context::new(&SHA256);
    for piece in pieces {
        context.update(&piece.len().to_be_bytes());
        context.update(piece);
    }
    context.finish().as_ref()[..8].iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
