//! What is kept of a tracker of another server. The worker's part, and the other server's, are played here.

use crate::world::World;
use crate::world::cast::done;
use pritchel_actor::{ActorId, Outcome, Refusal, Seconds, Value};
use pritchel_actors::common::text::{Html, Line};
use pritchel_actors::domain::shelf::{Shelves, ViewShelf};
use pritchel_actors::domain::{FarTrackerLeft, OpenFarTracker};
use pritchel_actors::far_tracker::reading::BUSY;
use pritchel_actors::far_tracker::ticket::FarKey;
use pritchel_actors::far_tracker::view::{FarShown, FarTicketAt, FindFar, ViewFar, WantedFar};
use pritchel_actors::far_tracker::work::{Brought, FAR_JOB, FarPiece, FarWork, Read, Step};
use pritchel_actors::far_tracker::{BeginFar, HearFar, UseFar};
use pritchel_actors::limits::{
    FAR_FRESH_S, FAR_SPARED_S, FAR_STEP, FAR_TRACKERS_MAX, FAR_TRIES_S, FAR_UNUSED_S, FAR_WHOLE_S,
};
use pritchel_actors::{Domain, FarTracker};
use std::cell::RefCell;
use std::collections::BTreeMap;

const OF: &str = "https://old.example/trackers/tea";
const HOST: &str = "one.example";
/// Tickets that the other server tells on one page.
const PAGE: usize = 12;

/// The other server: its tickets by number, and whether it answers.
struct Old {
    tickets: RefCell<BTreeMap<u64, (String, bool)>>,
    down: RefCell<Option<Refusal>>,
}

fn uri(number: u64) -> String {
    format!("{OF}/tickets/{number}")
}

impl Old {
    fn of(count: u64) -> Self {
        let tickets = (1..=count).map(|number| (number, (format!("Tea {number}"), number % 2 == 0)));
        Self { tickets: RefCell::new(tickets.collect()), down: RefCell::new(None) }
    }

    fn piece(&self, uri: &str) -> Option<Box<FarPiece>> {
        let number: u64 = uri.rsplit('/').next()?.parse().ok()?;
        let (title, closed) = self.tickets.borrow().get(&number)?.clone();
        Some(Box::new(FarPiece {
            author: format!("https://old.example/people/{}", number % 3).as_str().into(),
            title: Line::parse(&title).unwrap(),
            content: Html::sanitise(&format!("<p>It is <em>{number}</em> hot</p>")).ok(),
            published: 1_000_000 + number as Seconds,
            closed,
        }))
    }

    /// Brings what the worker would.
    fn bring(&self, args: Value) -> Outcome<Value> {
        let work: FarWork = serde_json::from_value(args).unwrap();
        assert_eq!(work.of.as_str(), OF);
        if let Some(why) = self.down.borrow().clone() {
            return Outcome::Refused(why);
        }
        let brought = match work.step {
            Step::Tracker => Brought::Tracker { name: Some("Tea".to_owned()), tickets: format!("{OF}/tickets?0") },
            Step::Page(page) => {
                let from: usize = page.rsplit('?').next().unwrap().parse().unwrap();
                let all: Vec<u64> = self.tickets.borrow().keys().rev().copied().collect();
                let items: Vec<String> = all.iter().skip(from).take(PAGE).map(|number| uri(*number)).collect();
                let next = (from + PAGE < all.len()).then(|| format!("{OF}/tickets?{}", from + PAGE));
                Brought::Page { items, next, total: Some(all.len() as u64) }
            }
            Step::Tickets(uris) => {
                assert!(uris.len() <= FAR_STEP);
                let read = uris.into_iter().map(|uri| Read { found: self.piece(&uri), uri });
                Brought::Tickets { read: read.collect(), stopped: None }
            }
        };
        Outcome::Done(serde_json::to_value(brought).unwrap())
    }
}

fn domain(world: &World) -> ActorId {
    world.server(HOST)
}

/// Somebody looks at a tracker: where it is kept.
fn opened(world: &World, of: &str) -> Outcome<Value> {
    let domain = domain(world);
    let outcome = world.call::<Domain>(&domain, &domain, OpenFarTracker { of: of.into() });
    world.settle();
    outcome
}

fn open(world: &World) -> ActorId {
    ActorId::new(done(opened(world, OF)).as_str().unwrap())
}

/// Does the next job; whether there was one.
fn step(world: &World, far: &ActorId, old: &Old) -> bool {
    let did = world.job(far, |args| old.bring(args));
    world.settle();
    did.is_some_and(|(kind, _)| kind == FAR_JOB)
}

/// Does all jobs; how many there were.
fn all(world: &World, far: &ActorId, old: &Old) -> usize {
    (0..).take_while(|_| step(world, far, old)).count()
}

fn shown(world: &World, far: &ActorId) -> FarShown {
    world.see::<FarTracker, _>(far, &ViewFar { of: OF.into() }).unwrap()
}

