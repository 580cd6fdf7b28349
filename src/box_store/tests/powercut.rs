//! Power cuts and kills: what was acknowledged is there, and nothing is half there.
//!
//! Both tests run this file once more as a process of its own, which commits turns on several lanes and writes down each turn
//! that was acknowledged ([`turns`]).
//! - power cut: the process runs under a recorder of every write and sync (`tests/powercut/recorder.c`, built with `cc`); at
//!   random moments the disk is rebuilt as a power cut would have left it ([`disk`]), opened and checked
//! - kill: the process is killed with SIGKILL at a random moment; its files are opened and checked
//!
//! `PRITCHEL_POWER_CUTS` and `PRITCHEL_KILLS` raise the numbers, `PRITCHEL_SEED` repeats a run; with `PRITCHEL_REQUIRE_ALL` a
//! machine without `cc` fails.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../../../tests/powercut/mod.rs"]
mod powercut;
#[path = "powercut/rules.rs"]
mod rules;
#[path = "powercut/turns.rs"]
mod turns;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use powercut::disk::{self, Cut, Disk};
use powercut::{build_recorder, dice, setting};
use turns::{LANES, Lanes};

/// The process under test; see [`turns::run`].
#[test]
#[ignore = "started by the other tests as a process of its own"]
fn the_process_that_commits() {
    if let Ok(home) = std::env::var("PRITCHEL_TURNS_IN") {
        let turns = setting("PRITCHEL_TURNS", 1);
        turns::run(Path::new(&home), Path::new(&std::env::var("PRITCHEL_ACKS").unwrap()), turns);
    }
}

/// Starts this file as the process under test.
fn start(home: &Path, acks: &Path, turns: u64, recorder: Option<(&Path, &Path)>) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "the_process_that_commits", "--ignored", "--test-threads=1"]);
    command.env("PRITCHEL_TURNS_IN", home).env("PRITCHEL_ACKS", acks).env("PRITCHEL_TURNS", turns.to_string());
    if let Some((recorder, log)) = recorder {
        command
            .env("LD_PRELOAD", recorder)
            .env("POWERCUT_DIR", home)
            .env("POWERCUT_LOG", log)
            .env("POWERCUT_ACKS", acks);
    }
    command.stdout(Stdio::null()).spawn().unwrap()
}

/// Turns on each lane of one recorded process.
const TURNS: u64 = 40;

#[test]
fn a_power_cut_loses_nothing_acknowledged_and_tears_no_batch() {
    let scratch = TempDir::new().unwrap();
    let scratch_dir = scratch.path().canonicalize().unwrap();
    let Some(recorder) = build_recorder(&scratch_dir) else { return };
    let mut dice = dice("power cuts");
    let cuts = setting("PRITCHEL_POWER_CUTS", 20);
    let home = scratch_dir.join("home");
    fs::create_dir(&home).unwrap();
    // The second process begins on a disk that a power cut has left, so its recovery is cut as well.
    let mut before = Lanes::default();
    for process in 0..2 {
        let (log, acks) = (scratch_dir.join(format!("log{process}")), scratch_dir.join(format!("acks{process}")));
        let mut disk = Disk::of(&home);
        let status = start(&home, &acks, TURNS, Some((&recorder, &log))).wait().unwrap();
        assert!(status.success(), "the recorded process failed");
        let records = disk::read_log(&log);
        let mut moments: Vec<u64> = (0..cuts.div_ceil(2)).map(|_| dice.below(records.len() as u64 + 1)).collect();
        moments.sort_unstable();
        let mut acknowledged = before.clone();
        let mut left = Lanes::default();
        let mut played = 0;
        let (image, next) = (scratch_dir.join("image"), scratch_dir.join("next"));
        for (number, moment) in moments.into_iter().enumerate() {
            for record in &records[played..moment as usize] {
                disk.play(record).into_iter().for_each(|ack| acknowledged.note(ack));
            }
            played = moment as usize;
            let cut = [Cut::Nothing, Cut::Prefix, Cut::RandomHalf][number % 3];
            let what = format!("process {process}, cut {cut:?} after {moment} of {} records", records.len());
            let _ = fs::remove_dir_all(&next);
            // The check recovers the image, so the next process gets a second one.
            disk.write_image(&next, cut, &mut dice.clone());
            disk.write_image(&image, cut, &mut dice);
            left = turns::check(&image, &acknowledged, &what);
            fs::remove_dir_all(&image).unwrap();
        }
        for record in &records[played..] {
            disk.play(record).into_iter().for_each(|ack| acknowledged.note(ack));
        }
        assert_eq!(acknowledged, before.plus(TURNS), "every turn was acknowledged");
        disk.assert_same_as(&home);
        fs::remove_dir_all(&home).unwrap();
        fs::rename(&next, &home).unwrap();
        before = left;
    }
}

#[test]
fn a_killed_process_loses_nothing_acknowledged_and_tears_no_batch() {
    let mut dice = dice("kills");
    let scratch = TempDir::new().unwrap();
    let home = scratch.path().join("home");
    fs::create_dir(&home).unwrap();
    let mut acknowledged = Lanes::default();
    for kill in 0..setting("PRITCHEL_KILLS", 5) {
        let acks = scratch.path().join("acks");
        fs::write(&acks, "").unwrap();
        let mut child = start(&home, &acks, u64::MAX, None);
        // Killed while it works: only after it has acknowledged something.
        while fs::metadata(&acks).unwrap().len() < 100 {
            assert!(child.try_wait().unwrap().is_none(), "the process ended by itself");
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_micros(dice.below(300_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        acknowledged.note(&fs::read_to_string(&acks).unwrap());
        let found = turns::check(&home, &acknowledged, &format!("kill {kill}"));
        eprintln!("kill {kill}: {found:?} of {LANES} lanes");
        acknowledged = found;
    }
}

#[test]
fn only_what_a_completed_sync_covers_is_sure_to_survive() {
    rules::all();
}
