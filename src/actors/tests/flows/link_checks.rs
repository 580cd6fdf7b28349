//! What either side of a link demands before it goes on, and what its followers are told: for every kind of link between
//! every two kinds of actors, begun by either side. `dora` follows the one who asks, `fred` the one who is asked.

use super::links::{COMPONENT, KINDS, Pair, SIDES, kinds, other};
use super::{Cast, Place};
use crate::status::shows;
use crate::world::cast::Somebody;
use pritchel_actor::{ActId, ActorId, Value};
use pritchel_actors::access::Role;
use pritchel_actors::client;
use pritchel_actors::link::{End, LinkKind, Side};
use serde_json::json;

const EVIL: &str = "https://evil.example/teams/evil";

/// A link that one side asks for.
struct Scene<'c> {
    pair: Pair<'c>,
    begun_by: Side,
    dora: Somebody,
    fred: Somebody,
}

/// What two followers heard meanwhile.
type News = (Vec<String>, Vec<String>);

impl<'c> Scene<'c> {
    fn new(cast: &'c Cast, kind: (LinkKind, &str, &str), begun_by: Side) -> Self {
        let pair = Pair::new(cast, kind);
        let (dora, fred) = (cast.world.person("dora.example", "dora"), cast.world.person("fred.example", "fred"));
        let (_, mine, peer, _) = pair.side(begun_by);
        dora.does(client::follow(mine));
        fred.does(client::follow(peer));
        Self { pair, begun_by, dora, fred }
    }

    fn news<T>(&self, happens: impl FnOnce() -> T) -> (T, News) {
        let (dora, fred) = (self.dora.heard().len(), self.fred.heard().len());
        let done = happens();
        (done, (self.dora.heard().split_off(dora), self.fred.heard().split_off(fred)))
    }

    /// Something an actor says by itself, and how it ends at `to`.
    fn says(&self, actor: &str, to: &ActorId, what: &str, mut activity: Value) -> String {
        let id = format!("{actor}/outbox/{what}");
        (activity["id"], activity["actor"], activity["to"]) = (json!(id), json!(actor), json!([to]));
        self.pair.cast.world.sends(to, &activity);
        self.pair.cast.world.settle();
        self.pair.cast.world.ended(to, &id.as_str().into())
    }

    /// The same, which must change nothing.
    fn in_vain(&self, actor: &str, to: &ActorId, what: &str, activity: Value) -> String {
        let before = self.pair.cast.world.of(to);
        let ended = self.says(actor, to, what, activity);
        assert_eq!(self.pair.cast.world.of(to), before, "{ended}, and yet something changed");
        ended
    }
}

fn of_every_link(story: impl Fn(&Scene)) {
    for kind in kinds() {
        for begun_by in SIDES {
            let cast = Cast::new(13, Place::Each);
            story(&Scene::new(&cast, kind, begun_by));
        }
    }
}

fn heard(news: &[String], what: &str) -> bool {
    news.iter().any(|heard| heard == what)
}

fn accept(of: &ActId) -> Value {
    json!({"type": "Accept", "object": of})
}

/// ForgeFed, "Adding a component to a project - component side" and its nine sisters: the `Add`.
#[test]
fn every_link_is_asked_for_by_an_admin_once_and_of_what_it_can_be_with() {
    of_every_link(|scene| {
        let Scene { pair, begun_by, .. } = scene;
        let (cast, alice) = (pair.cast, &pair.cast.alice);
        let (admin, mine, peer, collection) = pair.side(*begun_by);
        let grant = admin.permit(mine);
        let add = |object: &ActorId| client::add(mine, collection, object, "triage", &grant);
        cast.refuses(mine, alice, add(peer), "wrong-hands at step 8");
        cast.refuses(mine, admin, add(alice), "wrong-kind");
        let elsewhere = format!("{}/collaborators", cast.repo);
        let stray = json!({"type": "Add", "object": peer, "target": elsewhere, "instrument": "triage"});
        assert_eq!(scene.in_vain(EVIL, peer, "adds", stray), "not-linkable");
        let (add, (dora, fred)) = scene.news(|| pair.asks(*begun_by, "triage"));
        assert_eq!(dora, ["Add", "Accept"], "the Accept is the actor's own");
        assert_eq!(fred, ["Add", "Accept"]);
        pair.agrees(other(*begun_by), &add);
        assert!(pair.linked());
        let again = pair.asks(*begun_by, "triage");
        assert_eq!(cast.world.ended(mine, &again), "already-linked");
        assert_eq!(cast.world.ended(peer, &again), "already-linked");
        shows(&["Propose", "Propose/authority", "Propose/wrong-kind", "Propose/already-linked"]);
        shows(&["Propose:forwards", "Propose:answers"]);
        shows(&["Proposed", "Proposed/already-linked", "Proposed/not-linkable", "Proposed:forwards"]);
    });
}

