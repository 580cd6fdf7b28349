//! FL-45 to FL-64: links of all five kinds, begun by either side, ended by either side; and the access that flows over them.

use super::{Cast, everywhere};
use crate::status::mutants::concerns;
use crate::status::shows;
use crate::world::cast::Somebody;
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::access::{Role, Term};
use pritchel_actors::limits::{FOLLOW_VERIFIED_S, HELD_MAX, LINK_OFFERS_MAX};
use pritchel_actors::link::view::ViewHandshakes;
use pritchel_actors::link::{End, LinkKind, Side};
use pritchel_actors::person::rows::SentState;
use pritchel_actors::{Repository, ResourceKind, client};
use serde_json::json;

/// Two who are to be linked: olga's is the source, bob's the destination.
pub struct Pair<'c> {
    pub cast: &'c Cast,
    pub kind: LinkKind,
    pub source: ActorId,
    pub destination: ActorId,
}

/// Every kind of link between every two kinds of actors that it can be between.
pub fn kinds() -> Vec<(LinkKind, &'static str, &'static str)> {
    let mut kinds = Vec::new();
    for kind in ResourceKind::ALL {
        for end in kind.ends().iter().filter(|end| end.side == Side::Source && end.carries()) {
            kinds.extend(end.peer_types().iter().map(|peer| (end.kind, kind.as_str(), *peer)));
        }
    }
    assert!(kinds.contains(&COMPONENT) && kinds.contains(&CHILD) && kinds.contains(&TEAM_RESOURCE));
    kinds.retain(|(_, source, destination)| concerns(&[source, destination]));
    kinds
}

/// One of each kind, and what is between two that have both.
pub const KINDS: [(LinkKind, &str, &str); 6] = [
    COMPONENT,
    CHILD,
    (LinkKind::Subteam, "Team", "Team"),
    (LinkKind::Oversight, "Team", "Team"),
    TEAM_RESOURCE,
    (LinkKind::TeamResource, "Project", "Team"),
];

pub const COMPONENT: (LinkKind, &str, &str) = (LinkKind::Component, "TicketTracker", "Project");
pub const CHILD: (LinkKind, &str, &str) = (LinkKind::Child, "Project", "Project");
pub const TEAM_RESOURCE: (LinkKind, &str, &str) = (LinkKind::TeamResource, "Repository", "Team");

impl<'c> Pair<'c> {
    pub fn new(cast: &'c Cast, (kind, source, destination): (LinkKind, &str, &str)) -> Self {
        let workshop = cast.world.factory(&cast.bob, "bobs workshop");
        let source = match source {
            "Factory" => cast.world.factory(&cast.olga, "lower"),
            _ => cast.world.make(&cast.olga, &cast.factory, source, "lower"),
        };
        let destination = cast.world.make(&cast.bob, &workshop, destination, "upper");
        Self { cast, kind, source, destination }
    }

    /// The admin of a side, the actor there, and the one at the other side.
    pub fn side(&self, side: Side) -> (&Somebody, &ActorId, &ActorId, &'static str) {
        let collection = End { kind: self.kind, side }.collection();
        match side {
            Side::Source => (&self.cast.olga, &self.source, &self.destination, collection),
            Side::Destination => (&self.cast.bob, &self.destination, &self.source, collection),
        }
    }

    /// That side asks for the link.
    pub fn asks(&self, side: Side, role: &str) -> ActId {
        let (admin, mine, other, collection) = self.side(side);
        admin.does(client::add(mine, collection, other, role, &admin.permit(mine)))
    }

    /// The two are linked for some time.
    pub fn links_for(&self, begun_by: Side, role: &str, term: &Term) -> ActId {
        let (admin, mine, other_one, collection) = self.side(begun_by);
        let add = client::add(mine, collection, other_one, role, &admin.permit(mine));
        let add = admin.does(client::within(add, term));
        self.agrees(other(begun_by), &add);
        add
    }

