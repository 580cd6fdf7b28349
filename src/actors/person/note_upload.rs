//! NoteUpload: how much a person puts on this server in a day.

use crate::limits::{DAY_S, UPLOADED_BYTES_A_DAY_MAX};
use crate::person::rows::UPLOADED;
use crate::person::{Person, publish};
use pritchel_actor::{Halt, Method, Page, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Private, by the person: counts files that they are about to attach to what they write, wherever that is.
/// - errors: `too-much-uploaded` past [`UPLOADED_BYTES_A_DAY_MAX`]; then nothing is counted
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoteUpload {
    /// Bytes of all of them.
    pub bytes: u64,
}

impl Method<Person> for NoteUpload {
    type Answer = ();

    fn turn(self, _: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        publish::only_oneself(turn)?;
        let day = u64::try_from(turn.now() / DAY_S).unwrap_or_default();
        let before = UPLOADED.get(turn, &day)?.unwrap_or_default();
        let bytes = before.saturating_add(self.bytes);
        demand(bytes <= UPLOADED_BYTES_A_DAY_MAX, || {
            let why = format!(
                "files of one person have at most {UPLOADED_BYTES_A_DAY_MAX} bytes a day, {before} are used: try again tomorrow"
            );
            Refusal::new("too-much-uploaded", why)
        })?;
        // One row a day, and nobody asks for those of other days.
        for (other, _) in UPLOADED.page(turn, Page::first(&[], 4))? {
            if other != day {
                UPLOADED.remove(turn, &other);
            }
        }
        UPLOADED.put(turn, &day, &bytes);
        Ok(())
    }
}
