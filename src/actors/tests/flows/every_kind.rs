//! What all resources do in the same words, told of each kind: following, FL-37 to FL-44 with all that is refused, editing,
//! deleting. Beside the others `dora` follows the resource, and hears what its followers are told.

use super::{Cast, Place, ends_the_same};
use crate::status::mutants::concerns;
use crate::status::shows;
use crate::world::cast::Somebody;
use pritchel_actor::{ActId, ActorId, NotFound, Value};
use pritchel_actors::access::view::ViewResource;
use pritchel_actors::access::{Issued, Role, Span, Target};
use pritchel_actors::common::{Archived, Resource, Visibility};
use pritchel_actors::person::rows::SentState;
use pritchel_actors::{ResourceKind, client, with_resource};
use serde_json::json;

/// A resource of olga's, whom the others are strangers to, and a follower.
struct Scene {
    cast: Cast,
    it: ActorId,
    dora: Somebody,
}

/// Tells a story of each kind of resource, which everybody may see.
fn of_every_kind(story: impl Fn(&Scene)) {
    for kind in ResourceKind::ALL.iter().filter(|kind| concerns(&[kind.as_str()])) {
        ends_the_same(11, |seed, place| {
            let scene = Scene::new(*kind, "public", (seed, place));
            scene.dora.does(client::follow(&scene.it));
            story(&scene);
            scene.cast.world
        });
    }
}

impl Scene {
    fn new(kind: ResourceKind, visibility: &str, (seed, place): (u64, Place)) -> Self {
        let cast = Cast::new(seed, place);
        let olga = &cast.olga;
        let create = match kind {
            ResourceKind::Factory => client::open_factory(&cast.world.server(&cast.place.host("olga")), "it"),
            _ => client::create(&cast.factory, kind.as_str(), "it", None, &olga.permit(&cast.factory)),
        };
        let it = ActorId::new(olga.result(&olga.does(client::with_visibility(create, visibility))));
        cast.world.name(&it, "it");
        let dora = cast.world.person(&place.host("dora"), "dora");
        Self { cast, it, dora }
    }

    /// The grant of olga, who administers it.
    fn admin(&self) -> ActId {
        self.cast.olga.permit(&self.it)
    }

    /// What dora hears meanwhile.
    fn news<T>(&self, happens: impl FnOnce() -> T) -> (T, Vec<String>) {
        let before = self.dora.heard().len();
        let done = happens();
        (done, self.dora.heard().split_off(before))
    }

    /// Sees that this is what dora heard, in this order where nothing comes in another.
    fn heard(&self, news: &[String], expected: &[&str]) {
        let (mut news, mut expected) = (news.to_vec(), expected.to_vec());
        if self.cast.place == Place::Faulty {
            news.sort();
            expected.sort_unstable();
        }
        assert_eq!(news, expected);
    }

    fn refuses(&self, who: &Somebody, activity: Value, expected: &str) {
        self.cast.refuses(&self.it, who, activity, expected);
    }

    /// The same of what the person's own server would not let out: how it ends, and that it changes nothing.
    fn ends(&self, who: &ActorId, number: u8, mut activity: Value) -> String {
        let id = format!("{who}/outbox/raw{number}");
        (activity["id"], activity["actor"]) = (json!(id), json!(who));
        let before = self.cast.world.of(&self.it);
        self.cast.world.sends(&self.it, &activity);
        self.cast.world.settle();
        let ended = self.cast.world.ended(&self.it, &id.as_str().into());
        assert!(ended == "done" || self.cast.world.of(&self.it) == before, "{ended}, and yet something changed");
        ended
    }

    fn lists(&self, table: &str, who: &ActorId) -> bool {
        self.cast.world.rows(self.it.as_str(), table).iter().any(|(key, _)| key == who.as_str())
    }
}

