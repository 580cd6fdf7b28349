//! Moderation: what the administrators of a server have decided about others, kept by the actor of its first domain. The counts
//! and settings stand in the domain's state; rules, reports and the log of what was done are rows.

use crate::domain::Domain;
use crate::domain::audit::{self, Did};
use crate::limits::{AUDIT_DAYS, AUDIT_DAYS_MAX};
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Counts and settings of moderation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Moderation {
    /// What administrators may set.
    #[serde(skip_serializing_if = "ModerationSettings::is_usual")]
    pub settings: ModerationSettings,
    /// How many rules there are.
    pub rules: u64,
    /// The place of the next line of the log, counted from 0.
    pub audit_next: u64,
    /// The place of the oldest line that is kept.
    pub audit_first: u64,
    /// How many people are suspended.
    #[serde(skip_serializing_if = "is_zero")]
    pub suspended: u64,
    /// The number of the newest report, counted from 1.
    #[serde(skip_serializing_if = "is_zero")]
    pub reports: u64,
    /// How many reports wait.
    #[serde(skip_serializing_if = "is_zero")]
    pub reports_open: u64,
    /// The number below which only reports that wait are kept.
    #[serde(skip_serializing_if = "is_zero")]
    pub reports_first: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Moderation {
    /// Whether nothing has been done yet.
    pub fn is_new(&self) -> bool {
        *self == Self::default()
    }
}

/// What administrators may set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModerationSettings {
    /// Whether only servers with a rule that allows or limits them are spoken with.
    pub only_allowed: bool,
    /// Days for which lines of the log are kept.
    pub audit_days: u32,
}

impl Default for ModerationSettings {
    fn default() -> Self {
        Self { only_allowed: false, audit_days: AUDIT_DAYS }
    }
}

impl ModerationSettings {
    /// Whether nothing was set.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// Private, from the node for an administrator: replaces the settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangeModeration {
    /// The new ones.
    pub settings: ModerationSettings,
}

impl Method<Domain> for ChangeModeration {
    type Answer = ();

    fn turn(self, domain: &mut Domain, turn: &mut Turn<'_>) -> Result<(), Halt> {
        demand((1..=AUDIT_DAYS_MAX).contains(&self.settings.audit_days), || {
            let found = self.settings.audit_days;
            Refusal::new("not-so-long", format!("expected 1 to {AUDIT_DAYS_MAX} days for the log, found {found}"))
        })?;
        let words = format!(
            "{}; the log is kept for {} days",
            if self.settings.only_allowed { "only allowed servers" } else { "all servers but blocked ones" },
            self.settings.audit_days
        );
        domain.moderation.settings = self.settings;
        audit::write(domain, turn, Did::Settings, "", Some(words))
    }
}
