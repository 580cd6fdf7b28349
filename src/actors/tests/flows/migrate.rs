//! FL-03 for trackers: one made as a copy of one on another server. The worker's part, and the other server's, are played here.

use super::{Cast, everywhere};
use crate::status::shows;
use crate::world::cast::{Somebody, done};
use crate::world::host;
use pritchel_actor::{ActorId, Outcome, Refusal, Value};
use pritchel_actors::limits::{MIGRATED_PIECES_MAX, MIGRATION_TRIES_S, THREAD_DEPTH_MAX};
use pritchel_actors::ticket_tracker::migrate::batch::{Brought, MigrateWork, Skipped};
use pritchel_actors::ticket_tracker::migrate::view::ViewMigration;
use pritchel_actors::ticket_tracker::migrate::{End, MIGRATE_JOB, Migration};
use pritchel_actors::ticket_tracker::ticket::{Ticket, comment_uri, ticket_uri};
use pritchel_actors::ticket_tracker::view::{CommentShown, ViewComments, ViewTicket};
use pritchel_actors::ticket_tracker::{MigrateAgain, ResumeMigration, StopMigration};
use pritchel_actors::{Domain, TicketTracker, client, domain};
use pritchel_vocab::Uri;
use pritchel_vocab::f3::read;
use serde_json::json;
use std::collections::BTreeMap;

const OLD: &str = "https://old.example/trackers/tea";

/// The other server: what it tells at each address.
#[derive(Default)]
struct Old(BTreeMap<String, Value>);

impl Old {
    fn with(mut self, path: &str, page: Value) -> Self {
        self.0.insert(format!("{OLD}{path}"), page);
        self
    }

    /// Brings what the worker would.
    fn bring(&self, args: Value) -> Outcome<Value> {
        let work: MigrateWork = serde_json::from_value(args).unwrap();
        let Some(page) = self.0.get(&work.place.page) else {
            return Outcome::Refused(Refusal::new("gone", format!("no {}", work.place.page)));
        };
        let from = Uri::parse(&work.place.page).unwrap();
        let page = read::read(page.to_string().as_bytes(), &from, work.place.issue.as_deref()).unwrap();
        Outcome::Done(serde_json::to_value(Brought::of(&page, work.place.done)).unwrap())
    }
}

fn issue(index: usize, terms: Value) -> Value {
    let mut issue = json!({
        "id": format!("{OLD}/tickets/{index}"), "index": index.to_string(), "poster_id": "7", "poster_name": "carol@old.example",
        "title": format!("Tea {index}"), "content": "*hot*", "state": "open", "created": "2001-01-01T00:00:00Z",
        "updated": "2001-01-01T00:00:00Z"
    });
    issue.as_object_mut().unwrap().extend(terms.as_object().unwrap().clone());
    issue
}

fn comment(index: usize, children: Vec<Value>) -> Value {
    json!({
        "index": index.to_string(), "poster_id": "dave", "content": format!("<b>{index}</b>"), "media_type": "text/html",
        "created": "2001-01-02T00:00:00Z", "updated": "2001-01-02T00:00:00Z", "children": children
    })
}

/// Olga's server copies trackers, or not.
fn allow(cast: &Cast, allowed: bool) {
    let of = cast.world.server(host(&cast.olga));
    done(cast.world.call::<Domain>(&of, &of, domain::AllowMigration { allowed }));
}

/// Olga has her factory make a copy.
fn copied(cast: &Cast) -> ActorId {
    allow(cast, true);
    let olga = &cast.olga;
    let create = client::migrate(&cast.factory, &OLD.into(), "tea", "public", &olga.permit(&cast.factory));
    let tracker = ActorId::new(olga.result(&olga.does(create)));
    cast.world.name(&tracker, "copy");
    tracker
}

/// Does the next job; whether there was one.
fn step(cast: &Cast, tracker: &ActorId, does: impl FnOnce(Value) -> Outcome<Value>) -> bool {
    let did = cast.world.job(tracker, does);
    cast.world.settle();
    did.is_some_and(|(kind, _)| kind == MIGRATE_JOB)
}

/// Does all jobs; how many there were.
fn all(cast: &Cast, tracker: &ActorId, old: &Old) -> usize {
    (0..).take_while(|_| step(cast, tracker, |args| old.bring(args))).count()
}

fn migration(cast: &Cast, tracker: &ActorId) -> (Migration, Vec<Skipped>) {
    cast.world.see::<TicketTracker, _>(tracker, &ViewMigration { viewer: None, limit: 10 }).unwrap().unwrap()
}

fn ticket(cast: &Cast, tracker: &ActorId, number: u64) -> Ticket {
    let view = ViewTicket { viewer: None, number, after: None, limit: 0 };
    cast.world.see::<TicketTracker, _>(tracker, &view).unwrap().ticket
}

