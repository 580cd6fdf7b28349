//! A Rust file as tokens, with test code told apart from the rest: comments are gone, strings are one token, and what
//! stands inside a macro call is seen like any other code.

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};

/// One token. `::` is one; a brace, bracket or parenthesis is one when it opens and one when it closes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// As written.
    pub text: String,
    /// Counted from 1.
    pub line: usize,
}

/// Where the text of a module is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Elsewhere {
    /// `mod name;`, in the folder of the module that declares it.
    Named(String),
    /// `#[path = "…"] mod name;`, from the folder of the file that declares it.
    At(String),
}

/// The tokens of a file.
#[derive(Debug, Default)]
pub struct Code {
    /// What is built into the product.
    pub product: Vec<Token>,
    /// What is built only for tests: items under `#[cfg(test)]` or `#[test]`.
    pub tests: Vec<Token>,
    /// Lines taken by the items in `tests`.
    pub test_lines: usize,
    /// Modules declared under `#[cfg(test)]` whose text is in a file of its own.
    pub test_modules: Vec<Elsewhere>,
    /// Whether the file opens with `#![cfg(test)]`.
    pub whole_file_is_test: bool,
}

impl Code {
    /// Splits a file into tokens; the error is the lexer's.
    pub fn parse(text: &str) -> Result<Code, String> {
        let stream: TokenStream = text.parse().map_err(|e: proc_macro2::LexError| e.to_string())?;
        let mut code = Code::default();
        code.walk(stream, false);
        Ok(code)
    }

    /// All tokens: the product's, then the tests'.
    pub fn all(&self) -> impl Iterator<Item = &Token> {
        self.product.iter().chain(&self.tests)
    }

    fn walk(&mut self, stream: TokenStream, mut test: bool) {
        let trees: Vec<TokenTree> = stream.into_iter().collect();
        // The line on which an item that is built only for tests began.
        let mut item: Option<usize> = None;
        let mut index = 0;
        while let Some(tree) = trees.get(index) {
            match (tree, trees.get(index + 1), trees.get(index + 2)) {
                (TokenTree::Punct(hash), Some(TokenTree::Group(attribute)), _)
                    if hash.as_char() == '#' && !test && item.is_none() && is_for_tests(attribute) =>
                {
                    item = Some(hash.span().start().line);
                    self.test_modules.extend(module_elsewhere(&trees[attributes_start(&trees, index)..]));
                }
                (TokenTree::Punct(hash), Some(TokenTree::Punct(bang)), Some(TokenTree::Group(attribute)))
                    if hash.as_char() == '#' && bang.as_char() == '!' && is_for_tests(attribute) =>
                {
                    test = true;
                    self.whole_file_is_test = true;
                }
                _ => {}
            }
            index += self.push(tree, trees.get(index + 1), test || item.is_some());
            if let Some(first) = item.filter(|_| ends_item(tree)) {
                self.test_lines += tree.span().end().line - first + 1;
                item = None;
            }
        }
    }

    /// Adds one tree and answers how many were used: two for `::`.
    fn push(&mut self, tree: &TokenTree, next: Option<&TokenTree>, test: bool) -> usize {
        let line = tree.span().start().line;
        match (tree, next) {
            (TokenTree::Group(group), _) => {
                let (open, close) = delimiters(group.delimiter());
                self.token(open, line, test);
                self.walk(group.stream(), test);
                self.token(close, group.span_close().end().line, test);
            }
            (TokenTree::Punct(a), Some(TokenTree::Punct(b)))
                if a.as_char() == ':' && a.spacing() == Spacing::Joint && b.as_char() == ':' =>
            {
                self.token("::", line, test);
                return 2;
            }
            _ => self.token(&tree.to_string(), line, test),
        }
        1
    }

    fn token(&mut self, text: &str, line: usize, test: bool) {
        if !text.is_empty() {
            let tokens = if test { &mut self.tests } else { &mut self.product };
            tokens.push(Token { text: text.to_owned(), line });
        }
    }
}

