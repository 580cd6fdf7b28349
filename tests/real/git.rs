//! Git as a person of the tests runs it: with the settings of this page and nobody else's.

use std::path::Path;
use std::process::{Command, Output};

/// Runs git in a folder, as Alice.
pub fn git(at: &Path, args: &[&str]) -> Output {
    let mut command = Command::new("git");
    command.args(args).current_dir(at).env_remove("GIT_DIR");
    for (name, value) in [
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("LC_ALL", "C"),
        ("GIT_AUTHOR_NAME", "Alice"),
        ("GIT_AUTHOR_EMAIL", "alice@example.org"),
        ("GIT_COMMITTER_NAME", "Alice"),
        ("GIT_COMMITTER_EMAIL", "alice@example.org"),
    ] {
        command.env(name, value);
    }
    command.output().unwrap()
}

/// The same: what it says, or what it complains of.
pub fn tried(at: &Path, args: &[&str]) -> Result<String, String> {
    let output = git(at, args);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// The same, which must succeed.
pub fn must(at: &Path, args: &[&str]) -> String {
    tried(at, args).unwrap_or_else(|why| panic!("git {args:?}: {why}"))
}
