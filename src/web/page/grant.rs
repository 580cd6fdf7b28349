//! `GET /grant?id=…`: a Grant with the chain it stands in, from the resource to whoever holds it, as a picture and as a
//! table; and with `verify=ROLE` the trace of the verification that a call with it would go through.
//!
//! Shown to whoever may see the resource, and to those whom the Grant concerns; for others it is not there. Nobody but a
//! person who is signed in makes this server ask others.

use crate::answer::{WebError, WebResult};
use crate::domains::of_actor;
use crate::page::audience::kind;
use crate::page::authority::near;
use crate::page::boxes::standing_of;
use crate::page::parts::{Badge, When, Who, Why};
use crate::page::picture::Picture;
use crate::page::shell::{error, page, with};
use crate::page::visit::{Frame, Visit};
use crate::page::who::{Kind, Names, href, short};
use crate::verifying::{verified, verified_afar};
use askama::Template;
use axum::response::Response;
use jiff::Timestamp;
use pritchel_actor::{ActId, ActorId, Need, NotFound, Seconds, Value};
use pritchel_actors::ResourceKind;
use pritchel_actors::access::Role;
use pritchel_actors::access::afar::VerifyAfar;
use pritchel_actors::access::ground::{Step, Trace, VerifyGrant};
use pritchel_actors::access::wire::{self, Link, LinkTarget};
use pritchel_actors::limits::CHAIN_MAX;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The page of a Grant.
pub fn path(grant: &ActId) -> String {
    with(&[("id", grant.as_str())], "/grant")
}

/// How a Grant of a chain stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its giver holds to it.
    Live,
    /// Its giver has taken it back.
    Revoked,
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYet,
    /// Its giver has not been asked, or did not answer.
    Unknown,
}

impl State {
    /// The word for it, and its colour.
    pub fn badge(self) -> Badge {
        match self {
            Self::Live => Badge::new("good", "live"),
            Self::Revoked => Badge::new("bad", "revoked"),
            Self::Expired => Badge::new("over", "expired"),
            Self::NotYet => Badge::new("wait", "not yet"),
            Self::Unknown => Badge::new("odd", "not known"),
        }
    }
}

/// A Grant of a chain, as it is shown.
pub struct Hop {
    /// The activity's page.
    pub href: String,
    /// Its address.
    pub id: String,
    /// The address, cut.
    pub short: String,
    /// Who gave it.
    pub giver: Who,
    /// For whom it is; `None`: for everybody.
    pub target: Option<Who>,
    /// The role, by its word.
    pub role: String,
    /// How it may be used, by its words.
    pub allows: String,
    /// When it was given.
    pub since: Option<When>,
    /// From when on it holds.
    pub start: Option<When>,
    /// Until when it holds.
    pub end: Option<When>,
    /// How it stands.
    pub state: State,
}

