//! Rules that protect branches and tags: what each forbids of a push, by whichever way it comes, and what a merge lacks.

use super::patches::{git, moves, opened, patches, prepares};
use super::reviews::review;
use super::{Cast, Place, everywhere};
use pritchel_actor::{ActId, ActorId, Outcome, Value};
use pritchel_actors::access::Role;
use pritchel_actors::limits::{PROTECTED_PEOPLE_MAX, PROTECTIONS_MAX, REQUIRED_APPROVALS_MAX};
use pritchel_actors::person::rows::SentState;
use pritchel_actors::repository::protection::{Protection, ViewProtections};
use pritchel_actors::repository::refs::RefUpdate;
use pritchel_actors::repository::{ProposePush, Protect, Unprotect};
use pritchel_actors::{Repository, client};

fn rule() -> Protection {
    Protection {
        role: Some(Role::Admin),
        people: Vec::new(),
        force: false,
        delete: false,
        approvals: 0,
        statuses: Vec::new(),
    }
}

fn protect(cast: &Cast, by: &ActorId, pattern: &str, rule: Protection) -> Outcome<Value> {
    let protect = Protect { pattern: pattern.to_owned(), rule, capability: None };
    cast.world.call::<Repository>(&cast.repo, by, protect)
}

fn code(outcome: Outcome<Value>) -> String {
    match outcome {
        Outcome::Refused(why) => why.code.to_string(),
        Outcome::Done(_) => "done".to_owned(),
        other => panic!("{other:?}"),
    }
}

/// A push of one ref that is refused or thought over, and never made: each has a name of its own.
fn push(cast: &Cast, by: &ActorId, name: &str, (old, new): (bool, bool), forced: bool, with: Option<ActId>) -> String {
    let id = |there: bool, letter: &str| there.then(|| letter.repeat(40));
    let update = RefUpdate { name: name.to_owned(), old: id(old, "a"), new: id(new, "b") };
    let forced = if forced { vec![name.to_owned()] } else { Vec::new() };
    let propose = ProposePush { push: "p".into(), by: by.clone(), updates: vec![update], capability: with, forced };
    code(cast.world.call::<Repository>(&cast.repo, &cast.repo, propose))
}

#[test]
fn a_rule_says_who_pushes_and_what_stays() {
    let cast = Cast::new(91, Place::One);
    let (olga, bob, alice) = (&cast.olga, &cast.bob, &cast.alice);
    olga.lets_in(bob, &cast.repo, "write");
    olga.lets_in(alice, &cast.repo, "maintain");
    let (main, moved) = ("refs/heads/main", (true, true));
    assert_eq!(
        push(&cast, &bob.id, main, moved, true, None),
        "done",
        "without a rule whoever writes does as they like"
    );
    assert_eq!(code(protect(&cast, &olga.id, "refs/heads/ma*", rule())), "done");
    let open = Protection { role: Some(Role::Write), force: true, delete: true, ..rule() };
    let named = Protection { role: None, people: vec![bob.id.clone()], ..open.clone() };
    assert_eq!(code(protect(&cast, &olga.id, "refs/tags/v*", named)), "done");
    #[rustfmt::skip]
    let rows = [
        ("bob, who writes",        bob,   main,                moved,         false, "ref-protected"),
        ("alice, who maintains",   alice, main,                moved,         false, "ref-protected"),
        ("olga, an admin",         olga,  main,                moved,         false, "done"),
        ("even she by force",      olga,  main,                moved,         true,  "ref-protected"),
        ("or to delete it",        olga,  main,                (true, false), false, "ref-protected"),
        ("what the rule fits not", bob,   "refs/heads/x/main", moved,         true,  "done"),
        ("one that is new",        bob,   "refs/heads/max",    (false, true), false, "ref-protected"),
        ("whoever is named",       bob,   "refs/tags/v1",      moved,         true,  "done"),
        ("may delete it here",     bob,   "refs/tags/v1",      (true, false), false, "done"),
        ("others not, even admin", olga,  "refs/tags/v1",      (false, true), false, "ref-protected"),
    ];
    for (what, who, name, way, forced, expected) in rows {
        assert_eq!(push(&cast, &who.id, name, way, forced, None), expected, "{what}");
    }
    // All rules that fit hold, and one that is put anew takes the place of the old.
    assert_eq!(code(protect(&cast, &olga.id, "refs/heads/**", open.clone())), "done");
    assert_eq!(push(&cast, &bob.id, main, moved, false, None), "ref-protected");
    assert_eq!(code(protect(&cast, &olga.id, "refs/heads/ma*", open)), "done");
    assert_eq!(push(&cast, &bob.id, main, moved, true, None), "done");
    let view = ViewProtections { viewer: None };
    let rules = cast.world.see::<Repository, _>(&cast.repo, &view).unwrap();
    assert_eq!(
        rules.iter().map(|(pattern, _)| pattern.as_str()).collect::<Vec<_>>(),
        ["refs/heads/**", "refs/heads/ma*", "refs/tags/v*"]
    );
    // Somebody who is named and has lost the role that every push needs pushes no more.
    olga.does(client::remove(&cast.repo, &bob.id, &olga.permit(&cast.repo)));
    assert_eq!(push(&cast, &bob.id, "refs/tags/v1", moved, false, None), "role-too-small");
}

