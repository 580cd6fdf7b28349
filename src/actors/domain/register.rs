//! Register: a new person of this domain.

use crate::common::naming::host;
use crate::domain::name_actor::is_name;
use crate::domain::{APPLICATIONS, Domain, INVITATIONS, Invitation, NAME, NAMES, PEOPLE, Registration};
use crate::person::{Person, Probation};
use pritchel_actor::{ActorId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Private, from the node: makes a person. Whoever asks is checked by the settings: the operator always may, others with an
/// invitation unless nobody may.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Register {
    /// The name before the `@`.
    pub name: String,
    /// The password's hash in PHC form, if there is to be one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Whether the person administers this server.
    #[serde(default)]
    pub admin: bool,
    /// Whether the operator asks, so that closed registration does not matter.
    #[serde(default)]
    pub by_operator: bool,
    /// SHA-256 of an invitation's secret, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<String>,
}

impl Register {
    /// As the operator asks for it.
    pub fn by_operator(name: &str, password: Option<String>, admin: bool) -> Self {
        Self { name: name.to_owned(), password, admin, by_operator: true, invitation: None }
    }
}

impl Method<Domain> for Register {
    type Answer = ActorId;

    fn turn(self, domain: &mut Domain, turn: &mut Turn<'_>) -> Result<ActorId, Halt> {
        let registration = domain.settings.registration();
        demand(self.by_operator || registration != Registration::Closed, || {
            Refusal::new("registration-closed", "this domain does not take registrations")
        })?;
        let invited = match &self.invitation {
            Some(hash) if !self.by_operator => Some((hash.clone(), open_invitation(turn, hash)?)),
            _ => None,
        };
        let may = self.by_operator || registration == Registration::Open || invited.is_some();
        demand(may, || match registration {
            Registration::Approval => Refusal::new("approval-needed", "the administrators let people in who ask them"),
            _ => Refusal::new("invitation-needed", "this domain takes whoever has an invitation"),
        })?;
        name_is_free(turn, &self.name)?;
        let probation = domain.settings.new_accounts.probation(turn.now()).filter(|_| !self.by_operator);
        let id = enrol(domain, turn, &self.name, self.password, (self.admin, probation))?;
        if let Some((hash, invitation)) = invited {
            INVITATIONS.put(turn, &hash, &Invitation { used: Some(id.clone()), ..invitation });
        }
        Ok(id)
    }
}

/// The invitation of this hash, if it is still good.
fn open_invitation(turn: &mut Turn<'_>, hash: &String) -> Result<Invitation, Halt> {
    let now = turn.now();
    let found = INVITATIONS.get(turn, hash)?.filter(|invitation| invitation.is_open(now));
    found.ok_or_else(|| {
        Refusal::new("invitation-over", "the invitation was used before, taken back, or is too old").into()
    })
}

/// Refuses what is no name, and names that somebody has or waits for.
pub fn name_is_free(turn: &mut Turn<'_>, name: &str) -> Result<(), Halt> {
    demand(is_name(name), || {
        let why = format!("a name has letters a to z, digits, `-` and `_`, and begins with a letter; found {name:?}");
        Refusal::new("not-a-name", why)
    })?;
    let name = name.to_owned();
    let waited_for = APPLICATIONS.get(turn, &name)?.is_some_and(|application| application.denied.is_none());
    demand(!waited_for && !NAMES.has(turn, &name)?, || Refusal::new("name-taken", format!("{name} is taken")))
}

/// Makes the person of a name that is free.
/// - `probation`: what binds their account while it is new
pub fn enrol(
    domain: &mut Domain,
    turn: &mut Turn<'_>,
    name: &str,
    password: Option<String>,
    (admin, probation): (bool, Option<Probation>),
) -> Result<ActorId, Halt> {
    let person = Person { probation, ..Person::new(name, turn.me(), turn.now(), password, admin) };
    let id = turn.launch(&person)?.id().clone();
    let now = turn.now();
    NAMES.put(turn, &name.to_owned(), &id);
    PEOPLE.put(turn, &id, &now);
    let handle = format!("{name}@{}", host(turn.me()));
    turn.directory(NAME, handle, Some(json!({"actor": id})))?;
    domain.people += 1;
    Ok(id)
}
