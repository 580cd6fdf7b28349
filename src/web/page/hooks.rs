//! `…/hooks` of a repository or tracker, for its admins: its webhooks, what each was told, and how that went. Nobody else finds out that
//! there is such a page.

use crate::answer::{WebError, WebResult, of_change};
use crate::page::fields::{Fields, Posted, wrong};
use crate::page::head::Head;
use crate::page::parts::{Badge, When, Who};
use crate::page::shell::{error, page};
use crate::page::visit::{Frame, Visit};
use crate::page::who::{Kind, Names};
use crate::ports::Front;
use crate::powers::bring_for;
use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use pritchel_actor::{ActId, ActorId, CallError, Method, Outcome};
use pritchel_actors::access::Role;
use pritchel_actors::access::view::ViewResource;
use pritchel_actors::hooks::manage::HookTerms;
use pritchel_actors::hooks::send::{HookAttempt, HookBody, HookDelivery, HookState, HookWork};
use pritchel_actors::hooks::view::{ViewHook, ViewHookDelivery, ViewHooks};
use pritchel_actors::hooks::{AddHook, DropHook, EditHook, Hook, HookEvent, Hooked, Redeliver, TestHook};
use pritchel_actors::limits::{HOOK_DELIVERIES_MAX, HOOK_SECRET_BYTES_MAX, HOOK_URL_BYTES_MAX, HOOKS_MAX};
use pritchel_actors::{PatchTracker, Repository, TicketTracker};

/// The kinds that have webhooks.
const KINDS: [Kind; 3] = [Kind::REPOSITORY, Kind::TRACKER, Kind::PATCHES];

/// Does something with the type of an actor that has webhooks.
macro_rules! with_hooked {
    ($kind:expr, $actor:ident => $do:expr) => {
        match $kind {
            Kind::REPOSITORY => {
                type $actor = Repository;
                $do
            }
            Kind::TRACKER => {
                type $actor = TicketTracker;
                $do
            }
            _ => {
                type $actor = PatchTracker;
                $do
            }
        }
    };
}

/// Its addresses.
pub fn routes() -> Router<Front> {
    let mut router = Router::new();
    for kind in KINDS {
        let base = format!("/{}/{{key}}/hooks", kind.segment());
        router = router
            .route(
                &base,
                get(async move |visit: Visit, Path(key): Path<String>| list(visit, kind, key).await).post(
                    async move |visit: Visit, Path(key): Path<String>, body: Posted| add(visit, kind, key, body).await,
                ),
            )
            .route(
                &format!("{base}/{{hook}}"),
                get(async move |visit: Visit, Path((key, hook)): Path<(String, u64)>| {
                    show(visit, kind, key, hook).await
                })
                .post(
                    async move |visit: Visit, Path((key, hook)): Path<(String, u64)>, body: Posted| {
                        change(visit, kind, key, hook, body).await
                    },
                ),
            )
            .route(
                &format!("{base}/{{hook}}/{{delivery}}"),
                get(async move |visit: Visit, Path((key, hook, delivery)): Path<(String, u64, u64)>| {
                    look_into(visit, kind, key, HookWork { hook, delivery }).await
                }),
            );
    }
    router
}

/// One event as a form offers it.
struct EventRow {
    event: HookEvent,
    ticked: bool,
}

impl EventRow {
    fn all(kind: Kind, ticked: impl Fn(HookEvent) -> bool) -> Vec<Self> {
        let events = HookEvent::of_type(kind.as_str()).iter();
        events.map(|event| Self { event: *event, ticked: ticked(*event) }).collect()
    }

    fn name(&self) -> &'static str {
        self.event.as_str()
    }

    /// What people call it.
    fn label(&self) -> &'static str {
        match self.event {
            HookEvent::Push => "pushes to branches, and tags that are set",
            HookEvent::Create => "new branches and tags",
            HookEvent::Delete => "branches and tags that go",
            HookEvent::Issues => "tickets: opened, edited, closed, reopened",
            HookEvent::IssueComment => "comments",
            HookEvent::PullRequest => "merge requests: opened, new versions, edited, closed, merged, reopened",
            HookEvent::Ping => "tries",
        }
    }
}

struct HookRow {
    id: u64,
    hook: Hook,
    by: Who,
    at: When,
}

impl HookRow {
    async fn of(names: &mut Names<'_>, id: u64, hook: Hook) -> Self {
        Self { id, by: names.who(&hook.by).await, at: When(hook.at), hook }
    }

    fn events(&self) -> String {
        self.hook.events.iter().map(|event| event.as_str()).collect::<Vec<_>>().join(", ")
    }
}

struct DeliveryRow {
    number: u64,
    event: &'static str,
    at: When,
    state: Badge,
    /// When it is tried again, if it is.
    next: Option<When>,
    tries: u32,
    code: Option<u16>,
}

