//! FL-01 and FL-02 make and end resources; FL-06 to FL-09 follow them and give stars; FL-79 edits them.

use super::everywhere;
use crate::status::shows;
use crate::world::cast::Somebody;
use pritchel_actor::ActId;
use pritchel_actors::Person;
use pritchel_actors::access::Role;
use pritchel_actors::client;
use pritchel_actors::person::rows::SentState;
use pritchel_actors::person::view::ViewPerson;
use serde_json::json;

/// ForgeFed, "Creating Resource Actors".
#[test]
fn whoever_may_write_to_a_factory_makes_resources_and_administers_them() {
    everywhere(|cast| {
        let (alice, factory) = (&cast.alice, &cast.factory);
        cast.olga.lets_in(alice, factory, "write");
        cast.bob.does(client::follow(factory));
        let heard = cast.bob.heard().len();
        let repo = cast.world.repository(alice, factory, "pot");
        assert_eq!(cast.bob.heard().split_off(heard), ["Create", "Accept"], "who follows the factory");
        assert_eq!(alice.may(&repo).unwrap().1, Role::Admin);
        let follows = cast.world.rows(alice.as_str(), "following");
        assert_eq!(follows.len(), 1, "who makes something follows it: {follows:?}");
        assert_eq!(cast.world.rows(repo.as_str(), "followers").len(), 1);
        assert_eq!(cast.world.rows(repo.as_str(), "grants").len(), 3, "one for alice, two for everybody");
    });
    shows(&["Create:launches", "Create:answers", "Create:forwards"]);
}

#[test]
fn a_factory_makes_nothing_for_those_who_may_not_write_to_it() {
    everywhere(|cast| {
        let (alice, bob, factory) = (&cast.alice, &cast.bob, &cast.factory);
        cast.olga.lets_in(alice, factory, "triage");
        let create = |grant: &ActId| client::create(factory, "Repository", "pot", None, grant);
        cast.refuses(factory, alice, create(&alice.permit(factory)), "role-too-small at step 17");
        cast.refuses(factory, bob, create(&alice.permit(factory)), "wrong-hands at step 8");
        let elsewhere = cast.olga.permit(&cast.repo);
        cast.refuses(factory, &cast.olga, create(&elsewhere), "other-resource at step 7");
        let mut bare = create(&elsewhere);
        bare.as_object_mut().unwrap().remove("capability");
        cast.refuses(factory, bob, bare, "no-capability at step 3");
        let mut of_another = create(&alice.permit(factory));
        of_another["origin"] = json!(cast.repo);
        let of_another = alice.does(of_another);
        assert!(cast.world.ended(factory, &of_another).starts_with("unsupported"), "asked of something else");
    });
    shows(&["Create/gate"]);
}

#[test]
fn a_factory_makes_only_the_kinds_it_lists_and_its_admin_lists_them() {
    everywhere(|cast| {
        let (olga, factory) = (&cast.olga, &cast.factory);
        let grant = olga.permit(factory);
        cast.bob.does(client::follow(factory));
        let heard = cast.bob.heard().len();
        let edit = olga.does(client::edit_factory(factory, &["Repository"], &grant));
        assert!(matches!(olga.sent(&edit).state, SentState::Done { .. }));
        assert_eq!(cast.bob.heard().split_off(heard), ["Edit", "Accept"], "who follows the factory");
        assert!(cast.world.of(factory)[0].contains("\"available\":[\"Repository\"]"), "{}", cast.world.of(factory)[0]);
        let another = olga.does(client::edit_factory(&cast.repo, &["TicketTracker"], &grant));
        assert_ne!(cast.world.ended(&cast.repo, &another), "done", "only a factory makes anything");
        let mut of_another = client::edit_factory(factory, &["TicketTracker"], &grant);
        of_another["object"]["id"] = json!(cast.repo);
        let of_another = olga.does(of_another);
        assert!(cast.world.ended(factory, &of_another).starts_with("unsupported"), "it is another that is edited");
        assert!(cast.world.of(factory)[0].contains("\"available\":[\"Repository\"]"));
        cast.refuses(factory, olga, client::create(factory, "TicketTracker", "x", None, &grant), "kind-not-available");
        cast.olga.lets_in(&cast.alice, factory, "maintain");
        let edit = client::edit_factory(factory, &["TicketTracker"], &cast.alice.permit(factory));
        cast.refuses(factory, &cast.alice, edit, "role-too-small at step 17");
        cast.refuses(factory, olga, client::edit_factory(factory, &["Teapot"], &grant), "malformed");
    });
    shows(&["EditKinds/authority", "EditKinds/gate", "EditKinds:keeps", "EditKinds:forwards"]);
    shows(&["EditKinds:answers"]);
}

