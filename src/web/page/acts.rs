//! `POST /do/{what}`: what a person does, as a form. Each form becomes what any other client of that person could post;
//! the person's own gate decides about it.

use crate::answer::{WebError, WebResult, of_call};
use crate::api::topic::fitting;
use crate::page::attach::Filled;
use crate::page::authority::Authority;
use crate::page::fields::{Fields, Posted, address, wrong};
use crate::page::mentions::with_mentions;
use crate::page::shell::{back, error, with};
use crate::page::visit::{Me, Visit};
use crate::page::{attach, authority, forks, heard, migrate, release_acts, reviews, sent, who, workflow_acts};
use axum::extract::{FromRequest, Path, Request};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use pritchel_actor::{ActId, ActorId, Value};
use pritchel_actors::access::{Role, Term};
use pritchel_actors::common::Visibility;
use pritchel_actors::common::naming::origin_of;
use pritchel_actors::limits::LINK_COLLECTIONS;
use pritchel_actors::link::kind::lists_only;
use pritchel_actors::patch_tracker::patch::Patch;
use pritchel_actors::patch_tracker::review::{Quote, Side};
use pritchel_actors::person::Publish;
use pritchel_actors::person::rows::{Sent, SentState};
use pritchel_actors::tie::{TieKind, TieSide};
use pritchel_actors::{Person, ResourceKind, client};

/// Who may see a resource, as a form has it; `None` where it does not say.
pub fn visibility(fields: &Fields) -> WebResult<Option<&'static str>> {
    let Some(word) = fields.text("visibility") else { return Ok(None) };
    let known =
        || wrong(format!("expected a visibility of {:?}, found {word:?}", Visibility::ALL.map(Visibility::as_str)));
    Visibility::from_word(word).map(|visibility| Some(visibility.as_str())).ok_or_else(known)
}

/// `POST /do/{what}`.
pub async fn act(visit: Visit, Path(what): Path<String>, request: Request) -> Response {
    if !attach::in_parts(&visit.headers) {
        return match Posted::from_request(request, &()).await {
            Ok(Posted(body)) => {
                let fields = url::form_urlencoded::parse(&body).into_owned().collect();
                let answer = done(&visit, &what, Filled { fields, files: Vec::new() }).await;
                answer.unwrap_or_else(|refused| error(&visit, refused))
            }
            Err(refused) => refused.into_response(),
        };
    }
    let mut filled = Filled::default();
    let read = attach::read(&visit, &what, request, &mut filled).await;
    let typed = filled.fields.clone();
    let answer = match read {
        Ok(()) => done(&visit, &what, filled).await,
        Err(refused) => Err(refused),
    };
    answer.unwrap_or_else(|refused| attach::again(&visit, &what, typed, refused))
}

async fn done(visit: &Visit, what: &str, filled: Filled) -> WebResult {
    let Filled { fields, files } = filled;
    let fields = Fields::checked_parts(visit, fields)?;
    let me = visit.signed_in()?;
    if what == "fetch-now" {
        forks::fetch_now(visit, me, &fields).await?;
        return Ok(Redirect::to(back(fields.text("back"))).into_response());
    }
    if ["stop-migration", "resume-migration"].contains(&what) {
        migrate::steer(visit, me, what, &fields).await?;
        return Ok(Redirect::to(back(fields.text("back"))).into_response());
    }
    if what == "change-role"
        && let Some(unfinished) = parted(visit, me, &fields).await?
    {
        return Ok(Redirect::to(&with(&[(sent::ITEM, &unfinished)], back(fields.text("back")))).into_response());
    }
    let document = document(visit, me, what, &fields).await?;
    let document = attach::attached(visit, me, what, &fields, (files, document)).await?;
    let document = fitting(&visit.front, document).await;
    let document = with_mentions(visit, me, document).await;
    let id = publish(visit, me, document).await?;
    let token = id.as_str().rsplit('/').next().unwrap_or_default();
    let act =
        visit.front.ports.act(id.clone()).await?.ok_or_else(|| WebError::broken("a published act is not kept"))?;
    let sent = sent::wait(visit, me, &act).await?;
    let (to, anchor) = match made(visit, what, sent.as_ref()) {
        Some(to) => (to, String::new()),
        None => match heard::place_of(visit, me, &act).await? {
            Some(place) if what.ends_with("comment") => place,
            _ => (back(fields.text("back")).to_owned(), String::new()),
        },
    };
    Ok(Redirect::to(&format!("{}{anchor}", with(&[(sent::ITEM, token)], &to))).into_response())
}