impl Scene {
    /// What it keeps by an address of its own, where its kind keeps anything that needs nobody else: what of patch trackers and release
    /// trackers is gone with them is told beside what they keep.
    fn keeps(&self) -> Vec<String> {
        let (olga, it) = (&self.cast.olga, &self.it);
        let opened = match ResourceKind::of(it) {
            Some(ResourceKind::TicketTracker) => client::open_ticket(olga, it, "Crash", "x", None),
            Some(ResourceKind::Roadmap) => client::open_milestone(it, "Soon", "x", (None, None), &self.admin()),
            Some(ResourceKind::Workflow) => client::make_enum(it, ("Size", ""), true, &[], &self.admin()),
            _ => return Vec::new(),
        };
        vec![olga.result(&olga.does(opened))]
    }
}

fn is_done(who: &Somebody, act: &ActId) -> bool {
    matches!(who.sent(act).state, SentState::Done { .. })
}

/// ForgeFed, "Following".
#[test]
fn every_kind_of_resource_is_followed_once() {
    of_every_kind(|scene| {
        let (alice, bob, it) = (&scene.cast.alice, &scene.cast.bob, &scene.it);
        let follow = bob.does(client::follow(it));
        assert!(is_done(bob, &follow) && scene.lists("followers", bob));
        assert_eq!(scene.ends(bob, 1, client::follow(it)), "already-follower");
        assert!(scene.ends(alice, 2, client::follow(&scene.cast.factory)).starts_with("unsupported"));
        let undo = |of: Value| json!({"type": "Undo", "to": [it], "object": of});
        scene.refuses(alice, undo(json!({"type": "Follow", "object": it})), "no-follower");
        let other = json!({"type": "Follow", "actor": bob.id, "object": scene.cast.factory});
        assert_ne!(scene.ends(bob, 3, undo(other)), "done", "a Follow of something else");
        let undo = bob.does(client::unfollow(it, &follow));
        assert!(is_done(bob, &undo) && !scene.lists("followers", bob));
        shows(&["Follow:listed", "Follow:answers", "Follow/already-follower", "Follow/gate"]);
        shows(&["Unfollow", "Unfollow:ends", "Unfollow:answers", "Unfollow/no-follower", "Unfollow/gate"]);
    });
}

#[test]
fn what_is_private_is_followed_by_a_grant() {
    for kind in ResourceKind::ALL.iter().filter(|kind| concerns(&[kind.as_str()])) {
        let scene = Scene::new(*kind, "private", (11, Place::Each));
        let (bob, it) = (&scene.cast.bob, &scene.it);
        scene.refuses(bob, client::with_capability(client::follow(it), Some(&scene.admin())), "wrong-hands at step 8");
        // Whoever makes a factory makes it for all to see.
        if *kind != ResourceKind::Factory {
            scene.refuses(bob, client::follow(it), "no-capability at step 3");
        }
        scene.cast.olga.lets_in(bob, it, "visit");
        let follow = bob.does(client::with_capability(client::follow(it), Some(&bob.permit(it))));
        assert!(is_done(bob, &follow) && scene.lists("followers", bob), "{kind:?}");
    }
    shows(&["Follow/authority"]);
}

/// ForgeFed, "Offering access using Invite activities"; protocol decision F-17 says what may be named as target, F-18 and
/// F-19 who answers.
#[test]
fn every_kind_of_resource_lets_the_invited_in() {
    of_every_kind(|scene| {
        let (olga, alice, bob, it) = (&scene.cast.olga, &scene.cast.alice, &scene.cast.bob, &scene.it);
        let grant = scene.admin();
        scene.refuses(alice, client::invite(it, bob, "triage", &grant), "wrong-hands at step 8");
        let elsewhere = client::invite(&scene.cast.factory, bob, "triage", &grant);
        assert_ne!(scene.ends(olga, 1, elsewhere), "done", "into something else");
        let (invite, news) = scene.news(|| olga.does(client::invite(it, bob, "triage", &grant)));
        assert!(is_done(olga, &invite));
        scene.heard(&news, &["Invite", "Accept"]);
        let invited = scene.cast.world.rows(bob.as_str(), "invited");
        assert!(invited.iter().any(|(id, row)| *id == invite.as_str() && row["confirmed"] == true), "{invited:?}");
        shows(&["Invite", "Invite/authority", "Invite/gate", "Invite:forwards", "Invite:answers"]);

        scene.refuses(alice, client::accept(&invite, &[it]), "not-the-invited");
        let (_, news) = scene.news(|| bob.does(client::accept(&invite, &[it])));
        assert_eq!(bob.may(it).unwrap().1, Role::Triage, "bob was told");
        assert!(scene.lists("collaborators", bob));
        scene.heard(&news, &["Accept", "Grant"]);
        assert_eq!(scene.ends(bob, 2, client::accept(&invite, &[it])), "already-answered");
        scene.refuses(olga, client::invite(it, bob, "admin", &grant), "already-collaborator");
        shows(&["InvitationAccepted", "InvitationAccepted/not-the-invited", "InvitationAccepted/already-answered"]);
        shows(&["InvitationAccepted:enrols", "InvitationAccepted:grants", "InvitationAccepted:forwards"]);
        shows(&["Invite/already-collaborator"]);
    });
}

