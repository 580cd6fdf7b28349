//! Signing in and out, registering, and the one-time setting up of a server by its first visitor.

use crate::answer::{WebError, WebResult, of_call};
use crate::limits::{PASSWORD_CHARS_MIN, PEOPLE_SCANNED_MAX};
use crate::page::Desks;
use crate::page::fields::{Fields, Posted};
use crate::page::parts::When;
use crate::page::shell::{back, error, page_of};
use crate::page::views::People;
use crate::page::visit::{Frame, Visit};
use crate::session;
use crate::tries::Trier;
use crate::viewer::hash_of;
use askama::Template;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Extension, Path};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use http::header::SET_COOKIE;
use pritchel_actor::{ActorId, ViewError};
use pritchel_actors::domain::view::{ApplicationOf, InvitationOf, WhoIs};
use pritchel_actors::domain::{Application, Apply, Register, Registration};
use pritchel_actors::person::view::{Credentials, ViewPerson};
use pritchel_actors::{Domain, Person};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use subtle::ConstantTimeEq;

type From = Option<Extension<ConnectInfo<SocketAddr>>>;

fn address(from: From) -> Option<IpAddr> {
    from.map(|Extension(ConnectInfo(from))| from.ip())
}

#[derive(Template)]
#[template(path = "sign.html")]
struct Sign<'a> {
    frame: &'a Frame,
    /// What is done: `login`, `register`, `invited`, `apply` or `setup`.
    what: &'a str,
    action: &'a str,
    name: &'a str,
    back: &'a str,
    wrong: Option<&'a str>,
    least: usize,
    host: &'a str,
}

fn form(visit: &Visit, what: &str, name: &str, back: &str, wrong: Option<&WebError>) -> WebResult {
    let frame = Frame::plain(visit);
    let detail = wrong.map(|wrong| wrong.detail.as_str());
    let shown = Sign {
        frame: &frame,
        what,
        action: &visit.path,
        name,
        back,
        wrong: detail,
        least: PASSWORD_CHARS_MIN,
        host: visit.site.shown(),
    };
    let mut response = page_of(wrong.map_or(StatusCode::OK, |wrong| wrong.status), &shown)?;
    if let Some(wrong) = wrong {
        response.headers_mut().extend(wrong.headers.clone());
    }
    Ok(response)
}

fn shown(visit: &Visit, answer: WebResult) -> Response {
    answer.unwrap_or_else(|wrong| error(visit, wrong))
}

/// `GET /login`.
pub async fn login(visit: Visit) -> Response {
    let to = back(visit.asked("back"));
    if visit.me.is_some() {
        return Redirect::to(to).into_response();
    }
    shown(&visit, form(&visit, "login", "", to, None))
}

/// `POST /login`.
pub async fn sign_in(
    visit: Visit,
    Extension(desks): Extension<Arc<Desks>>,
    from: From,
    Posted(body): Posted,
) -> Response {
    let answer = async {
        let fields = Fields::checked(&visit, &body)?;
        let name = fields.exact("name").trim().to_owned();
        let to = back(fields.text("back"));
        match checked(&visit, &desks, address(from), &name, fields.exact("password")).await {
            Ok(Checked::Person(person)) => welcome(&visit, &person, to).await,
            Ok(Checked::Waits(name, application)) => waits(&visit, &name, Some(&application)),
            Err(wrong) if wrong.status.is_client_error() => form(&visit, "login", &name, to, Some(&wrong)),
            Err(wrong) => Err(wrong),
        }
    };
    shown(&visit, answer.await)
}

/// Whose name and password were right.
enum Checked {
    Person(ActorId),
    /// Somebody who is not let in, or not yet.
    Waits(String, Application),
}

