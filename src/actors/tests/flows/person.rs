//! What a person's own actor does with what it is told: who follows, what is offered, given and taken back.

use super::{Cast, Place, everywhere};
use crate::status::shows;
use pritchel_actor::{ActId, ActorId, Outcome, Value};
use pritchel_actors::client;
use pritchel_actors::limits::{
    REVOKED_EARLY_MAX, REVOKED_EARLY_OF_ONE_MAX, REVOKED_EARLY_S, SSH_KEY_BYTES_MAX, SSH_KEY_NAME_CHARS_MAX,
    SSH_KEYS_MAX,
};
use pritchel_actors::person::rows::SentState;
use pritchel_actors::person::ssh_keys::place;
use pritchel_actors::person::view::ViewSshKeys;
use pritchel_actors::person::{AddSshKey, CloseAccount, DropSshKey, EditProfile, IssueToken, OpenSession, Person};
use serde_json::json;

const EVIL: &str = "https://evil.example/projects/evil";

/// Something an actor of another server says to bob, and how it ends. What is not done changes nothing.
fn says(cast: &Cast, who: &str, what: &str, mut activity: Value) -> String {
    let id = format!("{who}/outbox/{what}");
    (activity["id"], activity["actor"], activity["to"]) = (json!(id), json!(who), json!([cast.bob.id]));
    let before = cast.world.of(&cast.bob);
    cast.world.sends(&cast.bob, &activity);
    cast.world.settle();
    let ended = cast.world.ended(&cast.bob, &id.as_str().into());
    assert!(ended == "done" || cast.world.of(&cast.bob) == before, "{ended}, and yet something changed");
    ended
}

fn lists(cast: &Cast, table: &str, key: &str) -> bool {
    cast.world.rows(cast.bob.as_str(), table).iter().any(|(row, _)| row == key)
}

#[test]
fn a_person_is_followed_and_left() {
    let cast = Cast::new(19, Place::Each);
    let (alice, bob) = (&cast.alice, &cast.bob);
    let another = json!({"type": "Follow", "object": cast.olga.id});
    assert_ne!(says(&cast, EVIL, "1", another), "done", "a Follow of somebody else");
    let follow = alice.does(client::follow(bob));
    assert!(lists(&cast, "followers", alice.as_str()));
    assert!(matches!(alice.sent(&follow).state, SentState::Done { .. }));
    // Protocol decision of ours: whose server has lost track is accepted again.
    assert_eq!(says(&cast, alice.as_str(), "again", json!({"type": "Follow", "object": bob.id})), "done");
    assert_eq!(cast.world.rows(bob.as_str(), "followers").len(), 1);
    shows(&["BeFollowed", "BeFollowed/gate", "BeFollowed:listed", "BeFollowed:answers"]);

    let undo = json!({"type": "Undo", "to": [bob.id], "object": {"type": "Follow", "object": bob.id}});
    cast.refuses(bob, &cast.olga, undo, "no-follower");
    let undo = alice.does(client::unfollow(bob, &follow));
    assert!(matches!(alice.sent(&undo).state, SentState::Done { .. }));
    assert!(!lists(&cast, "followers", alice.as_str()));
    shows(&["BeUnfollowed", "BeUnfollowed/no-follower", "BeUnfollowed:ends", "BeUnfollowed:answers"]);
}

#[test]
fn who_approves_followers_is_asked_first() {
    let cast = Cast::new(19, Place::Each);
    let (alice, bob) = (&cast.alice, &cast.bob);
    let profile = EditProfile { approves_followers: true, ..EditProfile::default() };
    crate::world::cast::done(cast.world.call::<Person>(bob, bob, profile));
    let follow = alice.does(client::follow(bob));
    assert!(matches!(alice.sent(&follow).state, SentState::Sent), "nobody has answered");
    assert!(!lists(&cast, "followers", alice.as_str()));
    bob.does(client::accept(&follow, &[alice]));
    assert!(lists(&cast, "followers", alice.as_str()));
    assert!(matches!(alice.sent(&follow).state, SentState::Done { .. }));
    shows(&["BeFollowed:asks"]);
}

