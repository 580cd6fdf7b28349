//! What the client wants to see: a page, the ActivityPub document behind it, or what it tells in F3.
//!
//! Source: ActivityPub, "Retrieving objects": `application/ld+json` with the ActivityStreams profile must, and
//! `application/activity+json` should be answered; ForgeFed peers ask in bare `application/ld+json` too.

use crate::limits::ACCEPT_RANGES_MAX;
use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header::ACCEPT;
use http::request::Parts;
use std::convert::Infallible;

/// Media type of ActivityPub documents.
pub const ACTIVITY_JSON: &str = "application/activity+json";
/// The same, by its long name.
pub const LD_JSON: &str = "application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"";

/// Media type of what is told in F3, as Vervis has it.
pub const F3_JSON: &str = "application/f3+json";

/// What the client wants to see. Whoever names none of the document types wants a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// A page.
    Page,
    /// The ActivityPub document.
    Activity,
    /// The same in F3, for whoever copies it.
    F3,
}

impl Want {
    /// What these headers ask for, in however many lines: the best liked of them. Of two liked the same it is the one that is
    /// named, rather than meant by a wildcard, then the one named first.
    pub fn of(headers: &HeaderMap) -> Self {
        let mut best = ((0u16, false), Self::Page);
        let mut seen = 0;
        for value in headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()) {
            for range in split(value) {
                seen += 1;
                if seen > ACCEPT_RANGES_MAX {
                    return best.1;
                }
                let Some((want, liking, named)) = read(range) else { continue };
                if liking > 0 && (liking, named) > best.0 {
                    best = ((liking, named), want);
                }
            }
        }
        best.1
    }
}

/// Whether whoever asks reads pages: others are told of errors as problems.
pub fn reads_html(headers: &HeaderMap) -> bool {
    headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).any(|value| value.contains("text/html"))
}

/// The ranges of a header: commas within quotes are no end.
fn split(value: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    value.split(move |c: char| {
        quoted ^= c == '"';
        c == ',' && !quoted
    })
}

/// One media range: what it asks for, how much it is liked, of 1000, and whether it is named in full. `None` for what is neither.
fn read(range: &str) -> Option<(Want, u16, bool)> {
    let mut parts = range.split(';').map(str::trim);
    let name = parts.next()?.to_ascii_lowercase();
    let want = match name.as_str() {
        "application/activity+json" | "application/ld+json" => Want::Activity,
        F3_JSON => Want::F3,
        "text/html" | "application/xhtml+xml" | "text/*" | "*/*" => Want::Page,
        _ => return None,
    };
    let mut liking = 1000;
    for part in parts {
        let Some((term, value)) = part.split_once('=') else { continue };
        let value = value.trim().trim_matches('"');
        match term.trim().to_ascii_lowercase().as_str() {
            "q" => liking = (value.parse::<f32>().ok().filter(|q| (0.0..=1.0).contains(q))? * 1000.0) as u16,
            "profile" if !value.split(' ').any(|profile| profile == "https://www.w3.org/ns/activitystreams") => {
                return None;
            }
            _ => {}
        }
    }
    Some((want, liking, !name.contains('*')))
}

impl<S: Send + Sync> FromRequestParts<S> for Want {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_names_one_of_the_three_types_gets_the_document_and_others_the_page() {
        #[rustfmt::skip]
        let rows = [
            ("application/activity+json",                                                                Want::Activity),
            ("application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"",                   Want::Activity),
            ("application/ld+json",                                                                      Want::Activity),
            ("Application/Activity+JSON; charset=utf-8",                                                 Want::Activity),
            ("application/activity+json, application/ld+json",                                           Want::Activity),
            ("text/html, application/activity+json;q=0.9",                                               Want::Page),
            ("text/html;q=0.5, application/activity+json",                                               Want::Activity),
            ("application/activity+json, text/html",                                                     Want::Activity),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",                          Want::Page),
            ("application/json",                                                                         Want::Page),
            ("*/*",                                                                                      Want::Page),
            ("*/*, application/activity+json",                                                           Want::Activity),
            ("*/*, application/activity+json;q=0.9",                                                     Want::Page),
            ("text/html, */*, application/activity+json",                                                Want::Page),
            ("",                                                                                         Want::Page),
            ("application/f3+json",                                                                      Want::F3),
            ("application/f3+json, application/json;q=0.5",                                              Want::F3),
            ("application/activity+json, application/f3+json;q=0.5",                                     Want::Activity),
            ("text/html, application/f3+json;q=0.9, */*;q=0.8",                                          Want::Page),
            ("application/activity+json;q=0",                                                            Want::Page),
            ("application/activity+json;q=nan",                                                          Want::Page),
            ("application/ld+json; profile=\"https://example.org/other\"",                               Want::Page),
            ("application/ld+json; profile=\"https://a.example/x,y https://www.w3.org/ns/activitystreams\"", Want::Activity),
        ];
        for (accept, want) in rows {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, accept.parse().unwrap());
            assert_eq!(Want::of(&headers), want, "{accept}");
        }
        assert_eq!(Want::of(&HeaderMap::new()), Want::Page);
    }

    #[test]
    fn ranges_in_several_lines_count_as_those_in_one() {
        #[rustfmt::skip]
        let rows = [
            (["text/html;q=0.5", "application/activity+json"], Want::Activity),
            (["application/activity+json;q=0.5", "text/html"], Want::Page),
            (["*/*", "application/activity+json"],             Want::Activity),
            (["application/json", "application/ld+json"],      Want::Activity),
        ];
        for (lines, want) in rows {
            let headers: HeaderMap = lines.into_iter().map(|line| (ACCEPT, line.parse().unwrap())).collect();
            assert_eq!(Want::of(&headers), want, "{lines:?}");
        }
    }

    #[test]
    fn only_so_many_ranges_are_looked_at() {
        let mut headers = HeaderMap::new();
        let many = "a/b,".repeat(ACCEPT_RANGES_MAX);
        headers.insert(ACCEPT, format!("{many}application/activity+json").parse().unwrap());
        assert_eq!(Want::of(&headers), Want::Page);
    }
}