/// The first half of a change of role: whoever has the old one is removed, and asked again after that. Answers the act that was
/// not done, if it was not: then nobody is asked.
///
/// Source: ForgeFed has no activity for it.
async fn parted(visit: &Visit, me: &Me, fields: &Fields) -> WebResult<Option<String>> {
    let (resource, collaborator) = (fields.actor("resource")?, fields.actor("collaborator")?);
    role(fields)?;
    let capability = Authority::of(visit, me, &resource, fields).await?.needed(&resource)?;
    let id = publish(visit, me, client::remove(&resource, &collaborator, &capability)).await?;
    let act = visit.front.ports.act(id.clone()).await?;
    let act = act.ok_or_else(|| WebError::broken("a published act is not kept"))?;
    let done = matches!(sent::wait(visit, me, &act).await?, Some(Sent { state: SentState::Done { .. }, .. }));
    Ok((!done).then(|| id.as_str().rsplit('/').next().unwrap_or_default().to_owned()))
}

/// Publishes as the person. Answers the act.
pub async fn publish(visit: &Visit, me: &Me, document: Value) -> WebResult<ActId> {
    of_call(
        visit.front.node.call::<Person, _>(&me.id, &me.id, Publish { document }).await?,
        "it may have been published or not: look into your outbox",
    )
}

/// Whoever made something wants to see it.
fn made(visit: &Visit, what: &str, sent: Option<&Sent>) -> Option<String> {
    let Some(Sent { state: SentState::Done { result: Some(result), .. }, .. }) = sent else { return None };
    match what {
        "open-factory" | "create" | "migrate" | "fork" | "open-ticket" | "open-milestone" | "open-merge-request"
        | "open-patches" | "open-release" => Some(who::href(visit, result)),
        _ => None,
    }
}

async fn document(visit: &Visit, me: &Me, what: &str, fields: &Fields) -> WebResult<Value> {
    match what {
        "open-factory" => Ok(client::open_factory(&visit.site.actor, fields.need("name")?)),
        "create" => create(visit, me, fields).await,
        "migrate" => migrate::migrate(visit, me, fields).await,
        "fork" => forks::fork(visit, me, fields).await,
        "follow" => Ok(client::follow(&fields.actor("actor")?)),
        "unfollow" => Ok(client::unfollow(&fields.actor("actor")?, &fields.act("follow")?)),
        "star" => Ok(client::like(&fields.actor("actor")?)),
        "unstar" => Ok(client::unlike(&fields.actor("actor")?, &fields.act("like")?)),
        "accept" => Ok(client::accept(&fields.act("of")?, &told(fields)?.iter().collect::<Vec<_>>())),
        "reject" => Ok(client::reject(&fields.act("of")?, &told(fields)?.iter().collect::<Vec<_>>())),
        "open-merge-request" => merge_request(visit, me, fields).await,
        "open-patches" => open_patches(visit, me, fields).await,
        "open-ticket" | "apply" | "review" | "add-version" | "comment" | "edit-ticket" | "close" | "reopen"
        | "delete-ticket" | "assign" | "unassign" | "depend" | "undepend" | "follow-ticket" | "unfollow-ticket"
        | "set-field" | "set-milestone" => ticket(visit, me, what, fields).await,
        _ if release_acts::FORMS.contains(&what) => release_acts::release(visit, me, what, fields).await,
        _ if reviews::ACTS.contains(&what) => reviews::act(visit, me, what, fields).await,
        "edit-comment" | "delete-comment" | "remove-comment" => comment(visit, me, what, fields).await,
        _ => resource(visit, me, what, fields).await,
    }
}

