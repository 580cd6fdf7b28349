//! Webhooks: who may make them, what they are told, and what becomes of what is not taken. The receiver is played here.

use super::archived::archive;
use super::patches::{git, keeps, moves, offer, patches, prepares};
use super::{Cast, Place};
use crate::world::cast::Somebody;
use pritchel_actor::{Actor, ActorId, Outcome, Value};
use pritchel_actors::hooks::manage::HookTerms;
use pritchel_actors::hooks::send::{HOOK_JOB, HookAttempt, HookBody, HookDelivery, HookEnd, HookMade, HookState};
use pritchel_actors::hooks::view::{ViewHook, ViewHookWork, ViewHooks};
use pritchel_actors::hooks::{
    AddHook, DropHook, EditHook, Hook, HookEvent, Hooked, News, Redeliver, SendHooks, TestHook,
};
use pritchel_actors::limits::{
    HOOK_BUSY_S, HOOK_COMMITS_BYTES_MAX, HOOK_DELIVERIES_MAX, HOOK_SECRET_BYTES_MAX, HOOK_TOLD_MAX, HOOK_TRIES_S,
    HOOKS_MAX, PUSHED_COMMITS_MAX, REPORTED_BYTES_MAX,
};
use pritchel_actors::repository::refs::RefUpdate;
use pritchel_actors::repository::report_push::{MovedRef, PushedCommit};
use pritchel_actors::repository::{ProposePush, ReportPush};
use pritchel_actors::{PatchTracker, Repository, TicketTracker, client};

const PUSH: [HookEvent; 3] = [HookEvent::Push, HookEvent::Create, HookEvent::Delete];

fn terms(events: &[HookEvent]) -> HookTerms {
    HookTerms { url: "https://ci.example/hook".to_owned(), events: events.to_vec(), active: true }
}

fn add(events: &[HookEvent]) -> AddHook {
    AddHook { terms: terms(events), secret: "shh".to_owned(), capability: None }
}

fn code(outcome: Outcome<Value>) -> String {
    match outcome {
        Outcome::Refused(why) => why.code.to_string(),
        Outcome::Done(_) => "done".to_owned(),
        other => panic!("{other:?}"),
    }
}

fn asks<A: Hooked>(cast: &Cast, of: &ActorId, by: &Somebody, method: impl Into<<A as Actor>::Call>) -> String {
    let answer = code(cast.world.call::<A>(of, &by.id, method));
    cast.world.settle();
    answer
}

fn pushes(cast: &Cast, updates: &[RefUpdate]) {
    let moved = |update: &RefUpdate| MovedRef { update: update.clone(), newest: vec![], total: Some(0), forced: false };
    pushes_these(cast, updates.iter().map(moved).collect());
}

fn pushes_these(cast: &Cast, moved: Vec<MovedRef>) {
    let updates: Vec<RefUpdate> = moved.iter().map(|moved| moved.update.clone()).collect();
    let (push, by) = ("p".to_owned(), cast.olga.id.clone());
    let propose =
        ProposePush { push: push.clone(), by: by.clone(), updates: updates.clone(), capability: None, forced: vec![] };
    assert_eq!(code(cast.world.call::<Repository>(&cast.repo, &cast.repo, propose)), "done");
    let proposed = updates.iter().map(|one| one.name.clone()).collect();
    let report = ReportPush { push, by, moved, proposed, closes: Vec::new() };
    assert_eq!(code(cast.world.call::<Repository>(&cast.repo, &cast.repo, report)), "done");
    cast.world.settle();
}

fn update(name: &str, old: bool, new: bool) -> RefUpdate {
    RefUpdate { name: name.to_owned(), old: old.then(|| "a".repeat(40)), new: new.then(|| "b".repeat(40)) }
}