#[derive(Template)]
#[template(path = "grant.html")]
struct GrantPage<'a> {
    frame: &'a Frame,
    id: &'a str,
    about: Who,
    picture: Picture,
    hops: Vec<Hop>,
    /// Why the chain could not be followed to its beginning.
    broken: Option<Why>,
    /// Roles to verify it for, and whether each is chosen: the one asked for, or that which the Grant gives.
    roles: [(&'static str, bool); 6],
    /// Whether the resource is of another server, which has the last word.
    elsewhere: bool,
    /// Whether the visitor may have it verified.
    may_verify: bool,
    steps: Vec<Step>,
    outcome: Option<(Badge, Option<Why>)>,
}

/// `GET /grant`.
pub async fn show(visit: Visit) -> Response {
    match shown(&visit).await {
        Ok(response) => response,
        Err(wrong) => error(&visit, wrong),
    }
}

async fn shown(visit: &Visit) -> WebResult {
    let id = visit.asked("id").filter(|id| !id.is_empty()).map(ActId::new).ok_or_else(WebError::not_found)?;
    let (first, document) = obtain(visit, &id).await.map_err(|_| WebError::not_found())?;
    if !may_see(visit, &first).await? {
        return Err(WebError::not_found());
    }
    let asked = visit.asked("verify").map(|word| Role::from_word(word).unwrap_or(Role::Visit));
    let holds = matches!((&first.target, visit.viewer()), (LinkTarget::Actor(target), Some(me)) if *target == me);
    let elsewhere = resource_of(visit, &first.context).is_none();
    // Of another server's, whoever sees this page: the Grant concerns them.
    let may_verify = elsewhere || holds || near(visit, &first.context).await?.is_some();
    if asked.is_some() {
        // It has other servers asked.
        visit.signed_in()?;
        if !may_verify {
            return Err(WebError::not_found());
        }
    }
    let role = asked.or_else(|| Role::from_word(&first.role)).unwrap_or(Role::Visit);
    let trace = match asked {
        Some(needed) => Some(verify(visit, &first, needed).await?),
        None => None,
    };
    let mut names = Names::new(visit);
    let about = names.who(&first.context).await;
    let (links, broken) = follow(visit, first, document).await;
    let mut hops = Vec::new();
    for (link, document) in &links {
        hops.push(hop(visit, link, document, asked.is_some(), &mut names).await);
    }
    hops.reverse();
    let (steps, outcome) = match trace {
        Some(Trace { steps, outcome: Ok(worth) }) => {
            (steps, Some((Badge::new("good", format!("holds, worth {worth}")), None)))
        }
        Some(Trace { steps, outcome: Err(why) }) => {
            (steps, Some((Badge::new("bad", "does not hold"), Some(Why::from(why)))))
        }
        None => (Vec::new(), None),
    };
    page(&GrantPage {
        frame: &*visit.frame().await?,
        id: id.as_str(),
        about,
        picture: Picture::of(&hops),
        hops,
        broken,
        roles: Role::ALL.map(|each| (each.as_str(), each == role)),
        elsewhere,
        may_verify: may_verify && visit.me.is_some(),
        steps,
        outcome,
    })
}

/// The kind of a resource of this server.
fn resource_of(visit: &Visit, resource: &ActorId) -> Option<ResourceKind> {
    match Kind::of(&visit.front.settings, resource) {
        Some(Kind::Resource(kind)) => Some(kind),
        Some(Kind::Person) | None => None,
    }
}

/// Whether the visitor may see the page of this Grant.
async fn may_see(visit: &Visit, link: &Link) -> WebResult<bool> {
    if near(visit, &link.context).await?.is_some() {
        return Ok(true);
    }
    let Some(viewer) = visit.viewer() else { return Ok(false) };
    let target = match &link.target {
        LinkTarget::Actor(target) => Some(target),
        LinkTarget::Public => None,
    };
    for actor in [Some(&link.giver), target].into_iter().flatten() {
        if *actor == viewer {
            return Ok(true);
        }
        if let Some(kind) = Kind::of(&visit.front.settings, actor)
            && standing_of(visit, kind, actor).await?.administers
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A Grant's document: an own act, or what its server shows.
/// - errors: why it is not to be had, or is none
async fn obtain(visit: &Visit, id: &ActId) -> Result<(Link, Arc<Value>), Why> {
    let why = |code: &str, detail: &str| Why::of(code, detail);
    let document = match visit.front.ports.act(id.clone()).await {
        Ok(Some(act)) if of_actor(&visit.front.settings, &act.author).is_some() => act.body.clone(),
        Err(error) => return Err(why(&error.code, &error.detail)),
        Ok(_) if of_actor(&visit.front.settings, &ActorId::new(id.as_str())).is_some() => {
            return Err(why("no-such-grant", &format!("nobody here has published {id}")));
        }
        Ok(_) if visit.me.is_none() => {
            return Err(why("sign-in", &format!("{id} is of another server, which is asked for who is signed in")));
        }
        Ok(_) => match visit.front.ports.evidence(Need::Document(id.to_string())).await.found {
            Ok(document) => document,
            Err(error) => return Err(why("grant-unavailable", &error.to_string())),
        },
    };
    if kind(&document) != "Grant" {
        return Err(why("not-a-grant", &format!("{id} is no Grant")));
    }
    let link = wire::link(&document).map_err(|wrong| why("not-a-grant", &format!("{id}: {wrong}")))?;
    if link.id != *id {
        return Err(why("another-id", &format!("the document at {id} says it is {}", link.id)));
    }
    Ok((link, document))
}

/// The chain, beginning with the Grant shown: as far as it can be followed, and why no further.
async fn follow(visit: &Visit, first: Link, document: Arc<Value>) -> (Vec<(Link, Arc<Value>)>, Option<Why>) {
    let context = first.context.clone();
    let mut links = vec![(first, document)];
    while let Some(parent) = links.last().and_then(|(link, _)| link.delegates.clone()) {
        if links.len() >= CHAIN_MAX {
            let detail = format!("expected at most {CHAIN_MAX} Grants in a chain, it goes on with {parent}");
            return (links, Some(Why::of("chain-too-long", &detail)));
        }
        if links.iter().any(|(link, _)| link.id == parent) {
            return (links, Some(Why::of("loop", &format!("{parent} comes twice in its own chain"))));
        }
        match obtain(visit, &parent).await {
            Ok((link, document)) if link.context == context => links.push((link, document)),
            // What a foreign chain names may be private here: nothing is told of it.
            Ok(_) => return (links, Some(Why::of("other-resource", &format!("{parent} is about another resource")))),
            Err(why) => return (links, Some(why)),
        }
    }
    (links, None)
}

async fn hop(visit: &Visit, link: &Link, document: &Value, asks: bool, names: &mut Names<'_>) -> Hop {
    let published = document.get("published").and_then(Value::as_str);
    Hop {
        href: href(visit, link.id.as_str()),
        id: link.id.to_string(),
        short: short(&link.id),
        giver: names.who(&link.giver).await,
        target: match &link.target {
            LinkTarget::Actor(target) => Some(names.who(target).await),
            LinkTarget::Public => None,
        },
        role: link.role.clone(),
        allows: link.allows.join(", "),
        since: published.and_then(|at| at.parse::<Timestamp>().ok()).map(|at| When(at.as_second())),
        start: link.start.map(When),
        end: link.end.map(When),
        state: state(visit, link, asks).await,
    }
}

/// How a Grant stands. Its giver is asked, another server only where the visitor wants that.
async fn state(visit: &Visit, link: &Link, asks: bool) -> State {
    let now: Seconds = visit.front.ports.now();
    if link.end.is_some_and(|end| end <= now) {
        return State::Expired;
    }
    if link.start.is_some_and(|start| start > now) {
        return State::NotYet;
    }
    let uri = match (resource_of(visit, &link.giver), &link.result) {
        // A delegate-Grant gives no access, and no row answers for it.
        _ if Role::from_word(&link.role).is_none() => return State::Unknown,
        (Some(_), _) => link.id.to_string(),
        (None, Some(result)) if asks => result.uri.clone(),
        (None, _) => return State::Unknown,
    };
    match visit.front.ports.evidence(Need::Alive { uri, within: 0 }).await.found {
        Ok(_) => State::Live,
        Err(NotFound::Gone { .. }) => State::Revoked,
        Err(NotFound::Unavailable { .. }) => State::Unknown,
    }
}

/// Runs the verification of the resource itself, with what it wants; the same steps here, where the resource is of another server.
async fn verify(visit: &Visit, link: &Link, needed: Role) -> WebResult<Trace> {
    let viewer = visit.viewer();
    let caller = match &link.target {
        LinkTarget::Actor(target) => target.clone(),
        LinkTarget::Public => viewer.clone().ok_or_else(WebError::not_found)?,
    };
    let (grant, documents, alive) = (link.id.clone(), BTreeMap::new(), BTreeMap::new());
    let Some(kind) = resource_of(visit, &link.context) else {
        let of = VerifyAfar { resource: link.context.clone(), caller, grant, needed, documents, alive };
        return verified_afar(&visit.front, of).await;
    };
    let view = VerifyGrant { viewer, caller, grant, needed, documents, alive };
    verified(&visit.front, kind, &link.context, view).await
}
