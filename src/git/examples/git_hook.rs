//! The smallest program that can be git's hook: what `pritchel git-hook pre-receive` does, for the tests.

fn main() {
    std::process::exit(pritchel_git::hook::run_client_in_process());
}