#[test]
fn every_kind_of_resource_takes_no_for_an_answer() {
    of_every_kind(|scene| {
        let (olga, alice, bob, it) = (&scene.cast.olga, &scene.cast.alice, &scene.cast.bob, &scene.it);
        let invite = olga.does(client::invite(it, bob, "triage", &scene.admin()));
        scene.refuses(alice, client::reject(&invite, &[it]), "not-the-invited");
        let (_, news) = scene.news(|| bob.does(client::reject(&invite, &[it])));
        assert!(olga.heard().contains(&"Reject".to_owned()) && news.contains(&"Reject".to_owned()));
        assert_eq!(scene.ends(bob, 1, client::accept(&invite, &[it])), "already-answered");
        assert!(!scene.lists("collaborators", bob));
        shows(&["InvitationRejected", "InvitationRejected/not-the-invited", "InvitationRejected:answers"]);
    });
}

/// ForgeFed, "Requesting access using Join activities", option 2.
#[test]
fn every_kind_of_resource_lets_in_whom_an_admin_lets() {
    of_every_kind(|scene| {
        let (olga, alice, bob, it) = (&scene.cast.olga, &scene.cast.alice, &scene.cast.bob, &scene.it);
        let grant = scene.admin();
        let (join, news) = scene.news(|| bob.does(client::join(it, "report", None)));
        scene.heard(&news, &["Join"]);
        assert!(bob.may(it).is_none());
        scene.refuses(alice, client::approve_join(it, &join, &grant), "wrong-hands at step 8");
        let (_, news) = scene.news(|| olga.does(client::approve_join(it, &join, &grant)));
        assert_eq!(bob.may(it).unwrap().1, Role::Report, "bob was told");
        assert!(scene.lists("collaborators", bob));
        scene.heard(&news, &["Accept", "Grant"]);
        scene.refuses(bob, client::join(it, "admin", None), "already-collaborator");
        // Alice asks and is then invited: what she asked for is not given a second time.
        let late = alice.does(client::join(it, "write", None));
        olga.lets_in(alice, it, "visit");
        scene.refuses(olga, client::approve_join(it, &late, &grant), "already-collaborator");
        assert_eq!(alice.may(it).unwrap().1, Role::Visit);
        shows(&["JoinApproved", "JoinApproved/authority", "JoinApproved/already-collaborator"]);
        shows(&["JoinApproved:enrols", "JoinApproved:grants", "JoinApproved:forwards"]);
        shows(&["Join", "Join:forwards", "Join/already-collaborator"]);
    });
}

#[test]
fn every_kind_of_resource_denies_a_request_when_an_admin_does() {
    of_every_kind(|scene| {
        let (olga, alice, bob, it) = (&scene.cast.olga, &scene.cast.alice, &scene.cast.bob, &scene.it);
        let join = bob.does(client::join(it, "report", None));
        let deny = client::with_capability(client::reject(&join, &[it]), Some(&scene.admin()));
        scene.refuses(alice, deny.clone(), "wrong-hands at step 8");
        olga.does(deny);
        assert_eq!(bob.refused(&join), "denied");
        assert!(!scene.lists("collaborators", bob));
        shows(&["JoinDenied", "JoinDenied/authority", "JoinDenied:answers"]);
    });
}

