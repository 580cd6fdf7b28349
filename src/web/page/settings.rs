//! A person's own settings: profile, password, sessions, access tokens, SSH keys; and, for an administrator, those of the domain.
//! What is about tokens is in [`tokens`], what is about who joins in [`registration`].

use crate::answer::{WebError, WebResult, of_change};
use crate::git::openpgp::PgpKeyText;
use crate::git::signer::may_add_pgp;
use crate::git::ssh_keys::may_add;
use crate::limits::{PASSWORD_CHARS_MIN, SHOWN_ITEMS};
use crate::page::fields::{Fields, Posted, wrong};
use crate::page::parts::{Day, When, Who};
use crate::page::profile::Portrait;
use crate::page::shell::{error, page};
use crate::page::tokens::TokenRow;
use crate::page::views::Sessions;
use crate::page::visit::{Frame, Me, Visit};
use crate::page::who::Names;
use crate::page::{Desks, agent, own_data, profile, registration, tokens};
use crate::ssh_key::{self, SshKeyLine};
use crate::tries::Trier;
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Extension, Path};
use axum::response::{IntoResponse, Redirect, Response};
use pritchel_actor::Method;
use pritchel_actors::Person;
use pritchel_actors::common::text::Html;
use pritchel_actors::domain::DomainSettings;
use pritchel_actors::limits::{PROFILE_FIELDS_MAX, SSH_KEY_NAME_CHARS_MAX};
use pritchel_actors::person::rows::Permit;
use pritchel_actors::person::rows::PgpKey;
use pritchel_actors::person::view::{Credentials, ViewDesk, ViewPgpKeys, ViewSshKeys};
use pritchel_actors::person::{
    AddPgpKey, AddSshKey, CloseSession, CloseSessions, DropPgpKey, DropSshKey, DropToken, PersonCall, SetPassword,
    SetPicture, TakeAssignments,
};
use std::sync::Arc;

struct SshKeyRow {
    fingerprint: String,
    shown: String,
    kind: String,
    name: String,
    since: When,
}

struct PgpKeyRow {
    fingerprint: String,
    shown: String,
    name: String,
    since: When,
}

struct SessionRow {
    hash: String,
    browser: String,
    since: When,
    /// The day on which it was last seen.
    seen: Day,
    this: bool,
}

#[derive(Template)]
#[template(path = "settings.html")]
struct Settings<'a> {
    frame: &'a Frame,
    me: &'a Me,
    summary: String,
    portrait: Portrait,
    /// Lines of the profile: those that are there, and as many empty ones as there may be more.
    lines: Vec<(String, String)>,
    tokens: Vec<TokenRow>,
    /// Repositories that a token can be restricted to.
    repositories: Vec<Who>,
    ssh_keys: Vec<SshKeyRow>,
    /// Whether this server speaks SSH itself; a key is of use elsewhere too.
    ssh: bool,
    pgp_keys: Vec<PgpKeyRow>,
    sessions: Vec<SessionRow>,
    /// A token that was just made: it is shown once.
    made: Option<String>,
    least: usize,
    domain: Option<&'a DomainSettings>,
    /// Whether there is a page about who joins for this person.
    joining: bool,
    host: &'a str,
}

impl Settings<'_> {
    /// Whether this is how one registers, by its word.
    fn registers(&self, word: &str) -> bool {
        self.domain.is_some_and(|domain| domain.registration().word() == word)
    }
}

/// `GET /settings`.
pub async fn show(visit: Visit) -> Response {
    match settings(&visit, None).await {
        Ok(response) => response,
        Err(refused) => error(&visit, refused),
    }
}

