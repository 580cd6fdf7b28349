//! `pritchel key`: keys of people, and of the domains themselves.

use crate::cli::person::name_and_domain;
use crate::cli::{Failure, KeyCommand, block_on};
use crate::node::accounts::{AccountAnswer, AccountRequest};
use crate::node::offline;
use pritchel_actors::limits::{KEY_OVERLAP_S, KEY_RETIRE_S};

/// Begins a rotation.
pub fn run(command: KeyCommand) -> Result<(), Failure> {
    let KeyCommand::Rotate { name, revoke_old, data } = command;
    let (name, domain) = name_and_domain(&name);
    match block_on(offline::ask(&data, AccountRequest::RotateKeys { name, domain, revoke_old }))?? {
        AccountAnswer::Rotating(actor) => {
            println!("{actor}");
            println!("{}", if revoke_old { revoked() } else { rotating() });
            Ok(())
        }
        AccountAnswer::Refused(why) => Err(Failure(why)),
        _ => Err(Failure::new("the server answered something else")),
    }
}

fn rotating() -> String {
    let hours = |seconds: i64| seconds / 3600;
    format!(
        "New keys are announced under the old one. They are used in {} hours; {} hours later the old ones are dropped.",
        hours(KEY_OVERLAP_S),
        hours(KEY_RETIRE_S)
    )
}

fn revoked() -> String {
    "The old keys are dropped as soon as the server runs, and the new ones are used.".to_owned()
}
