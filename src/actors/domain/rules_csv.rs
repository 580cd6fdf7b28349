//! Lists of rules as files that go from server to server: comma-separated values with the columns that Mastodon exports for
//! its domain blocks. `suspend` is a block and `silence` a limit; rules that allow, and rules about actors, have no place there.
//!
//! Source: Mastodon's `domain_blocks.csv`; RFC 4180.

use crate::domain::rules::{Rule, RuleWish, Severity, target_of};
use crate::limits::RULE_WORDS_CHARS_MAX;

/// The columns, as they are written.
const COLUMNS: &str = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate";

/// What was read of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListRead {
    /// The rules it has.
    pub rules: Vec<RuleWish>,
    /// Lines without a rule: the number, counted from 1, and why.
    pub wrong: Vec<(usize, String)>,
}

/// The line with the names of the columns.
pub fn head() -> String {
    format!("{COLUMNS}\n")
}

/// A rule as a line; `None` if it has no place in such a list.
pub fn line(target: &str, rule: &Rule) -> Option<String> {
    let severity = match rule.severity {
        _ if target.contains("://") => return None,
        Severity::Block => "suspend",
        Severity::Limit => "silence",
        Severity::Allow => return None,
    };
    let reason = quoted(rule.reason.as_deref().unwrap_or_default());
    Some(format!("{},{severity},false,{},{reason},false\n", quoted(target), rule.no_reports))
}

fn quoted(text: &str) -> String {
    // A sheet would take it for a formula.
    let text = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// Reads a list. Columns are found by their names, with or without `#`; without names the first is the host, and each is blocked.
pub fn read(text: &str) -> ListRead {
    let mut list = ListRead::default();
    let mut rows = rows(text).into_iter().peekable();
    let named = |row: &[String]| -> Vec<String> {
        row.iter().map(|name| name.trim().trim_start_matches(['\u{feff}', '#']).to_ascii_lowercase()).collect()
    };
    let columns = match rows.peek().map(|(_, row)| named(row)).filter(|names| names.iter().any(|name| name == "domain"))
    {
        Some(names) => {
            rows.next();
            names
        }
        None => vec!["domain".to_owned()],
    };
    for (number, row) in rows {
        let field = |name: &str| {
            let at = columns.iter().position(|column| column == name)?;
            row.get(at).map(|text| text.trim()).filter(|text| !text.is_empty())
        };
        let Some(domain) = field("domain") else { continue };
        let severity = match field("severity").unwrap_or("suspend") {
            "suspend" | "block" => Severity::Block,
            "silence" | "limit" => Severity::Limit,
            "noop" => {
                list.wrong.push((number, format!("{domain} has no severity: `noop` does nothing")));
                continue;
            }
            other => {
                list.wrong.push((number, format!("expected suspend, silence or noop, found {other:?}")));
                continue;
            }
        };
        match target_of(domain) {
            Ok(target) if !target.contains("://") => list.rules.push(RuleWish {
                target,
                severity,
                reason: field("public_comment").map(|reason| reason.chars().take(RULE_WORDS_CHARS_MAX).collect()),
                note: None,
                no_reports: field("reject_reports").is_some_and(|value| value.eq_ignore_ascii_case("true")),
            }),
            Ok(actor) => list.wrong.push((number, format!("expected a host, found the address {actor}"))),
            Err(why) => list.wrong.push((number, why.summary)),
        }
    }
    list
}

/// The rows of a text, each with the number of the line it begins in. A quote that is not closed goes on to the end.
fn rows(text: &str) -> Vec<(usize, Vec<String>)> {
    let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut line, mut began) = (false, 1, 1);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            '"' if quoted || field.is_empty() => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\n' if !quoted => {
                line += 1;
                row.push(std::mem::take(&mut field).trim_end_matches('\r').to_owned());
                rows.push((began, std::mem::take(&mut row)));
                began = line;
            }
            other => {
                line += usize::from(other == '\n');
                field.push(other);
            }
        }
    }
    if !field.is_empty() || !row.is_empty() {
        row.push(field);
        rows.push((began, row));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use pritchel_actor::ActorId;

    fn rule(severity: Severity, reason: Option<&str>, no_reports: bool) -> Rule {
        let reason = reason.map(str::to_owned);
        Rule { severity, since: 7, by: ActorId::from("https://a.example/actor"), reason, note: None, no_reports }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let rules = [
            ("evil.example", rule(Severity::Block, Some("spam, \"bots\"\nand more"), true)),
            ("loud.example", rule(Severity::Limit, None, false)),
        ];
        let text: String = rules.iter().filter_map(|(target, rule)| line(target, rule)).collect();
        let list = read(&format!("{}{text}", head()));
        assert_eq!(list.wrong, []);
        for ((target, rule), wish) in rules.iter().zip(&list.rules) {
            assert_eq!(
                (*target, rule.severity, &rule.reason, rule.no_reports),
                (wish.target.as_str(), wish.severity, &wish.reason, wish.no_reports)
            );
        }
        assert_eq!(line("good.example", &rule(Severity::Allow, None, false)), None);
        assert_eq!(line("https://evil.example/users/eve", &rule(Severity::Block, None, false)), None);
    }

    #[test]
    fn a_list_of_another_server_is_read_and_what_cannot_be_is_told_by_its_line() {
        let text = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\r\n\
                    evil.example,suspend,TRUE,true,\"a\nb\",false\r\n\
                    Loud.Example,silence,false,false,,false\r\n\
                    quiet.example,noop,true,false,,false\r\n\
                    ex***le.org,suspend,false,false,,true\r\n\
                    odd.example,burn,false,false,,false\r\n";
        let list = read(text);
        let found: Vec<_> =
            list.rules.iter().map(|wish| (wish.target.as_str(), wish.severity, wish.no_reports)).collect();
        assert_eq!(found, [("evil.example", Severity::Block, true), ("loud.example", Severity::Limit, false)]);
        assert_eq!(list.rules[0].reason.as_deref(), Some("a\nb"));
        assert_eq!(list.wrong.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [5, 6, 7]);
        let bare = read("a.example\nb.example\n\nhttps://c.example/users/eve");
        assert_eq!((bare.rules.len(), bare.wrong.len()), (2, 1));
        assert_eq!(bare.rules[0].severity, Severity::Block);
    }
}