/// Whom an answer is told: two actors at most, as forms have them.
fn told(fields: &Fields) -> WebResult<Vec<ActorId>> {
    let mut told = vec![fields.actor("to")?];
    if fields.text("also").is_some() {
        told.push(fields.actor("also")?);
    }
    Ok(told)
}

async fn create(visit: &Visit, me: &Me, fields: &Fields) -> WebResult<Value> {
    let (factory, kind) = (fields.actor("factory")?, fields.need("kind")?);
    let kinds: Vec<_> = ResourceKind::made().map(ResourceKind::as_str).collect();
    if !kinds.contains(&kind) {
        return Err(wrong(format!("expected one of {kinds:?}, found {kind:?}")));
    }
    let capability = Authority::of(visit, me, &factory, fields).await?.needed(&factory)?;
    let create = client::create(&factory, kind, fields.need("name")?, fields.text("summary"), &capability);
    Ok(match visibility(fields)? {
        Some(visibility) => client::with_visibility(create, visibility),
        None => create,
    })
}

/// A comment changed, taken back by its author, or taken away by another.
async fn comment(visit: &Visit, me: &Me, what: &str, fields: &Fields) -> WebResult<Value> {
    let (tracker, comment) = (fields.actor("tracker")?, fields.uri("comment")?);
    Ok(match what {
        "edit-comment" => {
            fields.need("text")?;
            client::edit_comment(&tracker, comment, &typed(fields))
        }
        "delete-comment" => client::delete_comment(&tracker, comment),
        _ => {
            let held = Authority::of(visit, me, &tracker, fields).await?;
            client::remove_comment(&tracker, comment, &held.needed(&tracker)?)
        }
    })
}

/// The text of a form, with the ends of lines that are kept.
pub fn typed(fields: &Fields) -> String {
    typed_in(fields, "text")
}

/// The same of another field.
pub fn typed_in(fields: &Fields, name: &str) -> String {
    fields.exact(name).replace("\r\n", "\n")
}

/// Branches are named as `main`; which repository each is of is a field of its own.
async fn merge_request(visit: &Visit, me: &Me, fields: &Fields) -> WebResult<Value> {
    let tracker = fields.actor("tracker")?;
    let held = Authority::of(visit, me, &tracker, fields).await?;
    let target = fields.actor("target")?;
    let origin = if fields.text("origin").is_some() { fields.actor("origin")? } else { target.clone() };
    let branches = [(&origin, fields.need("from")?), (&target, fields.need("into")?)];
    let title = fields.need("title")?;
    Ok(client::open_merge_request(&me.id, &tracker, title, &typed(fields), branches, held.capability()))
}

/// A review: of all, and if a file is named, of some of its lines.
fn review(tracker: &ActorId, request: &str, fields: &Fields, held: &Authority) -> WebResult<Value> {
    let said = fields.exact("said");
    let quote = fields.text("file").map(|file| quote(file, fields)).transpose()?;
    let threads: Vec<_> = quote.map(|quote| (quote, said.as_str())).into_iter().collect();
    let binding = fields.text("binding").map(|_| held.needed(tracker)).transpose()?;
    let of = [request, fields.uri("version")?];
    Ok(client::submit_review(tracker, of, fields.need("verdict")?, &typed(fields), &threads, binding.as_ref()))
}

/// The lines that a form names: the whole file without any, one if there is no last one.
fn quote(file: &str, fields: &Fields) -> WebResult<Quote> {
    let line = |name: &str| -> WebResult<Option<(Side, u64)>> {
        let Some(line) = fields.text(name) else { return Ok(None) };
        let number: u64 = line.parse().map_err(|_| wrong(format!("expected the number of a line, found {line:?}")))?;
        let side = if fields.text(&format!("{name}_side")) == Some("old") { Side::Old } else { Side::New };
        Ok(Some((side, number)))
    };
    let lines = match (line("start")?, line("end")?) {
        (None, None) => Some(Quote::whole(file)),
        (None, Some(_)) => None,
        (Some(start), end) => Quote::lines(file, start, end.unwrap_or(start)),
    };
    let expected = "expected a first line, counted from 1, and a last one that is not before it on the same side";
    lines.ok_or_else(|| wrong(expected))
}

