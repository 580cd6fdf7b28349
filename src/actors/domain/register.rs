//! Register: a new person of this domain.

use crate::common::naming::host;
use crate::domain::name_actor::is_name;
use crate::domain::{Domain, NAME, NAMES, PEOPLE};
use crate::person::Person;
use pritchel_actor::{ActorId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Private, from the node: makes a person. Whoever asks is checked by the settings: the operator always may.
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
}

impl Method<Domain> for Register {
    type Answer = ActorId;

    fn turn(self, domain: &mut Domain, turn: &mut Turn<'_>) -> Result<ActorId, Halt> {
        demand(self.by_operator || domain.settings.open_registration, || {
            Refusal::new("registration-closed", "this domain does not take registrations")
        })?;
        if !is_name(&self.name) {
            let why = format!(
                "a name has letters a to z, digits, `-` and `_`, and begins with a letter; found {:?}",
                self.name
            );
            return Err(Refusal::new("not-a-name", why).into());
        }
        demand(!NAMES.has(turn, &self.name)?, || Refusal::new("name-taken", format!("{} is taken", self.name)))?;
        let person = Person::new(&self.name, turn.me(), turn.now(), self.password, self.admin);
        let id = turn.launch(&person)?.id().clone();
        let now = turn.now();
        NAMES.put(turn, &self.name, &id);
        PEOPLE.put(turn, &id, &now);
        let handle = format!("{}@{}", self.name, host(turn.me()));
        turn.directory(NAME, handle, Some(json!({"actor": id})))?;
        domain.people += 1;
        Ok(id)
    }
}