#[test]
fn who_goes_tells_followers_and_whom_they_followed_and_keeps_nothing_that_opens_the_account() {
    let cast = Cast::new(19, Place::Each);
    let (alice, bob, olga) = (&cast.alice, &cast.bob, &cast.olga);
    bob.does(client::follow(alice));
    alice.does(client::follow(olga));
    assert!(lists(&cast, "following", alice.as_str()));
    let hash = "5e55".to_owned();
    let open = OpenSession { hash: hash.clone(), until: i64::MAX, browser: None };
    crate::world::cast::done(cast.world.call::<Person>(alice, alice, open));
    let mark = Some("0123456789".to_owned());
    let token = IssueToken { mark, ..IssueToken::lasting("70ce".to_owned(), "laptop", &[]) };
    crate::world::cast::done(cast.world.call::<Person>(alice, alice, token));
    let key = AddSshKey {
        fingerprint: "finger".to_owned(),
        content: "ssh-ed25519 AAAA".to_owned(),
        name: "laptop".to_owned(),
    };
    crate::world::cast::done(cast.world.call::<Person>(alice, alice, key));
    let by_another = cast.world.call::<Person>(alice, bob, CloseAccount {});
    assert!(matches!(by_another, Outcome::Refused(why) if why.code == "not-oneself"));
    crate::world::cast::done(cast.world.call::<Person>(alice, alice, CloseAccount {}));
    cast.world.settle();
    assert!(!lists(&cast, "following", alice.as_str()), "bob follows nobody who is gone");
    for who in [bob, olga] {
        let heard = who.heard();
        assert!(heard.iter().any(|act| act.contains("Delete")), "{heard:?}");
    }
    for table in ["sessions", "tokens", "ssh_keys"] {
        assert_eq!(cast.world.rows(alice.as_str(), table), [], "{table}");
    }
}

#[test]
fn a_person_knows_what_came_of_what_they_asked() {
    let cast = Cast::new(19, Place::Each);
    let (bob, repo) = (&cast.bob, &cast.repo);
    bob.does(client::follow(repo));
    assert!(lists(&cast, "following", repo.as_str()));
    // A reply of another actor than the one who was asked settles nothing.
    let join = bob.does(client::join(repo, "report", None));
    assert_ne!(says(&cast, EVIL, "1", json!({"type": "Reject", "object": join})), "done");
    assert!(matches!(bob.sent(&join).state, SentState::Sent));
    let refused = bob.does(client::edit_resource(repo, "x", "y", &cast.olga.permit(repo)));
    assert_eq!(bob.refused(&refused), "wrong-hands");
    // Whoever makes something follows it.
    let workshop = cast.world.factory(bob, "bobs workshop");
    let made = cast.world.make(bob, &workshop, "Project", "house");
    assert!(lists(&cast, "following", made.as_str()));
    assert!(cast.world.rows(made.as_str(), "followers").iter().any(|(who, _)| who == bob.as_str()));
    shows(&["Answered", "Answered:listed", "Answered:follows", "Answered:declined"]);
}

#[test]
fn an_invitation_stands_when_the_resource_itself_says_so() {
    let cast = Cast::new(19, Place::Each);
    let (olga, alice, bob, tracker) = (&cast.olga, &cast.alice, &cast.bob, &cast.tracker);
    let confirmed = |invite: &ActId| {
        let rows = cast.world.rows(bob.as_str(), "invited");
        rows.iter().find(|(id, _)| id == invite.as_str()).unwrap().1["confirmed"].clone()
    };
    // Alice may invite nobody: the tracker refuses, and nobody else can say that it stands.
    let forged = alice.does(client::invite(tracker, bob, "triage", &olga.permit(tracker)));
    assert_eq!(says(&cast, EVIL, "1", json!({"type": "Accept", "object": forged})), "noted");
    assert_eq!(confirmed(&forged), json!(false));
    let invite = olga.does(client::invite(tracker, bob, "triage", &olga.permit(tracker)));
    assert_eq!(confirmed(&invite), json!(true));
    shows(&["InvitationConfirmed", "InvitationConfirmed/gate"]);
}

