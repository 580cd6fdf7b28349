//! Whether whoever asks has it already.
//!
//! Source: RFC 9110, 13.1.2.

use http::HeaderMap;
use http::header::IF_NONE_MATCH;

/// Whether one of the tags that a request names is this one, by the weak comparison: `W/` counts for nothing, `*` is any.
/// - `tag`: as the answer says it, with its quotation marks
pub fn is_had(headers: &HeaderMap, tag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let (named, tag) = (headers.get_all(IF_NONE_MATCH), bare(tag));
    let mut named = named.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).map(bare);
    named.any(|one| one == "*" || one == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_had_however_it_is_named() {
        let asking = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(IF_NONE_MATCH, value.parse().unwrap());
            }
            headers
        };
        for had in [&["\"a\""][..], &["W/\"a\""], &["\"b\", \"a\""], &["\"b\"", "W/\"a\""], &["*"]] {
            assert!(is_had(&asking(had), "\"a\"") && is_had(&asking(had), "W/\"a\""), "{had:?}");
        }
        for other in [&[][..], &["\"b\""], &["a"], &["\"a"], &["\"A\""]] {
            assert!(!is_had(&asking(other), "\"a\""), "{other:?}");
        }
    }
}