/// What was pasted, as patches.
fn patches(fields: &Fields) -> WebResult<Vec<String>> {
    let patches = Patch::split(&fields.exact("patches"));
    Patch::parse_all(patches.iter().map(String::as_str)).map_err(|why| wrong(why.to_string()))?;
    Ok(patches)
}

async fn open_patches(visit: &Visit, me: &Me, fields: &Fields) -> WebResult<Value> {
    let tracker = fields.actor("tracker")?;
    let held = Authority::of(visit, me, &tracker, fields).await?;
    let (target, into) = (fields.actor("target")?, fields.need("into")?);
    let text = [fields.need("title")?, &typed(fields)];
    Ok(client::open_patches(&me.id, &tracker, text, &patches(fields)?, (&target, into), held.capability()))
}

/// Values that a new ticket has from the beginning, by the boxes of its template.
fn presets(fields: &Fields) -> Vec<(&str, Value)> {
    let value = |value: &str| if value == "yes" { Value::Bool(true) } else { value.into() };
    let ticked = fields.named_by("preset:").filter(|field| address(field).is_ok());
    ticked.filter_map(|field| Some((field, value(fields.text(&format!("preset:{field}"))?)))).collect()
}

async fn ticket(visit: &Visit, me: &Me, what: &str, fields: &Fields) -> WebResult<Value> {
    let tracker = fields.actor("tracker")?;
    let held = Authority::of(visit, me, &tracker, fields).await?;
    let with = held.capability();
    let text = || typed(fields);
    if what == "open-ticket" {
        let open = client::open_ticket(&me.id, &tracker, fields.need("title")?, &text(), with);
        return Ok(client::with_fields(open, &presets(fields)));
    }
    if what == "undepend" {
        let other = fields.actor("other")?;
        let dependency = fields.uri("dependency")?;
        let removed = client::remove_dependency(&tracker, dependency, &other, &held.needed(&tracker)?);
        return for_members(visit, &tracker, removed).await;
    }
    let ticket = fields.uri("ticket")?;
    Ok(match what {
        "comment" => {
            fields.need("text")?;
            let answers = fields.text("in_reply_to").map(|_| fields.uri("in_reply_to")).transpose()?;
            let said = client::comment(&tracker, ticket, answers, &text(), with);
            for_members(visit, &tracker, said).await?
        }
        "edit-ticket" => client::edit_ticket(&tracker, ticket, fields.need("title")?, &text(), with),
        "follow-ticket" => follow_ticket(&tracker, ticket, &held),
        "unfollow-ticket" => client::unfollow_ticket(&me.id, &tracker, ticket),
        "apply" => {
            client::apply(&tracker, ticket, &fields.actor("target")?, fields.need("method")?, &held.needed(&tracker)?)
        }
        "review" => review(&tracker, ticket, fields, &held)?,
        "add-version" => client::add_version(&me.id, &tracker, ticket, &patches(fields)?, with),
        "close" => client::close(&tracker, ticket, with),
        "reopen" => client::reopen(&tracker, ticket, with),
        "delete-ticket" => client::delete_ticket(&tracker, ticket, &held.needed(&tracker)?),
        "set-field" => {
            let value = workflow_acts::field_value(fields.text("kind").unwrap_or_default(), fields.text("value"))?;
            client::edit_fields(&tracker, ticket, &[(fields.uri("field")?, value)], with)
        }
        "set-milestone" => {
            let milestone = fields.text("milestone").map(|_| fields.uri("milestone")).transpose()?;
            client::set_milestone(&tracker, ticket, milestone, with)
        }
        "assign" => client::assign(&tracker, ticket, &named(visit, fields, "assignee").await?, with),
        "unassign" => client::unassign(&tracker, ticket, &fields.actor("assignee")?, with),
        _ => {
            let on = fields.uri("on")?;
            let other = tracker_of(visit, on).await?;
            let added = client::add_dependency(&tracker, ticket, &other, on, &held.needed(&tracker)?);
            for_members(visit, &tracker, added).await?
        }
    })
}