/// The Person's handlers of `Grant` and `Revoke`.
#[test]
fn a_person_keeps_what_was_asked_for_and_drops_what_its_giver_takes_back() {
    let cast = Cast::new(19, Place::Each);
    let (olga, bob, tracker) = (&cast.olga, &cast.bob, &cast.tracker);
    let workshop = cast.world.factory(bob, "bobs workshop");
    assert!(bob.may(&workshop).is_some(), "a factory gives its maker a Grant");
    let team = cast.world.make(olga, &cast.factory, "Team", "crew");
    for resource in [tracker, &team] {
        olga.lets_in(bob, resource, "triage");
        assert!(lists(&cast, "permits", bob.permit(resource).as_str()));
    }
    let of_team = cast.world.rows(bob.as_str(), "permits");
    let (_, of_team) = of_team.iter().find(|(_, permit)| permit["resource"] == team.as_str()).unwrap();
    let delegate = of_team["delegate"].as_str().expect("a team is given a delegate-Grant").to_owned();
    let of_tracker = cast.world.rows(bob.as_str(), "permits");
    let (_, of_tracker) = of_tracker.iter().find(|(_, permit)| permit["resource"] == tracker.as_str()).unwrap();
    assert!(of_tracker["delegate"].is_null(), "a tracker passes nothing on");
    let passes_on = |delegate: &str| {
        json!({
            "type": "Grant", "object": "admin", "context": EVIL, "target": bob.id, "allows": "invoke",
            "delegates": format!("{EVIL}/outbox/start"), "capability": delegate, "result": format!("{EVIL}/r"),
        })
    };
    assert_eq!(says(&cast, EVIL, "1", passes_on(&delegate)), "not-asked-for", "it was given to the team");
    assert_eq!(says(&cast, team.as_str(), "1", passes_on(&format!("{bob}/outbox/x", bob = bob.id))), "not-asked-for");
    assert_eq!(says(&cast, team.as_str(), "2", passes_on(&delegate)), "done");
    assert!(lists(&cast, "permits", &format!("{team}/outbox/2")));
    shows(&["KeepPermit", "KeepPermit:keeps", "KeepPermit/not-asked-for", "Delegate"]);

    let of_another = json!({
        "type": "Grant", "object": "admin", "context": EVIL, "target": cast.alice.id, "allows": "invoke",
        "result": format!("{EVIL}/r"),
    });
    assert_eq!(says(&cast, EVIL, "of-another", of_another), "noted", "it is alice's");
    assert!(!lists(&cast, "permits", &format!("{EVIL}/outbox/of-another")));
    shows(&["KeepPermit/gate"]);

    let held = bob.permit(tracker);
    let revoke = json!({"type": "Revoke", "object": held});
    assert_eq!(says(&cast, EVIL, "2", revoke.clone()), "not-its-grant");
    says(&cast, EVIL, "3", json!({"type": "Revoke", "object": format!("{EVIL}/outbox/of-another")}));
    assert_eq!(bob.permit(tracker), held, "only who gave it takes it back");
    assert_eq!(says(&cast, tracker.as_str(), "1", revoke), "done");
    assert!(bob.may(tracker).is_none());
    shows(&["DropPermits/not-its-grant", "DropPermits:keeps"]);
}

