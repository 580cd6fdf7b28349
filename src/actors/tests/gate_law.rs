//! The law of the gate: what the writers of a call write, the gate reads as that call again. One row for every method that
//! an act can reach, and one for every older way to say the same.

use crate::flows::{Cast, Place};
use crate::world::START;
use crate::world::cast::Somebody;
use pritchel_actor::{ActId, Actor, ActorId, Calls, Reach, Value, call_value};
use pritchel_actors::ResourceKind;
use pritchel_actors::access::{
    InvitationAccepted, InvitationRejected, Invite, Join, JoinApproved, JoinDenied, Leave, Remove, Role, Span, Term,
    UndoGrants,
};
use pritchel_actors::common::text::{Html, Line};
use pritchel_actors::common::{
    DeleteResource, EditResource, Edited, Follow, Like, Relocate, SetArchived, SetVisibility, Unfollow, Unlike,
    Visibility,
};
use pritchel_actors::domain::{BeReported, OpenFactory};
use pritchel_actors::factory::{Create, EditKinds};
use pritchel_actors::link::PeerEnded;
use pritchel_actors::link::{
    AdminAgreed, AdminDeclined, Delegated, End, Given, LinkKind, Listed, MemberDelegates, PeerAdminAgrees, PeerAgreed,
    PeerDeclined, PeerUnlinked, PeerUnlinks, Propose, Proposed, Side, TakenBack, Unlink,
};
use pritchel_actors::organization::LeaveMembers;
use pritchel_actors::patch_tracker::merge_request::{Branch, MergeOffer};
use pritchel_actors::patch_tracker::patch::Patch;
use pritchel_actors::patch_tracker::review::{Quote, Side as DiffSide, Verdict, approval_uri, thread_uri};
use pritchel_actors::patch_tracker::{AddVersion, Apply, MergeMethod, OriginPushed, PatchTracker};
use pritchel_actors::patch_tracker::{
    AnnounceReview, DismissReview, RequestReview, RequireApprovals, ResolveThread, SubmitReview,
};
use pritchel_actors::person::*;
use pritchel_actors::project::SetTracker;
use pritchel_actors::repository::{EditMirror, ForkMade, SetDefaultBranch, SourcePushed};
use pritchel_actors::roadmap::{CloseMilestone, DeleteMilestone, EditMilestone, OpenMilestone, ReopenMilestone};
use pritchel_actors::team::EditFilter;
use pritchel_actors::ticket_tracker::ticket::Source;
use pritchel_actors::ticket_tracker::*;
use pritchel_actors::tie::{
    Attach, AttachAgreed, AttachDeclined, AttachOffered, Detach, Provided, ProviderAgreed, ProviderDeclined, TieKind,
};
use pritchel_actors::{Domain, Factory, Organization, Project, Repository, Roadmap, Team, Workflow, client};
use serde_json::json;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

mod older;
mod patches;
mod plans;
mod releases;
mod teams;
mod trackers;

/// The methods of links.
const LINKS: [&str; 16] = [
    "Propose",
    "Proposed",
    "PeerAdminAgrees",
    "PeerAgreed",
    "AdminAgreed",
    "PeerDeclined",
    "AdminDeclined",
    "Delegated",
    "Listed",
    "Given",
    "MemberDelegates",
    "Unlink",
    "PeerUnlinks",
    "PeerUnlinked",
    "PeerEnded",
    "TakenBack",
];

/// The methods of the consumer of a tie.
const TIES: [&str; 8] = [
    "Attach",
    "AttachOffered",
    "ProviderAgreed",
    "AttachAgreed",
    "ProviderDeclined",
    "AttachDeclined",
    "Provided",
    "Detach",
];

/// A story in which every act is looked at as its receiver's gate read it.
struct Law {
    cast: Cast,
    seen: RefCell<BTreeSet<(&'static str, String)>>,
}

impl Law {
    fn new() -> Self {
        Self { cast: Cast::new(21, Place::Mixed), seen: RefCell::default() }
    }

    /// An act that has arrived is, to `to`, this call.
    fn is<A: Actor>(&self, to: &ActorId, act: &ActId, call: impl Into<A::Call>) {
        let call = call_value::<A>(&call.into()).unwrap();
        assert_eq!(self.cast.world.call_of(to, act), call, "{act}");
        self.seen.borrow_mut().insert((A::KIND, call["method"].as_str().unwrap().to_owned()));
    }

