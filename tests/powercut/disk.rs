//! A disk that is rebuilt from a recording, with what a power cut may take.
//!
//! Sure to survive is what a completed sync covers: of a file its bytes, of a directory its names, each for itself. Of the
//! rest survives nothing, an ordered prefix, or a random half of the 4 KB pieces; of the names nothing or an ordered prefix, as
//! journalling file systems keep them in order. This is harsher than most disks: a synced file without a synced name is gone.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::Dice;

/// The unit in which a disk forgets.
const PIECE: u64 = 4_096;

/// What survives of the changes no sync covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// None of them.
    Nothing,
    /// The first few, in the order they were made.
    Prefix,
    /// Each piece with an even chance; of the names a prefix.
    RandomHalf,
    /// All of them: no power cut.
    Everything,
}

/// One line of the recording.
#[derive(Clone, Debug)]
pub enum Record {
    Create {
        path: PathBuf,
        inode: u64,
    },
    MakeDir {
        path: PathBuf,
        inode: u64,
    },
    /// A second name of the same file.
    Link {
        from: PathBuf,
        to: PathBuf,
    },
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    Remove {
        path: PathBuf,
    },
    Write {
        inode: u64,
        offset: u64,
        bytes: Vec<u8>,
    },
    Truncate {
        inode: u64,
        len: u64,
    },
    /// Covers the first `began` records.
    Sync {
        inode: u64,
        began: u64,
    },
    Ack(String),
}

/// Reads a recording; the layout is that of `struct header` in `recorder.c`.
pub fn read_log(path: &Path) -> Vec<Record> {
    let log = fs::read(path).unwrap();
    let mut rest = log.as_slice();
    let mut records = Vec::new();
    // Where each record begins: a sync names the length of the recording when it began.
    let mut begins = Vec::new();
    while !rest.is_empty() {
        let word = |at: usize| u32::from_ne_bytes(rest[at..at + 4].try_into().unwrap());
        let long = |at: usize| u64::from_ne_bytes(rest[at..at + 8].try_into().unwrap());
        let (kind, path_len, inode, number, data_len) =
            (word(0) as u8, word(4) as usize, long(8), long(16), long(24) as usize);
        let text = |bytes: &[u8]| PathBuf::from(String::from_utf8(bytes.to_vec()).unwrap());
        let path = text(&rest[32..32 + path_len]);
        let data = &rest[32 + path_len..32 + path_len + data_len];
        begins.push((log.len() - rest.len()) as u64);
        records.push(match kind {
            b'C' => Record::Create { path, inode },
            b'M' => Record::MakeDir { path, inode },
            b'L' => Record::Link { from: path, to: text(data) },
            b'R' => Record::Rename { from: path, to: text(data) },
            b'U' => Record::Remove { path },
            b'W' => Record::Write { inode, offset: number, bytes: data.to_vec() },
            b'T' => Record::Truncate { inode, len: number },
            b'S' => Record::Sync { inode, began: begins.partition_point(|begin| *begin < number) as u64 },
            b'A' => Record::Ack(String::from_utf8(data.to_vec()).unwrap()),
            other => panic!("unknown record {other}"),
        });
        rest = &rest[32 + path_len + data_len..];
    }
    records
}

/// A file or directory, numbered anew at each creation: inode numbers are used again.
type Node = usize;

#[derive(Clone, Default)]
struct Content {
    stable: Vec<u8>,
    /// With the number of the record.
    pending: Vec<(u64, Change)>,
}

#[derive(Clone)]
enum Change {
    Write { offset: u64, bytes: Vec<u8> },
    Truncate { len: u64 },
}

/// One change of a directory: the name gets this node, or none.
struct NameChange {
    record: u64,
    dir: Node,
    name: String,
    node: Option<Node>,
}

type Names = HashMap<Node, BTreeMap<String, Node>>;

/// The disk: as the process sees it, as it is sure to be, and the difference.
pub struct Disk {
    root: PathBuf,
    played: u64,
    nodes: usize,
    by_inode: HashMap<u64, Node>,
    files: HashMap<Node, Content>,
    live: Names,
    stable: Names,
    pending: Vec<NameChange>,
}

const ROOT: Node = 0;