/// Who has this name and password. An unknown name and a wrong password are told alike, and take as long.
///
/// A second factor belongs behind this and before [`welcome`], see docs/decisions/0011-credentials.md.
async fn checked(
    visit: &Visit,
    desks: &Desks,
    from: Option<IpAddr>,
    name: &str,
    password: String,
) -> WebResult<Checked> {
    let (name, host) = name.trim_start_matches('@').split_once('@').unwrap_or((name, &visit.site.host));
    let here = host == visit.site.host || host == visit.site.shown();
    let person = match here {
        true => visit.front.node.look::<Domain, _>(&visit.site.actor, &WhoIs { name: name.to_lowercase() }).await,
        false => Ok(None),
    };
    let person = match person {
        Ok(person) => person,
        Err(ViewError::NoActor) => None,
        Err(broken) => return Err(broken.into()),
    };
    let application = match &person {
        None if here => application_of(visit, &name.to_lowercase()).await?,
        _ => None,
    };
    let phc = match (&person, &application) {
        (Some(person), _) => phc_of(visit, person).await?,
        (None, application) => application.as_ref().map(|application| application.phc.clone()),
    };
    let known = match (&person, &phc) {
        (Some(person), Some(phc)) => session::known(&visit.front, &visit.site, &visit.headers, person, phc),
        _ => None,
    };
    let who = known.as_deref().map_or(Trier::Stranger(from), Trier::Known);
    let tries = &desks.passwords.tries;
    let tried = tries.count(&format!("{name}@{host}"), who)?;
    let good = desks.passwords.verify(password, phc).await?;
    let wrong =
        || WebError::new(StatusCode::UNAUTHORIZED, "wrong-name-or-password", "The name or the password is not right.");
    let checked = match (person, application) {
        (Some(person), _) if good => Checked::Person(person),
        (None, Some(application)) if good => Checked::Waits(name.to_lowercase(), application),
        _ => return Err(wrong()),
    };
    tries.was_right(tried);
    Ok(checked)
}

/// What somebody who is not let in yet has chosen.
async fn application_of(visit: &Visit, name: &str) -> WebResult<Option<Application>> {
    match visit.front.node.look::<Domain, _>(&visit.site.actor, &ApplicationOf { name: name.to_owned() }).await {
        Ok(application) => Ok(application),
        Err(ViewError::NoActor) => Ok(None),
        Err(broken) => Err(broken.into()),
    }
}

#[derive(Template)]
#[template(path = "waits.html")]
struct Waits<'a> {
    frame: &'a Frame,
    name: &'a str,
    host: &'a str,
    /// Since when they wait, and what was said; none of who has just asked.
    application: Option<&'a Application>,
    since: Option<When>,
}

/// How it stands with somebody who wants to be let in.
fn waits(visit: &Visit, name: &str, application: Option<&Application>) -> WebResult {
    let since = application.map(|application| When(application.at));
    page_of(StatusCode::OK, &Waits { frame: &Frame::plain(visit), name, host: visit.site.shown(), application, since })
}

/// The hash of somebody's password, if they have one.
async fn phc_of(visit: &Visit, person: &ActorId) -> WebResult<Option<String>> {
    match visit.front.node.look::<Person, _>(person, &Credentials).await {
        Ok(phc) => Ok(phc),
        // A resource has a name too, and nobody signs in as one.
        Err(ViewError::NoActor) => Ok(None),
        Err(broken) => Err(broken.into()),
    }
}

