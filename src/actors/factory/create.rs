//! Create: a new resource.

use crate::ResourceKind;
use crate::access::{Role, require};
use crate::common::naming::origin_of;
use crate::common::resource::{Resource, Visibility, followers, spread};
use crate::common::text::{Html, Line};
use crate::common::{Begin, ResourceActor};
use crate::domain::{Domain, TAKES_MIGRATIONS};
use crate::factory::Factory;
use crate::organization::Organization;
use crate::patch_tracker::PatchTracker;
use crate::project::Project;
use crate::release_tracker::ReleaseTracker;
use crate::repository::copy::Copy;
use crate::repository::{BeginCopy, Repository};
use crate::roadmap::Roadmap;
use crate::team::Team;
use crate::ticket_tracker::migrate::Source;
use crate::ticket_tracker::{BeginMigration, Migration, TicketTracker};
use crate::workflow::Workflow;
use pritchel_actor::{ActorId, Audience, Halt, Method, Ref, Refusal, Turn, Value, demand};
use serde::{Deserialize, Serialize};

/// Makes a resource whose admin the caller will be. Answers its address; its first Grant follows from itself.
///
/// Source: ForgeFed, "Creating Resource Actors". The handler's text asks for the role maintain, the flow for write: write.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Create {
    /// Of which kind.
    pub kind: ResourceKind,
    /// What it is called.
    pub name: Line,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Html>,
    /// Who may see it.
    #[serde(default)]
    pub visibility: Visibility,
    /// Of which repository or tracker it is a copy, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<ActorId>,
    /// The document in F3 of which a tracker is a copy, or where git fetches what a repository begins with: that is no actor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive: Option<String>,
    /// Which repository it mirrors, if it does: the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mirrors: Option<ActorId>,
}

impl Method<Factory> for Create {
    type Answer = ActorId;

    fn turn(self, factory: &mut Factory, turn: &mut Turn<'_>) -> Result<ActorId, Halt> {
        require(factory, turn, Role::Write)?;
        demand(factory.available.contains(&self.kind), || {
            Refusal::new(
                "kind-not-available",
                format!("this factory makes {:?}, not a {}", factory.available, self.kind.as_str()),
            )
        })?;
        let copies = match self.kind {
            ResourceKind::Repository => self.archive.is_none() || (self.origin.is_none() && self.mirrors.is_none()),
            ResourceKind::TicketTracker => self.mirrors.is_none() && (self.origin.is_none() || self.archive.is_none()),
            _ => self.origin.is_none() && self.mirrors.is_none() && self.archive.is_none(),
        };
        demand(copies, || {
            let why = "repositories are copied here, and trackers of tickets, which can also come from a document";
            Refusal::new("cannot-copy", format!("{why}: not this {}", self.kind.as_str()))
        })?;
        demand(self.mirrors.is_none() || self.mirrors == self.origin, || {
            Refusal::new("mirrors-another", "a mirror names what it mirrors as its `origin`, too")
        })?;
        let Some(act) = turn.act() else {
            return Err(Refusal::new("no-act", "a resource is asked for by an act").into());
        };
        let creator = turn.caller().id().clone();
        let domain: Ref<Domain> = turn.look().introduce(&factory.resource.domain);
        let begin = Begin { creator: creator.clone(), create: act.id.clone(), domain, wish: self.name.to_string() };
        let source = self.tracker_source();
        if let Some(source) = &source {
            may_migrate(factory, turn, source)?;
        }
        factory.made += 1;
        // A factory is followed by anybody: what is private is told to whoever asked for it, and to nobody else.
        if self.visibility != Visibility::Private {
            spread(turn, vec![followers()])?;
            turn.answer_also(Audience::of(&self.origin));
        }
        let mut resource = Resource::new(self.name, creator.clone(), factory.resource.domain.clone(), turn.now());
        (resource.summary, resource.visibility) = (self.summary, self.visibility);
        match self.origin {
            _ if source.is_some() => migrated(turn, source, resource, begin),
            Some(origin) => copied(turn, Copy::new(origin, creator, self.mirrors.is_some()), resource, begin),
            None => match self.archive {
                Some(url) if self.kind == ResourceKind::Repository => {
                    copied(turn, Copy::import(ActorId::new(url), creator), resource, begin)
                }
                _ => launched(turn, self.kind, resource, begin),
            },
        }
    }
}