fn find(world: &World, far: &ActorId, wanted: WantedFar, after: Option<FarKey>) -> (Vec<String>, Option<FarKey>) {
    let find = FindFar { of: OF.into(), wanted, oldest_first: false, after, limit: 5, scan: 500 };
    let (found, next) = world.see::<FarTracker, _>(far, &find).unwrap();
    (found.into_iter().map(|(_, ticket)| ticket.title.to_string()).collect(), next)
}

#[test]
fn a_tracker_that_is_looked_at_is_brought_in_and_goes_on_after_a_restart() {
    let (world, old) = (World::new(7), Old::of(30));
    let far = open(&world);
    for _ in 0..4 {
        assert!(step(&world, &far, &old));
    }
    let partly = shown(&world, &far);
    assert!(partly.reading.runs && partly.reading.as_of.is_none() && partly.open + partly.closed > 0, "{partly:?}");
    assert_eq!(partly.reading.total, Some(30));
    world.restart(HOST);
    all(&world, &far, &old);
    let whole = shown(&world, &far);
    assert_eq!((whole.open, whole.closed, whole.reading.runs), (15, 15, false));
    assert_eq!(whole.name.as_deref(), Some("Tea"));
    assert!(whole.reading.as_of.is_some() && whole.reading.error.is_none());

    // Filtered and searched, page by page.
    let open_ones = WantedFar { open: Some(true), ..WantedFar::default() };
    let (first, next) = find(&world, &far, open_ones.clone(), None);
    assert_eq!(first, ["Tea 29", "Tea 27", "Tea 25", "Tea 23", "Tea 21"]);
    assert_eq!(find(&world, &far, open_ones, next).0[0], "Tea 19");
    let author = Some("https://old.example/people/2".into());
    assert_eq!(find(&world, &far, WantedFar { author, ..WantedFar::default() }, None).0[0], "Tea 29");
    let text = |text: &str| WantedFar { text: Some(text.to_owned()), ..WantedFar::default() };
    assert_eq!(find(&world, &far, text("tea 17"), None).0, ["Tea 17"]);
    assert_eq!(find(&world, &far, text("IT IS 17 HOT"), None).0, ["Tea 17"], "in what it says");
    let at = FarTicketAt { of: OF.into(), uri: uri(17) };
    let (published, ticket) = world.see::<FarTracker, _>(&far, &at).unwrap().unwrap();
    assert_eq!((published, ticket.content.unwrap().as_str()), (1_000_017, "<p>It is <em>17</em> hot</p>"));
    assert_eq!(opened(&world, OF), Outcome::Done(far.as_str().into()), "it is kept in one place");
    assert_eq!(all(&world, &far, &old), 0, "and not read again at once");
}

#[test]
fn what_changes_there_is_read_when_it_is_told_or_when_it_is_old() {
    let (world, old) = (World::new(8), Old::of(20));
    let far = open(&world);
    all(&world, &far, &old);
    let hear = |tickets: Vec<String>, more: bool| {
        done(world.call::<FarTracker>(&far, &far, HearFar { of: OF.into(), tickets, more }));
        world.settle();
        all(&world, &far, &old)
    };
    old.tickets.borrow_mut().insert(3, ("Coffee".to_owned(), true));
    old.tickets.borrow_mut().remove(&4);
    assert_eq!(hear(vec![uri(3), uri(4), "https://elsewhere.example/1".to_owned()], false), 1);
    assert_eq!((shown(&world, &far).open, shown(&world, &far).closed), (9, 10));
    let found = find(&world, &far, WantedFar { text: Some("coffee".to_owned()), ..WantedFar::default() }, None);
    assert_eq!(found.0, ["Coffee"]);
    // Something new: the list is read as far as all of a page is known.
    old.tickets.borrow_mut().insert(21, ("New".to_owned(), false));
    assert_eq!(hear(Vec::new(), true), 4, "the tracker, two pages, a ticket");
    assert_eq!(shown(&world, &far).open, 10);
    // What was closed without a word is found out when it is old; what is gone there goes here.
    old.tickets.borrow_mut().insert(5, ("Tea 5".to_owned(), true));
    old.tickets.borrow_mut().remove(&6);
    world.pass(FAR_FRESH_S);
    open(&world);
    all(&world, &far, &old);
    assert_eq!(shown(&world, &far).open, 10, "that was a look at what is new");
    world.pass(FAR_WHOLE_S);
    open(&world);
    all(&world, &far, &old);
    assert_eq!((shown(&world, &far).open, shown(&world, &far).closed), (9, 10));
}

