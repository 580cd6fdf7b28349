//! FL-76 to FL-78: who belongs to an organization, and what it lists. Each agrees, each can end it, and no access comes of it.

use super::{Cast, everywhere};
use crate::status::shows;
use crate::world::cast::Somebody;
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client;
use pritchel_actors::person::rows::SentState;
use serde_json::{Value, json};

/// An organization of olga's, and a project of bob's.
struct Guild<'c> {
    cast: &'c Cast,
    guild: ActorId,
    project: ActorId,
}

impl<'c> Guild<'c> {
    fn new(cast: &'c Cast) -> Self {
        let workshop = cast.world.factory(&cast.bob, "bobs workshop");
        let guild = cast.world.make(&cast.olga, &cast.factory, "Organization", "guild");
        let project = cast.world.make(&cast.bob, &workshop, "Project", "house");
        Self { cast, guild, project }
    }

    fn lists(&self, collection: &str, whom: &ActorId) -> ActId {
        let olga = &self.cast.olga;
        olga.does(client::list(&self.guild, collection, whom, &olga.permit(&self.guild)))
    }

    fn agrees(&self, add: &ActId) -> ActId {
        let bob = &self.cast.bob;
        bob.does(client::agree(add, &self.project, &self.guild, &bob.permit(&self.project)))
    }

    /// Somebody becomes a member.
    fn takes_in(&self, who: &Somebody) -> ActId {
        let add = self.lists("members", who);
        who.does(client::accept(&add, &[&self.guild]));
        add
    }

    fn peers(&self, of: &ActorId) -> usize {
        self.cast.world.rows(of.as_str(), "peers").len()
    }

    /// The link that this `Add` asked for, as an actor keeps it.
    fn link(&self, of: &ActorId) -> Value {
        self.cast.world.rows(of.as_str(), "links").pop().unwrap().1
    }

    fn done(&self, who: &Somebody, act: &ActId) {
        assert!(matches!(who.sent(act).state, SentState::Done { .. }), "{:?}", who.sent(act));
    }
}

/// What an act says that came to somebody.
fn body(cast: &Cast, at: &Somebody, act: &ActId) -> Value {
    let inner = cast.world.0.borrow();
    inner.servers[crate::world::host(at)].boxes.act(act).unwrap().body.as_ref().clone()
}

/// FL-76: `Add`, the organization's `Accept`, the person's `Accept`, the organization's `Accept` with the relationship.
#[test]
fn a_person_becomes_a_member_by_their_own_consent_and_may_do_no_more_for_it() {
    everywhere(|cast| {
        let guild = Guild::new(cast);
        let (olga, alice, org) = (&cast.olga, &cast.alice, &guild.guild);
        let add = guild.lists("members", alice);
        guild.done(olga, &add);
        assert_eq!(guild.peers(org), 0, "nobody is a member who has not agreed");
        alice.does(client::accept(&add, &[org]));
        assert_eq!(guild.peers(org), 1);
        let told = alice.inbox().pop().unwrap();
        let told = body(cast, alice, &told.act);
        assert_eq!((&told["type"], &told["object"]), (&json!("Accept"), &json!(add)));
        assert_eq!(told["result"], guild.link(org)["relationship"]);
        assert!(told["result"].as_str().unwrap().starts_with(&format!("{org}/members/")));
        assert!(alice.may(org).is_none(), "no Grant came");
        cast.refuses(org, olga, client::list(org, "members", alice, &olga.permit(org)), "already-linked");
        let again = alice.cannot_post(client::accept(&add, &[org]));
        assert_eq!(again.code, "already-answered");
    });
    shows(&["PeerAgreed:answers"]);
}

#[test]
fn only_an_admin_lists_and_only_who_is_asked_agrees() {
    everywhere(|cast| {
        let guild = Guild::new(cast);
        let (olga, alice, bob, org) = (&cast.olga, &cast.alice, &cast.bob, &guild.guild);
        let grant = olga.permit(org);
        olga.lets_in(bob, org, "maintain");
        let of_bob = bob.permit(org);
        cast.refuses(org, bob, client::list(org, "members", alice, &of_bob), "role-too-small at step 17");
        cast.refuses(org, alice, client::list(org, "members", alice, &grant), "wrong-hands at step 8");
        cast.refuses(org, olga, client::list(org, "members", &guild.project, &grant), "wrong-kind");
        cast.refuses(org, olga, client::list(org, "orgAssets", alice, &grant), "wrong-kind");
        cast.refuses(org, olga, client::list(org, "orgAssets", &cast.factory, &grant), "wrong-kind");
        let add = guild.lists("members", alice);
        let not_asked = bob.does(client::accept(&add, &[org]));
        assert_eq!(cast.world.ended(org, &not_asked), "done", "it is passed on");
        assert_eq!(guild.peers(org), 0, "bob is not who is asked");
        alice.does(client::reject(&add, &[org]));
        assert_eq!(guild.link(org)["state"], "declined");
        assert_eq!(guild.peers(org), 0);
    });
}

