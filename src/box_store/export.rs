//! A whole store as JSON lines, and back: backup, move to another store, and compaction of sled.
//!
//! The first line is `{"format":"pritchel-store","version":1}`, the last `{"end":<number of rows>}`, so that a file cut short is
//! found out. Between them one line a row, in key order:
//!
//! ```json
//! {"key":"s/alice","json":"{\"name\": \"Alice\"}"}
//! {"key64":"cgEC","base64":"AAEC/w=="}
//! ```
//!
//! A key of printable ASCII is written as text, a value that is JSON as the string of its exact text, all else as base64. A round
//! trip is byte-identical. Export and import hold one page and one line in memory. Rows classed as secret are left out unless
//! asked for. Blobs are files and are copied as files, after the export.
//!
//! While an import goes on, a row marks the store as unfinished. Nothing opens such a store and nothing exports it, since it would
//! look like a whole one that lacks actors; another import empties it first.

use std::io::{BufRead, Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::backup::BackupError;
use crate::contract::{Batch, CommitError, Key, Op, Query, ReadError, Row, Store, Value, get, keys_end, rows};
use crate::keys::importing;
use crate::limits::{EXPORT_LINE_BYTES_MAX, EXPORT_PAGE_ROWS, IMPORT_BATCH_BYTES, IMPORT_BATCH_ROWS};

const FORMAT: &str = "pritchel-store";
const VERSION: u32 = 1;

/// What is said of a store into which an import has not ended.
pub const UNFINISHED: &str =
    "an import into this store has not ended: run `import` again with the whole export, or remove the store";

/// Whether a row may leave in an ordinary export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Class {
    /// It may.
    Public,
    /// Only when secrets are asked for: keys, tokens, password hashes.
    Secret,
    /// It may with this value, which lacks what is secret in its own.
    Without(Value),
}

/// Who knows what is secret in rows that this room only keeps for others.
pub trait Secrets: Send + Sync {
    /// Whether the rows of a table of actors are.
    fn table(&self, table: &str) -> bool;
    /// The state of an actor of this kind without what is; `None` if nothing is.
    fn state(&self, kind: &str, state: serde_json::Value) -> Option<serde_json::Value>;
    /// Whether a private call that waits in a mailbox is, as a whole.
    fn call(&self, call: &serde_json::Value) -> bool;
    /// A private call that waits in a mailbox without what is; `None` if nothing is.
    fn call_without(&self, call: serde_json::Value) -> Option<serde_json::Value>;
}

/// What an export wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Rows written.
    pub rows: u64,
    /// Rows left out because they are secret.
    pub secrets_left_out: u64,
}

/// Why an export ended early. What was written lacks its last line and is refused by [`import`].
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// What would be written is not the whole.
    #[error("{UNFINISHED}")]
    Unfinished,
    /// The store did not answer.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The output did not take it.
    #[error("writing the export: {0}")]
    Write(#[from] std::io::Error),
}

/// Why an import ended early. The store stays marked as unfinished: import into it again, or remove it.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Rows are there already.
    #[error("the store is not empty, an import needs a new one")]
    NotEmpty,
    /// A line is wrong.
    #[error("line {line}: {problem}")]
    Line {
        /// Counted from 1.
        line: u64,
        /// What is wrong with it.
        problem: LineError,
    },
    /// The input could not be read.
    #[error("reading the export: {0}")]
    Input(#[from] std::io::Error),
    /// The store did not answer.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The store did not take a batch.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

/// What is wrong with a line of an export.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// Longer than any line an export writes.
    #[error("longer than {EXPORT_LINE_BYTES_MAX} bytes")]
    TooLong,
    /// Not the JSON a line consists of.
    #[error("not a line of an export: {0}")]
    Malformed(String),
    /// The file ends here, before its last line.
    #[error("the file ends without its last line")]
    CutShort,
    /// A file of something else, or of a later version.
    #[error("expected the format `{FORMAT}` version {VERSION}, found `{format}` version {version}")]
    Version {
        /// The format it names.
        format: String,
        /// The version it names.
        version: u32,
    },
    /// Keys must rise.
    #[error("the key `{}` does not come after `{}`", found.escape_ascii(), last.escape_ascii())]
    Order {
        /// The key of the line before.
        last: Key,
        /// The key of this line.
        found: Key,
    },
    /// The number of rows is not what the last line says.
    #[error("the last line tells of {told} rows, {found} were read")]
    Count {
        /// By the last line.
        told: u64,
        /// By counting.
        found: u64,
    },
    /// Something follows the last line.
    #[error("there is more after the last line")]
    AfterEnd,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: String,
    version: u32,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key64: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    json: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end: Option<u64>,
}

