//! Tests of text: what gets through, what does not, and that nothing changes twice.

use super::*;
use proptest::prelude::*;

fn safe(html: &str) -> String {
    Html::sanitise(html).unwrap().into()
}

#[test]
fn a_line_is_one_line_within_its_bound() {
    let long = "é".repeat(LINE_MAX_CHARS);
    #[rustfmt::skip]
    let rows = [
        ("Tea",               Ok("Tea")),
        ("  Tea & milk ",     Ok("Tea & milk")),
        (long.as_str(),       Ok(long.as_str())),
        ("",                  Err("empty")),
        (" \n\t",             Err("empty")),
        ("two\nlines",        Err("control")),
        ("bell\u{7}",         Err("control")),
        ("two\u{2028}lines",  Err("control")),
    ];
    for (text, expected) in rows {
        let found = Line::parse(text);
        let found = found.as_ref().map(Line::as_str).map_err(|error| match error {
            LineError::Empty { .. } => "empty",
            LineError::TooLong { .. } => "long",
            LineError::Control { .. } => "control",
        });
        assert_eq!(found, expected, "{text:?}");
    }
    assert_eq!(Line::parse(&format!("{long}e")), Err(LineError::TooLong { size: 201, limit: 200 }));
    assert_eq!(Line::parse("ab\nc"), Err(LineError::Control { position: 3 }));
}

#[test]
fn a_line_is_made_of_what_others_send_or_not_at_all() {
    let line = |text: &str| Line::lossy(text).map(String::from);
    assert_eq!(line("two\nlines").as_deref(), Some("two lines"));
    assert_eq!(line(&"a".repeat(500)).map(|text| text.len()), Some(LINE_MAX_CHARS));
    assert_eq!(line("\n\u{0}"), None);
}

#[test]
fn html_of_others_is_made_safe() {
    #[rustfmt::skip]
    let rows = [
        ("<p>Hi <em>you</em></p>",                     "<p>Hi <em>you</em></p>"),
        ("<script>alert(1)</script>x",                 "x"),
        ("<style>p{}</style>x",                        "x"),
        ("<p style=\"color:red\" onclick=\"x()\">a</p>", "<p>a</p>"),
        ("<p id=\"login\" class=\"admin\">a</p>",      "<p>a</p>"),
        ("<a href=\"https://a.example/\" target=\"_top\">a</a>",
         "<a href=\"https://a.example/\" rel=\"nofollow noopener noreferrer\">a</a>"),
        ("<a href=\"javascript:alert(1)\">a</a>",      "<a rel=\"nofollow noopener noreferrer\">a</a>"),
        ("<a href=\" java\nscript:alert(1)\">a</a>",   "<a rel=\"nofollow noopener noreferrer\">a</a>"),
        ("<a href=\"data:text/html,x\">a</a>",         "<a rel=\"nofollow noopener noreferrer\">a</a>"),
        ("<a href=\"/logout\">a</a>",                  "<a rel=\"nofollow noopener noreferrer\">a</a>"),
        ("<a href=\"//evil.example/\">a</a>",          "<a rel=\"nofollow noopener noreferrer\">a</a>"),
        ("<img src=\"data:image/svg+xml,x\" onerror=\"x()\">", "<img>"),
        ("<img src=\"https://a.example/x.png\" alt=\"x\">", "<img src=\"https://a.example/x.png\" alt=\"x\">"),
        ("<iframe src=\"https://evil.example/\"></iframe>x", "x"),
        ("<form action=\"https://evil.example/\"><input name=\"password\"></form>", "<input type=\"checkbox\">"),
        ("<svg><script>x</script></svg><math></math>a", "a"),
        ("<!-- comment -->a",                          "a"),
        ("<code class=\"language-rust evil\">x</code>", "<code class=\"language-rust\">x</code>"),
        ("<code class=\"language-x&quot;\">x</code>",  "<code>x</code>"),
        ("<p>unclosed",                                "<p>unclosed</p>"),
        ("1 < 2 & 3",                                  "1 &lt; 2 &amp; 3"),
    ];
    for (html, expected) in rows {
        assert_eq!(safe(html), expected, "{html}");
    }
}

#[test]
fn html_over_its_bound_is_refused_before_and_after() {
    assert!(Html::sanitise(&"a".repeat(HTML_MAX_BYTES)).is_ok());
    let over = Html::sanitise(&"a".repeat(HTML_MAX_BYTES + 1));
    assert_eq!(over, Err(TooLong { size: HTML_MAX_BYTES + 1, limit: HTML_MAX_BYTES }));
    assert!(Html::sanitise(&"<a>".repeat(HTML_MAX_BYTES / 4)).is_err());
    assert!(render_markdown(&"*a* ".repeat(HTML_MAX_BYTES / 4)).is_err());
}

#[test]
fn markdown_becomes_safe_html() {
    #[rustfmt::skip]
    let rows = [
        ("No *sugar*",                     "<p>No <em>sugar</em></p>\n"),
        ("~~old~~",                        "<p><del>old</del></p>\n"),
        ("```rust\nfn x() {}\n```",        "<pre><code class=\"language-rust\">fn x() {}\n</code></pre>\n"),
        ("<script>alert(1)</script>",      "\n"),
        ("a <b onclick=\"x()\">b</b>",     "<p>a <b>b</b></p>\n"),
        ("[x](javascript:alert(1))",       "<p><a rel=\"nofollow noopener noreferrer\">x</a></p>\n"),
        ("https://a.example/",
         "<p><a href=\"https://a.example/\" rel=\"nofollow noopener noreferrer\">https://a.example/</a></p>\n"),
    ];
    for (text, expected) in rows {
        assert_eq!(render_markdown(text).unwrap().as_str(), expected, "{text}");
    }
    let tasks = render_markdown("- [x] boil\n- [ ] pour\n\n| a |\n|---|\n| b |").unwrap();
    assert_eq!(tasks.as_str().matches("type=\"checkbox\"").count(), 2);
    assert!(tasks.as_str().contains("<td>b</td>"));
}

