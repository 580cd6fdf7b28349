//! Key layout: which row lies where. One ordered key space; the first byte says what kind of row it is.
//!
//! | first byte | then | value |
//! | --- | --- | --- |
//! | `a` act | address | a line of JSON, then the body's bytes |
//! | `d` directory | kind, 0, key | JSON |
//! | `i` due index | kind of lane, 0, time, lane | who holds the lane; one entry per lane that is not empty |
//! | `k` sealed | name | secret; left out of an ordinary export |
//! | `m` meta | name | format and numbers of this store |
//! | `n` record | kind, 0, key | what the node itself remembers |
//! | `q` mailbox | actor, 0, arrival | a message |
//! | `r` row | actor, 0, table, 0, key | two bytes of version, then JSON, as the actor wrote them |
//! | `s` state | actor | kind, schema, header, state |
//! | `t` turn | actor | the number of the last turn: small, so that a batch can require it |
//! | `w` work | lane, 0, 0, number | a work item |
//! | `x`, `y` | any key above; for `y` also a piece's number | a value too large for one row, see `boxes/large.rs` |
//!
//! Numbers and times are eight bytes, greatest first, so that keys come in their order. Addresses of near actors are texts of
//! printable bytes and at most [`PART_BYTES_MAX`] long. Texts of others may be anything: a [`part`] that is long or odd is cut
//! and ends with its hash, a [`tail`] likewise; the full text is then in the value. A short and a cut text are never alike.

use std::borrow::Cow;

use aws_lc_rs::digest::{SHA256, digest};
use pritchel_actor::message::{Arrival, Message, What};
use pritchel_actor::{ActId, ActorId, Seconds, StateText, Stored};

use crate::boxes::codec;
use crate::contract::{Key, Value};
use crate::export;
use crate::limits::{PART_BYTES_MAX, TAIL_BYTES_MAX};

const ACT: u8 = b'a';
const DIRECTORY: u8 = b'd';
const DUE: u8 = b'i';
const SEALED: u8 = b'k';
const META: u8 = b'm';
const RECORD: u8 = b'n';
const MAIL: u8 = b'q';
const ROW: u8 = b'r';
const STATE: u8 = b's';
const TURN: u8 = b't';
const WORK: u8 = b'w';
const SPLIT: u8 = b'x';
const PIECE: u8 = b'y';

const HASH_LENGTH: usize = 32;
/// Begins the hash of a cut text. No text is kept as it is that has a byte below the space.
const CUT: char = '\u{1}';

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An act.
    Act,
    /// A row of the shared directory.
    Directory,
    /// An entry of the due index.
    Due,
    /// A secret.
    Sealed,
    /// Format and numbers.
    Meta,
    /// A record of the node.
    Record,
    /// A message in a mailbox.
    Mail,
    /// A row of an actor.
    Row,
    /// The state of an actor.
    State,
    /// The number of an actor's last turn.
    Turn,
    /// A work item.
    Work,
    /// How many pieces a large value has.
    Split,
    /// A piece of a large value.
    Piece,
}

/// What the row of this key is; `None` for a key that is none of ours.
pub fn kind(key: &[u8]) -> Option<Kind> {
    Some(match *key.first()? {
        ACT => Kind::Act,
        DIRECTORY => Kind::Directory,
        DUE => Kind::Due,
        SEALED => Kind::Sealed,
        META => Kind::Meta,
        RECORD => Kind::Record,
        MAIL => Kind::Mail,
        ROW => Kind::Row,
        STATE => Kind::State,
        TURN => Kind::Turn,
        WORK => Kind::Work,
        SPLIT => Kind::Split,
        PIECE => Kind::Piece,
        _ => return None,
    })
}

/// Whether the row of this key may leave in an ordinary export. Of what is not known nothing leaves.
pub fn class(key: &[u8]) -> export::Class {
    match kind(key) {
        None | Some(Kind::Sealed) => export::Class::Secret,
        // A large value is as secret as the value it is part of.
        Some(Kind::Split | Kind::Piece) => class(&key[1..]),
        Some(_) => export::Class::Public,
    }
}

