//! The order of messages, what is read and fetched for them, and how many turns may be under way.

use super::*;
use crate::act::Act;
use crate::errbox::{ERRBOX, SEEN};
use crate::key::ActId;
use crate::look::Look;
use crate::message::{Message, What};
use crate::method::{Actor, Method, Verdict};
use crate::outcome::Halt;
use crate::rows::{Page, Rows};
use crate::sim::toy::ToyNaming;
use crate::turn::{Turn, call_value};
use serde::{Deserialize, Serialize};
use serde_json::json;

const LINES: Rows<u64, u64> = Rows::new("lines");

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Book {}

crate::methods! { Book: BookCall {
    Write private, "", Told;
    Cite  private, "", Told;
    Take  wire "Take", "", Told;
}}

/// Adds a line and answers its number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Write {}

impl Method<Book> for Write {
    type Answer = u64;
    fn turn(self, _: &mut Book, turn: &mut Turn<'_>) -> Result<u64, Halt> {
        let number = LINES.page(turn, Page::last(&[], 1))?.first().map_or(1, |(last, _)| last + 1);
        LINES.put(turn, &number, &number);
        Ok(number)
    }
}

/// Reads documents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cite {
    pub uris: Vec<String>,
}

impl Method<Book> for Cite {
    type Answer = usize;
    fn turn(self, _: &mut Book, turn: &mut Turn<'_>) -> Result<usize, Halt> {
        turn.need_all(self.uris.iter().cloned().map(Need::Document).collect())?;
        Ok(self.uris.len())
    }
}

/// Takes the one place there is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Take {}

const PLACE: u64 = 0;

impl Method<Book> for Take {
    type Answer = ();
    fn turn(self, _: &mut Book, turn: &mut Turn<'_>) -> Result<(), Halt> {
        if LINES.has(turn, &PLACE)? {
            return Err(Refusal::new("taken", "somebody was here before").into());
        }
        LINES.put(turn, &PLACE, &PLACE);
        Ok(())
    }
}

impl Actor for Book {
    const KIND: &'static str = "Book";
    const SCHEMA: u16 = 1;
    type Call = BookCall;
    fn gate(&self, act: &Act, look: &mut Look<'_, '_>) -> Result<Verdict<BookCall>, Halt> {
        assert_ne!(*act.body, json!("a gate that panics"));
        let wanted = act.body["wants"].as_u64().unwrap_or(0);
        let lacks = |number| LINES.has(look, &(wanted + number)).err();
        let lacking: Vec<Halt> = (0..wanted).filter_map(lacks).collect();
        if !lacking.is_empty() {
            let needs = |halt| if let Halt::Need(needs) = halt { needs } else { Vec::new() };
            return Err(Halt::Need(lacking.into_iter().flat_map(needs).collect()));
        }
        LINES.has(look, &PLACE)?;
        Ok(Verdict::Call(Take {}.into()))
    }
}

fn book() -> Resident {
    Resident::open("book".into(), Stored::new(&Book {}).unwrap(), &Kinds::new().with::<Book>()).unwrap()
}

fn ask(book: &mut Resident, caller: &str, call: impl Into<BookCall>) -> TaskNo {
    book.edge(caller.into(), call_value::<Book>(&call.into()).unwrap(), [0; 32])
}

fn cite(uris: usize) -> Cite {
    Cite { uris: (0..uris).map(|number| number.to_string()).collect() }
}

/// Puts acts into its mailbox, each with a number as its id and an author of its own.
fn mail(book: &mut Resident, bodies: &[Value]) {
    let message = |arrival: usize, body: &Value| {
        let (id, author) = (ActId::new(arrival.to_string()), ActorId::new(format!("by {arrival}")));
        let what = What::Act { id: id.clone(), how: Arc::new(json!({})) };
        let message = Arc::new(Message { from: author.clone(), at: 0, what });
        Mail { arrival: arrival as u64, message, act: Some(Arc::new(Act::made(id, author, body.clone()))) }
    };
    let mail = bodies.iter().enumerate().map(|(number, body)| message(number + 1, body)).collect();
    book.mail(mail, || [0; 32]);
}

/// None of these rows is there.
fn no_rows(needs: Vec<Need>) -> Found {
    let mut found = Found::default();
    for need in needs {
        let Need::Row { table, key } = need else { panic!("expected a row, found {need:?}") };
        found.row(&table, key, None);
    }
    found
}

fn committed(book: &mut Resident) -> TurnRecord {
    match step(book) {
        Do::Commit { seq, record, .. } => {
            book.committed(seq);
            *record
        }
        _ => panic!("expected a commit"),
    }
}