/// What is said of a private tracker of this server is not for everybody, and not for another tracker, which passes on to
/// its followers what it is told.
pub async fn for_members(visit: &Visit, tracker: &ActorId, activity: Value) -> WebResult<Value> {
    let shown = authority::near(visit, tracker).await?;
    if shown.is_none_or(|shown| shown.resource.visibility != Visibility::Private) {
        return Ok(activity);
    }
    let mut activity = client::not_public(activity);
    if let Some(Value::Array(to)) = activity.get_mut("to") {
        to.retain(|one| one.as_str() == Some(tracker.as_str()));
    }
    Ok(activity)
}

/// A follow of one ticket, with the Grant that a private tracker wants to see.
fn follow_ticket(tracker: &ActorId, ticket: &str, held: &Authority) -> Value {
    client::with_capability(client::follow_ticket(tracker, ticket), held.chosen())
}

async fn resource(visit: &Visit, me: &Me, what: &str, fields: &Fields) -> WebResult<Value> {
    let resource = fields.actor("resource")?;
    if what == "leave" {
        return Ok(client::leave(&resource));
    }
    if what == "leave-members" {
        return Ok(client::leave_members(&resource));
    }
    let held = Authority::of(visit, me, &resource, fields).await?;
    if what == "join" {
        return Ok(client::within(client::join(&resource, role(fields)?, held.chosen()), &term(fields)?));
    }
    if what == "undo-grant" {
        // Giving back what is one's own needs no Grant.
        return Ok(client::undo_grants(&resource, &[fields.act("grant")?], held.capability()));
    }
    let capability = held.needed(&resource)?;
    if let Some(part) = workflow_acts::part(&resource, what, fields, &capability) {
        return part;
    }
    if let Some(edit) = edited(&resource, what, fields, &capability)? {
        return Ok(edit);
    }
    Ok(match what {
        "invite" => {
            let invitee = named(visit, fields, "invitee").await?;
            client::within(client::invite(&resource, &invitee, role(fields)?, &capability), &term(fields)?)
        }
        "approve-join" => client::approve_join(&resource, &fields.act("join")?, &capability),
        "deny-join" => {
            let mut reject = client::reject(&fields.act("join")?, &[&resource]);
            if let Some(map) = reject.as_object_mut() {
                map.insert("capability".to_owned(), capability.as_str().into());
            }
            reject
        }
        "take-ticket" => {
            let tracker = fields.text("tracker").map(|_| fields.actor("tracker")).transpose()?;
            let of = fields.act("of")?;
            client::take_for_team(&resource, tracker.as_ref().unwrap_or(&resource), &of, &capability)
        }
        "decline-ticket" => client::decline_for_team(&resource, &fields.act("of")?, &capability),
        "remove" => client::remove(&resource, &fields.actor("collaborator")?, &capability),
        "change-role" => client::invite(&resource, &fields.actor("collaborator")?, role(fields)?, &capability),
        "delete-resource" => client::delete_resource(&resource, &capability),
        "archive" | "unarchive" => client::set_archived(&resource, what == "archive", &capability),
        "move" => client::relocate(&resource, &named(visit, fields, "target").await?, &capability),
        "edit-mirror" => forks::edit_mirror(&resource, fields, &capability)?,
        "end-mirror" => client::end_mirror(&resource, &capability),
        _ if what.ends_with("-milestone") => milestone(&resource, what, fields, &capability)?,
        _ => return link(visit, &resource, what, fields, &capability).await,
    })
}