impl DeliveryRow {
    fn of(number: u64, delivery: &HookDelivery) -> Self {
        let (state, next) = match delivery.state {
            HookState::Done => (Badge::new("good", "taken"), None),
            HookState::Failed => (Badge::new("bad", "not taken"), None),
            HookState::Sending => (Badge::new("wait", "being sent"), None),
            HookState::Waiting { at } => (Badge::new("wait", "waits"), Some(When(at))),
        };
        let (event, at) = (delivery.event.as_str(), When(delivery.at));
        Self { number, event, at, state, next, tries: delivery.tries, code: delivery.code }
    }
}

#[derive(Template)]
#[template(path = "hooks.html")]
struct Listed<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    rows: Vec<HookRow>,
    events: Vec<EventRow>,
    /// Where the other news of the same repository are told: path and what it is called.
    others: Vec<(String, String)>,
    /// Whether there may be more.
    has_room: bool,
    url_max: usize,
    secret_max: usize,
}

#[derive(Template)]
#[template(path = "hook.html")]
struct Shown<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    row: HookRow,
    events: Vec<EventRow>,
    deliveries: Vec<DeliveryRow>,
    kept: usize,
    url_max: usize,
    secret_max: usize,
}

#[derive(Template)]
#[template(path = "hook_delivery.html")]
struct Inside<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    hook: u64,
    row: DeliveryRow,
    name: String,
    /// What is sent, if it has been written out.
    body: Option<String>,
    last: Option<HookAttempt>,
}

/// An actor with webhooks that the visitor may see.
async fn found(visit: &Visit, kind: Kind, key: &str) -> WebResult<(ActorId, Head)> {
    let actor = visit.site.actor_at(kind.segment(), key).ok_or_else(WebError::not_found)?;
    let head = Head::of(visit, kind, &actor).await?;
    Ok((actor, head))
}

async fn list(visit: Visit, kind: Kind, key: String) -> Response {
    listed(&visit, kind, &key).await.unwrap_or_else(|refused| error(&visit, refused))
}

async fn listed(visit: &Visit, kind: Kind, key: &str) -> WebResult {
    let (actor, head) = found(visit, kind, key).await?;
    let view = ViewHooks { viewer: visit.viewer() };
    let all = with_hooked!(kind, A => visit.front.node.look::<A, _>(&actor, &view).await)?;
    let (mut names, mut rows) = (Names::new(visit), Vec::new());
    for (id, hook) in all {
        rows.push(HookRow::of(&mut names, id, hook).await);
    }
    let has_hooks = |href: &str| KINDS.iter().any(|kind| href.starts_with(&format!("/{}/", kind.segment())));
    let others = head.family.iter().filter(|one| !one.here && has_hooks(&one.href));
    let others = others.map(|one| (format!("{}/hooks", one.href), one.label.to_string())).collect();
    let frame = visit.frame().await?;
    page(&Listed {
        frame: &frame,
        head: &head,
        tab: "hooks",
        has_room: rows.len() < HOOKS_MAX,
        rows,
        events: EventRow::all(kind, |event| event != HookEvent::Create && event != HookEvent::Delete),
        others,
        url_max: HOOK_URL_BYTES_MAX,
        secret_max: HOOK_SECRET_BYTES_MAX,
    })
}

async fn show(visit: Visit, kind: Kind, key: String, hook: u64) -> Response {
    shown(&visit, kind, &key, hook).await.unwrap_or_else(|refused| error(&visit, refused))
}

async fn shown(visit: &Visit, kind: Kind, key: &str, id: u64) -> WebResult {
    let (actor, head) = found(visit, kind, key).await?;
    let view = ViewHook { viewer: visit.viewer(), hook: id };
    let (hook, deliveries) = with_hooked!(kind, A => visit.front.node.look::<A, _>(&actor, &view).await)?;
    let frame = visit.frame().await?;
    page(&Shown {
        frame: &frame,
        head: &head,
        tab: "hooks",
        events: EventRow::all(kind, |event| hook.events.contains(&event)),
        deliveries: deliveries.iter().map(|(number, delivery)| DeliveryRow::of(*number, delivery)).collect(),
        row: HookRow::of(&mut Names::new(visit), id, hook).await,
        kept: HOOK_DELIVERIES_MAX,
        url_max: HOOK_URL_BYTES_MAX,
        secret_max: HOOK_SECRET_BYTES_MAX,
    })
}

async fn look_into(visit: Visit, kind: Kind, key: String, of: HookWork) -> Response {
    inside(&visit, kind, &key, of).await.unwrap_or_else(|refused| error(&visit, refused))
}

