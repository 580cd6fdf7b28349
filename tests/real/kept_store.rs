//! Stores that earlier versions wrote, in the hands of an operator: they come in, they go out as they came, and nothing
//! is off in them. That what is half done in them is finished is tested with the lanes, see `docs/testing.md`.

use crate::server::{BINARY, run, run_ok};
use std::fs::File;
use std::path::Path;
use std::process::Command;

#[test]
fn stores_of_earlier_versions_are_imported_checked_and_exported_byte_for_byte() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store");
    let mut stores = 0;
    for version in std::fs::read_dir(kept).unwrap() {
        for file in std::fs::read_dir(version.unwrap().path()).unwrap() {
            let file = file.unwrap().path();
            if file.extension().is_none_or(|extension| extension != "jsonl") {
                continue;
            }
            let folder = tempfile::tempdir().unwrap();
            let data = folder.path().to_str().unwrap();
            let imported =
                Command::new(BINARY).args(["import", "--data", data]).stdin(File::open(&file).unwrap()).status();
            assert!(imported.unwrap().success(), "{}", file.display());
            // Before anything opens it as a server does, which gives up the leases of the one that has ended.
            let exported = run_ok(&["export", "--with-secrets", "--data", data]);
            assert!(exported == std::fs::read_to_string(&file).unwrap().trim(), "{}", file.display());
            // Their repositories were not kept with them.
            let found = String::from_utf8(run(&["check", "--data", data]).stdout).unwrap();
            let faults = found.lines().filter(|line| line.starts_with("FAULT: "));
            let others: Vec<&str> = faults.filter(|fault| !fault.contains(": the git data of ")).collect();
            assert!(found.contains(" actors of kind Person") && others.is_empty(), "{}: {found}", file.display());
            stores += 1;
        }
    }
    assert!(stores >= 3, "the stores of three servers at least, found {stores}");
}