/// A repository of another server is merged into by a push that shows a Grant: for it the rules hold, too.
#[test]
fn a_push_by_a_grant_is_held_to_the_rules() {
    everywhere(|cast| {
        let (olga, bob) = (&cast.olga, &cast.bob);
        olga.lets_in(bob, &cast.repo, "write");
        let grant = Some(bob.permit(&cast.repo));
        let main = "refs/heads/main";
        assert_eq!(code(protect(cast, &olga.id, main, rule())), "done");
        assert_eq!(push(cast, &bob.id, main, (true, true), false, grant.clone()), "ref-protected");
        let named = Protection { role: None, people: vec![bob.id.clone()], ..rule() };
        assert_eq!(code(protect(cast, &olga.id, main, named)), "done");
        assert_eq!(push(cast, &bob.id, main, (true, true), false, grant), "done");
    });
}

#[test]
fn rules_are_made_by_admins_and_within_bounds() {
    let cast = Cast::new(92, Place::One);
    let (olga, bob) = (&cast.olga, &cast.bob);
    olga.lets_in(bob, &cast.repo, "maintain");
    let main = "refs/heads/main";
    let drop = |by: &ActorId, pattern: &str| {
        let drop = Unprotect { pattern: pattern.to_owned(), capability: None };
        code(cast.world.call::<Repository>(&cast.repo, by, drop))
    };
    assert_eq!(code(protect(&cast, &bob.id, main, rule())), "role-too-small");
    assert_eq!(code(protect(&cast, &cast.alice.id, main, rule())), "role-too-small");
    assert_eq!(code(protect(&cast, &olga.id, "main", rule())), "pattern-not-allowed");
    let many = Protection { approvals: REQUIRED_APPROVALS_MAX + 1, ..rule() };
    assert_eq!(code(protect(&cast, &olga.id, main, many)), "too-many-approvals");
    let crowd = Protection { people: vec![bob.id.clone(); PROTECTED_PEOPLE_MAX + 1], ..rule() };
    assert_eq!(code(protect(&cast, &olga.id, main, crowd)), "too-many-people");
    let of_tag = Protection { approvals: 1, ..rule() };
    assert_eq!(code(protect(&cast, &olga.id, "refs/tags/v1", of_tag)), "nothing-is-merged");
    for number in 0..PROTECTIONS_MAX {
        assert_eq!(code(protect(&cast, &olga.id, &format!("refs/heads/b{number}"), rule())), "done");
    }
    assert_eq!(code(protect(&cast, &olga.id, main, rule())), "too-many-rules");
    assert_eq!(code(protect(&cast, &olga.id, "refs/heads/b1", rule())), "done", "one that is there is changed");
    assert_eq!(drop(&bob.id, "refs/heads/b1"), "role-too-small");
    assert_eq!(drop(&olga.id, main), "no-such-rule");
    assert_eq!(drop(&olga.id, "refs/heads/b1"), "done");
    assert_eq!(push(&cast, &bob.id, "refs/heads/b1", (true, true), false, None), "done");
    assert_eq!(push(&cast, &bob.id, "refs/heads/b2", (true, true), false, None), "ref-protected");
    assert_eq!(code(protect(&cast, &olga.id, main, rule())), "done", "there is room again");
}

/// What the rule of a branch asks of a merge it asks of admins as well. The tracker's own number is another condition.
#[test]
fn a_merge_into_a_protected_branch_waits_for_its_approvals() {
    everywhere(|cast| {
        let (olga, bob) = (&cast.olga, &cast.bob);
        let patches = patches(cast);
        olga.lets_in(bob, &patches, "write");
        let request = opened(cast, &cast.alice, &patches);
        let (of_olga, of_bob) = (olga.permit(&patches), bob.permit(&patches));
        let main = "refs/heads/main";
        let rule = Protection { role: None, approvals: 1, ..rule() };
        assert_eq!(code(protect(cast, &olga.id, main, rule)), "done");
        let apply = || client::apply(&patches, &request, &cast.repo, "merge", &of_olga);
        let act = olga.does(apply());
        assert_eq!(olga.refused(&act), "approvals-missing");
        assert!(cast.world.job(&cast.repo, |_| Outcome::Unknown).is_none(), "git is not asked");
        bob.does(review(&patches, 1, "approve", Some(&of_bob)));
        let act = olga.does(apply());
        git(cast, prepares);
        git(cast, moves);
        assert!(matches!(olga.sent(&act).state, SentState::Done { .. }), "{:?}", olga.sent(&act));
    });
}