fn comments(cast: &Cast, tracker: &ActorId, number: u64) -> Vec<CommentShown> {
    let view = ViewComments { viewer: None, number, after: None, limit: 200 };
    cast.world.see::<TicketTracker, _>(tracker, &view).unwrap()
}

fn refused(outcome: Outcome<Value>, code: &str) {
    assert!(matches!(&outcome, Outcome::Refused(why) if why.code == code), "{outcome:?}");
}

/// ForgeFed, "Forks and Migrations".
#[test]
fn a_tracker_is_copied_page_by_page_and_nobody_here_is_its_author() {
    everywhere(|cast| {
        let (olga, alice) = (&cast.olga, &cast.alice);
        let tracker = copied(cast);
        cast.refuses(&tracker, alice, client::open_ticket(alice, &tracker, "Crash", "x", None), "being-copied");
        let tree = json!([comment(0, vec![comment(1, vec![])]), comment(2, vec![])]);
        let closed = json!({
            "state": "closed", "closed": "2001-02-01T00:00:00Z", "comments": tree, "labels": ["odd"], "assignees": ["erin"],
            "comments_next": format!("{OLD}/tickets/3?page=2")
        });
        let old = Old::default()
            .with(
                "",
                json!({"total": 3, "issues": [issue(3, closed), {"index": "4"}], "next": format!("{OLD}?page=3")}),
            )
            .with("/tickets/3?page=2", json!({"comments": [comment(9, vec![])]}))
            .with("?page=3", json!({"total": 3, "issues": [issue(7, json!({}))]}));
        assert!(step(cast, &tracker, |args| old.bring(args)));
        let (now, _) = migration(cast, &tracker);
        assert_eq!((now.state(), now.tickets, now.comments, now.total), ("copying", 1, 3, Some(3)));
        assert_eq!(all(cast, &tracker, &old), 3);

        let (ended, skipped) = migration(cast, &tracker);
        assert_eq!((ended.state(), ended.tickets, ended.comments, ended.pages), ("done", 2, 4, 3));
        assert_eq!((ended.skipped, skipped[0].what.as_str()), (1, "issue 4"));
        let ticket3 = ticket(cast, &tracker, 3);
        let imported = ticket3.imported.as_deref().unwrap();
        assert_eq!((&ticket3.author, imported.author.as_str()), (&tracker, "carol@old.example"));
        assert_eq!(imported.origin, format!("{OLD}/tickets/3"));
        assert_eq!((imported.labels[0].as_str(), imported.assignees[0].as_str()), ("odd", "erin"));
        assert_eq!((ticket3.content.as_str(), ticket3.comments), ("<p><em>hot</em></p>\n", 4));
        assert_eq!((ticket3.is_open(), ticket3.published), (false, 978_307_200));
        let shown = comments(cast, &tracker, 3);
        let tree: Vec<_> = shown.iter().map(|told| (told.comment.content.as_str(), told.above)).collect();
        assert_eq!(tree, [("<b>0</b>", None), ("<b>1</b>", Some(0)), ("<b>2</b>", None), ("<b>9</b>", None)]);
        assert!(shown.iter().all(|told| told.comment.author == tracker && told.comment.imported.is_some()));
        assert_eq!(shown[1].comment.id, comment_uri(&tracker, 3, 1));

        let open = alice.does(client::open_ticket(alice, &tracker, "Crash", "x", None));
        assert_eq!(alice.result(&open), ticket_uri(&tracker, 8), "numbers go on behind those that came");
        let answer = client::comment(&tracker, &ticket_uri(&tracker, 3), Some(&shown[1].comment.id), "So?", None);
        alice.does(answer);
        assert_eq!(comments(cast, &tracker, 3)[4].above, Some(1), "what was copied can be answered");
        let reopen = client::reopen(&tracker, &ticket_uri(&tracker, 3), Some(&olga.permit(&tracker)));
        assert_eq!(cast.world.ended(&tracker, &olga.does(reopen)), "done");
    });
    shows(&["Create:copies"]);
}

