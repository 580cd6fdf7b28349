//! What a person says of themselves.

use crate::common::text::{Html, Line};
use crate::person::{Person, publish, wire};
use pritchel_actor::{Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Private, by the person: changes the profile and tells the followers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditProfile {
    /// What they call themselves.
    pub display_name: Option<Line>,
    /// What they say of themselves.
    pub summary: Option<Html>,
    /// Whether followers wait for approval.
    pub approves_followers: bool,
}

impl Method<Person> for EditProfile {
    type Answer = ();

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        publish::only_oneself(turn)?;
        person.display_name = self.display_name;
        person.summary = self.summary;
        person.approves_followers = self.approves_followers;
        wire::profile_changed(turn)?;
        Ok(())
    }
}
