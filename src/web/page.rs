//! Pages for people: readable without a script, one stylesheet, every form a plain form. A page asks actors and shows
//! their answers; a form becomes an activity that the person's own gate decides about.
//! - [`routes`]: where they are; [`show`]: the page at an actor's address
//! - [`visit`], [`shell`], [`parts`], [`who`], [`head`], [`family`]: what all pages are made of
//! - [`home`], [`desk`], [`notices`], [`settings`] with [`tokens`], [`profile`], [`own_data`] and [`agent`], [`account`], [`registration`]: a visitor's own; [`consent`]: what an application may do for them
//! - [`veil`]: what is not shown of whoever is blocked or limited here
//! - [`admin`]: what administrators decide; [`report`]: how they are told of something
//! - [`new`]: a repository with what belongs to it
//! - [`person`], [`factory`], [`repository`] with [`code`], [`files`], [`raw`], [`refs`] with [`protection`], [`statuses`], [`hooks`], [`archive`], [`history`] and [`forks`], [`tracker`] with [`lists`] and [`templates`],
//!   [`migrate`], [`ticket`], [`merge`], [`reviews`], [`versions`], [`plans`], [`roadmap`], [`releases`], [`workflow`], [`access`]: actors and what
//!   is theirs
//! - [`references`]: `#12` and the like in text
//! - [`feed`], [`telling`]: what happened, for readers of feeds and in sentences
//! - [`boxes`], [`inspect`]: inboxes, outboxes and errboxes, and each thing in them, with all that is known of it
//! - [`grant`]: a Grant's chain, its [`picture`], and the trace of its verification
//! - [`look`]: what is on other servers; [`far_tickets`]: what is kept of their trackers; [`far`]: what may be done with it; [`replies`]: what is said about it
//! - [`away`]: to a visitor's own server, and from there to ours
//! - [`acts`], [`workflow_acts`], [`release_acts`], [`needs`], [`authority`], [`sent`], [`heard`]: what forms do, what they need, by which Grant, and what came of it

pub mod access;
pub mod account;
pub mod acts;
pub mod admin;
pub mod agent;
pub mod archive;
pub mod assets;
pub mod attach;
pub mod attached;
pub mod audience;
pub mod authority;
pub mod away;
pub mod boxes;
pub mod code;
pub mod consent;
pub mod desk;
pub mod factory;
pub mod family;
pub mod far;
pub mod far_plans;
pub mod far_tickets;
pub mod feed;
pub mod fields;
pub mod files;
pub mod forks;
pub mod grant;
pub mod group;
pub mod head;
pub mod heard;
pub mod history;
pub mod home;
pub mod hooks;
pub mod inspect;
pub mod links;
pub mod lists;
pub mod look;
pub mod markdown;
pub mod mentions;
pub mod merge;
pub mod migrate;
pub mod needs;
pub mod new;
pub mod notices;
pub mod own_data;
pub mod parts;
pub mod person;
pub mod picture;
pub mod plans;
pub mod profile;
pub mod protection;
pub mod raw;
pub mod references;
pub mod refs;
pub mod registration;
pub mod release_acts;
pub mod releases;
pub mod replies;
pub mod report;
pub mod repository;
pub mod reviews;
pub mod roadmap;
pub mod sent;
pub mod settings;
pub mod shell;
pub mod statuses;
pub mod telling;
pub mod templates;
pub mod ticket;
pub mod ties;
pub mod tokens;
pub mod tracker;
pub mod veil;
pub mod versions;
pub mod views;
pub mod visit;
pub mod who;
pub mod workflow;
pub mod workflow_acts;

use crate::answer::{WebError, WebResult};
use crate::limits::{FORM_FILES_BYTES_MAX, PORTRAIT_UPLOAD_BYTES_MAX};
use crate::password::Passwords;
use crate::ports::Front;
use crate::tries::Tries;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Extension, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::{HeaderMap, Uri};
use pritchel_actors::link::End;
use pritchel_actors::tie::TieKind;
use std::sync::Arc;
use visit::Visit;
use who::Kind;

/// What the forms of one server share.
#[derive(Default)]
pub struct Desks {
    /// Checks passwords and counts tries.
    pub passwords: Passwords,
    /// Held while the first administrator is made: there is one.
    pub setup: tokio::sync::Mutex<()>,
    /// Counts how often strangers have other servers asked where they take their people.
    pub away: Tries,
}

