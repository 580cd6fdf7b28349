//! Which stories play which flows of ForgeFed: `docs/forgefed/flows.tsv` has a row for each, and this sees that every story it names is
//! there, that one of each row is played in all places, and that no flow of the specification is missing.

use crate::status::{root, specification};
use std::collections::{BTreeMap, BTreeSet};
use syn::visit::{self, Visit};

/// How many there are.
const FLOWS: usize = 115;

/// What plays a story in all places.
const PLAYERS: [&str; 2] = ["everywhere", "ends_the_same"];

/// A row: number, anchor, tests.
type Row = [String; 3];

fn rows() -> Vec<Row> {
    let text = std::fs::read_to_string(root().join("docs/forgefed/flows.tsv")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.starts_with("number\t"));
    let row = |line: &str| {
        let cells: Vec<String> = line.split('\t').map(str::to_owned).collect();
        cells.try_into().unwrap_or_else(|cells| panic!("expected three parts, found {cells:?}"))
    };
    lines.map(row).collect()
}

/// The functions of a file, each with what it calls by name, and whether it is a test.
#[derive(Default)]
struct Functions(BTreeMap<String, (bool, BTreeSet<String>)>);

#[derive(Default)]
struct Called(BTreeSet<String>);

impl<'ast> Visit<'ast> for Called {
    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let syn::Expr::Path(path) = &*call.func {
            self.0.extend(path.path.segments.last().map(|name| name.ident.to_string()));
        }
        visit::visit_expr_call(self, call);
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        let is_test = item.attrs.iter().any(|attribute| attribute.path().is_ident("test"));
        let mut called = Called::default();
        called.visit_block(&item.block);
        self.0.insert(item.sig.ident.to_string(), (is_test, called.0));
    }
}

impl Functions {
    fn of(text: &str) -> Self {
        let mut functions = Self::default();
        functions.visit_file(&syn::parse_file(text).unwrap());
        functions
    }

    fn has_test(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|(is_test, _)| *is_test)
    }

    /// Whether a function has what it does played in all places, itself or by another of its file.
    fn is_played_everywhere(&self, name: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![name];
        while let Some(name) = open.pop() {
            let Some((_, called)) = self.0.get(name).filter(|_| seen.insert(name)) else { continue };
            if PLAYERS.iter().any(|player| called.contains(*player)) {
                return true;
            }
            open.extend(called.iter().map(String::as_str));
        }
        false
    }
}

/// What is wrong with a row, by the texts of the repository.
fn wrong([number, anchor, tests]: &Row, text: &mut impl FnMut(&str) -> Option<String>) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut everywhere = false;
    for test in tests.split(", ") {
        let file = test.split_once("::").and_then(|(path, name)| Some((Functions::of(&text(path)?), name)));
        match file.filter(|(file, name)| file.has_test(name)) {
            Some((file, name)) => everywhere |= file.is_played_everywhere(name),
            None => wrong.push(format!("{number} {anchor}: there is no test {test}")),
        }
    }
    if !everywhere {
        wrong.push(format!("{number} {anchor}: no story of it is played in all places"));
    }
    wrong
}

#[test]
fn every_flow_is_played_in_all_places() {
    let rows = rows();
    let expected: Vec<String> = (1..=FLOWS).map(|number| number.to_string()).collect();
    assert_eq!(rows.iter().map(|row| row[0].clone()).collect::<Vec<_>>(), expected, "each once, in order");
    let mut text = |path: &str| std::fs::read_to_string(root().join(path)).ok();
    let wrong: Vec<String> = rows.iter().flat_map(|row| wrong(row, &mut text)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The flows of the specification itself, where it is at hand.
#[test]
fn the_table_has_every_flow_of_the_specification_in_its_order() {
    let Some(dir) = specification() else { return };
    let text = std::fs::read_to_string(dir.join("forgefed/flows.tsv")).unwrap();
    let rows_there = text.lines().filter(|line| !line.starts_with('#')).skip(1);
    let there: Vec<String> = rows_there.map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect();
    let here = rows().into_iter().map(|[_, anchor, _]| if anchor == "-" { String::new() } else { anchor });
    assert_eq!(here.collect::<Vec<_>>(), there);
}

#[test]
fn a_row_without_a_story_that_is_played_in_all_places_is_told() {
    let mut text = |path: &str| match path {
        "a.rs" => Some(
            "#[test] fn far() { everywhere(|cast| tea(cast)); } #[test] fn by_another() { of_each(|x| tea(x)); } \
             fn of_each(x: X) { super::ends_the_same(1, x); } #[test] fn near() { one(); } fn one() { near(); }"
                .to_owned(),
        ),
        _ => None,
    };
    let row = |tests: &str| ["7".to_owned(), "x".to_owned(), tests.to_owned()];
    #[rustfmt::skip]
    let rows = [
        ("a.rs::far",                "" ),
        ("a.rs::by_another",         "" ),
        ("a.rs::near, a.rs::far",    "" ),
        ("a.rs::near",               "no story of it is played in all places"),
        ("a.rs::far, a.rs::of_each", "there is no test a.rs::of_each"),
        ("a.rs::far, b.rs::far",     "there is no test b.rs::far"),
        ("",                         "there is no test"),
    ];
    for (tests, expected) in rows {
        let found = wrong(&row(tests), &mut text).join("; ");
        assert!(found.contains(expected) && found.is_empty() == expected.is_empty(), "{tests}: {found}");
    }
}