#[test]
fn what_comes_twice_is_kept_once_also_when_the_server_stops_in_between() {
    everywhere(|cast| {
        let tracker = copied(cast);
        let issues: Vec<_> = (1..=2 * MIGRATED_PIECES_MAX + 1).map(|index| issue(index, json!({}))).collect();
        let count = issues.len() as u64;
        let old = Old::default().with("", json!({"issues": issues}));
        assert!(step(cast, &tracker, |args| old.bring(args)));
        assert_eq!(migration(cast, &tracker).0.at[0].done, MIGRATED_PIECES_MAX as u64);
        cast.world.restart(host(&tracker));
        // The page has become another: the first has gone there, so that what follows moves up.
        let again: Vec<_> = (1..=count as usize).map(|index| issue(index, json!({}))).collect();
        let again = [again.clone(), again].concat();
        let again = Old::default().with("", json!({"issues": again}));
        assert!(step(cast, &tracker, |args| again.bring(args)));
        cast.world.restart(host(&tracker));
        assert_eq!(all(cast, &tracker, &again), 3);
        let (ended, _) = migration(cast, &tracker);
        assert_eq!((ended.state(), ended.tickets, ended.skipped), ("done", count, 0));
        let number = ticket(cast, &tracker, count);
        assert_eq!(number.title.as_str(), format!("Tea {count}"));
    });
}

#[test]
fn trackers_are_copied_where_the_operator_allows_it_and_from_other_servers_alone() {
    everywhere(|cast| {
        let (olga, factory) = (&cast.olga, &cast.factory);
        let grant = olga.permit(factory);
        let from = |origin: &ActorId| client::migrate(factory, origin, "copy", "public", &grant);
        cast.refuses(factory, olga, from(&OLD.into()), "migration-off");
        let archive = client::migrate_archive(factory, "https://old.example/tea.json", "copy", "public", &grant);
        cast.refuses(factory, olga, archive.clone(), "migration-off");
        allow(cast, true);
        cast.refuses(factory, olga, from(&cast.tracker), "not-elsewhere");
        let mut mirror = from(&OLD.into());
        mirror["object"]["mirrors"] = json!(OLD);
        cast.refuses(factory, olga, mirror, "cannot-copy");
        let mut linked = archive.clone();
        linked["object"]["type"] = json!("Project");
        cast.refuses(factory, olga, linked, "malformed");
        let mut nowhere = archive.clone();
        nowhere["object"]["origin"] = json!({"type": "Link"});
        cast.refuses(factory, olga, nowhere, "malformed");
        let made = ActorId::new(olga.result(&olga.does(archive)));
        cast.world.name(&made, "copy");
        assert_eq!(migration(cast, &made).0.of.uri(), "https://old.example/tea.json");
        allow(cast, false);
        cast.refuses(factory, olga, from(&OLD.into()), "migration-off");
    });
}

#[test]
fn a_copy_that_fails_is_tried_again_given_up_and_goes_on_where_it_stood() {
    everywhere(|cast| {
        let (olga, bob) = (&cast.olga, &cast.bob);
        let tracker = copied(cast);
        let down = |_| Outcome::Refused(Refusal::new("origin-unreachable", "down"));
        assert!(step(cast, &tracker, down));
        for wait_s in MIGRATION_TRIES_S {
            let (now, _) = migration(cast, &tracker);
            assert_eq!((now.state(), now.next.unwrap().1), ("waiting", cast.world.now() + wait_s));
            cast.world.pass(wait_s - 1);
            assert!(!step(cast, &tracker, |work| panic!("{work}")));
            cast.world.pass(1);
            assert!(step(cast, &tracker, down));
        }
        assert_eq!(migration(cast, &tracker).0.state(), "failed");
        let open = olga.does(client::open_ticket(olga, &tracker, "Own", "x", None));
        assert_eq!(olga.result(&open), ticket_uri(&tracker, 1), "it is a tracker all the same");
        let resume = |by: &Somebody| {
            let resumed = cast.world.call::<TicketTracker>(&tracker, &tracker, ResumeMigration { by: by.id.clone() });
            cast.world.settle();
            resumed
        };
        let stop =
            |by: &Somebody| cast.world.call::<TicketTracker>(&tracker, &tracker, StopMigration { by: by.id.clone() });
        refused(resume(bob), "role-too-small");
        refused(stop(bob), "role-too-small");
        refused(stop(olga), "nothing-to-stop");
        refused(cast.world.call::<TicketTracker>(&tracker, &bob.id, MigrateAgain {}), "not-itself");
        done(resume(olga));
        let gone = |_| Outcome::Refused(Refusal::new("gone", "404"));
        assert!(step(cast, &tracker, gone));
        let (now, _) = migration(cast, &tracker);
        assert_eq!((now.state(), now.next), ("failed", None), "it will be no other the next time");
        done(resume(olga));
        assert!(step(cast, &tracker, |_| Outcome::Unknown));
        assert_eq!(migration(cast, &tracker).0.error.unwrap().code, "migration-failed");
        done(resume(olga));
        let old = Old::default().with("", json!({"issues": [issue(1, json!({})), issue(2, json!({}))]}));
        assert_eq!(all(cast, &tracker, &old), 1);
        assert_eq!(migration(cast, &tracker).0.state(), "done");
        let titles: Vec<_> = (1..=3).map(|number| ticket(cast, &tracker, number).title.to_string()).collect();
        assert_eq!(titles, ["Own", "Tea 1", "Tea 2"], "a number that is taken is not given again");
        refused(resume(olga), "nothing-to-fetch");
    });
}

