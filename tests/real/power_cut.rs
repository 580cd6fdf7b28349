//! The power goes while git pushes: what was reported as pushed is there, whole, and told to the world once.
//!
//! The real server is recorded, and every git that it starts. The disk is rebuilt as a cut would have left it, at random
//! moments and right where each report leaves the server; then git looks at the repository, the server is started on it, and
//! another push has to go through. `PRITCHEL_POWER_CUTS` raises the number of cuts, `PRITCHEL_SEED` repeats their choice.

use crate::git::{git, must};
use crate::powercut::disk::{Cut, Disk, Record, read_log};
use crate::powercut::{Dice, build_recorder, dice, setting};
use crate::server::{PATIENCE, Person, Server, free_host, run_ok};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// Cuts in `./test`; raised by `PRITCHEL_POWER_CUTS`.
const CUTS: u64 = 12;
/// A report of a push that moved something has this in it, and nothing else that the server says.
const REPORTED: &str = "ok refs/";

/// Reference and commit.
type Refs = BTreeMap<String, String>;
/// A Push: reference, hash before, hash after.
type Told = (String, Option<String>, Option<String>);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_reported_as_pushed_survives_a_power_cut_and_is_told_once() {
    let scratch = tempfile::tempdir().unwrap();
    let scratch = scratch.path().canonicalize().unwrap();
    let Some(recorder) = build_recorder(&scratch) else { return };
    let mut dice = dice("power cuts of pushes");
    let world = World::new(&scratch).await;
    let (disk, records, states) = record(&world, &recorder).await;
    let reports: Vec<usize> = (1..=records.len()).filter(|at| matches!(records[at - 1], Record::Ack(_))).collect();
    assert_eq!(reports.len() + 1, states.len(), "every push was reported once");
    let cuts = setting("PRITCHEL_POWER_CUTS", CUTS) as usize;
    let mut moments: Vec<usize> = reports.iter().copied().take(cuts).collect();
    // Every other one between two syncs: there is what one of them has made sure and the next has not.
    let syncs: Vec<usize> = (1..=records.len()).filter(|at| matches!(records[at - 1], Record::Sync { .. })).collect();
    while moments.len() < cuts {
        let among = |dice: &mut Dice, count: usize| dice.below(count as u64) as usize;
        moments.push(match moments.len() % 2 {
            0 => syncs[among(&mut dice, syncs.len())],
            _ => among(&mut dice, records.len() + 1),
        });
    }
    moments.sort_unstable();
    check_cuts(&world, disk, (&records, &states), (&moments, &reports), &mut dice).await;
}

/// Plays the recording and looks at the disk at each of the moments.
async fn check_cuts(
    world: &World,
    mut disk: Disk,
    (records, states): (&[Record], &[Refs]),
    (moments, reports): (&[usize], &[usize]),
    dice: &mut Dice,
) {
    let (mut played, mut reported) = (0, 0);
    for (number, moment) in moments.iter().enumerate() {
        for record in &records[played..*moment] {
            reported += usize::from(disk.play(record).is_some());
        }
        played = *moment;
        // Where a report leaves the server, nothing may hang on what is not synced.
        let cut = if reports.contains(moment) || number % 2 == 0 {
            Cut::Nothing
        } else {
            [Cut::Nothing, Cut::Prefix, Cut::RandomHalf][(number / 2) % 3]
        };
        let image = world.scratch.join("image");
        disk.write_image(&image, cut, dice);
        let what = format!("cut {cut:?} after {moment} of {} records, {reported} pushes reported", records.len());
        world.check(&image, &states[..=reported.min(states.len() - 1)], states.get(reported + 1), &what).await;
        std::fs::remove_dir_all(&image).unwrap();
    }
    for record in &records[played..] {
        disk.play(record);
    }
    disk.assert_same_as(&world.data);
}

