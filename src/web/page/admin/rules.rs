//! Rules about other servers and their actors: a list, forms, and lists as files.

use super::{administrator, ask, keeper, posted, shown};
use crate::answer::{WebError, WebResult};
use crate::limits::{RULES_AT_ONCE, SHOWN_RULES};
use crate::page::fields::{Fields, Posted, wrong};
use crate::page::parts::{Badge, Pages, When, Who};
use crate::page::shell::page;
use crate::page::visit::{Frame, Visit};
use crate::page::who::Names;
use askama::Template;
use axum::body::Bytes;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use pritchel_actors::Domain;
use pritchel_actors::domain::rules::{RuleWish, RulesSet, Severity, ViewRules};
use pritchel_actors::domain::{ChangeModeration, DropRule, ModerationSettings, SetRules, rules_csv};

struct Row {
    target: String,
    badge: Badge,
    reason: Option<String>,
    note: Option<String>,
    no_reports: bool,
    by: Who,
    since: When,
}

/// What came of a list that was read.
struct Imported {
    set: RulesSet,
    wrong: Vec<(usize, String)>,
}

#[derive(Template)]
#[template(path = "admin_rules.html")]
struct Rules<'a> {
    frame: &'a Frame,
    tab: &'static str,
    rows: Vec<Row>,
    count: u64,
    settings: ModerationSettings,
    /// What the form begins with.
    target: &'a str,
    imported: Option<Imported>,
    pages: Pages,
}

/// `GET /admin/rules`.
pub async fn show(visit: Visit) -> Response {
    shown(&visit, listed(&visit, None).await)
}

async fn listed(visit: &Visit, imported: Option<Imported>) -> WebResult {
    administrator(visit)?;
    let after = visit.asked("after").map(str::to_owned);
    let view = ViewRules { after, limit: SHOWN_RULES };
    let found = visit.front.node.look::<Domain, _>(keeper(visit)?, &view).await?;
    let mut names = Names::new(visit);
    let mut rows = Vec::new();
    let last = found.rules.last().filter(|_| found.rules.len() == SHOWN_RULES).map(|(target, _)| target.clone());
    for (target, rule) in found.rules {
        rows.push(Row {
            target,
            badge: badge(rule.severity),
            reason: rule.reason,
            note: rule.note,
            no_reports: rule.no_reports,
            by: names.who(&rule.by).await,
            since: When(rule.since),
        });
    }
    let pages = Pages::of("/admin/rules", visit.asked("after"), last.as_deref());
    let frame = visit.frame().await?;
    page(&Rules {
        frame: &frame,
        tab: "rules",
        rows,
        count: found.count,
        settings: found.settings,
        target: visit.asked("target").unwrap_or_default(),
        imported,
        pages,
    })
}

/// What a rule does, as a badge.
pub fn badge(severity: Severity) -> Badge {
    match severity {
        Severity::Block => Badge::new("bad", "blocked"),
        Severity::Limit => Badge::new("wait", "limited"),
        Severity::Allow => Badge::new("good", "allowed"),
    }
}

/// `POST /admin/rules/{what}`.
pub async fn change(visit: Visit, Path(what): Path<String>, Posted(body): Posted) -> Response {
    shown(&visit, changed(&visit, &what, &body).await)
}

async fn changed(visit: &Visit, what: &str, body: &Bytes) -> WebResult {
    let (me, fields) = posted(visit, body)?;
    match what {
        "set" => {
            let rule = wish(visit, &fields)?;
            ask(visit, me, SetRules { rules: vec![rule], imported: false }).await?;
        }
        "drop" => ask(visit, me, DropRule { target: fields.need("target")?.to_owned() }).await?,
        "settings" => {
            let audit_days = fields.need("audit_days")?.parse().map_err(|_| wrong("expected a number of days"))?;
            let settings = ModerationSettings { only_allowed: fields.ticked("only_allowed"), audit_days };
            ask(visit, me, ChangeModeration { settings }).await?;
        }
        "import" => {
            let list = rules_csv::read(fields.need("list")?);
            let mut set = RulesSet::default();
            for rules in list.rules.chunks(RULES_AT_ONCE) {
                let made = ask(visit, me, SetRules { rules: rules.to_vec(), imported: true }).await;
                // What was made of it before is in force whatever becomes of the rest.
                visit.front.ports.rules_changed().await?;
                set += made?;
            }
            return listed(visit, Some(Imported { set, wrong: list.wrong })).await;
        }
        _ => return Err(WebError::not_found()),
    }
    visit.front.ports.rules_changed().await?;
    Ok(Redirect::to("/admin/rules").into_response())
}

/// A rule as it was typed. Of a host with letters of other alphabets the form that addresses have is kept.
fn wish(visit: &Visit, fields: &Fields) -> WebResult<RuleWish> {
    let typed = fields.need("target")?;
    let bare = typed.strip_prefix("*.").unwrap_or(typed);
    let target = match typed.is_ascii() {
        true => typed.to_owned(),
        false => url::Host::parse(bare).map_err(|_| wrong(format!("expected a host, found {typed:?}")))?.to_string(),
    };
    let own = |domain: &crate::ports::ServedDomain| domain.host == target || domain.origin == target;
    if visit.front.settings.domains.iter().any(own) {
        return Err(wrong(format!("{target} is this server itself")));
    }
    let severity = fields.need("severity")?;
    let severity = Severity::parse(severity)
        .ok_or_else(|| wrong(format!("expected block, limit or allow, found {severity:?}")))?;
    Ok(RuleWish {
        target,
        severity,
        reason: fields.text("reason").map(str::to_owned),
        note: fields.text("note").map(str::to_owned),
        no_reports: fields.ticked("no_reports"),
    })
}

/// `GET /admin/rules.csv`: the rules about servers as a list that other servers read.
pub async fn export(visit: Visit) -> Response {
    shown(&visit, exported(&visit).await)
}

async fn exported(visit: &Visit) -> WebResult {
    administrator(visit)?;
    let mut list = rules_csv::head();
    let mut after = None;
    loop {
        let view = ViewRules { after, limit: RULES_AT_ONCE };
        let found = visit.front.node.look::<Domain, _>(keeper(visit)?, &view).await?.rules;
        list.extend(found.iter().filter_map(|(target, rule)| rules_csv::line(target, rule)));
        match found.last() {
            Some((last, _)) if found.len() == RULES_AT_ONCE => after = Some(last.clone()),
            _ => break,
        }
    }
    let head = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"domain_blocks.csv\""),
    ];
    Ok((head, list).into_response())
}
