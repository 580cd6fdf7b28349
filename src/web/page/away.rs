//! From here to a visitor's own server, and from other servers to ours: whoever is not signed in here and wants to follow, star,
//! fork, comment or open something does it at home, with the thing in hand.
//! - [`show`], [`go`]: the visitor says where home is; that server says where it takes them
//! - [`authorize`]: our own people, sent here by another server; nothing is done but by a form of ours
//!
//! Source: FEP-3b86, "Activity Intents"; OStatus, "subscribe"; RFC 7033.

use crate::answer::{WebError, WebResult};
use crate::domains::{naming, of_actor};
use crate::limits::{HOME_BYTES_MAX, LOOKED_UP_CHARS_MAX, URL_FILLED_BYTES_MAX};
use crate::page::Desks;
use crate::page::fields::{Fields, Posted, wrong};
use crate::page::parts::Why;
use crate::page::shell::{error, page_of, with};
use crate::page::visit::{Frame, Visit};
use crate::page::who::{Names, href};
use crate::ports::IntentTemplate;
use crate::tries::Trier;
use askama::Template;
use axum::extract::{ConnectInfo, Extension};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use pritchel_actor::ActorId;
use std::net::SocketAddr;
use std::sync::Arc;

/// What can be done from home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Follow,
    Star,
    Comment,
    Open,
    Fork,
    Merge,
}

/// The relation by which servers are asked that know no intents.
const SUBSCRIBE: &str = "http://ostatus.org/schema/1.0/subscribe";
/// What the relations of intents begin with.
const INTENTS: &str = "https://w3id.org/fep/3b86/";

impl Deed {
    const ALL: [Self; 6] = [Self::Follow, Self::Star, Self::Comment, Self::Open, Self::Fork, Self::Merge];

    fn word(self) -> &'static str {
        match self {
            Self::Follow => "follow",
            Self::Star => "star",
            Self::Comment => "comment",
            Self::Open => "open",
            Self::Fork => "fork",
            Self::Merge => "merge",
        }
    }

    fn of(word: Option<&str>) -> Self {
        Self::ALL.into_iter().find(|deed| Some(deed.word()) == word).unwrap_or(Self::Follow)
    }

    /// What the page is called.
    fn title(self) -> &'static str {
        match self {
            Self::Follow => "Follow",
            Self::Star => "Star",
            Self::Comment => "Comment on",
            Self::Open => "Open a ticket in",
            Self::Fork => "Fork",
            Self::Merge => "Offer a merge request to",
        }
    }

    /// The types of intents that do it, the fittest first. A page that shows the thing has the forms for it.
    fn intents(self) -> &'static [&'static str] {
        match self {
            Self::Follow => &["Follow", "Object"],
            Self::Star => &["Like", "Object"],
            Self::Comment => &["Create", "Object"],
            Self::Open | Self::Fork | Self::Merge => &["Object"],
        }
    }
}

#[derive(Template)]
#[template(path = "away.html")]
struct Away<'a> {
    frame: &'a Frame,
    deed: &'static str,
    title: &'static str,
    uri: &'a str,
    name: String,
    /// Where it is here.
    place: String,
    home: &'a str,
    host: &'a str,
    wrong: Option<Why>,
    /// Where the visitor's own server takes them.
    to: Option<(String, String)>,
}

/// The thing in hand: something of ours, or the page would lead anybody anywhere.
fn thing<'a>(visit: &Visit, uri: Option<&'a str>) -> WebResult<&'a str> {
    let expected = || WebError::malformed("expected the address of something of this server as `uri`");
    let uri = uri.ok_or_else(expected)?;
    let plain = uri.len() <= LOOKED_UP_CHARS_MAX && uri.bytes().all(|byte| byte.is_ascii_graphic());
    if plain && of_actor(&visit.front.settings, &ActorId::new(uri)).is_some() { Ok(uri) } else { Err(expected()) }
}

/// `GET /away?do=…&uri=…`: asks where the visitor is at home.
pub async fn show(visit: Visit) -> Response {
    let shown = async {
        let uri = thing(&visit, visit.asked("uri"))?;
        if visit.me.is_some() {
            return Ok(Redirect::to(&href(&visit, uri)).into_response());
        }
        form(&visit, Deed::of(visit.asked("do")), uri, "", Ok(None)).await
    };
    shown.await.unwrap_or_else(|wrong| error(&visit, wrong))
}