/// The same, option 1: by a Grant from elsewhere, such as one that came over a project.
#[test]
fn every_kind_of_resource_lets_in_at_once_who_may_let_others_in() {
    of_every_kind(|scene| {
        let (alice, bob, it, world) = (&scene.cast.alice, &scene.cast.bob, &scene.it, &scene.cast.world);
        let id = format!("{it}/outbox/elsewhere");
        let grant = json!({
            "id": id, "type": "Grant", "actor": it, "object": "admin", "context": it, "target": bob.id, "allows": "invoke",
        });
        let target = Target::Actor(bob.id.clone());
        let issued = Issued {
            target,
            role: Role::Admin,
            fulfills: None,
            via: None,
            since: world.now(),
            span: Span::default(),
            active: true,
        };
        world.plant(it, &grant, Some(&issued));
        let elsewhere = ActId::new(id);
        scene.refuses(alice, client::join(it, "admin", Some(&elsewhere)), "wrong-hands at step 8");
        let other = client::join(&scene.cast.factory, "admin", Some(&elsewhere));
        assert_ne!(scene.ends(bob, 1, other), "done", "something else is joined");
        let (joined, news) = scene.news(|| bob.does(client::join(it, "write", Some(&elsewhere))));
        assert!(is_done(bob, &joined));
        assert_eq!(bob.may(it).unwrap().1, Role::Write);
        scene.heard(&news, &["Join", "Grant"]);
        shows(&["Join/authority", "Join/gate", "Join:grants"]);
    });
}

/// ForgeFed, "Taking away access using Remove activities".
#[test]
fn every_kind_of_resource_removes_a_collaborator() {
    of_every_kind(|scene| {
        let (olga, alice, bob, it) = (&scene.cast.olga, &scene.cast.alice, &scene.cast.bob, &scene.it);
        olga.lets_in(bob, it, "maintain");
        let held = bob.permit(it);
        scene.refuses(bob, client::remove(it, olga, &held), "role-too-small at step 17");
        scene.refuses(olga, client::remove(it, alice, &scene.admin()), "no-collaborator");
        let (remove, news) = scene.news(|| olga.does(client::remove(it, bob, &scene.admin())));
        assert!(is_done(olga, &remove));
        scene.heard(&news, &["Remove", "Revoke"]);
        assert!(bob.may(it).is_none(), "bob was told");
        assert!(!scene.lists("collaborators", bob));
        scene.refuses(bob, client::edit_resource(it, "x", "y", &held), "revoked at step 11");
        shows(&["Remove", "Remove/authority", "Remove/no-collaborator"]);
        shows(&["Remove:ends", "Remove:revokes", "Remove:forwards"]);
    });
}

/// ForgeFed, "Editing an Object"; protocol decision F-50.
#[test]
fn every_kind_of_resource_is_named_by_who_may() {
    of_every_kind(|scene| {
        let (olga, bob, it) = (&scene.cast.olga, &scene.cast.bob, &scene.it);
        olga.lets_in(bob, it, "write");
        scene.refuses(bob, client::edit_resource(it, "Pot", "y", &bob.permit(it)), "role-too-small at step 17");
        let (edit, news) = scene.news(|| olga.does(client::edit_resource(it, "Pot", "Of tea", &scene.admin())));
        assert!(is_done(olga, &edit));
        scene.heard(&news, &["Edit", "Accept"]);
        let state = scene.cast.world.of(it).remove(0);
        assert!(state.contains("\"name\":\"Pot\"") && state.contains("Of tea"), "{state}");
        for terms in [json!({"name": "Tin", "preferredUsername": "evil"}), json!({"published": "2020-01-01T00:00:00Z"})]
        {
            let mut edit = client::edit_resource(it, "x", "y", &scene.admin());
            edit["object"] = terms;
            edit["object"]["id"] = json!(it);
            scene.refuses(olga, edit, "not-editable");
        }
        shows(&["EditResource", "EditResource/authority", "EditResource:keeps"]);
    });
}

