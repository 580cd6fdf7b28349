//! `GET /…/collaborators`: who has which role on a resource; for its admins also invitations, requests and Grants, and
//! the forms to change them.

use crate::answer::WebResult;
use crate::limits::SHOWN_ITEMS;
use crate::page::boxes::pages;
use crate::page::grant;
use crate::page::head::Head;
use crate::page::parts::{Badge, Pages, When, Who, term};
use crate::page::shell::{page, with};
use crate::page::views::Requests;
use crate::page::visit::{Frame, Visit};
use crate::page::who::{Kind, Names, href, short};
use askama::Template;
use pritchel_actor::{ActId, Actor, ActorId};
use pritchel_actors::access::invite::InvitationState;
use pritchel_actors::access::view::{AccessShown, ViewAccess};
use pritchel_actors::access::{Role, Target};
use pritchel_actors::common::ResourceActor;
use pritchel_actors::link::view::ViewExtensions;
use pritchel_actors::with_resource;

struct CollaboratorRow {
    id: String,
    who: Who,
    role: Badge,
    since: When,
    term: String,
    grants: Vec<(String, String)>,
    me: bool,
}

struct InvitationRow {
    href: String,
    who: Who,
    role: Badge,
    by: Who,
    at: When,
    term: String,
    state: Badge,
    /// Whether the invited has yet to answer.
    waits: bool,
}

struct RequestRow {
    join: String,
    who: Who,
    role: Badge,
    at: When,
    term: String,
}

struct GrantRow {
    grant: String,
    href: String,
    short: String,
    who: Option<Who>,
    role: Badge,
    since: When,
    end: Option<When>,
    /// Why it holds no more, in a word.
    gone: Option<&'static str>,
}

/// A Grant that the resource passed on to somebody it is linked with.
struct ExtensionRow {
    href: String,
    short: String,
    role: Badge,
    /// What it is worth something on.
    on: Option<Who>,
    to: Who,
    end: Option<When>,
    over: bool,
}

#[derive(Template)]
#[template(path = "access.html")]
struct Access<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    roles: [&'static str; 6],
    collaborators: Vec<CollaboratorRow>,
    invitations: Vec<InvitationRow>,
    requests: Vec<RequestRow>,
    grants: Vec<GrantRow>,
    extensions: Vec<ExtensionRow>,
    /// Where those after these are.
    next_extension: Option<String>,
    pages: Pages,
}

/// `GET /…/collaborators`.
pub async fn show(visit: &Visit, kind: Kind, actor: &ActorId) -> WebResult {
    match kind {
        Kind::Person => Err(crate::answer::WebError::not_found()),
        Kind::Resource(resource) => with_resource!(resource, A => shown::<A>(visit, kind, actor).await),
    }
}

async fn shown<A: ResourceActor + Actor>(visit: &Visit, kind: Kind, actor: &ActorId) -> WebResult {
    let head = Head::of(visit, kind, actor).await?;
    let after = visit.asked("after").map(ActorId::new);
    let view = ViewAccess { viewer: visit.viewer(), after, limit: 4 * SHOWN_ITEMS };
    let access = visit.front.node.look::<A, _>(actor, &view).await?;
    let requests = match head.owns {
        true => {
            visit.front.node.look::<A, _>(actor, &Requests { viewer: visit.viewer(), limit: 4 * SHOWN_ITEMS }).await?
        }
        false => Vec::new(),
    };
    let mut names = Names::new(visit);
    let mut asking = Vec::new();
    for (join, request) in requests {
        let (join, who, at) = (join.to_string(), names.who(&request.by).await, When(request.at));
        let (role, term) = (Badge::new("plain", request.role.as_str()), term(&request.term));
        asking.push(RequestRow { join, who, role, at, term });
    }
    let next = access.collaborators.last().filter(|_| access.collaborators.len() == 4 * SHOWN_ITEMS);
    let pages = pages(visit, "after", next.map(|(who, _)| who.to_string()));
    let (extensions, next_extension) = extensions::<A>(visit, actor, head.owns, &mut names).await?;
    page(&Access {
        extensions,
        next_extension,
        frame: &*visit.frame().await?,
        head: &head,
        tab: "access",
        roles: Role::ALL.map(Role::as_str),
        collaborators: collaborators(visit, &access, &mut names).await,
        invitations: invitations(visit, &access, &mut names).await,
        requests: asking,
        grants: grants(visit, &access, &mut names).await,
        pages,
    })
}