fn delimiters(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    }
}

/// `[test]`, `[tokio::test]`, `[cfg(test)]` and `[cfg(all(test, …))]`; `[cfg(any(test, …))]` is built for others too.
fn is_for_tests(attribute: &Group) -> bool {
    let text: String = attribute.stream().to_string().split_whitespace().collect();
    let all = text.strip_prefix("cfg(all(").and_then(|rest| rest.strip_suffix("))"));
    let whole = text == "test" || text.ends_with("::test") || text == "cfg(test)";
    whole || all.is_some_and(|all| all.split(',').any(|part| part == "test"))
}

/// Where the attributes of an item begin, one of which is at `index`.
fn attributes_start(trees: &[TokenTree], mut index: usize) -> usize {
    while let Some([TokenTree::Punct(hash), TokenTree::Group(_)]) = index.checked_sub(2).map(|at| &trees[at..index]) {
        if hash.as_char() != '#' {
            break;
        }
        index -= 2;
    }
    index
}

/// The module of `mod name;`, when that is the item that follows, after its attributes.
fn module_elsewhere(trees: &[TokenTree]) -> Option<Elsewhere> {
    let end = trees.iter().position(ends_item)?;
    let [.., TokenTree::Ident(keyword), TokenTree::Ident(name), TokenTree::Punct(_)] = &trees[..=end] else {
        return None;
    };
    let at = trees[..end].iter().find_map(|tree| match tree {
        TokenTree::Group(attribute) => path_attribute(attribute),
        _ => None,
    });
    (keyword == "mod").then(|| at.map_or(Elsewhere::Named(name.to_string()), Elsewhere::At))
}

/// The path in `[path = "…"]`.
fn path_attribute(attribute: &Group) -> Option<String> {
    let trees: Vec<TokenTree> = attribute.stream().into_iter().collect();
    let [TokenTree::Ident(name), TokenTree::Punct(_), TokenTree::Literal(path)] = &trees[..] else { return None };
    (name == "path").then(|| path.to_string().trim_matches('"').to_owned())
}

fn ends_item(tree: &TokenTree) -> bool {
    match tree {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';',
        _ => false,
    }
}

/// A path as it stands in code, such as `std::fs::read`; the lists of a `use` are written out, one path each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodePath {
    /// At least one name; the last may be `*`.
    pub names: Vec<String>,
    /// Counted from 1.
    pub line: usize,
    /// Whether it stands in a `use`, where even a single name is a path.
    pub used: bool,
}

/// Keywords that may stand right before a path that opens with `::`, and are no part of it.
const BEFORE_PATHS: [&str; 11] = ["as", "dyn", "else", "for", "if", "impl", "in", "match", "mut", "return", "use"];

/// Every path in the tokens, single names included.
pub fn paths(tokens: &[Token]) -> Vec<CodePath> {
    let mut found = Vec::new();
    let mut index = 0;
    while index < tokens.len() {
        let before = index.checked_sub(1).map_or("", |i| tokens[i].text.as_str());
        let used = before == "use" || (before == "::" && index >= 2 && tokens[index - 2].text == "use");
        let begins = is_name(&tokens[index].text) && !BEFORE_PATHS.contains(&tokens[index].text.as_str());
        index = if begins && before != "." { one_path(tokens, index, &[], used, &mut found) } else { index + 1 };
    }
    found
}

/// Reads the path that starts at `index`, below `prefix`, and answers the index after it.
fn one_path(tokens: &[Token], index: usize, prefix: &[String], used: bool, found: &mut Vec<CodePath>) -> usize {
    let line = tokens[index].line;
    let mut names = prefix.to_vec();
    let mut index = index;
    while let Some(token) = tokens.get(index).filter(|token| is_name(&token.text) || token.text == "*") {
        names.push(token.text.clone());
        index += 1;
        if tokens.get(index).is_none_or(|token| token.text != "::") {
            break;
        }
        index += 1;
        if tokens.get(index).is_some_and(|token| token.text == "{") {
            return list_of_paths(tokens, index + 1, &names, used, found);
        }
    }
    found.push(CodePath { names, line, used });
    index
}