/// Writes a store as JSON lines. Each page of [`EXPORT_PAGE_ROWS`] rows is one moment; the whole is one moment when nobody
/// writes meanwhile.
/// - `out`: buffered by the caller; not flushed here
/// - `class`: which rows are secrets, such as [`crate::keys::class_of`]
/// - `with_secrets`: write those too
pub async fn export(
    store: &impl Store,
    out: &mut impl Write,
    class: impl Fn(&[u8], &Value) -> Class,
    with_secrets: bool,
) -> Result<Exported, ExportError> {
    if is_unfinished(store).await? {
        return Err(ExportError::Unfinished);
    }
    let mut done = Exported::default();
    write_line(out, &Header { format: FORMAT.into(), version: VERSION })?;
    let mut page = Query::prefix(b"", EXPORT_PAGE_ROWS);
    loop {
        let rows = rows(store, page).await?;
        for (key, value) in &rows {
            let class = if with_secrets { Class::Public } else { class(key, value) };
            match class {
                Class::Public => write_line(out, &line_of(key, value))?,
                Class::Without(less) => write_line(out, &line_of(key, &less))?,
                Class::Secret => {
                    done.secrets_left_out += 1;
                    continue;
                }
            }
            done.rows += 1;
        }
        match rows.last() {
            Some((last, _)) => page = Query::after(last, keys_end(), EXPORT_PAGE_ROWS),
            None => break,
        }
    }
    write_line(out, &Line { end: Some(done.rows), ..Line::default() })?;
    Ok(done)
}

fn write_line(out: &mut impl Write, line: &impl Serialize) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

fn line_of(key: &[u8], value: &[u8]) -> Line {
    let mut line = Line::default();
    match std::str::from_utf8(key) {
        Ok(text) if text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') => line.key = Some(text.into()),
        _ => line.key64 = Some(STANDARD.encode(key)),
    }
    match std::str::from_utf8(value) {
        Ok(text) if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() => line.json = Some(text.into()),
        _ => line.base64 = Some(STANDARD.encode(value)),
    }
    line
}

/// Whether an import into this store has begun and not ended.
pub async fn is_unfinished(store: &impl Store) -> Result<bool, ReadError> {
    Ok(get(store, importing()).await?.is_some())
}

/// Marks a store as unfinished, and empties one that was: what an import that has not ended left there is worth nothing.
async fn begin(store: &impl Store) -> Result<(), ImportError> {
    let again = is_unfinished(store).await?;
    if !again && !rows(store, Query::prefix(b"", 1)).await?.is_empty() {
        return Err(ImportError::NotEmpty);
    }
    store.commit(Batch::of(vec![Op::put(importing(), "")])).await?;
    if again { empty(store).await } else { Ok(()) }
}

/// Removes every row but the mark.
async fn empty(store: &impl Store) -> Result<(), ImportError> {
    let mut page = Query::prefix(b"", EXPORT_PAGE_ROWS);
    loop {
        let keys: Vec<Key> = rows(store, page).await?.into_iter().map(|(key, _)| key).collect();
        let Some(last) = keys.last() else { return Ok(()) };
        page = Query::after(last, keys_end(), EXPORT_PAGE_ROWS);
        let left = keys.into_iter().filter(|key| *key != importing());
        store.commit(Batch::of(left.map(Op::delete).collect())).await?;
    }
}

