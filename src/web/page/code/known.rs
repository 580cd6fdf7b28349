//! What a browser has already: pages of code are known by the objects they show, and by whatever else stands on them, so whoever
//! has a page is told so before anything is worked out.

use crate::etag;
use crate::limits::{AGO_KEPT_S, COMMIT_KEPT_S};
use crate::page::assets::css_path;
use crate::page::head::Head;
use crate::page::sent;
use crate::page::visit::Visit;
use crate::viewer::hash_of;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, ETAG, HeaderValue, IF_NONE_MATCH, VARY};
use http::{HeaderMap, HeaderName, StatusCode};
use std::fmt::Debug;

/// What all that stands around the content of a page is known by.
#[derive(Clone, Debug)]
pub struct Around {
    known: String,
    /// What the browser says that it has.
    has: HeaderMap,
    stranger: bool,
}

/// What a page is known by.
#[derive(Clone, Debug)]
pub struct Tag {
    tag: String,
    has: HeaderMap,
    /// Whether it stays as it is: it was asked for by the id of a commit, by somebody who is not signed in.
    stays: bool,
}

impl Around {
    /// For this visit of a page of this repository.
    pub fn of(visit: &Visit, head: &Head) -> Self {
        let me = visit.me.as_ref().map(|me| (&me.session, me.shown()));
        // Times are told as how long ago they were.
        let ago = visit.front.ports.now() / AGO_KEPT_S;
        let known = format!("{head:?} {:?} {me:?} {:?} {} {} {ago}", visit.domain, visit.query, visit.path, css_path());
        let mut has = HeaderMap::new();
        // What came of a form is told once.
        if visit.asked(sent::ITEM).is_none() {
            has.extend(visit.headers.get_all(IF_NONE_MATCH).iter().map(|tag| (IF_NONE_MATCH, tag.clone())));
        }
        Self { known, has, stranger: visit.me.is_none() }
    }

    /// With the content.
    /// - `content`: the ids of objects
    /// - `stays`: whether the address names nothing that moves
    pub fn with(&self, content: impl Debug, stays: bool) -> Tag {
        let hash = hash_of(&format!("{} {content:?}", self.known));
        Tag { tag: format!("W/\"{}\"", &hash[..32]), has: self.has.clone(), stays: stays && self.stranger }
    }
}

impl Tag {
    /// Whether the browser has it.
    pub fn is_had(&self) -> bool {
        etag::is_had(&self.has, &self.tag)
    }

    /// That it has it.
    pub fn had(&self) -> Response {
        self.on(StatusCode::NOT_MODIFIED.into_response())
    }

    /// An answer with what it is known by, and for how long it may be kept.
    pub fn on(&self, mut response: Response) -> Response {
        let keep = match self.stays {
            true => format!("public, max-age={COMMIT_KEPT_S}"),
            false => "private, no-cache".to_owned(),
        };
        let headers = response.headers_mut();
        for (name, value) in [(ETAG, &self.tag), (CACHE_CONTROL, &keep)] {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        }
        headers.insert(VARY, HeaderValue::from_static("accept, cookie, sec-fetch-dest"));
        if self.stays {
            headers.insert(ROBOTS, HeaderValue::from_static("noindex, nofollow"));
        }
        response
    }
}

/// What crawlers are asked to leave out.
const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// A page that is much work: crawlers that come by it all the same are asked to go.
pub fn not_for_crawlers(mut response: Response) -> Response {
    response.headers_mut().insert(ROBOTS, HeaderValue::from_static("noindex, nofollow"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(has: Option<&str>, stranger: bool) -> Around {
        let has = has.map(|has| (IF_NONE_MATCH, has.parse().unwrap())).into_iter().collect();
        Around { known: "x".to_owned(), has, stranger }
    }

    #[test]
    fn whoever_has_a_page_is_told_so_and_whoever_has_another_is_not() {
        let tag = around(None, true).with((1, 2), false);
        assert!(!tag.is_had());
        let has = format!("\"other\", {}", tag.tag);
        assert!(around(Some(&has), true).with((1, 2), false).is_had());
        assert!(around(Some(tag.tag.trim_start_matches("W/")), true).with((1, 2), false).is_had());
        assert!(!around(Some(&has), true).with((1, 3), false).is_had());
    }

    #[test]
    fn only_what_strangers_see_of_a_commit_is_kept_by_others() {
        let keep = |stranger: bool, stays: bool| {
            let response = around(None, stranger).with(1, stays).on(StatusCode::OK.into_response());
            response.headers()[CACHE_CONTROL].to_str().unwrap().to_owned()
        };
        assert_eq!(keep(true, true), format!("public, max-age={COMMIT_KEPT_S}"));
        for (stranger, stays) in [(true, false), (false, true), (false, false)] {
            assert_eq!(keep(stranger, stays), "private, no-cache");
        }
    }
}
