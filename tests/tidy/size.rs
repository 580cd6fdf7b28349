//! Files and functions stay small. What is larger is listed in `ratchet.tsv` with its size: it may not grow, and when it
//! shrinks its row follows, so that the list only gets shorter.

use std::collections::BTreeMap;

use syn::visit::{self, Visit};

use crate::repository::{Finding, Source};

/// Lines of a file, its test modules not counted.
pub const FILE_MAX: usize = 600;

/// Lines of a function from its `fn` to its last brace. Test functions are not measured: a table of cases is long.
pub const FUNCTION_MAX: usize = 60;

/// The list of exceptions.
const RATCHET: &str = "tests/tidy/ratchet.tsv";

/// What is measured: a file, or a function of it by name (`Type::name` for a method).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Measured {
    /// The file, from the root of the repository.
    pub path: String,
    /// The function, or `-` for the file itself.
    pub function: String,
}

/// Sizes in lines.
pub type Sizes = BTreeMap<Measured, usize>;

/// Reads the rows of the list: path, function or `-`, lines; separated by tabs, `#` opens a comment.
pub fn ratchet(text: &str) -> Result<Sizes, String> {
    let mut rows = Sizes::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        let parts: Vec<&str> = line.split('\t').collect();
        let [path, function, lines] = parts[..] else {
            return Err(format!("{RATCHET}:{}: expected path, function and lines, found `{line}`", index + 1));
        };
        let lines = lines.parse().map_err(|_| format!("{RATCHET}:{}: expected lines, found `{lines}`", index + 1))?;
        let measured = Measured { path: path.to_owned(), function: function.to_owned() };
        if rows.insert(measured, lines).is_some() {
            return Err(format!("{RATCHET}:{}: `{path}` `{function}` is listed twice", index + 1));
        }
    }
    Ok(rows)
}

/// Measures every file and every function outside test code. Of two functions with one name the longer one counts.
pub fn measure(sources: &[Source]) -> Sizes {
    let mut sizes = Sizes::new();
    for source in sources {
        let lines = source.lines.saturating_sub(source.code.test_lines);
        sizes.insert(Measured { path: source.path.clone(), function: "-".to_owned() }, lines);
        let mut functions = Functions { path: &source.path, owner: None, sizes: &mut sizes };
        functions.visit_file(&source.syntax);
    }
    sizes
}

/// Compares what is with the limits and the list.
pub fn check(sizes: &Sizes, ratchet: &Sizes) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (measured, &lines) in sizes {
        let limit = if measured.function == "-" { FILE_MAX } else { FUNCTION_MAX };
        let name = if measured.function == "-" { "the file" } else { &measured.function };
        let what = match ratchet.get(measured) {
            None if lines > limit => format!("{name} has {lines} lines, at most {limit} are allowed"),
            Some(&listed) if lines > listed => {
                format!("{name} grew from {listed} to {lines} lines: listed ones only shrink")
            }
            Some(_) if lines <= limit => format!("{name} has {lines} lines now: remove its row from {RATCHET}"),
            Some(&listed) if lines < listed => {
                format!("{name} shrank: lower its row in {RATCHET} from {listed} to {lines}")
            }
            _ => continue,
        };
        findings.push(Finding::new(&measured.path, 0, what));
    }
    for measured in ratchet.keys().filter(|measured| !sizes.contains_key(measured)) {
        let what = format!("`{}` is gone: remove its row from {RATCHET}", measured.function);
        findings.push(Finding::new(&measured.path, 0, what));
    }
    findings
}

struct Functions<'a> {
    path: &'a str,
    owner: Option<String>,
    sizes: &'a mut Sizes,
}