/// The same flows: the `Accept`s.
#[test]
fn every_link_stands_when_both_actors_and_an_admin_of_each_have_agreed() {
    of_every_link(|scene| {
        let Scene { pair, begun_by, .. } = scene;
        let (cast, alice) = (pair.cast, &pair.cast.alice);
        let (_, mine, peer, _) = pair.side(*begun_by);
        let (their_admin, ..) = pair.side(other(*begun_by));
        let add = pair.asks(*begun_by, "triage");
        assert_ne!(scene.in_vain(EVIL, peer, "agrees", accept(&add)), "done", "nobody agrees for the actor");
        scene.says(EVIL, mine, "agrees", accept(&add));
        assert!(!pair.linked());
        // An admin of the other side, and somebody who pretends to be one: those who follow hear it, and nothing comes of it.
        let foreign = their_admin.permit(peer);
        let (refused, (dora, _)) = scene.news(|| alice.does(client::agree(&add, peer, mine, &foreign)));
        assert_eq!(cast.world.ended(peer, &refused), "wrong-hands at step 8");
        assert_eq!(cast.world.ended(mine, &refused), "done");
        assert_eq!(dora, ["Accept"]);
        assert!(!pair.linked());

        let (_, (dora, fred)) = scene.news(|| pair.agrees(other(*begun_by), &add));
        assert!(heard(&dora, "Accept"), "the admin's: {dora:?}");
        assert!(heard(&fred, "Accept"), "the admin's: {fred:?}");
        assert!(pair.linked());
        let source = End { kind: pair.kind, side: Side::Source };
        let start = (pair.source.to_string(), "triage".to_owned());
        assert_eq!(pair.held(), if source.starts() { vec![start] } else { vec![] });
        for side in [&pair.source, &pair.destination] {
            assert_eq!(cast.world.rows(side.as_str(), "delegates").len(), 1, "the delegate-Grant is known to both");
        }
        cast.refuses(peer, their_admin, client::agree(&add, peer, mine, &foreign), "already-decided");
        assert_eq!(scene.in_vain(mine.as_str(), peer, "again", accept(&add)), "already-decided");
        assert_eq!(scene.in_vain(peer.as_str(), mine, "again", accept(&add)), "already-decided");
        shows(&["PeerAgreed", "PeerAgreed/gate", "PeerAgreed/already-decided", "PeerAgreed:forwards"]);
        shows(&["PeerAgreed:listed", "PeerAgreed:delegates", "PeerAdminAgrees", "PeerAdminAgrees:forwards"]);
        shows(&["AdminAgreed", "AdminAgreed/authority", "AdminAgreed/already-decided", "AdminAgreed:forwards"]);
        shows(&["AdminAgreed:listed", "AdminAgreed:delegates", "AdminAgreed:answers"]);
        shows(&["Delegated", "Delegated:listed", "Delegated:starts"]);
    });
}

