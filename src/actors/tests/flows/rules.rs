//! Rules about other servers, and the log of what was decided. Whoever calls is looked at by the node: here it is believed.

use crate::world::World;
use crate::world::cast::done;
use pritchel_actor::{ActId, ActorId, Message, Outcome, Refusal, Value, What};
use pritchel_actors::domain::audit::{AuditLine, Did, ViewAudit};
use pritchel_actors::domain::rules::{Rule, RuleWish, RulesShown, Severity, ViewRules};
use pritchel_actors::domain::{ChangeModeration, DropRule, ModerationSettings, SetRules};
use pritchel_actors::limits::{AUDIT_LINES_MAX, AUDIT_SWEPT_MAX, RULE_WORDS_CHARS_MAX, RULES_MAX, RULES_STEP};
use pritchel_actors::{Domain, client};
use serde_json::json;
use std::sync::Arc;

fn wish(target: &str, severity: Severity) -> RuleWish {
    RuleWish { target: target.to_owned(), severity, reason: None, note: None, no_reports: false }
}

fn set(target: &str, severity: Severity) -> SetRules {
    SetRules { rules: vec![wish(target, severity)], imported: false }
}

fn shown(world: &World, domain: &ActorId) -> RulesShown {
    world.see::<Domain, _>(domain, &ViewRules { after: None, limit: 500 }).unwrap()
}

fn log(world: &World, domain: &ActorId) -> Vec<AuditLine> {
    let lines = world.see::<Domain, _>(domain, &ViewAudit { before: None, limit: 500 }).unwrap();
    lines.into_iter().map(|(_, line)| line).collect()
}

fn refused(outcome: Outcome<Value>) -> Refusal {
    match outcome {
        Outcome::Refused(why) => why,
        other => panic!("expected a refusal, found {other:?}"),
    }
}

#[test]
fn a_rule_is_made_replaced_and_dropped_and_each_leaves_a_line_in_the_log() {
    let world = World::new(3);
    let (domain, admin) = (world.server("one.example"), world.person("one.example", "olga"));
    let reasoned = RuleWish { reason: Some("spam".to_owned()), ..wish("*.Evil.example.", Severity::Block) };
    done(world.call::<Domain>(&domain, &admin, SetRules { rules: vec![reasoned], imported: false }));
    let rules = shown(&world, &domain);
    let (target, rule) = rules.rules[0].clone();
    assert_eq!((rules.count, target.as_str(), rule.severity), (1, "evil.example", Severity::Block));
    assert_eq!((rule.by, rule.reason.as_deref()), (admin.id.clone(), Some("spam")));
    done(world.call::<Domain>(&domain, &admin, set("evil.example", Severity::Limit)));
    let rules = shown(&world, &domain);
    assert_eq!((rules.count, rules.rules[0].1.severity), (1, Severity::Limit));
    done(world.call::<Domain>(&domain, &domain, DropRule { target: "evil.example".to_owned() }));
    assert_eq!(shown(&world, &domain).rules, []);
    let lines = log(&world, &domain);
    let said: Vec<_> = lines.iter().map(|line| (line.did, line.by.clone(), line.note.as_deref())).collect();
    let expected = [
        (Did::DropRule, domain.clone(), None),
        (Did::Limit, admin.id.clone(), None),
        (Did::Block, admin.id.clone(), Some("spam")),
    ];
    assert_eq!(said, expected);
    let settings = ModerationSettings { only_allowed: true, audit_days: 30 };
    done(world.call::<Domain>(&domain, &admin, ChangeModeration { settings: settings.clone() }));
    assert_eq!(shown(&world, &domain).settings, settings);
}

#[test]
fn what_is_no_rule_is_refused_and_nothing_is_changed() {
    let world = World::new(3);
    let domain = world.server("one.example");
    let long = RuleWish { note: Some("x".repeat(RULE_WORDS_CHARS_MAX + 1)), ..wish("a.example", Severity::Block) };
    #[rustfmt::skip]
    let rows = [
        (vec![wish("not a host", Severity::Block)],                         "not-a-target"),
        (vec![wish("https://a.example/u/eve", Severity::Allow)],            "not-a-target"),
        (vec![wish("one.example", Severity::Block)],                        "own-server"),
        (vec![wish("example", Severity::Limit)],                            "own-server"),
        (vec![wish("https://one.example/people/a", Severity::Block)],       "own-server"),
        (vec![long],                                                        "too-long"),
        (vec![wish("a.example", Severity::Block), wish("", Severity::Block)], "not-a-target"),
        ((0..=RULES_STEP).map(|n| wish(&format!("h{n}.example"), Severity::Block)).collect(), "too-many-rules"),
    ];
    for (rules, code) in rows {
        let why = refused(world.call::<Domain>(&domain, &domain, SetRules { rules, imported: false }));
        assert_eq!(why.code, code, "{why}");
    }
    let drop = DropRule { target: "a.example".to_owned() };
    assert_eq!(refused(world.call::<Domain>(&domain, &domain, drop)).code, "no-such-rule");
    let settings = ModerationSettings { audit_days: 0, ..ModerationSettings::default() };
    assert_eq!(refused(world.call::<Domain>(&domain, &domain, ChangeModeration { settings })).code, "not-so-long");
    assert_eq!((shown(&world, &domain).count, log(&world, &domain)), (0, Vec::new()));
}

