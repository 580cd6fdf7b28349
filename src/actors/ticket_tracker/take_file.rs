//! TakeFile: a file that somebody is about to attach to what they write.

use crate::access::must_see;
use crate::common::text::Line;
use crate::limits::{FILE_BYTES_MAX, FILES_SWEPT_MAX, FILES_WAIT_S, FILES_WAITING_MAX, STORED_BYTES_OF_ONE_MAX};
use crate::ticket_tracker::Tracks;
use crate::ticket_tracker::files::{self, FILE_BYTES, FILES, FILES_WAITING, KeptFile};
use pritchel_actor::{Halt, Method, Page, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Private, by a person of this server who may see the tracker: keeps a file, whose bytes the node has kept, and answers the key in its
/// address. No text names it yet; if none does in time, it goes when the next ones come.
///
/// Source: ours. That whoever puts it here may write here is demanded of the text that names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TakeFile {
    /// SHA-256 of its bytes, hexadecimal.
    pub hash: String,
    /// How many there are.
    pub bytes: u64,
    /// What they are, as the node found.
    pub media_type: String,
    /// What it is called.
    pub name: Line,
}

impl<A: Tracks> Method<A> for TakeFile {
    type Answer = String;

    fn turn(self, tracker: &mut A, turn: &mut Turn<'_>) -> Result<String, Halt> {
        must_see(tracker, turn)?;
        of_this_size(self.bytes)?;
        forgotten(turn)?;
        let (by, at) = (turn.caller().id().clone(), turn.now());
        let stored = FILE_BYTES.get(turn, &by)?.unwrap_or_default().saturating_add(self.bytes);
        demand(stored <= STORED_BYTES_OF_ONE_MAX, || {
            let why = format!("files of one person in a tracker have at most {STORED_BYTES_OF_ONE_MAX} bytes together");
            Refusal::new("too-much-stored", why)
        })?;
        let page = Page { prefix: &[], after: &[], limit: 1, newest_first: true };
        let last = FILES_WAITING.page(turn, page)?.into_iter().next();
        let place = last.map_or(0, |(place, _)| place + 1);
        let key = turn.token();
        let Self { hash, bytes, media_type, name } = self;
        FILE_BYTES.put(turn, &by, &stored);
        FILES_WAITING.put(turn, &place, &(at, key.clone()));
        let file = KeptFile { hash, bytes, media_type, name, by, at, text: None, waiting: Some(place) };
        files::put(turn, &key, &file)?;
        Ok(key)
    }
}

/// Refuses more than a file may have.
fn of_this_size(bytes: u64) -> Result<(), Halt> {
    demand((1..=FILE_BYTES_MAX).contains(&bytes), || {
        Refusal::new("file-size", format!("expected a file of 1 to {FILE_BYTES_MAX} bytes, found {bytes}"))
    })
}

/// Lets go of what has waited too long.
/// - errors: `too-many-files` where too much waits that has not
fn forgotten(turn: &mut Turn<'_>) -> Result<(), Halt> {
    let waiting = FILES_WAITING.page(turn, Page::first(&[], FILES_WAITING_MAX))?;
    demand(waiting.len() < FILES_WAITING_MAX, || {
        let why = format!("{FILES_WAITING_MAX} files wait here for a text that names them: try again later");
        Refusal::new("too-many-files", why)
    })
    .or_else(|full| if waiting.first().is_some_and(|(_, (at, _))| is_old(turn, *at)) { Ok(()) } else { Err(full) })?;
    for (place, (at, key)) in waiting.into_iter().take(FILES_SWEPT_MAX) {
        if !is_old(turn, at) {
            break;
        }
        match FILES.get(turn, &key)? {
            Some(file) => files::forget(turn, &key, &file)?,
            None => FILES_WAITING.remove(turn, &place),
        }
    }
    Ok(())
}

fn is_old(turn: &Turn<'_>, at: i64) -> bool {
    at + FILES_WAIT_S <= turn.now()
}
