//! The log of administration: who did what when. Lines are only ever added; the oldest go, when there are too many or when
//! they have been kept for as long as is set.

use crate::domain::Domain;
use crate::limits::{AUDIT_LINES_MAX, AUDIT_NOTE_CHARS_MAX, AUDIT_SWEPT_MAX};
use pritchel_actor::{ActorId, Halt, Header, Look, Page, RowKey, Rows, Seconds, Turn, View};
use serde::{Deserialize, Serialize};

/// The log, by place.
pub const AUDIT: Rows<u64, AuditLine> = Rows::new("audit");

/// Seconds of a day.
const DAY_S: Seconds = 24 * 60 * 60;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Did {
    /// A server or an actor was blocked.
    Block,
    /// A server or an actor was limited.
    Limit,
    /// A server was allowed.
    Allow,
    /// A rule was taken away.
    DropRule,
    /// Rules were read from a list.
    ImportRules,
    /// Settings of moderation were changed.
    Settings,
    /// Somebody here was suspended.
    Suspend,
    /// Somebody's account here was deleted, for the time in which that is undone.
    DeletePerson,
    /// Somebody here was let in again.
    Reinstate,
    /// A report is done with.
    ResolveReport,
    /// A report was taken up again.
    ReopenReport,
}

impl Did {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Block => "blocked",
            Self::Limit => "limited",
            Self::Allow => "allowed",
            Self::DropRule => "dropped the rule about",
            Self::ImportRules => "imported rules",
            Self::Settings => "changed the settings of moderation",
            Self::Suspend => "suspended",
            Self::DeletePerson => "deleted",
            Self::Reinstate => "reinstated",
            Self::ResolveReport => "was done with report",
            Self::ReopenReport => "took up again report",
        }
    }
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditLine {
    /// When.
    pub at: Seconds,
    /// Who: an administrator, or the domain itself where it was done on the command line.
    pub by: ActorId,
    /// What.
    pub did: Did,
    /// About whom or what; empty if that goes without saying.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Adds a line, by whoever calls, and lets go of old ones.
pub(crate) fn write(
    domain: &mut Domain,
    turn: &mut Turn<'_>,
    did: Did,
    about: &str,
    note: Option<String>,
) -> Result<(), Halt> {
    let note = note.map(|note| note.chars().take(AUDIT_NOTE_CHARS_MAX).collect());
    let line = AuditLine { at: turn.now(), by: turn.caller().id().clone(), did, about: about.to_owned(), note };
    let place = domain.moderation.audit_next;
    AUDIT.put(turn, &place, &line);
    domain.moderation.audit_next = place + 1;
    let kept_from = turn.now().saturating_sub(i64::from(domain.moderation.settings.audit_days) * DAY_S);
    // A few with each line that comes: there is never more to let go of than came.
    for _ in 0..AUDIT_SWEPT_MAX {
        let first = domain.moderation.audit_first;
        let too_many = place + 1 - first > AUDIT_LINES_MAX;
        if first >= place || !(too_many || AUDIT.get(turn, &first)?.is_none_or(|line| line.at < kept_from)) {
            break;
        }
        AUDIT.remove(turn, &first);
        domain.moderation.audit_first = first + 1;
    }
    Ok(())
}

/// A page of the log, newest first. For administrators; the node looks who asks.
#[derive(Clone, Copy, Debug)]
pub struct ViewAudit {
    /// Lines before this place; `None` from the newest.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

impl View<Domain> for ViewAudit {
    type Answer = Vec<(u64, AuditLine)>;

    fn look(&self, _: &Domain, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        let after = self.before.map(|before| before.encode()).unwrap_or_default();
        AUDIT.page(look, Page { prefix: &[], after: &after, limit: self.limit, newest_first: true })
    }
}