/// As many hooks as there can be, and a push with as much in it as one report has: each keeps what has room, and the push is told.
#[test]
fn a_large_push_is_told_to_many_hooks_in_one_turn() {
    let cast = Cast::new(127, Place::One);
    for _ in 0..HOOKS_MAX {
        assert_eq!(asks::<Repository>(&cast, &cast.repo, &cast.olga, add(&PUSH)), "done");
    }
    let commit = |number: usize| PushedCommit {
        hash: format!("{number:040x}"),
        author: ("Olga".to_owned(), "olga@a.example".to_owned()),
        created: 1,
        committer: ("Olga".to_owned(), "olga@a.example".to_owned()),
        committed: 1,
        title: "Say more".to_owned(),
        description: "\"é\"\n".repeat(REPORTED_BYTES_MAX / PUSHED_COMMITS_MAX / 8),
    };
    let newest: Vec<PushedCommit> = (0..PUSHED_COMMITS_MAX).map(commit).collect();
    let total = Some(newest.len() as u64);
    let moved =
        |name: &str| MovedRef { update: update(name, false, true), newest: newest.clone(), total, forced: false };
    pushes_these(&cast, vec![moved("refs/heads/large")]);
    let (event, news) = told::<Repository>(&cast, &cast.repo).unwrap();
    assert_eq!(event, HookEvent::Create);
    let News::Moved { moved, .. } = news else { panic!("{news:?}") };
    assert_eq!((moved.newest.len(), moved.total), (0, total), "what was pushed is told by the push");
    for _ in 1..HOOKS_MAX {
        told::<Repository>(&cast, &cast.repo).unwrap();
    }
    let (event, news) = told::<Repository>(&cast, &cast.repo).unwrap();
    let News::Moved { moved, .. } = news else { panic!("{news:?}") };
    let bytes: usize = moved.newest.iter().map(|one| one.description.len()).sum();
    assert_eq!((event, moved.total), (HookEvent::Push, total));
    assert!(!moved.newest.is_empty() && bytes <= HOOK_COMMITS_BYTES_MAX, "{} commits", moved.newest.len());
}

fn pushes_once(cast: &Cast) {
    pushes(cast, &[update("refs/heads/main", true, true)]);
}

fn seen<A: Hooked>(cast: &Cast, of: &ActorId) -> (Hook, Vec<(u64, HookDelivery)>) {
    cast.world.see::<A, _>(of, &ViewHook { viewer: Some(cast.olga.id.clone()), hook: 1 }).unwrap()
}

fn states(cast: &Cast) -> Vec<(u64, HookState, u32)> {
    seen::<Repository>(cast, &cast.repo).1.iter().rev().map(|(at, one)| (*at, one.state, one.tries)).collect()
}

fn answers(code: u16, again: bool) -> HookEnd {
    let made = Some(HookMade { exact: "push".to_owned(), json: "{}".to_owned() });
    HookEnd::Attempted(Box::new(HookAttempt { code: Some(code), again, made, ..HookAttempt::default() }))
}

/// The receiver answers the one delivery that is sent to it; which one that was.
fn takes(cast: &Cast, of: &ActorId, end: &HookEnd) -> Option<u64> {
    let done = cast.world.job(of, |_| Outcome::Done(serde_json::to_value(end).unwrap()));
    cast.world.settle();
    done.map(|(kind, args)| {
        assert_eq!(kind, HOOK_JOB);
        args["delivery"].as_u64().unwrap()
    })
}

/// The news of the one delivery under way, which is then taken.
fn told<A: Hooked>(cast: &Cast, of: &ActorId) -> Option<(HookEvent, News)> {
    let mut work = None;
    cast.world.job(of, |args| {
        work = serde_json::from_value(args).ok();
        Outcome::Done(serde_json::to_value(answers(204, false)).unwrap())
    })?;
    let of = cast.world.see::<A, _>(of, &ViewHookWork(work.unwrap())).unwrap().unwrap();
    cast.world.settle();
    assert_eq!(of.secret.as_deref(), Some("shh"));
    match of.detail.body {
        HookBody::News(news) => Some((of.delivery.event, *news)),
        HookBody::Made(made) => panic!("{made:?}"),
    }
}

