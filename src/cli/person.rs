//! `pritchel person`: people of this server.

use crate::cli::domain::asked;
use crate::cli::limits::PASSWORD_BYTES;
use crate::cli::{Failure, PersonCommand, PersonKeyCommand, block_on};
use crate::node::accounts::{AccountAnswer, AccountRequest, KeyWish};
use crate::node::moderation::ModerationRequest;
use crate::node::offline;
use pritchel_web::limits::SSH_KEY_LINE_BYTES_MAX;
use pritchel_web::ssh_key::{SshKeyLine, shown};
use std::io::Read;

/// Adds a person, gives one a new password, or changes their SSH keys.
pub fn run(command: PersonCommand) -> Result<(), Failure> {
    let (request, data) = match command {
        PersonCommand::Add { name, domain, admin, password_stdin, data } => {
            let password = if password_stdin { Some(read_password()?) } else { None };
            (AccountRequest::AddPerson { name, domain, admin, password }, data)
        }
        PersonCommand::Password { name, domain, password_stdin, data } => {
            let password = if password_stdin { Some(read_password()?) } else { None };
            (AccountRequest::SetPassword { name, domain, password }, data)
        }
        PersonCommand::Key(command) => return keys(command),
        PersonCommand::ImportRepository { person, url, name: called, visibility, store } => {
            let (name, domain) = name_and_domain(&person);
            (AccountRequest::ImportRepository { name, domain, url, called, visibility }, store.data)
        }
        PersonCommand::Suspend { person, hide, delete, reason, store } => {
            let (name, domain) = name_and_domain(&person);
            let request = ModerationRequest::Suspend { name, domain, hidden: hide, why: reason, delete };
            return asked(&store.data, request).map(drop);
        }
        PersonCommand::Reinstate { person, store } => {
            let (name, domain) = name_and_domain(&person);
            return asked(&store.data, ModerationRequest::Reinstate { name, domain }).map(drop);
        }
    };
    match block_on(offline::ask(&data, request))?? {
        AccountAnswer::Person(person) | AccountAnswer::Password(person, None) => {
            println!("{person}");
            Ok(())
        }
        AccountAnswer::Made(made) => {
            println!("{made}");
            Ok(())
        }
        AccountAnswer::Asked(act) => {
            eprintln!("Asked for; it is made when the server runs:");
            println!("{act}");
            Ok(())
        }
        AccountAnswer::Password(person, Some(password)) => {
            eprintln!("{person} signs in with this password, and should change it then:");
            println!("{password}");
            Ok(())
        }
        AccountAnswer::Refused(why) => Err(Failure(why)),
        _ => Err(Failure::new("the server answered something else")),
    }
}

/// A person as commands name them: `name@domain`, or `name` alone.
pub fn name_and_domain(person: &str) -> (String, Option<String>) {
    match person.trim_start_matches('@').split_once('@') {
        Some((name, domain)) => (name.to_owned(), Some(domain.to_owned())),
        None => (person.to_owned(), None),
    }
}

fn keys(command: PersonKeyCommand) -> Result<(), Failure> {
    let (person, data, what) = match command {
        PersonKeyCommand::Add { person, label, data } => {
            let line = SshKeyLine::parse(&read_key()?).map_err(Failure::new)?;
            let SshKeyLine { content, fingerprint } = line;
            (person, data, KeyWish::Add { fingerprint, content, label })
        }
        PersonKeyCommand::List { person, data } => (person, data, KeyWish::List),
        PersonKeyCommand::Remove { person, fingerprint, data } => {
            let fingerprint = fingerprint.trim_start_matches("SHA256:").trim_end_matches('=');
            (person, data, KeyWish::Remove { fingerprint: fingerprint.replace('+', "-").replace('/', "_") })
        }
    };
    let (name, domain) = name_and_domain(&person);
    match block_on(offline::ask(&data, AccountRequest::SshKeys { name, domain, what }))?? {
        AccountAnswer::SshKeys(keys) => {
            for (fingerprint, key) in keys {
                let kind = key.content.split(' ').next().unwrap_or_default();
                println!("{} {kind} {}", shown(&fingerprint), key.name);
            }
            Ok(())
        }
        AccountAnswer::Refused(why) => Err(Failure(why)),
        _ => Err(Failure::new("the server answered something else")),
    }
}

fn read_key() -> Result<String, Failure> {
    let mut text = String::new();
    std::io::stdin().take(SSH_KEY_LINE_BYTES_MAX as u64 + 1).read_to_string(&mut text).map_err(Failure::new)?;
    Ok(text)
}

fn read_password() -> Result<String, Failure> {
    let mut password = String::new();
    std::io::stdin().take(PASSWORD_BYTES).read_to_string(&mut password).map_err(Failure::new)?;
    Ok(password.trim_end_matches(['\r', '\n']).to_owned())
}
