//! The pages of a project, a team and an organization: what and who belongs to it.

use crate::answer::WebResult;
use crate::limits::SHOWN_ITEMS;
use crate::page::head::Head;
use crate::page::links::{Group, Pending, groups, pending};
use crate::page::parts::{Badge, When, Who};
use crate::page::shell::page;
use crate::page::visit::{Frame, Visit};
use crate::page::who::{Kind, Names};
use askama::Template;
use pritchel_actor::ActorId;
use pritchel_actors::access::Role;
use pritchel_actors::access::view::ViewAccess;
use pritchel_actors::organization::view::IsMember;
use pritchel_actors::project::view::ViewProject;
use pritchel_actors::team::view::{AssignmentsShown, ViewAssignments, ViewTeam};
use pritchel_actors::{Organization, Project, ResourceKind, Team, with_resource};

/// How far a team passes access on to resources of one type.
struct Filter {
    kind: &'static str,
    now: &'static str,
}

/// A ticket that is the team's, or is to be.
struct TicketRow {
    ticket: Who,
    by: Who,
    at: When,
    assign: String,
    /// Its tracker, once that has said that the team may have it.
    tracker: Option<String>,
    /// Whether the visitor may take it in the team's name, or turn it down.
    decides: bool,
    /// What is waited for.
    waits: &'static str,
}

#[derive(Template)]
#[template(path = "group.html")]
struct GroupPage<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    /// Links that there are.
    groups: Vec<Group>,
    /// What those are called who have a role.
    people: &'static str,
    members: Vec<(Who, Badge)>,
    tracker: Option<Who>,
    /// Whether its tickets go somewhere.
    tracked: bool,
    filter: Vec<Filter>,
    /// Handshakes that wait, in words.
    pending: Vec<Pending>,
    /// The tickets that are the team's.
    tickets: Vec<TicketRow>,
    /// Those that it is to take, or to give back.
    asked: Vec<TicketRow>,
    /// After which the next page of tickets begins.
    more: Option<String>,
    /// Whether the visitor is listed as a member, and may leave.
    is_member: bool,
    roles: Vec<&'static str>,
}

/// `GET /projects/{key}`.
pub async fn project(visit: &Visit, actor: &ActorId) -> WebResult {
    let view = ViewProject { viewer: visit.viewer() };
    let project = visit.front.node.look::<Project, _>(actor, &view).await?;
    let tracker = match &project.tracker {
        Some(tracker) => Some(Names::new(visit).who(tracker).await),
        None => None,
    };
    shown(visit, ResourceKind::Project, actor, About { tracker, ..About::default() }).await
}

/// `GET /teams/{key}`.
pub async fn team(visit: &Visit, actor: &ActorId) -> WebResult {
    let team = visit.front.node.look::<Team, _>(actor, &ViewTeam { viewer: visit.viewer() }).await?;
    let now = |kind: &str| match team.role_filter.get(kind) {
        None => "all",
        Some(None) => "none",
        Some(Some(role)) => role.as_str(),
    };
    let kinds = ResourceKind::ALL.iter().map(|kind| kind.as_str());
    let filter = kinds.filter(|kind| *kind != "Team").map(|kind| Filter { kind, now: now(kind) }).collect();
    let after = visit.asked("after").map(str::to_owned);
    let view = ViewAssignments { viewer: visit.viewer(), after, limit: SHOWN_ITEMS };
    let assigned = visit.front.node.look::<Team, _>(actor, &view).await?;
    shown(visit, ResourceKind::Team, actor, About { filter, assigned, ..About::default() }).await
}

