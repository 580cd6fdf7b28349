//! `pritchel explain`: what the code of a refusal means.

use crate::cli::Failure;

/// The codes, one a line: code, meaning, what to do.
const REFUSALS: &str = include_str!("../../docs/errors/refusals.tsv");

/// Prints the page of a code, or all codes.
pub fn run(code: Option<&str>) -> Result<(), Failure> {
    let Some(code) = code else {
        for (code, meaning, _) in rows() {
            println!("{code:<26} {meaning}");
        }
        return Ok(());
    };
    let Some((code, meaning, remedy)) = rows().find(|(known, _, _)| *known == code) else {
        return Err(Failure(format!("there is no refusal with the code {code}; `pritchel explain` lists all")));
    };
    println!(
        "{code}\n\n{meaning}\n{remedy}\n\nSteps are those of the verification of a Grant; FEDERATION.md lists them."
    );
    Ok(())
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
        assert!(run(Some("no-such-code")).is_err());
        assert!(run(Some("no-capability")).is_ok());
    }
}
