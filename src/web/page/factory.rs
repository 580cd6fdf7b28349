//! A factory's page: what it makes, and the form to have it made.

use crate::answer::WebResult;
use crate::page::head::Head;
use crate::page::shell::page;
use crate::page::visit::{Frame, Visit};
use crate::page::who::Kind;
use askama::Template;
use pritchel_actor::ActorId;
use pritchel_actors::access::Role;

#[derive(Template)]
#[template(path = "factory.html")]
struct FactoryPage<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    may_create: bool,
    /// Whether trackers of other servers may be copied here.
    may_migrate: bool,
}

/// `GET /factories/{key}`.
pub async fn show(visit: &Visit, actor: &ActorId) -> WebResult {
    let head = Head::of(visit, Kind::FACTORY, actor).await?;
    let may_create = head.may(Role::Write);
    let may_migrate = may_create && visit.front.settings.migration;
    page(&FactoryPage { frame: &*visit.frame().await?, head: &head, tab: "about", may_create, may_migrate })
}
