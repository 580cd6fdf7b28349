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

    /// What an actor says again that has no reason to, and how it ends at `to`.
    fn hears(&self, to: &ActorId, actor: &ActorId, mut activity: Value) -> String {
        let heard = self.cast.world.rows(to.as_str(), "~inbox").len();
        let id = ActId::new(format!("{actor}/outbox/again-{heard}"));
        (activity["id"], activity["actor"], activity["to"]) = (json!(id), json!(actor), json!([to]));
        self.cast.world.sends(to, &activity);
        self.cast.world.settle();
        self.cast.world.ended(to, &id)
    }

    /// The statements that ask for the last refusal of an actor.
    fn against(&self, of: &ActorId) -> Vec<String> {
        let (_, last) = self.cast.world.rows(of.as_str(), "~inbox").pop().unwrap();
        let against = last["ended"]["refused"]["why"]["against"].as_array().cloned().unwrap_or_default();
        against.iter().map(|id| id.as_str().unwrap().to_owned()).collect()
    }

    fn done(&self, who: &Somebody, act: &ActId) {
        assert!(matches!(who.sent(act).state, SentState::Done { .. }), "{:?}", who.sent(act));
    }
}

/// The wish of an asset's admin that an organization lists it.
fn asks(org: &ActorId, project: &ActorId, capability: &ActId) -> Value {
    let target = format!("{project}/organizations");
    json!({"type": "Add", "to": [project, org], "object": org, "target": target, "capability": capability})
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
        let eve = ActorId::from("https://evil.example/people/eve");
        let by_eve = guild.hears(org, &eve, json!({"type": "Accept", "object": add}));
        assert_eq!((by_eve.as_str(), guild.peers(org)), ("done", 0), "she is heard, and does not speak for alice");
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
        assert_eq!(guild.hears(org, alice, json!({"type": "Accept", "object": add})), "already-decided");
        assert_eq!(guild.against(org), ["org-beh-accept/5.2"]);
    });
    shows(&["PeerAgreed:answers", "org-beh-accept/5.2", "org-beh-accept/5.3"]);
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
        // Two statements ask for the same: docs/decisions/0005.
        assert_eq!(guild.against(org), ["org-beh-accept/5.1", "org-beh-add/3.1"]);
        cast.refuses(org, alice, client::list(org, "members", alice, &grant), "wrong-hands at step 8");
        cast.refuses(org, alice, client::list(org, "orgAssets", &guild.project, &grant), "wrong-hands at step 8");
        assert_eq!(guild.against(org), ["org-beh-add/4.2"]);
        cast.refuses(org, olga, client::list(org, "members", &guild.project, &grant), "wrong-kind");
        assert_eq!(guild.against(org), Vec::<String>::new(), "no statement says that a member is a person");
        cast.refuses(org, olga, client::list(org, "orgAssets", alice, &grant), "wrong-kind");
        assert_eq!(guild.against(org), ["org-beh-add/4.1"]);
        cast.refuses(org, olga, client::list(org, "orgAssets", &cast.factory, &grant), "wrong-kind");
        let add = guild.lists("members", alice);
        let not_asked = bob.does(client::accept(&add, &[org]));
        assert_eq!(cast.world.ended(org, &not_asked), "done", "it is passed on");
        assert_eq!(guild.peers(org), 0, "bob is not who is asked");
        alice.does(client::reject(&add, &[org]));
        assert_eq!(guild.link(org)["state"], "declined");
        assert_eq!(guild.peers(org), 0);
    });
    shows(&["org-beh-accept/5.1", "org-beh-add/3.1", "org-beh-add/4.1", "org-beh-add/4.2"]);
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
    shows(&["org-beh-remove/4.1", "org-beh-remove/4.2"]);
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
            let again = json!({"type": "Accept", "object": add, "result": relationship});
            assert_eq!(guild.hears(project, org, again), "no-such-link", "it is listed once");
            let again = json!({"type": "Accept", "object": add});
            assert_eq!(guild.hears(org, project, again), "already-decided", "it has agreed");
            assert_eq!(guild.against(org), ["org-beh-accept/3.1"]);
            cast.refuses(org, olga, client::list(org, "orgAssets", project, &olga.permit(org)), "already-linked");
            assert_eq!(guild.against(org), ["org-beh-add/4.3"]);
            let asks = bob.does(asks(org, project, &bob.permit(project)));
            assert_eq!(cast.world.ended(org, &asks), "already-linked");
            assert_eq!(guild.against(org), ["org-beh-add/5.1"]);
            for of in [org, project] {
                assert_eq!(cast.world.rows(of.as_str(), "delegates"), [], "no Grant was given");
                assert_eq!(cast.world.rows(of.as_str(), "held"), []);
            }
            assert!(olga.may(project).is_none());
            let (who, owner, collection, other) = match by_asset {
                true => (bob, project, "organizations", org),
                false => (olga, org, "orgAssets", project),
            };
            let by_alice = client::remove_link(owner, collection, other, &who.permit(owner));
            let refused = cast.alice.does(by_alice);
            assert_eq!(cast.world.ended(owner, &refused), "wrong-hands at step 8");
            cast.refuses(other, &cast.alice, client::accept(&refused, &[other]), "not-the-peer");
            let asked = if by_asset { "org-beh-accept/4.1" } else { "project-beh-accept/11.2" };
            assert_eq!((guild.against(other), guild.peers(other)), (vec![asked.to_owned()], 1));
            let remove = who.does(client::remove_link(owner, collection, other, &who.permit(owner)));
            guild.done(who, &remove);
            let answers = cast.world.rows(owner.as_str(), "~inbox");
            let of_other = |item: &Value| item["act"].as_str().unwrap().starts_with(&format!("{other}/outbox/"));
            assert!(answers.last().is_some_and(|(_, item)| of_other(item)), "the other agrees: {answers:?}");
            assert_eq!((guild.peers(org), guild.peers(project)), (0, 0), "by the asset: {by_asset}");
            assert_eq!(cast.world.rows(org.as_str(), "listings"), []);
            assert_eq!(guild.hears(other, owner, json!({"type": "Accept", "object": remove})), "done");
            assert_eq!(cast.world.rows(owner.as_str(), "~inbox"), answers, "what has ended is answered once");
        });
    }
    shows(&[
        "Proposed:waits",
        "Listed",
        "Listed/no-such-link",
        "Listed:listed",
        "PeerUnlinked:answers",
        "PeerUnlinked/not-linked",
    ]);
    shows(&[
        "org-beh-accept/3.1",
        "org-beh-add/4.3",
        "org-beh-add/5.1",
        "org-beh-remove/5.1",
        "project-beh-remove/11.1",
    ]);
    shows(&["org-beh-accept/4.1", "project-beh-accept/11.2"]);
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
        assert_eq!(guild.against(project), ["project-beh-accept/10.3.1"]);
        assert_ne!(cast.world.ended(project, &agree(olga, &of_org)), "done");
        assert_eq!((guild.peers(org), guild.peers(project)), (0, 0));
        // Protocol decision F-38: the asset's side cannot ask; who follows is told, and nothing is kept.
        let before = cast.world.rows(org.as_str(), "links");
        let ask = bob.does(asks(org, project, &of_project));
        assert!(cast.world.ended(project, &ask).starts_with("unsupported"));
        assert_eq!(cast.world.ended(org, &ask), "done");
        assert_eq!(cast.world.rows(org.as_str(), "links"), before);
        // The organization cannot say that it lists what has not agreed.
        let no = bob.does(client::disagree(&add, project, org, &of_project));
        assert_eq!(cast.world.ended(project, &no), "done");
        assert_eq!(guild.link(org)["state"], "declined");
    });
    shows(&["project-beh-accept/10.3.1"]);
}