/// Protocol decision F-50. Dora follows and has no role, bob follows and has one: what is private is told to bob alone.
#[test]
fn every_kind_of_resource_is_shown_to_fewer_and_to_more_by_its_admin() {
    of_every_kind(|scene| {
        let (olga, bob, dora, it) = (&scene.cast.olga, &scene.cast.bob, &scene.dora, &scene.it);
        let alice = &scene.cast.alice;
        olga.lets_in(bob, it, "maintain");
        bob.does(client::follow(it));
        let held = bob.permit(it);
        let (shown, for_all) = (scene.visibility(), scene.public_grants());
        scene.refuses(bob, client::set_visibility(it, "private", &held), "role-too-small at step 17");
        scene.refuses(olga, client::set_visibility(it, shown.as_str(), &scene.admin()), "already-so");
        scene.refuses(olga, client::set_visibility(it, "secret", &scene.admin()), "malformed");
        let mut more = client::set_visibility(it, "private", &scene.admin());
        more["object"]["name"] = json!("Pot");
        scene.refuses(olga, more, "not-editable");

        let (closed, news) = scene.news(|| olga.does(client::set_visibility(it, "private", &scene.admin())));
        assert!(is_done(olga, &closed));
        assert_eq!((news, scene.visibility()), (Vec::new(), Visibility::Private), "who may not see it is not told");
        let told = bob.heard();
        assert!(["Revoke", "Edit", "Accept"].iter().all(|word| told[told.len() - 3..].contains(&(*word).to_owned())));
        assert!(!scene.lists("followers", dora) && scene.lists("followers", bob));
        assert_eq!(scene.public_grants(), []);
        for (_, grant) in &for_all {
            let follow = client::with_capability(client::follow(it), Some(grant));
            scene.refuses(alice, follow, "revoked at step 11");
        }
        scene.refuses(alice, client::follow(it), "no-capability at step 3");
        let (_, news) = scene.news(|| olga.does(client::edit_resource(it, "Pot", "y", &scene.admin())));
        assert_eq!(news, Vec::<String>::new());
        let archived = olga.does(client::set_archived(it, true, &scene.admin()));
        assert!(is_done(olga, &archived));

        // What is archived is shown again like anything else.
        let opened = olga.does(client::set_visibility(it, "public", &scene.admin()));
        assert!(is_done(olga, &opened));
        let roles: Vec<Role> = scene.public_grants().into_iter().map(|(role, _)| role).collect();
        assert_eq!(roles, [Role::Visit, Role::Report]);
        assert!(scene.public_grants().iter().all(|given| !for_all.contains(given)), "what was taken back stays so");
        // Nobody has told dora that she follows no more: she takes the old follow back before she follows anew.
        scene.refuses(
            dora,
            json!({"type": "Undo", "to": [it], "object": {"type": "Follow", "object": it}}),
            "no-follower",
        );
        let follow = dora.does(client::follow(it));
        assert!(is_done(dora, &follow) && scene.lists("followers", dora));
        let (_, mut news) = scene.news(|| olga.does(client::set_visibility(it, "closed", &scene.admin())));
        news.sort();
        scene.heard(&news, &["Accept", "Edit", "Revoke"]);
        let roles: Vec<Role> = scene.public_grants().into_iter().map(|(role, _)| role).collect();
        assert_eq!(roles, [Role::Visit], "the Grant to visit was not touched");
    });
}

/// ForgeFed, "Deleting Resource Actors".
#[test]
fn every_kind_of_resource_is_deleted_by_its_admin() {
    of_every_kind(|scene| {
        let (olga, bob, it) = (&scene.cast.olga, &scene.cast.bob, &scene.it);
        scene.refuses(bob, client::delete_resource(it, &scene.admin()), "wrong-hands at step 8");
        let kept = scene.keeps();
        let answers = |uri: &String| scene.cast.world.0.borrow().net.document(uri).is_ok();
        assert!(kept.iter().all(answers), "{kept:?}");
        let (delete, news) = scene.news(|| olga.does(client::delete_resource(it, &scene.admin())));
        assert!(is_done(olga, &delete));
        scene.heard(&news, &["Delete", "Accept"]);
        let late = bob.does(client::follow(it));
        assert_eq!(bob.refused(&late), "gone");
        let gone = NotFound::Gone { uri: it.to_string(), status: 410 };
        assert_eq!(scene.cast.world.0.borrow().net.document(it.as_str()), Err(gone));
        assert!(!kept.iter().any(answers), "{kept:?}");
        shows(&["DeleteResource", "DeleteResource/authority", "DeleteResource:answers", "DeleteResource:ends"]);
    });
}