async fn settings(visit: &Visit, made: Option<String>) -> WebResult {
    let me = visit.signed_in()?;
    let node = &visit.front.node;
    let desk = node.look::<Person, _>(&me.id, &ViewDesk { viewer: visit.viewer(), limit: 4 * SHOWN_ITEMS }).await?;
    let sessions = node.look::<Person, _>(&me.id, &Sessions { viewer: me.id.clone(), limit: 4 * SHOWN_ITEMS }).await?;
    let (mut names, now) = (Names::new(visit), visit.front.ports.now());
    let tokens = tokens::listed(&mut names, now, desk.tokens).await;
    let permits: Vec<Permit> = desk.permits.into_iter().map(|(_, permit)| permit).collect();
    let repositories = tokens::choices(visit, &mut names, &permits, now).await;
    let ssh_keys =
        node.look::<Person, _>(&me.id, &ViewSshKeys).await?.into_iter().map(|(fingerprint, key)| SshKeyRow {
            shown: ssh_key::shown(&fingerprint),
            fingerprint,
            kind: key.content.split(' ').next().unwrap_or_default().to_owned(),
            name: key.name,
            since: When(key.since),
        });
    let mut sessions: Vec<SessionRow> = sessions
        .into_iter()
        .map(|(hash, session)| SessionRow {
            this: hash == me.session,
            hash,
            browser: agent::short(session.browser.as_deref()),
            since: When(session.since),
            seen: Day(session.seen.unwrap_or(session.since)),
        })
        .collect();
    sessions.sort_by_key(|row| (!row.this, std::cmp::Reverse(row.since.0)));
    let frame = visit.frame().await?;
    page(&Settings {
        frame: &frame,
        me,
        summary: me.person.summary_source.clone().unwrap_or_else(|| plain(me)),
        portrait: Portrait::of(&me.id, &me.person),
        lines: lines(me),
        tokens,
        repositories,
        ssh_keys: ssh_keys.collect(),
        ssh: visit.front.settings.ssh_port.is_some(),
        pgp_keys: pgp_keys(visit, me).await?,
        sessions,
        made,
        least: PASSWORD_CHARS_MIN,
        domain: me.person.admin.then_some(&visit.domain),
        joining: me.person.admin || registration::may_invite(&visit.domain, me),
        host: visit.site.shown(),
    })
}

/// What somebody says of themselves without its marks, where nobody knows how it was typed.
fn plain(me: &Me) -> String {
    me.person.summary.as_ref().map(Html::to_plain).unwrap_or_default()
}

/// The lines of a profile as its form has them.
fn lines(me: &Me) -> Vec<(String, String)> {
    let own = me.person.fields.iter().map(|field| (field.name.to_string(), field.value.to_string()));
    own.chain(std::iter::repeat_with(Default::default)).take(PROFILE_FIELDS_MAX).collect()
}

/// `GET /settings/{what}`: a part that has a page of its own.
pub async fn part(visit: Visit, Path(what): Path<String>) -> Response {
    let answer = match what.as_str() {
        "registration" => registration::show(&visit, None).await,
        "export" => own_data::export(&visit).await,
        "leave" => own_data::leaving(&visit).await,
        _ => visit.signed_in().map_or_else(Err, |_| Err(WebError::not_found())),
    };
    answer.unwrap_or_else(|refused| error(&visit, refused))
}

/// `POST /settings/{what}`.
pub async fn change(
    visit: Visit,
    Extension(desks): Extension<Arc<Desks>>,
    Path(what): Path<String>,
    Posted(body): Posted,
) -> Response {
    match changed(&visit, &desks, &what, &body).await {
        Ok(response) => response,
        Err(refused) => error(&visit, refused),
    }
}

