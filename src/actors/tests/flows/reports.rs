//! Reports from people here and from other servers, and people who are suspended.

use crate::world::World;
use crate::world::cast::{Somebody, done};
use pritchel_actor::{ActorId, Outcome, Refusal, Value};
use pritchel_actors::domain::audit::{Did, ViewAudit};
use pritchel_actors::domain::reports::{Report, ReportsShown, ViewReports};
use pritchel_actors::domain::suspend::{Suspended, ViewSuspended};
use pritchel_actors::domain::{FileReport, NoteReport, Reinstate, ResolveReport, Suspend};
use pritchel_actors::limits::{
    DELETION_UNDONE_S, RECENT_REPORTS_MAX, REPORT_CHARS_MAX, REPORT_NOTES_MAX, REPORTED_MAX, REPORTS_OF_ONE_MAX,
    REPORTS_OPEN_MAX, SUSPENDED_MAX,
};
use pritchel_actors::person::rows::Scope;
use pritchel_actors::person::view::{SessionOf, TokenOf, ViewSshKeys};
use pritchel_actors::person::{AddSshKey, EndSuspended, IssueToken, OpenSession};
use pritchel_actors::{Domain, Person, client};
use serde_json::json;

const FAR: &str = "https://far.example/actor";

struct Scene {
    world: World,
    domain: ActorId,
    admin: Somebody,
    alice: Somebody,
}

impl Scene {
    fn new() -> Self {
        let world = World::new(3);
        let domain = world.server("one.example");
        let (admin, alice) = (world.person("one.example", "olga"), world.person("one.example", "alice"));
        Self { world, domain, admin, alice }
    }

    fn shown(&self, open: bool) -> ReportsShown {
        self.world.see::<Domain, _>(&self.domain, &ViewReports { open, before: None, limit: 500 }).unwrap()
    }

    fn does(&self, by: &ActorId, call: impl Into<<Domain as pritchel_actor::Actor>::Call>) -> Value {
        let answer = done(self.world.call::<Domain>(&self.domain, by, call));
        self.world.settle();
        answer
    }

    fn refused(&self, by: &ActorId, call: impl Into<<Domain as pritchel_actor::Actor>::Call>) -> Refusal {
        match self.world.call::<Domain>(&self.domain, by, call) {
            Outcome::Refused(why) => why,
            other => panic!("expected a refusal, found {other:?}"),
        }
    }

    fn flag(&self, n: usize, object: Value) {
        let id = format!("https://far.example/flags/{n}");
        let body =
            json!({"id": id, "type": "Flag", "actor": FAR, "object": object, "content": "<p>Spam &amp; more</p>"});
        self.world.sends(&self.domain, &body);
        self.world.settle();
    }

    fn file(&self, object: &str) -> FileReport {
        FileReport { objects: vec![object.to_owned()], about: None, text: "spam".to_owned(), forward: false }
    }

    /// As if it had been at work for long.
    fn aged(&self, change: impl FnOnce(&mut Domain)) {
        let boxes = self.world.0.borrow().servers["one.example"].boxes.clone();
        let mut state: Domain = serde_json::from_value(boxes.states()[&self.domain].state.value().clone()).unwrap();
        change(&mut state);
        boxes.plant(&self.domain, &state);
        self.world.restart("one.example");
    }
}

