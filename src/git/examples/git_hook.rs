//! The smallest program that can be git's hooks: what `pritchel git-hook` does, for the tests.

fn main() {
    let name = std::env::args().nth(2).unwrap_or_default();
    std::process::exit(match name.as_str() {
        "proc-receive" => pritchel_git::hook::run_offers_in_process(),
        _ => pritchel_git::hook::run_client_in_process(),
    });
}