/// The same where `owner` knows what is secret in rows that are not this room's own. A state or a message too large for one row
/// leaves whole: those with secrets are small.
pub fn class_of(key: &[u8], value: &Value, owner: &impl export::Secrets) -> export::Class {
    let whole = whole_of(key).map_or(key, |(whole, _)| whole);
    if row_of(whole).is_some_and(|(_, table, _)| owner.table(table)) {
        return export::Class::Secret;
    }
    match kind(key) {
        Some(Kind::State) => without_secrets(key, value, owner).map_or(export::Class::Public, export::Class::Without),
        Some(Kind::Mail) => class_of_mail(key, value, owner),
        _ => class(key),
    }
}

fn without_secrets(key: &[u8], value: &Value, owner: &impl export::Secrets) -> Option<Value> {
    let mut stored: Stored = codec::decode(key, value).ok()?;
    let less = owner.state(&stored.kind, stored.state.value())?;
    stored.state = StateText::of(&less).ok()?;
    codec::encode(&stored).ok().map(Value::from)
}

fn class_of_mail(key: &[u8], value: &Value, owner: &impl export::Secrets) -> export::Class {
    let Ok(mut message) = codec::decode::<Message>(key, value) else { return export::Class::Public };
    let What::Call { call, .. } = &mut message.what else { return export::Class::Public };
    if owner.call(call) {
        return export::Class::Secret;
    }
    let Some(less) = owner.call_without(call.clone()) else { return export::Class::Public };
    *call = less;
    // What cannot be written without its secret does not leave at all.
    codec::encode(&message).map_or(export::Class::Secret, |bytes| export::Class::Without(bytes.into()))
}

/// Whether this can be the address of a near actor: 1 to [`PART_BYTES_MAX`] bytes, none below the space.
pub fn is_address(actor: &ActorId) -> bool {
    is_plain(actor.as_str())
}

fn is_plain(text: &str) -> bool {
    (1..=PART_BYTES_MAX).contains(&text.len()) && text.bytes().all(|byte| byte >= b' ')
}

/// A text as a part of a key: itself if it is plain and short, else its beginning and its hash.
pub fn part(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let kept = text.bytes().take(PART_BYTES_MAX - 2 * HASH_LENGTH - 1).take_while(|byte| *byte >= b' ').count();
    let mut cut = text[..text.floor_char_boundary(kept)].to_owned();
    cut.push(CUT);
    for byte in digest(&SHA256, text.as_bytes()).as_ref() {
        cut.push_str(&format!("{byte:02x}"));
    }
    Cow::Owned(cut)
}

/// The end of a key: itself if it is short, else its beginning and its hash. Told apart by length, see [`is_cut`].
pub fn tail(key: &[u8]) -> Cow<'_, [u8]> {
    if key.len() <= TAIL_BYTES_MAX {
        return Cow::Borrowed(key);
    }
    let mut cut = key[..TAIL_BYTES_MAX].to_vec();
    cut.extend_from_slice(digest(&SHA256, key).as_ref());
    Cow::Owned(cut)
}

/// Whether this end of a key was cut.
pub fn is_cut(tail: &[u8]) -> bool {
    tail.len() > TAIL_BYTES_MAX
}

/// The beginning that all ends of keys share which start with `prefix`; ends that do not may share it too.
pub fn tail_prefix(prefix: &[u8]) -> &[u8] {
    &prefix[..prefix.len().min(TAIL_BYTES_MAX)]
}

fn of(kind: u8, parts: &[&[u8]]) -> Key {
    let mut key = Vec::with_capacity(1 + parts.iter().map(|part| part.len()).sum::<usize>());
    key.push(kind);
    for part in parts {
        key.extend_from_slice(part);
    }
    key
}

/// The state of an actor.
pub fn state(actor: &ActorId) -> Key {
    of(STATE, &[actor.as_str().as_bytes()])
}

/// The number of an actor's last turn.
pub fn turn(actor: &ActorId) -> Key {
    of(TURN, &[actor.as_str().as_bytes()])
}