#[test]
fn what_another_server_reports_waits_until_an_administrator_is_done_with_it() {
    let scene = Scene::new();
    scene.flag(1, json!([scene.alice.id, {"id": "https://one.example/notes/1", "type": "Note"}]));
    let shown = scene.shown(true);
    let (number, report) = shown.reports[0].clone();
    assert_eq!((shown.open, number, report.by.as_str(), report.text.trim()), (1, 1, FAR, "Spam & more"));
    assert_eq!(report.objects, [scene.alice.id.as_str(), "https://one.example/notes/1"]);
    assert!(!scene.alice.heard().contains(&"Flag".to_owned()), "those it is about are not told");
    let note = NoteReport { number, text: "looks like it".to_owned() };
    scene.does(&scene.admin, note);
    scene.does(&scene.admin, ResolveReport { number, resolved: true });
    assert_eq!((scene.shown(true).reports, scene.shown(true).open), (Vec::new(), 0));
    let report = scene.shown(false).reports[0].1.clone();
    assert_eq!(report.notes[0].text, "looks like it");
    assert_eq!(report.resolved.map(|(by, _)| by), Some(scene.admin.id.clone()));
    scene.does(&scene.admin, ResolveReport { number, resolved: false });
    assert_eq!(scene.shown(true).open, 1);
    let log = scene.world.see::<Domain, _>(&scene.domain, &ViewAudit { before: None, limit: 9 }).unwrap();
    let did: Vec<Did> = log.into_iter().map(|(_, line)| line.did).collect();
    assert_eq!(did, [Did::ReopenReport, Did::ResolveReport]);
}

#[test]
fn a_report_of_somebody_here_is_passed_on_in_the_name_of_the_server() {
    let scene = Scene::new();
    let bob = scene.world.person("two.example", "bob");
    let report = FileReport { about: Some(bob.id.clone()), forward: true, ..scene.file("https://two.example/notes/1") };
    scene.does(&scene.alice, report.clone());
    let kept = scene.shown(true).reports[0].1.clone();
    assert_eq!((kept.by, kept.about), (scene.alice.id.clone(), Some(bob.id.clone())));
    let forwarded = kept.forwarded.unwrap();
    let boxes = scene.world.0.borrow().servers["one.example"].boxes.clone();
    let flag = boxes.act(&forwarded).unwrap().body.clone();
    assert_eq!((&flag["type"], &flag["actor"]), (&json!("Flag"), &json!(scene.domain)));
    assert_eq!(flag["object"], json!([bob.id, "https://two.example/notes/1"]));
    assert!(!flag.to_string().contains(scene.alice.id.as_str()), "{flag}");
    for (forward, about) in [(false, bob.id.clone()), (true, scene.admin.id.clone())] {
        scene.does(&scene.alice, FileReport { about: Some(about), forward, ..report.clone() });
        assert_eq!(scene.shown(true).reports[0].1.forwarded, None);
    }
}

#[test]
fn reports_are_bounded_for_each_who_makes_them_and_in_all() {
    let scene = Scene::new();
    for (report, code) in [
        (FileReport { objects: Vec::new(), ..scene.file("x") }, "nothing-reported"),
        (FileReport { objects: vec!["x".to_owned(); REPORTED_MAX + 1], ..scene.file("x") }, "nothing-reported"),
        (FileReport { text: "x".repeat(REPORT_CHARS_MAX + 1), ..scene.file("x") }, "too-long"),
    ] {
        assert_eq!(scene.refused(&scene.alice, report).code, code);
    }
    for n in 0..=REPORTS_OF_ONE_MAX {
        scene.flag(n as usize, json!(scene.alice.id));
    }
    assert_eq!(scene.shown(true).open, REPORTS_OF_ONE_MAX, "one server fills no more than its share");
    scene.does(&scene.alice, scene.file("https://one.example/x"));
    assert_eq!(scene.shown(true).open, REPORTS_OF_ONE_MAX + 1, "others come through");
    scene.does(&scene.admin, ResolveReport { number: 1, resolved: true });
    scene.flag(1000, json!(scene.alice.id));
    assert_eq!(scene.shown(true).open, REPORTS_OF_ONE_MAX + 1, "there is room again");
    scene.aged(|domain| domain.moderation.reports_open = REPORTS_OPEN_MAX);
    assert_eq!(scene.refused(&scene.alice, scene.file("https://one.example/x")).code, "too-many-reports");
}