impl Disk {
    /// A disk on which everything under `root` is sure.
    pub fn of(root: &Path) -> Self {
        let mut disk = Self {
            root: root.to_path_buf(),
            played: 0,
            nodes: 1,
            by_inode: HashMap::from([(fs::metadata(root).unwrap().ino(), ROOT)]),
            files: HashMap::new(),
            live: Names::from([(ROOT, BTreeMap::new())]),
            stable: Names::new(),
            pending: Vec::new(),
        };
        disk.scan(root, ROOT);
        disk.stable = disk.live.clone();
        disk
    }

    fn scan(&mut self, path: &Path, dir: Node) {
        for entry in fs::read_dir(path).unwrap() {
            let entry = entry.unwrap();
            // A socket is of one process.
            if !entry.path().is_dir() && !entry.path().is_file() {
                continue;
            }
            let node = self.node(entry.metadata().unwrap().ino());
            self.live.entry(dir).or_default().insert(entry.file_name().into_string().unwrap(), node);
            if entry.path().is_dir() {
                self.live.insert(node, BTreeMap::new());
                self.scan(&entry.path(), node);
            } else {
                let stable = fs::read(entry.path()).unwrap();
                self.files.insert(node, Content { stable, pending: Vec::new() });
            }
        }
    }

    fn node(&mut self, inode: u64) -> Node {
        self.nodes += 1;
        self.by_inode.insert(inode, self.nodes);
        self.nodes
    }

    /// The directory and the name of a path, as the process sees them.
    fn place(&self, path: &Path) -> (Node, String) {
        let inside = path.strip_prefix(&self.root).unwrap();
        let mut parts: Vec<&str> = inside.iter().map(|part| part.to_str().unwrap()).collect();
        let name = parts.pop().unwrap().to_owned();
        (parts.iter().fold(ROOT, |dir, part| self.live[&dir][*part]), name)
    }

    fn set(&mut self, (dir, name): (Node, String), node: Option<Node>) {
        let names = self.live.get_mut(&dir).unwrap();
        match node {
            Some(node) => names.insert(name.clone(), node),
            None => names.remove(&name),
        };
        self.pending.push(NameChange { record: self.played, dir, name, node });
    }

    /// Plays the next record. If it is an acknowledgement: what it says.
    pub fn play<'a>(&mut self, record: &'a Record) -> Option<&'a str> {
        match record {
            Record::Create { path, inode } => {
                let node = self.node(*inode);
                self.files.insert(node, Content::default());
                self.set(self.place(path), Some(node));
            }
            Record::MakeDir { path, inode } => {
                let node = self.node(*inode);
                self.live.insert(node, BTreeMap::new());
                self.stable.insert(node, BTreeMap::new());
                self.set(self.place(path), Some(node));
            }
            Record::Link { from, to } => {
                let (dir, name) = self.place(from);
                let node = self.live[&dir][&name];
                self.set(self.place(to), Some(node));
            }
            Record::Rename { from, to } => {
                let (from, to) = (self.place(from), self.place(to));
                let node = self.live[&from.0][&from.1];
                self.set(from, None);
                self.set(to, Some(node));
            }
            Record::Remove { path } => self.set(self.place(path), None),
            Record::Write { inode, offset, bytes } => {
                self.change(*inode, Change::Write { offset: *offset, bytes: bytes.clone() });
            }
            Record::Truncate { inode, len } => self.change(*inode, Change::Truncate { len: *len }),
            Record::Sync { inode, began } => self.sync(self.by_inode[inode], *began),
            Record::Ack(_) => {}
        }
        self.played += 1;
        if let Record::Ack(text) = record { Some(text) } else { None }
    }

    fn change(&mut self, inode: u64, change: Change) {
        let node = self.by_inode[&inode];
        self.files.get_mut(&node).unwrap().pending.push((self.played, change));
    }

    fn sync(&mut self, node: Node, began: u64) {
        if let Some(file) = self.files.get_mut(&node) {
            let covered = file.pending.partition_point(|(record, _)| *record < began);
            for (_, change) in file.pending.drain(..covered) {
                apply(&mut file.stable, &change);
            }
        } else {
            let (covered, rest) = std::mem::take(&mut self.pending)
                .into_iter()
                .partition(|change| change.dir == node && change.record < began);
            self.pending = rest;
            rename_all(&mut self.stable, covered.iter());
        }
    }

    /// Writes the disk as it is after a power cut now.
    pub fn write_image(&self, into: &Path, cut: Cut, dice: &mut Dice) {
        let mut names = self.stable.clone();
        let kept = match cut {
            Cut::Nothing => 0,
            Cut::Prefix | Cut::RandomHalf => dice.below(self.pending.len() as u64 + 1) as usize,
            Cut::Everything => self.pending.len(),
        };
        // Both halves of a rename carry the same record, and share its fate.
        let last = kept.checked_sub(1).map(|at| self.pending[at].record);
        rename_all(&mut names, self.pending.iter().filter(|change| Some(change.record) <= last));
        self.write_dir(into, ROOT, &names, cut, dice);
    }

    fn write_dir(&self, into: &Path, dir: Node, names: &Names, cut: Cut, dice: &mut Dice) {
        fs::create_dir(into).unwrap();
        for (name, node) in &names[&dir] {
            let path = into.join(name);
            match self.files.get(node) {
                Some(file) => fs::write(path, file.after(cut, dice)).unwrap(),
                None => self.write_dir(&path, *node, names, cut, dice),
            }
        }
    }

    /// Compares a full replay with the real files: a call that the recorder does not know shows here.
    pub fn assert_same_as(&self, real: &Path) {
        let mut replayed = BTreeMap::new();
        self.collect(ROOT, Path::new(""), &mut replayed);
        let mut found = BTreeMap::new();
        collect_real(real, Path::new(""), &mut found);
        let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&replayed), names(&found), "the recorder has missed a file");
        for (path, bytes) in found {
            assert!(replayed[&path] == bytes, "the recorder has missed a write to `{}`", path.display());
        }
    }

    fn collect(&self, dir: Node, at: &Path, into: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for (name, node) in &self.live[&dir] {
            match self.files.get(node) {
                Some(file) => drop(into.insert(at.join(name), file.after(Cut::Everything, &mut Dice::of(0)))),
                None => self.collect(*node, &at.join(name), into),
            }
        }
    }
}

