//! What a row of links, ties and access means nothing without: other rows of the same actor. A walk of the whole store asks it of
//! every row, and whatever it names and is not there is told.
//!
//! Rows of one thing are written and removed in one turn. Only what was passed on is taken back in steps: there the Grant it
//! passes on goes first, and the rest follows by calls that lie in the actor's own mailbox. So it is missed only where the
//! mailbox is empty.

use crate::access::invite::OPEN_INVITES;
use crate::access::{COLLABORATORS, GRANTS, INVITES};
use crate::common::agenda::agenda;
use crate::link::rows::{
    DELEGATES, DOWNSTREAM, EXTENDED_TO, EXTENSIONS, HELD, HELD_VIA, LINKS, LISTINGS, MEMBER_DELEGATES, PEERS, RESULTS,
    WAITING,
};
use crate::link::{LinkState, Side};
use crate::person::rows::{DELEGATIONS, NEWEST_PERMITS, PERMITS};
use crate::tie::TieState;
use crate::tie::rows::{CONSUMERS, PROVIDERS, TIE_GRANTS, TIE_OFFERS, TIES};
use crate::{Person, Repository};
use pritchel_actor::need::{RowBytes, Table};
use pritchel_actor::{Actor, Halt, RowKey, Rows};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Rows of the same actor of which one has to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needed {
    /// Their tables and keys: any of them will do.
    pub any: Vec<(Table, Vec<u8>)>,
    /// Whether it may be gone while the actor has mail.
    pub unless_mail: bool,
}

impl Needed {
    fn row<K: RowKey, V: Serialize + DeserializeOwned>(table: Rows<K, V>, key: &K) -> Self {
        Self { any: vec![(table.name(), key.encode())], unless_mail: false }
    }

    fn or<K: RowKey, V: Serialize + DeserializeOwned>(mut self, table: Rows<K, V>, key: &K) -> Self {
        self.any.push((table.name(), key.encode()));
        self
    }

    fn unless_mail(mut self) -> Self {
        self.unless_mail = true;
        self
    }
}

/// A row as it lies in the store.
struct Row<'r> {
    table: &'r str,
    key: &'r [u8],
    bytes: &'r RowBytes,
}

impl Row<'_> {
    /// The row as one of this table; `None` if it is of another.
    fn of<K: RowKey, V: Serialize + DeserializeOwned>(&self, table: Rows<K, V>) -> Result<Option<(K, V)>, String> {
        if self.table != table.name() {
            return Ok(None);
        }
        let key = K::decode(self.key).ok_or_else(|| format!("a key of another shape than {} has", self.table))?;
        let value = table.read(self.bytes).map_err(|halt| match halt {
            Halt::Broken(why) => why,
            other => format!("{other:?}"),
        })?;
        Ok(Some((key, value)))
    }
}

/// What a row needs.
/// - `kind`: that of its actor; a table's name may mean something else with another
/// - errors: why the row cannot be read
pub fn needs(kind: &str, table: &str, key: &[u8], bytes: &RowBytes) -> Result<Vec<Needed>, String> {
    let row = Row { table, key, bytes };
    if kind == Person::KIND {
        return of_person(&row);
    }
    // A repository is given nothing over links; its table of held references has the name of theirs of held Grants.
    if kind == Repository::KIND && table == HELD.name() {
        return Ok(Vec::new());
    }
    for part in [of_access, of_links, of_what_comes, of_what_goes, of_ties] {
        if let Some(needed) = part(&row)? {
            return Ok(needed);
        }
    }
    Ok(Vec::new())
}

type Found = Result<Option<Vec<Needed>>, String>;

fn of_person(row: &Row<'_>) -> Result<Vec<Needed>, String> {
    if let Some((_, permit)) = row.of(PERMITS)? {
        return Ok(permit.delegate.iter().map(|delegate| Needed::row(DELEGATIONS, delegate)).collect());
    }
    if let Some((_, grant)) = row.of(NEWEST_PERMITS)? {
        return Ok(vec![Needed::row(PERMITS, &grant)]);
    }
    row.of(agenda::<Person>())?;
    Ok(Vec::new())
}

fn of_access(row: &Row<'_>) -> Found {
    if let Some((_, issued)) = row.of(GRANTS)? {
        return Ok(Some(issued.via.iter().map(|add| Needed::row(LINKS, add)).collect()));
    }
    if let Some((_, collaborator)) = row.of(COLLABORATORS)? {
        return Ok(Some(collaborator.grants.iter().map(|grant| Needed::row(GRANTS, grant)).collect()));
    }
    if let Some((_, invite)) = row.of(OPEN_INVITES)? {
        return Ok(Some(vec![Needed::row(INVITES, &invite)]));
    }
    Ok(None)
}