impl Functions<'_> {
    fn add(&mut self, attributes: &[syn::Attribute], signature: &syn::Signature, body: &syn::Block) {
        if attributes.iter().any(|attribute| attribute.path().segments.last().is_some_and(|name| name.ident == "test"))
        {
            return;
        }
        let lines = body.brace_token.span.close().end().line - signature.fn_token.span.start().line + 1;
        let name = signature.ident.to_string();
        let function = self.owner.as_ref().map_or(name.clone(), |owner| format!("{owner}::{name}"));
        let size = self.sizes.entry(Measured { path: self.path.to_owned(), function }).or_default();
        *size = lines.max(*size);
    }

    fn within(&mut self, owner: Option<String>, visit: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.owner, owner);
        visit(self);
        self.owner = before;
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !crate::docs::is_for_tests(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let owner = match &*item.self_ty {
            syn::Type::Path(path) => path.path.segments.last().map(|name| name.ident.to_string()),
            _ => None,
        };
        self.within(owner, |this| visit::visit_item_impl(this, item));
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.within(Some(item.ident.to_string()), |this| visit::visit_item_trait(this, item));
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.add(&item.attrs, &item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.add(&item.attrs, &item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(body) = &item.default {
            self.add(&item.attrs, &item.sig, body);
        }
        visit::visit_trait_item_fn(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::source;

    const PATH: &str = "src/git/a.rs";

    fn sizes(rows: &[(&str, usize)]) -> Sizes {
        let measured = |function: &str| Measured { path: PATH.to_owned(), function: function.to_owned() };
        rows.iter().map(|(function, lines)| (measured(function), *lines)).collect()
    }

    #[test]
    fn a_file_and_its_functions_are_measured_without_tests() {
        let text = "fn a() {\n}\nimpl B {\n #[inline]\n fn c(\n ) {\n }\n}\ntrait D { fn e() { } fn f(); }\n\
                    #[cfg(test)]\nmod tests {\n fn g() {\n }\n #[test]\n fn h() {\n }\n}\n";
        let expected = [("-", 9), ("a", 2), ("B::c", 3), ("D::e", 1)];
        assert_eq!(measure(&[source(PATH, text)]), sizes(&expected));
        let in_tests = measure(&[source("tests/a.rs", "#[test]\nfn a() {\n}\nfn b() {}\n")]);
        assert_eq!(in_tests.len(), 2, "the file and its helper: {in_tests:?}");
    }

    #[test]
    fn what_is_listed_may_only_shrink() {
        #[rustfmt::skip]
        let rows = [
            // what it is,              what is listed,      finding
            (vec![("-", 600)],          vec![],              None),
            (vec![("-", 601)],          vec![],              Some("at most 600")),
            (vec![("a", 60)],           vec![],              None),
            (vec![("a", 61)],           vec![],              Some("at most 60")),
            (vec![("a", 70)],           vec![("a", 70)],     None),
            (vec![("a", 71)],           vec![("a", 70)],     Some("grew from 70 to 71")),
            (vec![("a", 69)],           vec![("a", 70)],     Some("from 70 to 69")),
            (vec![("a", 60)],           vec![("a", 70)],     Some("remove its row")),
            (vec![],                    vec![("a", 70)],     Some("is gone")),
        ];
        for (is, listed, expected) in rows {
            let findings = check(&sizes(&is), &sizes(&listed));
            let found = findings.first().map(|finding| finding.what.as_str());
            assert_eq!(found.is_some(), expected.is_some(), "{is:?} {listed:?}: {found:?}");
            assert!(found.unwrap_or("").contains(expected.unwrap_or("")), "{is:?} {listed:?}: {found:?}");
        }
    }

    #[test]
    fn a_row_of_the_list_has_three_parts_and_stands_once() {
        assert_eq!(ratchet("# comment\n\nsrc/git/a.rs\ta\t70\n"), Ok(sizes(&[("a", 70)])));
        for bad in ["src/git/a.rs\ta", "src/git/a.rs\ta\tmany", "src/git/a.rs\ta\t70\nsrc/git/a.rs\ta\t71"] {
            assert!(ratchet(bad).is_err(), "{bad}");
        }
    }
}
