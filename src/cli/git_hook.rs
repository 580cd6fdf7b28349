//! What git runs inside a push: it asks the server whether the refs may move, and what becomes of offers.

use crate::cli::Failure;

/// Runs the hook and ends the process with its exit code.
pub fn run(name: &str) -> Result<(), Failure> {
    match name {
        "pre-receive" => std::process::exit(pritchel_git::hook::run_client_in_process()),
        "proc-receive" => std::process::exit(pritchel_git::hook::run_offers_in_process()),
        _ => Err(Failure::new(format!("expected the hook pre-receive or proc-receive, found {name}"))),
    }
}
