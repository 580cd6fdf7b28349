//! A person's own data: all of it as a file, and the end of their account.

use crate::answer::{WebError, WebResult};
use crate::domains::of_actor;
use crate::limits::{EXPORT_FOLLOWERS_MAX, EXPORT_PAGE, EXPORT_ROWS};
use crate::page::Desks;
use crate::page::fields::{Fields, wrong};
use crate::page::parts::Who;
use crate::page::settings::ask;
use crate::page::shell::page;
use crate::page::views::{Outbox, Sessions};
use crate::page::visit::{Frame, Me, Visit};
use crate::page::who::Names;
use crate::session;
use crate::tries::Trier;
use askama::Template;
use axum::body::Body;
use axum::response::{IntoResponse, Redirect};
use futures_util::stream;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, SET_COOKIE, X_CONTENT_TYPE_OPTIONS};
use pritchel_actor::{ActorId, ViewError};
use pritchel_actors::access::Role;
use pritchel_actors::access::view::ViewAccess;
use pritchel_actors::person::CloseAccount;
use pritchel_actors::person::view::{
    Credentials, PictureOf, ViewDesk, ViewFollowers, ViewFollowing, ViewFollowingQuietly, ViewPgpKeys, ViewSshKeys,
};
use pritchel_actors::{Person, ResourceKind, with_resource};
use serde_json::{Map, Value, json};

/// `GET /settings/export`: what this server keeps of a person, as one JSON document. What they published, tickets and comments
/// included, comes last, page by page, while it is sent.
pub async fn export(visit: &Visit) -> WebResult {
    let me = visit.signed_in()?;
    let mut opening = Value::Object(account(visit, me).await?).to_string();
    // The list of what was published stands inside the document, which is written up to there.
    opening.pop();
    opening.push_str(",\"published\":[");
    let source = Source { visit: visit.clone(), actor: me.id.clone(), stage: Stage::Opening(opening) };
    let mut response = Body::from_stream(stream::unfold(source, Source::next)).into_response();
    let disposition = format!("attachment; filename=\"{}.json\"", me.person.name);
    let disposition = HeaderValue::from_str(&disposition).map_err(WebError::broken)?;
    let headers = response.headers_mut();
    headers.insert(CONTENT_DISPOSITION, disposition);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}

/// What is still to be sent.
enum Stage {
    Opening(String),
    Published { before: Option<u64>, first: bool },
    Sent,
}

struct Source {
    visit: Visit,
    actor: ActorId,
    stage: Stage,
}

impl Source {
    async fn next(self) -> Option<(std::io::Result<String>, Self)> {
        let Self { visit, actor, stage } = self;
        let (text, stage) = match stage {
            Stage::Opening(text) => (Ok(text), Stage::Published { before: None, first: true }),
            Stage::Published { before, first } => match published(&visit, &actor, before, first).await {
                Ok((text, Some(before))) => (Ok(text), Stage::Published { before: Some(before), first: false }),
                Ok((text, None)) => (Ok(text + "]}"), Stage::Sent),
                // Whoever saves the file is told by its end that it is not whole.
                Err(why) => (Err(std::io::Error::other(why.detail)), Stage::Sent),
            },
            Stage::Sent => return None,
        };
        Some((text, Self { visit, actor, stage }))
    }
}

/// One page of what somebody published, newest first, and where the next begins.
async fn published(
    visit: &Visit,
    actor: &ActorId,
    before: Option<u64>,
    first: bool,
) -> WebResult<(String, Option<u64>)> {
    let items = visit.front.node.look::<Person, _>(actor, &Outbox { before, limit: EXPORT_PAGE }).await?;
    let next = items.last().map(|(place, _)| *place).filter(|_| items.len() == EXPORT_PAGE);
    let mut text = String::new();
    for (_, item) in items {
        let Some(act) = visit.front.ports.act(item.act.clone()).await? else { continue };
        if !(first && text.is_empty()) {
            text.push(',');
        }
        text.push_str(&act.body.to_string());
    }
    Ok((text, next))
}

/// Everything but what was published. No secret is in it, nor the hash of one.
async fn account(visit: &Visit, me: &Me) -> WebResult<Map<String, Value>> {
    let (node, person) = (&visit.front.node, &me.person);
    let viewer = visit.viewer();
    let desk = node.look::<Person, _>(&me.id, &ViewDesk { viewer: viewer.clone(), limit: EXPORT_ROWS }).await?;
    let sessions = Sessions { viewer: me.id.clone(), limit: EXPORT_ROWS };
    let sessions = node.look::<Person, _>(&me.id, &sessions).await?;
    let keys = node.look::<Person, _>(&me.id, &ViewSshKeys).await?;
    let pgp_keys = node.look::<Person, _>(&me.id, &ViewPgpKeys).await?;
    let quietly = ViewFollowingQuietly { viewer, after: None, limit: EXPORT_ROWS };
    let quietly = node.look::<Person, _>(&me.id, &quietly).await?;
    let picture = match &person.picture {
        Some(name) => node.look::<Person, _>(&me.id, &PictureOf { hash: name.hash.clone() }).await?,
        None => None,
    };
    let (followers, following) = everybody(visit, me).await?;
    let whole = json!({
        "version": 1,
        "exportedAt": visit.front.ports.now(),
        "account": {
            "id": me.id, "name": person.name, "domain": visit.site.shown(), "registered": person.published,
            "administrator": person.admin,
        },
        "profile": {
            "displayName": person.display_name, "summary": person.summary, "summarySource": person.summary_source,
            "fields": person.fields, "approvesFollowers": person.approves_followers,
            "takesAssignments": person.takes_assignments, "picture": picture,
        },
        "sessions": Vec::from_iter(sessions.iter().map(|(_, session)| session)),
        "tokens": Vec::from_iter(desk.tokens.iter().map(|(_, token)| token)),
        "openPgpKeys": Vec::from_iter(pgp_keys.iter().map(|(_, key)| key)),
        "sshKeys": Vec::from_iter(keys.iter().map(|(_, key)| key)),
        "grants": desk.permits, "invitations": desk.invited, "ticketsGiven": desk.given,
        "followRequests": desk.follow_requests,
        "followers": followers, "following": following, "followingPrivately": quietly,
    });
    match whole {
        Value::Object(map) => Ok(map),
        _ => Err(WebError::broken("an export is an object")),
    }
}

