//! `pritchel token`: access tokens.

use crate::cli::person::name_and_domain;
use crate::cli::{Failure, TokenCommand, block_on};
use crate::node::accounts::{AccountAnswer, AccountRequest};
use crate::node::offline;
use pritchel_actors::person::rows::Scope;

/// Makes a token and prints it, once.
pub fn run(command: TokenCommand) -> Result<(), Failure> {
    let TokenCommand::Create { person, scope, label, days, repository, data } = command;
    let (name, domain) = name_and_domain(&person);
    let scopes = scopes(&scope)?;
    let request = AccountRequest::CreateToken { name, domain, scopes, label, days, only: repository };
    match block_on(offline::ask(&data, request))?? {
        AccountAnswer::Token(token) => {
            println!("{token}");
            Ok(())
        }
        AccountAnswer::Refused(why) => Err(Failure(why)),
        _ => Err(Failure::new("the server answered something else")),
    }
}

fn scopes(words: &[String]) -> Result<Vec<Scope>, Failure> {
    if words.is_empty() {
        return Ok(vec![Scope::Read, Scope::Write, Scope::Git]);
    }
    words
        .iter()
        .map(|word| match word.as_str() {
            "read" => Ok(Scope::Read),
            "write" => Ok(Scope::Write),
            "git" => Ok(Scope::Git),
            other => Err(Failure(format!("--scope: expected read, write or git, found {other}"))),
        })
        .collect()
}
