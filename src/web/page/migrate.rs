//! Copies of trackers on pages: how far one is, what could not be read, and what its forms do.

use crate::answer::{WebError, WebResult, of_call};
use crate::limits::SHOWN_ITEMS;
use crate::page::acts;
use crate::page::authority::{self, Authority};
use crate::page::fields::Fields;
use crate::page::head::Head;
use crate::page::parts::{When, Who, Why};
use crate::page::visit::{Me, Visit};
use crate::page::who::{Kind, Names};
use pritchel_actor::Value;
use pritchel_actors::access::Role;
use pritchel_actors::ticket_tracker::migrate::batch::Skipped;
use pritchel_actors::ticket_tracker::migrate::view::ViewMigration;
use pritchel_actors::ticket_tracker::migrate::{End, Migration};
use pritchel_actors::ticket_tracker::{ResumeMigration, StopMigration};
use pritchel_actors::{TicketTracker, client};

/// A copy, as the page of its tracker shows it.
pub struct MigrationShown {
    /// The address of what is copied.
    pub of: String,
    /// Whether more is to come.
    pub runs: bool,
    /// How much has come.
    pub progress: String,
    /// Who has stopped it.
    pub stopped: Option<Who>,
    /// Why it failed the last time.
    pub wrong: Option<Why>,
    /// How often in a row.
    pub failures: u32,
    /// When it is tried again.
    pub next: Option<When>,
    /// How much could not be read.
    pub skipped_count: u64,
    /// The first of it.
    pub skipped: Vec<Skipped>,
    /// Whether the visitor may stop it.
    pub may_stop: bool,
    /// Whether the visitor may have it go on.
    pub may_resume: bool,
}

impl MigrationShown {
    /// For the page with this head; `None` of a tracker that is no copy.
    pub async fn of(visit: &Visit, kind: Kind, head: &Head) -> WebResult<Option<Self>> {
        if kind != Kind::TRACKER {
            return Ok(None);
        }
        let view = ViewMigration { viewer: visit.viewer(), limit: SHOWN_ITEMS };
        let Some((migration, skipped)) = visit.front.node.look::<TicketTracker, _>(&head.id, &view).await? else {
            return Ok(None);
        };
        let maintains = head.may(Role::Maintain) && head.collaborates;
        let stopped = match &migration.ended {
            Some((_, End::Stopped(by))) => Some(Names::new(visit).who(by).await),
            _ => None,
        };
        Ok(Some(Self {
            of: migration.of.uri().to_owned(),
            runs: migration.runs(),
            progress: progress(&migration),
            stopped,
            may_stop: maintains && migration.runs(),
            may_resume: maintains && !migration.at.is_empty() && (!migration.runs() || migration.next.is_some()),
            failures: migration.failures,
            next: migration.next.map(|(_, at)| When(at)),
            skipped_count: migration.skipped,
            skipped,
            wrong: migration.error.map(Why::from),
        }))
    }
}

/// How much has come, in words.
fn progress(migration: &Migration) -> String {
    let count = |count: u64, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let tickets = match migration.total.filter(|total| *total >= migration.tickets) {
        Some(total) => format!("{} of {}", migration.tickets, count(total, "ticket")),
        None => count(migration.tickets, "ticket"),
    };
    format!("{tickets}, {}", count(migration.comments, "comment"))
}

/// The `Create` of a copy.
pub async fn migrate(visit: &Visit, me: &Me, fields: &Fields) -> WebResult<Value> {
    let factory = fields.actor("factory")?;
    let visibility = acts::visibility(fields)?.unwrap_or("public");
    let capability = Authority::of(visit, me, &factory, fields).await?.needed(&factory)?;
    let name = fields.need("name")?;
    Ok(match fields.ticked("archive") {
        true => client::migrate_archive(&factory, fields.uri("origin")?, name, visibility, &capability),
        false => client::migrate(&factory, &fields.actor("origin")?, name, visibility, &capability),
    })
}

/// Stops a copy, or has it go on.
pub async fn steer(visit: &Visit, me: &Me, what: &str, fields: &Fields) -> WebResult<()> {
    let tracker = fields.actor("tracker")?;
    if Kind::of(&visit.front.settings, &tracker) != Some(Kind::TRACKER) {
        return Err(WebError::not_found());
    }
    // Whoever may not see it does not learn that it is there.
    authority::near(visit, &tracker).await?.ok_or_else(WebError::not_found)?;
    let (node, by) = (&visit.front.node, me.id.clone());
    let outcome = match what {
        "stop-migration" => node.call::<TicketTracker, _>(&tracker, &tracker, StopMigration { by }).await?,
        _ => node.call::<TicketTracker, _>(&tracker, &tracker, ResumeMigration { by }).await?,
    };
    of_call(outcome, "it may have been done or not: look again")
}
