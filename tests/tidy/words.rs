//! Words that may not stand in the product's code, because they panic or hide something; and texts that may stand nowhere,
//! because they are true only on the machine they were written on.

use crate::code::Token;
use crate::repository::{Finding, Source, Text};

/// Code that panics, as its first tokens; `"` is any string, since other types have an `expect` of their own. Clippy refuses
/// most of it too; this list cannot be switched off by an attribute.
const PANICS: [&[&str]; 3] = [&[".", "unwrap", "(", ")"], &[".", "expect", "(", "\""], &[".", "expect", "(", "&"]];

/// Code that was meant to go away before it is kept, in tests too.
const UNFINISHED: [&[&str]; 5] =
    [&["todo", "!"], &["unimplemented", "!"], &["dbg", "!"], &["#", "[", "ignore", "]"], &["#", "[", "ignore", "="]];

/// The one reason to leave a test out of a run: other tests start it as a process, and it shows nothing by itself.
const PROCESS: [&str; 5] = ["#", "[", "ignore", "=", "\"started by the other tests as a process of its own\""];

/// Lints that an attribute may not silence outside tests: they say what nobody uses, or what may panic.
const LOUD: [&str; 4] = ["dead_code", "unused", "unwrap_used", "expect_used"];

/// Paths of a machine: folders that exist only where somebody worked.
const PATHS_OF_A_MACHINE: [&str; 4] =
    [concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/wo", "rk/"), concat!("/Us", "ers/")];

/// The one place packages come from.
const REGISTRY: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";

/// Looks for what may not stand in code.
pub fn code(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        let all: Vec<Token> = source.code.all().cloned().collect();
        let mut add = |line: usize, what: String| findings.push(Finding::new(&source.path, line, what));
        let processes: Vec<usize> = lines_with(&all, &PROCESS).collect();
        for pattern in UNFINISHED {
            let lines = lines_with(&all, pattern).filter(|line| !processes.contains(line));
            lines.for_each(|line| add(line, format!("`{}`", pattern.concat())));
        }
        if source.test {
            continue;
        }
        let product = &source.code.product;
        for pattern in PANICS {
            lines_with(product, pattern).for_each(|line| add(line, format!("`{}` outside tests", pattern.concat())));
        }
        for (line, lint) in silenced(product) {
            add(line, format!("`{lint}` is silenced outside tests"));
        }
    }
    findings
}

fn lines_with<'a>(tokens: &'a [Token], pattern: &'a [&str]) -> impl Iterator<Item = usize> + 'a {
    let fits = move |window: &&[Token]| window.iter().zip(pattern).all(|(token, text)| is(&token.text, text));
    tokens.windows(pattern.len()).filter(fits).map(|window| window[0].line)
}

/// Whether a token is the one of a pattern, where `"` stands for any string.
fn is(token: &str, pattern: &str) -> bool {
    token == pattern || (pattern == "\"" && token.ends_with('"'))
}

/// The lints of [`LOUD`] that stand in an `allow(…)` or `expect(…)` of an attribute, unless for tests only.
fn silenced(tokens: &[Token]) -> impl Iterator<Item = (usize, &str)> {
    let lists = tokens.windows(3).enumerate().filter(|(start, window)| {
        let before = ["[", "(", ","].contains(&window[0].text.as_str());
        let for_tests =
            lines_with(&tokens[start.saturating_sub(3)..*start], &["cfg_attr", "(", "test"]).next().is_some();
        before && !for_tests && ["allow", "expect"].contains(&window[1].text.as_str()) && window[2].text == "("
    });
    lists.flat_map(|(start, _)| {
        let list = tokens[start + 3..].iter().take_while(|token| token.text != ")");
        list.filter(|token| LOUD.contains(&token.text.as_str())).map(|token| (token.line, token.text.as_str()))
    })
}