/// Where access is to go from the one who asked, that the other agrees lists nothing yet: its delegate-Grant does.
#[test]
fn a_source_that_asked_waits_for_the_delegate_grant() {
    for kind in kinds() {
        let cast = Cast::new(13, Place::Each);
        let scene = Scene::new(&cast, kind, Side::Source);
        let Scene { pair, .. } = &scene;
        let add = pair.asks(Side::Source, "triage");
        let ended = scene.says(pair.destination.as_str(), &pair.source, "agrees", accept(&add));
        assert_eq!(ended, "done");
        assert!(!pair.linked());
        pair.agrees(Side::Destination, &add);
        assert!(pair.linked());
    }
    shows(&["PeerAgreed:waits"]);
}

/// ForgeFed, "Removing a component from a project - component side" and its nine sisters.
#[test]
fn every_link_is_ended_by_an_admin_of_either_side_and_by_nobody_else() {
    of_every_link(|scene| {
        let Scene { pair, begun_by, .. } = scene;
        let (cast, alice) = (pair.cast, &pair.cast.alice);
        let (admin, mine, peer, collection) = pair.side(*begun_by);
        pair.links(*begun_by, "triage");
        let grant = admin.permit(mine);
        let remove = |object: &ActorId| client::remove_link(mine, collection, object, &grant);
        // It is told to both: the other one waits for what is taken back.
        let (refused, (_, fred)) = scene.news(|| alice.does(remove(peer)));
        assert_eq!(cast.world.ended(mine, &refused), "wrong-hands at step 8");
        assert_eq!(cast.world.ended(peer, &refused), "done");
        assert_eq!(fred, ["Remove"]);
        assert!(pair.linked());
        assert_eq!(scene.in_vain(EVIL, peer, "removes", accept(&refused)), "not-the-peer");
        assert!(pair.linked());
        cast.refuses(mine, admin, remove(&cast.repo), "not-linked");

        let (removed, (dora, fred)) = scene.news(|| admin.does(remove(peer)));
        assert_eq!(cast.world.ended(mine, &removed), "done");
        assert!(heard(&dora, "Remove") && heard(&dora, "Accept"), "{dora:?}");
        assert!(heard(&fred, "Remove") && heard(&fred, "Accept"), "{fred:?}");
        assert!(!pair.linked() && pair.held().is_empty());
        let destination = if *begun_by == Side::Source { &fred } else { &dora };
        assert!(heard(destination, "Revoke"), "the delegate-Grant: {destination:?}");
        let grants = cast.world.rows(pair.source.as_str(), "grants");
        let mut starts = grants.iter().filter(|(_, grant)| grant["target"]["actor"] == pair.destination.as_str());
        assert!(starts.all(|(_, grant)| grant["active"] == false), "the start-Grant holds no more");
        assert_eq!(scene.in_vain(mine.as_str(), peer, "again", accept(&removed)), "done", "it has ended before");
        cast.refuses(mine, admin, remove(peer), "not-linked");
        shows(&["Unlink", "Unlink/authority", "Unlink/not-linked"]);
        shows(&["Unlink:ends", "Unlink:answers", "Unlink:revokes", "Unlink:forwards"]);
        shows(&["PeerUnlinks", "PeerUnlinks:forwards", "PeerUnlinks:waits"]);
        shows(&["PeerUnlinked", "PeerUnlinked/not-the-peer"]);
        shows(&["PeerUnlinked:ends", "PeerUnlinked:revokes"]);
    });
}

/// ForgeFed, the handlers of `Grant` of Project and Team: what comes over a link comes by the delegate-Grant, from whom it was
/// given to.
#[test]
fn access_comes_only_over_a_link_and_as_it_was_asked_for() {
    for kind in kinds() {
        let cast = Cast::new(13, Place::Each);
        let scene = Scene::new(&cast, kind, Side::Source);
        let Scene { pair, .. } = &scene;
        pair.links(Side::Source, "triage");
        let (source, destination) = (&pair.source, &pair.destination);
        let end = End { kind: pair.kind, side: Side::Destination };
        let delegate = &cast.world.rows(destination.as_str(), "delegates")[0].0;
        let grant = |context: &str, role: &str| {
            json!({
                "type": "Grant", "object": role, "context": context, "target": destination,
                "allows": end.allows(), "capability": delegate,
            })
        };
        let held = pair.held();
        assert_eq!(scene.in_vain(EVIL, destination, "grant", grant(EVIL, "triage")), "not-linked");
        let evils = scene.in_vain(source.as_str(), destination, "evils", grant(EVIL, "triage"));
        assert_eq!(evils, if end.starts() { "other-resource" } else { "starts-nothing" });
        let more = scene.in_vain(source.as_str(), destination, "more", grant(source.as_str(), "admin"));
        assert_eq!(more, "grew");
        if pair.kind == LinkKind::Component {
            let less = scene.in_vain(source.as_str(), destination, "less", grant(source.as_str(), "report"));
            assert_eq!(less, "not-as-asked");
        }
        assert_eq!(pair.held(), held);
    }
    shows(&["Given/not-linked", "Given/not-as-asked"]);
}

