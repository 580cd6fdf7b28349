//! What is said of commits: by whom, within which bounds, and what a merge makes of it.

use super::patches::{KEPT, git, moves, opened, patches, prepares};
use super::{Cast, Place, everywhere};
use pritchel_actor::{ActorId, Outcome, Value};
use pritchel_actors::limits::{REQUIRED_STATUSES_MAX, STATUS_CONTEXTS_MAX, STATUS_TEXT_CHARS_MAX, STATUSES_MAX};
use pritchel_actors::person::rows::SentState;
use pritchel_actors::repository::Protect;
use pritchel_actors::repository::protection::Protection;
use pritchel_actors::repository::statuses::{SetStatus, State, Status, ViewStatuses};
use pritchel_actors::{Repository, client};

fn set(commit: &str, context: &str, state: State) -> SetStatus {
    let (commit, context) = (commit.to_owned(), context.to_owned());
    let url = Some("https://ci.example/1".to_owned());
    SetStatus { commit, context, state, description: "Built".to_owned(), url, capability: None }
}

fn code(outcome: Outcome<Value>) -> String {
    match outcome {
        Outcome::Refused(why) => why.code.to_string(),
        Outcome::Done(_) => "done".to_owned(),
        other => panic!("{other:?}"),
    }
}

fn says(cast: &Cast, who: &ActorId, set: SetStatus) -> String {
    code(cast.world.call::<Repository>(&cast.repo, who, set))
}

fn said(cast: &Cast, commit: &str) -> Vec<(String, Status)> {
    let view = ViewStatuses { viewer: None, commits: vec![commit.to_owned()] };
    cast.world.see::<Repository, _>(&cast.repo, &view).unwrap().remove(0)
}

#[test]
fn whoever_writes_says_how_a_commit_does_and_the_newest_word_of_a_context_stands() {
    let cast = Cast::new(93, Place::One);
    let (olga, bob, alice) = (&cast.olga, &cast.bob, &cast.alice);
    olga.lets_in(bob, &cast.repo, "write");
    olga.lets_in(alice, &cast.repo, "triage");
    assert_eq!(said(&cast, KEPT), []);
    assert_eq!(says(&cast, &bob.id, set(KEPT, "ci/build", State::Pending)), "done");
    assert_eq!(says(&cast, &bob.id, set(KEPT, "ci/test", State::Failure)), "done");
    assert_eq!(says(&cast, &olga.id, set(KEPT, "ci/build", State::Success)), "done");
    let found = said(&cast, KEPT);
    let words: Vec<_> = found.iter().map(|(context, status)| (context.as_str(), status.number, status.state)).collect();
    assert_eq!(words, [("ci/build", 3, State::Success), ("ci/test", 2, State::Failure)]);
    assert_eq!((&found[0].1.by, &found[1].1.by), (&olga.id, &bob.id));
    assert_eq!(cast.world.rows(cast.repo.as_str(), "status_order").len(), 2, "no place is left behind");
    assert_eq!(says(&cast, &alice.id, set(KEPT, "ci/test", State::Success)), "role-too-small");
    let long = "x".repeat(STATUS_TEXT_CHARS_MAX + 1);
    let good = || set(KEPT, "ci/test", State::Success);
    #[rustfmt::skip]
    let rows = [
        ("a short name",     SetStatus { commit: KEPT[..12].to_owned(), ..good() }),
        ("no name",          SetStatus { commit: "g".repeat(40), ..good() }),
        ("no context",       SetStatus { context: String::new(), ..good() }),
        ("two lines",        SetStatus { context: "a\nb".to_owned(), ..good() }),
        ("a long context",   SetStatus { context: long.clone(), ..good() }),
        ("a long text",      SetStatus { description: long, ..good() }),
        ("a script",         SetStatus { url: Some("javascript:alert(1)".to_owned()), ..good() }),
        ("blanks",           SetStatus { url: Some("https://ci.example/a b".to_owned()), ..good() }),
    ];
    for (what, set) in rows {
        assert_eq!(says(&cast, &olga.id, set), "status-not-allowed", "{what}");
    }
    assert_eq!(said(&cast, KEPT), found, "nothing has changed");
    for number in 2..STATUS_CONTEXTS_MAX {
        assert_eq!(says(&cast, &olga.id, set(KEPT, &format!("c{number}"), State::Success)), "done");
    }
    assert_eq!(says(&cast, &olga.id, set(KEPT, "more", State::Success)), "too-many-statuses");
    assert_eq!(says(&cast, &olga.id, set(KEPT, "ci/test", State::Success)), "done", "one that is there is changed");
}

