//! `GET /…/links`: with whom a resource is linked, and in which role access comes over each link; for its admins also the
//! links being formed, the Grants it holds, and the forms to begin, agree to and end links.

use crate::answer::{WebError, WebResult};
use crate::fed::peers;
use crate::limits::SHOWN_ITEMS;
use crate::page::grant;
use crate::page::head::Head;
use crate::page::parts::{Badge, When, Who, term};
use crate::page::shell::page;
use crate::page::ties::{self, OfferRow, TieGroup};
use crate::page::views::Requests;
use crate::page::visit::{Frame, Visit};
use crate::page::who::{Kind, Names, href, short};
use askama::Template;
use pritchel_actor::{ActorId, ViewError};
use pritchel_actors::access::Role;
use pritchel_actors::access::invite::InvitationState;
use pritchel_actors::access::view::ViewAccess;
use pritchel_actors::link::view::{HandshakesShown, ViewHandshakes};
use pritchel_actors::link::{End, Link, LinkKind, LinkState, Side};
use pritchel_actors::{ResourceKind, with_resource};

/// Peers of one collection on one page.
const PEERS_SHOWN: usize = 4 * SHOWN_ITEMS;

/// One collection of links.
pub struct Group {
    /// Its name.
    pub collection: &'static str,
    /// What stands above it.
    pub title: &'static str,
    /// Who may stand in it.
    whom: &'static str,
    /// Whether access comes over such links.
    carries: bool,
    /// Whether it is asked for here.
    begins: bool,
    /// Who does.
    pub rows: Vec<PeerRow>,
    /// After whom the next page begins.
    pub next: Option<String>,
}

/// Somebody linked.
pub struct PeerRow {
    id: String,
    /// Who.
    pub who: Who,
    /// In which role access comes over the link, if any does.
    pub role: Option<Badge>,
    since: When,
    /// For how long.
    term: String,
    add: String,
}

struct FormingRow {
    add: String,
    href: String,
    peer: String,
    who: Who,
    by: Who,
    title: &'static str,
    role: Option<Badge>,
    at: When,
    term: String,
    waits: String,
    decides: bool,
}

/// A Grant that the resource holds.
pub struct HeldRow {
    /// Its page.
    pub href: String,
    /// Its address, cut.
    pub short: String,
    /// What it is worth something on.
    pub on: Who,
    /// The role.
    pub role: Badge,
    /// Who gave it.
    pub from: Who,
    /// Until when it holds.
    pub end: Option<When>,
}

#[derive(Template)]
#[template(path = "links.html")]
struct Links<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    roles: [&'static str; 6],
    groups: Vec<Group>,
    forming: Vec<FormingRow>,
    held: Vec<HeldRow>,
    ties: Vec<TieGroup>,
    offers: Vec<OfferRow>,
}

/// `GET /…/links`.
pub async fn show(visit: &Visit, kind: Kind, actor: &ActorId) -> WebResult {
    let Kind::Resource(resource) = kind else { return Err(WebError::not_found()) };
    let head = Head::of(visit, kind, actor).await?;
    let mut names = Names::new(visit);
    let handshakes = handshakes(visit, resource, actor).await?;
    page(&Links {
        frame: &*visit.frame().await?,
        head: &head,
        tab: "links",
        roles: Role::ALL.map(Role::as_str),
        groups: groups(visit, resource, actor, &mut names).await?,
        forming: forming(visit, &handshakes, &mut names).await,
        held: held(visit, resource, actor, &handshakes, &mut names).await?,
        ties: ties::groups(visit, resource, actor, &mut names).await?,
        offers: ties::offers(visit, resource, actor, &mut names).await?,
    })
}

/// A handshake that has not come to its end.
pub struct Pending {
    /// What it is to become.
    pub what: &'static str,
    /// With whom, where that is known.
    pub who: Option<Who>,
    /// What it waits for.
    pub waits: String,
}