/// The same: a member is ready once, and only a member is.
#[test]
fn only_a_member_is_ready_for_access_and_only_once() {
    for (kind, source, destination) in [COMPONENT, (LinkKind::TeamResource, "Repository", "Team")] {
        let cast = Cast::new(13, Place::Each);
        let scene = Scene::new(&cast, (kind, source, destination), Side::Source);
        let Scene { pair, .. } = &scene;
        let (alice, bob, of) = (&cast.alice, &cast.bob, &pair.destination);
        bob.lets_in(alice, of, "report");
        pair.links(Side::Source, "triage");
        assert!(alice.may(&pair.source).is_some(), "it was passed on to alice");
        let ready = |who: &str, membership: &ActId| json!({"type": "Grant", "object": "delegate", "context": who, "target": of, "allows": "invoke", "capability": membership});
        let of_alice = alice.permit(of);
        assert_eq!(scene.in_vain(EVIL, of, "ready", ready(EVIL, &of_alice)), "no-collaborator");
        let again = scene.in_vain(alice.as_str(), of, "again", ready(alice.as_str(), &of_alice));
        assert_eq!(again, "already-delegated");
    }
    shows(&["MemberDelegates", "MemberDelegates/no-collaborator", "MemberDelegates/already-delegated"]);
    shows(&["MemberDelegates:extends"]);
}

/// ForgeFed, the handlers of `Grant`: whoever is there when access comes gets it, a member and the teams and projects that it flows to.
#[test]
fn access_that_comes_is_passed_on_to_members_and_to_all_it_flows_to() {
    for (kind, source, destination, above) in [
        (
            LinkKind::Component,
            "TicketTracker",
            "Project",
            vec![(LinkKind::Child, "Project"), (LinkKind::TeamResource, "Team")],
        ),
        (LinkKind::TeamResource, "Repository", "Team", vec![(LinkKind::Subteam, "Team")]),
    ] {
        let cast = Cast::new(13, Place::Each);
        let pair = Pair::new(&cast, (kind, source, destination));
        let (alice, bob, it) = (&cast.alice, &cast.bob, &pair.destination);
        bob.lets_in(alice, it, "triage");
        let loft = cast.world.factory(bob, "loft");
        let linked = above.into_iter().map(|(kind, type_)| {
            let other = cast.world.make(bob, &loft, type_, &format!("{kind:?}"));
            let collection = End { kind, side: Side::Source }.collection();
            let add = bob.does(client::add(it, collection, &other, "triage", &bob.permit(it)));
            bob.does(client::agree(&add, &other, it, &bob.permit(&other)));
            other
        });
        let linked: Vec<ActorId> = linked.collect();
        assert!(pair.held().is_empty());
        let add = pair.asks(Side::Source, "maintain");
        pair.agrees(Side::Destination, &add);
        assert_eq!(alice.may(&pair.source).map(|(_, role)| role), Some(Role::Triage), "as much as she may there");
        for other in linked {
            let held = cast.world.rows(other.as_str(), "held");
            let of_source = held.iter().filter(|(_, held)| held["context"] == pair.source.as_str());
            assert_eq!(of_source.count(), 1, "{other} has {held:?}");
        }
    }
    shows(&["Given", "Given:extends"]);
}