/// Anybody can take back what never was.
#[test]
fn what_is_remembered_of_grants_that_never_came_is_bounded_and_goes_with_time() {
    let cast = Cast::new(23, Place::Each);
    let rows = || cast.world.rows(cast.bob.as_str(), "early_revokes").len();
    let revoke = |giver: &str, round: usize| {
        let grants: Vec<String> =
            (0..REVOKED_EARLY_OF_ONE_MAX + 10).map(|n| format!("{giver}/outbox/{round}-{n}")).collect();
        says(&cast, giver, &format!("revoke-{round}"), json!({"type": "Revoke", "object": grants}));
    };
    revoke(EVIL, 0);
    revoke(EVIL, 1);
    assert_eq!(rows(), REVOKED_EARLY_OF_ONE_MAX, "of one giver");
    let elsewhere = json!({"type": "Revoke", "object": ["https://other.example/outbox/1"]});
    says(&cast, EVIL, "elsewhere", elsewhere);
    assert_eq!(rows(), REVOKED_EARLY_OF_ONE_MAX, "nobody gives Grants of other servers");
    let many = REVOKED_EARLY_MAX as usize / REVOKED_EARLY_OF_ONE_MAX + 2;
    (0..many).for_each(|n| revoke(&format!("https://evil.example/{n}"), n));
    assert_eq!(rows(), REVOKED_EARLY_MAX as usize, "of all together");
    cast.world.pass(REVOKED_EARLY_S + 1);
    revoke("https://evil.example/late", many);
    assert_eq!(rows(), REVOKED_EARLY_OF_ONE_MAX, "what is old makes room");
}

/// An act of somebody's.
fn body(cast: &Cast, by: &ActorId, act: &ActId) -> Value {
    let inner = cast.world.0.borrow();
    inner.servers[crate::world::host(by)].boxes.act(act).unwrap().body.as_ref().clone()
}

/// FL-12; ForgeFed, "SSH Key Updates".
#[test]
fn followers_are_told_of_each_change_of_an_ssh_key() {
    everywhere(|cast| {
        let (alice, bob) = (&cast.alice, &cast.bob);
        alice.does(client::follow(bob));
        let told = |happens: &dyn Fn() -> Outcome<Value>| {
            let before = alice.inbox().len();
            assert_eq!(happens(), Outcome::Done(Value::Null));
            cast.world.settle();
            let items = alice.inbox().split_off(before);
            let mut kinds = Vec::new();
            for item in items {
                assert_eq!(cast.world.ended(alice, &item.act), "noted");
                let act = body(cast, bob, &item.act);
                kinds.push((act["type"].as_str().unwrap().to_owned(), act["object"].clone()));
            }
            kinds.sort_by(|one, other| one.0.cmp(&other.0));
            kinds
        };
        let add = |name: &str| {
            let (fingerprint, content) = ("print".to_owned(), "ssh-ed25519 AAAA".to_owned());
            let add = AddSshKey { fingerprint, content, name: name.to_owned() };
            cast.world.call::<Person>(bob, bob, add)
        };
        let heard = told(&|| add("laptop"));
        assert_eq!([heard[0].0.as_str(), heard[1].0.as_str()], ["Create", "Update"]);
        let key = &heard[0].1;
        assert_eq!(
            (&key["type"], &key["name"], &key["content"]),
            (&json!("SshPublicKey"), &json!("laptop"), &json!("ssh-ed25519 AAAA"))
        );
        let uri = format!("{}/ssh-keys/print", bob.id);
        assert_eq!((&key["id"], &key["attributedTo"], &heard[1].1), (&json!(uri), &json!(bob.id), &json!(bob.id)));
        assert_eq!(told(&|| add("laptop")), [], "it is as it was");
        let heard = told(&|| add("desk"));
        assert!(heard.iter().any(|(kind, key)| kind == "Update" && key["name"] == "desk"), "{heard:?}");
        let drop = || cast.world.call::<Person>(bob, bob, DropSshKey { fingerprint: "print".to_owned() });
        let heard = told(&drop);
        assert_eq!((heard[0].0.as_str(), &heard[0].1, heard[1].0.as_str()), ("Delete", &json!(uri), "Update"));
        assert_eq!(told(&drop), [], "there is none");
    });
}

/// Who has cached a key may be told of it at the inbox of a repository: what comes of it is nothing.
#[test]
fn a_resource_notes_what_others_say_of_their_keys() {
    let cast = Cast::new(19, Place::Each);
    let key = json!({"type": "SshPublicKey", "id": format!("{EVIL}/key"), "content": "ssh-ed25519 AAAA"});
    let said = [("Create", key.clone()), ("Update", key), ("Delete", json!(format!("{EVIL}/key")))];
    for (at, (kind, object)) in said.into_iter().enumerate() {
        let id = format!("{EVIL}/outbox/{at}");
        let act = json!({"id": id, "type": kind, "actor": EVIL, "to": [cast.repo, cast.tracker], "object": object});
        for to in [&cast.repo, &cast.tracker] {
            cast.world.sends(to, &act);
            cast.world.settle();
            assert_eq!(cast.world.ended(to, &id.as_str().into()), "noted", "{kind}");
        }
    }
}

