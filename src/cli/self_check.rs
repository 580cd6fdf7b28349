//! `pritchel self-check`: what a running server finds when it looks at itself from outside.

use crate::cli::{Failure, StoreArgs, block_on};
use crate::node::accounts::{AccountAnswer, AccountRequest};
use crate::node::admin;
use crate::node::settings::Places;
use pritchel_web::ports::{Finding, Health};

/// Prints what was found. Fails if something does not work.
pub fn run(args: &StoreArgs) -> Result<(), Failure> {
    let socket = Places::of(&args.data).admin_socket();
    match block_on(admin::ask(&socket, &AccountRequest::SelfCheck))?? {
        Some(AccountAnswer::Findings(findings)) => {
            findings.iter().for_each(tell);
            let bad = findings.iter().filter(|finding| finding.health == Health::Bad).count();
            if bad == 0 { Ok(()) } else { Err(Failure(format!("{bad} of {} do not work", findings.len()))) }
        }
        Some(AccountAnswer::Refused(why)) => Err(Failure(why)),
        Some(_) => Err(Failure::new("the server answered something else")),
        None => Err(Failure(format!("{}: no server runs here", args.data.display()))),
    }
}

fn tell(finding: &Finding) {
    let health = match finding.health {
        Health::Good => "good",
        Health::Odd => "odd ",
        Health::Bad => "BAD ",
    };
    println!("{health} {}: {}", finding.what, finding.said);
    if let Some(advice) = &finding.advice {
        println!("     {advice}");
    }
}