#[test]
fn old_reports_go_when_somebody_is_done_with_them_and_newer_ones_have_come() {
    let scene = Scene::new();
    for _ in 0..3 {
        scene.does(&scene.alice, scene.file("https://one.example/x"));
    }
    scene.does(&scene.admin, ResolveReport { number: 1, resolved: true });
    scene.aged(|domain| domain.moderation.reports = RECENT_REPORTS_MAX + 4);
    scene.does(&scene.alice, scene.file("https://one.example/x"));
    let numbers = || scene.shown(false).reports.into_iter().map(|(number, _)| number).collect::<Vec<_>>();
    assert_eq!(numbers(), [RECENT_REPORTS_MAX + 5, 3, 2], "what waits is kept");
    scene.does(&scene.admin, ResolveReport { number: 2, resolved: true });
    assert_eq!(numbers(), [RECENT_REPORTS_MAX + 5, 3]);
    assert_eq!(scene.refused(&scene.admin, ResolveReport { number: 2, resolved: false }).code, "no-such-report");
    let note = |text: &str| NoteReport { number: 3, text: text.to_owned() };
    for _ in 0..REPORT_NOTES_MAX {
        scene.does(&scene.admin, note("x"));
    }
    assert_eq!(scene.refused(&scene.admin, note("x")).code, "too-many-notes");
    assert_eq!(scene.refused(&scene.admin, note("")).code, "too-long");
}

/// Whether alice's session, token and SSH key open anything.
fn opens(scene: &Scene) -> [bool; 3] {
    let (world, alice) = (&scene.world, &scene.alice.id);
    [
        world.see::<Person, _>(alice, &SessionOf { hash: "s".to_owned() }).unwrap().is_some(),
        world.see::<Person, _>(alice, &TokenOf { hash: "t".to_owned() }).unwrap().is_some(),
        !world.see::<Person, _>(alice, &ViewSshKeys).unwrap().is_empty(),
    ]
}

#[test]
fn whoever_is_suspended_is_shut_out_until_they_are_reinstated() {
    let scene = Scene::new();
    let (world, alice) = (&scene.world, &scene.alice);
    let session = |hash: &str| OpenSession { hash: hash.to_owned(), until: world.now() + 1000, browser: None };
    done(world.call::<Person>(alice, alice, session("s")));
    let token = IssueToken {
        hash: "t".to_owned(),
        label: "x".to_owned(),
        scopes: vec![Scope::Read],
        until: None,
        ..serde_json::from_value(json!({"hash": "", "label": "", "scopes": [], "until": null})).unwrap()
    };
    done(world.call::<Person>(alice, alice, token));
    let key = AddSshKey { fingerprint: "f".to_owned(), content: "ssh-ed25519 AAAA".to_owned(), name: "k".to_owned() };
    done(world.call::<Person>(alice, alice, key));
    assert_eq!(opens(&scene), [true; 3]);
    let suspend = Suspend { person: alice.id.clone(), hidden: true, why: Some("spam".to_owned()), delete: false };
    scene.does(&scene.admin, suspend.clone());
    assert_eq!(opens(&scene), [false; 3]);
    assert_eq!(alice.cannot_post(client::follow(&scene.admin)).code, "suspended");
    match world.call::<Person>(alice, alice, session("s2")) {
        Outcome::Refused(why) => assert_eq!(why.code, "suspended"),
        other => panic!("{other:?}"),
    }
    let rows = || world.see::<Domain, _>(&scene.domain, &ViewSuspended { after: None, limit: 9 }).unwrap();
    let (who, row) = rows()[0].clone();
    assert_eq!(
        (who, row.by, row.hidden, row.why.as_deref()),
        (alice.id.clone(), scene.admin.id.clone(), true, Some("spam"))
    );
    scene.does(&scene.admin, Reinstate { person: alice.id.clone() });
    assert_eq!((opens(&scene), rows()), ([true; 3], Vec::new()));
    assert_eq!(scene.refused(&scene.admin, Reinstate { person: alice.id.clone() }).code, "not-suspended");
    assert_eq!(scene.refused(alice, suspend.clone()).code, "not-oneself");
    let long = Suspend { why: Some("x".repeat(501)), ..suspend.clone() };
    assert_eq!(scene.refused(&scene.admin, long).code, "too-long");
    scene.aged(|domain| domain.moderation.suspended = SUSPENDED_MAX);
    assert_eq!(scene.refused(&scene.admin, suspend).code, "too-many-suspended");
}

