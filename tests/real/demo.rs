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