/// Every file below a directory, with its bytes.
pub fn collect_real(dir: &Path, at: &Path, into: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let name = at.join(entry.file_name());
        if entry.path().is_dir() {
            collect_real(&entry.path(), &name, into);
        } else if entry.path().is_file() {
            into.insert(name, fs::read(entry.path()).unwrap());
        }
    }
}

fn rename_all<'a>(names: &mut Names, changes: impl Iterator<Item = &'a NameChange>) {
    for change in changes {
        let dir = names.entry(change.dir).or_default();
        match change.node {
            Some(node) => dir.insert(change.name.clone(), node),
            None => dir.remove(&change.name),
        };
    }
}

impl Content {
    fn after(&self, cut: Cut, dice: &mut Dice) -> Vec<u8> {
        let mut bytes = self.stable.clone();
        let pieces: Vec<Change> = self.pending.iter().flat_map(|(_, change)| pieces(change)).collect();
        let kept = match cut {
            Cut::Nothing => 0,
            Cut::Prefix => dice.below(pieces.len() as u64 + 1) as usize,
            Cut::RandomHalf | Cut::Everything => pieces.len(),
        };
        for piece in &pieces[..kept] {
            if cut != Cut::RandomHalf || dice.below(2) == 0 {
                apply(&mut bytes, piece);
            }
        }
        bytes
    }
}

/// A write in pieces that end where the disk's pieces end.
fn pieces(change: &Change) -> Vec<Change> {
    let Change::Write { offset, bytes } = change else { return vec![change.clone()] };
    let mut pieces = Vec::new();
    let (mut at, mut rest) = (*offset, bytes.as_slice());
    while !rest.is_empty() {
        let (piece, left) = rest.split_at(rest.len().min((PIECE - at % PIECE) as usize));
        pieces.push(Change::Write { offset: at, bytes: piece.to_vec() });
        at += piece.len() as u64;
        rest = left;
    }
    pieces
}

fn apply(file: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Truncate { len } => file.resize(*len as usize, 0),
        Change::Write { offset, bytes } => {
            let (from, to) = (*offset as usize, *offset as usize + bytes.len());
            if file.len() < to {
                file.resize(to, 0);
            }
            file[from..to].copy_from_slice(bytes);
        }
    }
}
