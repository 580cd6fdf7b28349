//! Every code of a refusal and of an HTTP answer that the sources name has a page, and every page a code.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::path::Path;

fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_stem().unwrap() == "tests" {
            continue;
        }
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            // What stands below is for tests: made-up codes need no page.
            found.push(text.split("#[cfg(test)]").next().unwrap_or_default().to_owned());
        }
    }
}

fn literal(rest: &str) -> Option<String> {
    rest.trim_start().strip_prefix('"')?.split('"').next().map(str::to_owned)
}

/// The texts that stand right after `Refusal::new(`, or as the code of `refused("step", "code", …)`.
fn codes(text: &str) -> Vec<String> {
    let made = text.split("Refusal::new(").skip(1).filter_map(literal);
    let refused = text.split("refused(").skip(1).filter_map(|rest| literal(rest.split_once(',')?.1));
    made.chain(refused).collect()
}

/// What HTTP answers name as their code: after a status, in errors that have one status, and what `fn code` of an error gives.
fn answered(text: &str) -> Vec<String> {
    let after = |opening: &str| text.split(opening).skip(1).map(str::to_owned).collect::<Vec<_>>();
    let with_status = ["WebError::new(", "Refused::new(", "Self::new("].into_iter().flat_map(after);
    let with_status = with_status.filter_map(|rest| {
        let (status, code) = rest.split_once(',')?;
        literal(code).filter(|_| !status.trim_start().starts_with('"'))
    });
    let of_one =
        ["WebError::forbidden(", "WebError::later(", "Self::later(", "Refusal::new("].into_iter().flat_map(after);
    let given = text.split("fn code(").skip(1).filter_map(|rest| rest.split("\n    }\n").next());
    let given = given.flat_map(|body| body.split("=> ").skip(1).filter_map(literal));
    let all = with_status.chain(of_one.filter_map(|rest| literal(&rest))).chain(given);
    // `Self::new` makes other things too, of sentences and paths.
    all.filter(|code| code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'))
        .collect()
}

#[test]
fn every_code_of_a_refusal_has_a_page_and_every_page_a_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    sources(&root.join("src/actor"), &mut texts);
    sources(&root.join("src/actors"), &mut texts);
    let mut doors = Vec::new();
    sources(&root.join("src/deliver"), &mut doors);
    sources(&root.join("src/web"), &mut doors);
    let of_doors = doors.iter().flat_map(|text| answered(text));
    let used: BTreeSet<String> = texts.iter().flat_map(|text| codes(text)).chain(of_doors).collect();
    let pages = std::fs::read_to_string(root.join("docs/errors/refusals.tsv")).unwrap();
    let explained: BTreeSet<String> =
        pages.lines().skip(1).filter_map(|line| line.split('\t').next()).map(str::to_owned).collect();
    assert!(used.len() > 200, "the sources were read: {used:?}");
    assert_eq!(used.difference(&explained).collect::<Vec<_>>(), Vec::<&String>::new(), "codes without a page");
    assert_eq!(explained.difference(&used).collect::<Vec<_>>(), Vec::<&String>::new(), "pages without a code");
}
