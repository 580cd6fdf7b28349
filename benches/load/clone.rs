//! A full clone of a generated repository of 50 MB with a bitmap, from the real server and from `git http-backend` over the
//! same folder, in turns. The client's own work is part of the time, not of the CPU.

use crate::server::{Server, free_host};
use crate::{cgi, load_average, median};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

const FILES: usize = 5000;
const FILE_BYTES: usize = 10_000;

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
    let mut figures = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
    for round in 0..rounds {
        let rows = [
            ("real", format!("{}/repos/{key}.git", server.base()), &server.process),
            ("http-backend", format!("http://{cgi}/{name}"), &process),
        ];
        for (at, (what, url, process)) in rows.into_iter().enumerate() {
            let to = folder.path().join(format!("clone{round}{at}"));
            let (began, cpu) = (Instant::now(), process.cpu_seconds());
            git(folder.path(), &["clone", "-q", "--bare", &url, to.to_str().unwrap()]);
            let took = began.elapsed().as_secs_f64();
            // The children of the server have to be waited for before their CPU counts.
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            let cpu = process.cpu_seconds() - cpu;
            println!("{what}: {took:.2} s, server CPU {cpu:.2} s");
            figures[at * 2].push(took);
            figures[at * 2 + 1].push(cpu);
            std::fs::remove_dir_all(&to).unwrap();
        }
    }
    let [took, cpu, bare_took, bare_cpu] = figures.map(median);
    println!("median: {took:.2} s against {bare_took:.2} s, ratio {:.2}", took / bare_took);
    println!("median server CPU: {cpu:.2} s against {bare_cpu:.2} s, ratio {:.2}", cpu / bare_cpu);
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