    /// An admin of that side agrees.
    pub fn agrees(&self, side: Side, add: &ActId) -> ActId {
        let (admin, mine, other, _) = self.side(side);
        admin.does(client::agree(add, mine, other, &admin.permit(mine)))
    }

    /// The two are linked.
    pub fn links(&self, begun_by: Side, role: &str) -> ActId {
        let add = self.asks(begun_by, role);
        assert!(!self.linked(), "one side alone links nothing");
        let (admin, ..) = self.side(begun_by);
        assert!(matches!(admin.sent(&add).state, SentState::Done { .. }), "{:?}", admin.sent(&add));
        self.agrees(other(begun_by), &add);
        add
    }

    /// An admin of that side ends it.
    pub fn ends(&self, side: Side) {
        let (admin, mine, other, collection) = self.side(side);
        let remove = admin.does(client::remove_link(mine, collection, other, &admin.permit(mine)));
        assert!(matches!(admin.sent(&remove).state, SentState::Done { .. }), "{:?}", admin.sent(&remove));
    }

    /// Whether they are, as both sides see it.
    pub fn linked(&self) -> bool {
        let peers = |of: &ActorId| self.cast.world.rows(of.as_str(), "peers").len();
        let (here, there) = (peers(&self.source), peers(&self.destination));
        assert_eq!(here, there, "both sides see the link the same");
        here == 1
    }

    /// The Grants the destination holds: the resource and the role of each.
    pub fn held(&self) -> Vec<(String, String)> {
        let rows = self.cast.world.rows(self.destination.as_str(), "held");
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        rows.iter().map(|(_, held)| (text(&held["context"]), text(&held["role"]))).collect()
    }
}

pub fn other(side: Side) -> Side {
    match side {
        Side::Source => Side::Destination,
        Side::Destination => Side::Source,
    }
}

pub const SIDES: [Side; 2] = [Side::Source, Side::Destination];

/// ForgeFed, "Adding a component to a project - component side" and its nine sisters; the same for "Removing".
#[test]
fn a_link_is_formed_from_either_side_and_ended_from_either_side() {
    for kind in KINDS {
        for begun_by in SIDES {
            for ended_by in SIDES {
                everywhere(|cast| {
                    let pair = Pair::new(cast, kind);
                    pair.links(begun_by, "triage");
                    assert!(pair.linked(), "{kind:?} begun by {begun_by:?}");
                    let end = End { kind: kind.0, side: Side::Source };
                    let start = (pair.source.to_string(), "triage".to_owned());
                    assert_eq!(pair.held(), if end.starts() { vec![start] } else { vec![] }, "{kind:?}");
                    pair.ends(ended_by);
                    assert!(!pair.linked(), "{kind:?} ended by {ended_by:?}");
                    assert_eq!(pair.held(), []);
                });
            }
        }
    }
}

/// No stranger can attach anything to anybody's actor: each side needs the consent of one of its own admins.
#[test]
fn a_link_needs_an_admin_of_each_side() {
    for begun_by in SIDES {
        everywhere(|cast| {
            let pair = Pair::new(cast, COMPONENT);
            let (admin, mine, peer, collection) = pair.side(begun_by);
            let (their_admin, ..) = pair.side(other(begun_by));
            let grant = admin.permit(mine);
            let add = |object: &ActorId, role: &str, grant: &ActId| client::add(mine, collection, object, role, grant);
            cast.refuses(mine, &cast.alice, add(peer, "triage", &grant), "wrong-hands at step 8");
            let foreign = their_admin.permit(peer);
            cast.refuses(mine, their_admin, add(peer, "triage", &foreign), "other-resource at step 7");
            cast.refuses(mine, admin, add(peer, "delegate", &grant), "malformed");
            cast.refuses(mine, admin, add(mine, "triage", &grant), "not-oneself");
            cast.refuses(mine, admin, add(&cast.factory, "triage", &grant), "wrong-kind");

            let add = pair.asks(begun_by, "triage");
            let agree = |who: &Somebody, grant: &ActId| who.does(client::agree(&add, peer, mine, grant));
            let before = cast.world.of(peer);
            let by_stranger = agree(&cast.alice, &foreign);
            assert_eq!(cast.world.ended(peer, &by_stranger), "wrong-hands at step 8");
            let by_other_side = agree(admin, &grant);
            assert_ne!(cast.world.ended(peer, &by_other_side), "done");
            assert_eq!(cast.world.of(peer), before, "nothing has changed");
            assert!(!pair.linked());
            pair.agrees(other(begun_by), &add);
            assert!(pair.linked());
            cast.refuses(mine, admin, client::add(mine, collection, peer, "triage", &grant), "already-linked");
        });
    }
}