/// Records a server that receives some pushes: the disk before, the recording, and the references after each push.
async fn record(world: &World, recorder: &Path) -> (Disk, Vec<Record>, Vec<Refs>) {
    let log = world.scratch.join("record");
    let environment = [
        ("LD_PRELOAD", recorder.as_os_str()),
        ("POWERCUT_DIR", world.data.as_os_str()),
        ("POWERCUT_LOG", log.as_os_str()),
        ("POWERCUT_SAYS", OsStr::new(REPORTED)),
    ];
    let bin = wrap_git(&world.scratch, &environment);
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let mut all = environment.to_vec();
    all.push(("PATH", OsStr::new(&path)));

    let disk = Disk::of(&world.data);
    let server = Server::start_in(&world.data, &world.host, &[&world.host], &[], &all).await;
    let mut states = vec![Refs::new()];
    let mut next = |changes: &[(&str, Option<&String>)]| {
        let mut refs = states.last().unwrap().clone();
        for (name, commit) in changes {
            match commit {
                Some(commit) => drop(refs.insert((*name).to_owned(), (*commit).clone())),
                None => drop(refs.remove(*name)),
            }
        }
        states.push(refs);
        changes.iter().map(|(name, commit)| format!("{}:{name}", commit.map_or("", |id| id))).collect::<Vec<_>>()
    };
    let [one, two, three, four, five] = ["one", "two", "three", "four", "five"].map(|file| world.commit(file));
    let (main, tea, tag) = ("refs/heads/main", "refs/heads/green/tea", "refs/tags/v1");
    // The repository is made on the way.
    world.push(&next(&[(main, Some(&one))])).await;
    world.push(&next(&[(main, Some(&two)), (tea, Some(&one)), (tag, Some(&one))])).await;
    world.maintain(&bin.join("git"), &[&["pack-refs", "--all"]]);
    world.push(&next(&[(tea, None), (main, Some(&three))])).await;
    world.push(&next(&[(tea, Some(&three)), ("refs/heads/green/milk", Some(&two))])).await;
    world.maintain(
        &bin.join("git"),
        &[
            &["pack-refs", "--all"],
            &["repack", "--cruft", "--cruft-expiration=2.weeks.ago", "-d", "-b", "-q"],
            &["commit-graph", "write", "--reachable", "--changed-paths", "--split", "--no-progress"],
        ],
    );
    world.push(&next(&[(main, Some(&four))])).await;
    world.push(&next(&[("refs/heads/green/milk", None), (tea, Some(&five))])).await;
    server.stop();
    (disk, read_log(&log), states)
}

/// A directory with a `git` that is recorded: the server gives git an environment of its own making, in which only PATH is from
/// outside.
fn wrap_git(scratch: &Path, environment: &[(&str, &OsStr)]) -> PathBuf {
    let (bin, git) = (scratch.join("bin"), found_in_path("git"));
    std::fs::create_dir(&bin).unwrap();
    let exports = environment.iter().map(|(name, value)| format!("export {name}='{}'\n", value.to_str().unwrap()));
    let script = format!("#!/bin/sh\n{}exec {} \"$@\"\n", exports.collect::<String>(), git.display());
    std::fs::write(bin.join("git"), script).unwrap();
    std::fs::set_permissions(bin.join("git"), std::fs::Permissions::from_mode(0o755)).unwrap();
    bin
}

/// What there is before the recording: a server's data with a person and a Repository actor, and a working copy.
struct World {
    scratch: PathBuf,
    data: PathBuf,
    work: PathBuf,
    host: String,
    alice: Person,
    repository: String,
}

impl World {
    async fn new(scratch: &Path) -> Self {
        let (data, work, host) = (scratch.join("data"), scratch.join("work"), free_host());
        let server = Server::start(&data, &host, &[]).await;
        let alice = server.person("alice");
        let (repository, _) = alice.makes(&server.base, "Repository", "Tea").await;
        server.stop();
        std::fs::create_dir(&work).unwrap();
        let world = Self { scratch: scratch.to_owned(), data, work, host, alice, repository };
        world.must(&["init", "-q", "-b", "main"]);
        world
    }

    fn git(&self, args: &[&str]) -> Output {
        git(&self.work, args)
    }

    fn must(&self, args: &[&str]) -> String {
        must(&self.work, args)
    }

    /// A commit with one more file, of several pieces of the disk.
    fn commit(&self, name: &str) -> String {
        let mut dice = Dice::of(name.len() as u64);
        let bytes: Vec<u8> = (0..20_000).map(|_| dice.below(256) as u8).collect();
        std::fs::write(self.work.join(name), bytes).unwrap();
        self.must(&["add", "."]);
        self.must(&["commit", "-q", "-m", &format!("Pour {name}")]);
        self.must(&["rev-parse", "HEAD"])
    }