#[test]
fn an_admin_makes_changes_and_takes_away_hooks_and_nobody_else_sees_one() {
    let cast = Cast::new(120, Place::One);
    let (olga, bob, repo) = (&cast.olga, &cast.bob, &cast.repo);
    olga.lets_in(bob, repo, "maintain");
    assert_eq!(asks::<Repository>(&cast, repo, bob, add(&PUSH)), "role-too-small");
    assert_eq!(asks::<Repository>(&cast, repo, olga, add(&PUSH)), "done");
    let listed = |who: &Somebody| cast.world.see::<Repository, _>(repo, &ViewHooks { viewer: Some(who.id.clone()) });
    assert_eq!(listed(olga).unwrap().len(), 1);
    assert!(listed(bob).is_err(), "its address may hold a secret");
    assert!(cast.world.see::<Repository, _>(repo, &ViewHooks { viewer: None }).is_err());
    let long = "s".repeat(HOOK_SECRET_BYTES_MAX + 1);
    #[rustfmt::skip]
    let wrong = [
        ("no event",      AddHook { terms: terms(&[]), ..add(&PUSH) }),
        ("another's",     add(&[HookEvent::Issues])),
        ("a try",         add(&[HookEvent::Ping])),
        ("twice",         add(&[HookEvent::Push, HookEvent::Push])),
        ("no address",    AddHook { terms: HookTerms { url: "javascript:alert(1)".to_owned(), ..terms(&PUSH) }, ..add(&PUSH) }),
        ("a long secret", AddHook { secret: long, ..add(&PUSH) }),
        ("two lines",     AddHook { secret: "a\nb".to_owned(), ..add(&PUSH) }),
    ];
    for (what, add) in wrong {
        assert_eq!(asks::<Repository>(&cast, repo, olga, add), "hook-not-allowed", "{what}");
    }
    for _ in 1..HOOKS_MAX {
        assert_eq!(asks::<Repository>(&cast, repo, olga, add(&PUSH)), "done");
    }
    assert_eq!(asks::<Repository>(&cast, repo, olga, add(&PUSH)), "too-many-hooks");
    let edit = |hook, secret| EditHook { hook, terms: terms(&PUSH[..1]), secret, capability: None };
    assert_eq!(asks::<Repository>(&cast, repo, bob, edit(1, None)), "role-too-small");
    assert_eq!(asks::<Repository>(&cast, repo, olga, edit(9, None)), "no-such-hook");
    assert_eq!(asks::<Repository>(&cast, repo, olga, edit(1, None)), "done");
    let secrets = || cast.world.rows(repo.as_str(), "hook_secrets").len();
    assert_eq!((seen::<Repository>(&cast, repo).0.events, secrets()), (PUSH[..1].to_vec(), HOOKS_MAX));
    assert_eq!(asks::<Repository>(&cast, repo, olga, edit(1, Some(String::new()))), "done");
    assert_eq!((seen::<Repository>(&cast, repo).0.signed, secrets()), (false, HOOKS_MAX - 1));

    pushes_once(&cast);
    let drop = |hook| DropHook { hook, capability: None };
    assert_eq!(asks::<Repository>(&cast, repo, bob, drop(1)), "role-too-small");
    for hook in 1..=HOOKS_MAX as u64 {
        assert_eq!(asks::<Repository>(&cast, repo, olga, drop(hook)), "done");
    }
    assert_eq!(asks::<Repository>(&cast, repo, olga, drop(1)), "no-such-hook");
    // What was under way finds nothing to note.
    let end = serde_json::to_value(answers(200, false)).unwrap();
    assert_eq!(cast.world.jobs(repo, Outcome::Done(end)).len(), HOOKS_MAX);
    cast.world.settle();
    for table in ["hooks", "hook_secrets", "hook_deliveries", "hook_details"] {
        assert!(cast.world.rows(repo.as_str(), table).is_empty(), "{table}");
    }
}

#[test]
fn deliveries_go_in_order_and_what_is_not_taken_is_tried_again_until_it_is_given_up() {
    let cast = Cast::new(121, Place::One);
    let (olga, repo) = (&cast.olga, &cast.repo);
    asks::<Repository>(&cast, repo, olga, add(&PUSH));
    pushes_once(&cast);
    pushes_once(&cast);
    assert_eq!(takes(&cast, repo, &HookEnd::Busy), Some(1), "one at a time");
    assert_eq!(takes(&cast, repo, &answers(200, false)), Some(2), "what waits lets the next one by");
    assert_eq!(takes(&cast, repo, &answers(200, false)), None);
    cast.world.pass(HOOK_BUSY_S);
    for (tries, wait_s) in (1..).zip(HOOK_TRIES_S) {
        assert_eq!(takes(&cast, repo, &answers(503, true)), Some(1), "try {tries}");
        let at = cast.world.0.borrow().now + wait_s;
        assert_eq!(states(&cast)[0], (1, HookState::Waiting { at }, tries));
        cast.world.pass(wait_s - 1);
        assert_eq!(takes(&cast, repo, &answers(200, false)), None, "not yet");
        cast.world.pass(1);
    }
    assert_eq!(takes(&cast, repo, &answers(503, true)), Some(1));
    assert_eq!(states(&cast), [(1, HookState::Failed, 7), (2, HookState::Done, 1)]);
    cast.world.pass(HOOK_TRIES_S[5]);
    assert_eq!(takes(&cast, repo, &answers(200, false)), None, "it is given up");

    let again = |delivery| Redeliver { hook: 1, delivery, capability: None };
    assert_eq!(asks::<Repository>(&cast, repo, &cast.bob, again(1)), "role-too-small");
    assert_eq!(asks::<Repository>(&cast, repo, olga, again(9)), "no-such-delivery");
    assert_eq!(asks::<Repository>(&cast, repo, olga, again(1)), "done");
    // What is refused for good, or what nothing is known of.
    assert_eq!(takes(&cast, repo, &answers(404, false)), Some(3));
    assert_eq!(states(&cast)[2], (3, HookState::Failed, 1));
    asks::<Repository>(&cast, repo, olga, again(3));
    assert_eq!(cast.world.jobs(repo, Outcome::Unknown), [HOOK_JOB]);
    cast.world.settle();
    assert!(matches!(states(&cast)[3], (4, HookState::Waiting { .. }, 1)), "{:?}", states(&cast));
    // Whoever cannot wait has it sent at once.
    asks::<Repository>(&cast, repo, olga, again(4));
    assert_eq!(takes(&cast, repo, &answers(200, false)), Some(4));
    assert_eq!(states(&cast)[3], (4, HookState::Done, 2));
    let stranger = cast.world.call::<Repository>(repo, &olga.id, SendHooks { hook: 1 });
    assert_eq!(code(stranger), "not-itself");
}

