//! `GET /new` and `POST /new`: a repository together with the trackers that belong to it; `POST /new/part`: one of them for a
//! repository that is there. Each step is an activity that any client of the person could post, one after the other. Where a step does not
//! come to its end, what was made stays; the page of the repository says what came of it, and offers what is missing.

use crate::answer::{WebError, WebResult};
use crate::limits::{MADE_NAME_CHARS_MAX, OUTCOME_LOOK_MS, OUTCOME_MS, SHOWN_ITEMS};
use crate::page::acts::{publish, visibility};
use crate::page::authority::{self, Authority};
use crate::page::factory::of_visitor;
use crate::page::fields::{Fields, Posted, wrong};
use crate::page::parts::Who;
use crate::page::sent;
use crate::page::shell::{back, error, page, with};
use crate::page::visit::{Frame, Me, Visit};
use crate::page::who::{Names, href};
use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use pritchel_actor::{ActId, ActorId, Value};
use pritchel_actors::access::Role;
use pritchel_actors::person::rows::{Sent, SentState};
use pritchel_actors::person::view::PermitFor;
use pritchel_actors::tie::view::{ViewOffers, ViewTied};
use pritchel_actors::tie::{TieKind, TieSide};
use pritchel_actors::{Person, Repository, ResourceKind, client, with_resource};
use std::time::Duration;

/// What a factory is called that somebody needs and has not made.
const WORKSHOP: &str = "Workshop";

/// What belongs to a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Where its tickets are.
    Tickets,
    /// Where its merge requests are.
    MergeRequests,
    /// Where its releases are.
    Releases,
}

impl Part {
    /// All, in the order in which people look for them.
    pub const ALL: [Self; 3] = [Self::Tickets, Self::MergeRequests, Self::Releases];

    /// Its name in forms.
    pub fn field(self) -> &'static str {
        match self {
            Self::Tickets => "tickets",
            Self::MergeRequests => "merge-requests",
            Self::Releases => "releases",
        }
    }

    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Tickets => "Tickets",
            Self::MergeRequests => "Merge requests",
            Self::Releases => "Releases",
        }
    }

    fn of(field: &str) -> WebResult<Self> {
        let known = Self::ALL.map(Self::field);
        Self::ALL
            .into_iter()
            .find(|part| part.field() == field)
            .ok_or_else(|| wrong(format!("expected one of {known:?}, found {field:?}")))
    }

    fn tie(self) -> TieKind {
        match self {
            Self::Tickets => TieKind::Tickets,
            Self::MergeRequests => TieKind::Patches,
            Self::Releases => TieKind::Releases,
        }
    }

    fn kind(self) -> ResourceKind {
        match self {
            Self::Tickets => ResourceKind::TicketTracker,
            Self::MergeRequests => ResourceKind::PatchTracker,
            Self::Releases => ResourceKind::ReleaseTracker,
        }
    }
}

/// What a step came to: its result, or the act of it that has not come to its end yet, or was refused.
type Step<T> = Result<T, ActId>;

#[derive(Template)]
#[template(path = "new.html")]
struct New<'a> {
    frame: &'a Frame,
    /// Those that the visitor may have it made by.
    factories: Vec<Who>,
    parts: [Part; 3],
}

/// `GET /new`.
pub async fn show(visit: Visit) -> Response {
    match form(&visit).await {
        Ok(response) => response,
        Err(wrong) => error(&visit, wrong),
    }
}

async fn form(visit: &Visit) -> WebResult {
    let factories = of_visitor(visit, visit.signed_in()?).await?;
    let factories = Names::new(visit).all(&factories).await;
    page(&New { frame: &*visit.frame().await?, factories, parts: Part::ALL })
}

/// `POST /new`.
pub async fn make(visit: Visit, Posted(body): Posted) -> Response {
    let made = async { open(&visit, &Fields::checked(&visit, &body)?).await };
    made.await.unwrap_or_else(|refused| error(&visit, refused))
}

/// `POST /new/part`.
pub async fn make_part(visit: Visit, Posted(body): Posted) -> Response {
    let made = async { open_part(&visit, &Fields::checked(&visit, &body)?).await };
    made.await.unwrap_or_else(|refused| error(&visit, refused))
}