/// Reads the entries of a `use` list up to its closing brace and answers the index after that.
fn list_of_paths(
    tokens: &[Token],
    mut index: usize,
    prefix: &[String],
    used: bool,
    found: &mut Vec<CodePath>,
) -> usize {
    while let Some(token) = tokens.get(index) {
        let text = token.text.as_str();
        index = match text {
            "}" => return index + 1,
            // `x as y` gives a name and takes no path.
            "as" => index + 2,
            _ if is_name(text) || text == "*" => one_path(tokens, index, prefix, used, found),
            _ => index + 1,
        };
    }
    index
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(tokens: &[Token]) -> String {
        tokens.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    fn names(text: &str) -> Vec<String> {
        let code = Code::parse(text).unwrap();
        paths(&code.product).into_iter().filter(|p| p.names.len() > 1 || p.used).map(|p| p.names.join("::")).collect()
    }

    #[test]
    fn comments_and_strings_are_not_code() {
        let code = Code::parse("// tokio::spawn\nlet a = \"tokio::spawn\"; /* x */").unwrap();
        assert_eq!(texts(&code.product), "let a = \"tokio::spawn\" ;");
    }

    #[test]
    fn items_for_tests_are_told_apart() {
        #[rustfmt::skip]
        let rows = [
            ("fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() {}\n}\nfn c() {}", 4, vec!["a", "c"]),
            ("#[cfg(test)] use std::fs; fn c() {}",                            1, vec!["c"]),
            ("#[cfg(all(test, unix))] fn b() {} fn c() {}",                    1, vec!["c"]),
            ("#[cfg(any(test, unix))] fn b() {} fn c() {}",                    0, vec!["b", "c"]),
            ("#[test]\nfn b() { }\nfn c() {}",                                 2, vec!["c"]),
            ("#[tokio::test]\nasync fn b() { }\nfn c() {}",                    2, vec!["c"]),
            ("#![cfg(test)] fn b() {}",                                        0, vec![]),
        ];
        for (text, lines, product) in rows {
            let code = Code::parse(text).unwrap();
            let left: Vec<&str> = code.product.windows(2).filter(|w| w[0].text == "fn").map(|w| &*w[1].text).collect();
            assert_eq!((code.test_lines, left), (lines, product), "{text}");
        }
    }

    #[test]
    fn a_test_module_in_a_file_of_its_own_is_remembered() {
        let code =
            Code::parse("mod a; #[cfg(test)] #[allow(x)] mod b; #[cfg(test)] mod c {} #[cfg(test)] use d;").unwrap();
        assert_eq!(code.test_modules, [Elsewhere::Named("b".to_owned())]);
        for text in ["#[cfg(test)] #[path = \"c.rs\"] mod b;", "#[path = \"c.rs\"] #[cfg(test)] mod b;"] {
            assert_eq!(Code::parse(text).unwrap().test_modules, [Elsewhere::At("c.rs".to_owned())], "{text}");
        }
        assert!(Code::parse("#![cfg(test)]").unwrap().whole_file_is_test);
    }

    #[test]
    fn lists_are_written_out() {
        assert_eq!(
            names("use std::{fs, io::{self, Read as _}, net::*}; use ::tokio;"),
            ["std::fs", "std::io::self", "std::io::Read", "std::net::*", "tokio"]
        );
    }

    #[test]
    fn paths_are_found_inside_macros_and_after_methods() {
        assert_eq!(names("a.b(tokio::spawn(x)); select! { y = sled::open() => 1 }"), ["tokio::spawn", "sled::open"]);
        assert_eq!(names("self.tokio.x(); Vec::<std::fs::File>::new()"), ["std::fs::File"]);
    }
}