/// What is edited of a resource itself; `None` if this is something else.
fn edited(resource: &ActorId, what: &str, fields: &Fields, capability: &ActId) -> WebResult<Option<Value>> {
    Ok(Some(match what {
        "edit-resource" => {
            let summary = fields.text("summary").unwrap_or_default();
            client::edit_resource(resource, fields.need("name")?, summary, capability)
        }
        "edit-kinds" => edit_kinds(resource, fields, capability),
        "require-approvals" => require_approvals(resource, fields, capability)?,
        "default-branch" => client::set_default_branch(resource, fields.need("branch")?, capability),
        "set-visibility" => {
            let visibility = visibility(fields)?.ok_or_else(|| wrong("expected a `visibility`"))?;
            client::set_visibility(resource, visibility, capability)
        }
        _ => return Ok(None),
    }))
}

/// The boxes that are ticked are the kinds that a factory makes from then on.
fn edit_kinds(factory: &ActorId, fields: &Fields, capability: &ActId) -> Value {
    let named: Vec<&str> = fields.named_by("kind-").collect();
    let kinds: Vec<&str> = ResourceKind::made().map(ResourceKind::as_str).filter(|kind| named.contains(kind)).collect();
    client::edit_factory(factory, &kinds, capability)
}

fn require_approvals(tracker: &ActorId, fields: &Fields, capability: &ActId) -> WebResult<Value> {
    let needed = fields.text("needed").unwrap_or("0");
    let number = needed.parse().map_err(|_| wrong(format!("expected a number in `needed`, found {needed:?}")))?;
    Ok(client::require_approvals(tracker, number, capability))
}

/// What is done about the milestones of a roadmap.
fn milestone(roadmap: &ActorId, what: &str, fields: &Fields, capability: &ActId) -> WebResult<Value> {
    // A field for a day has no time of it.
    let time = |name| fields.text(name).map(|day| format!("{day}T00:00:00Z"));
    let (start, end) = (time("start"), time("end"));
    if what == "open-milestone" {
        let times = (start.as_deref(), end.as_deref());
        return Ok(client::open_milestone(roadmap, fields.need("name")?, &typed(fields), times, capability));
    }
    let milestone = fields.uri("milestone")?;
    Ok(match what {
        "edit-milestone" => {
            let mut terms = client::milestone(fields.need("name")?, &typed(fields));
            terms.extend([("startTime".to_owned(), start.into()), ("endTime".to_owned(), end.into())]);
            client::edit_milestone(roadmap, milestone, Value::Object(terms), capability)
        }
        "close-milestone" => client::close(roadmap, milestone, Some(capability)),
        "reopen-milestone" => client::reopen(roadmap, milestone, Some(capability)),
        "delete-milestone" => client::delete_milestone(roadmap, milestone, capability),
        _ => return Err(WebError::not_found()),
    })
}

/// What is done about links; the resource is the one of this side.
async fn link(visit: &Visit, mine: &ActorId, what: &str, fields: &Fields, capability: &ActId) -> WebResult<Value> {
    let collection = || {
        let name = fields.need("collection")?;
        let known = || wrong(format!("expected one of {LINK_COLLECTIONS:?}, found {name:?}"));
        LINK_COLLECTIONS.iter().find(|known| **known == name).copied().ok_or_else(known)
    };
    Ok(match what {
        "link" if fields.text("collection").is_some_and(lists_only) => {
            client::list(mine, collection()?, &named(visit, fields, "peer").await?, capability)
        }
        "link" => {
            let peer = named(visit, fields, "peer").await?;
            client::within(client::add(mine, collection()?, &peer, role(fields)?, capability), &term(fields)?)
        }
        "unlink" => client::remove_link(mine, collection()?, &fields.actor("peer")?, capability),
        "agree" => client::agree(&fields.act("add")?, mine, &fields.actor("peer")?, capability),
        "disagree" => client::disagree(&fields.act("add")?, mine, &fields.actor("peer")?, capability),
        "attach" => client::attach(mine, property(fields)?, &named(visit, fields, "provider").await?, capability),
        "detach" => client::detach(mine, property(fields)?, &fields.actor("provider")?, capability),
        "agree-tie" => client::agree_to_tie(mine, &fields.act("invite")?, capability),
        "disagree-tie" => client::disagree_to_tie(mine, &fields.act("invite")?, capability),
        "edit-filter" => client::edit_filter(mine, filter(fields)?, capability),
        "set-tracker" => {
            let tracker = fields.text("tracker").map(|_| fields.actor("tracker")).transpose()?;
            client::set_tracker(mine, tracker.as_ref(), capability)
        }
        _ => return Err(WebError::not_found()),
    })
}