async fn open(visit: &Visit, fields: &Fields) -> WebResult {
    let me = visit.signed_in()?;
    let (name, visibility) = (fields.need("name")?, visibility(fields)?.unwrap_or("public"));
    let maker = match maker(visit, me, fields).await? {
        Ok(maker) => maker,
        Err(unfinished) => return Ok(led("/new", &unfinished)),
    };
    let create = maker.create(ResourceKind::Repository, name, fields.text("summary"), visibility);
    let create = match fields.text("import") {
        Some(url) => client::begun_with(create, url),
        None => create,
    };
    let repository = match created(visit, me, create).await? {
        Ok(repository) => repository,
        Err(unfinished) => return Ok(led("/new", &unfinished)),
    };
    let there = href(visit, repository.as_str());
    for part in Part::ALL.into_iter().filter(|part| fields.ticked(part.field())) {
        if let Err(unfinished) = add(visit, me, &maker, (&repository, name, visibility), part).await? {
            return Ok(led(&there, &unfinished));
        }
    }
    Ok(Redirect::to(&there).into_response())
}

/// For a repository that lacks it. Whether the visitor may do this is said by the repository, when they let the tracker in.
async fn open_part(visit: &Visit, fields: &Fields) -> WebResult {
    let me = visit.signed_in()?;
    let (repository, part) = (fields.actor("repository")?, Part::of(fields.need("part")?)?);
    let shown = authority::near(visit, &repository).await?.ok_or_else(WebError::not_found)?;
    if shown.role != Some(Role::Admin) {
        let detail = "to add something to a repository needs the role admin on it";
        return Err(WebError::forbidden("role-too-small", detail));
    }
    let resource = &shown.resource;
    let there = back(fields.text("back")).to_owned();
    let maker = match maker(visit, me, fields).await? {
        Ok(maker) => maker,
        Err(unfinished) => return Ok(led(&there, &unfinished)),
    };
    let of = (&repository, resource.name.as_str(), resource.visibility.as_str());
    match add(visit, me, &maker, of, part).await? {
        Ok(tracker) => Ok(Redirect::to(&href(visit, tracker.as_str())).into_response()),
        Err(unfinished) => Ok(led(&there, &unfinished)),
    }
}

/// Leads to a page that says how this act stands.
fn led(there: &str, unfinished: &ActId) -> Response {
    let token = unfinished.as_str().rsplit('/').next().unwrap_or_default();
    Redirect::to(&with(&[(sent::ITEM, token)], there)).into_response()
}

/// A factory, and the Grant by which the visitor has things made.
struct Maker {
    factory: ActorId,
    capability: ActId,
}

impl Maker {
    fn create(&self, kind: ResourceKind, name: &str, summary: Option<&str>, visibility: &str) -> Value {
        let create = client::create(&self.factory, kind.as_str(), name, summary, &self.capability);
        client::with_visibility(create, visibility)
    }
}

/// The factory that the form names; else the first that the visitor may use; else one that they make now.
async fn maker(visit: &Visit, me: &Me, fields: &Fields) -> WebResult<Step<Maker>> {
    let factory = match fields.text("factory") {
        Some(_) => Some(fields.actor("factory")?),
        None => of_visitor(visit, me).await?.into_iter().next(),
    };
    let factory = match factory {
        Some(factory) => factory,
        None => match created(visit, me, client::open_factory(&visit.site.actor, WORKSHOP)).await? {
            Ok(factory) => factory,
            Err(unfinished) => return Ok(Err(unfinished)),
        },
    };
    let capability = Authority::of(visit, me, &factory, fields).await?.needed(&factory)?;
    Ok(Ok(Maker { factory, capability }))
}

/// Publishes, and waits until it is settled. Answers what came of it.
async fn done(visit: &Visit, me: &Me, document: Value) -> WebResult<Step<Option<String>>> {
    let id = publish(visit, me, document).await?;
    let act = visit.front.ports.act(id.clone()).await?;
    let act = act.ok_or_else(|| WebError::broken("a published act is not kept"))?;
    Ok(match sent::wait(visit, me, &act).await? {
        Some(Sent { state: SentState::Done { result, .. }, .. }) => Ok(result),
        _ => Err(id),
    })
}