async fn welcome(visit: &Visit, person: &ActorId, to: &str) -> WebResult {
    let cookie = session::open(&visit.front, &visit.site, person, &visit.headers).await?;
    let phc = phc_of(visit, person).await?;
    let known = session::made_known(&visit.front, &visit.site, person, phc.as_deref())?;
    let mut response = Redirect::to(to).into_response();
    for cookie in [Some(cookie), known].into_iter().flatten() {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// `POST /logout`.
pub async fn sign_out(visit: Visit, Posted(body): Posted) -> Response {
    let answer = async {
        Fields::checked(&visit, &body)?;
        let Some(me) = &visit.me else { return Ok(Redirect::to("/").into_response()) };
        let cookie = session::close(&visit.front, &visit.site, &me.id, &me.session).await?;
        let mut response = Redirect::to("/").into_response();
        response.headers_mut().append(SET_COOKIE, cookie);
        Ok(response)
    };
    shown(&visit, answer.await)
}

/// `GET /register`.
pub async fn register(visit: Visit) -> Response {
    let answer = match visit.domain.registration() {
        Registration::Open => form(&visit, "register", "", "/", None),
        Registration::Approval => form(&visit, "apply", "", "/", None),
        Registration::Invitation => Err(uninvited()),
        Registration::Closed => Err(closed()),
    };
    shown(&visit, answer)
}

fn closed() -> WebError {
    WebError::forbidden("registration-closed", "this server does not take registrations; ask whoever runs it")
}

fn uninvited() -> WebError {
    WebError::forbidden(
        "invitation-needed",
        "this server takes whoever has an invitation; ask somebody who is here for one",
    )
}

/// `POST /register`.
pub async fn sign_up(
    visit: Visit,
    Extension(desks): Extension<Arc<Desks>>,
    from: From,
    Posted(body): Posted,
) -> Response {
    let answer = match visit.domain.registration() {
        Registration::Open => registered(&visit, &desks, (from, &body), "register", None).await,
        Registration::Approval => applied(&visit, &desks, from, &body).await,
        Registration::Invitation => Err(uninvited()),
        Registration::Closed => Err(closed()),
    };
    shown(&visit, answer)
}

/// `GET /register/{secret}`: with an invitation.
pub async fn invited(visit: Visit, Path(secret): Path<String>) -> Response {
    let answer = async {
        let view = InvitationOf { hash: hash_of(&secret) };
        let found = visit.front.node.look::<Domain, _>(&visit.site.actor, &view).await;
        let open = matches!(&found, Ok(Some(_))) && visit.domain.registration() != Registration::Closed;
        if !open {
            let why =
                "this invitation was used before, taken back, or is too old; ask whoever gave it to you for another";
            return Err(WebError::new(StatusCode::GONE, "invitation-over", why));
        }
        form(&visit, "invited", "", "/", None)
    };
    shown(&visit, answer.await)
}

/// `POST /register/{secret}`.
pub async fn sign_up_invited(
    visit: Visit,
    Extension(desks): Extension<Arc<Desks>>,
    from: From,
    Path(secret): Path<String>,
    Posted(body): Posted,
) -> Response {
    let answer = registered(&visit, &desks, (from, &body), "invited", Some(hash_of(&secret))).await;
    shown(&visit, answer)
}

/// Makes the person whom the form describes, and signs them in.
async fn registered(
    visit: &Visit,
    desks: &Desks,
    (from, body): (From, &Bytes),
    what: &str,
    invitation: Option<String>,
) -> WebResult {
    let fields = Fields::checked(visit, body)?;
    let name = fields.exact("name").trim().to_owned();
    // Whatever comes of it, it counts: it is many accounts that are not to be made.
    let _counted = desks.passwords.tries.count(&format!("register {name}"), Trier::Stranger(address(from)))?;
    let by = Enrolled { admin: false, invitation };
    match enrol(visit, desks, &fields, &name, by).await {
        Ok(person) => welcome(visit, &person, "/").await,
        Err(wrong) if wrong.status.is_client_error() => form(visit, what, &name, "/", Some(&wrong)),
        Err(wrong) => Err(wrong),
    }
}

/// Keeps what the form says until an administrator has decided.
async fn applied(visit: &Visit, desks: &Desks, from: From, body: &Bytes) -> WebResult {
    let fields = Fields::checked(visit, body)?;
    let name = fields.exact("name").trim().to_owned();
    let _counted = desks.passwords.tries.count(&format!("register {name}"), Trier::Stranger(address(from)))?;
    let asked = async {
        let phc = new_password(desks, &fields).await?;
        let apply = Apply { name: name.clone(), phc, text: fields.text("text").unwrap_or_default().to_owned() };
        of_call(
            visit.front.node.call::<Domain, _>(&visit.site.actor, &visit.site.actor, apply).await?,
            "you may have been heard or not: try to sign in",
        )
    };
    match asked.await {
        Ok(()) => waits(visit, &name, None),
        Err(wrong) if wrong.status.is_client_error() => form(visit, "apply", &name, "/", Some(&wrong)),
        Err(wrong) => Err(wrong),
    }
}

/// The hash of a password that was typed twice.
async fn new_password(desks: &Desks, fields: &Fields) -> WebResult<String> {
    if fields.exact("password") != fields.exact("again") {
        return Err(super::fields::wrong("The two passwords are not the same."));
    }
    desks.passwords.hash(fields.exact("password")).await
}

/// As what somebody is enrolled.
struct Enrolled {
    admin: bool,
    invitation: Option<String>,
}

async fn enrol(visit: &Visit, desks: &Desks, fields: &Fields, name: &str, by: Enrolled) -> WebResult<ActorId> {
    let password = Some(new_password(desks, fields).await?);
    let Enrolled { admin, invitation } = by;
    let register = Register { name: name.to_owned(), password, admin, by_operator: admin, invitation };
    of_call(
        visit.front.node.call::<Domain, _>(&visit.site.actor, &visit.site.actor, register).await?,
        "the account may be there or not: try to sign in",
    )
}

/// `GET /setup/{secret}`.
pub async fn setup(visit: Visit, Path(secret): Path<String>) -> Response {
    let answer = async {
        may_set_up(&visit, &secret).await?;
        form(&visit, "setup", "", "/", None)
    };
    shown(&visit, answer.await)
}

/// `POST /setup/{secret}`: makes the administrator. One at a time, and the server has none before: two visitors with the
/// link cannot both become one.
pub async fn set_up(
    visit: Visit,
    Extension(desks): Extension<Arc<Desks>>,
    Path(secret): Path<String>,
    Posted(body): Posted,
) -> Response {
    let answer = async {
        let fields = Fields::checked(&visit, &body)?;
        let _one = desks.setup.lock().await;
        may_set_up(&visit, &secret).await?;
        let name = fields.exact("name").trim().to_owned();
        match enrol(&visit, &desks, &fields, &name, Enrolled { admin: true, invitation: None }).await {
            Ok(person) => welcome(&visit, &person, "/").await,
            Err(wrong) if wrong.status.is_client_error() => form(&visit, "setup", &name, "/", Some(&wrong)),
            Err(wrong) => Err(wrong),
        }
    };
    shown(&visit, answer.await)
}

/// The link is that of this start, and no domain has an administrator. That is read from the store, so it holds after a
/// restart too. With more people than are looked through it is refused: such a server was set up long ago.
async fn may_set_up(visit: &Visit, secret: &str) -> WebResult<()> {
    let gone = || WebError::new(StatusCode::GONE, "setup-over", "this link is not, or no longer, good");
    let expected = visit.front.settings.setup_hash.as_deref().ok_or_else(gone)?;
    if !bool::from(hash_of(secret).as_bytes().ct_eq(expected.as_bytes())) {
        return Err(gone());
    }
    for domain in &visit.front.settings.domains {
        let people =
            match visit.front.node.look::<Domain, _>(&domain.actor, &People { limit: PEOPLE_SCANNED_MAX }).await {
                Ok(people) => people,
                Err(ViewError::NoActor) => continue,
                Err(broken) => return Err(broken.into()),
            };
        if people.len() >= PEOPLE_SCANNED_MAX {
            return Err(gone());
        }
        for person in people {
            match visit.front.node.look::<Person, _>(&person, &ViewPerson).await {
                Ok(person) if person.admin => return Err(gone()),
                Ok(_) | Err(ViewError::NoActor) => {}
                Err(broken) => return Err(broken.into()),
            }
        }
    }
    Ok(())
}