#[test]
fn a_copy_that_was_stopped_takes_no_more_and_can_go_on() {
    everywhere(|cast| {
        let olga = &cast.olga;
        let tracker = copied(cast);
        let many: Vec<_> = (1..=MIGRATED_PIECES_MAX + 1).map(|index| issue(index, json!({}))).collect();
        let old = Old::default().with("", json!({"issues": many}));
        assert!(step(cast, &tracker, |args| old.bring(args)));
        let stop = StopMigration { by: olga.id.clone() };
        done(cast.world.call::<TicketTracker>(&tracker, &tracker, stop));
        cast.world.settle();
        assert!(step(cast, &tracker, |args| old.bring(args)), "it was under way");
        let (now, _) = migration(cast, &tracker);
        assert_eq!(now.tickets as usize, MIGRATED_PIECES_MAX, "and is not taken any more");
        assert!(matches!(&now.ended, Some((_, End::Stopped(by))) if *by == olga.id));
        let resume = ResumeMigration { by: olga.id.clone() };
        done(cast.world.call::<TicketTracker>(&tracker, &tracker, resume));
        cast.world.settle();
        assert_eq!(all(cast, &tracker, &old), 1);
        assert_eq!(
            (migration(cast, &tracker).0.state(), migration(cast, &tracker).0.tickets as usize),
            ("done", MIGRATED_PIECES_MAX + 1)
        );
        let tracker = copied(cast);
        let delete = client::delete_resource(&tracker, &olga.permit(&tracker));
        assert_eq!(cast.world.ended(&tracker, &olga.does(delete)), "done");
        assert!(step(cast, &tracker, |args| old.bring(args)), "what was under way");
        assert!(!step(cast, &tracker, |args| old.bring(args)), "is the last of it");
    });
}

#[test]
fn an_archived_tracker_takes_no_more_until_it_is_taken_out_of_the_archive() {
    everywhere(|cast| {
        let olga = &cast.olga;
        let tracker = copied(cast);
        let archive = |archived| olga.does(client::set_archived(&tracker, archived, &olga.permit(&tracker)));
        assert_eq!(cast.world.ended(&tracker, &archive(true)), "done");
        let old = Old::default().with("", json!({"issues": vec![issue(1, json!({})); MIGRATED_PIECES_MAX + 1]}));
        assert_eq!(all(cast, &tracker, &old), 1, "what was under way");
        let resume = ResumeMigration { by: olga.id.clone() };
        refused(cast.world.call::<TicketTracker>(&tracker, &tracker, resume), "archived");
        assert_eq!(cast.world.ended(&tracker, &archive(false)), "done");
        assert_eq!(all(cast, &tracker, &old), 1);
        assert_eq!(migration(cast, &tracker).0.state(), "done");
    });
}

#[test]
fn what_another_server_claims_is_kept_within_bounds() {
    everywhere(|cast| {
        let tracker = copied(cast);
        let deep = |from: usize, of: Option<usize>| {
            let mut told = comment(from, vec![]);
            told["in_reply_to"] = json!(of.map(|of| format!("{OLD}/tickets/1#comment-{of}")));
            told
        };
        let most = THREAD_DEPTH_MAX as usize + 2;
        let thread: Vec<_> = (0..most).map(|index| deep(index, index.checked_sub(1))).collect();
        let mut own = issue(1, json!({"created": "2999-01-01T00:00:00Z", "comments": thread}));
        own["poster_name"] = json!("olga\u{202e}\n<b>");
        let huge = json!({"index": u64::MAX.to_string()});
        let old = Old::default().with("", json!({"issues": [own, issue(2, huge), issue(3, json!({"index": "1"}))]}));
        all(cast, &tracker, &old);
        let (ended, _) = migration(cast, &tracker);
        assert_eq!((ended.state(), ended.tickets), ("done", 3));
        let first = ticket(cast, &tracker, 1);
        assert!(first.published <= cast.world.now() && first.updated.is_none(), "{first:?}");
        assert!(!first.imported.unwrap().author.as_str().contains('\n'));
        assert_eq!(ticket(cast, &tracker, 2).title.as_str(), "Tea 2", "a number like that is none");
        assert_eq!(ticket(cast, &tracker, 3).title.as_str(), "Tea 3", "nor one that another has");
        let shown = comments(cast, &tracker, 1);
        assert_eq!((shown.len(), shown.last().unwrap().comment.depth), (most, THREAD_DEPTH_MAX));
    });
}
