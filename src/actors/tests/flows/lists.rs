//! Lists of tickets: narrowed by all that is asked at once, in each order, page by page; at most a bounded number of rows is read.

use super::{Cast, Place};
use pritchel_actor::{ActorId, RowKey};
use pritchel_actors::client;
use pritchel_actors::limits::{LIST_TERMS_MAX, LISTED_STEP};
use pritchel_actors::ticket_tracker::list::{Asked, ListTickets, Order, TicketList};
use pritchel_actors::ticket_tracker::listed::{LISTED, Listed, Term};
use pritchel_actors::ticket_tracker::ticket::TICKETS;
use pritchel_actors::ticket_tracker::{Listing, TicketTracker};
use serde_json::{Value, json};
use std::sync::Arc;

fn all() -> ListTickets {
    ListTickets { viewer: None, asked: Asked::default(), order: Order::Newest, after: None, limit: 10 }
}

fn with(terms: &[Term]) -> ListTickets {
    ListTickets { asked: Asked { terms: terms.to_vec(), ..Asked::default() }, ..all() }
}

fn listed(cast: &Cast, tracker: &ActorId, list: &ListTickets) -> TicketList {
    cast.world.see::<TicketTracker, _>(tracker, list).unwrap()
}

fn numbers(cast: &Cast, list: &ListTickets) -> Vec<u64> {
    listed(cast, &cast.tracker, list).tickets.into_iter().map(|(number, _)| number).collect()
}

fn label(text: &str) -> Term {
    Term::Label(text.to_owned())
}

/// Five tickets: those with even numbers by bob, the second closed, the third alice's to do, with two comments on the first.
fn five(cast: &Cast) {
    for number in 1..=5 {
        let who = if number % 2 == 0 { &cast.bob } else { &cast.alice };
        who.does(client::open_ticket(who, &cast.tracker, &format!("Tea {number}"), "", None));
        cast.world.pass(60);
    }
    let (tracker, ticket) = (&cast.tracker, |number: u64| format!("{}/tickets/{number}", cast.tracker));
    let may = cast.olga.permit(tracker);
    cast.olga.does(client::close(tracker, &ticket(2), Some(&may)));
    cast.world.pass(60);
    cast.olga.does(client::assign(tracker, &ticket(3), &cast.olga.id, Some(&may)));
    cast.world.pass(60);
    for _ in 0..2 {
        cast.bob.does(client::comment(tracker, &ticket(1), None, "Yes.", None));
    }
}

#[test]
fn a_list_is_narrowed_by_all_that_is_asked_at_once() {
    let cast = Cast::new(7, Place::One);
    five(&cast);
    let (alice, bob, olga) = (cast.alice.id.clone(), cast.bob.id.clone(), cast.olga.id.clone());
    let open = |open: bool, list: ListTickets| ListTickets { asked: Asked { open: Some(open), ..list.asked }, ..list };
    let rows = [
        (all(), vec![5, 4, 3, 2, 1]),
        (open(true, all()), vec![5, 4, 3, 1]),
        (open(false, all()), vec![2]),
        (with(&[Term::Author(bob.clone())]), vec![4, 2]),
        (open(true, with(&[Term::Author(bob.clone())])), vec![4]),
        (with(&[Term::Assignee(olga.clone())]), vec![3]),
        (with(&[Term::Author(bob), Term::Assignee(olga)]), vec![]),
        (open(true, with(&[Term::Author(alice), Term::Nobody])), vec![5, 1]),
        (ListTickets { asked: Asked { text: Some("tEA 3".into()), ..Asked::default() }, ..all() }, vec![3]),
        (ListTickets { order: Order::Oldest, ..all() }, vec![1, 2, 3, 4, 5]),
        (ListTickets { order: Order::Active, ..all() }, vec![1, 3, 2, 5, 4]),
        (ListTickets { order: Order::Quiet, ..all() }, vec![4, 5, 2, 3, 1]),
        (ListTickets { order: Order::Comments, ..all() }, vec![1, 5, 4, 3, 2]),
    ];
    for (list, expected) in rows {
        assert_eq!(numbers(&cast, &list), expected, "{list:?}");
    }
    let many = with(&vec![Term::Nobody; LIST_TERMS_MAX + 1]);
    assert!(cast.world.see::<TicketTracker, _>(&cast.tracker, &many).is_err());
}

