//! A repository like one in which people write a program: thousands of files of text in directories, thousands of commits, each of
//! which adds a file and changes some lines of others. It is the same each time.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Commits, and files.
const COMMITS: usize = 5000;
/// Directories, each with as many files as the others.
const DIRS: usize = 50;
/// A file that grows to this many lines, and is changed ever again.
pub const FILE: &str = "src/part7/large.rs";
/// Lines that it has in the end.
pub const FILE_LINES: usize = 1000;

const WORDS: [&str; 24] = [
    "let", "pot", "tea", "fn", "pour", "match", "cup", "lid", "warm", "if", "return", "water", "leaf", "minute",
    "self", "steep", "count", "spoon", "sugar", "milk", "kettle", "while", "hot", "tray",
];

struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most as u64) as usize
    }

    fn line(&mut self) -> String {
        let mut line = "    ".repeat(1 + self.below(3));
        for _ in 0..2 + self.below(7) {
            line.push_str(WORDS[self.below(WORDS.len())]);
            line.push_str([" ", "(", " = ", ".", ", "][self.below(5)]);
        }
        line + ";\n"
    }
}

/// Makes it, with a branch `main`.
pub fn generate(folder: &Path) {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut files: Vec<(String, Vec<String>)> = vec![(FILE.to_owned(), (0..20).map(|_| random.line()).collect())];
    import(folder, |out| {
        for number in 0..COMMITS {
            let name = match number % 100 {
                0 => format!("file{number}.md"),
                _ => format!("src/part{}/file{number}.rs", number % DIRS),
            };
            let lines = (0..20 + random.below(100)).map(|_| random.line()).collect();
            files.push((name, lines));
            let mut changed = vec![files.len() - 1, random.below(files.len()), random.below(files.len())];
            if number % 20 == 0 {
                changed.push(0);
            }
            changed.sort_unstable();
            changed.dedup();
            for at in &changed {
                change(&mut random, &mut files[*at].1, *at == 0);
            }
            let at = 1_600_000_000 + number * 3600;
            let message = format!("Change {} {}\n\nIt was {}", WORDS[random.below(24)], number, random.line());
            let who = ["Alice <alice@a.example>", "Bob <bob@b.example>", "Cleo <cleo@c.example>"][random.below(3)];
            write!(out, "commit refs/heads/main\ncommitter {who} {at} +0000\ndata {}\n{message}", message.len())
                .unwrap();
            for at in changed {
                let (name, lines) = &files[at];
                let text = lines.concat();
                write!(out, "M 100644 inline {name}\ndata {}\n{text}", text.len()).unwrap();
            }
            writeln!(out).unwrap();
        }
    });
}

/// Some lines that stand together change; the large file grows by some until it is long enough.
fn change(random: &mut Random, lines: &mut Vec<String>, grows: bool) {
    let (at, count) = (random.below(lines.len()), 1 + random.below(6));
    for line in lines.iter_mut().skip(at).take(count) {
        *line = random.line();
    }
    if grows && lines.len() < FILE_LINES {
        let (at, count) = (random.below(lines.len()), 1 + random.below(9));
        let more: Vec<String> = (0..count.min(FILE_LINES - lines.len())).map(|_| random.line()).collect();
        lines.splice(at..at, more);
    }
}

/// One with a handful of files.
pub fn small(folder: &Path) {
    let mut random = Random(1);
    import(folder, |out| {
        for number in 0..5 {
            let text: String = (0..30).map(|_| random.line()).collect();
            writeln!(
                out,
                "commit refs/heads/main\ncommitter A <a@a.example> {} +0000\ndata 4\nmore",
                1_600_000_000 + number
            )
            .unwrap();
            writeln!(out, "M 100644 inline file{number}.rs\ndata {}\n{text}", text.len()).unwrap();
        }
    });
}

fn import(folder: &Path, write: impl FnOnce(&mut dyn Write)) {
    std::fs::create_dir_all(folder).unwrap();
    let git = |words: &[&str]| {
        let mut command = Command::new("git");
        command.args(words).current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        command
    };
    assert!(git(&["init", "-q", "-b", "main"]).status().unwrap().success());
    let mut import = git(&["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut out = std::io::BufWriter::new(import.stdin.take().unwrap());
    write(&mut out);
    out.flush().unwrap();
    drop(out);
    assert!(import.wait().unwrap().success());
}
