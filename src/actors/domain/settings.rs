//! What the operator of a domain may set.

use crate::domain::Domain;
use crate::limits::{DAY_S, NEW_ACCOUNT_ACTS, NEW_ACCOUNT_ACTS_MAX, NEW_ACCOUNT_DAYS, NEW_ACCOUNT_DAYS_MAX};
use crate::person::Probation;
use pritchel_actor::{Halt, Method, Refusal, Seconds, Turn, demand};
use serde::{Deserialize, Serialize};

/// Who becomes a person of a domain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Registration {
    /// Whoever the operator adds.
    #[default]
    Closed,
    /// The same, and whoever has an invitation.
    Invitation,
    /// The same, and whoever asks and is let in.
    Approval,
    /// Anybody.
    Open,
}

impl Registration {
    /// All of them, the narrowest first.
    pub const ALL: [Self; 4] = [Self::Closed, Self::Invitation, Self::Approval, Self::Open];

    /// Its word, in settings and forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Invitation => "invitation",
            Self::Approval => "approval",
            Self::Open => "open",
        }
    }

    /// The one of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|registration| registration.word() == word)
    }
}

/// What opens the door where it is not open to everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Restricted {
    /// An invitation.
    Invitation,
    /// An invitation, or the administrators' yes.
    Approval,
}

/// How much those publish who have registered by themselves, while they are new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAccounts {
    /// For how many days; 0 binds nobody.
    pub days: u16,
    /// Activities a day.
    pub acts_a_day: u32,
}

impl Default for NewAccounts {
    fn default() -> Self {
        Self { days: NEW_ACCOUNT_DAYS, acts_a_day: NEW_ACCOUNT_ACTS }
    }
}

impl NewAccounts {
    /// What binds somebody who registers now.
    pub fn probation(self, now: Seconds) -> Option<Probation> {
        let until = now + i64::from(self.days) * DAY_S;
        (self.days > 0).then_some(Probation { until, a_day: self.acts_a_day })
    }

    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// Settings of a domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DomainSettings {
    /// Whether anybody may register. Closed unless the operator opens it.
    pub open_registration: bool,
    /// What the domain is called on its pages.
    pub title: Option<String>,
    /// How one may register where not anybody may.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restricted: Option<Restricted>,
    /// Whether people invite others, and not only administrators.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub people_invite: bool,
    /// What binds new accounts.
    #[serde(skip_serializing_if = "NewAccounts::is_usual")]
    pub new_accounts: NewAccounts,
}

impl DomainSettings {
    /// Who becomes a person here.
    pub fn registration(&self) -> Registration {
        match (self.open_registration, self.restricted) {
            (true, _) => Registration::Open,
            (false, Some(Restricted::Approval)) => Registration::Approval,
            (false, Some(Restricted::Invitation)) => Registration::Invitation,
            (false, None) => Registration::Closed,
        }
    }

    /// The same settings with this registration.
    #[must_use]
    pub fn registering(mut self, registration: Registration) -> Self {
        self.open_registration = registration == Registration::Open;
        self.restricted = match registration {
            Registration::Approval => Some(Restricted::Approval),
            Registration::Invitation => Some(Restricted::Invitation),
            Registration::Closed | Registration::Open => None,
        };
        self
    }
}

/// Private, from the node: replaces the settings.
/// - errors: `new-account-limits` where those are out of bounds
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangeSettings {
    /// The new ones.
    pub settings: DomainSettings,
}

impl Method<Domain> for ChangeSettings {
    type Answer = ();

    fn turn(self, domain: &mut Domain, _turn: &mut Turn<'_>) -> Result<(), Halt> {
        let NewAccounts { days, acts_a_day } = self.settings.new_accounts;
        let fits = days <= NEW_ACCOUNT_DAYS_MAX && (1..=NEW_ACCOUNT_ACTS_MAX).contains(&acts_a_day);
        demand(fits, || {
            let why = format!(
                "expected at most {NEW_ACCOUNT_DAYS_MAX} days and 1 to {NEW_ACCOUNT_ACTS_MAX} activities a day for new accounts, found {days} and {acts_a_day}"
            );
            Refusal::new("new-account-limits", why)
        })?;
        domain.settings = self.settings;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_to_register_is_read_as_it_was_written_and_settings_of_before_are_what_they_were() {
        for registration in Registration::ALL {
            let settings = DomainSettings::default().registering(registration);
            let text = serde_json::to_string(&settings).unwrap();
            assert_eq!(serde_json::from_str::<DomainSettings>(&text).unwrap().registration(), registration);
            assert_eq!(Registration::of_word(registration.word()), Some(registration));
        }
        for (text, registration) in [
            (r#"{"open_registration":true,"title":null}"#, Registration::Open),
            (r#"{"open_registration":false,"title":null}"#, Registration::Closed),
        ] {
            let settings: DomainSettings = serde_json::from_str(text).unwrap();
            assert_eq!(settings.registration(), registration);
            assert_eq!(serde_json::to_string(&settings).unwrap(), text);
        }
        assert_eq!(Registration::of_word("anybody"), None);
    }
}