/// Reads JSON lines into an empty store, in batches, and returns the number of rows once all are durable. Until then the store is
/// marked as unfinished.
pub async fn import(store: &impl Store, input: &mut impl BufRead) -> Result<u64, ImportError> {
    begin(store).await?;
    let mut lines = Lines { input, number: 0, text: Vec::new() };
    check_header(&mut lines)?;
    let (mut count, mut last, mut ops, mut bytes) = (0, Key::new(), Vec::new(), 0);
    loop {
        match lines.next_row(&last)? {
            Item::Row((key, value)) => {
                count += 1;
                bytes += key.len() + value.len();
                last.clone_from(&key);
                ops.push(Op::Put { key, value });
            }
            Item::End(told) if told == count => break,
            Item::End(told) => return Err(lines.wrong(LineError::Count { told, found: count })),
        }
        if bytes >= IMPORT_BATCH_BYTES || ops.len() >= IMPORT_BATCH_ROWS {
            store.commit(Batch::of(std::mem::take(&mut ops))).await?;
            bytes = 0;
        }
    }
    if lines.next()?.is_some() {
        return Err(lines.wrong(LineError::AfterEnd));
    }
    ops.push(Op::delete(importing()));
    store.commit(Batch::of(ops)).await?;
    Ok(count)
}

fn check_header(lines: &mut Lines<'_, impl BufRead>) -> Result<(), ImportError> {
    let Some(text) = lines.next()? else { return Err(lines.wrong(LineError::CutShort)) };
    let header = serde_json::from_slice::<Header>(text);
    match header {
        Ok(Header { format, version }) if format == FORMAT && version == VERSION => Ok(()),
        Ok(Header { format, version }) => Err(lines.wrong(LineError::Version { format, version })),
        Err(error) => Err(lines.wrong(LineError::Malformed(error.to_string()))),
    }
}

/// Pages as an export wrote them, written again with other rows in their places.
pub(crate) struct Merge<'m, R, W> {
    lines: Lines<'m, R>,
    out: &'m mut W,
    last: Key,
    next: Option<Row>,
    rows: u64,
}

impl<'m, R: BufRead, W: Write> Merge<'m, R, W> {
    /// Reads the beginning of the pages, and writes it.
    pub fn begin(input: &'m mut R, out: &'m mut W) -> Result<Self, BackupError> {
        let mut lines = Lines { input, number: 0, text: Vec::new() };
        check_header(&mut lines)?;
        write_line(out, &Header { format: FORMAT.into(), version: VERSION })?;
        let mut merge = Self { lines, out, last: Key::new(), next: None, rows: 0 };
        merge.read()?;
        Ok(merge)
    }

    fn read(&mut self) -> Result<(), ImportError> {
        self.next = match self.lines.next_row(&self.last)? {
            Item::Row(row) => {
                self.last.clone_from(&row.0);
                Some(row)
            }
            Item::End(_) => None,
        };
        Ok(())
    }

    /// Writes the rows before a key, and passes over the one that has it.
    pub fn up_to(&mut self, key: &Key) -> Result<(), BackupError> {
        while let Some((found, value)) = self.next.take_if(|(found, _)| *found <= *key) {
            if found != *key {
                self.row(&found, &value)?;
            }
            self.read()?;
        }
        Ok(())
    }

    /// Writes a row. Its key comes after all that were written.
    pub fn row(&mut self, key: &Key, value: &Value) -> Result<(), BackupError> {
        self.rows += 1;
        Ok(write_line(self.out, &line_of(key, value))?)
    }

    /// Writes what is left, and the end.
    pub fn end(mut self) -> Result<Exported, BackupError> {
        while let Some((key, value)) = self.next.take() {
            self.row(&key, &value)?;
            self.read()?;
        }
        write_line(self.out, &Line { end: Some(self.rows), ..Line::default() })?;
        Ok(Exported { rows: self.rows, secrets_left_out: 0 })
    }
}

enum Item {
    Row(Row),
    End(u64),
}

struct Lines<'a, R> {
    input: &'a mut R,
    number: u64,
    text: Vec<u8>,
}