/// ForgeFed, "Add a star", "Remove a star".
#[test]
fn every_kind_that_can_be_starred_is_starred_once_by_a_person() {
    for kind in [ResourceKind::Repository, ResourceKind::Project] {
        let scene = Scene::new(kind, "public", (11, Place::Each));
        let (alice, bob, it) = (&scene.cast.alice, &scene.cast.bob, &scene.it);
        let (like, unlike) = (|| client::like(it), |like: &ActId| client::unlike(it, like));
        let by_olga = |act: Value| client::with_capability(act, Some(&scene.admin()));
        scene.refuses(bob, by_olga(like()), "wrong-hands at step 8");
        let bot = ActorId::from("https://bots.example/bot");
        scene.cast.world.0.borrow().net.give(bot.as_str(), json!({"id": bot, "type": "Application"}));
        assert_eq!(scene.ends(&bot, 1, like()), "not-a-person");
        let star = bob.does(like());
        assert!(is_done(bob, &star) && scene.lists("likes", bob));
        assert_eq!(scene.ends(bob, 2, like()), "already-liked");
        shows(&["Like", "Like/authority", "Like/not-a-person", "Like/already-liked", "Like:listed", "Like:answers"]);

        scene.refuses(bob, by_olga(unlike(&star)), "wrong-hands at step 8");
        let pattern = json!({"type": "Undo", "to": [it], "object": {"type": "Like", "object": it}});
        scene.refuses(alice, pattern, "not-liked");
        let undo = bob.does(unlike(&star));
        assert!(is_done(bob, &undo) && !scene.lists("likes", bob));
        shows(&["Unlike", "Unlike/authority", "Unlike/not-liked", "Unlike:ends", "Unlike:answers"]);
    }
}

impl Scene {
    /// Who may see the resource.
    fn visibility(&self) -> Visibility {
        self.shown().visibility
    }

    /// The Grants that everybody has.
    fn public_grants(&self) -> Vec<(Role, ActId)> {
        self.shown().public_grants
    }

    fn shown(&self) -> Resource {
        let (kind, view) =
            (ResourceKind::of(&self.it).unwrap(), ViewResource { viewer: Some(self.cast.olga.id.clone()) });
        with_resource!(kind, A => self.cast.world.see::<A, _>(&self.it, &view)).unwrap().resource
    }

    /// What the resource is told of as archived.
    fn archived(&self) -> Option<Archived> {
        self.shown().archived
    }

    /// Dora's actor of the same kind, on her server.
    fn elsewhere(&self) -> ActorId {
        let shed = self.cast.world.factory(&self.dora, "shed");
        match ResourceKind::of(&self.it).unwrap() {
            ResourceKind::Factory => shed,
            kind => self.cast.world.make(&self.dora, &shed, kind.as_str(), "there"),
        }
    }
}

/// ForgeFed, "Forks and Migrations"; protocol decision F-41.
#[test]
fn every_kind_of_resource_moves_once_to_another_of_its_kind() {
    of_every_kind(|scene| {
        let (olga, alice, bob, it, world) =
            (&scene.cast.olga, &scene.cast.alice, &scene.cast.bob, &scene.it, &scene.cast.world);
        let (there, admin) = (scene.elsewhere(), scene.admin());
        let go = |to: &ActorId| client::relocate(it, to, &admin);
        scene.refuses(alice, go(&there), "wrong-hands at step 8");
        olga.lets_in(bob, it, "maintain");
        scene.refuses(bob, client::relocate(it, &there, &bob.permit(it)), "role-too-small at step 17");
        scene.refuses(olga, go(it), "moves-to-itself");
        scene.refuses(olga, go(alice), "wrong-kind");
        scene.refuses(olga, go(&"https://nowhere.example/repos/gone".into()), "not-linkable");
        let nowhere = json!({"type": "Move", "to": [it], "origin": it, "capability": admin});
        scene.refuses(olga, nowhere, "malformed");
        let of_another = json!({"type": "Move", "to": [it], "origin": there, "target": it, "capability": admin});
        assert_ne!(scene.ends(olga, 1, of_another), "done", "something else moves");
        let other = world.of(&there);
        let (moved, news) = scene.news(|| olga.does(go(&there)));
        assert!(is_done(olga, &moved));
        scene.heard(&news, &["Move", "Accept"]);
        assert_eq!(scene.archived(), Some(Archived { since: world.now(), moved_to: Some(there.clone()) }));
        assert_eq!(world.of(&there), other, "the other one is not asked, and nothing of it changes");
        scene.refuses(olga, go(&there), "already-moved");
        shows(&["Relocate", "Relocate/authority", "Relocate:archives", "Relocate:leads", "Relocate:answers"]);
    });
}

