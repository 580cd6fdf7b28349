//! Text of others as it stands on pages: Markdown files of repositories, and whatever else has headings and images.

use pritchel_actors::common::text::Html;
use pritchel_vocab::text::render_markdown_at;
use pritchel_vocab::uri::Uri;

/// A Markdown file as sanitised HTML; links without a full address are read as relative to `base`, the address of the
/// directory it lies in. `None` for what is too long or no Markdown: it is shown as the text it is.
pub fn rendered(name: &str, text: &str, base: &str) -> Option<Html> {
    let name = name.to_ascii_lowercase();
    if !name.ends_with(".md") && !name.ends_with(".markdown") {
        return None;
    }
    render_markdown_at(text, &Uri::parse(base).ok()?).ok()
}

/// Sanitised HTML as a part of a page, which has a title of its own: headings go down a level, and an image that nobody has
/// described says that it has nothing to say, so that no address is read out instead. The boxes of tasks say whether they are done.
/// - `html`: as [`Html`] holds it: tags are whole, and values stand in double quotes
pub fn within_page(html: &str) -> String {
    let mut written = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (before, tag_on) = rest.split_at(at);
        let (tag, behind) = tag_on.split_at(end_of_tag(tag_on));
        written.push_str(before);
        match tag.as_bytes() {
            [b'<', b'h', level @ b'1'..=b'5', b' ' | b'>', ..] => {
                written.push_str("<h");
                written.push(char::from(level + 1));
                written.push_str(&tag[3..]);
            }
            [b'<', b'/', b'h', level @ b'1'..=b'5', b'>'] => {
                written.push_str("</h");
                written.push(char::from(level + 1));
                written.push('>');
            }
            [b'<', b'i', b'm', b'g', b' ' | b'>', ..] if !is_described(tag) => {
                written.push_str("<img alt=\"\"");
                written.push_str(&tag[4..]);
            }
            // The only fields that text may have are the boxes of lists of tasks.
            [b'<', b'i', b'n', b'p', b'u', b't', b' ', ..] => {
                let state = if tag.contains(" checked=") { "done" } else { "not done" };
                written.push_str("<input aria-label=\"");
                written.push_str(state);
                written.push('"');
                written.push_str(&tag[6..]);
            }
            _ => written.push_str(tag),
        }
        rest = behind;
    }
    written.push_str(rest);
    written
}

/// Where a tag ends, or the text where it does not.
pub fn end_of_tag(tag: &str) -> usize {
    let mut quoted = false;
    let end = tag.bytes().position(|byte| {
        quoted ^= byte == b'"';
        byte == b'>' && !quoted
    });
    end.map_or(tag.len(), |end| end + 1)
}

/// Whether a tag has an `alt`: of what stands between quotes every second piece is a value.
fn is_described(tag: &str) -> bool {
    tag.split('"').step_by(2).any(|outside| outside.ends_with(" alt="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_readme_is_rendered_and_cannot_run_anything() {
        let text = "# Tea\n<script>alert(1)</script>\n[more](docs/more.md) [x](javascript:alert(1))";
        let html = rendered("README.md", text, "https://a.example/repos/r/tree/main/").unwrap();
        assert!(html.as_str().contains("<h1>Tea</h1>"), "{html}");
        assert!(html.as_str().contains("https://a.example/repos/r/tree/main/docs/more.md"), "{html}");
        assert!(!html.as_str().contains("<script") && !html.as_str().contains("javascript:"), "{html}");
    }

    #[test]
    fn headings_go_down_a_level_and_images_say_something_or_nothing() {
        #[rustfmt::skip]
        let rows = [
            ("<h1>Tea</h1> 1 &lt; 2",                  "<h2>Tea</h2> 1 &lt; 2"),
            ("<h5 lang=\"en\">a</h5><h6>b</h6><hr>",   "<h6 lang=\"en\">a</h6><h6>b</h6><hr>"),
            ("<img src=\"https://a/\">",               "<img alt=\"\" src=\"https://a/\">"),
            ("<img src=\"x\" alt=\"A pot\">",          "<img src=\"x\" alt=\"A pot\">"),
            ("<img src=\"x\" alt=\"\">",               "<img src=\"x\" alt=\"\">"),
            ("<img title=\" alt=\" src=\"x\">",        "<img alt=\"\" title=\" alt=\" src=\"x\">"),
            ("<input type=\"checkbox\" disabled=\"\">", "<input aria-label=\"not done\" type=\"checkbox\" disabled=\"\">"),
            ("<input type=\"checkbox\" checked=\"\">",  "<input aria-label=\"done\" type=\"checkbox\" checked=\"\">"),
            ("<p title=\"<h1> <img >\">x</p>",         "<p title=\"<h1> <img >\">x</p>"),
            ("<p title=\"a",                          "<p title=\"a"),
            ("Ü",                                     "Ü"),
        ];
        for (html, expected) in rows {
            assert_eq!(within_page(html), expected, "{html}");
        }
    }

    #[test]
    fn what_is_written_for_a_page_is_as_safe_as_it_was() {
        for text in
            ["<img src=\"https://a.example/x\" title='\">\"<h1 onclick=x>'>", "# a\n<h1 title='\"<img x'>b</h1>\n<img>"]
        {
            let html = rendered("README.md", text, "https://a.example/repos/r/tree/main/").unwrap();
            let shown = within_page(html.as_str());
            let again = Html::sanitise(&shown).unwrap();
            assert_eq!(again.as_str().matches('<').count(), shown.matches('<').count(), "{shown}");
            assert!(!shown.contains("<h1"), "{shown}");
        }
    }

    #[test]
    fn other_files_and_endless_ones_are_shown_as_the_text_they_are() {
        let base = "https://a.example/repos/r/tree/main/";
        assert_eq!(rendered("README.txt", "# Tea", base), None);
        assert_eq!(rendered("README.md", &"x".repeat(1 << 20), base), None);
        assert_eq!(rendered("README.md", "# Tea", "not an address"), None);
    }
}