#[test]
fn a_link_declined_is_not_formed() {
    for begun_by in SIDES {
        for declined_by in SIDES {
            everywhere(|cast| {
                let pair = Pair::new(cast, CHILD);
                let add = pair.asks(begun_by, "triage");
                let (admin, mine, peer, _) = pair.side(declined_by);
                admin.does(client::disagree(&add, mine, peer, &admin.permit(mine)));
                let (admin, mine, peer, _) = pair.side(other(declined_by));
                cast.refuses(mine, admin, client::disagree(&add, mine, peer, &admin.permit(mine)), "already-decided");
                assert!(!pair.linked());
            });
        }
    }
}

/// A component of olga's in a project of bob's, in which alice is a member: she acts in the component with what was passed
/// on to her, in at most the least role on the way, and no longer than each step holds.
#[test]
fn a_member_of_a_project_acts_in_its_components() {
    everywhere(|cast| {
        let (alice, bob, olga) = (&cast.alice, &cast.bob, &cast.olga);
        let pair = Pair::new(cast, COMPONENT);
        let tracker = &pair.source;
        bob.lets_in(alice, &pair.destination, "triage");
        let offer = alice.does(client::open_ticket(alice, tracker, "Crash", "It does", None));
        let ticket = alice.result(&offer);
        assert!(alice.may(tracker).is_none());
        pair.links(Side::Source, "maintain");
        let (grant, role) = alice.may(tracker).expect("the Grant was passed on");
        assert_eq!(role, Role::Triage, "the least of the link's role and the member's");
        cast.refuses(tracker, bob, client::close(tracker, &ticket, Some(&grant)), "wrong-hands at step 8");
        let close = alice.does(client::close(tracker, &ticket, Some(&grant)));
        assert_eq!(cast.world.ended(tracker, &close), "done");
        let edit =
            json!({"type": "Edit", "to": [tracker], "object": {"id": tracker, "name": "x"}, "capability": grant});
        cast.refuses(tracker, alice, edit, "role-too-small at step 17");

        bob.does(client::remove(&pair.destination, alice, &bob.permit(&pair.destination)));
        assert!(alice.may(tracker).is_none(), "she was told");
        cast.refuses(tracker, alice, client::reopen(tracker, &ticket, Some(&grant)), "revoked at step 12");
        bob.lets_in(alice, &pair.destination, "triage");
        let (again, _) = alice.may(tracker).expect("a new Grant");
        assert_ne!(again, grant);
        olga.does(client::remove_link(tracker, "context", &pair.destination, &olga.permit(tracker)));
        assert!(alice.may(tracker).is_none());
        cast.refuses(tracker, alice, client::reopen(tracker, &ticket, Some(&again)), "revoked at step 11");
    });
}

