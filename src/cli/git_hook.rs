//! What git runs inside a push: it asks the server whether the refs may move.

use crate::cli::Failure;

/// Runs the hook and ends the process with its exit code.
pub fn run(name: &str) -> Result<(), Failure> {
    if name != "pre-receive" {
        return Err(Failure::new(format!("expected the hook pre-receive, found {name}")));
    }
    std::process::exit(pritchel_git::hook::run_client_in_process())
}
