//! What is wrong with a page as HTML: every page that any test is answered goes through this.
//!
//! What the parser of the HTML standard complains of, what may not stand in what, references that lead nowhere, fields
//! without a name, headings out of order, and whatever the content security policy would not let run.
//!
//! Source: HTML, "Parsing HTML documents" and "Kinds of content"; WAI-ARIA, "Accessible Name".

use scraper::{ElementRef, Html, Selector};
use std::collections::BTreeSet;

/// Elements in which only text and what is like text may stand.
const PHRASING_ONLY: &str = "p, h1, h2, h3, h4, h5, h6, span, button, label, pre, code, em, strong, summary";
/// Elements that are not like text.
const BLOCKS: [&str; 24] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "details",
    "div",
    "dl",
    "fieldset",
    "figure",
    "footer",
    "form",
    "header",
    "hr",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "ul",
    "li",
    "dt",
    "dd",
];
/// What people press or fill in: none stands in another.
const INTERACTIVE: &str = "a[href], button, select, textarea, input:not([type=hidden]), summary";
/// Attributes that name other elements of the page.
const REFERENCES: [&str; 5] = ["for", "aria-labelledby", "aria-describedby", "list", "form"];

/// Everything that is wrong with this page, a line each.
pub fn faults(page: &str) -> Vec<String> {
    let document = Html::parse_document(page);
    let mut faults: Vec<String> = document.errors.iter().map(|error| format!("the parser: {error}")).collect();
    for check in [nesting, lists, references, names, headings, policy] {
        check(&document, &mut faults);
    }
    faults
}

fn select<'d>(document: &'d Html, css: &str) -> Vec<ElementRef<'d>> {
    document.select(&Selector::parse(css).unwrap()).collect()
}

/// An element as a reader finds it again: its tag with attributes.
fn told(element: ElementRef<'_>) -> String {
    let attributes: String = element.value().attrs().map(|(name, value)| format!(" {name}={value:?}")).collect();
    format!("<{}{attributes}>", element.value().name())
}