/// Ours: whoever follows something private by what was passed on to them is told no more when that ends: at once where a link of the resource ends,
/// within an hour where a project far away lets them go.
#[test]
fn who_follows_what_is_private_by_a_chain_is_told_no_more_when_it_ends() {
    everywhere(|cast| {
        let (alice, bob, olga) = (&cast.alice, &cast.bob, &cast.olga);
        let pair = Pair::new(cast, COMPONENT);
        let tracker = &pair.source;
        bob.lets_in(alice, &pair.destination, "report");
        pair.links(Side::Source, "maintain");
        olga.does(client::set_visibility(tracker, "private", &olga.permit(tracker)));
        let permit = || alice.may(tracker).expect("passed on").0;
        let follows = || {
            let follow = alice.does(client::with_capability(client::follow(tracker), Some(&permit())));
            assert_eq!(cast.world.ended(tracker, &follow), "done");
            let offer = alice.does(client::open_ticket(alice, tracker, "Crash", "It does", Some(&permit())));
            alice.result(&offer)
        };
        let rows = |table: &str| {
            let rows = cast.world.rows(tracker.as_str(), table);
            rows.iter().filter(|(_, row)| !row.is_null()).count()
        };
        let told = |title: &str| {
            olga.does(client::open_ticket(olga, tracker, title, title, Some(&olga.permit(tracker))));
            let heard = cast.world.rows(alice.id.as_str(), "~inbox");
            heard.len()
        };
        let ticket = follows();
        let (before, first) = (told("first"), rows("followers"));
        cast.world.pass(FOLLOW_VERIFIED_S);
        cast.world.settle();
        assert_eq!((rows("followers"), rows("followed_by")), (first, 1), "it still holds");
        assert!(told("second") > before);

        bob.does(client::remove(&pair.destination, alice, &bob.permit(&pair.destination)));
        cast.world.pass(FOLLOW_VERIFIED_S);
        cast.world.settle();
        assert_eq!((rows("followers"), rows("followed_by")), (first - 1, 0), "the project let her go");
        let silent = told("third");
        olga.does(client::close(tracker, &ticket, Some(&olga.permit(tracker))));
        assert_eq!(told("fourth"), silent, "nor is she told of her own ticket");

        bob.lets_in(alice, &pair.destination, "report");
        follows();
        assert_eq!((rows("followers"), rows("followed_by")), (first, 1));
        olga.does(client::remove_link(tracker, "context", &pair.destination, &olga.permit(tracker)));
        cast.world.settle();
        assert_eq!((rows("followers"), rows("followed_by")), (first - 1, 0), "the link is gone");
        let silent = told("fifth");
        assert_eq!(told("sixth"), silent);
    });
}

/// Component → project → parent project → team → child team → alice: a chain of six, and each link of it can end it.
#[test]
fn access_flows_through_projects_and_teams_and_ends_with_any_link_on_the_way() {
    for cut in 0..5 {
        everywhere(|cast| {
            let (alice, bob, olga, world) = (&cast.alice, &cast.bob, &cast.olga, &cast.world);
            let workshop = world.factory(bob, "bobs workshop");
            let of_olga = |kind: &str, name: &str| world.make(olga, &cast.factory, kind, name);
            let of_bob = |kind: &str, name: &str| world.make(bob, &workshop, kind, name);
            let (tracker, small) = (of_olga("TicketTracker", "issues"), of_olga("Project", "small"));
            let (large, team, subteam) = (of_bob("Project", "large"), of_olga("Team", "all"), of_bob("Team", "some"));
            let link = |from: (&Somebody, &ActorId, &str), to: (&Somebody, &ActorId)| {
                let add = from.0.does(client::add(from.1, from.2, to.1, "maintain", &from.0.permit(from.1)));
                to.0.does(client::agree(&add, to.1, from.1, &to.0.permit(to.1)));
            };
            bob.lets_in(alice, &subteam, "triage");
            link((bob, &subteam, "context"), (olga, &team));
            link((olga, &team, "teamResources"), (bob, &large));
            link((bob, &large, "subprojects"), (olga, &small));
            link((olga, &tracker, "context"), (olga, &small));
            let (grant, role) = alice.may(&tracker).expect("it came through all of them");
            assert_eq!(role, Role::Triage);
            let ticket = alice.result(&alice.does(client::open_ticket(alice, &tracker, "Crash", "", None)));
            let close = alice.does(client::close(&tracker, &ticket, Some(&grant)));
            assert_eq!(world.ended(&tracker, &close), "done");
            assert!(alice.may(&small).is_some() && alice.may(&large).is_some(), "and to the projects themselves");
            assert!(alice.may(&team).is_none(), "a parent team gives no access to itself");
            match cut {
                0 => drop(olga.does(client::remove_link(&tracker, "context", &small, &olga.permit(&tracker)))),
                1 => drop(bob.does(client::remove_link(&large, "subprojects", &small, &bob.permit(&large)))),
                2 => drop(bob.does(client::remove_link(&large, "teams", &team, &bob.permit(&large)))),
                3 => drop(olga.does(client::remove_link(&team, "subteams", &subteam, &olga.permit(&team)))),
                _ => drop(alice.does(client::leave(&subteam))),
            }
            assert!(alice.may(&tracker).is_none(), "cut {cut}: she was told");
            let step = if cut == 0 { "revoked at step 11" } else { "revoked at step 12" };
            cast.refuses(&tracker, alice, client::reopen(&tracker, &ticket, Some(&grant)), step);
        });
    }
}

