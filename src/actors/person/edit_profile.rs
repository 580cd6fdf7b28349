//! What a person says of themselves.

use crate::common::text::{Html, Line};
use crate::limits::{PROFILE_FIELDS_MAX, SUMMARY_CHARS_MAX};
use crate::person::rows::ProfileField;
use crate::person::{Person, publish, wire};
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Private, by the person: changes the profile and tells the followers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EditProfile {
    /// What they call themselves.
    pub display_name: Option<Line>,
    /// What they say of themselves.
    pub summary: Option<Html>,
    /// Whether followers wait for approval.
    pub approves_followers: bool,
    /// The Markdown that the summary was made of, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Further lines; `None` leaves those that are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<ProfileField>>,
}

impl Method<Person> for EditProfile {
    type Answer = ();

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        publish::only_oneself(turn)?;
        demand(self.source.as_ref().is_none_or(|source| source.chars().count() <= SUMMARY_CHARS_MAX), || {
            Refusal::new("text-too-long", format!("expected at most {SUMMARY_CHARS_MAX} characters about oneself"))
        })?;
        demand(self.fields.as_ref().is_none_or(|fields| fields.len() <= PROFILE_FIELDS_MAX), || {
            Refusal::new("too-many-fields", format!("a profile has at most {PROFILE_FIELDS_MAX} fields"))
        })?;
        person.display_name = self.display_name;
        person.summary = self.summary;
        person.summary_source = self.source;
        person.approves_followers = self.approves_followers;
        if let Some(fields) = self.fields {
            person.fields = fields;
        }
        wire::profile_changed(turn)?;
        Ok(())
    }
}