/// Every page and form at an address of its own. The pages of actors, at addresses that are also those of documents, are
/// shown by [`show`]; but what lies in an inbox has a page only, and nothing else is to be tried when there is none.
pub fn routes() -> Router<Front> {
    let mut router = Router::new();
    for kind in Kind::all().map(Kind::segment) {
        router = router
            .route(&format!("/{kind}/{{key}}/inbox"), get(show_here))
            .route(&format!("/{kind}/{{key}}/inbox/{{place}}"), get(show_here))
            .route(&format!("/{kind}/{{key}}/errbox"), get(show_here))
            .route(&format!("/{kind}/{{key}}/{}", feed::FILE), get(feed::show));
    }
    for kind in [Kind::TRACKER, Kind::PATCHES] {
        let path = format!("/{}/{{key}}/files/{{file}}/{{name}}", kind.segment());
        router = router.route(&path, get(async move |visit: Visit, place| attached::served(visit, kind, place).await));
    }
    router
        .route("/", get(home::show))
        .route("/login", get(account::login).post(account::sign_in))
        .route("/logout", post(account::sign_out))
        .route("/register", get(account::register).post(account::sign_up))
        .route("/register/{secret}", get(account::invited).post(account::sign_up_invited))
        .route("/setup/{secret}", get(account::setup).post(account::set_up))
        .route("/desk", get(desk::show))
        .route("/new", get(new::show).post(new::make))
        .route("/new/part", post(new::make_part))
        .route("/notices", get(notices::show))
        .route("/notices/{what}", post(notices::change))
        .route("/settings", get(settings::show))
        .route("/settings/picture", post(profile::upload).layer(DefaultBodyLimit::max(PORTRAIT_UPLOAD_BYTES_MAX)))
        .route("/people/{key}/picture/{file}", get(profile::picture))
        .route("/settings/{what}", get(settings::part).post(settings::change))
        .route("/look", get(look::show))
        .route("/to/{reference}", get(references::to))
        .route("/away", get(away::show).post(away::go))
        .route("/authorize_interaction", get(away::authorize))
        .route("/grant", get(grant::show))
        .route("/do/{what}", post(acts::act).layer(DefaultBodyLimit::max(FORM_FILES_BYTES_MAX)))
        .route("/assets/{file}", get(assets::show))
        .route("/patches/{key}/tickets/{number}/versions/{version}/diff", get(versions::diff))
        .merge(code::routes())
        .route("/repos/{key}/raw/{rev}/{*path}", get(raw::raw))
        .route("/repos/{key}/archive/{rev}/{file}", get(archive::show))
        .route("/repos/{key}/log", get(history::log))
        .route("/repos/{key}/branches", get(refs::branches))
        .route("/repos/{key}/tags", get(refs::tags))
        .route("/repos/{key}/protection", get(protection::show).post(protection::change))
        .route("/repos/{key}/commits/{hash}", get(history::commit))
        .route("/repos/{key}/refs/{*name}", get(refs::files_of))
        .merge(admin::routes())
        .merge(hooks::routes())
        .layer(Extension(Arc::new(Desks::default())))
}

async fn show_here(State(front): State<Front>, uri: Uri, headers: HeaderMap) -> Response {
    show(&front, &uri, &headers).await
}

/// The page of an actor or of something of an actor, at its address. An error is a page, too.
pub async fn show(front: &Front, uri: &Uri, headers: &HeaderMap) -> Response {
    let visit = match Visit::of(front, uri, headers).await {
        Ok(visit) => visit,
        Err(wrong) => return axum::response::IntoResponse::into_response(wrong),
    };
    match at(&visit).await {
        Ok(response) => response,
        Err(wrong) if wrong.status == http::StatusCode::NOT_FOUND => match meant(&visit.path) {
            Some(path) => {
                let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
                Redirect::to(&format!("{path}{query}")).into_response()
            }
            None => shell::error_after_form(&visit, wrong).await,
        },
        Err(wrong) => shell::error_after_form(&visit, wrong).await,
    }
}

/// The path of the page that was meant by one that has none: without slashes at its end; for what git clones, the repository's.
fn meant(path: &str) -> Option<String> {
    let plain = path.trim_end_matches('/');
    let repository = plain
        .strip_suffix(".git")
        .filter(|path| path.strip_prefix("/repos/").is_some_and(|key| !key.is_empty() && !key.contains('/')));
    let page = repository.unwrap_or(plain);
    // Two slashes at the beginning would lead to another server.
    let leads_here = page.len() > 1 && !page.starts_with("//") && !page.contains('\\');
    (leads_here && page != path).then(|| page.to_owned())
}

