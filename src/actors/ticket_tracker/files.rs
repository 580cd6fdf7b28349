//! Files that a tracker keeps for its tickets and comments.
//!
//! A file that is put here has an address below its tracker's and belongs to one text: a ticket or a comment. Until a text of whoever
//! put it here names it, it waits, and only they are shown it; it goes when its text is deleted or names it no more. Its bytes
//! lie beside the store, by their hash; the directory says which of them somebody still needs. Files of other servers are addresses.

use crate::access::view::{may_see, not_shown};
use crate::common::attachment::Attachment;
use crate::common::text::Line;
use crate::ticket_tracker::Tracks;
use pritchel_actor::{ActorId, Halt, Header, Look, Refusal, Rows, Seconds, Turn, View};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The directory's kind of rows: `{hash}/{the file's address}` → who keeps it, and its size.
pub const FILE: &str = "file";
/// Files by the key in their address.
pub const FILES: Rows<String, KeptFile> = Rows::new("files");
/// Files that no text names yet, in the order they came: since when, and the key.
pub const FILES_WAITING: Rows<u64, (Seconds, String)> = Rows::new("files_waiting");
/// How many bytes each person has put here.
pub const FILE_BYTES: Rows<ActorId, u64> = Rows::new("file_bytes");

/// A file that is kept here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFile {
    /// SHA-256 of its bytes, hexadecimal.
    pub hash: String,
    /// How many there are.
    pub bytes: u64,
    /// What its bytes are, as the node found.
    pub media_type: String,
    /// What it is called.
    pub name: Line,
    /// Who put it here.
    pub by: ActorId,
    /// When.
    pub at: Seconds,
    /// The ticket or comment that names it; `None` while none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Its place among those that wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<u64>,
}

/// The key of a file of this tracker, from its address; `None` of files elsewhere.
pub fn file_key(tracker: &ActorId, uri: &str) -> Option<String> {
    let rest = uri.strip_prefix(tracker.as_str())?.strip_prefix("/files/")?;
    Some(rest.split(['/', '?', '#']).next().unwrap_or(rest).to_owned())
}

/// The place in the directory that says that these bytes are needed.
fn needed(me: &ActorId, key: &str, hash: &str) -> String {
    format!("{hash}/{me}/files/{key}")
}

/// Writes down a file that no text names yet.
pub(crate) fn put(turn: &mut Turn<'_>, key: &String, file: &KeptFile) -> Result<(), Halt> {
    let me = turn.me().clone();
    FILES.put(turn, key, file);
    turn.directory(FILE, needed(&me, key, &file.hash), Some(json!({"actor": me, "bytes": file.bytes})))
}

/// Lets go of a file.
pub(crate) fn forget(turn: &mut Turn<'_>, key: &String, file: &KeptFile) -> Result<(), Halt> {
    let me = turn.me().clone();
    FILES.remove(turn, key);
    if let Some(place) = file.waiting {
        FILES_WAITING.remove(turn, &place);
    }
    match FILE_BYTES.get(turn, &file.by)?.map(|bytes| bytes.saturating_sub(file.bytes)) {
        Some(0) | None => FILE_BYTES.remove(turn, &file.by),
        Some(left) => FILE_BYTES.put(turn, &file.by, &left),
    }
    turn.directory(FILE, needed(&me, key, &file.hash), None)
}

/// Gives a text the files of this tracker that it names, and lets go of those that it names no more. A file is given to one text, of
/// whoever put it here.
/// - `text`: the address of a ticket or a comment
/// - errors: `no-such-attachment` for one that is not here, is another's or belongs to another text
pub(crate) fn claim(turn: &mut Turn<'_>, text: &str, had: &[Attachment], named: &[Attachment]) -> Result<(), Halt> {
    let (me, caller) = (turn.me().clone(), turn.caller().id().clone());
    let mut keys = Vec::new();
    for attachment in named {
        let Some(key) = file_key(&me, &attachment.url) else { continue };
        let file = FILES.get(turn, &key)?.filter(|file| match &file.text {
            Some(of) => of == text,
            None => file.by == caller,
        });
        let missing =
            || Refusal::new("no-such-attachment", format!("{} is no file that could be attached", attachment.url));
        let mut file = file.ok_or_else(missing)?;
        if let Some(place) = file.waiting.take() {
            FILES_WAITING.remove(turn, &place);
        }
        file.text = Some(text.to_owned());
        FILES.put(turn, &key, &file);
        keys.push(key);
    }
    release(turn, text, had, &keys)?;
    Ok(())
}

/// Lets go of the files that a text had, but for some. Answers how many went.
pub(crate) fn release(turn: &mut Turn<'_>, text: &str, had: &[Attachment], but: &[String]) -> Result<usize, Halt> {
    let (me, mut gone) = (turn.me().clone(), 0);
    for attachment in had {
        let Some(key) = file_key(&me, &attachment.url).filter(|key| !but.contains(key)) else { continue };
        if let Some(file) = FILES.get(turn, &key)?.filter(|file| file.text.as_deref() == Some(text)) {
            forget(turn, &key, &file)?;
            gone += 1;
        }
    }
    Ok(gone)
}

/// One file, by the key in its address.
#[derive(Clone, Debug)]
pub struct ViewFile {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
    /// The key.
    pub key: String,
}

impl<A: Tracks> View<A> for ViewFile {
    type Answer = KeptFile;

    fn look(&self, tracker: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<KeptFile, Halt> {
        may_see(tracker, look, self.viewer.as_ref())?;
        let file = FILES.get(look, &self.key)?;
        file.filter(|file| file.text.is_some() || self.viewer.as_ref() == Some(&file.by)).ok_or_else(not_shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_below_the_tracker_is_one_of_its_files() {
        let tracker = ActorId::from("https://a.example/trackers/t");
        assert_eq!(file_key(&tracker, "https://a.example/trackers/t/files/k/x.png").as_deref(), Some("k"));
        assert_eq!(file_key(&tracker, "https://a.example/trackers/t/files/k").as_deref(), Some("k"));
        assert_eq!(file_key(&tracker, "https://a.example/trackers/tea/files/k/x.png"), None);
        assert_eq!(file_key(&tracker, "https://b.example/trackers/t/files/k/x.png"), None);
    }
}
