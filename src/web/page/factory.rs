//! A factory's page: what it makes, and the form to have it made.

use crate::answer::WebResult;
use crate::limits::SHOWN_ITEMS;
use crate::page::authority;
use crate::page::head::Head;
use crate::page::links::{Pending, pending};
use crate::page::shell::page;
use crate::page::visit::{Frame, Me, Visit};
use crate::page::who::{Kind, Names};
use askama::Template;
use pritchel_actor::ActorId;
use pritchel_actors::access::Role;
use pritchel_actors::factory::view::ViewKinds;
use pritchel_actors::person::view::ViewDesk;
use pritchel_actors::{Factory, Person, ResourceKind};

#[derive(Template)]
#[template(path = "factory.html")]
struct FactoryPage<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    may_create: bool,
    /// Whether trackers of other servers may be copied here.
    may_migrate: bool,
    /// What it makes: each kind's name on the wire, and what people call it.
    kinds: Vec<(&'static str, &'static str)>,
    /// All that a factory can make, and whether this one does.
    all: Vec<(&'static str, &'static str, bool)>,
    /// Handshakes that wait, in words.
    pending: Vec<Pending>,
}

/// `GET /factories/{key}`.
pub async fn show(visit: &Visit, actor: &ActorId) -> WebResult {
    let head = Head::of(visit, Kind::FACTORY, actor).await?;
    let may_create = head.may(Role::Write);
    let may_migrate = may_create && visit.front.settings.migration;
    let view = ViewKinds { viewer: visit.viewer() };
    let made = visit.front.node.look::<Factory, _>(actor, &view).await?;
    let all = ResourceKind::made().map(|kind| (kind.as_str(), what(kind), made.contains(&kind))).collect();
    // In the order of all kinds, whatever order they were named in.
    let kinds = ResourceKind::made().filter(|kind| made.contains(kind));
    let kinds = kinds.map(|kind| (kind.as_str(), what(kind))).collect();
    let pending = pending(visit, ResourceKind::Factory, actor, &mut Names::new(visit)).await?;
    let frame = &*visit.frame().await?;
    page(&FactoryPage { frame, head: &head, tab: "about", may_create, may_migrate, kinds, all, pending })
}

/// The factories of this server that the visitor may have something made by.
pub async fn of_visitor(visit: &Visit, me: &Me) -> WebResult<Vec<ActorId>> {
    let view = ViewDesk { viewer: visit.viewer(), limit: 4 * SHOWN_ITEMS };
    let permits = visit.front.node.look::<Person, _>(&me.id, &view).await?.permits;
    let (now, mut factories) = (visit.front.ports.now(), Vec::new());
    for (_, permit) in permits.into_iter().filter(|(_, permit)| permit.holds(now) && permit.role >= Role::Write) {
        let makes = Kind::of(&visit.front.settings, &permit.resource) == Some(Kind::FACTORY);
        if makes && !factories.contains(&permit.resource) && authority::is_open(visit, &permit.resource).await? {
            factories.push(permit.resource);
        }
    }
    Ok(factories)
}

/// What people would have made.
fn what(kind: ResourceKind) -> &'static str {
    match kind {
        ResourceKind::Factory => "A factory",
        ResourceKind::Repository => "A git repository",
        ResourceKind::TicketTracker => "A ticket tracker",
        ResourceKind::PatchTracker => "A patch tracker, for merge requests",
        ResourceKind::Project => "A project of repositories and trackers",
        ResourceKind::Team => "A team of people",
        ResourceKind::Organization => "An organization of people and projects",
        ResourceKind::Workflow => "A workflow: what fields tickets have",
        ResourceKind::Roadmap => "A roadmap of milestones",
        ResourceKind::ReleaseTracker => "A release tracker",
    }
}
