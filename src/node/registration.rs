//! Who joins a domain, as the command line and the administration socket have it: the same calls that the pages make.

use crate::node::clock::{MachineClock, secret, sha256};
use pritchel_actor::runtime::Node;
use pritchel_actor::{ActorId, Calls, Clock, Method, Outcome, Seconds};
use pritchel_actors::Domain;
use pritchel_actors::common::naming::origin;
use pritchel_actors::common::text::Line;
use pritchel_actors::domain::view::{ViewApplications, ViewDomain, ViewInvitations};
use pritchel_actors::domain::{
    ChangeSettings, Decide, DomainCall, Invitation, MakeInvitation, NewAccounts, Registration, WithdrawInvitation,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A wish about who joins a domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JoinWish {
    /// How it stands: the rule, and who waits.
    Show,
    /// Another rule.
    Set {
        /// Its word.
        registration: String,
        /// Whether people may invite others; `None` leaves it.
        people_invite: Option<bool>,
        /// For how many days an account is new; `None` leaves it.
        new_days: Option<u16>,
        /// Activities that a new account publishes in a day; `None` leaves it.
        new_acts: Option<u32>,
    },
    /// A new invitation.
    Invite {
        /// For how many days.
        days: i64,
        /// For whom.
        note: Option<String>,
    },
    /// All invitations.
    Invitations,
    /// One invitation less.
    Withdraw {
        /// How its name in the list begins.
        id: String,
    },
    /// Somebody who waits is let in, or is not.
    Decide {
        /// The name they want.
        name: String,
        /// Whether they are let in.
        let_in: bool,
        /// Why not.
        why: Option<String>,
    },
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Joined {
    /// The rule, whether people may invite, what binds new accounts, and who waits, with what they said.
    Stands(String, bool, NewAccounts, Vec<(String, String)>),
    /// A link, shown once.
    Link(String),
    /// Invitations: their name, for whom, until when, and whether they are used.
    Invitations(Vec<(String, String, Seconds, bool)>),
    /// A person who was let in.
    LetIn(ActorId),
    /// It is done.
    Done,
}

/// Characters of the hash by which an invitation is named.
const ID_CHARS: usize = 12;

/// Does what is asked.
/// - errors: why not, for people
pub async fn answer(node: &Node, domain: &ActorId, wish: JoinWish) -> Result<Joined, String> {
    let settings = || async { node.look::<Domain, _>(domain, &ViewDomain).await.map(|shown| shown.settings) };
    let all = || async { node.look::<Domain, _>(domain, &ViewInvitations { by: None }).await };
    match wish {
        JoinWish::Show => {
            let settings = settings().await.map_err(|e| e.to_string())?;
            let waiting = node.look::<Domain, _>(domain, &ViewApplications).await.map_err(|e| e.to_string())?;
            let waiting = waiting.into_iter().map(|(name, application)| (name, application.text)).collect();
            let rule = settings.registration().word().to_owned();
            Ok(Joined::Stands(rule, settings.people_invite, settings.new_accounts, waiting))
        }
        JoinWish::Set { registration, people_invite, new_days, new_acts } => {
            let rule = Registration::of_word(&registration)
                .ok_or_else(|| format!("expected closed, invitation, approval or open, found {registration:?}"))?;
            let mut settings = settings().await.map_err(|e| e.to_string())?.registering(rule);
            settings.people_invite = people_invite.unwrap_or(settings.people_invite);
            settings.new_accounts.days = new_days.unwrap_or(settings.new_accounts.days);
            settings.new_accounts.acts_a_day = new_acts.unwrap_or(settings.new_accounts.acts_a_day);
            called(node, domain, ChangeSettings { settings }).await.map(|()| Joined::Done)
        }
        JoinWish::Invite { days, note } => {
            let secret = secret();
            let note = note.map(|note| Line::parse(&note)).transpose().map_err(|e| e.to_string())?;
            let until = MachineClock.now().saturating_add(days.saturating_mul(86_400));
            let make = MakeInvitation { hash: sha256(&secret), by: None, note, until };
            called(node, domain, make).await?;
            Ok(Joined::Link(format!("{}/register/{secret}", origin(domain))))
        }
        JoinWish::Invitations => {
            let all = all().await.map_err(|e| e.to_string())?;
            Ok(Joined::Invitations(all.into_iter().map(|(hash, invitation)| line(&hash, invitation)).collect()))
        }
        JoinWish::Withdraw { id } => {
            let all = all().await.map_err(|e| e.to_string())?;
            let mut named =
                all.into_iter().map(|(hash, _)| hash).filter(|hash| !id.is_empty() && hash.starts_with(&id));
            match (named.next(), named.next()) {
                (Some(hash), None) => called(node, domain, WithdrawInvitation { hash }).await.map(|()| Joined::Done),
                (None, _) => Err(format!("there is no invitation {id}")),
                (Some(_), Some(_)) => Err(format!("there are several invitations that begin with {id}")),
            }
        }
        JoinWish::Decide { name, let_in, why } => {
            let person = called(node, domain, Decide { name, let_in, why }).await?;
            Ok(person.map_or(Joined::Done, Joined::LetIn))
        }
    }
}

fn line(hash: &str, invitation: Invitation) -> (String, String, Seconds, bool) {
    let id = hash.chars().take(ID_CHARS).collect();
    let note = invitation.note.map_or_else(|| "anybody".to_owned(), |note| note.to_string());
    (id, note, invitation.until, invitation.used.is_some())
}

async fn called<M>(node: &Node, domain: &ActorId, method: M) -> Result<M::Answer, String>
where
    M: Method<Domain>,
    M::Answer: DeserializeOwned,
    DomainCall: Calls<Domain> + From<M>,
{
    match node.call::<Domain, M>(domain, domain, method).await.map_err(|e| e.to_string())? {
        Outcome::Done(answer) => Ok(answer),
        Outcome::Refused(why) => Err(why.to_string()),
        Outcome::Unknown => Err("the outcome is unknown; look before you try again".to_owned()),
    }
}