/// ForgeFed, "roleFilter".
#[test]
fn a_team_passes_on_no_more_than_its_filter_says() {
    everywhere(|cast| {
        let (alice, bob) = (&cast.alice, &cast.bob);
        let pair = Pair::new(cast, TEAM_RESOURCE);
        let (team, repo) = (&pair.destination, &pair.source);
        bob.lets_in(alice, team, "maintain");
        pair.links(Side::Destination, "maintain");
        assert_eq!(alice.may(repo).unwrap().1, Role::Maintain);
        let edit = |filter: serde_json::Value| client::edit_filter(team, filter, &bob.permit(team));
        bob.does(edit(json!({"Repository": "report", "TicketTracker": null})));
        assert_eq!(alice.may(repo).unwrap().1, Role::Report);
        bob.does(edit(json!({"Repository": null})));
        assert!(alice.may(repo).is_none());
        bob.does(edit(json!({})));
        assert_eq!(alice.may(repo).unwrap().1, Role::Maintain);
        cast.refuses(team, bob, edit(json!({"Repository": "admin"})), "malformed");
        cast.refuses(team, bob, edit(json!({"Repository": 3})), "malformed");
        let grant = alice.permit(team);
        cast.refuses(team, alice, client::edit_filter(team, json!({}), &grant), "role-too-small at step 17");
    });
    shows(&["EditFilter:keeps"]);
}

/// ForgeFed, "Project": `ticketsTrackedBy` is one of the components.
#[test]
fn a_project_names_one_of_its_components_as_its_tracker() {
    everywhere(|cast| {
        let bob = &cast.bob;
        let pair = Pair::new(cast, COMPONENT);
        let (project, tracker) = (&pair.destination, &pair.source);
        let set = |tracker: Option<&ActorId>| client::set_tracker(project, tracker, &bob.permit(project));
        cast.refuses(project, bob, set(Some(tracker)), "no-component");
        pair.links(Side::Source, "report");
        let done = bob.does(set(Some(tracker)));
        assert_eq!(cast.world.ended(project, &done), "done");
        bob.does(set(None));
    });
}

/// Three projects that are each the child of the next: access comes to rest, and nobody gets the same twice.
#[test]
fn projects_in_a_circle_come_to_rest_and_end() {
    everywhere(|cast| {
        let (alice, olga, world) = (&cast.alice, &cast.olga, &cast.world);
        let make = |kind: &str, name: &str| world.make(olga, &cast.factory, kind, name);
        let (tracker, first, second, third) =
            (make("TicketTracker", "issues"), make("Project", "a"), make("Project", "b"), make("Project", "c"));
        let link = |child: &ActorId, parent: &ActorId| {
            let add = olga.does(client::add(child, "context", parent, "triage", &olga.permit(child)));
            olga.does(client::agree(&add, parent, child, &olga.permit(parent)));
        };
        olga.lets_in(alice, &third, "report");
        link(&tracker, &first);
        link(&first, &second);
        link(&second, &third);
        link(&third, &first);
        let held = |project: &ActorId| world.rows(project.as_str(), "held").len();
        // Its own component or a child's, and each of the other two projects; what was passed on here before is refused.
        assert_eq!([held(&first), held(&second), held(&third)], [3, 3, 3]);
        let of_tracker = world.rows(alice.as_str(), "permits").into_iter();
        let of_tracker = of_tracker.filter(|(_, permit)| permit["resource"] == tracker.as_str());
        assert_eq!(of_tracker.count(), 1);
        olga.does(client::remove_link(&first, "context", &second, &olga.permit(&first)));
        assert!(alice.may(&tracker).is_none(), "the only way to her led over that link");
    });
}

