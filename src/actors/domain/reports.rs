//! Reports: somebody, here or elsewhere, finds that administrators should look at something. They are numbered, lie in a queue
//! until one of them is done with it, and are kept for a while after that.
//!
//! Source: ActivityStreams, `Flag`; as Mastodon sends and takes it.

use crate::common::naming::origin;
use crate::domain::audit::{self, Did};
use crate::domain::{Domain, wire};
use crate::limits::{
    RECENT_REPORTS_MAX, REPORT_CHARS_MAX, REPORT_NOTES_MAX, REPORTED_MAX, REPORTS_OF_ONE_MAX, REPORTS_OPEN_MAX,
    REPORTS_STEP,
};
use pritchel_actor::{
    ActId, ActorId, Halt, Header, Look, Method, Page, Refusal, RowKey, Rows, Seconds, Turn, View, demand,
};
use serde::{Deserialize, Serialize};

/// Reports by their number.
pub const REPORTS: Rows<u64, Report> = Rows::new("reports");
/// Those that nobody is done with, with the time they came.
pub const OPEN_REPORTS: Rows<u64, Seconds> = Rows::new("open_reports");
/// How many of them are of one server, or of one person here.
pub const REPORTS_OF: Rows<String, u64> = Rows::new("reports_of");

/// A report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// When it came.
    pub at: Seconds,
    /// Who made it: a person of this server, or an actor of another, most often its instance actor.
    pub by: ActorId,
    /// Who it is about, if that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<ActorId>,
    /// What is reported: addresses.
    pub objects: Vec<String>,
    /// Why, as plain text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// The act by which the server of whom it is about was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forwarded: Option<ActId>,
    /// What administrators wrote to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<ReportNote>,
    /// Who is done with it, and since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<(ActorId, Seconds)>,
}

/// What an administrator wrote to a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportNote {
    /// Who.
    pub by: ActorId,
    /// When.
    pub at: Seconds,
    /// What.
    pub text: String,
}

/// From another server: something here is reported.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BeReported {
    /// What: addresses.
    pub objects: Vec<String>,
    /// Why, as plain text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

impl Method<Domain> for BeReported {
    type Answer = ();

    fn turn(self, domain: &mut Domain, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let by = turn.caller().id().clone();
        let whose = origin(&by).to_owned();
        // Of another server any text is cut, that of a person here is refused: they can mend it.
        let text = self.text.chars().take(REPORT_CHARS_MAX).collect();
        let report = Report {
            at: turn.now(),
            by,
            about: None,
            objects: self.objects,
            text,
            forwarded: None,
            notes: Vec::new(),
            resolved: None,
        };
        take(domain, turn, &whose, report).map(drop)
    }
}

/// Private, by a person of this server: reports something, here or elsewhere. Answers its number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileReport {
    /// What: addresses.
    pub objects: Vec<String>,
    /// Who it is about, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<ActorId>,
    /// Why, as plain text.
    pub text: String,
    /// Whether the server of whom it is about is told, by this server's own actor: it does not say who reports.
    #[serde(default)]
    pub forward: bool,
}

impl Method<Domain> for FileReport {
    type Answer = u64;

    fn turn(self, domain: &mut Domain, turn: &mut Turn<'_>) -> Result<u64, Halt> {
        demand(self.text.chars().count() <= REPORT_CHARS_MAX, || {
            Refusal::new("too-long", format!("at most {REPORT_CHARS_MAX} characters for the reason of a report"))
        })?;
        let by = turn.caller().id().clone();
        let whose = by.to_string();
        let far = self.about.as_ref().filter(|about| self.forward && origin(about) != origin(turn.me()));
        let forwarded = match far {
            Some(about) => Some(wire::tell_of_report(turn, about, &self.objects, &self.text)?),
            None => None,
        };
        let FileReport { objects, about, text, .. } = self;
        let at = turn.now();
        let report = Report { at, by, about, objects, text, forwarded, notes: Vec::new(), resolved: None };
        take(domain, turn, &whose, report)
    }
}

/// Puts a report into the queue.
fn take(domain: &mut Domain, turn: &mut Turn<'_>, whose: &str, report: Report) -> Result<u64, Halt> {
    demand((1..=REPORTED_MAX).contains(&report.objects.len()), || {
        let found = report.objects.len();
        Refusal::new(
            "nothing-reported",
            format!("expected 1 to {REPORTED_MAX} things that are reported, found {found}"),
        )
    })?;
    demand(domain.moderation.reports_open < REPORTS_OPEN_MAX, || {
        Refusal::new("too-many-reports", format!("at most {REPORTS_OPEN_MAX} reports wait"))
    })?;
    let whose = whose.to_owned();
    let open = REPORTS_OF.get(turn, &whose)?.unwrap_or(0);
    demand(open < REPORTS_OF_ONE_MAX, || {
        Refusal::new("too-many-reports", format!("at most {REPORTS_OF_ONE_MAX} reports of {whose} wait"))
    })?;
    REPORTS_OF.put(turn, &whose, &(open + 1));
    let number = domain.moderation.reports + 1;
    domain.moderation.reports = number;
    domain.moderation.reports_open += 1;
    OPEN_REPORTS.put(turn, &number, &report.at);
    REPORTS.put(turn, &number, &report);
    // Those that are done with go in their order. One that still waits is left, and goes when somebody is done with it.
    for _ in 0..REPORTS_STEP {
        let first = domain.moderation.reports_first.max(1);
        if number - first < RECENT_REPORTS_MAX {
            break;
        }
        if !OPEN_REPORTS.has(turn, &first)? {
            REPORTS.remove(turn, &first);
        }
        domain.moderation.reports_first = first + 1;
    }
    Ok(number)
}