#[test]
fn a_hook_that_is_off_is_told_nothing_and_goes_on_when_it_is_on_again() {
    let cast = Cast::new(122, Place::One);
    let (olga, repo) = (&cast.olga, &cast.repo);
    asks::<Repository>(&cast, repo, olga, add(&PUSH));
    pushes_once(&cast);
    assert_eq!(takes(&cast, repo, &answers(500, true)), Some(1));
    let switch = |active| {
        let terms = HookTerms { active, ..terms(&PUSH) };
        asks::<Repository>(&cast, repo, olga, EditHook { hook: 1, terms, secret: None, capability: None })
    };
    assert_eq!(switch(false), "done");
    pushes_once(&cast);
    cast.world.pass(HOOK_TRIES_S[0]);
    assert_eq!(takes(&cast, repo, &answers(200, false)), None);
    let test = || TestHook { hook: 1, capability: None };
    assert_eq!(asks::<Repository>(&cast, repo, olga, test()), "hook-off");
    let again = Redeliver { hook: 1, delivery: 1, capability: None };
    assert_eq!(asks::<Repository>(&cast, repo, olga, again), "hook-off");
    assert_eq!(switch(true), "done");
    assert_eq!(takes(&cast, repo, &answers(200, false)), Some(1));
    assert_eq!(asks::<Repository>(&cast, repo, &cast.bob, test()), "role-too-small");
    assert_eq!(asks::<Repository>(&cast, repo, olga, test()), "done");
    assert!(matches!(told::<Repository>(&cast, repo), Some((HookEvent::Ping, News::Ping { by })) if by == olga.id));
    archive(olga, repo, true);
    for refused in [asks::<Repository>(&cast, repo, olga, test()), asks::<Repository>(&cast, repo, olga, add(&PUSH))] {
        assert_eq!(refused, "archived");
    }
    assert_eq!(asks::<Repository>(&cast, repo, olga, DropHook { hook: 1, capability: None }), "done");
}

#[test]
fn a_receiver_that_is_away_is_told_so_much_later_and_no_more() {
    let cast = Cast::new(123, Place::One);
    let (olga, repo) = (&cast.olga, &cast.repo);
    asks::<Repository>(&cast, repo, olga, add(&PUSH));
    let many: Vec<RefUpdate> =
        (0..HOOK_TOLD_MAX + 1).map(|number| update(&format!("refs/heads/b{number:02}"), true, true)).collect();
    pushes(&cast, &many);
    assert_eq!((seen::<Repository>(&cast, repo).0.kept, seen::<Repository>(&cast, repo).0.missed), (20, 1));
    for _ in HOOK_TOLD_MAX..=HOOK_DELIVERIES_MAX {
        pushes_once(&cast);
    }
    let (hook, _) = seen::<Repository>(&cast, repo);
    assert_eq!((hook.kept, hook.missed), (HOOK_DELIVERIES_MAX as u64, 2), "all of them wait: none makes room");
    assert_eq!(takes(&cast, repo, &answers(200, false)), Some(1));
    pushes_once(&cast);
    let (hook, kept) = seen::<Repository>(&cast, repo);
    assert_eq!((hook.kept, hook.missed, kept.len()), (HOOK_DELIVERIES_MAX as u64, 2, HOOK_DELIVERIES_MAX));
    assert_eq!(states(&cast)[0].0, 2, "what was taken first made room");
    assert_eq!(cast.world.rows(repo.as_str(), "hook_details").len(), HOOK_DELIVERIES_MAX);
}