    /// Pushes until the server takes it: a reference is held until its last push is told.
    async fn push(&self, refspecs: &[String]) {
        let key = self.repository.rsplit('/').next().unwrap();
        let url = format!("http://alice:{}@{}/repos/{key}.git", self.alice.token, self.host);
        let mut args = vec!["push", "-q", &url];
        args.extend(refspecs.iter().map(String::as_str));
        let until = Instant::now() + PATIENCE;
        loop {
            let output = self.git(&args);
            if output.status.success() {
                return;
            }
            assert!(Instant::now() < until, "{refspecs:?}: {}", String::from_utf8_lossy(&output.stderr));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The repository in a data directory, if it is there.
    fn bare(&self, data: &Path) -> Option<PathBuf> {
        let key = self.repository.rsplit('/').next().unwrap();
        Some(data.join(format!("repos/{key}.git"))).filter(|path| path.exists())
    }

    /// What the room's maintenance does, under the recorder.
    fn maintain(&self, git: &Path, steps: &[&[&str]]) {
        let bare = self.bare(&self.data).unwrap();
        for step in steps {
            let output = Command::new(git).arg("--git-dir").arg(&bare).args(*step).output().unwrap();
            assert!(output.status.success(), "{step:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }

    /// Checks a disk on which the last of `reported` was reported and `under_way` was perhaps begun.
    async fn check(&self, image: &Path, reported: &[Refs], under_way: Option<&Refs>, what: &str) {
        let last = reported.last().unwrap();
        let found = match self.bare(image) {
            Some(bare) => self.looked_at(&bare, what),
            None => Refs::new(),
        };
        let may = under_way.unwrap_or(last);
        for name in last.keys().chain(may.keys()).chain(found.keys()) {
            let value = found.get(name);
            let fits = value == last.get(name) || value == may.get(name);
            assert!(fits, "{what}: {name} is at {value:?}, expected {:?} or {:?}", last.get(name), may.get(name));
        }
        let mut told = Vec::new();
        for pair in reported.windows(2) {
            moves(&pair[0], &pair[1], &mut told);
        }
        moves(last, &found, &mut told);

        let server = Server::start(image, &self.host, &[]).await;
        let before = found.get("refs/heads/main");
        let tree = self.must(&["rev-parse", "HEAD^{tree}"]);
        let mut args = vec!["commit-tree", "-m", "Wash up", &tree];
        args.extend(before.iter().flat_map(|id| ["-p", id.as_str()]));
        let after = self.must(&args);
        self.push(&[format!("{after}:refs/heads/main")]).await;
        told.push(("refs/heads/main".to_owned(), before.cloned(), Some(after)));
        told.sort();
        let until = Instant::now() + PATIENCE;
        let mut pushes = self.told().await;
        while pushes.len() < told.len() {
            assert!(Instant::now() < until, "{what}: told are {pushes:#?}, expected {told:#?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
            pushes = self.told().await;
        }
        assert_eq!(pushes, told, "{what}: each reference that moved is told once");
        server.stop();
        self.looked_at(&self.bare(image).unwrap(), what);
        run_ok(&["check", "--data", image.to_str().unwrap()]);
    }

    /// Has git check all of a repository: its references.
    fn looked_at(&self, bare: &Path, what: &str) -> Refs {
        let at = ["--git-dir", bare.to_str().unwrap()];
        let fsck = self.git(&[&at[..], &["fsck", "--full", "--strict", "--no-dangling", "--no-progress"]].concat());
        let said = [fsck.stdout.as_slice(), fsck.stderr.as_slice()].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(fsck.status.success(), "{what}: git fsck: {said}");
        let refs = self.must(&[&at[..], &["for-each-ref", "--format=%(refname) %(objectname)"]].concat());
        refs.lines().map(|line| line.split_once(' ').unwrap()).map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
    }

    /// The Pushes in the repository's outbox, sorted.
    async fn told(&self) -> Vec<Told> {
        let items = self.alice.items(&format!("{}/outbox", self.repository)).await;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let pushes = items.iter().filter(|item| item["type"] == "Push");
        let mut told: Vec<Told> = pushes
            .map(|push| {
                let name = text(&push["target"]["ref"]).unwrap_or_else(|| panic!("a Push of no reference: {push}"));
                (name, text(&push["hashBefore"]), text(&push["hashAfter"]))
            })
            .collect();
        told.sort();
        told
    }
}

/// The references that differ.
fn moves(from: &Refs, to: &Refs, into: &mut Vec<Told>) {
    let mut names: Vec<&String> = from.keys().chain(to.keys()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let (before, after) = (from.get(name).cloned(), to.get(name).cloned());
        if before != after {
            into.push((name.clone(), before, after));
        }
    }
}

fn found_in_path(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|found| found.is_file()).expect("git is installed")
}