/// A page of the Grants that the resource passed on, for its admins, and where the next is.
async fn extensions<A: ResourceActor + Actor>(
    visit: &Visit,
    actor: &ActorId,
    owns: bool,
    names: &mut Names<'_>,
) -> WebResult<(Vec<ExtensionRow>, Option<String>)> {
    if !owns {
        return Ok((Vec::new(), None));
    }
    let after = visit.asked("extension").and_then(|after| after.split_once(' '));
    let after = after.map(|(grant, delegate)| (ActId::new(grant), ActId::new(delegate)));
    let view = ViewExtensions { viewer: visit.viewer(), after, limit: 4 * SHOWN_ITEMS };
    let shown = visit.front.node.look::<A, _>(actor, &view).await?;
    let next = shown.last().filter(|_| shown.len() == view.limit);
    let next = next.map(|extension| with(&[("extension", &extension.place())], &visit.path));
    let (mut rows, now) = (Vec::new(), visit.front.ports.now());
    for extension in &shown {
        rows.push(ExtensionRow {
            href: grant::path(&extension.extension.grant),
            short: short(&extension.extension.grant),
            role: Badge::new("plain", extension.extension.role.as_str()),
            on: match &extension.on {
                Some(on) => Some(names.who(on).await),
                None => None,
            },
            to: names.who(&extension.extension.to).await,
            end: extension.extension.end.map(When),
            over: extension.extension.end.is_some_and(|end| end <= now),
        });
    }
    Ok((rows, next))
}

async fn collaborators(visit: &Visit, access: &AccessShown, names: &mut Names<'_>) -> Vec<CollaboratorRow> {
    let mut rows = Vec::new();
    for (who, collaborator) in &access.collaborators {
        rows.push(CollaboratorRow {
            id: who.to_string(),
            who: names.who(who).await,
            role: Badge::new("plain", collaborator.role.as_str()),
            since: When(collaborator.since),
            term: term(&collaborator.term),
            grants: collaborator.grants.iter().map(|grant| (grant::path(grant), short(grant))).collect(),
            me: visit.viewer().as_ref() == Some(who),
        });
    }
    rows
}

async fn invitations(visit: &Visit, access: &AccessShown, names: &mut Names<'_>) -> Vec<InvitationRow> {
    let mut rows = Vec::new();
    for (invite, invitation) in &access.invitations {
        rows.push(InvitationRow {
            href: href(visit, invite.as_str()),
            who: names.who(&invitation.invitee).await,
            role: Badge::new("plain", invitation.role.as_str()),
            by: names.who(&invitation.by).await,
            at: When(invitation.at),
            term: term(&invitation.term),
            waits: invitation.state == InvitationState::Offered,
            state: match invitation.state {
                InvitationState::Offered => Badge::new("wait", "offered"),
                InvitationState::Accepted => Badge::new("good", "accepted"),
                InvitationState::Declined => Badge::new("over", "declined"),
                InvitationState::Ended => Badge::new("plain", "ended"),
            },
        });
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.at.0));
    rows
}

async fn grants(visit: &Visit, access: &AccessShown, names: &mut Names<'_>) -> Vec<GrantRow> {
    let (mut rows, now) = (Vec::new(), visit.front.ports.now());
    for (grant, issued) in &access.grants {
        rows.push(GrantRow {
            grant: grant.to_string(),
            href: grant::path(grant),
            short: short(grant),
            who: match &issued.target {
                Target::Actor(who) => Some(names.who(who).await),
                Target::Public => None,
            },
            role: Badge::new("plain", issued.role.as_str()),
            since: When(issued.since),
            end: issued.span.end.map(When),
            gone: match (issued.span.is_over(now), issued.active) {
                (true, _) => Some("ended"),
                (false, true) => None,
                (false, false) => Some("revoked"),
            },
        });
    }
    rows.sort_by_key(|row| (row.gone.is_some(), std::cmp::Reverse(row.since.0)));
    rows
}
