//! `pritchel explain`: what the code of a refusal means.

use crate::cli::Failure;
use pritchel_actors::forgefed::{AUTHORITY, of_code};
use std::io::{ErrorKind, Write};

/// The codes, one a line: code, meaning, what to do.
const REFUSALS: &str = include_str!("../../docs/errors/refusals.tsv");

/// Prints the page of a code, or all codes.
pub fn run(code: Option<&str>) -> Result<(), Failure> {
    let text = match code {
        None => rows().map(|(code, meaning, _)| format!("{code:<26} {meaning}\n")).collect(),
        Some(code) => page(code)?,
    };
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        // `head` has read enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(Failure::new),
    }
}

fn page(code: &str) -> Result<String, Failure> {
    let Some((code, meaning, remedy)) = rows().find(|(known, _, _)| *known == code) else {
        return Err(Failure(format!("there is no refusal with the code {code}; `pritchel explain` lists all")));
    };
    let steps = "Steps are those of the verification of a Grant; FEDERATION.md lists them.";
    let line = |((rule, case), ids): (&(&str, Option<&str>), &Vec<&str>)| {
        let named = case.map_or_else(|| (*rule).to_owned(), |case| format!("{rule} ({case})"));
        format!("{named:<40} {}\n", ids.join(", "))
    };
    let asked: String = of_code(code).iter().map(line).collect();
    let asked = match asked.as_str() {
        "" if remedy.starts_with("Step") => {
            let checks: usize = of_code(AUTHORITY).values().map(Vec::len).sum();
            format!("\nThe verification of a Grant refuses with it, which {checks} statements of ForgeFed ask for.\n")
        }
        "" => "\nNo statement of ForgeFed's handlers asks for it: the rule is this program's own.\n".to_owned(),
        asked => format!("\nStatements of ForgeFed that ask for it:\n{asked}"),
    };
    Ok(format!("{code}\n\n{meaning}\n{remedy}\n\n{steps}\n{asked}"))
}

fn rows() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    REFUSALS.lines().skip(1).filter_map(|line| {
        let mut cells = line.split('\t');
        Some((cells.next()?, cells.next()?, cells.next()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_meaning_and_a_remedy_and_codes_are_in_order() {
        assert_eq!(rows().count(), REFUSALS.lines().count() - 1);
        let codes: Vec<&str> = rows().map(|(code, _, _)| code).collect();
        assert!(codes.windows(2).all(|pair| pair[0] < pair[1]), "sorted, each once");
    }

    #[test]
    fn an_unknown_code_is_an_error() {
        assert!(page("no-such-code").is_err());
        assert!(page("no-capability").is_ok());
        assert!(page("already-follower").is_ok_and(|page| page.contains("tt-beh-follow/2")));
        let unlinked = page("not-linked").unwrap();
        let row = unlinked.lines().find(|line| line.starts_with("Unlink/not-linked (oversees)"));
        assert!(row.is_some_and(|row| row.ends_with(" team-beh-remove/8.2")), "{unlinked}");
    }
}
