//! `pritchel domain`, `pritchel report` and `pritchel audit`: rules about other servers, what was reported, and the log of administration.

use crate::cli::limits::LIST_BYTES;
use crate::cli::{AuditArgs, DomainCommand, Failure, ReportCommand, RuleArgs, StoreArgs, block_on};
use crate::node::accounts::{AccountAnswer, AccountRequest};
use crate::node::moderation::{ModerationAnswer, ModerationRequest};
use crate::node::offline;
use pritchel_actors::domain::rules::{Rule, RuleWish, RulesSet, Severity};
use pritchel_actors::domain::{ModerationSettings, rules_csv};
use pritchel_actors::limits::RULES_STEP;
use std::io::{Read, Write};
use std::path::Path;

/// Does what is asked about other servers.
pub fn run(command: DomainCommand) -> Result<(), Failure> {
    match command {
        DomainCommand::Block(args) => set(args, Severity::Block),
        DomainCommand::Limit(args) => set(args, Severity::Limit),
        DomainCommand::Allow(args) => set(args, Severity::Allow),
        DomainCommand::Drop { target, store } => {
            done(asked(&store.data, ModerationRequest::Drop { target: ascii(&target)? })?)
        }
        DomainCommand::Rules(store) => rules(&store),
        DomainCommand::Export(store) => export(&store),
        DomainCommand::Import(store) => import(&store),
        DomainCommand::Settings { only_allowed, audit_days, store } => {
            done(asked(&store.data, ModerationRequest::Settings { only_allowed, audit_days })?)
        }
    }
}

/// Has a wish about moderation done.
pub fn asked(data: &Path, request: ModerationRequest) -> Result<ModerationAnswer, Failure> {
    match block_on(offline::ask(data, AccountRequest::Moderation(request)))?? {
        AccountAnswer::Moderation(answer) => Ok(answer),
        AccountAnswer::Refused(why) => Err(Failure(why)),
        _ => Err(otherwise()),
    }
}

fn otherwise() -> Failure {
    Failure::new("the server answered something else")
}

fn done(answer: ModerationAnswer) -> Result<(), Failure> {
    if answer == ModerationAnswer::Done { Ok(()) } else { Err(otherwise()) }
}

/// The form that addresses have of a host with letters of other alphabets.
fn ascii(target: &str) -> Result<String, Failure> {
    if target.is_ascii() {
        return Ok(target.to_owned());
    }
    let host = url::Host::parse(target.strip_prefix("*.").unwrap_or(target));
    host.map(|host| host.to_string()).map_err(|why| Failure(format!("{target}: {why}")))
}

fn set(args: RuleArgs, severity: Severity) -> Result<(), Failure> {
    let RuleArgs { target, reason, note, no_reports, store } = args;
    let rule = RuleWish { target: ascii(&target)?, severity, reason, note, no_reports };
    match asked(&store.data, ModerationRequest::Set { rules: vec![rule], imported: false })? {
        ModerationAnswer::Set(_) => Ok(()),
        _ => Err(otherwise()),
    }
}

/// Calls `each` for every rule, in order.
fn every(data: &Path, mut each: impl FnMut(&str, &Rule) -> Result<(), Failure>) -> Result<ModerationSettings, Failure> {
    let mut after = None;
    let mut seen = 0;
    loop {
        let ModerationAnswer::Rules { rules, count, settings } = asked(data, ModerationRequest::Rules { after })?
        else {
            return Err(otherwise());
        };
        for (target, rule) in &rules {
            each(target, rule)?;
        }
        seen += rules.len() as u64;
        match rules.last() {
            Some((last, _)) if seen < count => after = Some(last.clone()),
            _ => return Ok(settings),
        }
    }
}

fn rules(store: &StoreArgs) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let settings = every(&store.data, |target, rule| {
        let words = [rule.no_reports.then_some("no reports"), rule.reason.as_deref(), rule.note.as_deref()];
        let words: Vec<&str> = words.into_iter().flatten().collect();
        let line = format!("{:<6} {target}  {}", rule.severity.as_str(), words.join("; "));
        writeln!(out, "{}", line.trim_end()).map_err(Failure::new)
    })?;
    if settings.only_allowed {
        eprintln!("Only servers that are allowed or limited here are spoken with.");
    }
    Ok(())
}

fn export(store: &StoreArgs) -> Result<(), Failure> {
    let mut list = rules_csv::head();
    every(&store.data, |target, rule| {
        list.extend(rules_csv::line(target, rule));
        Ok(())
    })?;
    std::io::stdout().write_all(list.as_bytes()).map_err(Failure::new)
}

fn import(store: &StoreArgs) -> Result<(), Failure> {
    let mut text = String::new();
    std::io::stdin().take(LIST_BYTES).read_to_string(&mut text).map_err(Failure::new)?;
    let list = rules_csv::read(&text);
    let mut all = RulesSet::default();
    for rules in list.rules.chunks(RULES_STEP) {
        let request = ModerationRequest::Set { rules: rules.to_vec(), imported: true };
        let ModerationAnswer::Set(set) = asked(&store.data, request)? else { return Err(otherwise()) };
        all += set;
    }
    for (line, why) in &list.wrong {
        eprintln!("line {line}: {why}");
    }
    let out = list.wrong.len() as u64 + all.refused;
    println!("{} new, {} there already, {out} left out", all.made, all.left);
    Ok(())
}

/// Prints reports, or is done with one.
pub fn report(command: ReportCommand) -> Result<(), Failure> {
    match command {
        ReportCommand::Resolve { number, reopen, store } => {
            done(asked(&store.data, ModerationRequest::Resolve { number, resolved: !reopen })?)
        }
        ReportCommand::List { all, limit, store } => {
            let mut out = std::io::stdout().lock();
            let (mut before, mut left) = (None, limit);
            while left > 0 {
                let request = ModerationRequest::Reports { all, before, limit: left };
                let ModerationAnswer::Reports(reports, _) = asked(&store.data, request)? else {
                    return Err(otherwise());
                };
                for report in &reports {
                    let when = pritchel_web::page::parts::utc(report.at);
                    let state = if report.resolved { " (done with)" } else { "" };
                    let about = report.about.as_ref().map_or_else(String::new, |about| format!(" about {about}"));
                    let lines = format!("{}{state}  {when}  {}{about}", report.number, report.by);
                    writeln!(out, "{lines}\n    {}", report.objects.join(" ")).map_err(Failure::new)?;
                    for line in report.text.lines() {
                        writeln!(out, "    {line}").map_err(Failure::new)?;
                    }
                }
                left = left.saturating_sub(reports.len());
                match reports.last() {
                    Some(last) => before = Some(last.number),
                    None => break,
                }
            }
            Ok(())
        }
    }
}

/// Prints the log of administration, newest first.
pub fn audit(args: &AuditArgs) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let (mut before, mut left) = (None, args.lines);
    while left > 0 {
        let ModerationAnswer::Audit(lines) = asked(&args.store.data, ModerationRequest::Audit { before, limit: left })?
        else {
            return Err(otherwise());
        };
        for line in &lines {
            let note = line.note.as_ref().map_or_else(String::new, |note| format!(" ({note})"));
            let when = pritchel_web::page::parts::utc(line.at);
            writeln!(out, "{when}  {}  {} {}{note}", line.by, line.did, line.about).map_err(Failure::new)?;
        }
        left = left.saturating_sub(lines.len());
        match lines.last() {
            Some(last) => before = Some(last.place),
            None => break,
        }
    }
    Ok(())
}