#[test]
fn a_repository_tells_of_branches_and_tags_that_come_move_and_go() {
    let cast = Cast::new(124, Place::One);
    asks::<Repository>(&cast, &cast.repo, &cast.olga, add(&PUSH));
    let moved = [
        update("refs/heads/new", false, true),
        update("refs/tags/v1", true, false),
        update("refs/heads/main", true, true),
        update("refs/notes/commits", true, true),
    ];
    pushes(&cast, &moved);
    let all: Vec<_> = std::iter::from_fn(|| told::<Repository>(&cast, &cast.repo)).collect();
    let said = all.iter().map(|(event, news)| match news {
        News::Moved { by, moved } => {
            assert_eq!(by.as_ref(), Some(&cast.olga.id));
            (event.as_str(), moved.update.name.as_str())
        }
        other => panic!("{other:?}"),
    });
    let expected = [
        ("create", "refs/heads/new"),
        ("push", "refs/heads/new"),
        ("delete", "refs/tags/v1"),
        ("push", "refs/heads/main"),
    ];
    assert_eq!(said.collect::<Vec<_>>(), expected);
}

#[test]
fn a_tracker_tells_of_its_tickets_and_of_what_is_said_about_them() {
    let cast = Cast::new(125, Place::Each);
    let (olga, alice, tracker) = (&cast.olga, &cast.alice, &cast.tracker);
    asks::<TicketTracker>(&cast, tracker, olga, add(&[HookEvent::Issues, HookEvent::IssueComment]));
    let ticket = cast.ticket();
    alice.does(client::comment(tracker, &ticket, None, "Again", None));
    olga.does(client::close(tracker, &ticket, Some(&olga.permit(tracker))));
    olga.does(client::reopen(tracker, &ticket, Some(&olga.permit(tracker))));
    let all: Vec<_> = std::iter::from_fn(|| told::<TicketTracker>(&cast, tracker)).collect();
    let said = all.iter().map(|(event, news)| match news {
        News::Ticket { by, action, ticket } => (event.as_str(), action.as_str(), ticket.number, by == &alice.id),
        News::Comment { by, action, ticket, .. } => (event.as_str(), action.as_str(), ticket.number, by == &alice.id),
        other => panic!("{other:?}"),
    });
    let expected = [
        ("issues", "opened", 1, true),
        ("issue_comment", "created", 1, true),
        ("issues", "closed", 1, false),
        ("issues", "reopened", 1, false),
    ];
    assert_eq!(said.collect::<Vec<_>>(), expected);
    assert!(matches!(&all[2].1, News::Ticket { ticket, .. } if !ticket.ticket.is_open()), "as it was then");
    // What is refused is no news.
    cast.refuses(tracker, &cast.bob, client::close(tracker, &ticket, None), "no-capability at step 3");
    assert!(told::<TicketTracker>(&cast, tracker).is_none());
}

#[test]
fn a_merge_request_is_told_when_there_is_something_to_build_and_when_it_is_merged() {
    let cast = Cast::new(126, Place::One);
    let (olga, alice, patches) = (&cast.olga, &cast.alice, patches(&cast));
    asks::<PatchTracker>(&cast, &patches, olga, add(&[HookEvent::PullRequest]));
    let request = alice.result(&alice.does(offer(&cast, alice, &patches)));
    assert_eq!(cast.world.rows(patches.as_str(), "hook_deliveries").len(), 0, "no version is kept yet");
    git(&cast, |work| keeps(&work, super::patches::KEPT));
    let Some((HookEvent::PullRequest, News::Ticket { by, action, ticket })) = told::<PatchTracker>(&cast, &patches)
    else {
        panic!("nothing was told")
    };
    assert_eq!((by, action.as_str(), ticket.repository.as_ref()), (alice.id.clone(), "opened", Some(&cast.repo)));
    assert_eq!(ticket.version.unwrap().head, super::patches::KEPT);
    let merge = client::apply(&patches, &request, &cast.repo, "merge", &olga.permit(&patches));
    olga.does(merge);
    git(&cast, prepares);
    git(&cast, moves);
    let Some((_, News::Ticket { by, action, ticket })) = told::<PatchTracker>(&cast, &patches) else {
        panic!("nothing was told")
    };
    assert_eq!((&by, action.as_str(), ticket.ticket.is_merged()), (&olga.id, "closed", true));
}