#[test]
fn a_list_leaves_rules_that_stand_as_they_are_and_is_one_line_of_the_log() {
    let world = World::new(3);
    let domain = world.server("one.example");
    done(world.call::<Domain>(&domain, &domain, set("a.example", Severity::Limit)));
    let rules = ["a.example", "b.example", "one.example"].map(|host| wish(host, Severity::Block)).to_vec();
    let came = done(world.call::<Domain>(&domain, &domain, SetRules { rules, imported: true }));
    assert_eq!(came, json!({"made": 1, "left": 1, "refused": 1}));
    let severities: Vec<Severity> = shown(&world, &domain).rules.iter().map(|(_, rule)| rule.severity).collect();
    assert_eq!(severities, [Severity::Limit, Severity::Block]);
    assert_eq!(log(&world, &domain)[0].did, Did::ImportRules);
}

#[test]
fn there_are_so_many_rules_and_lines_and_no_more() {
    let world = World::new(3);
    let domain = world.server("one.example");
    // As if it had been at work for long.
    let boxes = world.0.borrow().servers["one.example"].boxes.clone();
    let mut state = Domain::default();
    state.moderation.rules = RULES_MAX;
    state.moderation.audit_next = AUDIT_LINES_MAX + 2;
    boxes.plant(&domain, &state);
    let why = refused(world.call::<Domain>(&domain, &domain, set("a.example", Severity::Block)));
    assert_eq!(why.code, "too-many-rules");
    let settings = ModerationSettings { only_allowed: true, ..ModerationSettings::default() };
    done(world.call::<Domain>(&domain, &domain, ChangeModeration { settings }));
    let stored = boxes.states()[&domain].clone();
    let first = stored.state.value()["moderation"]["audit_first"].as_u64().unwrap();
    assert_eq!(first, AUDIT_SWEPT_MAX as u64, "the oldest go, a few with each line");
}

#[test]
fn lines_that_have_been_kept_for_as_long_as_is_set_go() {
    let world = World::new(3);
    let domain = world.server("one.example");
    let settings = ModerationSettings { audit_days: 2, ..ModerationSettings::default() };
    done(world.call::<Domain>(&domain, &domain, ChangeModeration { settings }));
    for (days, kept) in [(1, 2), (3, 1), (0, 2)] {
        world.0.borrow_mut().now += days * 24 * 60 * 60 + 1;
        let (target, severity) = (format!("h{days}.example"), Severity::Block);
        done(world.call::<Domain>(&domain, &domain, set(&target, severity)));
        assert_eq!(log(&world, &domain).len(), kept, "{days}");
    }
}

#[test]
fn who_is_limited_follows_nobody_unasked_and_all_others_do() {
    let world = World::new(3);
    let (alice, bob) = (world.person("one.example", "alice"), world.person("two.example", "bob"));
    let boxes = world.0.borrow().servers["one.example"].boxes.clone();
    for (n, (how, followers, waiting)) in
        [(json!({"limited": true}), 0, 1), (json!({"limited": false}), 1, 1)].into_iter().enumerate()
    {
        let id = ActId::new(format!("{}/outbox/follow{n}", bob.id));
        let mut body = client::follow(&alice);
        body["id"] = id.as_str().into();
        body["actor"] = bob.id.as_str().into();
        let act = Arc::new(pritchel_actor::Act::made(id.clone(), bob.id.clone(), body));
        boxes.receive(act, &ActorId::from("https://one.example/nobody"), 0);
        let what = What::Act { id, how: Arc::new(how) };
        boxes.post(&alice, Message { from: bob.id.clone(), at: world.now(), what });
        world.0.borrow_mut().servers.get_mut("one.example").unwrap().node.wake(&alice);
        world.settle();
        assert_eq!(world.rows(alice.as_str(), "followers").len(), followers, "{n}");
        assert_eq!(world.rows(alice.as_str(), "follow_requests").len(), waiting, "{n}");
    }
}

#[test]
fn a_rule_kept_by_an_earlier_version_is_read() {
    let old = json!({"severity": "block", "since": 7, "by": "https://one.example/actor"});
    let rule: Rule = serde_json::from_value(old.clone()).unwrap();
    assert_eq!(serde_json::to_value(rule).unwrap(), old);
    let line = json!({"at": 7, "by": "https://one.example/actor", "did": "block"});
    assert_eq!(serde_json::to_value(serde_json::from_value::<AuditLine>(line.clone()).unwrap()).unwrap(), line);
    assert_eq!(serde_json::from_value::<Domain>(json!({"settings": {}, "people": 0})).unwrap(), Domain::default());
}