#[test]
fn pages_of_each_order_have_every_ticket_once() {
    let cast = Cast::new(7, Place::One);
    five(&cast);
    for order in [Order::Newest, Order::Oldest, Order::Active, Order::Quiet, Order::Comments] {
        let whole = numbers(&cast, &ListTickets { order, ..all() });
        let (mut paged, mut after) = (Vec::new(), None);
        for _ in 0..3 {
            let page = listed(&cast, &cast.tracker, &ListTickets { order, after, limit: 2, ..all() });
            assert!(page.tickets.len() <= 2);
            paged.extend(page.tickets.into_iter().map(|(number, _)| number));
            after = page.next;
        }
        assert_eq!((paged, after), (whole, None), "{order:?}");
    }
}

#[test]
fn a_list_by_labels_follows_what_becomes_of_them() {
    let cast = Cast::new(7, Place::One);
    five(&cast);
    let (olga, tracker) = (&cast.olga, &cast.tracker);
    let workflow = cast.world.make(olga, &cast.factory, "Workflow", "steps");
    let may = olga.permit(&workflow);
    olga.does(client::make_enum(&workflow, ("Level", ""), true, &[("low", None), ("high", None)], &may));
    let level = format!("{workflow}/enums/1");
    olga.does(client::make_field(&workflow, ("Level", "", None), "fieldTypeEnum", Some(&level), &may));
    olga.does(client::make_field(&workflow, ("Urgent", "", None), "fieldTypeClass", None, &may));
    cast.tie((olga, &workflow), (olga, tracker), "visit");
    let may = olga.permit(tracker);
    let sets = |number: u64, field: u64, value: Value| {
        let (ticket, field) = (format!("{tracker}/tickets/{number}"), format!("{workflow}/fields/{field}"));
        olga.does(client::edit_fields(tracker, &ticket, &[(&field, value)], Some(&may)));
    };
    let high = format!("{level}/values/2");
    for number in [1, 2, 4] {
        sets(number, 1, json!(high));
    }
    sets(4, 2, json!(true));
    let urgent = format!("{workflow}/fields/2");
    assert_eq!(numbers(&cast, &with(&[label(&high)])), [4, 2, 1]);
    assert_eq!(numbers(&cast, &with(&[label("HIGH")])), [4, 2, 1], "by its name");
    assert_eq!(numbers(&cast, &with(&[label(&high), label(&urgent)])), [4], "all of them");
    assert_eq!(numbers(&cast, &with(&[label(&format!("{level}/values/1"))])), [0; 0]);
    sets(4, 1, Value::Null);
    assert_eq!(numbers(&cast, &with(&[label(&high)])), [2, 1]);
    let delete = client::delete_ticket(tracker, &format!("{tracker}/tickets/1"), &may);
    olga.does(delete);
    assert_eq!(numbers(&cast, &with(&[label(&high)])), [2]);
}

#[test]
fn a_list_of_a_private_tracker_is_not_shown_to_strangers() {
    let cast = Cast::new(7, Place::One);
    let create = client::create(&cast.factory, "TicketTracker", "secrets", None, &cast.olga.permit(&cast.factory));
    let create = cast.olga.does(client::with_visibility(create, "private"));
    let tracker = ActorId::new(cast.olga.result(&create));
    let looks = |viewer: Option<ActorId>| {
        cast.world.see::<TicketTracker, _>(&tracker, &ListTickets { viewer, ..all() }).is_ok()
    };
    assert!(looks(Some(cast.olga.id.clone())) && !looks(Some(cast.bob.id.clone())) && !looks(None));
}