fn known(turn: &mut Turn<'_>, number: u64) -> Result<Report, Halt> {
    let none = || Refusal::new("no-such-report", format!("there is no report {number}"));
    REPORTS.get(turn, &number)?.ok_or_else(|| none().into())
}

/// Private, from the node for an administrator: somebody is done with a report, or takes it up again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResolveReport {
    /// Its number.
    pub number: u64,
    /// Whether it is done with.
    pub resolved: bool,
}

impl Method<Domain> for ResolveReport {
    type Answer = ();

    fn turn(self, domain: &mut Domain, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let mut report = known(turn, self.number)?;
        if report.resolved.is_some() == self.resolved {
            return Ok(());
        }
        // A person of this server counts for themselves, an actor of another for its server.
        let own = report.by.to_string();
        let whose = if REPORTS_OF.has(turn, &own)? { own } else { origin(&report.by).to_owned() };
        let open = REPORTS_OF.get(turn, &whose)?.unwrap_or(0);
        if self.resolved {
            report.resolved = Some((turn.caller().id().clone(), turn.now()));
            OPEN_REPORTS.remove(turn, &self.number);
            domain.moderation.reports_open = domain.moderation.reports_open.saturating_sub(1);
            REPORTS_OF.put(turn, &whose, &open.saturating_sub(1));
        } else {
            report.resolved = None;
            OPEN_REPORTS.put(turn, &self.number, &report.at);
            domain.moderation.reports_open += 1;
            REPORTS_OF.put(turn, &whose, &(open + 1));
        }
        if self.resolved && self.number < domain.moderation.reports_first {
            REPORTS.remove(turn, &self.number);
        } else {
            REPORTS.put(turn, &self.number, &report);
        }
        let did = if self.resolved { Did::ResolveReport } else { Did::ReopenReport };
        audit::write(domain, turn, did, &self.number.to_string(), None)
    }
}

/// Private, from the node for an administrator: writes something to a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoteReport {
    /// Its number.
    pub number: u64,
    /// What.
    pub text: String,
}

impl Method<Domain> for NoteReport {
    type Answer = ();

    fn turn(self, _domain: &mut Domain, turn: &mut Turn<'_>) -> Result<(), Halt> {
        demand((1..=REPORT_CHARS_MAX).contains(&self.text.chars().count()), || {
            Refusal::new("too-long", format!("expected 1 to {REPORT_CHARS_MAX} characters for a note"))
        })?;
        let mut report = known(turn, self.number)?;
        demand(report.notes.len() < REPORT_NOTES_MAX, || {
            Refusal::new("too-many-notes", format!("at most {REPORT_NOTES_MAX} notes to a report"))
        })?;
        report.notes.push(ReportNote { by: turn.caller().id().clone(), at: turn.now(), text: self.text });
        REPORTS.put(turn, &self.number, &report);
        Ok(())
    }
}

/// Reports, newest first. For administrators; the node looks who asks.
#[derive(Clone, Copy, Debug)]
pub struct ViewReports {
    /// Whether only those that wait, or all.
    pub open: bool,
    /// Those before this number; `None` from the newest.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

/// Reports, with how many wait.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportsShown {
    /// Them.
    pub reports: Vec<(u64, Report)>,
    /// How many wait in all.
    pub open: u64,
}

impl View<Domain> for ViewReports {
    type Answer = ReportsShown;

    fn look(&self, domain: &Domain, _: &Header, look: &mut Look<'_, '_>) -> Result<ReportsShown, Halt> {
        let after = self.before.map(|before| before.encode()).unwrap_or_default();
        let page = Page { prefix: &[], after: &after, limit: self.limit, newest_first: true };
        let mut reports = Vec::new();
        if self.open {
            for (number, _) in OPEN_REPORTS.page(look, page)? {
                if let Some(report) = REPORTS.get(look, &number)? {
                    reports.push((number, report));
                }
            }
        } else {
            reports = REPORTS.page(look, page)?;
        }
        Ok(ReportsShown { reports, open: domain.moderation.reports_open })
    }
}
