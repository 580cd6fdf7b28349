//! The rules by which a disk is rebuilt, each on a recording of a few lines: were they too kind, the power-cut tests would pass
//! with a store that does not sync.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::powercut::Dice;
use crate::powercut::disk::{Cut, Disk, Record, collect_real};

const DIR: u64 = 1_000;
const FILE: u64 = 1_001;

fn after(records: &[Record], cut: Cut, seed: u64) -> BTreeMap<PathBuf, Vec<u8>> {
    let scratch = tempfile::TempDir::new().unwrap();
    let root = scratch.path().join("root");
    fs::create_dir(&root).unwrap();
    let mut disk = Disk::of(&root);
    let inode = fs::metadata(&root).unwrap().ino();
    for record in records {
        let record = match record.clone() {
            // Recordings below name the root 0, and paths from it.
            Record::Sync { inode: 0, began } => Record::Sync { inode, began },
            Record::Create { path, inode } => Record::Create { path: root.join(path), inode },
            Record::MakeDir { path, inode } => Record::MakeDir { path: root.join(path), inode },
            Record::Link { from, to } => Record::Link { from: root.join(from), to: root.join(to) },
            Record::Rename { from, to } => Record::Rename { from: root.join(from), to: root.join(to) },
            Record::Remove { path } => Record::Remove { path: root.join(path) },
            other => other,
        };
        disk.play(&record);
    }
    let image = scratch.path().join("image");
    disk.write_image(&image, cut, &mut Dice::of(seed));
    let mut found = BTreeMap::new();
    collect_real(&image, Path::new(""), &mut found);
    found
}

fn write(bytes: &[u8]) -> Record {
    Record::Write { inode: FILE, offset: 0, bytes: bytes.to_vec() }
}

fn files(found: &[(&str, &[u8])]) -> BTreeMap<PathBuf, Vec<u8>> {
    found.iter().map(|(path, bytes)| (PathBuf::from(path), bytes.to_vec())).collect()
}

/// Checks them all.
pub fn all() {
    let create = Record::Create { path: "f".into(), inode: FILE };
    let sync = |inode, began| Record::Sync { inode, began };
    let nothing = |records: &[Record]| after(records, Cut::Nothing, 0);

    let unsynced = [create.clone(), write(b"one")];
    assert_eq!(nothing(&unsynced), files(&[]), "neither name nor bytes");
    assert_eq!(after(&unsynced, Cut::Everything, 0), files(&[("f", b"one")]), "no power cut");

    let nameless = [create.clone(), write(b"one"), sync(FILE, 2)];
    assert_eq!(nothing(&nameless), files(&[]), "a synced file without a synced name is gone");
    let empty = [create.clone(), write(b"one"), sync(0, 2)];
    assert_eq!(nothing(&empty), files(&[("f", b"")]), "a synced name says nothing about the bytes");
    let both = [create.clone(), write(b"one"), sync(FILE, 2), sync(0, 3), write(b"two")];
    assert_eq!(nothing(&both), files(&[("f", b"one")]), "a later write is not covered");
    let meanwhile = [create.clone(), sync(0, 1), write(b"one"), write(b"two"), sync(FILE, 3)];
    assert_eq!(nothing(&meanwhile), files(&[("f", b"one")]), "a write during the sync is not covered");

    let moved = [
        create.clone(),
        sync(0, 1),
        Record::MakeDir { path: "d".into(), inode: DIR },
        sync(0, 3),
        Record::Rename { from: "f".into(), to: "d/f".into() },
    ];
    assert_eq!(nothing(&moved), files(&[("f", b"")]), "a rename needs its directories synced");
    let moved = [moved.as_slice(), &[sync(DIR, 5), sync(0, 6)]].concat();
    assert_eq!(nothing(&moved), files(&[("d/f", b"")]));
    let linked = [create.clone(), sync(0, 1), Record::Link { from: "f".into(), to: "g".into() }];
    assert_eq!(nothing(&linked), files(&[("f", b"")]), "a link is a name like any other");
    let linked = [linked.as_slice(), &[write(b"one"), Record::Remove { path: "f".into() }, sync(0, 5)]].concat();
    assert_eq!(nothing(&linked), files(&[("g", b"")]), "the bytes are those of the file, by whichever name");
    assert_eq!(after(&linked, Cut::Everything, 0), files(&[("g", b"one")]));
    let removed = [create.clone(), sync(0, 1), Record::Remove { path: "f".into() }];
    assert_eq!(nothing(&removed), files(&[("f", b"")]), "a removal may not have happened");

    let large = [create, sync(0, 1), write(&[7; 40_000])];
    let lens: Vec<usize> = (0..20).map(|seed| after(&large, Cut::Prefix, seed)[Path::new("f")].len()).collect();
    assert!(
        lens.iter().any(|len| *len < 40_000) && lens.iter().all(|len| len % 4_096 == 0 || *len == 40_000),
        "{lens:?}"
    );
    let holes = (0..20).any(|seed| after(&large, Cut::RandomHalf, seed)[Path::new("f")].contains(&0));
    assert!(holes, "pieces are lost out of order");
}