/// ForgeFed, "Deleting Resource Actors".
#[test]
fn a_deleted_resource_is_gone_for_everybody() {
    everywhere(|cast| {
        let (olga, alice, repo) = (&cast.olga, &cast.alice, &cast.repo);
        alice.does(client::follow(repo));
        cast.refuses(repo, alice, client::delete_resource(repo, &olga.permit(repo)), "wrong-hands at step 8");
        let delete = olga.does(client::delete_resource(repo, &olga.permit(repo)));
        assert!(matches!(olga.sent(&delete).state, SentState::Done { .. }));
        assert!(alice.heard().ends_with(&["Delete".into(), "Accept".into()]), "{:?}", alice.heard());
        let late = alice.does(client::like(repo));
        assert_eq!(alice.refused(&late), "gone");
    });
}

/// ForgeFed, "Following".
#[test]
fn a_follower_is_told_until_the_follow_is_taken_back() {
    everywhere(|cast| {
        let (alice, repo) = (&cast.alice, &cast.repo);
        let follow = alice.does(client::follow(repo));
        assert_eq!(cast.world.rows(alice.as_str(), "following")[0].1["since"], json!(cast.world.now()));
        let again =
            json!({"id": format!("{}/outbox/again", alice.id), "type": "Follow", "actor": alice.id, "object": repo});
        cast.world.sends(repo, &again);
        cast.world.settle();
        let again = again["id"].as_str().unwrap().into();
        assert_eq!(cast.world.ended(repo, &again), "already-follower", "as a server that lost its memory would");
        cast.olga.does(client::edit_resource(repo, "Green tea", "Leaves", &cast.olga.permit(repo)));
        assert_eq!(alice.heard().iter().filter(|kind| *kind == "Edit").count(), 1);
        alice.does(client::unfollow(repo, &follow));
        assert_eq!(cast.world.rows(alice.as_str(), "following"), []);
        cast.olga.does(client::edit_resource(repo, "Black tea", "Leaves", &cast.olga.permit(repo)));
        assert_eq!(alice.heard().iter().filter(|kind| *kind == "Edit").count(), 1, "{:?}", alice.heard());
        cast.refuses(
            repo,
            &cast.bob,
            json!({"type": "Undo", "to": [repo], "object": {"type": "Follow", "object": repo}}),
            "no-follower",
        );
    });
}

#[test]
fn a_second_follow_leaves_the_first_as_it_was() {
    everywhere(|cast| {
        let already = cast.alice.does(client::follow(&cast.repo));
        assert_eq!(cast.alice.cannot_post(client::follow(&cast.repo)).code, "already-following");
        cast.alice.does(client::unfollow(&cast.repo, &already));
        cast.refuses(&cast.repo, &cast.alice, client::unfollow(&cast.repo, &already), "no-follower");
    });
}

#[test]
fn who_follows_again_before_the_answer_has_come_knows_that_they_follow() {
    everywhere(|cast| {
        let (alice, repo) = (&cast.alice, &cast.repo);
        let following = || cast.world.rows(alice.as_str(), "following");
        let count = || cast.world.see::<Person, _>(&alice.id, &ViewPerson).unwrap().following;
        let first = alice.posts(client::follow(repo));
        let second = alice.does(client::follow(repo));
        assert_eq!(cast.world.ended(repo, &second), "already-follower");
        assert_eq!((&following()[0].1["follow"], count()), (&json!(second), 1));
        assert_eq!(following()[0].1["since"], json!(cast.world.now()), "the first one holds: {first}");
        alice.does(client::unfollow(repo, &second));
        assert_eq!((following(), count()), (vec![], 0));
    });
}

#[test]
fn who_follows_takes_it_back_and_follows_again_at_once_follows() {
    everywhere(|cast| {
        let (alice, repo) = (&cast.alice, &cast.repo);
        let first = alice.posts(client::follow(repo));
        alice.posts(client::unfollow(repo, &first));
        let third = alice.does(client::follow(repo));
        let following = cast.world.rows(alice.as_str(), "following");
        assert_eq!((&following[0].1["follow"], &following[0].1["since"]), (&json!(third), &json!(cast.world.now())));
        // And the other way round: the last word counts.
        alice.posts(client::unfollow(repo, &third));
        let fourth = alice.posts(client::follow(repo));
        alice.does(client::unfollow(repo, &fourth));
        assert_eq!(cast.world.rows(alice.as_str(), "following"), []);
        assert_eq!(cast.world.see::<Person, _>(&alice.id, &ViewPerson).unwrap().following, 0);
    });
}

