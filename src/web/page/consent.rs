//! The page that asks whether an application may act for who is signed in.

use crate::answer::WebResult;
use crate::page::shell::page;
use crate::page::visit::{Frame, Visit};
use askama::Template;
use http::header::CONTENT_SECURITY_POLICY;
use http::{HeaderValue, Response};
use pritchel_actors::person::rows::Scope;

/// What an application asks for.
#[derive(Clone, Debug)]
pub struct Consent {
    /// What the application calls itself. Nobody has proved it.
    pub client: String,
    /// Where the browser goes afterwards.
    pub redirect_uri: String,
    /// What it asks to do.
    pub scopes: Vec<Scope>,
    /// Where the form is posted: a path of this site.
    pub action: String,
    /// Fields that the form carries unchanged.
    pub hidden: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'a> {
    frame: &'a Frame,
    me: &'a str,
    ask: &'a Consent,
    to: &'a str,
    may: Vec<&'static str>,
}

/// Asks whoever is signed in; others are sent to sign in first. The form posts `csrf`, to be checked by
/// [`Fields::checked`](crate::page::fields::Fields::checked), the hidden fields, and `answer`, which is `yes` or `no`.
pub async fn consent(visit: &Visit, ask: &Consent) -> WebResult {
    let me = visit.signed_in()?;
    let to = pritchel_actors::common::naming::origin_of(&ask.redirect_uri);
    let may = ask.scopes.iter().map(|scope| match scope {
        Scope::Read => "read what you may read, your inbox included",
        Scope::Write => "publish as you: open tickets, comment, follow, invite, create and delete",
        Scope::Git => "push and fetch by git as you",
    });
    let frame = visit.frame().await?;
    let mut response: Response<_> = page(&ConsentPage { frame: &frame, me: me.shown(), ask, to, may: may.collect() })?;
    // Browsers hold `form-action` against the redirect that follows a form, too.
    let plain = to.bytes().all(|b| b.is_ascii_graphic() && !b";,'\"*".contains(&b)) && to.contains("://");
    let policy = match plain {
        true => crate::page::shell::POLICY.replace("form-action 'self'", &format!("form-action 'self' {to}")),
        false => crate::page::shell::POLICY.replace("form-action 'self'; ", ""),
    };
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}
