//! The runtime, over boxes that a test can slow down and break. Time is tokio's, and paused where it matters.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod common;

use common::*;
use pritchel_actor::limits::{CALLS_WAITING_MAX, DOCUMENTS_MAX, HOLD_MAX_S, MAIL_PAGE};
use pritchel_actor::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

fn by_hand() -> Settings {
    Settings { background: false, ..Settings::default() }
}

#[tokio::test(start_paused = true)]
async fn the_next_turn_runs_on_a_result_that_is_not_durable_and_nobody_is_answered_before_it_is() {
    let scene = Scene::new(Settings::default()).await;
    let a = scene.counter("a");
    scene.hold();
    let first = scene.calls(&a, Add { by: 1 });
    until("the first turn", || scene.boxes.waiting() == 1).await;
    let second = scene.calls(&a, Add { by: 1 });
    until("the second turn", || scene.boxes.waiting() == 2).await;
    tokio::time::sleep(HOUR).await;
    assert!(!first.is_finished() && !second.is_finished());
    assert_eq!(scene.node.stats().committing, 2);
    scene.boxes.release(1);
    assert_eq!(first.await.unwrap(), Ok(Outcome::Done(1)));
    tokio::time::sleep(HOUR).await;
    assert!(!second.is_finished());
    scene.boxes.release(1);
    assert_eq!(second.await.unwrap(), Ok(Outcome::Done(2)));
    assert_eq!(scene.boxes.wrong(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn rows_of_a_turn_that_is_not_durable_are_seen_by_the_next() {
    let scene = Scene::new(Settings::default()).await;
    let a = scene.counter("a");
    scene.hold();
    let marks: Vec<_> = (0..3).map(|_| scene.calls(&a, Mark {})).collect();
    until("three turns", || scene.boxes.waiting() == 3).await;
    scene.let_go();
    let mut numbers = Vec::new();
    for mark in marks {
        numbers.push(mark.await.unwrap());
    }
    numbers.sort_by_key(|number| format!("{number:?}"));
    assert_eq!(numbers, [Ok(Outcome::Done(1)), Ok(Outcome::Done(2)), Ok(Outcome::Done(3))]);
}

#[tokio::test(start_paused = true)]
async fn no_message_is_handled_and_no_runner_told_before_the_turn_that_sent_it_is_durable() {
    let scene = Scene::new(Settings::default()).await;
    let (a, b) = (scene.counter("a"), scene.counter("b"));
    scene.hold();
    let told = scene.calls(&a, Tell { to: b.clone(), times: 2 });
    until("the turn", || scene.boxes.waiting() == 1).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!((scene.boxes.opened(&b), scene.left.lock().unwrap().len()), (0, 0));
    scene.let_go();
    assert_eq!(told.await.unwrap(), Ok(Outcome::Done(())));
    let left = scene.left.lock().unwrap().clone();
    assert_eq!(left[0].mail_for, [b.clone(), b.clone()], "told before the answer");
    until("both messages", || scene.boxes.count(&b) == 2).await;
}

#[tokio::test(start_paused = true)]
async fn after_a_failed_commit_nothing_more_is_committed_and_everybody_is_told() {
    let scene = Scene::new(Settings::default()).await;
    let (a, b) = (scene.counter("a"), scene.counter("b"));
    scene.hold();
    let calls: Vec<_> = [&a, &b, &a].map(|actor| scene.calls(actor, Add { by: 1 })).into();
    until("three turns", || scene.boxes.waiting() == 3).await;
    let error = BoxError::Failed("the disk is gone".to_owned());
    scene.boxes.fail_next(error.clone());
    scene.boxes.release(3);
    for call in calls {
        assert_eq!(call.await.unwrap(), Err(CallError::Failed(error.clone())));
    }
    assert_eq!(scene.node.failed(), Some(error.clone()));
    let commits = scene.boxes.commits();
    assert_eq!(scene.add(&a, 1).await, Err(CallError::Failed(error.clone())));
    assert_eq!(scene.node.look(&a, &Seen).await, Err(view::ViewError::Broken(error.to_string())));
    scene.boxes.post::<Counter>(&b, "x", Add { by: 1 });
    scene.node.wake(&b);
    assert_eq!(scene.node.run_waiting(HOUR).await, 0);
    tokio::time::sleep(HOUR).await;
    assert_eq!(scene.boxes.commits(), commits);
    assert_eq!(scene.node.stats().resident, 0);
    scene.node.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_actor_sleeps_and_wakes_as_it_was() {
    let scene = Scene::new(Settings { idle: Duration::from_secs(60), ..Settings::default() }).await;
    let a = scene.counter("a");
    assert_eq!(scene.add(&a, 1).await, Ok(Outcome::Done(1)));
    tokio::time::sleep(Duration::from_secs(50)).await;
    assert_eq!(scene.add(&a, 1).await, Ok(Outcome::Done(2)));
    tokio::time::sleep(Duration::from_secs(50)).await;
    assert_eq!(scene.node.stats().resident, 1, "a call keeps it awake");
    scene.boxes.post::<Counter>(&a, "x", Add { by: 1 });
    scene.node.wake(&a);
    tokio::time::sleep(Duration::from_secs(50)).await;
    assert_eq!(scene.node.stats().resident, 1, "so does a message");
    tokio::time::sleep(Duration::from_secs(20)).await;
    let stats = scene.node.stats();
    assert_eq!((stats.resident, stats.passivations), (0, 1));
    assert_eq!(scene.add(&a, 1).await, Ok(Outcome::Done(4)));
    assert_eq!(scene.boxes.opened(&a), 2);
}

#[tokio::test(start_paused = true)]
async fn an_actor_does_not_sleep_before_its_last_turn_is_durable_and_a_call_meanwhile_waits_for_the_next_waking() {
    let scene = Scene::new(Settings { idle: Duration::ZERO, ..Settings::default() }).await;
    let a = scene.counter("a");
    scene.hold();
    let first = scene.calls(&a, Add { by: 1 });
    until("the first turn", || scene.boxes.waiting() == 1).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let second = scene.calls(&a, Add { by: 1 });
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!((scene.boxes.waiting(), scene.boxes.opened(&a)), (1, 1));
    scene.let_go();
    assert_eq!(first.await.unwrap(), Ok(Outcome::Done(1)));
    assert_eq!(second.await.unwrap(), Ok(Outcome::Done(2)));
    assert_eq!(scene.boxes.opened(&a), 2);
    assert_eq!(scene.boxes.wrong(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn mail_that_nobody_told_of_is_found_when_the_actor_goes_to_sleep() {
    let scene = Scene::new(Settings { idle: Duration::from_secs(10), ..Settings::default() }).await;
    let a = scene.counter("a");
    scene.add(&a, 1).await.unwrap();
    scene.boxes.post::<Counter>(&a, "x", Add { by: 1 });
    until("the message", || scene.boxes.count(&a) == 2).await;
}

#[tokio::test(start_paused = true)]
async fn a_method_that_panics_holds_up_nobody_else_and_is_refused_in_the_end() {
    let scene = Scene::new(Settings::default()).await;
    let a = scene.counter("a");
    let crash = scene.calls(&a, Crash {});
    tokio::task::yield_now().await;
    let other = scene.calls_as(&a, "somebody else", Add { by: 1 });
    assert_eq!(other.await.unwrap(), Ok(Outcome::Done(1)));
    assert!(!crash.is_finished());
    assert!(matches!(crash.await.unwrap(), Ok(Outcome::Refused(why)) if why.code == "broken"));
    let stats = scene.node.stats();
    assert_eq!((stats.panics, stats.failures, stats.activations), (3, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_makes_its_method_panic_is_set_aside_and_the_next_of_its_sender_goes_on() {
    let scene = Scene::new(Settings::default()).await;
    let a = scene.counter("a");
    scene.boxes.post::<Counter>(&a, "x", Crash {});
    scene.boxes.post::<Counter>(&a, "x", Add { by: 1 });
    scene.boxes.post::<Counter>(&a, "y", Add { by: 10 });
    scene.node.wake(&a);
    until("the other sender's message", || scene.boxes.count(&a) == 10).await;
    until("the sender's next message", || scene.boxes.count(&a) == 11).await;
    assert_eq!(scene.node.stats().panics, 3);
    assert_eq!(scene.boxes.toy.with_mail(), []);
}

#[tokio::test(start_paused = true)]
async fn more_calls_than_may_wait_are_told_to_come_back() {
    let scene = Scene::new(Settings::default()).await;
    let (a, b) = (scene.counter("a"), scene.counter("b"));
    scene.hold();
    let calls: Vec<_> = (0..CALLS_WAITING_MAX).map(|_| scene.calls(&a, Add { by: 1 })).collect();
    until("all of them", || scene.node.stats().calls == CALLS_WAITING_MAX).await;
    assert_eq!(scene.add(&a, 1).await, Err(CallError::Busy));
    let other = scene.calls(&b, Add { by: 1 });
    until("the other actor's turn", || scene.node.stats().calls == CALLS_WAITING_MAX + 1).await;
    scene.let_go();
    assert_eq!(other.await.unwrap(), Ok(Outcome::Done(1)));
    for call in calls {
        assert!(matches!(call.await.unwrap(), Ok(Outcome::Done(_))));
    }
    assert_eq!(scene.add(&a, 1).await, Ok(Outcome::Done(CALLS_WAITING_MAX as u64 + 1)));
    assert_eq!(scene.node.stats().calls, 0);
}

#[tokio::test(start_paused = true)]
async fn two_nodes_in_one_process_do_not_know_of_each_other() {
    let (red, blue) = (Scene::new(Settings::default()).await, Scene::new(Settings::default()).await);
    let a = red.counter("a");
    blue.counter("a");
    assert_eq!(red.add(&a, 1).await, Ok(Outcome::Done(1)));
    assert_eq!(blue.add(&a, 10).await, Ok(Outcome::Done(10)));
    red.node.stop().await;
    assert_eq!(red.add(&a, 1).await, Err(CallError::Stopping));
    assert_eq!(blue.add(&a, 10).await, Ok(Outcome::Done(20)));
}

#[tokio::test(start_paused = true)]
async fn without_background_turns_run_only_while_somebody_waits() {
    let scene = Scene::new(by_hand()).await;
    let (a, b) = (scene.counter("a"), scene.counter("b"));
    scene.boxes.post::<Counter>(&a, "x", Tell { to: b.clone(), times: 3 });
    scene.node.wake(&a);
    tokio::time::sleep(HOUR).await;
    assert_eq!(scene.boxes.commits(), 0);
    assert_eq!(scene.node.run_waiting(HOUR).await, 4);
    assert_eq!(scene.boxes.count(&b), 3);
    assert_eq!(scene.node.run_waiting(HOUR).await, 0);
    // A call runs the actor called, not those it writes to.
    let told = scene.calls(&a, Tell { to: b.clone(), times: 1 });
    assert_eq!(told.await.unwrap(), Ok(Outcome::Done(())));
    tokio::time::sleep(HOUR).await;
    assert_eq!(scene.boxes.count(&b), 3);
    assert_eq!(scene.node.run_waiting(HOUR).await, 1);
    assert_eq!(scene.boxes.count(&b), 4);
}

#[tokio::test(start_paused = true)]
async fn without_background_what_the_budget_did_not_reach_runs_the_next_time() {
    let scene = Scene::new(by_hand()).await;
    let a = scene.counter("a");
    for _ in 0..3 {
        scene.boxes.post::<Counter>(&a, "x", Consult { uris: vec!["far".to_owned()] });
    }
    scene.node.wake(&a);
    // Each document takes a second, and holds up the sender's next message.
    assert_eq!(scene.node.run_waiting(Duration::from_millis(1500)).await, 1);
    tokio::time::sleep(HOUR).await;
    assert_eq!(scene.boxes.commits(), 1);
    assert_eq!(scene.node.run_waiting(HOUR).await, 2);
    assert_eq!(scene.node.run_waiting(Duration::ZERO).await, 0);
}

#[tokio::test(start_paused = true)]
async fn without_background_a_method_that_panicked_is_tried_again_by_whoever_drives_next() {
    let scene = Scene::new(by_hand()).await;
    let a = scene.counter("a");
    scene.boxes.post::<Counter>(&a, "x", Crash {});
    scene.node.wake(&a);
    for panics in 1..=3 {
        scene.node.run_waiting(HOUR).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(scene.node.stats().panics, panics);
    }
    assert_eq!(scene.boxes.toy.with_mail(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_may_drive_at_once() {
    let scene = Scene::new(by_hand()).await;
    let counters: Vec<ActorId> = (0..50).map(|n| scene.counter(&format!("c{n}"))).collect();
    for counter in &counters {
        scene.boxes.post::<Counter>(counter, "x", Tell { to: counters[0].clone(), times: 2 });
        scene.node.wake(counter);
    }
    let drivers: Vec<_> = (0..4)
        .map(|_| {
            let node = scene.node.clone();
            tokio::spawn(async move { node.run_waiting(HOUR).await })
        })
        .collect();
    for driver in drivers {
        driver.await.unwrap();
    }
    assert_eq!(scene.boxes.count(&counters[0]), 100);
    assert_eq!(scene.boxes.toy.with_mail(), []);
    assert_eq!(scene.boxes.wrong(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn who_is_not_here_and_who_is_of_another_kind_cannot_be_called() {
    let scene = Scene::new(Settings::default()).await;
    let nobody = ActorId::from("nobody");
    assert_eq!(scene.add(&nobody, 1).await, Err(CallError::NoActor));
    scene.boxes.post::<Counter>(&nobody, "x", Add { by: 1 });
    scene.node.wake(&nobody);
    tokio::time::sleep(HOUR).await;
    assert_eq!(scene.boxes.opened(&nobody), 2, "mail for nobody is looked at once");
    let clerk = ActorId::from("clerk");
    scene.boxes.toy.plant(&clerk, &Clerk {});
    assert_eq!(scene.add(&clerk, 1).await, Err(CallError::NoActor));
    assert_eq!(scene.node.call::<Clerk, File>(&clerk, &nobody, File {}).await, Ok(Outcome::Done(())));
    assert_eq!(scene.node.look(&clerk, &Seen).await, Err(view::ViewError::NoActor));
}

#[tokio::test(start_paused = true)]
async fn an_actor_launched_while_it_was_looked_for_in_vain_gets_its_mail() {
    let scene = Scene::new(Settings::default()).await;
    scene.boxes.slow_to_open.store(true, Ordering::SeqCst);
    let early = ActorId::from("a");
    scene.node.wake(&early);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let a = scene.counter("a");
    scene.boxes.post::<Counter>(&a, "x", Add { by: 1 });
    scene.node.wake(&a);
    until("the message", || scene.boxes.count(&a) == 1).await;
}

#[tokio::test(start_paused = true)]
async fn mail_where_nobody_is_does_not_stay() {
    let scene = Scene::new(Settings::default()).await;
    let (a, nobody) = (scene.counter("a"), ActorId::from("nobody"));
    assert_eq!(scene.calls(&a, Tell { to: nobody.clone(), times: 3 }).await.unwrap(), Ok(Outcome::Done(())));
    let waits = || futures_util::FutureExt::now_or_never(scene.boxes.mail(&nobody, None, 9)).unwrap().unwrap().len();
    until("the mail to go", || waits() == 0).await;
    assert_eq!((scene.node.stats().resident, scene.node.failed()), (1, None));
}

#[tokio::test(start_paused = true)]
async fn a_launch_at_an_address_taken_meanwhile_is_refused_and_the_actor_goes_on() {
    let scene = Scene::new(Settings::default()).await;
    let (a, b) = (scene.counter("a"), scene.counter("b"));
    let refused = |code: &str, answer| matches!(answer, Ok(Outcome::Refused(why)) if why.code == code);
    assert!(refused("address-taken", scene.calls(&a, Launch { at: b.clone() }).await.unwrap()));
    assert_eq!(scene.boxes.opened(&a), 1, "found before the turn was handed over");
    // Both find it free, the second is told by its commit; a message of the same kind runs again and is refused then.
    scene.hold();
    let new = ActorId::from("new");
    let first = scene.calls(&b, Launch { at: new.clone() });
    until("the first", || scene.boxes.waiting() == 1).await;
    let second = scene.calls(&a, Launch { at: new.clone() });
    until("the second", || scene.boxes.waiting() == 2).await;
    scene.let_go();
    assert_eq!(first.await.unwrap(), Ok(Outcome::Done(())));
    assert!(refused("address-taken", second.await.unwrap()));
    scene.boxes.post::<Counter>(&a, "x", Launch { at: new });
    scene.boxes.post::<Counter>(&a, "x", Add { by: 1 });
    scene.node.wake(&a);
    until("the message after it", || scene.boxes.count(&a) == 1).await;
    assert_eq!((scene.boxes.wrong(), scene.node.failed()), (vec![], None));
}

#[tokio::test(start_paused = true)]
async fn room_in_memory_is_made_at_once_when_somebody_waits_for_it() {
    let scene = Scene::new(Settings { resident_max: 10, ..Settings::default() }).await;
    let counters: Vec<ActorId> = (0..300).map(|n| scene.counter(&format!("c{n}"))).collect();
    for counter in &counters {
        scene.boxes.post::<Counter>(counter, "x", Add { by: 1 });
        scene.node.wake(counter);
    }
    let began = tokio::time::Instant::now();
    assert_eq!(scene.node.run_waiting(HOUR).await, 300);
    assert_eq!(began.elapsed(), Duration::ZERO, "nobody waited for a timer");
}

#[tokio::test(start_paused = true)]
async fn an_actor_of_an_unknown_kind_is_tried_ever_more_seldom() {
    #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Ghost {}
    methods! { Ghost: GhostCall { Haunt private, "", Told; }}
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Haunt {}
    impl Method<Ghost> for Haunt {
        type Answer = ();
        fn turn(self, _: &mut Ghost, _: &mut Turn<'_>) -> Result<(), Halt> {
            Ok(())
        }
    }
    impl Actor for Ghost {
        const KIND: &'static str = "Ghost";
        const SCHEMA: u16 = 1;
        type Call = GhostCall;
        fn gate(&self, _: &Act, _: &mut Look<'_, '_>) -> Result<Verdict<GhostCall>, Halt> {
            Ok(Verdict::Note)
        }
    }
    let scene = Scene::new(Settings::default()).await;
    let ghost = ActorId::from("ghost");
    scene.boxes.toy.plant(&ghost, &Ghost {});
    scene.boxes.post::<Ghost>(&ghost, "x", Haunt {});
    scene.node.wake(&ghost);
    let mut refused = 0;
    for _ in 0..100 {
        scene.node.wake(&ghost);
        refused += usize::from(matches!(
            scene.node.call::<Ghost, Haunt>(&ghost, &"edge".into(), Haunt {}).await,
            Err(CallError::Failed(BoxError::Unreadable(why))) if why.contains("Ghost")
        ));
    }
    assert_eq!(refused, 100);
    tokio::time::sleep(HOUR).await;
    let most = 10 + 3600 / HOLD_MAX_S as usize;
    assert!((10..=most).contains(&scene.boxes.opened(&ghost)), "{}", scene.boxes.opened(&ghost));
    assert_eq!(scene.node.failed(), None);
}

#[tokio::test(start_paused = true)]
async fn an_activation_that_fails_as_a_whole_is_replaced_when_its_turns_are_settled() {
    let scene = Scene::new(Settings::default()).await;
    let a = scene.counter("a");
    scene.hold();
    let safe = scene.calls(&a, Add { by: 1 });
    until("the turn", || scene.boxes.waiting() == 1).await;
    scene.boxes.panics.store(true, Ordering::SeqCst);
    let lost = scene.calls(&a, Mark {});
    assert_eq!(lost.await.unwrap(), Ok(Outcome::Unknown));
    until("the failure", || scene.node.stats().failures == 1).await;
    let later = scene.calls(&a, Add { by: 1 });
    tokio::time::sleep(HOUR).await;
    assert_eq!(scene.boxes.opened(&a), 1, "not while a turn of it is under way");
    scene.let_go();
    assert_eq!(safe.await.unwrap(), Ok(Outcome::Done(1)));
    assert_eq!(later.await.unwrap(), Ok(Outcome::Done(2)));
    assert_eq!(scene.boxes.wrong(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn an_actor_whose_turn_was_overtaken_is_opened_anew_and_the_node_goes_on() {
    let scene = Scene::new(Settings::default()).await;
    let a = scene.counter("a");
    scene.hold();
    let overtaken = scene.calls(&a, Add { by: 1 });
    let read = scene.calls_as(&a, "reader", Consult { uris: vec!["far".to_owned()] });
    until("the turn", || scene.boxes.waiting() == 1 && scene.node.stats().calls == 2).await;
    scene.boxes.fail_next(BoxError::Overtaken { actor: a.clone() });
    scene.let_go();
    let late = scene.calls_as(&a, "late", Add { by: 1 });
    assert!(matches!(overtaken.await.unwrap(), Err(CallError::Failed(BoxError::Overtaken { .. }))));
    assert_eq!(read.await.unwrap(), Ok(Outcome::Done(NOON)), "a call that had not run is run by the next one");
    assert_eq!(late.await.unwrap(), Ok(Outcome::Done(1)));
    assert_eq!((scene.boxes.opened(&a), scene.node.failed()), (2, None));
    assert_eq!(scene.boxes.wrong(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_rows_cannot_be_read_is_set_aside() {
    let scene = Scene::new(Settings::default()).await;
    let a = scene.counter("a");
    scene.boxes.unreadable.store(true, Ordering::SeqCst);
    let marked = scene.calls(&a, Mark {}).await.unwrap();
    assert!(matches!(marked, Ok(Outcome::Refused(why)) if why.code == "broken"));
    assert_eq!(scene.calls(&a, Mark {}).await.unwrap(), Ok(Outcome::Done(1)));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_for_a_document_holds_up_its_sender_alone() {
    let scene = Scene::new(Settings::default()).await;
    let a = scene.counter("a");
    let slow = scene.calls(&a, Consult { uris: vec!["one".to_owned(), "two".to_owned()] });
    until("the fetch", || scene.node.stats().calls == 1).await;
    assert_eq!(scene.calls_as(&a, "other", Add { by: 1 }).await.unwrap(), Ok(Outcome::Done(1)));
    assert!(!slow.is_finished());
    assert_eq!(scene.calls(&a, Add { by: 1 }).await.unwrap(), Ok(Outcome::Done(2)));
    assert!(slow.is_finished());
    assert_eq!(slow.await.unwrap(), Ok(Outcome::Done(NOON)));
    let uris = (0..=DOCUMENTS_MAX).map(|number| number.to_string()).collect();
    let greedy = scene.calls(&a, Consult { uris }).await.unwrap();
    assert!(matches!(greedy, Ok(Outcome::Refused(why)) if why.code == "evidence-unavailable"));
}

#[tokio::test(start_paused = true)]
async fn a_mailbox_of_many_pages_is_read_to_its_end_whoever_wakes_the_actor() {
    let scene = Scene::new(Settings::default()).await;
    let a = scene.counter("a");
    let many = 3 * MAIL_PAGE as u64 + 1;
    for number in 0..many {
        scene.boxes.post::<Counter>(&a, &format!("sender {number}"), Add { by: 1 });
    }
    let (node, actor) = (scene.node.clone(), a.clone());
    std::thread::spawn(move || node.wake(&actor)).join().unwrap();
    assert_eq!(scene.node.run_waiting(HOUR).await as u64, many);
    assert_eq!(scene.node.look(&a, &Seen).await, Ok(many));
    assert_eq!(scene.boxes.opened(&a), 2, "once to run, once to look");
}

#[tokio::test(start_paused = true)]
async fn stopping_answers_what_is_handed_over_and_refuses_what_has_not_run() {
    let scene = Scene::new(Settings::default()).await;
    let a = scene.counter("a");
    scene.hold();
    let handed_over = scene.calls(&a, Add { by: 1 });
    let asleep = scene.calls_as(&a, "other", Consult { uris: vec!["far".to_owned()] });
    until("the turn", || scene.boxes.waiting() == 1 && scene.node.stats().calls == 2).await;
    let stopping = tokio::spawn({
        let node = scene.node.clone();
        async move { node.stop().await }
    });
    tokio::time::sleep(HOUR).await;
    assert!(!stopping.is_finished());
    assert_eq!(scene.add(&a, 1).await, Err(CallError::Stopping));
    scene.let_go();
    assert_eq!(handed_over.await.unwrap(), Ok(Outcome::Done(1)));
    assert_eq!(asleep.await.unwrap(), Err(CallError::Stopping));
    stopping.await.unwrap();
    scene.node.stop().await;
    assert_eq!((scene.node.stats().resident, scene.boxes.commits()), (0, 1));
}

#[test]
fn a_node_does_not_start_without_a_runtime() {
    let parts = NodeParts {
        boxes: Arc::new(sim::toy::ToyBoxes::new(|_| true)),
        documents: Arc::new(sim::toy::NoDocuments),
        clock: Arc::new(StoppedClock),
        naming: Arc::new(sim::toy::ToyNaming),
        kinds: Kinds::new(),
        on_left: Arc::new(|_| {}),
        settings: Settings::default(),
    };
    let started = futures_util::FutureExt::now_or_never(Node::start(parts)).unwrap();
    assert!(matches!(started, Err(StartError::NoRuntime)));
}

struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Seconds {
        NOON
    }
    fn seed(&self) -> [u8; 32] {
        [0; 32]
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_actors_with_mail_than_fit_into_memory_all_run_and_never_at_once() {
    for background in [true, false] {
        let scene = Scene::new(Settings { resident_max: 10, background, ..Settings::default() }).await;
        let counters: Vec<ActorId> = (0..300).map(|n| scene.counter(&format!("c{n}"))).collect();
        for counter in &counters {
            scene.boxes.post::<Counter>(counter, "x", Add { by: 1 });
            scene.node.wake(counter);
        }
        let most = Arc::new(AtomicU64::new(0));
        let done = Arc::new(AtomicBool::new(false));
        let watch = tokio::spawn({
            let (node, most, done) = (scene.node.clone(), most.clone(), done.clone());
            async move {
                while !done.load(Ordering::SeqCst) {
                    most.fetch_max(node.stats().resident as u64, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                }
            }
        });
        scene.node.run_waiting(HOUR).await;
        done.store(true, Ordering::SeqCst);
        watch.await.unwrap();
        assert!(counters.iter().all(|counter| scene.boxes.count(counter) == 1));
        assert!(most.load(Ordering::SeqCst) <= 10, "{} at once", most.load(Ordering::SeqCst));
        scene.node.stop().await;
    }
}

/// Thousands of calls and messages while actors are put to sleep all the time: none is lost, none is done twice, and no
/// actor is ever active twice at a time, which the boxes would see.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_constant_passivation_no_call_is_lost_and_no_actor_is_active_twice() {
    let scene = Scene::new(Settings { idle: Duration::ZERO, resident_max: 6, background: true }).await;
    let counters: Vec<ActorId> = (0..24).map(|n| scene.counter(&format!("c{n}"))).collect();
    scene.hold();
    let done = Arc::new(AtomicBool::new(false));
    let committer = tokio::spawn({
        let (boxes, done) = (scene.boxes.clone(), done.clone());
        async move {
            let mut batch = 0;
            while !done.load(Ordering::SeqCst) {
                batch = (batch + 7) % 40;
                boxes.release(batch);
                tokio::task::yield_now().await;
            }
        }
    });
    let clients: Vec<_> = (0..16usize)
        .map(|client| {
            let (node, counters) = (scene.node.clone(), counters.clone());
            tokio::spawn(async move {
                let caller = ActorId::new(format!("client {client}"));
                for round in 0..150usize {
                    let at = (client * 31 + round * 17) % counters.len();
                    let to = counters[(at + round) % counters.len()].clone();
                    let added = node.call::<Counter, Add>(&counters[at], &caller, Add { by: 1 }).await;
                    assert!(matches!(added, Ok(Outcome::Done(_))), "{added:?}");
                    let told = node.call::<Counter, Tell>(&counters[at], &caller, Tell { to, times: 2 }).await;
                    assert_eq!(told, Ok(Outcome::Done(())));
                }
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    scene.node.run_waiting(Duration::from_secs(60)).await;
    done.store(true, Ordering::SeqCst);
    committer.await.unwrap();
    let total: u64 = counters.iter().map(|counter| scene.boxes.count(counter)).sum();
    let stats = scene.node.stats();
    assert_eq!(total, 16 * 150 * 3, "{stats:?}");
    assert_eq!(scene.boxes.wrong(), Vec::<String>::new());
    assert_eq!((stats.failures, stats.calls), (0, 0));
    assert!(stats.passivations > 100, "{stats:?}");
    scene.node.stop().await;
}
