//! Where tests say what they show.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use syn::visit::{self, Visit};

/// Names of statements and rules, and the tests that show them: the file from the root of the repository, and the function.
pub type Shown = BTreeMap<String, BTreeSet<String>>;

/// Reads every test of the repository.
pub fn shown(root: &Path) -> Shown {
    let mut shown = Shown::new();
    folder(root, "src", &mut shown);
    folder(root, "tests", &mut shown);
    shown
}

fn folder(root: &Path, path: &str, shown: &mut Shown) {
    for entry in std::fs::read_dir(root.join(path)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{path}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            folder(root, &path, shown);
        } else if path.ends_with(".rs") {
            let text = std::fs::read_to_string(root.join(&path)).unwrap();
            if text.contains("shows(") {
                file(&path, &text, shown);
            }
        }
    }
}

fn file(path: &str, text: &str, shown: &mut Shown) {
    let mut tests = Tests { path, within: None, shown };
    tests.visit_file(&syn::parse_file(text).unwrap());
}

/// Looks through a file, and knows in which test it is.
struct Tests<'a> {
    path: &'a str,
    within: Option<String>,
    shown: &'a mut Shown,
}

impl<'ast> Visit<'ast> for Tests<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        let is_test = item.attrs.iter().any(|attribute| attribute.path().is_ident("test"));
        let outside = self.within.take();
        self.within = is_test.then(|| item.sig.ident.to_string());
        visit::visit_item_fn(self, item);
        self.within = outside;
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let (syn::Expr::Path(function), Some(test)) = (&*call.func, &self.within)
            && function.path.segments.last().is_some_and(|name| name.ident == "shows")
        {
            for name in call.args.iter().flat_map(literals) {
                self.shown.entry(name).or_default().insert(format!("{}::{test}", self.path));
            }
        }
        visit::visit_expr_call(self, call);
    }
}

/// The texts of `&["…", "…"]`.
fn literals(argument: &syn::Expr) -> Vec<String> {
    let syn::Expr::Reference(reference) = argument else { return Vec::new() };
    let syn::Expr::Array(array) = &*reference.expr else { return Vec::new() };
    let text = |element: &syn::Expr| match element {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    };
    array.elems.iter().filter_map(text).collect()
}

#[test]
fn what_a_test_shows_is_found_wherever_it_says_so() {
    let mut found = Shown::new();
    let text = r#"
        #[test]
        fn a_story() { everywhere(|cast| { crate::status::shows(&["A", "b-beh-c/1"]); }); }
        #[test]
        fn another() { shows(&["A"]); }
        fn a_helper() { shows(&["B"]); }
    "#;
    file("x.rs", text, &mut found);
    let of = |name: &str| found.get(name).map(|tests| tests.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(of("A"), Some(vec!["x.rs::a_story", "x.rs::another"]));
    assert_eq!(of("b-beh-c/1"), Some(vec!["x.rs::a_story"]));
    assert_eq!(of("B"), None, "only a test shows anything");
}