#[test]
fn people_follow_each_other() {
    everywhere(|cast| {
        let (alice, bob) = (&cast.alice, &cast.bob);
        let follow = alice.does(client::follow(bob));
        assert_eq!(cast.world.rows(bob.as_str(), "followers").len(), 1);
        alice.does(client::unfollow(bob, &follow));
        assert_eq!(cast.world.rows(bob.as_str(), "followers"), []);
        cast.refuses(
            bob,
            &cast.olga,
            json!({"type": "Undo", "to": [bob.id], "object": {"type": "Follow", "object": bob.id}}),
            "no-follower",
        );
    });
}

/// ForgeFed, "Add a star", "Remove a star".
#[test]
fn a_person_gives_a_star_once_and_takes_it_back() {
    everywhere(|cast| {
        let (alice, repo) = (&cast.alice, &cast.repo);
        let like = alice.does(client::like(repo));
        cast.refuses(repo, alice, client::like(repo), "already-liked");
        cast.refuses(
            repo,
            &cast.bob,
            json!({"type": "Undo", "to": [repo], "object": {"type": "Like", "object": repo}}),
            "not-liked",
        );
        assert_eq!(cast.world.rows(repo.as_str(), "likes").len(), 1);
        alice.does(client::unlike(repo, &like));
        assert_eq!(cast.world.rows(repo.as_str(), "likes"), []);
    });
}

#[test]
fn only_people_give_stars() {
    let cast = super::Cast::new(1, super::Place::One);
    let bot = "https://bots.example/bot";
    let like = |number: u8| json!({"id": format!("{bot}/outbox/{number}"), "type": "Like", "actor": bot, "to": cast.repo, "object": cast.repo});
    let net = cast.world.0.borrow().net.clone();
    for (number, kind, expected) in [(1, "Application", "not-a-person"), (2, "Person", "done")] {
        net.give(bot, json!({"id": bot, "type": kind}));
        cast.world.sends(&cast.repo, &like(number));
        cast.world.settle();
        let id = format!("{bot}/outbox/{number}");
        assert_eq!(cast.world.ended(&cast.repo, &id.as_str().into()), expected, "{kind}");
    }
}

/// Many servers never answer an `Undo`; what is deleted cannot.
#[test]
fn who_takes_a_follow_back_follows_no_more_whatever_the_other_side_says() {
    everywhere(|cast| {
        let (alice, repo) = (&cast.alice, &cast.repo);
        let follow = alice.does(client::follow(repo));
        alice.posts(client::unfollow(repo, &follow));
        let count = || cast.world.see::<Person, _>(&alice.id, &ViewPerson).unwrap().following;
        assert_eq!((cast.world.rows(alice.as_str(), "following"), count()), (vec![], 0), "before any answer");
        cast.world.settle();
        assert_eq!((cast.world.rows(alice.as_str(), "following"), count()), (vec![], 0));
    });
}

/// Protocol decision F-54.
#[test]
fn what_was_deleted_is_followed_by_nobody() {
    everywhere(|cast| {
        let (alice, olga, repo) = (&cast.alice, &cast.olga, &cast.repo);
        alice.does(client::follow(repo));
        let follows = |who: &str| cast.world.rows(who, "following").iter().any(|(whom, _)| whom == repo.as_str());
        assert!(follows(alice.as_str()) && follows(olga.as_str()), "who made it follows it too");
        let before = cast.world.see::<Person, _>(&alice.id, &ViewPerson).unwrap().following;
        olga.does(client::delete_resource(repo, &olga.permit(repo)));
        cast.world.settle();
        assert_eq!((follows(alice.as_str()), follows(olga.as_str())), (false, false));
        assert_eq!(cast.world.see::<Person, _>(&alice.id, &ViewPerson).unwrap().following, before - 1);
    });
}