/// Ours: ForgeFed archives only what moves. Protocol decision F-55 says what an archived resource still does.
#[test]
fn every_kind_of_resource_is_only_read_while_it_is_archived() {
    of_every_kind(|scene| {
        let (olga, alice, bob, it) = (&scene.cast.olga, &scene.cast.alice, &scene.cast.bob, &scene.it);
        let admin = scene.admin();
        let archive = |archived| client::set_archived(it, archived, &admin);
        olga.lets_in(bob, it, "maintain");
        scene.refuses(alice, archive(true), "wrong-hands at step 8");
        scene.refuses(bob, client::set_archived(it, true, &bob.permit(it)), "role-too-small at step 17");
        scene.refuses(olga, archive(false), "not-archived");
        let late = olga.does(client::invite(it, alice, "triage", &admin));
        let (done, news) = scene.news(|| olga.does(archive(true)));
        assert!(is_done(olga, &done));
        scene.heard(&news, &["Edit", "Accept"]);
        assert_eq!(scene.archived(), Some(Archived { since: scene.cast.world.now(), moved_to: None }));
        scene.refuses(olga, archive(true), "already-archived");

        scene.refuses(olga, client::edit_resource(it, "Pot", "Of tea", &admin), "archived");
        scene.refuses(olga, client::invite(it, &scene.dora, "triage", &admin), "archived");
        scene.refuses(&scene.dora, client::join(it, "triage", None), "archived");
        // Who may not do it anyway learns nothing else from it.
        scene.refuses(alice, client::edit_resource(it, "Pot", "Of tea", &admin), "wrong-hands at step 8");

        alice.does(client::accept(&late, &[it]));
        assert_eq!(alice.may(it).unwrap().1, Role::Triage, "what was begun before ends as it would have");
        let follow = bob.does(client::follow(it));
        assert!(is_done(bob, &follow) && is_done(bob, &bob.does(client::unfollow(it, &follow))));
        assert!(is_done(olga, &olga.does(client::remove(it, alice, &admin))));
        assert!(is_done(bob, &bob.does(client::leave(it))));

        let there = scene.elsewhere();
        olga.does(client::relocate(it, &there, &admin));
        let why = |act: &ActId| scene.cast.world.why(it, act);
        let refused = olga.does(client::edit_resource(it, "Pot", "Of tea", &admin));
        assert!(why(&refused).ends_with(&format!("it has moved to {there}")), "{}", why(&refused));
        let (done, news) = scene.news(|| olga.does(archive(false)));
        assert!(is_done(olga, &done) && scene.archived().is_none());
        scene.heard(&news, &["Edit", "Accept"]);
        assert!(is_done(olga, &olga.does(client::edit_resource(it, "Pot", "Of tea", &admin))));
        olga.does(archive(true));
        assert!(is_done(olga, &olga.does(client::delete_resource(it, &admin))));
    });
}

#[test]
fn that_something_private_is_archived_is_told_to_nobody_who_may_not_see_it() {
    for kind in ResourceKind::made() {
        let scene = Scene::new(kind, "private", (11, Place::Each));
        let (olga, bob, it) = (&scene.cast.olga, &scene.cast.bob, &scene.it);
        let edit = || client::edit_resource(it, "x", "y", &scene.admin());
        olga.does(client::set_archived(it, true, &scene.admin()));
        scene.refuses(bob, edit(), "wrong-hands at step 8");
        scene.refuses(bob, client::join(it, "visit", None), "no-capability at step 3");
        scene.refuses(olga, edit(), "archived");
    }
}