/// Has something made, and waits until the visitor holds the Grant on it that its maker is given.
async fn created(visit: &Visit, me: &Me, create: Value) -> WebResult<Step<ActorId>> {
    let made = match done(visit, me, create).await? {
        Ok(result) => {
            result.map(ActorId::new).ok_or_else(|| WebError::broken("a `Create` was done without a result"))?
        }
        Err(unfinished) => return Ok(Err(unfinished)),
    };
    Sign::Held(&made).wait(visit, me).await?;
    Ok(Ok(made))
}

/// Something that comes a moment after what it follows from was answered.
enum Sign<'a> {
    /// The visitor holds a Grant on this.
    Held(&'a ActorId),
    /// This invitation has reached this tracker, and the repository has said that it is its own.
    Offered(&'a ActorId, ResourceKind, &'a ActId),
    /// The repository points at the tracker.
    Tied(&'a ActorId, &'a ActorId, TieKind),
}

impl Sign<'_> {
    async fn is_there(&self, visit: &Visit, me: &Me) -> WebResult<bool> {
        let (node, viewer) = (&visit.front.node, visit.viewer());
        Ok(match self {
            Self::Held(resource) => {
                let view = PermitFor { viewer, resource: (*resource).clone() };
                node.look::<Person, _>(&me.id, &view).await?.is_some()
            }
            Self::Offered(tracker, kind, invite) => {
                let view = ViewOffers { viewer, limit: SHOWN_ITEMS };
                let offers = with_resource!(*kind, A => node.look::<A, _>(tracker, &view).await)?;
                offers.iter().any(|(offer, _)| offer == *invite)
            }
            Self::Tied(tracker, repository, kind) => {
                let view = ViewTied { viewer, kind: *kind, side: TieSide::Provider, after: None, limit: SHOWN_ITEMS };
                node.look::<Repository, _>(repository, &view).await?.contains(tracker)
            }
        })
    }

    /// Waits until it is there, or [`OUTCOME_MS`]: whatever needs it says what it lacks.
    async fn wait(&self, visit: &Visit, me: &Me) -> WebResult<()> {
        for _ in 0..OUTCOME_MS / OUTCOME_LOOK_MS {
            if self.is_there(visit, me).await? {
                break;
            }
            tokio::time::sleep(Duration::from_millis(OUTCOME_LOOK_MS)).await;
        }
        Ok(())
    }
}

/// Makes a part and has it and the repository point at each other, as the admin of both. Answers the part.
async fn add(
    visit: &Visit,
    me: &Me,
    maker: &Maker,
    (repository, name, visibility): (&ActorId, &str, &str),
    part: Part,
) -> WebResult<Step<ActorId>> {
    let called = format!("{} {}", cut(name), part.label().to_lowercase());
    let tracker = match created(visit, me, maker.create(part.kind(), &called, None, visibility)).await? {
        Ok(tracker) => tracker,
        Err(unfinished) => return Ok(Err(unfinished)),
    };
    Ok(tied(visit, me, repository, &tracker, part).await?.map(|()| tracker))
}

/// The name of a repository, so that a word fits behind it.
fn cut(name: &str) -> String {
    name.chars().take(MADE_NAME_CHARS_MAX).collect()
}

/// The repository invites the tracker, which agrees.
async fn tied(visit: &Visit, me: &Me, repository: &ActorId, tracker: &ActorId, part: Part) -> WebResult<Step<()>> {
    let (none, kind) = (Fields::default(), part.tie());
    let by = Authority::of(visit, me, repository, &none).await?.needed(repository)?;
    let invite = publish(visit, me, client::invite(repository, tracker, kind.role().as_str(), &by)).await?;
    Sign::Offered(tracker, part.kind(), &invite).wait(visit, me).await?;
    let by = Authority::of(visit, me, tracker, &none).await?.needed(tracker)?;
    publish(visit, me, client::agree_to_tie(tracker, &invite, &by)).await?;
    let tied = Sign::Tied(tracker, repository, kind);
    tied.wait(visit, me).await?;
    Ok(if tied.is_there(visit, me).await? { Ok(()) } else { Err(invite) })
}
