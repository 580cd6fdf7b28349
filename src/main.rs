//! The `pritchel` command: a federated forge. The rooms of the house are crates below `src`; here they are tied together.
//! - [`cli`] has the commands
//! - [`node`] is one server, its settings and the rooms it is made of

mod cli;
mod node;

use clap::Parser;
use mimalloc::MiMalloc;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    match cli::run(cli::Cli::parse()) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("pritchel: {failure}");
            ExitCode::FAILURE
        }
    }
}