async fn at(visit: &Visit) -> WebResult {
    let parts: Vec<&str> = visit.path.trim_start_matches('/').split('/').collect();
    let [segment, key, rest @ ..] = parts.as_slice() else { return Err(WebError::not_found()) };
    let kind = Kind::of_segment(segment).ok_or_else(WebError::not_found)?;
    let actor = visit.site.actor_at(segment, key).ok_or_else(WebError::not_found)?;
    if let ["inbox" | "errbox", ..] = rest {
        // Whatever is there: whose session has ended is to sign in again.
        visit.signed_in()?;
    }
    match (kind, rest) {
        (_, ["inbox"]) => boxes::inbox(visit, kind, &actor).await,
        (_, ["inbox", place]) => inspect::received(visit, kind, &actor, place).await,
        (_, ["errbox"]) => boxes::errbox(visit, kind, &actor).await,
        (_, ["outbox"]) => boxes::outbox(visit, kind, &actor).await,
        (_, ["outbox", token]) => inspect::published(visit, kind, &actor, token).await,
        (_, ["followers"]) => boxes::followers(visit, kind, &actor).await,
        (_, ["collaborators"]) => access::show(visit, kind, &actor).await,
        (_, ["links"]) => links::show(visit, kind, &actor).await,
        (Kind::Resource(resource), [name]) if End::of_collection(resource.ends(), name).is_some() => {
            let path = visit.path.strip_suffix(name).unwrap_or(&visit.path);
            Ok(Redirect::to(&format!("{path}links#{name}")).into_response())
        }
        (Kind::Resource(resource), [name]) if TieKind::of_property(resource.as_str(), name).is_some() => {
            let path = visit.path.strip_suffix(name).unwrap_or(&visit.path);
            Ok(Redirect::to(&format!("{path}links#{name}")).into_response())
        }
        (Kind::Person, []) => person::show(visit, &actor).await,
        (Kind::Person, ["following"]) => boxes::following(visit, &actor).await,
        (Kind::Person, ["notes", note]) => person::note(visit, &actor, note).await,
        (Kind::FACTORY, []) => factory::show(visit, &actor).await,
        (Kind::REPOSITORY, []) => repository::show(visit, &actor).await,
        (Kind::REPOSITORY, ["forks"]) => beneath(segment, key, "forks"),
        (Kind::PROJECT, []) => group::project(visit, &actor).await,
        (Kind::TEAM, []) => group::team(visit, &actor).await,
        (Kind::ORGANIZATION, []) => group::organization(visit, &actor).await,
        (kind, [] | ["tickets"]) if kind.tracks() => tracker::show(visit, kind, &actor).await,
        (kind, ["tickets", number]) if kind.tracks() => ticket::show(visit, kind, &actor, number).await,
        (kind, ["tickets", number, "comments", place]) if kind.tracks() => {
            ticket::to_comment(visit, kind, &actor, number, place).await
        }
        (Kind::PATCHES, ["tickets", number, "versions", version]) => {
            versions::show(visit, &actor, number, version).await
        }
        (Kind::ROADMAP, [] | ["roadmapMilestones"]) => roadmap::show(visit, &actor).await,
        (Kind::ROADMAP, ["milestones", number]) => roadmap::milestone(visit, &actor, number).await,
        (Kind::RELEASES, [] | ["releases"]) => releases::show(visit, &actor).await,
        (Kind::RELEASES, ["releases", number]) => releases::release(visit, &actor, number).await,
        (Kind::WORKFLOW, [] | ["workflowEnums" | "workflowFields"]) => workflow::show(visit, &actor).await,
        // Its parts are shown on its own page, each at a place of its own.
        (Kind::WORKFLOW, ["fields", number]) => beneath(segment, key, &format!("field-{number}")),
        (Kind::WORKFLOW, ["enums", number] | ["enums", number, "values"]) => {
            beneath(segment, key, &format!("enum-{number}"))
        }
        (Kind::WORKFLOW, ["enums", number, "values", value]) => {
            beneath(segment, key, &format!("value-{number}-{value}"))
        }
        (Kind::Resource(resource), []) => group::plain(visit, resource, &actor).await,
        _ => Err(WebError::not_found()),
    }
}

/// Leads to a place on an actor's own page.
fn beneath(segment: &str, key: &str, anchor: &str) -> WebResult {
    Ok(Redirect::to(&format!("/{segment}/{key}#{anchor}")).into_response())
}
