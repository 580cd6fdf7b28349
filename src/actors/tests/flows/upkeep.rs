//! When a repository has git put it in order.

use super::{Cast, Place};
use pritchel_actor::{Outcome, Value};
use pritchel_actors::Repository;
use pritchel_actors::limits::{MAINTAIN_EVERY_S, MAINTAIN_PUSHES};
use pritchel_actors::repository::maintain::MAINTAIN_JOB;
use pritchel_actors::repository::refs::RefUpdate;
use pritchel_actors::repository::report_push::MovedRef;
use pritchel_actors::repository::{Maintain, ProposePush, ReportPush};

fn push(cast: &Cast, moves: bool) {
    let update = RefUpdate { name: "refs/heads/main".into(), old: None, new: Some("a".repeat(40)) };
    let by = cast.olga.id.clone();
    let propose = ProposePush {
        push: "p".into(),
        by: by.clone(),
        updates: vec![update.clone()],
        capability: None,
        forced: Vec::new(),
    };
    assert!(matches!(cast.world.call::<Repository>(&cast.repo, &cast.repo, propose), Outcome::Done(_)));
    let proposed = vec![update.name.clone()];
    let moved =
        if moves { vec![MovedRef { update, newest: Vec::new(), total: Some(0), forced: false }] } else { Vec::new() };
    let report = ReportPush { push: "p".into(), by, moved, proposed, closes: Vec::new() };
    assert!(matches!(cast.world.call::<Repository>(&cast.repo, &cast.repo, report), Outcome::Done(_)));
    cast.world.settle();
}

#[test]
fn a_repository_is_put_in_order_after_some_pushes_once_at_a_time_and_at_most_once_a_day() {
    let cast = Cast::new(81, Place::One);
    let asked = || cast.world.jobs(&cast.repo, Outcome::Done(Value::Null));
    // What moved nothing is no push.
    push(&cast, false);
    (1..MAINTAIN_PUSHES).for_each(|_| push(&cast, true));
    assert_eq!(asked(), Vec::<String>::new());
    // Once, however often it is pushed to while that goes on.
    (0..3 * MAINTAIN_PUSHES).for_each(|_| push(&cast, true));
    assert_eq!(asked(), [MAINTAIN_JOB]);
    cast.world.settle();
    assert_eq!(asked(), Vec::<String>::new(), "not twice on one day");
    cast.world.pass(MAINTAIN_EVERY_S - 1);
    assert_eq!(asked(), Vec::<String>::new());
    cast.world.pass(1);
    assert_eq!(asked(), [MAINTAIN_JOB], "what was pushed meanwhile has not been forgotten");
    cast.world.pass(2 * MAINTAIN_EVERY_S);
    assert_eq!(asked(), Vec::<String>::new(), "nobody has pushed since");
}

#[test]
fn upkeep_that_failed_is_asked_for_again_and_nobody_else_asks_for_it() {
    let cast = Cast::new(82, Place::One);
    let stranger = cast.world.call::<Repository>(&cast.repo, &cast.olga.id, Maintain {});
    assert!(matches!(&stranger, Outcome::Refused(why) if why.code == "not-oneself"), "{stranger:?}");
    (0..MAINTAIN_PUSHES).for_each(|_| push(&cast, true));
    assert_eq!(cast.world.jobs(&cast.repo, Outcome::Unknown), [MAINTAIN_JOB]);
    cast.world.settle();
    cast.world.pass(MAINTAIN_EVERY_S);
    (0..MAINTAIN_PUSHES).for_each(|_| push(&cast, true));
    assert_eq!(cast.world.jobs(&cast.repo, Outcome::Done(Value::Null)), [MAINTAIN_JOB]);
}