/// What waits at a resource, for its admins: links, ties, invitations and requests that are not settled.
pub async fn pending(
    visit: &Visit,
    resource: ResourceKind,
    actor: &ActorId,
    names: &mut Names<'_>,
) -> WebResult<Vec<Pending>> {
    let mut pending = Vec::new();
    if visit.me.is_none() {
        return Ok(pending);
    }
    for row in forming(visit, &handshakes(visit, resource, actor).await?, names).await {
        pending.push(Pending { what: row.title, who: Some(row.who), waits: row.waits });
    }
    for row in ties::offers(visit, resource, actor, names).await? {
        let waits = row.waits().to_owned();
        pending.push(Pending { what: "A tie with", who: row.provider, waits });
    }
    let view = ViewAccess { viewer: visit.viewer(), after: None, limit: SHOWN_ITEMS };
    let access = with_resource!(resource, A => visit.front.node.look::<A, _>(actor, &view).await)?;
    for (_, invitation) in access.invitations.iter().filter(|(_, one)| one.state == InvitationState::Offered) {
        let who = names.who(&invitation.invitee).await;
        let actor = Kind::of(&visit.front.settings, &invitation.invitee);
        let waits = match actor {
            Some(Kind::Resource(_)) => format!("waits for an admin of {} to agree", who.label),
            _ => format!("waits for {} to accept", who.label),
        };
        pending.push(Pending { what: "Invited:", who: Some(who), waits });
    }
    let view = Requests { viewer: visit.viewer(), limit: SHOWN_ITEMS };
    let requests = to_admins(with_resource!(resource, A => visit.front.node.look::<A, _>(actor, &view).await))?;
    for (_, request) in requests {
        let (who, waits) = (names.who(&request.by).await, "waits for you, or another admin, to let it join".to_owned());
        pending.push(Pending { what: "Asks to join:", who: Some(who), waits });
    }
    Ok(pending)
}

/// Those a resource is linked with, of each collection a page: the first, or where `of` and `after` say.
pub async fn groups(
    visit: &Visit,
    resource: ResourceKind,
    actor: &ActorId,
    names: &mut Names<'_>,
) -> WebResult<Vec<Group>> {
    let mut groups = Vec::new();
    for end in resource.ends() {
        let mut rows = Vec::new();
        let after = visit.asked("after").filter(|_| visit.asked("of") == Some(end.collection())).map(ActorId::new);
        let links = peers::Links { of: actor.clone(), kind: resource, end: *end };
        let peers::Seen { items, next, .. } =
            peers::seen(&visit.front, &links, visit.viewer().as_ref(), after, PEERS_SHOWN).await?;
        for peer in items {
            rows.push(PeerRow {
                id: peer.peer.to_string(),
                who: names.who(&peer.peer).await,
                role: peer.role.map(|role| Badge::new("plain", role.as_str())),
                since: When(peer.since),
                term: term(&peer.term),
                add: href(visit, peer.add.as_str()),
            });
        }
        let (title, whom) = words(*end);
        let (collection, carries, begins) = (end.collection(), end.carries(), end.begins());
        groups.push(Group { collection, title, whom, carries, begins, rows, next });
    }
    Ok(groups)
}

async fn handshakes(visit: &Visit, resource: ResourceKind, actor: &ActorId) -> WebResult<HandshakesShown> {
    let view = ViewHandshakes { viewer: visit.viewer(), limit: 4 * SHOWN_ITEMS };
    to_admins(with_resource!(resource, A => visit.front.node.look::<A, _>(actor, &view).await))
}

/// What only admins are shown; nothing to others.
pub fn to_admins<T: Default>(looked: Result<T, ViewError>) -> WebResult<T> {
    match looked {
        Err(ViewError::Refused(_)) => Ok(T::default()),
        looked => Ok(looked?),
    }
}

async fn forming(visit: &Visit, shown: &HandshakesShown, names: &mut Names<'_>) -> Vec<FormingRow> {
    let mut rows = Vec::new();
    for (add, link) in &shown.forming {
        let who = names.who(&link.peer).await;
        rows.push(FormingRow {
            add: add.to_string(),
            href: href(visit, add.as_str()),
            peer: link.peer.to_string(),
            by: names.who(&link.by).await,
            title: words(link.end).0,
            role: link.role.map(|role| Badge::new("plain", role.as_str())),
            at: When(link.since),
            term: term(&link.term),
            waits: waits_for(link, &who.label),
            decides: link.state == LinkState::Forming && !link.admin_agrees,
            who,
        });
    }
    rows
}