/// Mastodon's way: an actor deletes itself.
#[test]
fn who_deletes_their_account_is_followed_no_more_and_nobody_ends_anothers() {
    let cast = super::Cast::new(1, super::Place::One);
    let (alice, ann, eve) = (&cast.alice, "https://far.example/ann", "https://far.example/eve");
    let follow = alice.posts(client::follow(&ann.into()));
    let accept = json!({"id": format!("{ann}/1"), "type": "Accept", "actor": ann, "to": alice.id, "object": follow});
    cast.world.sends(&alice.id, &accept);
    cast.world.settle();
    let follows = || cast.world.rows(alice.as_str(), "following").iter().any(|(whom, _)| whom == ann);
    assert!(follows());
    for (author, stays) in [(eve, true), (ann, false)] {
        let delete =
            json!({"id": format!("{author}/2"), "type": "Delete", "actor": author, "to": alice.id, "object": ann});
        cast.world.sends(&alice.id, &delete);
        cast.world.settle();
        assert_eq!(follows(), stays, "{author}");
    }
}

/// Lemmy gives the `Follow` that it writes out in an `Undo` an address of its own, which nobody has seen.
#[test]
fn a_follow_that_is_written_out_under_another_address_is_taken_back_all_the_same() {
    let cast = super::Cast::new(1, super::Place::One);
    let (ann, repo) = ("https://far.example/ann", &cast.repo);
    let follow = |number: u8| json!({"id": format!("{ann}/{number}"), "type": "Follow", "actor": ann, "to": repo, "object": repo});
    let says = |activity: serde_json::Value| {
        cast.world.sends(repo, &activity);
        cast.world.settle();
        cast.world.ended(repo, &activity["id"].as_str().unwrap().into())
    };
    let followers = || cast.world.rows(repo.as_str(), "followers").iter().filter(|(who, _)| who == ann).count();
    assert_eq!((says(follow(1)).as_str(), followers()), ("done", 1));
    let undo = json!({"id": format!("{ann}/3"), "type": "Undo", "actor": ann, "to": repo, "object": follow(2)});
    assert_eq!((says(undo).as_str(), followers()), ("done", 0));
}

/// ForgeFed, "Editing an Object"; protocol decision F-50: whoever maintains a repository may name it.
#[test]
fn who_maintains_a_resource_names_it() {
    everywhere(|cast| {
        let (alice, repo) = (&cast.alice, &cast.repo);
        cast.olga.lets_in(alice, repo, "write");
        let edit = |who: &Somebody| client::edit_resource(repo, "Pot", "<b>b</b>", &who.permit(repo));
        cast.refuses(repo, alice, edit(alice), "role-too-small at step 17");
        cast.olga.does(edit(&cast.olga));
        let nothing =
            json!({"type": "Edit", "to": [repo], "object": {"id": repo}, "capability": cast.olga.permit(repo)});
        cast.refuses(repo, &cast.olga, nothing, "nothing-to-edit");
        assert!(cast.world.of(repo)[0].contains("\"name\":\"Pot\""));
    });
}

/// Protocol decisions F-14 and F-35: a resource is asked for at a factory, which gives it its address; and repositories are git's.
#[test]
fn a_resource_is_made_by_a_factory_at_an_address_of_its_own_and_holds_git() {
    everywhere(|cast| {
        let (olga, factory) = (&cast.olga, &cast.factory);
        let create = || client::create(factory, "Repository", "pot", None, &olga.permit(factory));
        let mut nowhere = create();
        nowhere.as_object_mut().unwrap().remove("origin");
        let nowhere = olga.does(nowhere);
        assert!(cast.world.ended(factory, &nowhere).starts_with("unsupported"));
        assert_eq!(olga.refused(&nowhere), "unsupported");
        let domain = cast.world.server(crate::world::host(olga));
        let mut of_domain = create();
        of_domain.as_object_mut().unwrap().remove("origin");
        of_domain["to"] = json!([domain]);
        let of_domain = olga.does(of_domain);
        assert!(cast.world.ended(&domain, &of_domain).starts_with("unsupported"));
        assert_eq!(olga.refused(&of_domain), "unsupported", "a domain makes factories, and says so");

        let mut darcs = create();
        darcs["object"]["versionControlSystem"] = json!("darcs");
        cast.refuses(factory, olga, darcs, "malformed");
        let mut named = create();
        let wished = format!("{}/mine", cast.repo);
        (named["object"]["id"], named["object"]["versionControlSystem"]) = (json!(wished), json!("git"));
        let made = olga.result(&olga.does(named));
        assert!(made != wished && cast.world.of(&made.as_str().into()).len() > 1, "{made}");
        assert!(cast.world.of(&wished.as_str().into()).is_empty());
        cast.world.name(&made.as_str().into(), "made");
    });
}
