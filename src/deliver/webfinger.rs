//! WebFinger: from a name like `alice@forge.example` to the address of an actor. What comes out is only a claim of the
//! name's host; that the actor goes by that name is for the caller to check in the actor's own document.
//!
//! Sources: RFC 7033, RFC 7565 (`acct:`).

use std::fmt;

use serde::Deserialize;
use url::Url;

use crate::fetch::{Client, FetchError, GetRequest, is_activity_json};
use crate::limits::{ACCT_BYTES_MAX, URL_BYTES_MAX, WEBFINGER_BODY_BYTES_MAX, WEBFINGER_LINKS_MAX};

const ACCEPT: &str = "application/jrd+json, application/json";

/// Why a name leads to no actor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says what its variant and fields are")]
pub enum WebfingerError {
    #[error("expected a name like `alice@forge.example`, found {found:?}")]
    NotAName { found: String },
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("`{host}`: expected a WebFinger answer, found {why}")]
    NotJrd { host: String, why: String },
    #[error("asked for `{expected}`, the answer is about {found:?}")]
    OtherSubject { expected: String, found: String },
    #[error("`{acct}` has no ActivityPub actor")]
    NoActor { acct: String },
    #[error("`{acct}` leads to {found:?}, which is not the URL of an actor")]
    NotAnActorUrl { acct: String, found: String },
    #[error("`{acct}` leads to `{one}`, but `{other_acct}`, which it claims to be, to `{other}`")]
    TwoActors { acct: String, one: String, other_acct: String, other: String },
}

impl WebfingerError {
    /// A short name of the finding. Never changes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAName { .. } => "webfinger-not-a-name",
            Self::Fetch(error) => error.code(),
            Self::NotJrd { .. } => "webfinger-not-jrd",
            Self::OtherSubject { .. } => "webfinger-other-subject",
            Self::NoActor { .. } => "webfinger-no-actor",
            Self::NotAnActorUrl { .. } => "webfinger-not-an-actor-url",
            Self::TwoActors { .. } => "webfinger-two-actors",
        }
    }

    /// Whether asking again later would bring the same.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Fetch(error) => error.is_permanent(),
            _ => true,
        }
    }
}

/// A name at a host. The host is in lower case and without the port 443; the user part keeps its case but does not count
/// it when names are compared.
#[derive(Clone, Debug)]
pub struct Acct {
    user: String,
    authority: String,
}

impl PartialEq for Acct {
    fn eq(&self, other: &Self) -> bool {
        self.authority == other.authority && self.user.eq_ignore_ascii_case(&other.user)
    }
}
impl Eq for Acct {}

impl fmt::Display for Acct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "acct:{}@{}", self.user, self.authority)
    }
}

impl Acct {
    /// Reads `acct:alice@forge.example`, `@alice@forge.example` or `alice@forge.example`; the host may have a port.
    pub fn parse(text: &str) -> Result<Self, WebfingerError> {
        let refused = || WebfingerError::NotAName { found: text.chars().take(100).collect() };
        let trimmed = text.trim();
        let name = trimmed.strip_prefix("acct:").or(trimmed.strip_prefix('@')).unwrap_or(trimmed);
        let (user, authority) = name.split_once('@').filter(|_| text.len() <= ACCT_BYTES_MAX).ok_or_else(refused)?;
        // RFC 7565: unreserved characters, sub-delims and percent signs.
        let is_user = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=%".contains(&byte);
        if user.is_empty() || !user.bytes().all(is_user) {
            return Err(refused());
        }
        // Nothing but a host and a port may stand there, so that the text cannot become another part of the URL.
        let odd = |char: char| char.is_control() || char.is_whitespace() || "/?#@\\".contains(char);
        if authority.is_empty() || authority.contains(odd) {
            return Err(refused());
        }
        let url = Url::parse(&format!("https://{authority}/")).map_err(|_| refused())?;
        // Judged as parsed: other scripts have dots of their own, which become plain ones.
        let host = url.host_str().filter(|host| !host.ends_with('.')).ok_or_else(refused)?;
        let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let acct = Self { user: user.to_owned(), authority };
        if acct.to_string().len() > ACCT_BYTES_MAX { Err(refused()) } else { Ok(acct) }
    }