/// The Grants that came over links, and those by which it uses what others provide.
async fn held(
    visit: &Visit,
    resource: ResourceKind,
    actor: &ActorId,
    shown: &HandshakesShown,
    names: &mut Names<'_>,
) -> WebResult<Vec<HeldRow>> {
    let mut rows = ties::held(visit, resource, actor, names).await?;
    for (grant, held) in &shown.held {
        rows.push(HeldRow {
            href: grant::path(grant),
            short: short(grant),
            on: names.who(&held.context).await,
            role: Badge::new("plain", held.role.as_str()),
            from: names.who(&held.giver).await,
            end: held.span.end.map(When),
        });
    }
    Ok(rows)
}

/// What has to happen before a link stands.
fn waits_for(link: &Link, peer: &str) -> String {
    match (link.state, link.begun_here, link.admin_agrees, link.peer_agrees) {
        (LinkState::Agreed, ..) if !link.end.carries() => format!("waits for {peer} to list it"),
        (LinkState::Agreed, ..) => format!("waits for the delegate-Grant of {peer}"),
        (_, true, ..) if link.end.kind == LinkKind::Member => format!("waits for {peer} to accept"),
        (_, true, ..) => format!("waits for an admin of {peer}"),
        (_, false, false, true) => "waits for you, or another admin of this side".to_owned(),
        (_, false, true, false) => format!("waits for {peer} itself, which has not confirmed what was asked"),
        _ => format!("waits for an admin of this side, and for {peer} itself to confirm what was asked"),
    }
}

/// What stands above a collection of links, and who may stand in it.
fn words(end: End) -> (&'static str, &'static str) {
    match (end.kind, end.side) {
        (LinkKind::Component, Side::Source) => ("Projects it belongs to", "a project"),
        (LinkKind::Component, Side::Destination) => ("Components", "a repository or tracker"),
        (LinkKind::Child, Side::Source) => ("Projects above", "a project"),
        (LinkKind::Child, Side::Destination) => ("Subprojects", "a project"),
        (LinkKind::Subteam, Side::Source) => ("Subteams", "a team"),
        (LinkKind::Subteam, Side::Destination) => ("Teams above", "a team"),
        (LinkKind::Oversight, Side::Source) => ("Overseen by", "a team"),
        (LinkKind::Oversight, Side::Destination) => ("Oversees", "a team"),
        (LinkKind::TeamResource, Side::Source) => ("Teams with access", "a team"),
        (LinkKind::TeamResource, Side::Destination) => ("Has access to", "a repository, tracker, project or factory"),
        (LinkKind::Member, Side::Destination) => ("Members", "a person"),
        (LinkKind::Asset, Side::Destination) => ("Projects and components", "a project, repository or tracker"),
        (LinkKind::Member | LinkKind::Asset, Side::Source) => ("Organizations", "an organization"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pritchel_actors::access::Term;

    fn link(begun_here: bool, admin_agrees: bool, peer_agrees: bool, state: LinkState) -> Link {
        Link {
            end: ResourceKind::Repository.ends()[0],
            peer: "https://a.example/projects/p".into(),
            role: Some(Role::Write),
            by: "https://a.example/people/a".into(),
            begun_here,
            peer_agrees,
            admin_agrees,
            delegate: None,
            start: None,
            former: None,
            relationship: None,
            waits: None,
            term: Term::default(),
            state,
            since: 0,
        }
    }

    #[test]
    fn a_handshake_says_whom_it_waits_for() {
        let rows = [
            (link(true, true, false, LinkState::Forming), "an admin of kitchen"),
            (link(false, false, true, LinkState::Forming), "you, or another admin of this side"),
            (link(false, true, false, LinkState::Forming), "kitchen itself, which"),
            (link(false, false, false, LinkState::Forming), "an admin of this side, and for kitchen itself"),
            (link(false, true, true, LinkState::Agreed), "the delegate-Grant of kitchen"),
        ];
        for (link, expected) in rows {
            let found = waits_for(&link, "kitchen");
            assert!(found.contains(expected), "expected {expected:?}, found {found:?}");
        }
    }
}
