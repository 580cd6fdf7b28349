//! `pritchel registration`: who joins a domain.

use crate::cli::{Failure, RegistrationCommand, block_on};
use crate::node::accounts::{AccountAnswer, AccountRequest};
use crate::node::offline;
use crate::node::registration::{JoinWish, Joined};

/// Shows or changes who may register, invites, and decides about who waits.
pub fn run(command: RegistrationCommand) -> Result<(), Failure> {
    let (place, what) = match command {
        RegistrationCommand::Show { place } => (place, JoinWish::Show),
        RegistrationCommand::Set { registration, people_invite, new_account_days, new_account_activities, place } => {
            let (new_days, new_acts) = (new_account_days, new_account_activities);
            (place, JoinWish::Set { registration, people_invite, new_days, new_acts })
        }
        RegistrationCommand::Invite { days, note, place } => (place, JoinWish::Invite { days, note }),
        RegistrationCommand::Invitations { place } => (place, JoinWish::Invitations),
        RegistrationCommand::Withdraw { id, place } => (place, JoinWish::Withdraw { id }),
        RegistrationCommand::LetIn { name, place } => (place, JoinWish::Decide { name, let_in: true, why: None }),
        RegistrationCommand::TurnDown { name, why, place } => (place, JoinWish::Decide { name, let_in: false, why }),
    };
    let request = AccountRequest::Joining { domain: place.domain, what };
    match block_on(offline::ask(&place.data, request))?? {
        AccountAnswer::Joined(joined) => {
            tell(joined);
            Ok(())
        }
        AccountAnswer::Refused(why) => Err(Failure(why)),
        _ => Err(Failure::new("the server answered something else")),
    }
}

fn tell(joined: Joined) {
    match joined {
        Joined::Stands(rule, people_invite, new, waiting) => {
            println!("registration: {rule}");
            println!("people may invite: {}", if people_invite { "yes" } else { "no" });
            match new.days {
                0 => println!("new accounts: not bound"),
                days => println!("new accounts: {} activities a day for {days} days", new.acts_a_day),
            }
            for (name, text) in waiting {
                println!("waits: {name}: {}", text.replace(char::is_control, " "));
            }
        }
        Joined::Link(link) => println!("{link}"),
        Joined::Invitations(all) => {
            for (id, note, until, used) in all {
                let until = pritchel_vocab::Seconds::new(until);
                println!("{id} {} until {until}, for {note}", if used { "used" } else { "open" });
            }
        }
        Joined::LetIn(person) => println!("{person}"),
        Joined::Done => {}
    }
}