    /// The part before the `@`.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The host, and the port unless it is 443.
    pub fn authority(&self) -> &str {
        &self.authority
    }
}

/// Where a name leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The name by which the actor wants to be called: the one asked for, or the one it is an alias of.
    pub acct: Acct,
    /// The actor's URL.
    pub actor: Url,
}

/// Asks the name's host for its actor. When the answer is about another name, that name's host is asked too, once, and both
/// must lead to the same actor.
pub async fn resolve(client: &Client, acct: &Acct) -> Result<Found, WebfingerError> {
    let (subject, actor) = ask(client, acct).await?;
    if subject == *acct {
        return Ok(Found { acct: acct.clone(), actor });
    }
    let (confirmed, other) = ask(client, &subject).await?;
    if confirmed != subject {
        return Err(WebfingerError::OtherSubject { expected: subject.to_string(), found: confirmed.to_string() });
    }
    if other != actor {
        let (acct, other_acct) = (acct.to_string(), subject.to_string());
        return Err(WebfingerError::TwoActors { acct, one: actor.into(), other_acct, other: other.into() });
    }
    Ok(Found { acct: subject, actor })
}

/// A JSON Resource Descriptor, as far as we read it.
#[derive(Deserialize)]
struct Jrd {
    #[serde(default)]
    subject: String,
    #[serde(default)]
    links: Vec<Link>,
}

#[derive(Deserialize)]
struct Link {
    #[serde(default)]
    rel: String,
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    href: Option<String>,
    #[serde(default)]
    template: Option<String>,
}

/// Somebody's own server, as they name it: by their name there, by its host, or by a page of theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    authority: String,
    resource: String,
}

impl Home {
    /// Reads `alice@forge.example`, `forge.example` or `https://forge.example/alice`.
    pub fn parse(text: &str) -> Result<Self, WebfingerError> {
        let trimmed = text.trim();
        let refused = || WebfingerError::NotAName { found: text.chars().take(100).collect() };
        if trimmed.starts_with("https://") || trimmed.starts_with("http://") {
            let url = Url::parse(trimmed).map_err(|_| refused())?;
            let host = url.host_str().filter(|_| text.len() <= URL_BYTES_MAX).ok_or_else(refused)?;
            let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
            // Through the same reading as a name: what stands there is a host, and nothing else.
            let authority = Acct::parse(&format!("page@{authority}"))?.authority;
            return Ok(Self { authority, resource: url.into() });
        }
        if trimmed.trim_start_matches('@').contains('@') {
            let acct = Acct::parse(trimmed)?;
            return Ok(Self { resource: acct.to_string(), authority: acct.authority });
        }
        let authority = Acct::parse(&format!("host@{trimmed}"))?.authority;
        Ok(Self { resource: format!("https://{authority}/"), authority })
    }

    /// The host, and the port unless it is 443.
    pub fn authority(&self) -> &str {
        &self.authority
    }
}

/// A link of a WebFinger answer with places to be filled in: where a person's own server takes them to do something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// What it is for.
    pub rel: String,
    /// The address, with its places in braces.
    pub template: String,
}

/// Asks somebody's own server where it takes them. What comes out is what that server says, and is not to be fetched.
pub async fn templates(client: &Client, home: &Home) -> Result<Vec<Template>, WebfingerError> {
    let jrd = answer(client, &home.authority, &home.resource).await?;
    let links = jrd.links.into_iter().take(WEBFINGER_LINKS_MAX);
    // The standard for intents says `template`; some servers write it as `href`.
    let template = |link: Link| Some((link.rel, link.template.or(link.href)?));
    let places = links.filter_map(template).filter(|(_, text)| text.contains('{') && text.len() <= URL_BYTES_MAX);
    Ok(places.map(|(rel, template)| Template { rel, template }).collect())
}

