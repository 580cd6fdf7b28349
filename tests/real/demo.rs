//! The demo, as a user runs it.

use crate::server::{BINARY, run};
use std::process::Command;

#[test]
fn the_demo_plays_with_a_generated_repository_outside_of_one() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(BINARY).arg("demo").current_dir(folder.path()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("a small generated one"), "{told}");
    assert!(told.contains("is refused"), "{told}");
    // The demo has seen for itself that what it calls a page is one.
    let labels = ["page, JSON", "page ", "JSON ", "git "];
    let addresses: Vec<&str> = told.lines().filter(|line| line.starts_with("      ")).collect();
    assert!(addresses.len() > 20, "{told}");
    for line in addresses {
        assert!(labels.iter().any(|label| line.trim_start().starts_with(label)), "{line} has no label");
    }
}

#[test]
fn the_demo_pushes_the_repository_it_is_given() {
    // This repository, if the tests run in a checkout that has its history.
    let here = env!("CARGO_MANIFEST_DIR");
    let shallow =
        Command::new("git").args(["rev-parse", "--is-shallow-repository"]).current_dir(here).output().unwrap();
    if String::from_utf8_lossy(&shallow.stdout).trim() != "false" {
        eprintln!("not run: the checkout is shallow or no repository");
        return;
    }
    let output = run(&["demo", "--repo", here]);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
}
