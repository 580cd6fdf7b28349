//! Every module and every public item says what it is for. The compiler's `missing_docs` sees what other crates can reach;
//! this sees each `pub`, in binaries and private modules too. Fields and variants are left to the compiler.

use syn::visit::{self, Visit};
use syn::{Attribute, ImplItem, Item, TraitItem, Visibility};

use crate::repository::{Finding, Source};

/// One finding for each module file, module or public item without a doc comment. Of test code only the files are asked.
pub fn check(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        // A file of tests inside a crate is named by the module it tests.
        let inner = source.test && source.path.starts_with("src/");
        if !inner && !has_doc(&source.syntax.attrs) {
            findings.push(Finding::new(&source.path, 1, "expected `//!` to say what the module is for"));
        }
        if !source.test {
            let mut items = Items { path: &source.path, findings: &mut findings };
            items.visit_file(&source.syntax);
        }
    }
    findings
}

/// Whether an item is built only for tests.
pub fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || (attribute.path().is_ident("cfg")
                && attribute.parse_args::<syn::Ident>().is_ok_and(|name| name == "test"))
    })
}

/// Whether there is a doc comment that says something, or the item is hidden from the documentation.
fn has_doc(attributes: &[Attribute]) -> bool {
    attributes.iter().filter(|attribute| attribute.path().is_ident("doc")).any(|attribute| match &attribute.meta {
        syn::Meta::NameValue(doc) => match &doc.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => !text.value().trim().is_empty(),
            // `#[doc = include_str!(…)]`
            _ => true,
        },
        syn::Meta::List(list) => list.parse_args::<syn::Ident>().is_ok_and(|word| word == "hidden"),
        syn::Meta::Path(_) => false,
    })
}

struct Items<'a> {
    path: &'a str,
    findings: &'a mut Vec<Finding>,
}

impl Items<'_> {
    fn expect(&mut self, attributes: &[Attribute], name: &syn::Ident) {
        if !has_doc(attributes) {
            let line = name.span().start().line;
            self.findings.push(Finding::new(self.path, line, format!("expected a doc comment at `{name}`")));
        }
    }
}

impl<'ast> Visit<'ast> for Items<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let (attributes, public, name) = match item {
            // Its file speaks for a module without a body; the attributes of one with a body hold its `//!` too.
            Item::Mod(item) if item.content.is_some() => (&item.attrs, true, &item.ident),
            Item::Const(item) => (&item.attrs, is_public(&item.vis), &item.ident),
            Item::Enum(item) => (&item.attrs, is_public(&item.vis), &item.ident),
            Item::Fn(item) => (&item.attrs, is_public(&item.vis), &item.sig.ident),
            Item::Static(item) => (&item.attrs, is_public(&item.vis), &item.ident),
            Item::Struct(item) => (&item.attrs, is_public(&item.vis), &item.ident),
            Item::Trait(item) => (&item.attrs, is_public(&item.vis), &item.ident),
            Item::Type(item) => (&item.attrs, is_public(&item.vis), &item.ident),
            Item::Union(item) => (&item.attrs, is_public(&item.vis), &item.ident),
            Item::Macro(syn::ItemMacro { attrs, ident: Some(name), .. }) => {
                (attrs, attrs.iter().any(|attribute| attribute.path().is_ident("macro_export")), name)
            }
            _ => return visit::visit_item(self, item),
        };
        if is_for_tests(attributes) {
            return;
        }
        if public {
            self.expect(attributes, name);
        }
        if let (Item::Trait(item), true) = (item, public) {
            self.trait_items(item);
        }
        visit::visit_item(self, item);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        // What a trait asks for is explained at the trait.
        for member in item.items.iter().filter(|_| item.trait_.is_none()) {
            match member {
                ImplItem::Const(member) if is_public(&member.vis) => self.expect(&member.attrs, &member.ident),
                ImplItem::Fn(member) if is_public(&member.vis) => self.expect(&member.attrs, &member.sig.ident),
                _ => {}
            }
        }
    }

    /// What stands inside a function is not public.
    fn visit_block(&mut self, _: &'ast syn::Block) {}
}

impl Items<'_> {
    fn trait_items(&mut self, item: &syn::ItemTrait) {
        for member in &item.items {
            match member {
                TraitItem::Const(member) => self.expect(&member.attrs, &member.ident),
                TraitItem::Fn(member) => self.expect(&member.attrs, &member.sig.ident),
                TraitItem::Type(member) => self.expect(&member.attrs, &member.ident),
                _ => {}
            }
        }
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::source;

    /// Beside each item with its doc comment stands the same without.
    #[test]
    fn every_public_item_needs_a_doc_comment() {
        let items = [
            "pub fn a() {}",
            "pub struct A;",
            "pub enum A {}",
            "pub trait A {}",
            "pub type A = u8;",
            "pub const A: u8 = 1;",
            "pub static A: u8 = 1;",
            "pub union A { a: u8 }",
            "#[macro_export] macro_rules! a { () => {} }",
            "mod a { }",
        ];
        for item in items {
            assert_eq!(check(&[source("src/git/a.rs", &format!("//! A.\n{item}"))]).len(), 1, "{item}");
            assert_eq!(
                check(&[source("src/git/a.rs", &format!("//! A.\n///\n{item}"))]).len(),
                1,
                "an empty one: {item}"
            );
            assert_eq!(check(&[source("src/git/a.rs", &format!("//! A.\n/// A.\n{item}"))]), [], "{item}");
        }
    }

    #[test]
    fn members_are_asked_where_they_are_declared() {
        #[rustfmt::skip]
        let rows = [
            ("impl A { pub fn a() {} }",                      1),
            ("impl A { pub const A: u8 = 1; }",               1),
            ("impl A { /// A.\n pub fn a() {} }",             0),
            ("impl A { fn a() {} }",                          0),
            ("impl B for A { fn a() {} }",                    0),
            ("/// A.\npub trait A { fn a(); type B; }",       2),
            ("trait A { fn a(); }",                           0),
            ("fn a() { pub struct B; }",                      0),
            ("mod a {\n//! A.\n pub fn b() {} }",             1),
            ("#[cfg(test)] mod tests { pub fn b() {} }",      0),
            ("#[doc(hidden)] pub fn a() {}",                  0),
            ("pub use a::b; pub(crate) fn c() {}",            0),
        ];
        for (text, expected) in rows {
            let findings = check(&[source("src/git/a.rs", &format!("//! A.\n{text}"))]);
            assert_eq!(findings.len(), expected, "{text}: {findings:?}");
        }
    }

    #[test]
    fn a_module_file_opens_by_saying_what_it_is_for() {
        assert_eq!(check(&[source("src/git/a.rs", "fn a() {}")]).len(), 1);
        assert_eq!(check(&[source("tests/a.rs", "pub fn a() {}")]).len(), 1);
        assert_eq!(check(&[source("tests/a.rs", "//! A.\npub fn a() {}")]), []);
    }
}