/// One question: whom the answer is about, and that one's actor.
async fn ask(client: &Client, acct: &Acct) -> Result<(Acct, Url), WebfingerError> {
    let jrd = answer(client, &acct.authority, &acct.to_string()).await?;
    let subject = Acct::parse(&jrd.subject).map_err(|_| WebfingerError::OtherSubject {
        expected: acct.to_string(),
        found: jrd.subject.chars().take(100).collect(),
    })?;
    Ok((subject, actor(acct, &jrd.links)?))
}

/// What a host says of a resource.
async fn answer(client: &Client, authority: &str, resource: &str) -> Result<Jrd, WebfingerError> {
    let url = question(client, authority, resource)?;
    let request = GetRequest { body_bytes_max: WEBFINGER_BODY_BYTES_MAX, ..GetRequest::new(&url, ACCEPT) };
    let fetched = client.get(request).await?;
    fetched.require_json()?;
    serde_json::from_slice(&fetched.body)
        .map_err(|error| WebfingerError::NotJrd { host: authority.to_owned(), why: error.to_string() })
}

fn question(client: &Client, authority: &str, resource: &str) -> Result<Url, WebfingerError> {
    let scheme = client.policy().scheme_for(authority);
    let mut url = Url::parse(&format!("{scheme}://{authority}/.well-known/webfinger"))
        .map_err(|_| WebfingerError::NotAName { found: resource.to_owned() })?;
    url.query_pairs_mut().append_pair("resource", resource);
    Ok(url)
}

