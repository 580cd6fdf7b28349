//! NoteUpload: how much a person puts on this server in a day.

use crate::limits::UPLOADED_BYTES_A_DAY_MAX;
use crate::person::rows::UPLOADED;
use crate::person::{Person, daily, publish};
use pritchel_actor::{Halt, Method, Refusal, Turn};
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
        let Some(used) = daily::spend(turn, &UPLOADED, self.bytes, UPLOADED_BYTES_A_DAY_MAX)? else { return Ok(()) };
        let why = format!(
            "files of one person have at most {UPLOADED_BYTES_A_DAY_MAX} bytes a day, {used} are used: try again tomorrow"
        );
        Err(Refusal::new("too-much-uploaded", why).into())
    }
}