fn is_refused(record: &TurnRecord) -> bool {
    record.rows.iter().any(|row| row.table == ERRBOX.name())
}

fn step(book: &mut Resident) -> Do {
    book.step(0, &ToyNaming)
}

/// Loads what the next task wants from an empty box.
fn load_nothing(book: &mut Resident) -> (TaskNo, Found) {
    let Do::Load { task, needs } = step(book) else { panic!("expected a load") };
    let mut found = Found::default();
    for need in needs {
        let Need::Page(want) = need else { panic!("expected a page, found {need:?}") };
        found.page(want, Vec::new());
    }
    (task, found)
}

fn answer(book: &mut Resident) -> (u64, TaskNo, Value) {
    match step(book) {
        Do::Commit { seq, answer: Some((task, Outcome::Done(answer))), .. } => (seq, task, answer),
        _ => panic!("expected a commit"),
    }
}

fn fetched(book: &mut Resident, task: TaskNo, needs: &[Need]) {
    for need in needs {
        let evidence = Evidence { found: Ok(Arc::new(json!({}))), at: 0 };
        book.fetched(task, need, evidence);
    }
}

#[test]
fn rows_read_before_a_turn_became_durable_do_not_hide_what_that_turn_wrote() {
    let mut book = book();
    let cited = ask(&mut book, "x", cite(1));
    let Do::Fetch { needs, .. } = step(&mut book) else { panic!("expected a fetch") };
    ask(&mut book, "y", Write {});
    let (task, nothing) = load_nothing(&mut book);
    book.loaded(task, nothing);
    assert_eq!(answer(&mut book).2, json!(1));
    // The second line's page is read while the first line is not yet durable. Then all happens at once.
    let second = ask(&mut book, "z", Write {});
    let (task, nothing) = load_nothing(&mut book);
    book.committed(1);
    fetched(&mut book, cited, &needs);
    book.loaded(task, nothing);
    assert_eq!(answer(&mut book), (2, second, json!(2)));
    assert_eq!(answer(&mut book), (3, cited, json!(1)));
}

#[test]
fn a_message_that_waits_holds_its_sender_alone_and_then_goes_first() {
    let mut book = book();
    let first = ask(&mut book, "x", cite(2));
    let Do::Fetch { needs, .. } = step(&mut book) else { panic!("expected a fetch") };
    let second = ask(&mut book, "x", cite(0));
    let other = ask(&mut book, "y", cite(0));
    assert_eq!(answer(&mut book).1, other);
    fetched(&mut book, first, &needs[..1]);
    assert!(matches!(step(&mut book), Do::Rest { until: None }));
    fetched(&mut book, first, &needs[1..]);
    assert_eq!((answer(&mut book).1, answer(&mut book).1), (first, second));
}

#[test]
fn a_call_fetches_as_many_documents_as_it_may_and_not_one_more() {
    let mut book = book();
    ask(&mut book, "x", cite(DOCUMENTS_MAX));
    assert!(matches!(step(&mut book), Do::Fetch { needs, .. } if needs.len() == DOCUMENTS_MAX));
    let greedy = ask(&mut book, "y", cite(DOCUMENTS_MAX + 1));
    let Do::Tell { task, answer: Outcome::Refused(why) } = step(&mut book) else { panic!("expected a refusal") };
    assert_eq!((task, why.code.as_str()), (greedy, "evidence-unavailable"));
}

#[test]
fn a_document_asked_for_twice_is_fetched_once() {
    let mut book = book();
    ask(&mut book, "x", Cite { uris: vec!["a".to_owned(), "a".to_owned()] });
    assert!(matches!(step(&mut book), Do::Fetch { needs, .. } if needs.len() == 1));
}

#[test]
fn documents_that_come_too_late_are_no_evidence() {
    let mut book = book();
    let cited = ask(&mut book, "x", cite(1));
    let Do::Fetch { needs, .. } = step(&mut book) else { panic!("expected a fetch") };
    fetched(&mut book, cited, &needs);
    let late = book.step(DOCUMENTS_S + 1, &ToyNaming);
    assert!(matches!(late, Do::Tell { answer: Outcome::Refused(why), .. } if why.code == "evidence-unavailable"));
}

