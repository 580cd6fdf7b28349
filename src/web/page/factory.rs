//! A factory's page: what it makes, and the form to have it made.

use crate::answer::WebResult;
use crate::page::head::Head;
use crate::page::shell::page;
use crate::page::visit::{Frame, Visit};
use crate::page::who::Kind;
use askama::Template;
use pritchel_actor::ActorId;
use pritchel_actors::access::Role;
use pritchel_actors::factory::view::ViewKinds;
use pritchel_actors::{Factory, ResourceKind};

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
    let frame = &*visit.frame().await?;
    page(&FactoryPage { frame, head: &head, tab: "about", may_create, may_migrate, kinds, all })
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
