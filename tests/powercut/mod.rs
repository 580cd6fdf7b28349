//! Power cuts: a process is recorded, and the disk rebuilt as a cut would have left it.
//! - `recorder.c`: the recorder, preloaded into the process; [`build_recorder`] compiles it
//! - [`disk`]: the recording, and the disk at any moment of it
//!
//! Used by the tests of the store and of the real binary, each of which includes this file.

pub mod disk;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

/// A small random generator (splitmix64), so that a run is repeated by its seed.
#[derive(Clone)]
pub struct Dice(u64);

impl Dice {
    /// The generator with this seed.
    pub fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound.max(1)
    }
}

/// A number from the environment.
pub fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A generator with the seed of the environment, or a new one; it is printed.
pub fn dice(what: &str) -> Dice {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    let seed = setting("PRITCHEL_SEED", now);
    eprintln!("{what}: PRITCHEL_SEED={seed}");
    Dice::of(seed)
}

/// Compiles the recorder into a directory: the library to preload, or none where there is no C compiler.
pub fn build_recorder(into: &Path) -> Option<PathBuf> {
    let source = into.join("recorder.c");
    std::fs::write(&source, include_str!("recorder.c")).unwrap();
    let library = into.join("recorder.so");
    let built = Command::new("cc")
        .args(["-O1", "-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(source)
        .args(["-lpthread", "-ldl"])
        .status();
    match built {
        Ok(status) => {
            assert!(status.success(), "cc does not build the recorder");
            Some(library)
        }
        Err(error) => {
            assert!(std::env::var_os("PRITCHEL_REQUIRE_ALL").is_none(), "there is no cc: {error}");
            eprintln!("NOT RUN: power cuts need a C compiler: {error}");
            None
        }
    }
}