/// Followers and whom they follow, up to a bound.
async fn everybody(visit: &Visit, me: &Me) -> WebResult<(Vec<ActorId>, Vec<ActorId>)> {
    let node = &visit.front.node;
    let (mut followers, mut following): (Vec<ActorId>, Vec<ActorId>) = (Vec::new(), Vec::new());
    while followers.len() < EXPORT_FOLLOWERS_MAX {
        let view = ViewFollowers { after: followers.last().cloned(), limit: EXPORT_ROWS };
        let (_, page) = node.look::<Person, _>(&me.id, &view).await?;
        let full = page.len() == EXPORT_ROWS;
        followers.extend(page.into_iter().map(|(who, _)| who));
        if !full {
            break;
        }
    }
    while following.len() < EXPORT_FOLLOWERS_MAX {
        let view = ViewFollowing { after: following.last().cloned(), limit: EXPORT_ROWS };
        let (_, page) = node.look::<Person, _>(&me.id, &view).await?;
        let full = page.len() == EXPORT_ROWS;
        following.extend(page.into_iter().map(|(who, _)| who));
        if !full {
            break;
        }
    }
    Ok((followers, following))
}

#[derive(Template)]
#[template(path = "leave.html")]
struct Leaving<'a> {
    frame: &'a Frame,
    me: &'a Me,
    host: &'a str,
    /// What nobody else administers.
    alone: Vec<Who>,
    has_password: bool,
}

/// `GET /settings/leave`: what deleting the account means, and the form that does it.
pub async fn leaving(visit: &Visit) -> WebResult {
    let me = visit.signed_in()?;
    let alone = Names::new(visit).all(&administered_alone(visit, me).await?).await;
    let has_password = visit.front.node.look::<Person, _>(&me.id, &Credentials).await?.is_some();
    let frame = visit.frame().await?;
    page(&Leaving { frame: &frame, me, host: visit.site.shown(), alone, has_password })
}

/// Deletes the account, where the form shows that it is meant and by whom.
pub async fn leave(visit: &Visit, desks: &Desks, me: &Me, fields: &Fields) -> WebResult {
    let tried = desks.passwords.tries.count(me.id.as_str(), Trier::Oneself)?;
    if fields.text("name").map(|name| name.trim_start_matches('@')) != Some(me.person.name.as_str()) {
        return Err(wrong(format!("expected your name, {}, to be sure", me.person.name)));
    }
    let phc = visit.front.node.look::<Person, _>(&me.id, &Credentials).await?;
    if phc.is_some() && !desks.passwords.verify(fields.exact("password"), phc).await? {
        return Err(WebError::forbidden("wrong-password", "the password is not right"));
    }
    desks.passwords.tries.was_right(tried);
    let alone = administered_alone(visit, me).await?;
    if let Some(first) = alone.first() {
        let label = Names::new(visit).who(first).await.label;
        let why = format!("nobody else administers {label}: give it to somebody else, or delete it, first");
        return Err(WebError::forbidden("only-administrator", why));
    }
    ask(visit, me, CloseAccount {}).await?;
    let mut response = Redirect::to("/").into_response();
    response.headers_mut().append(SET_COOKIE, session::forgotten(&visit.front, &visit.site)?);
    Ok(response)
}

/// What lies on this server, is there still, and has no other administrator. What lies on other servers cannot be asked at once.
async fn administered_alone(visit: &Visit, me: &Me) -> WebResult<Vec<ActorId>> {
    let (node, now) = (&visit.front.node, visit.front.ports.now());
    let desk = node.look::<Person, _>(&me.id, &ViewDesk { viewer: visit.viewer(), limit: EXPORT_ROWS }).await?;
    let mut alone = Vec::new();
    for (_, permit) in desk.permits {
        let (actor, near) = (permit.resource.clone(), of_actor(&visit.front.settings, &permit.resource).is_some());
        let Some(kind) = ResourceKind::of(&actor).filter(|_| near && permit.role == Role::Admin && permit.holds(now))
        else {
            continue;
        };
        let view = ViewAccess { viewer: visit.viewer(), after: None, limit: EXPORT_ROWS };
        let access = match with_resource!(kind, A => node.look::<A, _>(&actor, &view).await) {
            Ok(access) => access,
            // It has ended, or they have no access any more.
            Err(ViewError::NoActor | ViewError::Refused(_)) => continue,
            Err(broken) => return Err(broken.into()),
        };
        let admins =
            |who: &ActorId| access.collaborators.iter().any(|(other, held)| (other == who) && held.role == Role::Admin);
        let others = access.collaborators.iter().any(|(other, held)| *other != me.id && held.role == Role::Admin);
        if admins(&me.id) && !others && !alone.contains(&actor) {
            alone.push(actor);
        }
    }
    Ok(alone)
}