async fn form(
    visit: &Visit,
    deed: Deed,
    uri: &str,
    home: &str,
    found: Result<Option<(String, String)>, WebError>,
) -> WebResult {
    let (status, to, wrong, headers) = match found {
        Ok(to) => (StatusCode::OK, to, None, Vec::new()),
        Err(wrong) => (wrong.status, None, Some(Why::of(&wrong.code, &wrong.detail)), wrong.headers),
    };
    let name = Names::new(visit).who(&ActorId::new(uri)).await.label;
    let mut response = page_of(
        status,
        &Away {
            frame: &Frame { here: href(visit, uri), ..Frame::plain(visit) },
            deed: deed.word(),
            title: deed.title(),
            uri,
            name,
            place: href(visit, uri),
            home,
            host: visit.site.shown(),
            wrong,
            to,
        },
    )?;
    response.headers_mut().extend(headers);
    Ok(response)
}

/// `POST /away`: asks the visitor's own server where it takes them, and leads there.
pub async fn go(
    visit: Visit,
    Extension(desks): Extension<Arc<Desks>>,
    from: Option<Extension<ConnectInfo<SocketAddr>>>,
    Posted(body): Posted,
) -> Response {
    let answer = async {
        let fields = Fields::checked(&visit, &body)?;
        let uri = thing(&visit, fields.text("uri"))?;
        let (deed, home) = (Deed::of(fields.text("do")), fields.text("home").unwrap_or_default());
        let from = from.map(|Extension(ConnectInfo(from))| from.ip());
        let found = match desks.away.count("away", Trier::Stranger(from)) {
            Ok(_) => place(&visit, deed, uri, home).await.map(Some),
            Err(often) => Err(often),
        };
        form(&visit, deed, uri, home, found).await
    };
    answer.await.unwrap_or_else(|wrong| error(&visit, wrong))
}

/// The host of a visitor's own server and where it takes them.
async fn place(visit: &Visit, deed: Deed, uri: &str, home: &str) -> WebResult<(String, String)> {
    if home.is_empty() || home.len() > HOME_BYTES_MAX {
        return Err(wrong("expected your name on your own server, such as `you@forge.example`, or its host"));
    }
    let host = home.rsplit('@').next().unwrap_or(home).to_ascii_lowercase();
    if let Some(domain) = naming(&visit.front.settings, &host) {
        let path = with(&[("do", deed.word()), ("uri", uri)], "/authorize_interaction");
        return Ok((domain.shown().to_owned(), format!("{}{path}", domain.origin)));
    }
    let offered = visit.front.ports.home(home.to_owned()).await;
    let offered = offered.map_err(|why| WebError::new(StatusCode::UNPROCESSABLE_ENTITY, why.code, why.detail))?;
    let chosen = chosen(&offered, deed, uri);
    chosen.ok_or_else(|| {
        let detail = format!("{host} does not say where it takes its people: look there for {uri}");
        WebError::new(StatusCode::UNPROCESSABLE_ENTITY, "no-intents", detail)
    })
}

/// The host and the address of the fittest page that a server offers.
fn chosen(offered: &[IntentTemplate], deed: Deed, uri: &str) -> Option<(String, String)> {
    let intents = deed.intents().iter().map(|name| format!("{INTENTS}{name}")).chain([SUBSCRIBE.to_owned()]);
    let fitting = intents.flat_map(|rel| offered.iter().filter(move |one| one.rel.eq_ignore_ascii_case(&rel)));
    fitting.filter_map(|one| filled(&one.template, uri)).next()
}

/// A template with the thing in its place and nothing in the others, if it has a place for it and leads to a web page.
fn filled(template: &str, uri: &str) -> Option<(String, String)> {
    let (mut text, mut rest, mut holds) = (String::new(), template, false);
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        text.push_str(before);
        let named = ["uri", "object", "id", "inReplyTo"].iter().any(|known| name.eq_ignore_ascii_case(known));
        // Whoever has done it, or not, is led back to where they came from.
        if named || ["on-success", "on-cancel"].contains(&name) {
            text.extend(url::form_urlencoded::byte_serialize(uri.as_bytes()));
        }
        holds |= named;
        rest = after;
    }
    text.push_str(rest);
    let url = url::Url::parse(&text).ok().filter(|_| holds && text.len() <= URL_FILLED_BYTES_MAX)?;
    let host = url.host_str()?.to_owned();
    let web =
        url.scheme() == "https" || (url.scheme() == "http" && ["127.0.0.1", "localhost", "[::1]"].contains(&&*host));
    let plain = url.username().is_empty() && url.password().is_none();
    (web && plain).then(|| (host, url.into()))
}