#[test]
fn rows_that_cannot_be_read_set_their_message_aside_and_no_other() {
    let mut book = book();
    let broken = ask(&mut book, "x", Write {});
    let (task, _) = load_nothing(&mut book);
    book.not_loaded(task, "a torn row");
    let Do::Tell { task, answer: Outcome::Refused(why) } = step(&mut book) else { panic!("expected a refusal") };
    assert_eq!((task, why.code.as_str()), (broken, "broken"));
    ask(&mut book, "x", cite(0));
    assert_eq!(answer(&mut book).0, 1);
}

#[test]
fn no_more_turns_are_handed_over_than_may_be_under_way() {
    let mut book = book();
    for _ in 0..=PIPELINED_MAX {
        ask(&mut book, "x", cite(0));
    }
    for _ in 0..PIPELINED_MAX {
        answer(&mut book);
    }
    assert!(matches!(step(&mut book), Do::Rest { until: None }));
    assert!(!book.is_idle());
    book.committed(1);
    assert_eq!(answer(&mut book).0, PIPELINED_MAX as u64 + 1);
    book.committed(PIPELINED_MAX as u64 + 1);
    assert!(book.is_idle());
}

#[test]
fn what_waiting_messages_will_lack_is_looked_for_once_and_what_turns_write_meanwhile_lies_over_it() {
    let mut book = book();
    mail(&mut book, &[json!(1), json!(2), json!(3)]);
    let Do::Load { task, needs } = step(&mut book) else { panic!("expected a load") };
    let seen = |need: &&Need| matches!(need, Need::Row { table, .. } if table == SEEN.name());
    assert_eq!((needs.iter().filter(seen).count(), needs.len()), (3, 4), "three acts, and the one place");
    book.loaded(task, no_rows(needs));
    // Each turn is durable before the next one runs, and none looks again.
    let ended: Vec<bool> = (0..3).map(|_| is_refused(&committed(&mut book))).collect();
    assert_eq!(ended, [false, true, true], "the place is taken once");
    assert!(book.is_idle());
    mail(&mut book, &[json!(4), json!(5), json!(6), json!(7)]);
    assert!(matches!(step(&mut book), Do::Load { needs, .. } if needs.len() == 2), "what was read ahead is let go");
}

#[test]
fn a_row_that_cannot_be_read_ahead_sets_aside_only_the_message_that_needs_it() {
    let mut book = book();
    mail(&mut book, &[json!(1), json!(2)]);
    let Do::Load { task, .. } = step(&mut book) else { panic!("expected a load") };
    book.not_loaded(task, "a torn row");
    let mut ended = Vec::new();
    for torn in [true, false] {
        let Do::Load { task, needs } = step(&mut book) else { panic!("expected a load") };
        assert_eq!(needs.len(), 1, "each for itself");
        match torn {
            true => book.not_loaded(task, "a torn row"),
            false => book.loaded(task, no_rows(needs)),
        }
        if !torn {
            let Do::Load { task, needs } = step(&mut book) else { panic!("expected a load") };
            book.loaded(task, no_rows(needs));
        }
        ended.push(is_refused(&committed(&mut book)));
    }
    assert_eq!(ended, [true, false]);
}

#[test]
fn a_gate_that_panics_harms_no_other_message_that_is_read_ahead() {
    let mut book = book();
    mail(&mut book, &[json!("a gate that panics"), json!(2)]);
    let Do::Load { task, needs } = step(&mut book) else { panic!("expected a load") };
    assert_eq!(needs.len(), 2, "of the second message");
    book.loaded(task, no_rows(needs));
    let Do::Load { task, needs } = step(&mut book) else { panic!("expected a load") };
    book.loaded(task, no_rows(needs));
    assert!(!is_refused(&committed(&mut book)), "the second goes on");
    assert_eq!(book.panics(), 1);
}

#[test]
fn no_more_messages_are_read_ahead_at_a_time_than_may_be() {
    let mut book = book();
    let bodies: Vec<Value> = (0..=AHEAD_MAX).map(|number| json!(number)).collect();
    mail(&mut book, &bodies);
    let Do::Load { needs, .. } = step(&mut book) else { panic!("expected a load") };
    assert_eq!(needs.len(), AHEAD_MAX + 1, "and the one place");
}

#[test]
fn messages_that_lack_much_are_read_ahead_in_several_goes() {
    let mut book = book();
    let most = AHEAD_NEEDS_MAX as u64;
    mail(&mut book, &[json!({"wants": most}), json!({"wants": 2 * most})]);
    let Do::Load { needs, .. } = step(&mut book) else { panic!("expected a load") };
    assert_eq!(needs.len(), 1 + AHEAD_NEEDS_MAX, "of the first message; the next one is not asked yet");
}