/// ForgeFed, "Extending a delegation chain" and "Revoking a Grant": what a member of the destination was given goes with the
/// link, whichever side ends it, and with the membership.
#[test]
fn what_was_passed_on_to_a_member_is_taken_back_when_a_link_or_the_membership_ends() {
    for (kind, source, destination) in KINDS {
        for (begun_by, ended_by) in SIDES
            .into_iter()
            .flat_map(|side| [Some(Side::Source), Some(Side::Destination), None].map(|end| (side, end)))
        {
            let cast = Cast::new(13, Place::Each);
            let pair = Pair::new(&cast, (kind, source, destination));
            let (alice, bob, olga) = (&cast.alice, &cast.bob, &cast.olga);
            bob.lets_in(alice, &pair.destination, "triage");
            // A parent team gives no access to itself, but to what it has access to.
            let resource = if kind == LinkKind::Subteam { &cast.repo } else { &pair.source };
            if kind == LinkKind::Subteam {
                let add = client::add(&cast.repo, "teams", &pair.source, "maintain", &olga.permit(&cast.repo));
                let add = olga.does(add);
                olga.does(client::agree(&add, &pair.source, &cast.repo, &olga.permit(&pair.source)));
            }
            let add = pair.asks(begun_by, "maintain");
            pair.agrees(other(begun_by), &add);
            let (grant, _) = alice.may(resource).unwrap_or_else(|| panic!("{kind:?}: it was passed on to alice"));
            let edit = |name: &str| client::edit_resource(resource, name, "", &grant);
            cast.refuses(resource, bob, edit("x"), "wrong-hands at step 8");
            match ended_by {
                Some(side) => pair.ends(side),
                None => drop(bob.does(client::remove(&pair.destination, alice, &bob.permit(&pair.destination)))),
            }
            assert!(alice.may(resource).is_none(), "{kind:?} ended by {ended_by:?}: alice was told");
            let refused = alice.does(edit("x"));
            assert!(cast.world.ended(resource, &refused).starts_with("revoked at step 1"), "{kind:?} {ended_by:?}");
        }
    }
    shows(&["Delegated:extends", "Unlink:cascades", "PeerUnlinked:cascades", "Remove:cascades"]);
}

/// ForgeFed, the handlers of `Revoke`; one for all kinds by protocol decision F-39.
#[test]
fn a_delegate_grant_taken_back_ends_the_link_if_its_giver_says_so() {
    for kind in kinds() {
        let cast = Cast::new(13, Place::Each);
        let scene = Scene::new(&cast, kind, Side::Source);
        let Scene { pair, .. } = &scene;
        pair.links(Side::Source, "triage");
        let (source, destination) = (&pair.source, &pair.destination);
        let delegate = cast.world.rows(source.as_str(), "delegates")[0].0.clone();
        let revoke = |grant: &str| json!({"type": "Revoke", "object": grant});
        let before = cast.world.of(source);
        let (_, (dora, _)) = scene.news(|| {
            scene.says(EVIL, source, "revoke", revoke(&delegate));
            let of_another = scene.says(destination.as_str(), source, "another", revoke(source.as_str()));
            assert_ne!(of_another, "refused");
        });
        assert_eq!((cast.world.of(source), dora.len()), (before, 0), "only who gave a Grant takes it back");
        let (ended, (dora, _)) = scene.news(|| scene.says(destination.as_str(), source, "revoke", revoke(&delegate)));
        assert_eq!(ended, "done");
        assert_eq!(dora.first().map(String::as_str), Some("Revoke"));
        assert_eq!(cast.world.rows(source.as_str(), "peers").len(), 0, "{kind:?}");
        let grants = cast.world.rows(source.as_str(), "grants");
        let of_peer = grants.iter().filter(|(_, grant)| grant["target"]["actor"] == destination.as_str());
        assert!(of_peer.clone().all(|(_, grant)| grant["active"] == false), "the start-Grant holds no more");
    }
    shows(&["TakenBack/not-its-grant", "TakenBack:looked-up", "TakenBack:ends", "TakenBack:forwards"]);
}