/// So many are kept of all commits, and the oldest makes room.
#[test]
fn the_oldest_status_of_a_repository_makes_room() {
    let cast = Cast::new(94, Place::One);
    let commit = |number: u64| format!("{number:040x}");
    for number in 0..=STATUSES_MAX {
        assert_eq!(says(&cast, &cast.olga.id, set(&commit(number), "ci", State::Success)), "done");
    }
    assert_eq!(said(&cast, &commit(0)), []);
    assert_eq!((said(&cast, &commit(1)).len(), said(&cast, &commit(STATUSES_MAX)).len()), (1, 1));
}

#[test]
fn a_merge_into_a_protected_branch_waits_for_the_statuses_it_needs() {
    everywhere(|cast| {
        let olga = &cast.olga;
        let patches = patches(cast);
        let request = opened(cast, &cast.alice, &patches);
        let rule = |statuses: Vec<String>| Protect {
            pattern: "refs/heads/main".to_owned(),
            rule: Protection { role: None, people: Vec::new(), force: false, delete: false, approvals: 0, statuses },
            capability: None,
        };
        let protect = |statuses| code(cast.world.call::<Repository>(&cast.repo, &olga.id, rule(statuses)));
        assert_eq!(protect(vec!["ci".to_owned(); REQUIRED_STATUSES_MAX + 1]), "too-many-statuses");
        assert_eq!(protect(vec![" ".to_owned()]), "status-not-allowed");
        assert_eq!(protect(vec!["ci/build".to_owned(), "ci/test".to_owned()]), "done");
        let apply = || olga.does(client::apply(&patches, &request, &cast.repo, "merge", &olga.permit(&patches)));
        assert_eq!(olga.refused(&apply()), "statuses-missing");
        says(cast, &olga.id, set(KEPT, "ci/build", State::Success));
        says(cast, &olga.id, set(KEPT, "ci/test", State::Pending));
        says(cast, &olga.id, set(&"4".repeat(40), "ci/test", State::Success));
        assert_eq!(olga.refused(&apply()), "statuses-missing", "what is said of another commit is not asked");
        says(cast, &olga.id, set(KEPT, "ci/test", State::Success));
        let act = apply();
        git(cast, prepares);
        git(cast, moves);
        assert!(matches!(olga.sent(&act).state, SentState::Done { .. }), "{:?}", olga.sent(&act));
    });
}

/// A status that has turned bad while git made the commits has the last word.
#[test]
fn what_is_said_while_git_merges_counts() {
    let cast = Cast::new(95, Place::One);
    let olga = &cast.olga;
    let patches = patches(&cast);
    let request = opened(&cast, &cast.alice, &patches);
    let statuses = vec!["ci".to_owned()];
    let rule = Protection { role: None, people: Vec::new(), force: false, delete: false, approvals: 0, statuses };
    let protect = Protect { pattern: "refs/heads/*".to_owned(), rule, capability: None };
    assert_eq!(code(cast.world.call::<Repository>(&cast.repo, &olga.id, protect)), "done");
    says(&cast, &olga.id, set(KEPT, "ci", State::Success));
    let act = olga.does(client::apply(&patches, &request, &cast.repo, "merge", &olga.permit(&patches)));
    says(&cast, &olga.id, set(KEPT, "ci", State::Error));
    git(&cast, prepares);
    assert_eq!(olga.refused(&act), "statuses-missing");
}
