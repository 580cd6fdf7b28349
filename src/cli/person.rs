//! `pritchel person`: people of this server.

use crate::cli::limits::PASSWORD_BYTES;
use crate::cli::{Failure, PersonCommand, block_on};
use crate::node::accounts::{AccountAnswer, AccountRequest};
use crate::node::offline;
use std::io::Read;

/// Adds a person.
pub fn run(command: PersonCommand) -> Result<(), Failure> {
    let PersonCommand::Add { name, domain, admin, password_stdin, data } = command;
    let password = if password_stdin { Some(read_password()?) } else { None };
    let request = AccountRequest::AddPerson { name, domain, admin, password };
    match block_on(offline::ask(&data, request))?? {
        AccountAnswer::Person(person) => {
            println!("{person}");
            Ok(())
        }
        AccountAnswer::Refused(why) => Err(Failure(why)),
        AccountAnswer::Token(_) | AccountAnswer::Rotating(_) => Err(Failure::new("the server answered something else")),
    }
}

fn read_password() -> Result<String, Failure> {
    let mut password = String::new();
    std::io::stdin().take(PASSWORD_BYTES).read_to_string(&mut password).map_err(Failure::new)?;
    Ok(password.trim_end_matches(['\r', '\n']).to_owned())
}