/// What a stranger pretends is kept, bounded, and shown to nobody.
#[test]
fn proposals_of_strangers_make_room_for_later_ones() {
    let cast = Cast::new(3, super::Place::Each);
    let (world, mallory) = (&cast.world, "https://evil.example/people/mallory");
    for number in 0..LINK_OFFERS_MAX + 5 {
        let team = format!("https://evil.example/teams/{number}");
        let collection = format!("{team}/teamResources");
        world.0.borrow().net.give(&team, json!({"id": team, "type": "Team", "teamResources": collection}));
        world.0.borrow().net.give(&collection, json!({"id": collection, "type": "Collection", "context": team}));
        let add = json!({
            "id": format!("{mallory}/outbox/{number}"), "type": "Add", "actor": mallory, "to": [cast.repo],
            "object": cast.repo, "target": collection, "instrument": "admin",
        });
        world.sends(&cast.repo, &add);
    }
    world.settle();
    assert_eq!(world.rows(cast.repo.as_str(), "link_offers").len() as u64, LINK_OFFERS_MAX);
    let view = ViewHandshakes { viewer: Some(cast.olga.id.clone()), limit: 50 };
    let shown = world.see::<Repository, _>(&cast.repo, &view).unwrap();
    assert_eq!(shown.forming, [], "nobody but mallory says so");
    let not_theirs = json!({
        "id": format!("{mallory}/outbox/x"), "type": "Add", "actor": mallory, "to": [cast.repo],
        "object": cast.repo, "target": format!("{}/collaborators", cast.tracker), "instrument": "admin",
    });
    world.sends(&cast.repo, &not_theirs);
    world.settle();
    assert_eq!(world.ended(&cast.repo, &ActId::new(format!("{mallory}/outbox/x"))), "not-linkable");
}

/// The bound is reached by the last Grant that fits: the next is refused, and nothing is kept or passed on of it.
#[test]
fn an_actor_holds_only_so_many_grants() {
    let cast = Cast::new(3, super::Place::Each);
    let (world, alice, bob) = (&cast.world, &cast.alice, &cast.bob);
    let pair = Pair::new(&cast, COMPONENT);
    let project = &pair.destination;
    bob.lets_in(alice, project, "triage");
    world.edit(project, |state| state["resource"]["links"] = json!({"waiting": 0, "held": HELD_MAX - 1}));
    pair.links(Side::Source, "maintain");
    assert_eq!(pair.held().len(), 1, "one more fits");
    assert!(alice.may(&pair.source).is_some());
    let second = world.make(&cast.olga, &cast.factory, "Repository", "second");
    let add = cast.olga.does(client::add(&second, "context", project, "write", &cast.olga.permit(&second)));
    bob.does(client::agree(&add, project, &second, &bob.permit(project)));
    let grants = world.rows(second.as_str(), "grants");
    let (start, _) = grants.iter().find(|(_, grant)| grant["target"]["actor"] == project.as_str()).unwrap();
    assert_eq!(world.ended(project, &start.as_str().into()), "too-many-grants");
    assert!(world.why(project, &start.as_str().into()).contains(&HELD_MAX.to_string()));
    assert_eq!((pair.held().len(), alice.may(&second)), (1, None));
    assert_eq!(world.rows(project.as_str(), "held_via").len(), 1);
    // Room again: what is let go of is counted.
    pair.ends(Side::Destination);
    let again = world.make(&cast.olga, &cast.factory, "Repository", "third");
    let add = cast.olga.does(client::add(&again, "context", project, "write", &cast.olga.permit(&again)));
    bob.does(client::agree(&add, project, &again, &bob.permit(project)));
    assert_eq!(pair.held(), [(again.to_string(), "write".to_owned())]);
}