    /// What somebody posts is, to `to`, this call.
    fn says<A: Actor>(&self, who: &Somebody, to: &ActorId, activity: Value, call: impl Into<A::Call>) -> ActId {
        let act = who.does(activity);
        self.is::<A>(to, &act, call);
        act
    }

    /// The last act of `of` that came to `to`, by its type.
    fn last(&self, to: &Somebody, kind: &str) -> ActId {
        let at = to.heard().iter().rposition(|heard| heard == kind).unwrap();
        to.inbox()[at].act.clone()
    }

    fn covers<A: Actor>(&self, not_here: &[&str]) {
        let wire = A::Call::TABLE.iter().filter(|row| matches!(row.reach, Reach::Wire(_))).map(|row| row.name);
        let seen = self.seen.borrow();
        // Links are the same for all kinds: their law is tested with a project.
        let links = |name: &str| A::KIND != "Project" && LINKS.contains(&name);
        // And so are ties: theirs is tested with a tracker of tickets.
        let ties = |name: &str| A::KIND != "TicketTracker" && TIES.contains(&name);
        let wire = wire.filter(|name| !not_here.contains(name) && !links(name) && !ties(name));
        let missing: Vec<_> = wire.filter(|name| !seen.contains(&(A::KIND, (*name).to_owned()))).collect();
        assert_eq!(missing, Vec::<&str>::new(), "methods of {} without a row", A::KIND);
    }
}

/// A term with all its parts. It begins with the world, so that Grants say nothing of it.
fn term() -> Term {
    Term { from: Some(START), until: Some(START + 90_000), lasts_s: Some(90_000) }
}

fn line(text: &str) -> Line {
    Line::parse(text).unwrap()
}

fn html(text: &str) -> Html {
    Html::sanitise(text).unwrap()
}

fn markdown(text: &str) -> Option<Source> {
    Some(Source { content: text.to_owned(), media_type: "text/markdown; variant=CommonMark".to_owned() })
}

/// The methods that all resources share.
fn shared<A: Actor>(law: &Law, resource: &ActorId)
where
    A::Call: pritchel_actors::gate::SharedCalls,
{
    let (olga, alice, bob) = (&law.cast.olga, &law.cast.alice, &law.cast.bob);
    let grant = olga.permit(resource);
    let follow = law.says::<A>(alice, resource, client::follow(resource), Follow {});
    law.says::<A>(alice, resource, client::unfollow(resource, &follow), Unfollow {});
    let named = EditResource { name: Some(line("Pot")), summary: Some(html("<b>b</b>")), others: Vec::new() };
    law.says::<A>(olga, resource, client::edit_resource(resource, "Pot", "<b>b</b>", &grant), named);
    for archived in [true, false] {
        let edit = client::set_archived(resource, archived, &grant);
        law.says::<A>(olga, resource, edit, SetArchived { archived });
    }
    for visibility in [Visibility::Closed, Visibility::Private, Visibility::Public] {
        let edit = client::set_visibility(resource, visibility.as_str(), &grant);
        law.says::<A>(olga, resource, edit, SetVisibility { visibility });
    }
    // A person is no place to move to: it is understood, and refused.
    let target = alice.id.clone();
    law.says::<A>(olga, resource, client::relocate(resource, &target, &grant), Relocate { target });
    let role = Role::Triage;
    let (invite, term) = (|| client::invite(resource, bob, "triage", &grant), term());
    let meant = Invite { invitee: bob.id.clone(), role, term };
    let declined = law.says::<A>(olga, resource, client::within(invite(), &term), meant);
    law.is::<Person>(bob, &declined, BeInvited { resource: resource.clone(), role: Some(role), term });
    law.is::<Person>(bob, &law.last(bob, "Accept"), InvitationConfirmed { invite: declined.clone() });
    law.says::<A>(bob, resource, client::reject(&declined, &[resource]), InvitationRejected { invite: declined });
    let invite = olga.does(client::within(invite(), &term));
    law.says::<A>(bob, resource, client::accept(&invite, &[resource]), InvitationAccepted { invite: invite.clone() });
    let (held, keep) = (bob.permit(resource), |grant: &ActId, who: &Somebody, fulfills: &ActId| KeepPermit {
        grant: grant.clone(),
        target: who.id.clone(),
        resource: resource.clone(),
        role,
        fulfills: Some(fulfills.clone()),
        capability: None,
        of: None,
        span: Span { start: None, end: term.until },
    });
    law.is::<Person>(bob, &held, keep(&held, bob, &invite));
    let remove = client::remove(resource, bob, &grant);
    law.says::<A>(olga, resource, remove, Remove { collaborator: bob.id.clone() });
    law.is::<Person>(bob, &law.last(bob, "Revoke"), DropPermits { grants: vec![held] });
    let join = client::within(client::join(resource, "triage", None), &term);
    let join = law.says::<A>(bob, resource, join, Join { role, term });
    law.says::<A>(olga, resource, client::approve_join(resource, &join, &grant), JoinApproved { join });
    law.says::<A>(bob, resource, client::leave(resource), Leave {});
    let join = alice.does(client::join(resource, "triage", None));
    let mut deny = client::reject(&join, &[resource]);
    deny["capability"] = json!(grant);
    law.says::<A>(olga, resource, deny, JoinDenied { join });
    olga.lets_in(bob, resource, "triage");
    let grants = vec![bob.permit(resource)];
    law.says::<A>(bob, resource, client::undo_grants(resource, &grants, None), UndoGrants { grants: grants.clone() });
    olga.lets_in(bob, resource, "triage");
    law.says::<A>(olga, resource, client::delete_resource(resource, &grant), DeleteResource {});
    law.is::<Person>(bob, &law.last(bob, "Accept"), GiverEnded {});
}

/// Links are said in the same words to all kinds: here to a project, with a parent project and a component.
#[test]
fn what_is_said_to_a_project_and_a_team_is_understood_as_it_was_meant() {
    type P = Project;
    let law = Law::new();
    let (world, olga, bob, alice) = (&law.cast.world, &law.cast.olga, &law.cast.bob, &law.cast.alice);
    let workshop = world.factory(bob, "bobs workshop");
    let parent = world.make(bob, &workshop, "Project", "house");
    let project = world.make(olga, &law.cast.factory, "Project", "kitchen");
    let role = Role::Triage;
    let (mine, theirs) = (olga.permit(&project), bob.permit(&parent));
    let child = End { kind: LinkKind::Child, side: Side::Source };
    let like = law.says::<P>(alice, &project, client::like(&project), Like {});
    law.says::<P>(alice, &project, client::unlike(&project, &like), Unlike {});

    // The parent begins; the project's admin declines, then agrees.
    let term = term();
    let asks = || client::within(client::add(&parent, "subprojects", &project, "triage", &theirs), &term);
    let proposed = Proposed { collection: format!("{parent}/subprojects"), role: Some(role), term };
    let propose = Propose { end: child.opposite(), peer: project.clone(), role: Some(role), term };
    let add = law.says::<P>(bob, &project, asks(), proposed);
    law.is::<P>(&parent, &add, propose);
    law.is::<P>(&project, &by(&law, &project, &parent, "Accept"), PeerAgreed { add: add.clone() });
    let no = client::disagree(&add, &project, &parent, &mine);
    law.says::<P>(olga, &project, no, AdminDeclined { add: add.clone() });
    law.is::<P>(&parent, &by(&law, &parent, &project, "Reject"), PeerDeclined { add });
    let add = bob.does(asks());
    let yes = client::agree(&add, &project, &parent, &mine);
    let yes = law.says::<P>(olga, &project, yes, AdminAgreed { add: add.clone() });
    law.is::<P>(&parent, &yes, PeerAdminAgrees { add: add.clone() });
    let delegate = by(&law, &project, &parent, "Grant");
    law.is::<P>(&project, &delegate, Delegated { add, delegate: delegate.clone() });
    let start = by(&law, &parent, &project, "Grant");
    let of_child = ActId::from(world.rows(parent.as_str(), "delegates")[0].0.as_str());
    let given = Given {
        grant: start.clone(),
        delegate: of_child,
        context: project.clone(),
        role,
        allows: "gatherAndConvey".to_owned(),
        of: None,
        span: Span { start: None, end: term.until },
    };
    law.is::<P>(&parent, &start, given);
    olga.lets_in(alice, &project, "report");
    let delegate = by(&law, &project, alice, "Grant");
    law.is::<P>(
        &project,
        &delegate,
        MemberDelegates { delegate: delegate.clone(), membership: alice.permit(&project) },
    );
    let set = client::set_tracker(&project, None, &mine);
    law.says::<P>(olga, &project, set, SetTracker { tracker: None });

    // The project ends it.
    let remove = client::remove_link(&project, "context", &parent, &mine);
    let remove = law.says::<P>(olga, &project, remove, Unlink { end: child, peer: parent.clone() });
    law.is::<P>(&parent, &remove, PeerUnlinks { collection: format!("{project}/context") });
    law.is::<P>(&parent, &by(&law, &parent, &project, "Revoke"), TakenBack { grants: vec![start] });
    let unlinked = PeerUnlinked { remove, collection: format!("{project}/context") };
    law.is::<P>(&parent, &by(&law, &parent, &project, "Accept"), unlinked);
    let dora = &world.person("odd.example", "dora");
    let workers = world.make(dora, &world.factory(dora, "shed"), "Team", "workers");
    let add = olga.does(client::add(&project, "teams", &workers, "triage", &mine));
    dora.does(client::agree(&add, &workers, &project, &dora.permit(&workers)));
    dora.does(client::delete_resource(&workers, &dora.permit(&workers)));
    law.is::<P>(&project, &by(&law, &project, &workers, "Accept"), PeerEnded {});
    alice.does(client::leave(&project));
    organization(&law, &project);
    shared::<P>(&law, &project);
    law.covers::<P>(&[]);

    let team = world.make(olga, &law.cast.factory, "Team", "cooks");
    let filter = BTreeMap::from([("Repository".to_owned(), Some(Role::Report)), ("Project".to_owned(), None)]);
    let said = json!({"Repository": "report", "Project": null});
    let edit = client::edit_filter(&team, said, &olga.permit(&team));
    law.says::<Team>(olga, &team, edit, EditFilter { filter });
    teams::of_tickets(&law, &team);
    teams::of_approvals(&law, &team);
    shared::<Team>(&law, &team);
    law.covers::<Team>(&[]);
}

/// What an organization and what it lists are told, from the `Add` to the end.
fn organization(law: &Law, project: &ActorId) {
    type O = Organization;
    let (world, olga, alice, bob) = (&law.cast.world, &law.cast.olga, &law.cast.alice, &law.cast.bob);
    let guild = world.make(olga, &law.cast.factory, "Organization", "guild");
    let (grant, mine) = (olga.permit(&guild), olga.permit(project));
    let asset = End { kind: LinkKind::Asset, side: Side::Destination };
    let member = End { kind: LinkKind::Member, side: Side::Destination };

    let add = client::list(&guild, "orgAssets", project, &grant);
    let add = law.says::<O>(
        olga,
        &guild,
        add,
        Propose { end: asset, peer: project.clone(), role: None, term: Term::default() },
    );
    law.is::<Project>(
        project,
        &add,
        Proposed { collection: format!("{guild}/orgAssets"), role: None, term: Term::default() },
    );
    law.says::<Project>(olga, project, client::agree(&add, project, &guild, &mine), AdminAgreed { add: add.clone() });
    law.is::<O>(&guild, &by(law, &guild, project, "Accept"), PeerAgreed { add: add.clone() });
    let relationship = world
        .rows(project.as_str(), "links")
        .iter()
        .find_map(|(_, link)| link["relationship"].as_str().map(str::to_owned));
    let relationship = relationship.unwrap();
    law.is::<Project>(project, &by(law, project, &guild, "Accept"), Listed { add, relationship });
    let end = client::remove_link(project, "organizations", &guild, &mine);
    let end = law.says::<Project>(olga, project, end, Unlink { end: asset.opposite(), peer: guild.clone() });
    let unlinked = PeerUnlinked { remove: end, collection: format!("{project}/organizations") };
    law.is::<O>(&guild, &by(law, &guild, project, "Accept"), unlinked);

    let add = client::list(&guild, "members", bob, &grant);
    let add = law.says::<O>(
        olga,
        &guild,
        add,
        Propose { end: member, peer: bob.id.clone(), role: None, term: Term::default() },
    );
    law.is::<Person>(bob, &add, BeInvited { resource: guild.clone(), role: None, term: Term::default() });
    law.says::<O>(bob, &guild, client::accept(&add, &[&guild]), PeerAgreed { add });
    law.says::<O>(bob, &guild, client::leave_members(&guild), LeaveMembers {});
    let no = olga.does(client::list(&guild, "members", alice, &grant));
    law.says::<O>(alice, &guild, client::reject(&no, &[&guild]), PeerDeclined { add: no });
    shared::<O>(law, &guild);
    law.covers::<O>(&[]);
}

#[test]
fn what_is_said_to_a_roadmap_is_understood_as_it_was_meant() {
    type R = Roadmap;
    let law = Law::new();
    let olga = &law.cast.olga;
    let roadmap = law.cast.world.make(olga, &law.cast.factory, "Roadmap", "plans");
    let grant = olga.permit(&roadmap);
    let times = (Some("1970-01-01T00:00:07Z"), None);
    let open = client::open_milestone(&roadmap, "1.0", "*x*", times, &grant);
    let meant = OpenMilestone {
        name: line("1.0"),
        content: html("<p><em>x</em></p>\n"),
        source: markdown("*x*"),
        start: Some(7),
        end: None,
        id: None,
    };
    let milestone = olga.result(&law.says::<R>(olga, &roadmap, open, meant));
    let terms = json!({"name": "1.1", "startTime": null, "endTime": "1970-01-01T00:00:09Z", "isResolved": true});
    let meant = EditMilestone {
        milestone: 1,
        name: Some(line("1.1")),
        content: None,
        source: None,
        start: Edited::Cleared,
        end: Edited::Set(9),
        others: vec!["isResolved".to_owned()],
    };
    law.says::<R>(olga, &roadmap, client::edit_milestone(&roadmap, &milestone, terms, &grant), meant);
    plans::of_milestones(&law, &roadmap, &milestone);
    law.says::<R>(olga, &roadmap, client::close(&roadmap, &milestone, Some(&grant)), CloseMilestone { milestone: 1 });
    law.says::<R>(olga, &roadmap, client::reopen(&roadmap, &milestone, Some(&grant)), ReopenMilestone { milestone: 1 });
    let delete = client::delete_milestone(&roadmap, &milestone, &grant);
    law.says::<R>(olga, &roadmap, delete, DeleteMilestone { milestone: 1 });
    shared::<R>(&law, &roadmap);
    law.covers::<R>(&[]);
}

/// The last act of this type by `author` that came to `to`.
fn by(law: &Law, to: &ActorId, author: &ActorId, kind: &str) -> ActId {
    let rows = law.cast.world.rows(to.as_str(), "~inbox");
    let inner = law.cast.world.0.borrow();
    let boxes = &inner.servers[crate::world::host(to)].boxes;
    let of = |item: &Value| {
        let act = boxes.act(&ActId::from(item["act"].as_str().unwrap())).unwrap();
        item["from"] == author.as_str() && act.body["type"] == kind
    };
    let (_, item) = rows.iter().rfind(|(_, item)| of(item)).unwrap_or_else(|| panic!("no {kind} by {author}"));
    ActId::from(item["act"].as_str().unwrap())
}

#[test]
fn what_is_said_to_a_repository_is_understood_as_it_was_meant() {
    let law = Law::new();
    let (alice, repo) = (&law.cast.alice, &law.cast.repo);
    let like = law.says::<Repository>(alice, repo, client::like(repo), Like {});
    law.says::<Repository>(alice, repo, client::unlike(repo, &like), Unlike {});
    shared::<Repository>(&law, repo);
    // Their law is with that of the factory that makes copies.
    law.covers::<Repository>(&["ForkMade", "EditMirror", "SetDefaultBranch", "SourcePushed"]);
}

#[test]
fn what_is_said_to_a_factory_a_domain_and_a_person_is_understood_as_it_was_meant() {
    let law = Law::new();
    let (olga, alice, factory) = (&law.cast.olga, &law.cast.alice, &law.cast.factory);
    let grant = olga.permit(factory);
    let create = client::create(factory, "TicketTracker", "Pot", Some("<b>b</b>"), &grant);
    let (name, summary) = (line("Pot"), Some(html("<b>b</b>")));
    let (kind, visibility) = (ResourceKind::TicketTracker, Visibility::Public);
    let meant = Create { kind, name, summary, visibility, origin: None, archive: None, mirrors: None };
    law.says::<Factory>(olga, factory, create, meant);
    let repo = law.cast.repo.clone();
    let copies = Create {
        kind: ResourceKind::Repository,
        name: line("Copy"),
        summary: None,
        visibility: Visibility::Closed,
        origin: Some(repo.clone()),
        archive: None,
        mirrors: Some(repo.clone()),
    };
    let old = ActorId::new("https://old.example/trackers/pot");
    let tracker = Create { kind: ResourceKind::TicketTracker, mirrors: None, ..copies.clone() };
    let from = Create { origin: Some(old.clone()), ..tracker.clone() };
    law.says::<Factory>(olga, factory, client::migrate(factory, &old, "Copy", "closed", &grant), from);
    let file = "https://old.example/pot.json";
    let from = Create { origin: None, archive: Some(file.to_owned()), ..tracker };
    law.says::<Factory>(olga, factory, client::migrate_archive(factory, file, "Copy", "closed", &grant), from);
    let mirror = client::mirror(factory, &repo, "Copy", "closed", &grant);
    let made = law.says::<Factory>(olga, factory, mirror, copies);
    let copy = ActorId::new(olga.result(&made));
    let told = law.cast.world.rows(repo.as_str(), "~inbox");
    let told = told.iter().find(|(_, item)| item["call"]["method"] == "ForkMade").unwrap();
    let answer = ActId::new(told.1["act"].as_str().unwrap());
    law.is::<Repository>(&repo, &answer, ForkMade { create: made, fork: Some(copy.clone()) });
    let admin = olga.permit(&copy);
    for name in ["trunk", "refs/heads/trunk"] {
        let meant = SetDefaultBranch { branch: "refs/heads/trunk".into() };
        law.says::<Repository>(olga, &repo, client::set_default_branch(&repo, name, &olga.permit(&repo)), meant);
    }
    let edit = EditMirror { every_s: Some(600), mirrors: Some(repo.clone()) };
    law.says::<Repository>(olga, &copy, client::edit_mirror(&copy, 600, &admin), edit);
    let end = EditMirror { every_s: None, mirrors: None };
    law.says::<Repository>(olga, &copy, client::end_mirror(&copy, &admin), end);
    // A `Push` is no person's to say.
    let push =
        json!({"type": "Push", "id": format!("{repo}/outbox/push"), "actor": repo, "target": repo, "object": repo});
    law.cast.world.sends(&copy, &push);
    law.cast.world.settle();
    law.is::<Repository>(&copy, &ActId::new(format!("{repo}/outbox/push")), SourcePushed {});
    let kinds = client::edit_factory(factory, &["Repository"], &grant);
    law.says::<Factory>(olga, factory, kinds, EditKinds { available: vec![ResourceKind::Repository] });
    shared::<Factory>(&law, factory);
    law.covers::<Factory>(&[]);

    let domain = law.cast.world.server(crate::world::host(alice));
    let open = client::open_factory(&domain, "Shed");
    law.says::<Domain>(alice, &domain, open, OpenFactory { name: line("Shed"), summary: None });
    let flag = json!({
        "type": "Flag", "id": "https://far.example/flags/1", "actor": "https://far.example/actor", "object": [alice.id],
        "content": "<p>spam</p>"
    });
    law.cast.world.sends(&domain, &flag);
    law.cast.world.settle();
    let reported = BeReported { objects: vec![alice.id.to_string()], text: "spam".to_owned() };
    law.is::<Domain>(&domain, &ActId::new("https://far.example/flags/1"), reported);
    law.covers::<Domain>(&[]);

    let follow = law.says::<Person>(olga, alice, client::follow(alice), BeFollowed {});
    law.says::<Person>(olga, alice, client::unfollow(alice, &follow), BeUnfollowed {});
    teams::to_person(&law);
    law.covers::<Person>(&["BeUnassigned"]);
}

/// Other servers tell us much that asks for nothing: it is noted, and nobody is answered.
#[test]
fn what_concerns_nobody_here_is_noted_and_not_answered() {
    let law = Law::new();
    let (tracker, far) = (&law.cast.tracker, "https://far.example/people/far");
    let note = json!({"id": format!("{far}/notes/1"), "type": "Note", "content": "x"});
    #[rustfmt::skip]
    let rows = [
        ("an actor changed",       json!({"type": "Update", "object": {"id": far, "type": "Person", "summary": "x"}})),
        ("a note elsewhere",       json!({"type": "Update", "object": note})),
        ("an actor is gone",       json!({"type": "Delete", "object": far})),
        ("a note is gone",         json!({"type": "Delete", "object": note["id"]})),
        ("a Grant to another",     json!({"type": "Grant", "object": "admin", "context": tracker, "target": far, "allows": "invoke"})),
        ("a copy of it is made",   json!({"type": "Create", "origin": far, "object": {"type": "TicketTracker", "name": "x", "origin": tracker}})),
        ("a Revoke",               json!({"type": "Revoke", "object": format!("{far}/outbox/x")})),
    ];
    for (number, (what, mut body)) in rows.into_iter().enumerate() {
        body["actor"] = far.into();
        body["id"] = format!("{far}/outbox/{number}").into();
        law.cast.world.sends(tracker, &body);
        law.cast.world.settle();
        let act = ActId::from(body["id"].as_str().unwrap());
        assert_eq!(law.cast.world.ended(tracker, &act), "noted", "{what}");
    }
    assert!(law.cast.world.told_outside().is_empty());
}
