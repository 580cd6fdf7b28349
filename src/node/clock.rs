//! The one clock and the one source of entropy of a server.

use pritchel_actor::{Clock, Seconds};
use std::time::{SystemTime, UNIX_EPOCH};

/// The machine's clock and its random numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct MachineClock;

impl Clock for MachineClock {
    fn now(&self) -> Seconds {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    }

    fn seed(&self) -> [u8; 32] {
        let mut seed = [0; 32];
        // The generator only fails where the machine has no entropy at all; a server without cannot keep a secret.
        if aws_lc_rs::rand::fill(&mut seed).is_err() {
            std::process::abort();
        }
        seed
    }
}

/// A new secret as text: 256 bits, hexadecimal.
pub fn secret() -> String {
    hex(&MachineClock.seed())
}

/// SHA-256 of a text, hexadecimal: all that is kept of a secret.
pub fn sha256(text: &str) -> String {
    hex(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes()).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