/// A tracker with so many tickets, each third by bob, with a label of its own for each hundredth. Only these have a row that can be read.
fn many(cast: &Cast, count: u64, listing: Option<Listing>) {
    five(cast);
    let row: Value = cast.world.rows(cast.tracker.as_str(), "tickets").remove(0).1;
    cast.world.plant_rows(&cast.tracker, |put| {
        for number in 1..=count {
            let mut ticket = row.clone();
            let by = if number % 3 == 0 { &cast.bob } else { &cast.alice };
            ticket["author"] = json!(by.id);
            ticket["active"] = json!(number * 7_919 % count);
            if number % 100 == 0 {
                let origin = format!("https://far.example/{number}");
                ticket["imported"] = json!({"origin": origin, "author": "x", "labels": ["rare"]});
            }
            let text = |value: String| -> Arc<[u8]> { [&1u16.to_be_bytes()[..], value.as_bytes()].concat().into() };
            let short = TICKETS.read(&text(ticket.to_string())).map(|ticket| Listed::of(&ticket)).unwrap();
            let readable = number % 100 == 0 || listing.is_none();
            let kept = if readable { ticket.to_string() } else { "broken".to_owned() };
            put(TICKETS.name(), number.encode(), text(kept));
            if listing.is_some() {
                put(LISTED.name(), number.encode(), text(serde_json::to_string(&short).unwrap()));
            }
        }
    });
    cast.world.edit(&cast.tracker, |state| {
        (state["last"], state["open"], state["closed"]) = (json!(count), json!(count), json!(0));
        match listing {
            Some(listing) => state["listing"] = json!(listing),
            None => drop(state.as_object_mut().unwrap().remove("listing")),
        }
    });
}

#[test]
fn of_ten_thousand_tickets_only_those_on_the_page_are_read_whole() {
    let cast = Cast::new(7, Place::One);
    many(&cast, 10_000, Some(Listing::Whole));
    let bobs = Term::Author(cast.bob.id.clone());
    for order in [Order::Newest, Order::Oldest, Order::Active, Order::Quiet, Order::Comments] {
        let list = ListTickets { order, limit: 30, ..with(&[label("rare"), bobs.clone()]) };
        let page = listed(&cast, &cast.tracker, &list);
        assert_eq!(page.tickets.len(), 30, "{order:?}");
        assert!(page.tickets.iter().all(|(number, _)| number % 300 == 0), "{order:?}");
        let rest = listed(&cast, &cast.tracker, &ListTickets { after: page.next, ..list });
        assert_eq!((rest.tickets.len(), rest.next, rest.cut), (3, None, None), "{order:?}");
    }
    // One that is not on the page is broken, and would have been noticed.
    let broken = cast.world.see::<TicketTracker, _>(&cast.tracker, &with(&[bobs]));
    assert!(broken.is_err());
}

#[test]
fn a_tracker_of_an_earlier_version_gets_its_short_forms_and_is_listed_meanwhile() {
    let cast = Cast::new(7, Place::One);
    let count = 2 * LISTED_STEP as u64 + 20;
    many(&cast, count, None);
    cast.world.plant_rows(&cast.tracker, |_| {});
    let rare = with(&[label("rare")]);
    assert_eq!(numbers(&cast, &rare), [200, 100]);
    cast.bob.does(client::open_ticket(&cast.bob, &cast.tracker, "One more", "", None));
    let state: Value = cast.world.0.borrow().servers["one.example"].boxes.states()[&cast.tracker].state.value();
    assert_eq!(state["listing"], json!("whole"));
    assert_eq!(cast.world.rows(cast.tracker.as_str(), "listed").len() as u64, count + 1);
    assert_eq!(numbers(&cast, &rare), [200, 100]);
}