/// Protocol decision F-54.
#[test]
fn what_was_linked_with_a_deleted_actor_is_so_no_more() {
    for kind in KINDS {
        for deleted in SIDES {
            everywhere(|cast| {
                let pair = Pair::new(cast, kind);
                pair.links(Side::Source, "triage");
                let (admin, gone, left, _) = pair.side(deleted);
                admin.does(client::delete_resource(gone, &admin.permit(gone)));
                let of = |actor: &ActorId, table: &str| cast.world.rows(actor.as_str(), table);
                assert_eq!((of(left, "peers"), of(left, "held")), Default::default(), "{kind:?}");
                assert!(of(left, "downstream").iter().all(|(_, down)| down["peer"] != gone.as_str()));
                assert!(
                    of(left, "grants")
                        .iter()
                        .all(|(_, grant)| grant["target"]["actor"] != gone.as_str() || grant["active"] == false),
                    "nothing of it is for who is no more"
                );
            });
        }
    }
}

/// Whoever was deleted tells all who have Grants of it, and of those it passed on: none of them is shown as live any more.
#[test]
fn grants_of_a_giver_that_was_deleted_are_live_no_more() {
    everywhere(|cast| {
        let (alice, bob) = (&cast.alice, &cast.bob);
        let pair = Pair::new(cast, COMPONENT);
        let (tracker, project) = (&pair.source, &pair.destination);
        bob.lets_in(alice, project, "triage");
        pair.links(Side::Source, "maintain");
        let (grant, _) = alice.may(tracker).unwrap();
        let forged = json!({
            "id": format!("{tracker}/outbox/forged"), "type": "Accept", "actor": tracker, "object": grant, "to": [alice.id],
        });
        cast.world.sends(&alice.id, &forged);
        cast.world.settle();
        assert!(alice.may(tracker).is_some(), "only a Delete of itself says so");
        bob.does(client::delete_resource(project, &bob.permit(project)));
        assert_eq!((alice.may(tracker), alice.may(project)), (None, None));
        assert_eq!((bob.may(tracker), bob.may(project)), (None, None), "nor are those of who had it deleted");
        let permits = cast.world.rows(alice.as_str(), "permits");
        assert!(permits.iter().all(|(_, permit)| permit["live"] == false && permit["orphaned"] == true), "{permits:?}");
        assert_eq!(cast.world.rows(alice.as_str(), "delegations"), []);
    });
}

/// Protocol decision F-67: what somebody is given directly and what comes to them over a link are two things, each with its own end.
#[test]
fn access_of_ones_own_and_access_over_a_link_are_two() {
    everywhere(|cast| {
        let (alice, bob, olga) = (&cast.alice, &cast.bob, &cast.olga);
        let pair = Pair::new(cast, COMPONENT);
        let (tracker, project) = (&pair.source, &pair.destination);
        pair.links(Side::Source, "maintain");
        olga.lets_in(alice, tracker, "triage");
        let (own, role) = alice.may(tracker).unwrap();
        assert_eq!(role, Role::Triage);
        bob.lets_in(alice, project, "write");
        let (over, role) = alice.may(tracker).unwrap();
        assert_eq!((role, over == own), (Role::Write, false), "she invokes whichever is enough");
        bob.does(client::remove(project, alice, &bob.permit(project)));
        assert_eq!(alice.may(tracker), Some((own, Role::Triage)), "her own is still there");
        bob.lets_in(alice, project, "write");
        olga.does(client::remove(tracker, alice, &olga.permit(tracker)));
        assert_eq!(alice.may(tracker).unwrap().1, Role::Write, "and so is what comes over the link");
    });
}