/// FL-76: a member goes by `Leave`, or is removed by an admin.
#[test]
fn a_member_leaves_or_is_removed() {
    everywhere(|cast| {
        let guild = Guild::new(cast);
        let (olga, alice, bob, org) = (&cast.olga, &cast.alice, &cast.bob, &guild.guild);
        guild.takes_in(alice);
        cast.refuses(org, bob, client::leave_members(org), "not-linked");
        let leave = alice.does(client::leave_members(org));
        guild.done(alice, &leave);
        assert_eq!((guild.peers(org), cast.world.rows(org.as_str(), "listings").len()), (0, 0));
        cast.refuses(org, alice, client::leave_members(org), "not-linked");
        cast.refuses(org, alice, client::leave(org), "no-collaborator");

        guild.takes_in(alice);
        assert_eq!(guild.peers(org), 1, "who has left can be asked again");
        let grant = olga.permit(org);
        cast.refuses(org, bob, client::remove_link(org, "members", alice, &grant), "wrong-hands at step 8");
        cast.refuses(org, olga, client::remove_link(org, "members", bob, &grant), "not-linked");
        let remove = olga.does(client::remove_link(org, "members", alice, &grant));
        guild.done(olga, &remove);
        assert_eq!(guild.peers(org), 0);
        assert!(alice.heard().ends_with(&["Remove".into(), "Accept".into()]), "{:?}", alice.heard());
    });
}

/// FL-77 and FL-78, with what is listed by the organization and lists it in turn.
#[test]
fn an_asset_is_listed_when_both_sides_agree_until_either_ends_it() {
    for by_asset in [false, true] {
        everywhere(|cast| {
            let guild = Guild::new(cast);
            let (olga, bob, org, project) = (&cast.olga, &cast.bob, &guild.guild, &guild.project);
            let add = guild.lists("orgAssets", project);
            guild.done(olga, &add);
            assert_eq!((guild.peers(org), guild.peers(project)), (0, 0));
            guild.agrees(&add);
            assert_eq!((guild.peers(org), guild.peers(project)), (1, 1));
            let relationship = &guild.link(org)["relationship"];
            assert!(relationship.as_str().unwrap().starts_with(&format!("{org}/orgAssets/")));
            assert_eq!(guild.link(project)["relationship"], *relationship);
            let again = json!({
                "id": format!("{org}/outbox/again"), "type": "Accept", "actor": org, "to": [project], "object": add,
                "result": relationship,
            });
            cast.world.sends(project, &again);
            cast.world.settle();
            let again = again["id"].as_str().unwrap().into();
            assert_eq!(cast.world.ended(project, &again), "no-such-link", "it is listed once");
            for of in [org, project] {
                assert_eq!(cast.world.rows(of.as_str(), "delegates"), [], "no Grant was given");
                assert_eq!(cast.world.rows(of.as_str(), "held"), []);
            }
            assert!(olga.may(project).is_none());
            let (who, owner, collection, other) = match by_asset {
                true => (bob, project, "organizations", org),
                false => (olga, org, "orgAssets", project),
            };
            cast.refuses(
                owner,
                &cast.alice,
                client::remove_link(owner, collection, other, &who.permit(owner)),
                "wrong-hands at step 8",
            );
            let remove = who.does(client::remove_link(owner, collection, other, &who.permit(owner)));
            guild.done(who, &remove);
            let answers = cast.world.rows(owner.as_str(), "~inbox");
            let of_other = |item: &Value| item["act"].as_str().unwrap().starts_with(&format!("{other}/outbox/"));
            assert!(answers.last().is_some_and(|(_, item)| of_other(item)), "the other agrees: {answers:?}");
            assert_eq!((guild.peers(org), guild.peers(project)), (0, 0), "by the asset: {by_asset}");
            assert_eq!(cast.world.rows(org.as_str(), "listings"), []);
        });
    }
    shows(&["Proposed:waits", "Listed", "Listed/no-such-link", "Listed:listed", "PeerUnlinked:answers"]);
}

/// Nobody lists what is not theirs, and no organization is made to list anything.
#[test]
fn an_asset_is_listed_by_no_stranger() {
    everywhere(|cast| {
        let guild = Guild::new(cast);
        let (olga, alice, bob, org, project) = (&cast.olga, &cast.alice, &cast.bob, &guild.guild, &guild.project);
        let add = guild.lists("orgAssets", project);
        let (of_org, of_project) = (olga.permit(org), bob.permit(project));
        let agree = |who: &Somebody, grant: &ActId| who.does(client::agree(&add, project, org, grant));
        assert_eq!(cast.world.ended(project, &agree(alice, &of_project)), "wrong-hands at step 8");
        assert_ne!(cast.world.ended(project, &agree(olga, &of_org)), "done");
        assert_eq!((guild.peers(org), guild.peers(project)), (0, 0));
        // Protocol decision F-38: the asset's side cannot ask; who follows is told, and nothing is kept.
        let ask = json!({
            "type": "Add", "to": [project, org], "object": org, "target": format!("{project}/organizations"),
            "capability": of_project,
        });
        let before = cast.world.rows(org.as_str(), "links");
        let ask = bob.does(ask);
        assert!(cast.world.ended(project, &ask).starts_with("unsupported"));
        assert_eq!(cast.world.ended(org, &ask), "done");
        assert_eq!(cast.world.rows(org.as_str(), "links"), before);
        // The organization cannot say that it lists what has not agreed.
        let no = bob.does(client::disagree(&add, project, org, &of_project));
        assert_eq!(cast.world.ended(project, &no), "done");
        assert_eq!(guild.link(org)["state"], "declined");
    });
}