async fn inside(visit: &Visit, kind: Kind, key: &str, of: HookWork) -> WebResult {
    let (actor, head) = found(visit, kind, key).await?;
    let view = ViewHookDelivery { viewer: visit.viewer(), of };
    let (delivery, detail) = with_hooked!(kind, A => visit.front.node.look::<A, _>(&actor, &view).await)?;
    let frame = visit.frame().await?;
    page(&Inside {
        frame: &frame,
        head: &head,
        tab: "hooks",
        hook: of.hook,
        row: DeliveryRow::of(of.delivery, &delivery),
        name: delivery.name,
        body: match detail.body {
            HookBody::Made(made) => Some(indented(made.json)),
            HookBody::News(_) => None,
        },
        last: detail.last,
    })
}

/// JSON as people read it.
fn indented(json: String) -> String {
    let read = serde_json::from_str::<serde_json::Value>(&json).and_then(|value| serde_json::to_string_pretty(&value));
    read.unwrap_or(json)
}

async fn add(visit: Visit, kind: Kind, key: String, Posted(body): Posted) -> Response {
    let added = async {
        let fields = Fields::checked(&visit, &body)?;
        let (actor, _) = found(&visit, kind, &key).await?;
        let (terms, secret) = (terms(kind, &fields)?, fields.exact("secret"));
        let capability = capability(&visit, kind, &actor).await?;
        let add = AddHook { terms, secret, capability };
        let id = with_hooked!(kind, A => asked::<A, _, u64>(&visit, &actor, add).await)?;
        Ok(Redirect::to(&format!("/{}/{key}/hooks/{id}", kind.segment())).into_response())
    };
    added.await.unwrap_or_else(|refused| error(&visit, refused))
}

async fn change(visit: Visit, kind: Kind, key: String, hook: u64, Posted(body): Posted) -> Response {
    let changed = async {
        let fields = Fields::checked(&visit, &body)?;
        let (actor, _) = found(&visit, kind, &key).await?;
        let capability = capability(&visit, kind, &actor).await?;
        let list = format!("/{}/{key}/hooks", kind.segment());
        match fields.need("what")? {
            "save" => {
                let secret = match (fields.ticked("unsigned"), fields.exact("secret")) {
                    (true, _) => Some(String::new()),
                    (false, typed) if typed.is_empty() => None,
                    (false, typed) => Some(typed),
                };
                let edit = EditHook { hook, terms: terms(kind, &fields)?, secret, capability };
                with_hooked!(kind, A => does::<A, _>(&visit, &actor, edit).await)?;
            }
            "test" => {
                with_hooked!(kind, A => does::<A, _>(&visit, &actor, TestHook { hook, capability }).await)?;
            }
            "redeliver" => {
                let delivery = fields.need("delivery")?;
                let delivery = delivery.parse().map_err(|_| wrong("expected the number of a delivery"))?;
                let again = Redeliver { hook, delivery, capability };
                with_hooked!(kind, A => does::<A, _>(&visit, &actor, again).await)?;
            }
            "drop" => {
                with_hooked!(kind, A => does::<A, _>(&visit, &actor, DropHook { hook, capability }).await)?;
                return Ok(Redirect::to(&list).into_response());
            }
            other => return Err(wrong(format!("expected `save`, `test`, `redeliver` or `drop`, found {other:?}"))),
        }
        Ok(Redirect::to(&format!("{list}/{hook}")).into_response())
    };
    changed.await.unwrap_or_else(|refused| error(&visit, refused))
}

/// What a form says of a hook.
fn terms(kind: Kind, fields: &Fields) -> WebResult<HookTerms> {
    let events = HookEvent::of_type(kind.as_str()).iter().copied().filter(|event| fields.ticked(event.as_str()));
    let url = fields.need("url")?.to_owned();
    Ok(HookTerms { url, events: events.collect(), active: fields.ticked("active") })
}

/// The Grant by which the visitor administers, if the actor did not give them the role itself.
async fn capability(visit: &Visit, kind: Kind, actor: &ActorId) -> WebResult<Option<ActId>> {
    let me = visit.signed_in()?;
    let view = ViewResource { viewer: Some(me.id.clone()) };
    let shown = with_hooked!(kind, A => visit.front.node.look::<A, _>(actor, &view).await)?;
    match shown.own.map(|own| own.role) {
        Some(Role::Admin) => Ok(None),
        _ => bring_for(&visit.front, &me.id, actor).await,
    }
}

async fn does<A, M>(visit: &Visit, actor: &ActorId, method: M) -> WebResult<()>
where
    A: Hooked,
    M: Method<A, Answer = ()>,
    A::Call: From<M>,
{
    let me = visit.signed_in()?;
    of_change(visit.front.node.call::<A, M>(actor, &me.id, method).await)
}

async fn asked<A, M, T>(visit: &Visit, actor: &ActorId, method: M) -> WebResult<T>
where
    A: Hooked,
    M: Method<A, Answer = T>,
    A::Call: From<M>,
{
    let me = visit.signed_in()?;
    let outcome: Result<Outcome<T>, CallError> = visit.front.node.call::<A, M>(actor, &me.id, method).await;
    of_change(outcome)
}
