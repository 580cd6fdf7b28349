//! The git repository of the demo: the one given, the one the command is run in, or a small generated one.

use crate::cli::Failure;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A repository to push.
pub struct Repository {
    /// Where it lies.
    pub path: PathBuf,
    /// What it is called.
    pub name: String,
    /// The commit that is pushed first; `None` if there is only one.
    pub first: Option<String>,
    /// The commit that is pushed second.
    pub head: String,
    /// What the demo says about it.
    pub told: String,
}

/// Chooses the repository.
pub fn choose(given: Option<&Path>, scratch: &Path) -> Result<Repository, Failure> {
    if let Some(path) = given {
        let path = path.canonicalize().map_err(|e| Failure(format!("{}: {e}", path.display())))?;
        if is_shallow(&path)? {
            return Err(Failure(format!("{}: a shallow repository cannot be pushed whole", path.display())));
        }
        if let Some(why) = unfit(&path)? {
            return Err(Failure(format!("{}: {why}", path.display())));
        }
        return read(&path, format!("{}, as given", path.display()));
    }
    let here = std::env::current_dir().map_err(Failure::new)?;
    let Ok(top) = git(&here, &["rev-parse", "--show-toplevel"]) else {
        return generate(scratch, "a small generated one, since the demo was not started in one");
    };
    let top = Path::new(&top);
    if is_shallow(top)? {
        return generate(scratch, "a small generated one, since the one here is shallow");
    }
    match unfit(top)? {
        Some(why) => generate(scratch, &format!("a small generated one; of the one here: {why}")),
        None => read(top, format!("{}, in which the demo was started", top.display())),
    }
}

/// Why a repository cannot be played with, if it cannot.
fn unfit(path: &Path) -> Result<Option<&'static str>, Failure> {
    if git(path, &["rev-parse", "--show-object-format"])? != "sha1" {
        return Ok(Some("its objects are named by SHA-256, which is not supported"));
    }
    let head = git(path, &["rev-parse", "--verify", "--quiet", "HEAD"]);
    Ok(if head.is_ok() { None } else { Some("it has no commit yet") })
}

fn is_shallow(path: &Path) -> Result<bool, Failure> {
    Ok(git(path, &["rev-parse", "--is-shallow-repository"])? == "true")
}

fn read(path: &Path, told: String) -> Result<Repository, Failure> {
    let head = git(path, &["rev-parse", "HEAD"])?;
    let first = git(path, &["rev-parse", "--verify", "--quiet", "HEAD~1"]).ok();
    let commits = git(path, &["rev-list", "--count", "HEAD"])?;
    let name = path.file_name().map_or_else(|| "repository".to_owned(), |name| name.to_string_lossy().into_owned());
    Ok(Repository { path: path.to_owned(), name, first, head, told: format!("{told} ({commits} commits)") })
}

/// Makes a small one of two commits, `kitchen` in a folder.
pub fn generate(scratch: &Path, told: &str) -> Result<Repository, Failure> {
    let path = scratch.join("kitchen");
    std::fs::create_dir(&path).map_err(Failure::new)?;
    git(&path, &["init", "--quiet", "--initial-branch=main"])?;
    let steps = [("README.md", "# Kitchen\n\nRecipes.\n", "Begin"), ("tea.md", "Boil water. Wait.\n", "Add tea")];
    for (file, text, message) in steps {
        std::fs::write(path.join(file), text).map_err(Failure::new)?;
        git(&path, &["add", file])?;
        let author = ["-c", "user.name=Alice", "-c", "user.email=alice@demo.example"];
        git(&path, &[&author[..], &["commit", "--quiet", "--no-gpg-sign", "-m", message]].concat())?;
    }
    read(&path, told.to_owned())
}

/// Runs git and returns what it printed.
pub fn git(path: &Path, args: &[&str]) -> Result<String, Failure> {
    let output = Command::new("git")
        .args(args)
        .current_dir(path)
        .env("GIT_TERMINAL_PROMPT", "0")
        .output()
        .map_err(|e| Failure(format!("git: {e}")))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err(Failure(format!("git {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr).trim())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(path: &Path) -> String {
        match choose(Some(path), path) {
            Ok(found) => found.told,
            Err(failure) => failure.0,
        }
    }

    #[test]
    fn a_repository_that_cannot_be_pushed_is_refused_in_words_of_ours() {
        let folder = tempfile::tempdir().unwrap();
        let (empty, other) = (folder.path().join("empty"), folder.path().join("other"));
        for (path, format) in [(&empty, "--object-format=sha1"), (&other, "--object-format=sha256")] {
            std::fs::create_dir(path).unwrap();
            git(path, &["init", "--quiet", format]).unwrap();
        }
        assert!(told(&empty).ends_with("empty: it has no commit yet"), "{}", told(&empty));
        assert!(told(&other).ends_with("named by SHA-256, which is not supported"), "{}", told(&other));
        let commit = ["-c", "user.name=A", "-c", "user.email=a@a.example", "commit", "-q", "--allow-empty", "-m", "x"];
        git(&empty, &commit).unwrap();
        assert!(told(&empty).ends_with("as given (1 commits)"), "{}", told(&empty));
    }
}