/// The property of a tracker that a tie stands in.
fn property(fields: &Fields) -> WebResult<&'static str> {
    let name = fields.need("property")?;
    let mut known = TieKind::ALL.map(|kind| kind.property(TieSide::Consumer)).into_iter();
    known.find(|known| *known == name).ok_or_else(|| wrong(format!("expected a property of a tracker, found {name:?}")))
}

/// How far a team passes access on: a field for each type, where `all` is no filter and `none` passes nothing on.
fn filter(fields: &Fields) -> WebResult<Value> {
    let mut filter = serde_json::Map::new();
    for kind in ResourceKind::ALL.iter().map(|kind| kind.as_str()) {
        match fields.text(kind) {
            None | Some("all") => {}
            Some("none") => drop(filter.insert(kind.to_owned(), Value::Null)),
            Some(word) => match Role::from_word(word) {
                Some(role) => drop(filter.insert(kind.to_owned(), role.as_str().into())),
                None => return Err(wrong(format!("expected a role, `all` or `none` for {kind}, found {word:?}"))),
            },
        }
    }
    Ok(Value::Object(filter))
}

/// For how long: days, of which each begins at midnight UTC, and how long each Grant is to hold.
fn term(fields: &Fields) -> WebResult<Term> {
    let day = |name: &str| {
        let at = fields.text(name).map(|day| format!("{day}T00:00:00Z").parse::<Timestamp>());
        let strange = |_| wrong(format!("expected a day such as 2027-01-31 in the field `{name}`"));
        at.transpose().map(|at| at.map(Timestamp::as_second)).map_err(strange)
    };
    let lasts = fields.text("term_lasts").map(str::parse).transpose();
    let lasts_s = lasts.map_err(|_| wrong("expected a number of seconds in the field `term_lasts`"))?;
    Ok(Term { from: day("term_from")?, until: day("term_until")?, lasts_s })
}

fn role(fields: &Fields) -> WebResult<&'static str> {
    let word = fields.need("role")?;
    let known = || wrong(format!("expected one of {}, found {word:?}", Role::ALL.map(Role::as_str).join(", ")));
    Role::from_word(word).map(Role::as_str).ok_or_else(known)
}

/// Somebody named by an address or as `name@host`.
async fn named(visit: &Visit, fields: &Fields, field: &str) -> WebResult<ActorId> {
    let text = fields.need(field)?;
    if text.contains("://") { fields.actor(field) } else { somebody(visit, text).await }
}

/// The same of a text that stands among others.
pub async fn somebody(visit: &Visit, text: &str) -> WebResult<ActorId> {
    if text.contains("://") {
        return address(text).map(ActorId::new);
    }
    who::named(visit, text).await.map_err(|why| wrong(format!("nobody was found as {text:?}: {}", why.detail)))
}

/// The tracker that keeps a ticket.
async fn tracker_of(visit: &Visit, ticket: &str) -> WebResult<ActorId> {
    let near = visit.front.settings.domains.iter().any(|domain| domain.origin == origin_of(ticket));
    if near {
        let tracker = ticket.rsplit_once("/tickets/").map(|(tracker, _)| ActorId::new(tracker));
        return tracker.ok_or_else(|| wrong(format!("expected the address of a ticket, found {ticket:?}")));
    }
    let document = visit.fetch(ticket).await?;
    let context = document.get("context").and_then(Value::as_str);
    context.map(ActorId::new).ok_or_else(|| wrong(format!("{ticket} does not say which tracker keeps it")))
}