/// Looks for paths of a machine in every text: as a path begins, after a blank, a quote or the like.
pub fn machine(texts: &[Text]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for text in texts {
        for (index, line) in text.text.lines().enumerate() {
            for path in PATHS_OF_A_MACHINE {
                let begins = |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "./-_}".contains(c));
                if line.match_indices(path).any(|(at, _)| begins(at)) {
                    findings.push(Finding::new(&text.path, index + 1, format!("`{path}` is a path of one machine")));
                }
            }
        }
    }
    findings
}

/// Checks that every locked package comes from the public registry, or is ours and has no source.
pub fn lock(lock: &str) -> Vec<Finding> {
    let lines = lock.lines().enumerate().filter(|(_, line)| line.starts_with("source = ") && *line != REGISTRY);
    lines
        .map(|(index, line)| Finding::new("Cargo.lock", index + 1, format!("expected crates.io, found `{line}`")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::source;

    /// Each row with its number of findings in the product, in a test module of it, and in a file of tests.
    #[test]
    fn code_that_panics_or_hides_is_found() {
        #[rustfmt::skip]
        let rows = [
            ("fn f() { a.unwrap(); }",                       [1, 0, 0]),
            ("fn f() { a\n .unwrap ( ); }",                  [1, 0, 0]),
            ("fn f() { a.expect(\"b\"); }",                  [1, 0, 0]),
            ("fn f() { x!(a.unwrap()); }",                   [1, 0, 0]),
            ("fn f() { a.unwrap_or(b); unwrap(c); }",        [0, 0, 0]),
            ("fn f() { g(\"a.unwrap()\") } // a.unwrap()",   [0, 0, 0]),
            ("fn f() { todo!() }",                           [1, 1, 1]),
            ("fn f() { unimplemented!() }",                  [1, 1, 1]),
            ("fn f() { dbg!(a); }",                          [1, 1, 1]),
            ("#[ignore] fn f() {}",                          [1, 1, 1]),
            ("#[ignore = \"slow\"] fn f() {}",               [1, 1, 1]),
            ("#[ignore = \"started by the other tests as a process of its own\"] fn f() {}", [0, 0, 0]),
            ("#[allow(dead_code)] fn f() {}",                [1, 0, 0]),
            ("#![allow(unused, x)]",                         [1, 0, 0]),
            ("#[expect(clippy::unwrap_used)] fn f() {}",     [1, 0, 0]),
            ("#[cfg_attr(a, allow(dead_code))] fn f() {}",   [1, 0, 0]),
            ("#![cfg_attr(test, allow(clippy::unwrap_used))]", [0, 0, 0]),
            ("fn f() { a.expect(b, c); }",                   [0, 0, 0]),
            ("fn f() { a.expect(&format!(\"b\")); }",        [1, 0, 0]),
            ("#[allow(clippy::too_many_lines)] fn f() {}",   [0, 0, 0]),
        ];
        for (text, expected) in rows {
            let sources = [
                source("src/git/a.rs", text),
                source("src/git/b.rs", &format!("#[cfg(test)] mod tests {{ {text}\n }}")),
                source("tests/a.rs", text),
            ];
            let found = sources.map(|source| code(&[source]).len());
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn a_path_of_a_machine_is_found_where_a_path_begins() {
        let path = PATHS_OF_A_MACHINE[1];
        let rows = [
            (format!("see {path}me"), 1),
            (format!("\"{path}me\""), 1),
            (format!("file://{path}me"), 0),
            (format!("https://a.example{path}me"), 0),
            ("no path".to_owned(), 0),
        ];
        for (line, expected) in rows {
            let text = Text { path: "docs/a.md".to_owned(), text: format!("\n{line}") };
            assert_eq!(machine(&[text]).len(), expected, "{line}");
        }
    }

    #[test]
    fn a_package_from_another_place_is_found() {
        let elsewhere = "[[package]]\nname = \"a\"\nsource = \"registry+https://registry.example/index\"";
        assert_eq!(lock(&format!("{REGISTRY}\n{elsewhere}")).len(), 1);
        assert_eq!(lock("source = \"git+https://git.example/a\"").len(), 1);
        assert_eq!(lock(REGISTRY), []);
    }
}