fn ancestors(element: ElementRef<'_>) -> impl Iterator<Item = ElementRef<'_>> {
    element.ancestors().filter_map(ElementRef::wrap)
}

/// Blocks in text, and what can be pressed in what can be pressed.
fn nesting(document: &Html, faults: &mut Vec<String>) {
    let blocks = BLOCKS.join(", ");
    for outer in select(document, PHRASING_ONLY) {
        for inner in outer.select(&Selector::parse(&blocks).unwrap()) {
            faults.push(format!("{} stands in {}", told(inner), told(outer)));
        }
    }
    let interactive = Selector::parse(INTERACTIVE).unwrap();
    for inner in select(document, INTERACTIVE) {
        if let Some(outer) = ancestors(inner).find(|outer| interactive.matches(outer)) {
            faults.push(format!("{} stands in {}", told(inner), told(outer)));
        }
    }
    for inner in select(document, "label label, form form") {
        faults.push(format!("{} stands in one of its kind", told(inner)));
    }
}

/// Children of lists that are no entries, and entries outside of lists.
fn lists(document: &Html, faults: &mut Vec<String>) {
    for (css, expected) in
        [("ul, ol", &["li"][..]), ("dl", &["dt", "dd", "div"]), ("select", &["option", "optgroup", "hr"])]
    {
        for list in select(document, css) {
            let strangers = list.child_elements().filter(|child| !expected.contains(&child.value().name()));
            faults.extend(strangers.map(|child| format!("{} stands in {}", told(child), told(list))));
        }
    }
    for entry in select(document, "li") {
        let within = entry.parent().and_then(ElementRef::wrap).map(|parent| parent.value().name());
        if !within.is_some_and(|name| ["ul", "ol"].contains(&name)) {
            faults.push(format!("{} stands in no list", told(entry)));
        }
    }
    for fieldset in select(document, "fieldset") {
        if fieldset.child_elements().next().is_none_or(|first| first.value().name() != "legend") {
            faults.push(format!("{} has no legend", told(fieldset)));
        }
    }
}

/// Ids that are there twice, and references to none.
fn references(document: &Html, faults: &mut Vec<String>) {
    let mut ids = BTreeSet::new();
    for element in select(document, "[id]") {
        let id = element.value().attr("id").unwrap_or_default();
        if id.is_empty() || id.contains(char::is_whitespace) {
            faults.push(format!("{} has an id that is none", told(element)));
        }
        if !ids.insert(id) {
            faults.push(format!("the id {id:?} is there twice"));
        }
    }
    for name in REFERENCES {
        for element in select(document, &format!("[{name}]")) {
            let named = element.value().attr(name).unwrap_or_default();
            for id in named.split_whitespace().filter(|id| !ids.contains(id)) {
                faults.push(format!("{} names {id:?}, which is not there", told(element)));
            }
        }
    }
    for link in select(document, "a[href^='#']") {
        let id = link.value().attr("href").unwrap_or_default().trim_start_matches('#');
        if !ids.contains(id) && !within_prose(link) {
            faults.push(format!("{} leads nowhere", told(link)));
        }
    }
}

/// Fields, links, buttons, pictures and tables of which nobody could say what they are.
fn names(document: &Html, faults: &mut Vec<String>) {
    // What is hidden from readers is there for password managers.
    for field in select(document, "input:not([type=hidden], [aria-hidden=true]), select, textarea") {
        let id = field.value().attr("id");
        let labelled =
            id.is_some_and(|id| select(document, "label[for]").iter().any(|l| l.value().attr("for") == Some(id)));
        let within = ancestors(field).any(|outer| outer.value().name() == "label" && has_text(outer));
        if !labelled && !within && !is_named(field) && !within_prose(field) {
            faults.push(format!("{} has no label", told(field)));
        }
    }
    for pressed in select(document, "a[href], button, summary") {
        let pictured =
            pressed.select(&Selector::parse("img[alt]").unwrap()).any(|img| img.value().attr("alt") != Some(""));
        if !has_text(pressed) && !pictured && !is_named(pressed) && !within_prose(pressed) {
            faults.push(format!("{} says nothing", told(pressed)));
        }
    }
    faults.extend(select(document, "img:not([alt])").into_iter().map(|img| format!("{} has no alt", told(img))));
    for drawing in select(document, "svg") {
        let hidden = drawing.value().attr("aria-hidden") == Some("true");
        if !hidden && (drawing.value().attr("role") != Some("img") || !is_named(drawing)) {
            faults.push(format!("{} has no name", told(drawing)));
        }
    }
    for cell in select(document, "th") {
        if !has_text(cell) && !within_prose(cell) {
            faults.push(format!("{} says nothing", told(cell)));
        }
    }
}

fn has_text(element: ElementRef<'_>) -> bool {
    element.text().any(|text| !text.trim().is_empty())
}

fn is_named(element: ElementRef<'_>) -> bool {
    ["aria-label", "aria-labelledby"]
        .iter()
        .any(|name| element.value().attr(name).is_some_and(|value| !value.trim().is_empty()))
}

/// Whether this is text of people, whose order of headings and the like is theirs.
fn within_prose(element: ElementRef<'_>) -> bool {
    ancestors(element).any(|outer| outer.value().has_class("prose", scraper::CaseSensitivity::CaseSensitive))
}

/// One title, one first heading, and no level left out on the way down.
fn headings(document: &Html, faults: &mut Vec<String>) {
    for css in ["title", "h1", "main"] {
        let found = select(document, &format!("html {css}"))
            .into_iter()
            .filter(|one| !ancestors(*one).any(|a| a.value().name() == "svg"));
        let count = found.count();
        if count != 1 {
            faults.push(format!("expected one <{css}>, found {count}"));
        }
    }
    let mut above = 0;
    for heading in select(document, "h1, h2, h3, h4, h5, h6").into_iter().filter(|one| !within_prose(*one)) {
        let level: u32 = heading.value().name()[1..].parse().unwrap();
        if level > above + 1 {
            faults.push(format!("{} comes after a heading of level {above}", told(heading)));
        }
        above = level;
    }
    if select(document, "html[lang]").is_empty() {
        faults.push("the page does not say its language".to_owned());
    }
}

/// What the content security policy keeps from working: then it is not to be there.
fn policy(document: &Html, faults: &mut Vec<String>) {
    faults.extend(
        select(document, "script, style, [style]").into_iter().map(|one| format!("{} is not let run", told(one))),
    );
    for element in select(document, "*") {
        let event = element.value().attrs().find(|(name, _)| name.starts_with("on"));
        if event.is_some() {
            faults.push(format!("{} is not let run", told(element)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::faults;

    fn page(body: &str) -> String {
        format!(
            "<!doctype html><html lang=\"en\"><head><title>T</title></head><body><main><h1>H</h1>{body}</main></body></html>"
        )
    }

    #[test]
    fn a_page_in_order_has_no_faults() {
        let body = "<h2 id=a>A</h2><section aria-labelledby=a><p>One <em>word</em>.</p><ul><li>x</li></ul>\
            <form><label>Name <input name=n></label><button>Go</button></form></section>";
        assert_eq!(faults(&page(body)), Vec::<String>::new());
    }

    #[test]
    fn each_fault_is_found() {
        for (body, expected) in [
            ("<p>one<div>two</div></p>", "the parser"),
            ("<table><tr><p>x</p></tr></table>", "the parser"),
            ("<span><div>x</div></span>", "stands in <span>"),
            ("<a href=/a>x<button>y</button></a>", "stands in <a"),
            ("<label>x<label>y</label></label>", "stands in one of its kind"),
            ("<ul><div>x</div></ul>", "stands in <ul>"),
            ("<div><li>x</li></div>", "stands in no list"),
            ("<fieldset><p>x</p></fieldset>", "has no legend"),
            ("<i id=a></i><i id=a></i>", "is there twice"),
            ("<i id='a b'></i>", "an id that is none"),
            ("<section aria-labelledby=b>x</section>", "which is not there"),
            ("<a href='#b'>x</a>", "leads nowhere"),
            ("<input name=x>", "has no label"),
            ("<label><input name=x></label>", "has no label"),
            ("<a href=/a></a>", "says nothing"),
            ("<button><img src=x alt=''></button>", "says nothing"),
            ("<img src=x>", "has no alt"),
            ("<svg><path d=M0/></svg>", "has no name"),
            ("<table><tr><th></th></tr></table>", "says nothing"),
            ("<h1>again</h1>", "expected one <h1>, found 2"),
            ("<h3>x</h3>", "after a heading of level 1"),
            ("<script>x</script>", "is not let run"),
            ("<i style='color:red'>x</i>", "is not let run"),
            ("<i onclick=x>x</i>", "is not let run"),
        ] {
            let found = faults(&page(body));
            assert!(found.iter().any(|fault| fault.contains(expected)), "{body}: {found:?}");
        }
    }
}