async fn changed(visit: &Visit, desks: &Desks, what: &str, body: &Bytes) -> WebResult {
    let fields = Fields::checked(visit, body)?;
    let me = visit.signed_in()?;
    match what {
        "profile" => ask(visit, me, profile::edited(&fields)?).await?,
        "assignments" => ask(visit, me, TakeAssignments { unasked: fields.ticked("unasked") }).await?,
        "drop-picture" => ask(visit, me, SetPicture { picture: None }).await?,
        "password" => password(visit, desks, me, &fields).await?,
        "end-other-sessions" => ask(visit, me, CloseSessions { keep: Some(me.session.clone()) }).await?,
        "end-session" => ask(visit, me, CloseSession { hash: fields.need("hash")?.to_owned() }).await?,
        "drop-token" => ask(visit, me, DropToken { hash: fields.need("hash")?.to_owned() }).await?,
        "ssh-key" => {
            let add = added_key(&fields)?;
            may_add(&visit.front, &me.id, &add.fingerprint).await?;
            ask(visit, me, add).await?;
        }
        "drop-ssh-key" => ask(visit, me, DropSshKey { fingerprint: fields.need("fingerprint")?.to_owned() }).await?,
        "pgp-key" => ask(visit, me, added_pgp_key(visit, me, &fields).await?).await?,
        "drop-pgp-key" => ask(visit, me, DropPgpKey { fingerprint: fields.need("fingerprint")?.to_owned() }).await?,
        "token" => {
            let made = tokens::make(visit, me, &fields).await?;
            return settings(visit, Some(made)).await;
        }
        "delete-account" => return own_data::leave(visit, desks, me, &fields).await,
        "domain" => registration::change(visit, me, &fields).await?,
        "invite" => {
            let made = registration::invite(visit, me, &fields).await?;
            return registration::show(visit, Some(made)).await;
        }
        "withdraw-invitation" => return joining(registration::withdraw(visit, me, &fields).await),
        "let-in" => return joining(registration::decide(visit, me, &fields, true).await),
        "turn-down" => return joining(registration::decide(visit, me, &fields, false).await),
        _ => return Err(WebError::not_found()),
    }
    Ok(Redirect::to("/settings").into_response())
}

async fn pgp_keys(visit: &Visit, me: &Me) -> WebResult<Vec<PgpKeyRow>> {
    let keys = visit.front.node.look::<Person, _>(&me.id, &ViewPgpKeys).await?;
    let row = |(fingerprint, key): (String, PgpKey)| PgpKeyRow {
        shown: fingerprint.to_uppercase(),
        fingerprint,
        name: key.name,
        since: When(key.since),
    };
    Ok(keys.into_iter().map(row).collect())
}

/// Back to the page about who joins.
fn joining(done: WebResult<()>) -> WebResult {
    done.map(|()| Redirect::to("/settings/registration").into_response())
}

/// Calls a method of the person, as the person.
pub async fn ask<M>(visit: &Visit, me: &Me, method: M) -> WebResult<()>
where
    M: Method<Person, Answer = ()>,
    PersonCall: From<M>,
{
    of_change(visit.front.node.call::<Person, M>(&me.id, &me.id, method).await)
}

async fn password(visit: &Visit, desks: &Desks, me: &Me, fields: &Fields) -> WebResult<()> {
    let tried = desks.passwords.tries.count(me.id.as_str(), Trier::Oneself)?;
    if fields.exact("password") != fields.exact("again") {
        return Err(wrong("the two new passwords are not the same"));
    }
    let phc = visit.front.node.look::<Person, _>(&me.id, &Credentials).await?;
    // Whoever was made by the operator without a password sets the first one.
    if phc.is_some() && !desks.passwords.verify(fields.exact("old"), phc).await? {
        return Err(WebError::forbidden("wrong-password", "the old password is not right"));
    }
    desks.passwords.tries.was_right(tried);
    let phc = desks.passwords.hash(fields.exact("password")).await?;
    ask(visit, me, SetPassword { phc, keep: Some(me.session.clone()) }).await
}

/// A key that signs, as it was pasted.
async fn added_pgp_key(visit: &Visit, me: &Me, fields: &Fields) -> WebResult<AddPgpKey> {
    let text = fields.need("key")?.to_owned();
    // Its own signatures are verified, which takes a while.
    let read = tokio::task::spawn_blocking(move || PgpKeyText::parse(&text)).await.map_err(WebError::broken)?;
    let PgpKeyText { fingerprint, content, user, ids } = read.map_err(|why| wrong(why.to_string()))?;
    for id in &ids {
        may_add_pgp(&visit.front, &me.id, id).await?;
    }
    Ok(AddPgpKey { fingerprint, content, name: user, ids })
}

/// A key as it was pasted. Its comment is dropped: the name is public, and says only what its owner wants it to.
fn added_key(fields: &Fields) -> WebResult<AddSshKey> {
    let SshKeyLine { content, fingerprint } =
        SshKeyLine::parse(fields.need("key")?).map_err(|why| wrong(why.to_string()))?;
    let name = fields.text("name").unwrap_or("SSH key");
    Ok(AddSshKey { fingerprint, content, name: name.chars().take(SSH_KEY_NAME_CHARS_MAX).collect() })
}
