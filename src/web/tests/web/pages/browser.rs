//! A browser: it keeps one cookie, sends forms as browsers do, and reads what it is shown.

use crate::world::{Answer, World};
use http::Method;
use pritchel_actor::{ActorId, Outcome};
use pritchel_actors::Person;
use pritchel_actors::common::naming::key;
use pritchel_actors::person::OpenSession;
use pritchel_web::csrf;
use pritchel_web::viewer::hash_of;

/// The name of the session's cookie.
pub const COOKIE: &str = "__Host-pritchel";

/// The name of the cookie by which a browser is known.
pub const KNOWN: &str = "__Host-pritchel-known";

/// A browser.
pub struct Browser<'w> {
    world: &'w World,
    /// What the cookie holds.
    pub cookie: Option<String>,
    /// What the cookie holds by which it is known.
    pub known: Option<String>,
    /// Its address, if it has one.
    pub from: Option<&'static str>,
}

impl<'w> Browser<'w> {
    /// Of nobody.
    pub fn new(world: &'w World) -> Self {
        Self { world, cookie: None, known: None, from: None }
    }

    /// Of somebody who is signed in.
    pub async fn of(world: &'w World, person: &ActorId) -> Self {
        Self::until(world, person, world.front.ports.now() + 1000).await
    }

    /// Of somebody who is signed in until then.
    pub async fn until(world: &'w World, person: &ActorId, until: i64) -> Self {
        let secret = format!("secret-of-{}", key(person));
        let open = OpenSession { hash: hash_of(&secret), until, browser: Some("a test".into()) };
        assert_eq!(world.front.node.call::<Person, _>(person, person, open).await, Ok(Outcome::Done(())));
        Self { cookie: Some(format!("{}.{secret}", key(person))), ..Self::new(world) }
    }

    /// The same at an address.
    pub fn at(self, from: &'static str) -> Self {
        Self { from: Some(from), ..self }
    }

    fn cookies(&self) -> String {
        let named = [(COOKIE, &self.cookie), (KNOWN, &self.known)];
        let sent = named.into_iter().filter_map(|(name, held)| Some(format!("; {name}={}", held.as_ref()?)));
        format!("a=b{}", sent.collect::<String>())
    }

    /// Looks at a page.
    pub async fn get(&self, target: &str) -> Answer {
        let mut ask = self.world.ask(Method::GET, target).with("accept", "text/html,*/*;q=0.8");
        if let Some(from) = self.from {
            ask = ask.from(from);
        }
        let answer = ask.with("cookie", &self.cookies()).answer().await;
        self.world.settle().await;
        answer
    }

    /// Looks at a page that must be there.
    pub async fn sees(&self, target: &str) -> String {
        let answer = self.get(target).await;
        assert_eq!(answer.status, 200, "{target}: {}", answer.text());
        answer.text()
    }

    /// Sends a form of a page of ours, and keeps the cookie that comes back.
    pub async fn post(&mut self, target: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.cookie.as_deref().map(csrf::token_of).unwrap_or_default();
        let mut all = vec![(csrf::FIELD, token.as_str())];
        all.extend_from_slice(fields);
        let answer = self.send(target, &all, Some("same-origin")).await;
        for set in answer.headers.get_all("set-cookie") {
            let (name, value) = set.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            let held = if name == KNOWN { &mut self.known } else { &mut self.cookie };
            *held = Some(value.to_owned()).filter(|value| !value.is_empty());
        }
        answer
    }

    /// Sends exactly these fields, with what the browser says about where they come from.
    pub async fn send(&self, target: &str, fields: &[(&str, &str)], site: Option<&str>) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut ask = self.world.ask(Method::POST, target).with("accept", "text/html").with("cookie", &self.cookies());
        if let Some(from) = self.from {
            ask = ask.from(from);
        }
        if let Some(site) = site {
            ask = ask.with("sec-fetch-site", site);
        }
        let answer = ask.body("application/x-www-form-urlencoded", body).answer().await;
        self.world.settle().await;
        answer
    }

    /// Sends a form with a file, with the session's token before it or without.
    pub async fn upload(&mut self, target: &str, file: &[u8], with_token: bool) -> Answer {
        let none = (csrf::FIELD, "");
        let fields = if with_token { &[][..] } else { &[none] };
        self.parts(target, fields, Some(("me.png", file))).await
    }

    /// Sends a form in parts, with a file in it if there is one; a field that is named here stands in place of the session's token.
    /// - `file`: its name, and what it holds
    pub async fn parts(&mut self, target: &str, fields: &[(&str, &str)], file: Option<(&str, &[u8])>) -> Answer {
        let token = self.cookie.as_deref().map(csrf::token_of).unwrap_or_default();
        let head = |name: &str| format!("--parted\r\ncontent-disposition: form-data; name=\"{name}\"");
        let mut body = Vec::new();
        for (name, value) in [&[(csrf::FIELD, token.as_str())], fields].concat() {
            body.extend_from_slice(format!("{}\r\n\r\n{value}\r\n", head(name)).as_bytes());
        }
        let (name, bytes) = file.unwrap_or_default();
        body.extend_from_slice(format!("{}; filename=\"{name}\"\r\n\r\n", head("file")).as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n--parted--\r\n");
        let ask = self.world.ask(Method::POST, target).with("accept", "text/html").with("cookie", &self.cookies());
        let ask = ask.with("sec-fetch-site", "same-origin");
        let answer = ask.body("multipart/form-data; boundary=parted", body).answer().await;
        self.world.settle().await;
        answer
    }

    /// Sends a form that must be done, and gives the page it leads to.
    pub async fn does(&mut self, target: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.post(target, fields).await;
        assert_eq!(answer.status, 303, "{target}: {}", answer.text());
        answer.header("location").to_owned()
    }
}