#[test]
fn while_its_server_is_away_a_tracker_is_kept_and_asked_for_again_more_slowly() {
    let (world, old) = (World::new(9), Old::of(3));
    let far = open(&world);
    all(&world, &far, &old);
    let as_of = shown(&world, &far).reading.as_of;
    *old.down.borrow_mut() = Some(Refusal::new("origin-unreachable", "nobody answers"));
    world.pass(FAR_FRESH_S);
    open(&world);
    assert_eq!(all(&world, &far, &old), 1);
    let away = shown(&world, &far);
    assert_eq!((away.open + away.closed, away.reading.as_of), (3, as_of));
    assert_eq!(away.reading.error.unwrap().code, "origin-unreachable");
    for seconds in FAR_TRIES_S {
        assert_eq!(all(&world, &far, &old), 0, "before its time");
        world.pass(seconds);
        assert_eq!(all(&world, &far, &old), 1, "after {seconds} s");
    }
    world.pass(100 * FAR_FRESH_S);
    assert_eq!(all(&world, &far, &old), 0, "it is left until somebody looks");
    *old.down.borrow_mut() = Some(Refusal::new(BUSY, "later"));
    open(&world);
    assert_eq!(all(&world, &far, &old), 1);
    assert_eq!(shown(&world, &far).reading.error, None, "that is no failure");
    *old.down.borrow_mut() = None;
    world.pass(60);
    all(&world, &far, &old);
    assert!(shown(&world, &far).reading.as_of > as_of);
    // What is not shown to everybody is not tried again and again.
    *old.down.borrow_mut() = Some(Refusal::new("gone", "404"));
    world.pass(FAR_FRESH_S);
    open(&world);
    all(&world, &far, &old);
    world.pass(100 * FAR_FRESH_S);
    assert_eq!(all(&world, &far, &old), 0);
    assert!(!shown(&world, &far).reading.runs);
}

#[test]
fn the_tracker_that_nobody_looked_at_for_longest_makes_room_and_an_unused_one_goes() {
    let (world, old) = (World::new(10), Old::of(25));
    let domain = domain(&world);
    let first = open(&world);
    all(&world, &first, &old);
    world.pass(1);
    for number in 2..=FAR_TRACKERS_MAX {
        done(opened(&world, &format!("https://old.example/trackers/{number}")));
        world.jobs(&domain, Outcome::Refused(Refusal::new("gone", "404")));
        world.settle();
    }
    let refused = |outcome| match outcome {
        Outcome::Refused(why) => why.code,
        other => panic!("{other:?}"),
    };
    let more = || opened(&world, "https://old.example/trackers/more");
    assert_eq!(refused(more()), "too-many-trackers");
    world.pass(FAR_SPARED_S);
    assert_eq!(done(more()), first.as_str());
    world.jobs(&domain, Outcome::Refused(Refusal::new("gone", "404")));
    world.settle();
    assert!(world.rows(first.as_str(), "far_tickets").is_empty() && world.rows(first.as_str(), "far_index").is_empty());
    let looked = world.see::<FarTracker, _>(&first, &ViewFar { of: OF.into() });
    assert!(looked.is_err(), "another one has taken its place: {looked:?}");
    world.pass(FAR_UNUSED_S + 1);
    world.settle();
    assert!(world.see::<Domain, _>(&domain, &ViewShelf).unwrap().is_empty());
    let again = open(&world);
    all(&world, &again, &old);
    assert_eq!(shown(&world, &again).open, 13);
}

#[test]
fn nobody_but_the_server_itself_has_trackers_kept() {
    let world = World::new(11);
    let (domain, mal) = (domain(&world), world.person(HOST, "mal"));
    let refused = |outcome: Outcome<Value>| match outcome {
        Outcome::Refused(why) => why.code,
        other => panic!("{other:?}"),
    };
    let open_one = |of: &str| OpenFarTracker { of: of.into() };
    assert_eq!(refused(world.call::<Domain>(&domain, &mal.id, open_one(OF))), "not-the-node");
    assert_eq!(
        refused(opened(&world, &format!("{}/trackers/x", domain.as_str().trim_end_matches("/actor")))),
        "own-address"
    );
    assert_eq!(refused(opened(&world, &format!("https://old.example/{}", "x".repeat(600)))), "too-long");
    let far = open(&world);
    let of = || ActorId::from(OF);
    assert_eq!(refused(world.call::<FarTracker>(&far, &mal.id, BeginFar { of: of() })), "not-its-domain");
    assert_eq!(refused(world.call::<FarTracker>(&far, &mal.id, UseFar { of: of() })), "not-its-domain");
    let hear = HearFar { of: of(), tickets: Vec::new(), more: true };
    assert_eq!(refused(world.call::<FarTracker>(&far, &mal.id, hear)), "not-itself");
    done(world.call::<Domain>(&domain, &mal.id, FarTrackerLeft { of: of() }));
    let shelves = |uri: &str| world.see::<Domain, _>(&domain, &Shelves { uri: uri.to_owned() }).unwrap();
    assert_eq!(shelves(OF).unwrap().1.at, far, "nobody else gives it up");
    assert_eq!(shelves(&uri(7)).map(|(of, _)| of), Some(of()), "a ticket lies below its tracker");
    assert_eq!(shelves("https://old.example/trackers/teapot/tickets/7"), None);
}
