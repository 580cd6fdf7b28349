//! How the open questions of ForgeFed's text are read: `docs/forgefed/readings.tsv` has a row for each, and this sees that every test
//! and every page it names is there.

use crate::status::root;
use std::collections::{BTreeMap, BTreeSet};
use syn::visit::{self, Visit};

/// How many there are.
const READINGS: usize = 82;

/// Where the examples of shapes are: of documents, of activities, and of what is refused.
const EXAMPLES: [&str; 3] =
    ["src/vocab/tests/older_shapes.rs", "src/actors/tests/gate_law/older.rs", "src/actors/tests/flows/older_words.rs"];

/// A row: number, kind, reading, tests, page.
type Row = [String; 5];

fn rows() -> Vec<Row> {
    let text = std::fs::read_to_string(root().join("docs/forgefed/readings.tsv")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.starts_with("id\t"));
    let row = |line: &str| {
        let cells: Vec<String> = line.split('\t').map(str::to_owned).collect();
        cells.try_into().unwrap_or_else(|cells| panic!("expected five parts, found {cells:?}"))
    };
    lines.map(row).collect()
}

/// The names of the tests of a file.
#[derive(Default)]
struct Names(BTreeSet<String>);

impl<'ast> Visit<'ast> for Names {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        let is_test =
            |attribute: &syn::Attribute| attribute.path().segments.last().is_some_and(|name| name.ident == "test");
        if item.attrs.iter().any(is_test) {
            self.0.insert(item.sig.ident.to_string());
        }
        visit::visit_item_fn(self, item);
    }
}

fn names(text: &str) -> BTreeSet<String> {
    let mut names = Names::default();
    names.visit_file(&syn::parse_file(text).unwrap());
    names.0
}

/// What is wrong with a row, by the texts of the repository.
fn wrong([number, kind, reading, tests, page]: &Row, text: &mut impl FnMut(&str) -> Option<String>) -> Vec<String> {
    let mut wrong = Vec::new();
    if !["shape", "behaviour", "transport"].contains(&kind.as_str()) {
        wrong.push(format!("{number}: expected shape, behaviour or transport, found {kind}"));
    }
    if reading.trim().is_empty() {
        wrong.push(format!("{number}: it does not say how it is read"));
    }
    for test in tests.split(", ") {
        let found = test.split_once("::").and_then(|(path, name)| Some(names(&text(path)?).contains(name)));
        if found != Some(true) {
            wrong.push(format!("{number}: there is no test {test}"));
        }
    }
    if page != "-" && !text(page).is_some_and(|page| page.contains(number)) {
        wrong.push(format!("{number}: there is no page {page} that names it"));
    }
    wrong
}

#[test]
fn every_reading_is_shown_by_a_test_that_is_there_and_every_page_names_it() {
    let rows = rows();
    let expected: Vec<String> = (1..=READINGS).map(|number| format!("F-{number:02}")).collect();
    assert_eq!(rows.iter().map(|row| row[0].clone()).collect::<Vec<_>>(), expected, "each once, in order");
    let mut kept = BTreeMap::new();
    let mut text = |path: &str| -> Option<String> {
        let read = || std::fs::read_to_string(root().join(path)).ok();
        kept.entry(path.to_owned()).or_insert_with(read).clone()
    };
    let wrong: Vec<String> = rows.iter().flat_map(|row| wrong(row, &mut text)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every shape has an example, and an example that names a number is named by its row.
#[test]
fn every_shape_has_an_example_and_every_example_its_row() {
    let rows = rows();
    let without = rows.iter().filter(|row| row[1] == "shape" && !EXAMPLES.iter().any(|path| row[3].contains(path)));
    assert_eq!(without.map(|row| &row[0]).collect::<Vec<_>>(), Vec::<&String>::new(), "shapes without an example");
    for path in EXAMPLES {
        let text = std::fs::read_to_string(root().join(path)).unwrap();
        let numbers: BTreeSet<&str> = text.match_indices("F-").filter_map(|(at, _)| text.get(at..at + 4)).collect();
        assert!(numbers.len() > 3, "{path} names {numbers:?}");
        for number in numbers {
            let row = rows.iter().find(|row| row[0] == number).unwrap_or_else(|| panic!("{path} names {number}"));
            assert!(row[3].contains(path), "{number} has an example in {path} and does not name it");
        }
    }
}

#[test]
fn what_is_wrong_with_a_row_is_told() {
    let mut text = |path: &str| match path {
        "a.rs" => Some("#[tokio::test] async fn a_story() {} fn a_helper() {}".to_owned()),
        "page.md" => Some("Of F-01.".to_owned()),
        _ => None,
    };
    let row = |cells: [&str; 5]| cells.map(str::to_owned);
    #[rustfmt::skip]
    let rows = [
        (["F-01", "shape",     "x", "a.rs::a_story",                "page.md"], ""),
        (["F-01", "transport", "x", "a.rs::a_story, a.rs::another", "-"],       "there is no test a.rs::another"),
        (["F-01", "behaviour", "x", "a.rs::a_helper",               "-"],       "there is no test a.rs::a_helper"),
        (["F-01", "behaviour", "x", "b.rs::a_story",                "-"],       "there is no test b.rs::a_story"),
        (["F-01", "behaviour", "x", "",                             "-"],       "there is no test"),
        (["F-01", "thing",     "x", "a.rs::a_story",                "-"],       "found thing"),
        (["F-01", "shape",     " ", "a.rs::a_story",                "-"],       "does not say how"),
        (["F-02", "shape",     "x", "a.rs::a_story",                "page.md"], "there is no page page.md that names it"),
        (["F-02", "shape",     "x", "a.rs::a_story",                "none.md"], "there is no page none.md"),
    ];
    for (cells, expected) in rows {
        let found = wrong(&row(cells), &mut text).join("; ");
        assert!(found.contains(expected) && found.is_empty() == expected.is_empty(), "{cells:?}: {found}");
    }
}
