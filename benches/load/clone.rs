//! A full clone of a generated repository of 50 MB with a bitmap, from the real server and from `git http-backend` over the
//! same folder, in turns. The client's own work is part of the time, not of the CPU.
//!
//! The kernel shows CPU in hundredths of a second, cut off in each of four figures, though it counts finer. So CPU is read once
//! for several clones, and the two servers take turns within each such block.

use crate::server::{Process, Server, free_host};
use crate::{cgi, load_average, median};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

const FILES: usize = 5000;
const FILE_BYTES: usize = 10_000;
/// Clones from each server between two readings of the CPU.
const BLOCK: usize = 4;

/// Measures.
pub async fn run(rounds: usize) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("data"), &free_host()).await;
    let alice = server.person("alice");
    let factory = alice.factory(&server.base()).await;
    let repository = alice.make(&factory, "Repository", "large").await;
    let source = folder.path().join("source");
    generate(&source);
    let key = repository.as_str().rsplit('/').next().unwrap();
    let push = format!("http://alice:{}@{}/repos/{key}.git", alice.token, server.host);
    git(&source, &["push", "-q", &push, "main"]);
    let bare = find(&server.data.join("repos")).expect("a bare repository in the data directory");
    git(&bare, &["repack", "-adbq"]);
    let (cgi, process) = cgi::start(bare.parent().unwrap());
    let name = bare.file_name().unwrap().to_str().unwrap();
    println!("{} files of {FILE_BYTES} bytes, one pack with a bitmap; load {}", FILES, load_average());
    let urls = [format!("{}/repos/{key}.git", server.base()), format!("http://{cgi}/{name}")];
    let processes = [&server.process, &process];
    let (mut times, mut cpus) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for round in 0..rounds {
        let before = processes.map(Process::cpu_seconds);
        for number in 0..BLOCK {
            // Who comes second finds the other's work still on the machine: that changes, too.
            for at in [(round + number) % 2, (round + number + 1) % 2] {
                let to = folder.path().join("clone");
                let began = Instant::now();
                git(folder.path(), &["clone", "-q", "--bare", &urls[at], to.to_str().unwrap()]);
                times[at].push(began.elapsed().as_secs_f64());
                std::fs::remove_dir_all(&to).unwrap();
            }
        }
        // The children of the server have to be waited for before their CPU counts.
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        for at in 0..2 {
            cpus[at].push((processes[at].cpu_seconds() - before[at]) / BLOCK as f64);
        }
        let told = |at: usize| format!("{:.3} s CPU each", cpus[at][round]);
        println!("round {round}: server {}, http-backend {}", told(0), told(1));
    }
    let pairs = |figures: &[Vec<f64>; 2]| figures[0].iter().zip(&figures[1]).map(|(ours, bare)| ours / bare).collect();
    for (what, figures) in [("time", times), ("CPU of the server", cpus)] {
        let ratio = median(pairs(&figures));
        let [ours, bare] = figures.map(median);
        println!("{what}: median {ours:.3} s against {bare:.3} s; median ratio of the pairs {ratio:.3}");
    }
}

fn git(folder: &Path, words: &[&str]) {
    let mut command = Command::new("git");
    command.args(words).current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    assert!(command.env("GIT_TERMINAL_PROMPT", "0").status().unwrap().success(), "git {words:?}");
}

/// A repository whose files cannot be compressed, ten more in each commit.
fn generate(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    git(folder, &["init", "-q", "-b", "main"]);
    let mut command = Command::new("git");
    let mut import =
        command.args(["fast-import", "--quiet"]).current_dir(folder).stdin(Stdio::piped()).spawn().unwrap();
    let mut out = std::io::BufWriter::new(import.stdin.take().unwrap());
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for commit in 0..FILES / 10 {
        let at = 1_700_000_000 + commit;
        writeln!(out, "commit refs/heads/main\ncommitter Bench <bench@example.com> {at} +0000\ndata 5\nmore\n")
            .unwrap();
        for file in 0..10 {
            write!(out, "M 100644 inline d{}/f{commit}-{file}\ndata {FILE_BYTES}\n", commit % 40).unwrap();
            for _ in 0..FILE_BYTES / 8 {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                out.write_all(&random.to_le_bytes()).unwrap();
            }
            writeln!(out).unwrap();
        }
    }
    drop(out);
    assert!(import.wait().unwrap().success());
}

/// The first bare repository below a folder.
fn find(folder: &Path) -> Option<PathBuf> {
    let folders = std::fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let mut folders = folders.filter(|path| path.is_dir());
    folders.find_map(|path| if path.join("HEAD").is_file() { Some(path) } else { find(&path) })
}