/// The first link to the actor itself.
fn actor(acct: &Acct, links: &[Link]) -> Result<Url, WebfingerError> {
    let is_actor = |link: &&Link| link.rel == "self" && link.kind.as_deref().is_some_and(is_activity_json);
    let link = links.iter().take(WEBFINGER_LINKS_MAX).find(is_actor);
    let link = link.ok_or_else(|| WebfingerError::NoActor { acct: acct.to_string() })?;
    let href = link.href.as_deref().unwrap_or_default();
    let url = Url::parse(href)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && href.len() <= URL_BYTES_MAX && url.has_host());
    url.ok_or_else(|| WebfingerError::NotAnActorUrl { acct: acct.to_string(), found: href.chars().take(100).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::address::AllowLoopback;
    use crate::fetch::testing::{Answer, Seen, Server, answer};
    use crate::fetch::{Policy, Settings};
    use serde_json::{Value, json};

    fn client() -> Client {
        let policy = Policy { loopback: AllowLoopback::Yes, ..Policy::default() };
        Client::new(Settings { policy, ..Settings::new("pritchel-test/0") }).unwrap()
    }

    fn jrd(value: &Value) -> Answer {
        answer("200 OK", &[("Content-Type", "application/jrd+json; charset=utf-8")], value.to_string())
    }

    fn self_link(href: &str) -> Value {
        json!({"rel": "self", "type": "application/activity+json", "href": href})
    }

    /// A host of names: `alice` is herself, `ally` an alias of hers, the others are wrong in their own way.
    async fn host() -> Server {
        Server::start(|seen: &Seen| {
            let host = seen.header("host").unwrap();
            let url: Url = format!("http://{host}{}", seen.target()).parse().unwrap();
            let resource = url.query_pairs().find(|(name, _)| name == "resource").unwrap().1.into_owned();
            let user = resource.strip_prefix("acct:").unwrap().split('@').next().unwrap().to_owned();
            let alice = format!("https://{host}/people/7");
            let subject = |user: &str| format!("acct:{user}@{host}");
            let html = json!({"rel": "self", "type": "text/html", "href": "https://evil.example/"});
            let profile = json!({"rel": "http://webfinger.net/rel/profile-page", "href": "https://evil.example/"});
            match user.as_str() {
                "alice" | "ALICE" => jrd(&json!({"subject": subject("Alice"), "links": [profile, html, self_link(&alice)]})),
                "ally" => jrd(&json!({"subject": subject("alice"), "links": [self_link(&alice)]})),
                "mallory" => jrd(&json!({"subject": subject("alice"), "links": [self_link("https://evil.example/7")]})),
                "chain" => jrd(&json!({"subject": subject("ally"), "links": [self_link(&alice)]})),
                "page" => jrd(&json!({"subject": subject("page"), "links": [profile, html]})),
                "none" => jrd(&json!({"subject": subject("none")})),
                "nobody" => jrd(&json!({"links": [self_link(&alice)]})),
                "script" => jrd(&json!({"subject": subject("script"), "links": [self_link("javascript:alert(1)")]})),
                "long" => jrd(&json!({"subject": subject("long"), "links": [self_link(&format!("https://a.example/{}", "a".repeat(3000)))]})),
                "list" => jrd(&json!([7])),
                "html" => answer("200 OK", &[("Content-Type", "text/html")], "<p>"),
                "huge" => answer("200 OK", &[("Content-Type", "application/json")], vec![b' '; WEBFINGER_BODY_BYTES_MAX + 1]),
                _ => answer("404 Not Found", &[], ""),
            }
        })
        .await
    }

    #[tokio::test]
    async fn a_name_leads_to_its_actor_or_to_a_reason() {
        let server = host().await;
        let found = async |user: &str| {
            let acct = Acct::parse(&format!("{user}@{}", server.address)).unwrap();
            resolve(&client(), &acct).await.map(|found| (found.acct.user().to_owned(), found.actor.path().to_owned()))
        };
        let row = |user: &str, path: &str| Ok((user.to_owned(), path.to_owned()));
        assert_eq!(found("alice").await, row("alice", "/people/7"));
        assert_eq!(found("ALICE").await, row("ALICE", "/people/7"));
        assert_eq!(found("ally").await, row("alice", "/people/7"), "an alias, confirmed");
        #[rustfmt::skip]
        let rows = [
            ("mallory", "webfinger-two-actors"),
            ("chain",   "webfinger-other-subject"),
            ("nobody",  "webfinger-other-subject"),
            ("page",    "webfinger-no-actor"),
            ("none",    "webfinger-no-actor"),
            ("script",  "webfinger-not-an-actor-url"),
            ("long",    "webfinger-not-an-actor-url"),
            ("list",    "webfinger-not-jrd"),
            ("html",    "fetch-content-type"),
            ("huge",    "fetch-too-large"),
            ("unknown", "fetch-status"),
        ];
        for (user, code) in rows {
            let error = found(user).await.unwrap_err();
            assert_eq!((error.code(), error.is_permanent()), (code, true), "{user}");
        }
    }

    #[tokio::test]
    async fn a_persons_own_server_says_where_it_takes_them() {
        let server = Server::start(|seen: &Seen| {
            let links = json!([
                {"rel": "self", "type": "application/activity+json", "href": "https://a.example/7"},
                {"rel": "subscribe", "template": "https://a.example/follow?uri={uri}"},
                {"rel": "intent", "href": "https://a.example/like?id={object}"},
                {"rel": "long", "template": format!("https://a.example/{}{{uri}}", "a".repeat(3000))},
            ]);
            match seen.target().contains("nobody") {
                true => answer("404 Not Found", &[], ""),
                false => jrd(&json!({"subject": "acct:x@a.example", "links": links})),
            }
        })
        .await;
        let ask = async |text: String| templates(&client(), &Home::parse(&text).unwrap()).await;
        let template = |rel: &str, text: &str| Template { rel: rel.to_owned(), template: text.to_owned() };
        let expected = [
            template("subscribe", "https://a.example/follow?uri={uri}"),
            template("intent", "https://a.example/like?id={object}"),
        ];
        for text in [
            format!("alice@{}", server.address),
            server.address.to_string(),
            format!("http://{}/@alice", server.address),
        ] {
            assert_eq!(ask(text).await.as_deref(), Ok(&expected[..]));
        }
        assert_eq!(ask(format!("nobody@{}", server.address)).await.unwrap_err().code(), "fetch-status");
    }

    #[test]
    fn a_home_is_named_in_three_ways() {
        #[rustfmt::skip]
        let rows = [
            ("@alice@Forge.example",         "forge.example",      "acct:alice@forge.example"),
            ("forge.example",                "forge.example",      "https://forge.example/"),
            (" forge.example:8443 ",         "forge.example:8443", "https://forge.example:8443/"),
            ("https://forge.example/@alice", "forge.example",      "https://forge.example/@alice"),
        ];
        for (text, authority, resource) in rows {
            let expected = Home { authority: authority.to_owned(), resource: resource.to_owned() };
            assert_eq!(Home::parse(text), Ok(expected), "{text}");
        }
        for bad in ["", "@", "alice@", "a b", "forge.example/x", "https://", "javascript:alert(1)", "a@b@c.example"] {
            assert!(Home::parse(bad).is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn the_question_is_asked_as_the_standard_says() {
        let server = host().await;
        let acct = Acct::parse(&format!("acct:a+b@{}", server.address)).unwrap();
        resolve(&client(), &acct).await.unwrap_err();
        let seen = &server.seen()[0];
        let port = server.address.port();
        assert_eq!(seen.target(), format!("/.well-known/webfinger?resource=acct%3Aa%2Bb%40127.0.0.1%3A{port}"));
        assert_eq!(seen.header("accept"), Some(ACCEPT));
        let strict = Client::new(Settings::new("pritchel-test/0")).unwrap();
        assert_eq!(resolve(&strict, &acct).await.unwrap_err().code(), "fetch-address-not-public");
    }

    #[test]
    fn names_are_read_in_the_forms_people_write() {
        #[rustfmt::skip]
        let rows = [
            ("alice@forge.example",            "acct:alice@forge.example"),
            ("@alice@forge.example",           "acct:alice@forge.example"),
            ("acct:alice@forge.example",       "acct:alice@forge.example"),
            (" alice@Forge.Example ",          "acct:alice@forge.example"),
            ("Alice.B-c_d@forge.example:443",  "acct:Alice.B-c_d@forge.example"),
            ("alice@forge.example:8443",       "acct:alice@forge.example:8443"),
            ("alice@[::1]:3000",               "acct:alice@[::1]:3000"),
            ("alice@b\u{fc}cher.example",      "acct:alice@xn--bcher-kva.example"),
        ];
        for (text, expected) in rows {
            assert_eq!(Acct::parse(text).unwrap().to_string(), expected);
        }
        let long = format!("{}@forge.example", "a".repeat(512));
        for bad in
            ["", "alice", "@alice", "alice@", "@forge.example", "a b@forge.example", "alice@forge example", &long]
                .into_iter()
                .chain([
                    "alice@forge.example/x",
                    "alice@bob@forge.example",
                    "alice@forge.example?x",
                    "alice@forge.example#x",
                ])
                .chain([
                    "alice@forge.example.",
                    "alice@forge.example:99999",
                    "\u{e9}@forge.example",
                    "https://forge.example/@alice",
                    "alice@forge.example\u{3002}",
                    "alice@forge.\nexample",
                ])
        {
            assert_eq!(Acct::parse(bad).map_err(|error| error.code()), Err("webfinger-not-a-name"), "{bad:?}");
        }
    }

    #[test]
    fn names_are_equal_whatever_their_case() {
        let acct = |text| Acct::parse(text).unwrap();
        assert_eq!(acct("alice@forge.example"), acct("ALICE@FORGE.example"));
        assert_ne!(acct("alice@forge.example"), acct("alice@forge.example:8443"));
        assert_ne!(acct("alice@forge.example"), acct("alicia@forge.example"));
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]
        #[test]
        fn no_name_makes_the_parser_panic_and_what_it_reads_it_reads_again(text in "@?[a-z%+.]{0,6}@?\\PC{0,30}") {
            if let Ok(acct) = Acct::parse(&text) {
                proptest::prop_assert_eq!(Acct::parse(&acct.to_string()).unwrap().to_string(), acct.to_string());
            }
        }
    }
}