impl<R: BufRead> Lines<'_, R> {
    /// The next line without its end; `None` at the end of the input.
    fn next(&mut self) -> Result<Option<&[u8]>, ImportError> {
        self.number += 1;
        self.text.clear();
        let bound = EXPORT_LINE_BYTES_MAX as u64 + 1;
        self.input.by_ref().take(bound).read_until(b'\n', &mut self.text)?;
        match self.text.pop() {
            None => Ok(None),
            Some(b'\n') => Ok(Some(&self.text)),
            Some(_) if self.text.len() >= EXPORT_LINE_BYTES_MAX => Err(self.wrong(LineError::TooLong)),
            Some(_) => Err(self.wrong(LineError::CutShort)),
        }
    }

    fn next_row(&mut self, last: &[u8]) -> Result<Item, ImportError> {
        let Some(text) = self.next()? else { return Err(self.wrong(LineError::CutShort)) };
        let item = serde_json::from_slice::<Line>(text).map_err(|error| error.to_string()).and_then(row_of);
        match item {
            Ok(Item::Row((found, _))) if found.as_slice() <= last => {
                Err(self.wrong(LineError::Order { last: last.to_vec(), found }))
            }
            Ok(item) => Ok(item),
            Err(problem) => Err(self.wrong(LineError::Malformed(problem))),
        }
    }

    fn wrong(&self, problem: LineError) -> ImportError {
        ImportError::Line { line: self.number, problem }
    }
}