fn of_links(row: &Row<'_>) -> Found {
    if let Some((_, link)) = row.of(LINKS)? {
        let mut needed: Vec<Needed> = link.waits.iter().map(|place| Needed::row(WAITING, place)).collect();
        if link.state == LinkState::Linked {
            needed.push(Needed::row(PEERS, &(link.end.code(), link.peer.clone())));
            needed.extend(link.delegate.iter().map(|delegate| Needed::row(DELEGATES, delegate)));
            needed.extend(link.start.iter().chain(&link.former).map(|grant| Needed::row(GRANTS, grant)));
            let passes_on = link.end.side == Side::Source && link.end.extends();
            let downstream = link.delegate.iter().filter(|_| passes_on);
            needed.extend(downstream.map(|delegate| Needed::row(DOWNSTREAM, delegate)));
        }
        return Ok(Some(needed));
    }
    let named = [
        row.of(PEERS)?.map(|(_, add)| add),
        row.of(LISTINGS)?.map(|(_, add)| add),
        row.of(WAITING)?.map(|(_, add)| add),
        row.of(DELEGATES)?.map(|(_, add)| add),
    ];
    Ok(named.into_iter().flatten().next().map(|add| vec![Needed::row(LINKS, &add)]))
}

/// Grants held, and what of them was passed on.
fn of_what_comes(row: &Row<'_>) -> Found {
    if let Some((grant, held)) = row.of(HELD)? {
        let place = (held.via.clone(), grant);
        return Ok(Some(vec![Needed::row(LINKS, &held.via), Needed::row(HELD_VIA, &place)]));
    }
    if let Some(((_, grant), _)) = row.of(HELD_VIA)? {
        return Ok(Some(vec![Needed::row(HELD, &grant)]));
    }
    Ok(None)
}

fn of_what_goes(row: &Row<'_>) -> Found {
    if let Some((delegate, down)) = row.of(DOWNSTREAM)? {
        return Ok(Some(vec![Needed::row(DELEGATES, &delegate).or(MEMBER_DELEGATES, &down.peer)]));
    }
    if let Some((member, delegate)) = row.of(MEMBER_DELEGATES)? {
        return Ok(Some(vec![Needed::row(DOWNSTREAM, &delegate), Needed::row(COLLABORATORS, &member)]));
    }
    if let Some(((grant, delegate), extension)) = row.of(EXTENSIONS)? {
        return Ok(Some(vec![
            Needed::row(HELD, &grant).unless_mail(),
            Needed::row(DOWNSTREAM, &delegate).unless_mail(),
            Needed::row(EXTENDED_TO, &(delegate, grant)),
            Needed::row(RESULTS, &extension.grant),
        ]));
    }
    if let Some(((delegate, grant), _)) = row.of(EXTENDED_TO)? {
        return Ok(Some(vec![Needed::row(EXTENSIONS, &(grant, delegate))]));
    }
    if let Some((_, pair)) = row.of(RESULTS)? {
        return Ok(Some(vec![Needed::row(EXTENSIONS, &pair)]));
    }
    Ok(None)
}

fn of_ties(row: &Row<'_>) -> Found {
    if let Some((_, tie)) = row.of(TIES)? {
        let mut needed: Vec<Needed> = tie.waits.iter().map(|place| Needed::row(TIE_OFFERS, place)).collect();
        if tie.state == TieState::Tied {
            let place = tie.kind.zip(tie.provider).map(|(kind, provider)| (kind.code(), provider));
            needed.extend(place.iter().map(|place| Needed::row(PROVIDERS, place)));
            needed.extend(tie.grant.iter().map(|grant| Needed::row(TIE_GRANTS, grant)));
        }
        return Ok(Some(needed));
    }
    if let Some(((_, consumer), _)) = row.of(CONSUMERS)? {
        return Ok(Some(vec![Needed::row(COLLABORATORS, &consumer)]));
    }
    let named = [
        row.of(PROVIDERS)?.map(|(_, of)| of),
        row.of(TIE_OFFERS)?.map(|(_, of)| of),
        row.of(TIE_GRANTS)?.map(|(_, of)| of),
    ];
    Ok(named.into_iter().flatten().next().map(|of| vec![Needed::row(TIES, &of)]))
}
