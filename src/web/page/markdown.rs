//! Text files of repositories as people read them.

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
    fn other_files_and_endless_ones_are_shown_as_the_text_they_are() {
        let base = "https://a.example/repos/r/tree/main/";
        assert_eq!(rendered("README.txt", "# Tea", base), None);
        assert_eq!(rendered("README.md", &"x".repeat(1 << 20), base), None);
        assert_eq!(rendered("README.md", "# Tea", "not an address"), None);
    }
}