/// What all rows of a table of an actor start with.
pub fn table(actor: &ActorId, table: &str) -> Key {
    of(ROW, &[actor.as_str().as_bytes(), &[0], table.as_bytes(), &[0]])
}

/// A row of an actor.
pub fn row(actor: &ActorId, name: &str, key: &[u8]) -> Key {
    of(ROW, &[actor.as_str().as_bytes(), &[0], name.as_bytes(), &[0], &tail(key)])
}

/// What all messages in an actor's mailbox start with.
pub fn mailbox(actor: &ActorId) -> Key {
    of(MAIL, &[actor.as_str().as_bytes(), &[0]])
}

/// A message in an actor's mailbox.
pub fn mail(actor: &ActorId, arrival: Arrival) -> Key {
    of(MAIL, &[actor.as_str().as_bytes(), &[0], &arrival.to_be_bytes()])
}

/// An act.
pub fn act(id: &ActId) -> Key {
    of(ACT, &[part(id.as_str()).as_bytes()])
}

/// What all directory rows of a kind start with.
pub fn directory_kind(kind: &str) -> Key {
    of(DIRECTORY, &[part(kind).as_bytes(), &[0]])
}

/// What all records of a kind start with.
pub fn record_kind(kind: &str) -> Key {
    of(RECORD, &[part(kind).as_bytes(), &[0]])
}

/// A secret.
pub fn sealed(name: &str) -> Key {
    of(SEALED, &[part(name).as_bytes()])
}

/// A row about the store itself.
pub fn meta(name: &str) -> Key {
    of(META, &[name.as_bytes()])
}

/// The row of a store into which an import has not ended.
pub fn importing() -> Key {
    meta("importing")
}

/// What all items of a lane start with.
pub fn lane(lane: &str) -> Key {
    of(WORK, &[lane.as_bytes(), &[0, 0]])
}

/// A work item.
pub fn item(lane: &str, seq: u64) -> Key {
    of(WORK, &[lane.as_bytes(), &[0, 0], &seq.to_be_bytes()])
}

/// What the entries of lanes of a kind start with.
pub fn due_kind(kind: &str) -> Key {
    of(DUE, &[kind.as_bytes(), &[0]])
}

/// Where the entries of lanes of a kind begin that are due at `at` or later.
pub fn due_from(kind: &str, at: Seconds) -> Key {
    of(DUE, &[kind.as_bytes(), &[0], &time(at)])
}

/// The entry of a lane that becomes due at `at`.
pub fn due(lane: &str, at: Seconds) -> Key {
    of(DUE, &[lane_kind(lane).as_bytes(), &[0], &time(at), lane.as_bytes()])
}

/// How many pieces the large value of `key` has.
pub fn split(key: &[u8]) -> Key {
    of(SPLIT, &[key])
}

/// A piece of the large value of `key`.
pub fn piece(key: &[u8], number: u8) -> Key {
    of(PIECE, &[key, &[number]])
}

/// What all rows of a kind start with.
pub fn all(kind: Kind) -> Key {
    vec![match kind {
        Kind::Act => ACT,
        Kind::Directory => DIRECTORY,
        Kind::Due => DUE,
        Kind::Sealed => SEALED,
        Kind::Meta => META,
        Kind::Record => RECORD,
        Kind::Mail => MAIL,
        Kind::Row => ROW,
        Kind::State => STATE,
        Kind::Turn => TURN,
        Kind::Work => WORK,
        Kind::Split => SPLIT,
        Kind::Piece => PIECE,
    }]
}

/// A lane's kind: what stands before its first `/`.
pub fn lane_kind(lane: &str) -> &str {
    lane.split('/').next().unwrap_or_default()
}

/// Times before 1970 come before those after it.
fn time(at: Seconds) -> [u8; 8] {
    ((at as u64) ^ (1 << 63)).to_be_bytes()
}

/// The actor of a state's or a turn's key.
pub fn actor_of(key: &[u8]) -> Option<ActorId> {
    let text = key.strip_prefix(&[STATE]).or_else(|| key.strip_prefix(&[TURN]))?;
    Some(ActorId::new(std::str::from_utf8(text).ok()?))
}

