//! Actors by their names: what a page calls them and where it leads.

pub use crate::fed::near::Kind;
use crate::page::parts::Who;
use crate::page::shell::with;
use crate::page::visit::Visit;
use crate::ports::PortError;
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::access::view::ViewResource;
use pritchel_actors::common::naming::{host, key, origin_of};
use pritchel_actors::person::view::ViewPerson;
use pritchel_actors::release_tracker::ReleaseNo;
use pritchel_actors::release_tracker::release::release_no;
use pritchel_actors::release_tracker::view::ViewRelease;
use pritchel_actors::{Person, ReleaseTracker, ResourceKind, with_resource};
use std::collections::HashMap;

/// What the own page of an actor of this kind shows.
pub fn tab(kind: Kind) -> &'static str {
    match kind {
        Kind::Person => "Profile",
        Kind::Resource(ResourceKind::Factory) => "Factory",
        Kind::Resource(ResourceKind::Repository) => "Code",
        Kind::Resource(ResourceKind::TicketTracker) => "Tickets",
        Kind::Resource(ResourceKind::PatchTracker) => "Merge requests",
        Kind::Resource(ResourceKind::Project) => "Project",
        Kind::Resource(ResourceKind::Team) => "Team",
        Kind::Resource(ResourceKind::Organization) => "Organization",
        Kind::Resource(ResourceKind::Workflow) => "Workflow",
        Kind::Resource(ResourceKind::Roadmap) => "Milestones",
        Kind::Resource(ResourceKind::ReleaseTracker) => "Releases",
    }
}

/// What people call an actor of this kind.
pub fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Person => "person",
        Kind::Resource(ResourceKind::Factory) => "factory",
        Kind::Resource(ResourceKind::Repository) => "repository",
        Kind::Resource(ResourceKind::TicketTracker) => "ticket tracker",
        Kind::Resource(ResourceKind::PatchTracker) => "patch tracker",
        Kind::Resource(ResourceKind::Project) => "project",
        Kind::Resource(ResourceKind::Team) => "team",
        Kind::Resource(ResourceKind::Organization) => "organization",
        Kind::Resource(ResourceKind::Workflow) => "workflow",
        Kind::Resource(ResourceKind::Roadmap) => "roadmap",
        Kind::Resource(ResourceKind::ReleaseTracker) => "release tracker",
    }
}

/// Where the page of any address is: our own, or what we can say of another server's.
pub fn href(visit: &Visit, uri: &str) -> String {
    if let Some(path) = uri.strip_prefix(visit.site.origin.as_str()).filter(|path| path.starts_with('/')) {
        return path.to_owned();
    }
    let near = visit.front.settings.domains.iter().any(|domain| domain.origin == origin_of(uri));
    if near { uri.to_owned() } else { with(&[("q", uri)], "/look") }
}

/// Somebody named as `name@host`, or as `name` of this domain.
pub async fn named(visit: &Visit, text: &str) -> Result<ActorId, PortError> {
    let name = text.trim_start_matches('@');
    let name = if name.contains('@') { name.to_owned() } else { format!("{name}@{}", visit.site.host) };
    match visit.front.ports.named(name.clone()).await? {
        Some(near) => Ok(near),
        None => visit.front.ports.find(name).await.map(|found| found.id),
    }
}

/// An act's address, cut to what tells it from others.
pub fn short(act: &ActId) -> String {
    let text = act.as_str();
    let token = text.rsplit('/').next().unwrap_or(text);
    let cut: String = token.chars().take(10).collect();
    if cut.len() < token.len() { format!("{cut}…") } else { cut }
}

/// Finds out what actors are called; each is asked once for a page.
pub struct Names<'v> {
    visit: &'v Visit,
    known: HashMap<ActorId, Who>,
}

impl<'v> Names<'v> {
    /// For this visit.
    pub fn new(visit: &'v Visit) -> Self {
        Self { visit, known: HashMap::new() }
    }

    /// What an actor is called.
    pub async fn who(&mut self, actor: &ActorId) -> Who {
        if let Some(who) = self.known.get(actor) {
            return who.clone();
        }
        let mut at = None;
        let label = match Kind::of(&self.visit.front.settings, actor) {
            Some(kind) if kind.tracks() && actor.as_str().contains("/tickets/") => {
                ticket_label(self.visit, kind, actor).await
            }
            Some(Kind::RELEASES) if release_no_of(actor).is_some() => release_label(self.visit, actor).await,
            Some(kind) => near_label(self.visit, kind, actor).await,
            None => self.visit.front.ports.remembered_name(actor.clone()).await.map(|called| {
                at = called.host;
                cut(&called.name)
            }),
        };
        let here = host(actor) == self.visit.site.host;
        let who = Who {
            href: href(self.visit, actor.as_str()),
            id: actor.to_string(),
            label: label.unwrap_or_else(|| far_label(actor)),
            host: (!here).then(|| at.unwrap_or_else(|| host(actor).to_owned())),
        };
        self.known.insert(actor.clone(), who.clone());
        who
    }

    /// What several are called.
    pub async fn all(&mut self, actors: &[ActorId]) -> Vec<Who> {
        let mut all = Vec::new();
        for actor in actors {
            all.push(self.who(actor).await);
        }
        all
    }
}

async fn near_label(visit: &Visit, kind: Kind, actor: &ActorId) -> Option<String> {
    let (node, view) = (&visit.front.node, ViewResource { viewer: visit.viewer() });
    let resource = match kind {
        Kind::Person => {
            let person = node.look::<Person, _>(actor, &ViewPerson).await.ok()?;
            return Some(person.name);
        }
        Kind::Resource(kind) => with_resource!(kind, A => node.look::<A, _>(actor, &view).await),
    };
    Some(resource.ok()?.resource.name.to_string())
}

/// A ticket can be followed as actors are: its number, and what its tracker is called.
async fn ticket_label(visit: &Visit, kind: Kind, ticket: &ActorId) -> Option<String> {
    let (tracker, number) = ticket.as_str().rsplit_once("/tickets/")?;
    let tracker = near_label(visit, kind, &ActorId::new(tracker)).await?;
    Some(format!("{tracker} #{number}"))
}

/// The tracker and the number of a release, as its address tells them.
fn release_no_of(release: &ActorId) -> Option<(ActorId, ReleaseNo)> {
    let tracker = ActorId::new(release.as_str().rsplit_once("/releases/")?.0);
    let number = release_no(&tracker, release.as_str())?;
    (tracker.as_str().matches("/releases/").count() == 1).then_some((tracker, number))
}

/// A release is called as it is titled.
async fn release_label(visit: &Visit, release: &ActorId) -> Option<String> {
    let (tracker, number) = release_no_of(release)?;
    let view = ViewRelease { viewer: visit.viewer(), number, after: None, limit: 0 };
    let shown = visit.front.node.look::<ReleaseTracker, _>(&tracker, &view).await.ok()?;
    Some(format!("{} ({})", shown.release.title, shown.release.tag))
}

/// Letters shown of the name of an actor of another server.
const FAR_LABEL_CHARS: usize = 24;

/// Where not even a name is remembered there is only its address to go by.
fn far_label(actor: &ActorId) -> String {
    let cut = cut(key(actor).trim_start_matches('@'));
    if cut.is_empty() { actor.to_string() } else { cut }
}

/// Names of other servers are as long as those servers like; ours are not shown so.
fn cut(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control()).take(FAR_LABEL_CHARS).collect()
}