#[test]
fn links_of_a_file_are_read_at_its_place() {
    let base = Uri::parse("https://forge.example/repos/tea/raw/main/docs/").unwrap();
    let html = render_markdown_at("![pot](img/pot.png) [up](../README.md)", &base).unwrap();
    assert!(html.as_str().contains("src=\"https://forge.example/repos/tea/raw/main/docs/img/pot.png\""));
    assert!(html.as_str().contains("href=\"https://forge.example/repos/tea/raw/main/README.md\""));
}

#[test]
fn html_that_parses_differently_the_second_time_settles() {
    for html in [
        "<pre>\n\n\nx</pre>",
        "<table><a href=\"https://a.example/\"><td>x</td></a></table>",
        "<a href=\"https://a.example/\"><div><a href=\"https://b.example/\">x</a></div></a>",
        "<p><table><p>x</table>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<b><p><i>x</b>y</p></i>",
    ] {
        let once = safe(html);
        assert_eq!(safe(&once), once, "{html}");
        assert!(!once.contains("onerror"), "{html}");
    }
}

#[test]
fn html_is_made_safe_again_when_it_is_read_from_a_store() {
    let html: Html = serde_json::from_str("\"<p onclick='x'>a</p>\"").unwrap();
    assert_eq!(html.as_str(), "<p>a</p>");
    assert!(serde_json::from_str::<Line>("\"a\\nb\"").is_err());
}

#[test]
fn plain_text_is_the_opposite_of_escaping() {
    assert_eq!(escape("<a href=\"x\">'&'"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;");
    assert_eq!(plain("<p>Tea &amp;amp; <b>milk</b></p>\n<script>x</script>"), "Tea &amp; milk");
    assert_eq!(Html::sanitise("<p>a<br>b</p>").unwrap().to_plain(), "ab");
}

#[test]
fn what_would_be_hard_work_is_shown_as_the_text_it_is() {
    let html = Html::sanitise(&"<div>".repeat(300)).unwrap();
    assert!(html.as_str().starts_with("&lt;div&gt;&lt;div&gt;"));
    assert_eq!(Html::sanitise(html.as_str()), Ok(html));
    assert!(plain(&"<div>".repeat(300)).starts_with("<div>"));
}

proptest! {
    #[test]
    fn sanitised_html_is_a_fixed_point(html in html_like()) {
        let once = Html::sanitise(&html).unwrap();
        prop_assert_eq!(Html::sanitise(once.as_str()).unwrap(), once);
    }

    /// Any text: what is taken for plain would be left as it is by the sanitiser; what is not may be.
    #[test]
    fn text_taken_for_plain_is_what_the_sanitiser_would_make_of_it(
        text in "[\u{0}-\u{20}a-z<>&\u{7f}\u{85}\u{a0}\u{2028}\u{d7ff}\u{feff}\u{fffd}\u{10ffff}'\";]{0,40}",
        any in proptest::arbitrary::any::<String>(),
    ) {
        for text in [&text, &any] {
            if is_plain(text) {
                prop_assert_eq!(&allow::ABSOLUTE.clean(text).to_string(), text);
            }
        }
    }

    #[test]
    fn no_handler_script_or_foreign_scheme_gets_through(html in html_like()) {
        let safe = safe(&html).to_lowercase();
        // Inside tags only: as text, all of this may be shown.
        for tag in safe.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
            for bad in ["script", "style", "iframe", "form", "svg", "math"] {
                prop_assert!(!tag.starts_with(bad), "{}", safe);
            }
            for bad in [" onclick=", " style=", "javascript:", "data:"] {
                prop_assert!(!tag.contains(bad), "{}", safe);
            }
        }
    }

    #[test]
    fn escaped_text_is_shown_as_it_is(text in "[^\\pC\u{2028}\u{2029}]{0,60}") {
        prop_assert_eq!(plain(&escape(&text)), text.trim());
    }
}

/// Pieces of tags in any order: closer to what attackers write than random characters.
fn html_like() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "<p>",
        "</p>",
        "<pre>",
        "</pre>",
        "\n",
        "<table>",
        "<tr>",
        "<td>",
        "</table>",
        "<a href=\"https://a.example/\">",
        "</a>",
        "<a href='javascript:x'>",
        "<svg>",
        "<math>",
        "<mtext>",
        "</svg>",
        "<style>",
        "</style>",
        "<script>",
        "</script>",
        "<b>",
        "</b>",
        "<i onclick=x>",
        "</i>",
        "<li>",
        "<ul>",
        "</ul>",
        "<input>",
        "<img src=data:x>",
        "<form>",
        "<iframe>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "&lt;",
        "&amp;",
        "&",
        "<",
        ">",
        "\"",
        "x",
        " ",
        "<h1>",
        "<dd>",
        "<details open>",
        "<summary>",
        "<ruby>",
        "<rt>",
        "<select>",
        "<option>",
        "<template>",
        "<noscript>",
        "<textarea>",
        "<title>",
        "<plaintext>",
        "<p style=x>",
    ]);
    prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat())
}