/// The tickets of a team: those it has, and those it is to take or to give back.
/// - `decides`: whether the visitor may say so in its name
async fn tickets(shown: &AssignmentsShown, decides: bool, names: &mut Names<'_>) -> [Vec<TicketRow>; 2] {
    let (mut has, mut asked) = (Vec::new(), Vec::new());
    let had = shown.tickets.iter().map(|(_, assignment)| (None, assignment));
    for (assign, assignment) in had.chain(shown.asked.iter().map(|(assign, assignment)| (Some(assign), assignment))) {
        let open = assign.is_some() && assignment.member.is_none();
        let row = TicketRow {
            ticket: names.who(&ActorId::new(assignment.ticket.as_str())).await,
            by: names.who(&assignment.by).await,
            at: When(assignment.since),
            assign: assign.map(ToString::to_string).unwrap_or_default(),
            tracker: assignment.tracker.as_ref().map(ToString::to_string),
            decides: decides && open,
            waits: match (&assignment.tracker, &assignment.member) {
                (Some(_), None) => "waits for a member to take it",
                (None, _) => "waits for its tracker to say that the team may have it",
                (Some(_), Some(_)) => "",
            },
        };
        if assign.is_some() { asked.push(row) } else { has.push(row) }
    }
    for (undo, ending) in &shown.ending {
        asked.push(TicketRow {
            ticket: names.who(&ActorId::new(ending.ticket.as_str())).await,
            by: names.who(&ending.by).await,
            at: When(ending.since),
            assign: undo.to_string(),
            tracker: None,
            decides: false,
            waits: "is to be given back, when its tracker says so",
        });
    }
    [has, asked]
}

/// `GET /orgs/{key}`.
pub async fn organization(visit: &Visit, actor: &ActorId) -> WebResult {
    let is_member = match visit.viewer() {
        Some(viewer) => visit.front.node.look::<Organization, _>(actor, &IsMember { viewer }).await?,
        None => false,
    };
    shown(visit, ResourceKind::Organization, actor, About { is_member, ..About::default() }).await
}

/// `GET /{segment}/{key}` of a kind that has no page of its own.
pub async fn plain(visit: &Visit, kind: ResourceKind, actor: &ActorId) -> WebResult {
    shown(visit, kind, actor, About::default()).await
}

/// What only one of the kinds has.
#[derive(Default)]
struct About {
    tracker: Option<Who>,
    filter: Vec<Filter>,
    assigned: AssignmentsShown,
    is_member: bool,
}

async fn shown(visit: &Visit, kind: ResourceKind, actor: &ActorId, about: About) -> WebResult {
    let head = Head::of(visit, Kind::Resource(kind), actor).await?;
    let view = ViewAccess { viewer: visit.viewer(), after: None, limit: SHOWN_ITEMS };
    let access = with_resource!(kind, A => visit.front.node.look::<A, _>(actor, &view).await)?;
    let mut names = Names::new(visit);
    let mut members = Vec::new();
    for (who, collaborator) in &access.collaborators {
        members.push((names.who(who).await, Badge::new("plain", collaborator.role.as_str())));
    }
    let mut groups = groups(visit, kind, actor, &mut names).await?;
    groups.retain(|group| !group.rows.is_empty());
    let roles = std::iter::once("all").chain(Role::ALL.iter().filter(|role| **role < Role::Admin).map(|r| r.as_str()));
    let roles = roles.chain(std::iter::once("none")).collect();
    let decides = head.may(Role::Triage) && head.collaborates;
    let [tickets, asked] = tickets(&about.assigned, decides, &mut names).await;
    let more = about.assigned.tickets.last().filter(|_| about.assigned.tickets.len() == SHOWN_ITEMS);
    page(&GroupPage {
        tickets,
        asked,
        more: more.map(|(ticket, _)| ticket.clone()),
        frame: &*visit.frame().await?,
        head: &head,
        tab: "about",
        groups,
        people: if kind == ResourceKind::Organization { "Collaborators" } else { "Members" },
        members,
        tracker: about.tracker,
        tracked: kind == ResourceKind::Project,
        pending: pending(visit, kind, actor, &mut names).await?,
        filter: about.filter,
        is_member: about.is_member,
        roles,
    })
}