/// The actor and the arrival of a message's key.
pub fn mail_of(key: &[u8]) -> Option<(ActorId, Arrival)> {
    let (rest, arrival) = key.strip_prefix(&[MAIL])?.split_last_chunk::<8>()?;
    let actor = std::str::from_utf8(rest.strip_suffix(&[0])?).ok()?;
    Some((ActorId::new(actor), u64::from_be_bytes(*arrival)))
}

/// The actor, the table and the end of the key of a row.
pub fn row_of(key: &[u8]) -> Option<(ActorId, &str, &[u8])> {
    let mut parts = key.strip_prefix(&[ROW])?.splitn(3, |byte| *byte == 0);
    let actor = std::str::from_utf8(parts.next()?).ok()?;
    let table = std::str::from_utf8(parts.next()?).ok()?;
    Some((ActorId::new(actor), table, parts.next()?))
}

/// The lane and the number of a work item's key.
pub fn item_of(key: &[u8]) -> Option<(&str, u64)> {
    let (rest, seq) = key.strip_prefix(&[WORK])?.split_last_chunk::<8>()?;
    Some((std::str::from_utf8(rest.strip_suffix(&[0, 0])?).ok()?, u64::from_be_bytes(*seq)))
}

/// The lane of an entry of the due index, and when it is due.
pub fn due_of(key: &[u8]) -> Option<(&str, Seconds)> {
    let rest = key.strip_prefix(&[DUE])?;
    let kind = rest.iter().position(|byte| *byte == 0)?;
    let (at, lane) = rest.get(kind + 1..)?.split_first_chunk::<8>()?;
    let lane = std::str::from_utf8(lane).ok()?;
    (lane_kind(lane).as_bytes() == &rest[..kind]).then_some((lane, (u64::from_be_bytes(*at) ^ (1 << 63)) as Seconds))
}