impl Create {
    /// What a tracker is to be a copy of.
    fn tracker_source(&self) -> Option<Source> {
        let of = self.origin.clone().map(Source::Tracker).or_else(|| self.archive.clone().map(Source::Archive));
        of.filter(|_| self.kind == ResourceKind::TicketTracker)
    }
}

/// Refuses to copy trackers where the operator has not allowed it, and what is on this server already.
fn may_migrate(factory: &Factory, turn: &mut Turn<'_>, source: &Source) -> Result<(), Halt> {
    let domain = turn.document(factory.resource.domain.as_str())?.found;
    let allowed = domain.is_ok_and(|domain| domain.get(TAKES_MIGRATIONS) == Some(&Value::Bool(true)));
    demand(allowed, || {
        let why =
            "this server copies no trackers of other servers: its operator has to allow it, by the setting `migration`";
        Refusal::new("migration-off", why)
    })?;
    demand(origin_of(source.uri()) != origin_of(turn.me().as_str()), || {
        Refusal::new(
            "not-elsewhere",
            format!("{} is on this server, and only trackers of others are copied", source.uri()),
        )
    })
}

/// A tracker that begins as a copy of one on another server.
///
/// Source: ForgeFed, "Forks and Migrations", step 2.
fn migrated(turn: &mut Turn<'_>, of: Option<Source>, resource: Resource, begin: Begin) -> Result<ActorId, Halt> {
    let migration = of.map(|of| Box::new(Migration::new(of, begin.creator.clone(), begin.create.clone())));
    let made = made(turn, &TicketTracker { migration, ..TicketTracker::new(resource) }, begin)?;
    let tracker: Ref<TicketTracker> = turn.look().introduce(&made);
    turn.call(&tracker, BeginMigration {})?;
    Ok(made)
}

/// A repository that begins as a copy of another one.
///
/// Source: ForgeFed, "Forks and Migrations", step 2; "Mirroring".
fn copied(turn: &mut Turn<'_>, copy: Copy, resource: Resource, begin: Begin) -> Result<ActorId, Halt> {
    let made = made(turn, &Repository { copy: Some(copy), ..Repository::new(resource) }, begin)?;
    let repository: Ref<Repository> = turn.look().introduce(&made);
    turn.call(&repository, BeginCopy {})?;
    Ok(made)
}

fn launched(turn: &mut Turn<'_>, kind: ResourceKind, resource: Resource, begin: Begin) -> Result<ActorId, Halt> {
    match kind {
        ResourceKind::Factory => Err(Refusal::new("kind-not-available", "a factory makes no factories").into()),
        ResourceKind::Repository => made(turn, &Repository::new(resource), begin),
        ResourceKind::TicketTracker => made(turn, &TicketTracker::new(resource), begin),
        ResourceKind::PatchTracker => made(turn, &PatchTracker::new(resource), begin),
        ResourceKind::Project => made(turn, &Project::new(resource), begin),
        ResourceKind::Team => made(turn, &Team::new(resource), begin),
        ResourceKind::ReleaseTracker => made(turn, &ReleaseTracker::new(resource), begin),
        ResourceKind::Roadmap => made(turn, &Roadmap::new(resource), begin),
        ResourceKind::Organization => made(turn, &Organization::new(resource), begin),
        ResourceKind::Workflow => made(turn, &Workflow::new(resource), begin),
    }
}

fn made<A: ResourceActor>(turn: &mut Turn<'_>, state: &A, begin: Begin) -> Result<ActorId, Halt> {
    let made = turn.launch(state)?;
    turn.call(&made, begin)?;
    Ok(made.id().clone())
}
