//! Every dependency is argued: each crate of the workspace has a row in the table of `docs/dependencies.md`, the row names
//! the features it is built with, and no row or crate is left over.

use std::collections::{BTreeMap, BTreeSet};

use crate::repository::{Finding, Text};

/// Where the rows are.
const TABLE: &str = "docs/dependencies.md";

/// Compares the crates of `[workspace.dependencies]` with the rows and with what the rooms use.
pub fn check(manifests: &[Text], argued: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (mut workspace, mut used) = (toml::Table::new(), BTreeSet::new());
    for manifest in manifests {
        match manifest.text.parse::<toml::Table>() {
            Ok(table) => {
                used.extend(uses(&table));
                let crates = table.get("workspace").and_then(|w| w.get("dependencies")).and_then(toml::Value::as_table);
                workspace.extend(crates.cloned().unwrap_or_default());
            }
            Err(e) => findings.push(Finding::new(&manifest.path, 0, format!("expected TOML: {e}"))),
        }
    }
    // Our own rooms are argued in the design.
    workspace.retain(|_, value| value.get("path").is_none());
    let rows = rows(argued);
    for (name, value) in &workspace {
        if !used.contains(name) {
            findings.push(Finding::new("Cargo.toml", 0, format!("`{name}` is used by no room")));
        }
        match rows.get(name.as_str()) {
            None => findings.push(Finding::new(TABLE, 0, format!("expected a row for `{name}`"))),
            Some((line, row)) => {
                for feature in features(value).into_iter().filter(|feature| !row.contains(&format!("`{feature}`"))) {
                    findings.push(Finding::new(TABLE, *line, format!("expected the feature `{feature}` of `{name}`")));
                }
            }
        }
    }
    let gone = rows.iter().filter(|(name, _)| !workspace.contains_key(**name));
    findings.extend(gone.map(|(name, (line, _))| Finding::new(TABLE, *line, format!("`{name}` is no dependency"))));
    findings
}

/// Names in the dependency sections of one manifest.
fn uses(manifest: &toml::Table) -> Vec<String> {
    let sections = ["dependencies", "dev-dependencies", "build-dependencies"];
    let sections = sections.iter().filter_map(|section| manifest.get(*section)?.as_table());
    sections.flat_map(|table| table.keys().cloned()).collect()
}

/// The features a crate is built with; its default ones count as the feature `default`.
fn features(value: &toml::Value) -> Vec<&str> {
    let default = value.get("default-features").and_then(toml::Value::as_bool).unwrap_or(true);
    let named = value.get("features").and_then(toml::Value::as_array);
    let named = named.into_iter().flatten().filter_map(toml::Value::as_str);
    default.then_some("default").into_iter().chain(named).collect()
}

/// The rows of the tables: those whose first cell is a name in backticks, with their line.
fn rows(text: &str) -> BTreeMap<&str, (usize, &str)> {
    text.lines()
        .enumerate()
        .filter_map(|(index, line)| {
            let name = line.strip_prefix("| `")?.split_once("` |")?.0;
            Some((name, (index + 1, line)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(workspace: &str, room: &str, argued: &str) -> Vec<String> {
        let manifest = |path: &str, text: String| Text { path: path.to_owned(), text };
        let manifests = [
            manifest("Cargo.toml", format!("[workspace.dependencies]\n{workspace}")),
            manifest("src/git/Cargo.toml", format!("[dependencies]\n{room}")),
        ];
        check(&manifests, argued).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn a_dependency_has_a_row_that_names_its_features() {
        let (serde, uses) = ("serde = { version = \"1\", features = [\"derive\"] }", "serde.workspace = true");
        #[rustfmt::skip]
        let rows = [
            (serde,                               uses, "| `serde` | `default`, `derive` |",               None),
            (serde,                               uses, "",                                                Some("expected a row for `serde`")),
            (serde,                               uses, "| `serde` | `default` |",                         Some("the feature `derive`")),
            (serde,                               uses, "| `serde` | `derive` |",                          Some("the feature `default`")),
            (serde,                               uses, "| `serde` | `default`, `derive` |\n| `url` | |",  Some("`url` is no dependency")),
            (serde,                               "",   "| `serde` | `default`, `derive` |",               Some("`serde` is used by no room")),
            ("serde = { version = \"1\", default-features = false }", uses, "| `serde` | |",               None),
            ("own = { path = \"src/own\" }",      "",   "",                                                None),
            ("serde = ",                          "",   "",                                                Some("expected TOML")),
        ];
        for (workspace, room, argued, expected) in rows {
            let found = found(workspace, room, argued);
            assert_eq!(found.is_empty(), expected.is_none(), "{workspace} {argued}: {found:?}");
            assert!(
                found.iter().all(|what| expected.is_some_and(|e| what.contains(e))),
                "{workspace} {argued}: {found:?}"
            );
        }
    }
}