fn row_of(line: Line) -> Result<Item, String> {
    let decode = |what: &str, text: String| STANDARD.decode(text).map_err(|error| format!("`{what}`: {error}"));
    let (key, value) = match line {
        Line { end: Some(rows), key: None, key64: None, json: None, base64: None } => return Ok(Item::End(rows)),
        Line { end: Some(_), .. } => return Err("`end` stands alone".into()),
        Line { key, key64, json, base64, end: None } => ((key, key64), (json, base64)),
    };
    let key = match key {
        (Some(text), None) => text.into_bytes(),
        (None, Some(text)) => decode("key64", text)?,
        _ => return Err("expected one of `key` and `key64`".into()),
    };
    let value = match value {
        (Some(text), None) => text.into_bytes(),
        (None, Some(text)) => decode("base64", text)?,
        _ => return Err("expected one of `json` and `base64`".into()),
    };
    if key == importing() {
        return Err("the row that marks an import, which no export writes".into());
    }
    let row = (key, Value::from(value));
    // Here, where the line is known, rather than when its batch is refused.
    let alone = Batch::of(vec![Op::Put { key: row.0.clone(), value: row.1.clone() }]);
    alone.check().map_err(|error| error.to_string())?;
    Ok(Item::Row(row))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::limits::{KEY_BYTES_MAX, VALUE_BYTES_MAX};
    use crate::memory::{Image, MemoryStore};

    fn wait<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    fn exported(image: &Image, with_secrets: bool) -> (String, Exported) {
        let mut out = Vec::new();
        let class = |key: &[u8], _: &Value| if key.starts_with(b"secret") { Class::Secret } else { Class::Public };
        let done = wait(export(&MemoryStore::open(image.clone()), &mut out, class, with_secrets)).unwrap();
        (String::from_utf8(out).unwrap(), done)
    }

    fn imported(text: &str) -> Result<Image, ImportError> {
        let store = MemoryStore::new();
        wait(import(&store, &mut text.as_bytes()))?;
        Ok(store.image())
    }

    fn image(rows: &[(&[u8], &[u8])]) -> Image {
        rows.iter().map(|(key, value)| (key.to_vec(), Value::copy_from_slice(value))).collect()
    }

    #[test]
    fn an_export_reads_like_this() {
        let image = image(&[
            (b"a", b"{\"z\": 1, \"a\":\t\"\xc3\xa9\"}\n"),
            (b"b\x00", b"not json"),
            (b"c", b"\xff\x00"),
            (b"d", b""),
        ]);
        let expected = concat!(
            "{\"format\":\"pritchel-store\",\"version\":1}\n",
            "{\"key\":\"a\",\"json\":\"{\\\"z\\\": 1, \\\"a\\\":\\t\\\"\u{e9}\\\"}\\n\"}\n",
            "{\"key64\":\"YgA=\",\"base64\":\"bm90IGpzb24=\"}\n",
            "{\"key\":\"c\",\"base64\":\"/wA=\"}\n",
            "{\"key\":\"d\",\"base64\":\"\"}\n",
            "{\"end\":4}\n",
        );
        assert_eq!(exported(&image, false).0, expected);
        assert_eq!(imported(expected).unwrap(), image);
    }

    #[test]
    fn secrets_are_left_out_unless_asked_for() {
        let image = image(&[(b"a", b"1"), (b"secret/key", b"2"), (b"z", b"3")]);
        let (text, done) = exported(&image, false);
        assert_eq!(done, Exported { rows: 2, secrets_left_out: 1 });
        assert!(!text.contains("secret"));
        assert_eq!(imported(&text).unwrap().len(), 2);
        let (text, done) = exported(&image, true);
        assert_eq!(done, Exported { rows: 3, secrets_left_out: 0 });
        assert_eq!(imported(&text).unwrap(), image);
    }

    #[test]
    fn many_pages_and_the_largest_row_come_through() {
        let many = (0..3 * IMPORT_BATCH_ROWS as u32 + 7).map(|n| (n.to_be_bytes().to_vec(), Value::from("[1]")));
        // A value that nearly doubles when it is escaped.
        let json = format!("\"{}\"", "\\\\".repeat((VALUE_BYTES_MAX - 2) / 2));
        let large = (vec![0xff; KEY_BYTES_MAX], Value::from(json));
        let image: Image = many.chain([large]).collect();
        let (text, done) = exported(&image, false);
        assert_eq!(done.rows, image.len() as u64);
        assert_eq!(imported(&text).unwrap(), image);
    }

    #[test]
    fn an_import_that_has_not_ended_is_marked_and_can_be_begun_anew() {
        let many = (0..2 * IMPORT_BATCH_ROWS as u32).map(|n| (n.to_be_bytes().to_vec(), Value::from("[1]")));
        let whole = exported(&many.collect(), false).0;
        let small = exported(&image(&[(b"a", b"1"), (b"z", b"2")]), false).0;
        // One ends before its first batch is durable, one after, one with its first line.
        for cut in [whole.len() / 9, whole.len() * 3 / 4, 5] {
            let store = MemoryStore::new();
            wait(import(&store, &mut &whole.as_bytes()[..cut])).unwrap_err();
            assert!(wait(is_unfinished(&store)).unwrap(), "{cut}");
            let refused = wait(export(&store, &mut Vec::new(), |_, _| Class::Public, true)).unwrap_err();
            assert!(matches!(refused, ExportError::Unfinished), "{refused}");
            wait(import(&store, &mut small.as_bytes())).unwrap();
            assert_eq!(store.image(), image(&[(b"a", b"1"), (b"z", b"2")]), "{cut}");
        }
        // What is whole is not written over.
        let store = MemoryStore::new();
        wait(import(&store, &mut small.as_bytes())).unwrap();
        assert!(matches!(wait(import(&store, &mut small.as_bytes())), Err(ImportError::NotEmpty)));
        assert!(!wait(is_unfinished(&store)).unwrap());
    }

    #[test]
    fn a_wrong_line_is_refused_with_its_number() {
        let head = "{\"format\":\"pritchel-store\",\"version\":1}\n";
        let row = |key: &str| format!("{{\"key\":\"{key}\",\"json\":\"1\"}}\n");
        let long = format!("{{\"key\":\"a\",\"json\":\"{}\"}}\n", " ".repeat(EXPORT_LINE_BYTES_MAX));
        #[rustfmt::skip]
        let rows = [
            ("empty file",      String::new(),                                        1, "ends without its last line"),
            ("no header",       row("a"),                                             1, "not a line of an export"),
            ("other format",    head.replace("store", "tea"),                         1, "found `pritchel-tea` version 1"),
            ("later version",   head.replace('1', "2"),                               1, "found `pritchel-store` version 2"),
            ("not json",        format!("{head}{}hello\n", row("a")),                 3, "not a line of an export"),
            ("unknown field",   format!("{head}{{\"key\":\"a\",\"yaml\":\"\"}}\n"),   2, "unknown field `yaml`"),
            ("no value",        format!("{head}{{\"key\":\"a\"}}\n"),                 2, "one of `json` and `base64`"),
            ("two keys",        format!("{head}{{\"key\":\"a\",\"key64\":\"\",\"json\":\"\"}}\n"), 2, "one of `key` and `key64`"),
            ("bad base64",      format!("{head}{{\"key\":\"a\",\"base64\":\"!\"}}\n"), 2, "`base64`: "),
            ("empty key",       format!("{head}{}", row("")),                         2, "a key of the batch is empty"),
            ("long key",        format!("{head}{}", row(&"k".repeat(KEY_BYTES_MAX + 1))), 2, "at most 1024 bytes in a key"),
            ("falling keys",    format!("{head}{}{}", row("b"), row("a")),            3, "the key `a` does not come after `b`"),
            ("same key",        format!("{head}{}{}", row("b"), row("b")),            3, "the key `b` does not come after `b`"),
            ("no last line",    format!("{head}{}", row("a")),                        3, "ends without its last line"),
            ("half a line",     format!("{head}{{\"key\""),                           2, "ends without its last line"),
            ("line too long",   format!("{head}{long}"),                              2, "longer than"),
            ("rows missing",    format!("{head}{}{{\"end\":2}}\n", row("a")),         3, "tells of 2 rows, 1 were read"),
            ("end with a row",  format!("{head}{{\"end\":0,\"key\":\"a\",\"json\":\"1\"}}\n"), 2, "`end` stands alone"),
            ("after the end",   format!("{head}{{\"end\":0}}\n{}", row("a")),         3, "more after the last line"),
        ];
        for (what, text, number, expected) in rows {
            let Err(ImportError::Line { line, problem }) = imported(&text) else { panic!("{what}: taken") };
            assert_eq!(line, number, "{what}: {problem}");
            assert!(problem.to_string().contains(expected), "{what}: {problem}");
        }
    }

    #[test]
    fn a_store_with_rows_is_left_alone() {
        let store = MemoryStore::open(image(&[(b"a", b"1")]));
        let text = exported(&image(&[(b"b", b"2")]), false).0;
        assert!(matches!(wait(import(&store, &mut text.as_bytes())), Err(ImportError::NotEmpty)));
        assert_eq!(wait(get(&store, "b")), Ok(None));
    }

    #[test]
    fn a_store_that_fails_ends_an_import_and_an_export() {
        let image = image(&[(b"a", b"1")]);
        let store = MemoryStore::open(image.clone());
        store.fail_at(2);
        let failed = wait(export(&store, &mut Vec::new(), |_, _| Class::Public, true));
        assert!(matches!(failed, Err(ExportError::Read(ReadError::Failed(_)))));
        let text = exported(&image, false).0;
        let store = MemoryStore::new();
        store.fail_at(2);
        let failed = wait(import(&store, &mut text.as_bytes()));
        assert!(matches!(failed, Err(ImportError::Read(ReadError::Failed(_)))));
        let store = MemoryStore::new();
        store.fail_at(3);
        let failed = wait(import(&store, &mut text.as_bytes()));
        assert!(matches!(failed, Err(ImportError::Commit(CommitError::Failed(_)))));
        let full = wait(export(&MemoryStore::open(image), &mut [0; 50].as_mut_slice(), |_, _| Class::Public, true));
        assert!(matches!(full, Err(ExportError::Write(_))));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn any_store_comes_back_byte_for_byte(rows in prop::collection::btree_map(
            prop::collection::vec(any::<u8>(), 1..20),
            prop_oneof![
                prop::collection::vec(any::<u8>(), 0..50),
                "[\"\\[\\]{}:, 0-9a-z\u{0}-\u{1f}]{0,20}".prop_map(String::into_bytes),
                "\"[^\"\\\\\u{0}-\u{1f}]{0,20}\"".prop_map(String::into_bytes),
            ],
            0..20,
        )) {
            let image: Image = rows.into_iter().map(|(key, value)| (key, Value::from(value))).collect();
            prop_assert_eq!(imported(&exported(&image, true).0).unwrap(), image);
        }
    }
}
