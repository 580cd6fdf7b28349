//! A look at HTML before a tree is built of it: trees that are deep, tags that are long and many entities cost
//! time in the square of their number, so that 64 KiB of `<div>` or `&` would keep a core busy for seconds.

use crate::limits::{HTML_DEPTH_MAX, HTML_ENTITIES_MAX, HTML_TAG_MAX_BYTES};
use std::collections::HashMap;

/// Tags that end by themselves, or as soon as another of their kind begins.
const CLOSED_BY_THEMSELVES: [&str; 15] =
    ["br", "hr", "img", "input", "wbr", "col", "p", "li", "td", "th", "tr", "dt", "dd", "rt", "rp"];

/// Whether so many tags are open at some point, one tag is so long or entities are so many that no tree should be built. Counts by name, and
/// takes anything that looks like a tag for one: too many rather than too few.
pub(super) fn is_heavy(html: &str) -> bool {
    if html.bytes().filter(|byte| *byte == b'&').count() > HTML_ENTITIES_MAX {
        return true;
    }
    let mut open: HashMap<String, usize> = HashMap::new();
    let mut depth = 0usize;
    for tag in html.split('<').skip(1) {
        let closes = tag.starts_with('/');
        let name: String =
            tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).take(32).collect();
        let name = name.to_ascii_lowercase();
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || CLOSED_BY_THEMSELVES.contains(&name.as_str()) {
            if tag.find('>').unwrap_or(tag.len()) > HTML_TAG_MAX_BYTES && !name.is_empty() {
                return true;
            }
            continue;
        }
        let count = open.entry(name).or_default();
        if !closes {
            *count += 1;
            depth += 1;
        } else if *count > 0 {
            *count -= 1;
            depth -= 1;
        }
        if depth > HTML_DEPTH_MAX || tag.find('>').unwrap_or(tag.len()) > HTML_TAG_MAX_BYTES {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 64 KiB of each took between half a second and seven before this look was taken.
    #[test]
    fn what_once_kept_a_core_busy_is_seen() {
        for piece in
            ["<div>", "<a><b>", "<b><p>", "<font><i><a>", "<table><tr>", "<p><b></p>", "&", "&;", "&a", "&#", "&#x"]
        {
            assert!(is_heavy(&piece.repeat(64 * 1024 / piece.len())), "{piece}");
        }
    }

    #[test]
    fn deep_and_long_html_is_seen_before_it_costs_time() {
        let times = |piece: &str, count: usize| piece.repeat(count);
        #[rustfmt::skip]
        let rows = [
            (times("<div>", HTML_DEPTH_MAX),                          false),
            (times("<div>", HTML_DEPTH_MAX + 1),                      true),
            (times("<div></div>", 5000),                              false),
            (times("<p>text<br>", 5000),                              false),
            (times("<b><div></b>", 5000),                             true),
            (times("<DIV></b>", 5000),                                true),
            (times("a < b </x> ", 5000),                              false),
            (times("&", HTML_ENTITIES_MAX),                           false),
            (times("&", HTML_ENTITIES_MAX + 1),                       true),
            (format!("<a {}>", times("b ", HTML_TAG_MAX_BYTES / 2)),  true),
            (format!("<p {}>", times("b ", HTML_TAG_MAX_BYTES / 2)),  true),
            (format!("<a>{}", times("b ", HTML_TAG_MAX_BYTES / 2)),   false),
            (format!("1 < {}", times("b ", HTML_TAG_MAX_BYTES / 2)),  false),
        ];
        for (html, expected) in rows {
            assert_eq!(is_heavy(&html), expected, "{}", html.chars().take(20).collect::<String>());
        }
    }
}