/// `GET /authorize_interaction?uri=…&do=…&text=…`: somebody of ours pressed something on another server. Whoever is signed in is
/// shown it here, with the forms for it; nothing is fetched for anybody else, and nothing is ever done.
pub async fn authorize(visit: Visit) -> Response {
    let uri = visit.asked("uri").or(visit.asked("object")).or(visit.asked("acct")).unwrap_or_default().to_owned();
    if visit.me.is_none() {
        let back: Vec<(&str, &str)> = [("uri", Some(&*uri)), ("do", visit.asked("do")), ("text", visit.asked("text"))]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect();
        let back = with(&back, "/authorize_interaction");
        return Redirect::to(&with(&[("back", &back)], "/login")).into_response();
    }
    let deed = visit.asked("do").map(|word| Deed::of(Some(word)));
    let mut fields = vec![("q", &*uri)];
    fields.extend(deed.map(|deed| ("do", deed.word())));
    fields.extend(visit.asked("text").filter(|text| !text.is_empty()).map(|text| ("text", text)));
    let anchor = match deed {
        Some(Deed::Comment) => "#comment",
        Some(Deed::Open) => "#open",
        _ => "",
    };
    Redirect::to(&format!("{}{anchor}", with(&fields, "/look"))).into_response()
}

/// What the page that shows something says to whoever was sent to it.
pub fn hint(word: Option<&str>) -> Option<&'static str> {
    let deed = Deed::ALL.into_iter().find(|deed| Some(deed.word()) == word)?;
    Some(match deed {
        Deed::Follow => "Here it is: press “Follow”.",
        Deed::Star => "Here it is: press “Star”.",
        Deed::Comment => "Here it is: write your comment below.",
        Deed::Open => "Here it is: open your ticket below.",
        Deed::Fork => "Here it is: “Fork” makes your copy.",
        Deed::Merge => "Here it is: offer your branch below.",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const THING: &str = "https://a.example/trackers/t?x=1&y=é";

    fn offered(rows: &[(&str, &str)]) -> Vec<IntentTemplate> {
        let template = |(rel, template): &(&str, &str)| IntentTemplate {
            rel: (*rel).to_owned(),
            template: (*template).to_owned(),
        };
        rows.iter().map(template).collect()
    }

    #[test]
    fn a_template_is_filled_with_the_thing_and_with_nothing_else() {
        let uri = "https%3A%2F%2Fa.example%2Ftrackers%2Ft%3Fx%3D1%26y%3D%C3%A9";
        let rows = [
            ("https://b.example/x?uri={uri}", Some(format!("https://b.example/x?uri={uri}"))),
            ("https://b.example/x?o={object}&t={content}", Some(format!("https://b.example/x?o={uri}&t="))),
            ("http://127.0.0.1:3000/x?o={object}", Some(format!("http://127.0.0.1:3000/x?o={uri}"))),
            ("https://b.example/x", None),
            ("https://b.example/x?t={content}", None),
            ("https://b.example/x?uri={uri", None),
            ("http://b.example/x?uri={uri}", None),
            ("javascript:alert('{uri}')", None),
            ("data:text/html,{uri}", None),
            ("https://u:p@b.example/{uri}", None),
            ("//b.example/{uri}", None),
        ];
        for (template, expected) in rows {
            assert_eq!(filled(template, THING).map(|(_, url)| url), expected, "{template}");
        }
    }

    #[test]
    fn the_fittest_page_is_chosen_and_the_oldest_relation_comes_last() {
        let all = offered(&[
            (SUBSCRIBE, "https://b.example/old?uri={uri}"),
            ("https://w3id.org/fep/3b86/Object", "https://b.example/show?o={object}"),
            ("https://w3id.org/fep/3b86/like", "https://b.example/like?o={object}"),
        ]);
        let path = |deed: Deed, offered: &[IntentTemplate]| {
            chosen(offered, deed, THING).map(|(_, to)| to.split('?').next().unwrap_or_default().to_owned())
        };
        assert_eq!(path(Deed::Star, &all).as_deref(), Some("https://b.example/like"));
        assert_eq!(path(Deed::Follow, &all).as_deref(), Some("https://b.example/show"));
        assert_eq!(path(Deed::Fork, &all[..1]).as_deref(), Some("https://b.example/old"));
        assert_eq!(path(Deed::Follow, &all[2..]), None);
    }
}