/// The key whose large value a row of kind `x` or `y` belongs to, and for `y` the piece's number.
pub fn whole_of(key: &[u8]) -> Option<(&[u8], Option<u8>)> {
    match *key.first()? {
        SPLIT => Some((&key[1..], None)),
        PIECE => key[1..].split_last().map(|(number, whole)| (whole, Some(*number))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{KEY_BYTES_MAX, LANE_BYTES_MAX};
    use serde_json::json;

    #[test]
    fn keys_give_back_what_they_were_made_of() {
        let actor = ActorId::from("https://forge.example:8443/repos/a1");
        assert_eq!(actor_of(&state(&actor)), Some(actor.clone()));
        assert_eq!(actor_of(&turn(&actor)), Some(actor.clone()));
        assert_eq!(mail_of(&mail(&actor, 0)), Some((actor.clone(), 0)));
        assert_eq!(row_of(&row(&actor, "~seen", b"\0k\0")), Some((actor.clone(), "~seen", &b"\0k\0"[..])));
        assert_eq!(item_of(&item("job/a\0b", 7)), Some(("job/a\0b", 7)));
        for at in [i64::MIN, -1, 0, 1, i64::MAX] {
            assert_eq!(due_of(&due("job/a\0b", at)), Some(("job/a\0b", at)));
        }
        assert_eq!(whole_of(&piece(b"sx", 3)), Some((&b"sx"[..], Some(3))));
        assert_eq!(whole_of(&split(b"sx")), Some((&b"sx"[..], None)));
        for key in [state(&actor), vec![], vec![b'z'], item("job/a", 1)[..5].to_vec()] {
            assert_eq!(
                (mail_of(&key), due_of(&key), item_of(&key), whole_of(&key)),
                (None, None, None, None),
                "{key:?}"
            );
        }
    }

    #[test]
    fn mailboxes_lanes_and_tables_do_not_run_into_each_other() {
        let (short, long) = (ActorId::from("a"), ActorId::from("a0"));
        assert!(!mail(&long, 1).starts_with(&mailbox(&short)));
        assert!(!row(&short, "ab", b"k").starts_with(&table(&short, "a")));
        assert!(!item("job/a0", 1).starts_with(&lane("job/a")));
        assert!(!item("job/a\0b", 1).starts_with(&lane("job/a")));
        assert!(mail(&short, 255) < mail(&short, 256), "arrivals keep their order");
        assert!(due("job/z", -5) < due("job/a", 3), "times keep their order");
    }

    #[test]
    fn a_long_or_odd_text_is_cut_and_stays_itself() {
        let long = "é".repeat(400);
        let names = ["plain", "", "zero\0", "zero\u{1}", &long, &long[..798], "\n"];
        let parts: std::collections::BTreeSet<String> = names.iter().map(|name| part(name).into_owned()).collect();
        assert_eq!(parts.len(), names.len(), "{parts:?}");
        for text in &parts {
            assert!(text.len() <= PART_BYTES_MAX && !text.contains('\0'), "{text:?}");
            assert!(text == "plain" || part(text) != text.as_str(), "nobody's text is another's cut one: {text:?}");
        }
        let (exact, over) = (vec![7; TAIL_BYTES_MAX], vec![7; TAIL_BYTES_MAX + 1]);
        assert_eq!(tail(&exact), exact);
        assert!(!is_cut(&tail(&exact)) && is_cut(&tail(&over)));
        assert_ne!(tail(&over), tail(&[over.clone(), vec![8]].concat()));
    }

    #[test]
    fn the_longest_key_fits_the_store() {
        let actor = ActorId::new("a".repeat(PART_BYTES_MAX));
        assert!(is_address(&actor) && !is_address(&ActorId::new("a".repeat(PART_BYTES_MAX + 1))));
        let longest = row(&actor, &"t".repeat(64), &[1; 5000]);
        assert!(piece(&longest, 1).len() <= KEY_BYTES_MAX);
        let lane = format!("{}/{}", "k".repeat(32), "l".repeat(LANE_BYTES_MAX - 33));
        assert!(due(&lane, 1).len() <= KEY_BYTES_MAX && piece(&item(&lane, 1), 1).len() <= KEY_BYTES_MAX);
    }

    #[test]
    fn secrets_and_what_is_not_known_are_classed_secret() {
        let secret = sealed("key of alice");
        for key in [secret.clone(), split(&secret), piece(&secret, 0), vec![b'z'], vec![], vec![SPLIT]] {
            assert_eq!(class(&key), export::Class::Secret, "{key:?}");
        }
        let actor = ActorId::from("a");
        for key in [state(&actor), turn(&actor), mail(&actor, 1), meta("format"), piece(&state(&actor), 1)] {
            assert_eq!(class(&key), export::Class::Public, "{key:?}");
        }
    }

    /// Takes calls of `Sign` for secret, and those of `Join` without their `word`.
    struct Owner;

    impl export::Secrets for Owner {
        fn table(&self, _: &str) -> bool {
            false
        }

        fn state(&self, _: &str, _: serde_json::Value) -> Option<serde_json::Value> {
            None
        }

        fn call(&self, call: &serde_json::Value) -> bool {
            call["method"] == "Sign"
        }

        fn call_without(&self, mut call: serde_json::Value) -> Option<serde_json::Value> {
            call.as_object_mut()?.remove("word")?;
            Some(call)
        }
    }

    #[test]
    fn a_private_call_that_waits_leaves_without_what_is_secret_in_it() {
        let key = mail(&ActorId::from("a"), 1);
        let row = |what: What| -> Value {
            let message = Message { from: "b".into(), at: 7, what };
            codec::encode(&message).unwrap().into()
        };
        let call = |call: serde_json::Value| row(What::Call { call, facet: None, promise: None });
        let due = row(What::Due(pritchel_actor::message::Due::Early("x".into())));
        assert_eq!(class_of(&key, &call(json!({"method": "Sign"})), &Owner), export::Class::Secret);
        let less = export::Class::Without(call(json!({"method": "Join"})));
        assert_eq!(class_of(&key, &call(json!({"method": "Join", "word": "tea"})), &Owner), less);
        for open in [call(json!({"method": "Join"})), due] {
            assert_eq!(class_of(&key, &open, &Owner), export::Class::Public);
        }
    }
}