#[test]
fn an_account_that_is_deleted_can_be_had_back_for_two_weeks_and_then_is_gone() {
    let scene = Scene::new();
    let (world, alice) = (&scene.world, &scene.alice);
    let bob = world.person("two.example", "bob");
    bob.does(client::follow(alice));
    let delete = |delete, hidden| Suspend { person: alice.id.clone(), hidden, why: None, delete };
    let rows = || world.see::<Domain, _>(&scene.domain, &ViewSuspended { after: None, limit: 9 }).unwrap();
    let people = || world.rows(scene.domain.as_str(), "people").len();
    let before = people();
    scene.does(&scene.admin, delete(true, false));
    let ends = rows()[0].1.ends.unwrap();
    assert_eq!(ends, world.now() + DELETION_UNDONE_S);
    world.pass(DELETION_UNDONE_S - 60);
    world.settle();
    assert_eq!(alice.cannot_post(client::follow(&bob)).code, "suspended");
    scene.does(&scene.admin, Reinstate { person: alice.id.clone() });
    world.pass(120);
    world.settle();
    assert_eq!((people(), rows()), (before, Vec::new()), "it was undone in time");
    alice.does(client::follow(&bob));

    scene.does(&scene.admin, delete(true, true));
    world.pass(3600);
    let ends = rows()[0].1.ends;
    scene.does(&scene.admin, delete(true, true));
    assert_eq!(rows()[0].1.ends, ends, "asking again gives no more time");
    scene.does(&scene.admin, delete(false, true));
    world.pass(DELETION_UNDONE_S);
    world.settle();
    assert_eq!((people(), rows()[0].1.ends), (before, None), "only suspended");
    scene.does(&scene.admin, delete(true, true));
    world.restart("one.example");
    world.pass(DELETION_UNDONE_S);
    world.settle();
    assert_eq!((people(), rows()[0].1.gone), (before - 1, true), "what they said stays hidden");
    assert!(bob.heard().iter().any(|heard| heard == "Delete"), "{:?}", bob.heard());
    assert_eq!(scene.refused(&scene.admin, Reinstate { person: alice.id.clone() }).code, "account-deleted");
    assert_eq!(scene.refused(&scene.admin, delete(true, true)).code, "account-deleted");
    let did: Vec<_> = world.see::<Domain, _>(&scene.domain, &ViewAudit { before: None, limit: 9 }).unwrap();
    assert!(did.iter().any(|(_, line)| line.did == Did::DeletePerson), "{did:?}");
    // Nobody but the person's own timer ends an account, and nobody ends one that goes on.
    let dora = world.person("one.example", "dora");
    match world.call::<Person>(&dora, &scene.domain, EndSuspended {}) {
        Outcome::Refused(why) => assert_eq!(why.code, "not-itself"),
        other => panic!("{other:?}"),
    }
    done(world.call::<Person>(&dora, &dora, EndSuspended {}));
    dora.does(client::follow(&bob));
}

#[test]
fn reports_and_suspensions_of_an_earlier_version_are_read() {
    let old = json!({"at": 7, "by": FAR, "objects": ["https://one.example/x"]});
    assert_eq!(serde_json::to_value(serde_json::from_value::<Report>(old.clone()).unwrap()).unwrap(), old);
    let old = json!({"since": 7, "by": FAR});
    assert_eq!(serde_json::to_value(serde_json::from_value::<Suspended>(old.clone()).unwrap()).unwrap(), old);
}
