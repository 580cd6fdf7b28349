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
        return read(&path, format!("{}, as given", path.display()));
    }
    let here = std::env::current_dir().map_err(Failure::new)?;
    match git(&here, &["rev-parse", "--show-toplevel"]) {
        Ok(top) if !is_shallow(Path::new(&top))? && git(Path::new(&top), &["rev-parse", "HEAD"]).is_ok() => {
            read(Path::new(&top), format!("{top}, in which the demo was started"))
        }
        Ok(_) => generate(scratch, "a small generated one, since the one here is shallow or empty"),
        Err(_) => generate(scratch, "a small generated one, since the demo was not started in one"),
    }
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
