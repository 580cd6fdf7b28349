//! Forks and mirrors on pages: what a repository was copied from and how that goes, the form that asks for a copy, and what its forms do.

use crate::answer::{WebError, WebResult, of_call};
use crate::fed::peers;
use crate::page::acts;
use crate::page::authority::{self, Authority};
use crate::page::factory;
use crate::page::fields::{Fields, wrong};
use crate::page::head::Head;
use crate::page::parts::{Exact, When, Who, Why};
use crate::page::visit::{Me, Visit};
use crate::page::who::{Kind, Names};
use pritchel_actor::{ActId, ActorId, Value};
use pritchel_actors::access::Role;
use pritchel_actors::common::Visibility;
use pritchel_actors::common::naming::key;
use pritchel_actors::repository::CopyNow;
use pritchel_actors::repository::copy::Copy;
use pritchel_actors::{Repository, client};
use pritchel_git::pull::Progress;
use std::fmt::Display;

/// Forks named on a repository's page.
const NEWEST: usize = 10;

/// What a repository was copied from, as its page shows it.
pub struct CopyShown {
    /// The other repository.
    pub of: Who,
    /// The address that git fetched it from, if that is all there is to it.
    pub plain: Option<String>,
    /// Minutes between two fetches, if it is a mirror.
    pub mirror: Option<i64>,
    /// Whether git is at it, or is to be.
    pub busy: bool,
    /// How far it is.
    pub progress: Option<Progress>,
    /// When it last went well.
    pub done: Option<When>,
    /// When it is tried again.
    pub next: Option<Exact>,
    /// How often it has failed since.
    pub failures: u32,
    /// Why it failed.
    pub wrong: Option<Why>,
    /// Whether the visitor may have it fetched now.
    pub may_fetch: bool,
    /// Whether the visitor may change the mirror.
    pub may_edit: bool,
    /// Where a branch of it is offered to the other repository.
    pub offer_href: String,
}

impl CopyShown {
    /// For the page with this head.
    pub async fn of(visit: &Visit, head: &Head, copy: Copy) -> Self {
        let maintains = head.may(Role::Maintain) && head.collaborates;
        let of = Names::new(visit).who(&copy.of).await;
        let joint = if of.href.contains('?') { '&' } else { '?' };
        let from: String = url::form_urlencoded::byte_serialize(head.id.as_str().as_bytes()).collect();
        let progress = key(&head.id).parse().ok().and_then(|key| visit.front.git.pulling(&key));
        Self {
            offer_href: format!("{}{joint}{FROM}={from}", of.href),
            of,
            plain: copy.plain.then(|| copy.of.to_string()),
            mirror: copy.mirror.as_ref().map(|mirror| mirror.every_s / 60),
            busy: copy.busy,
            progress: progress.filter(|_| copy.busy),
            done: copy.done.map(When),
            next: copy.next.map(|(_, at)| Exact(at)),
            failures: copy.failures,
            may_fetch: maintains && !copy.busy && (copy.mirror.is_some() || copy.done.is_none()),
            may_edit: head.manages(),
            wrong: copy.error.map(Why::from),
        }
    }
}

/// The newest forks that a repository was told of.
pub async fn newest(visit: &Visit, repository: &ActorId) -> WebResult<Vec<Who>> {
    let (_, seen) = peers::forks(&visit.front, repository, visit.viewer().as_ref(), (None, NEWEST)).await?;
    let forks: Vec<ActorId> = seen.items.into_iter().map(|(_, fork)| fork.id).collect();
    Ok(Names::new(visit).all(&forks).await)
}

/// The form that asks for a copy.
pub struct ForkForm {
    /// Of what.
    pub origin: String,
    /// What it might be called.
    pub name: String,
    /// Factories of this server that the visitor may have it made by.
    pub factories: Vec<Who>,
    /// Whether it can only be private.
    pub private: bool,
}

impl ForkForm {
    /// For whoever is signed in.
    pub async fn of(visit: &Visit, origin: &ActorId, name: &str, visibility: Visibility) -> WebResult<Option<Self>> {
        let Some(me) = &visit.me else { return Ok(None) };
        let factories = Names::new(visit).all(&factory::of_visitor(visit, me).await?).await;
        let private = visibility == Visibility::Private;
        Ok(Some(Self { origin: origin.to_string(), name: name.to_owned(), factories, private }))
    }
}

/// The field of the query that names the repository from which something is to be offered.
pub const FROM: &str = "from";

/// The form that offers a branch to a repository.
pub struct OfferForm {
    /// The tracker that its merge requests go to.
    pub tracker: String,
    /// The repository.
    pub target: String,
    /// The branch it most likely goes into.
    pub into: String,
    /// The repository it comes from, if it is another.
    pub from: Option<String>,
    /// The branch it comes from, if that is known.
    pub branch: Option<String>,
}

impl OfferForm {
    /// The form with what is known.
    pub fn of(tracker: impl Display, target: impl Display, into: impl Display, from: Option<&str>) -> Self {
        let from = from.filter(|from| from.starts_with("http")).map(str::to_owned);
        Self { tracker: tracker.to_string(), target: target.to_string(), into: into.to_string(), from, branch: None }
    }

    /// The same for one branch into another, where the visitor comes from a comparison of them.
    pub fn between(self, branch: Option<&str>, into: Option<&str>) -> Self {
        let into = into.map_or(self.into, str::to_owned);
        Self { branch: branch.map(str::to_owned), into, ..self }
    }
}

/// The `Create` of a copy.
pub async fn fork(visit: &Visit, me: &Me, fields: &Fields) -> WebResult<Value> {
    let (factory, origin) = (fields.actor("factory")?, fields.actor("origin")?);
    let visibility = acts::visibility(fields)?.unwrap_or("public");
    let capability = Authority::of(visit, me, &factory, fields).await?.needed(&factory)?;
    let make = if fields.ticked("mirror") { client::mirror } else { client::fork };
    Ok(make(&factory, &origin, fields.need("name")?, visibility, &capability))
}

/// How often a mirror is to look.
pub fn edit_mirror(repository: &ActorId, fields: &Fields, capability: &ActId) -> WebResult<Value> {
    let minutes = fields.need("minutes")?.parse::<i64>().ok().and_then(|minutes| minutes.checked_mul(60));
    let every_s = minutes.ok_or_else(|| wrong("expected a number of minutes"))?;
    Ok(client::edit_mirror(repository, every_s, capability))
}

/// Has a repository of ours fetched now.
pub async fn fetch_now(visit: &Visit, me: &Me, fields: &Fields) -> WebResult<()> {
    let repository = fields.actor("repository")?;
    if Kind::of(&visit.front.settings, &repository) != Some(Kind::REPOSITORY) {
        return Err(WebError::not_found());
    }
    // Whoever may not see it does not learn that it is there.
    authority::near(visit, &repository).await?.ok_or_else(WebError::not_found)?;
    let now = CopyNow { by: me.id.clone() };
    of_call(
        visit.front.node.call::<Repository, _>(&repository, &repository, now).await?,
        "it may have begun or not: look again",
    )
}