#[test]
fn a_person_has_so_many_ssh_keys_each_once() {
    let cast = Cast::new(19, Place::Each);
    let bob = &cast.bob;
    let add = |n: u64, name: &str| {
        let add = AddSshKey {
            fingerprint: format!("print{n}"),
            content: format!("ssh-ed25519 AAAA{n}"),
            name: name.to_owned(),
        };
        cast.world.call::<Person>(bob, bob, add)
    };
    let keys = || cast.world.see::<Person, _>(bob, &ViewSshKeys).unwrap();
    let code = |outcome: Outcome<Value>| match outcome {
        Outcome::Refused(why) => why.code.to_string(),
        other => panic!("{other:?}"),
    };
    for n in 0..SSH_KEYS_MAX {
        crate::world::cast::done(add(n, "laptop"));
    }
    assert_eq!(code(add(SSH_KEYS_MAX, "one more")), "too-many-ssh-keys");
    crate::world::cast::done(add(0, "desk"));
    assert_eq!((keys().len() as u64, keys()[0].1.name.as_str()), (SSH_KEYS_MAX, "desk"), "the same key is one key");
    for name in ["", "two\nlines", &"x".repeat(SSH_KEY_NAME_CHARS_MAX + 1)] {
        assert_eq!(code(add(0, name)), "ssh-key-name", "{name}");
    }
    let long = AddSshKey { fingerprint: "print0".into(), content: "x".repeat(SSH_KEY_BYTES_MAX + 1), name: "x".into() };
    assert_eq!(code(cast.world.call::<Person>(bob, bob, long)), "ssh-key-too-long");
    let drop = |n: u64| DropSshKey { fingerprint: format!("print{n}") };
    assert_eq!(code(cast.world.call::<Person>(bob, &cast.alice.id, drop(0))), "not-oneself");
    for _ in 0..2 {
        crate::world::cast::done(cast.world.call::<Person>(bob, bob, drop(0)));
    }
    assert_eq!(keys().len() as u64, SSH_KEYS_MAX - 1, "to drop it twice drops one");
    crate::world::cast::done(add(SSH_KEYS_MAX, "one more"));
    assert_eq!(place("print1", bob), format!("print1/{}", bob.id));
}

/// Protocol decision F-19: a resource says that an invitation stands, as the handlers have it, or gives a Grant all the same, as the
/// flow has it.
#[test]
fn an_invitation_can_be_accepted_that_its_resource_has_not_confirmed() {
    let cast = Cast::new(29, Place::Each);
    let (bob, resource) = (&cast.bob, ActorId::from("https://far.example/repos/pot"));
    let by = "https://far.example/people/far";
    let target = format!("{resource}/collaborators");
    let invite = json!({"type": "Invite", "object": bob.id, "target": target, "instrument": "triage"});
    assert_eq!(says(&cast, by, "1", invite), "done");
    let invite = ActId::new(format!("{by}/outbox/1"));
    let grant = json!({
        "type": "Grant", "object": "triage", "context": resource, "target": bob.id, "allows": "invoke", "fulfills": invite,
    });
    assert_eq!(says(&cast, resource.as_str(), "1", grant.clone()), "not-as-invited", "bob has not agreed");
    bob.does(client::accept(&invite, &[&resource]));
    let invited = cast.world.rows(bob.as_str(), "invited");
    assert_eq!(invited[0].1["confirmed"], json!(false));
    assert_eq!(says(&cast, resource.as_str(), "2", grant), "done");
    assert_eq!(bob.may(&resource).unwrap().1, pritchel_actors::access::Role::Triage);
}
