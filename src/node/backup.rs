//! Backups of a server, running or not, and servers made of them: the store of one moment, every repository as it is a little
//! later, the settings and what else lies in the data directory. A backup holds every secret of the server.
//!
//! ```text
//! backup.json      that it is whole, and of what; written last
//! store.jsonl      the store, as an export with secrets
//! repos/           the repositories
//! blob/            the bytes of attached files
//! files/           settings, tokens and keys of the data directory
//! ```
//!
//! Repositories are copied after the store, so that all it names is there; of each first the references, then the objects,
//! so that what a reference names is there too. What is pushed meanwhile is in the repository and not in the store, as after a crash.

use crate::cli::Failure;
use crate::cli::limits::COPY_PASSES_MAX;
use crate::node::settings::Places;
use pritchel_box_store::backup::Watched;
use pritchel_box_store::export::import;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// What a backup is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// `pritchel-backup`.
    pub format: String,
    /// 1.
    pub version: u32,
    /// When it was made: seconds since 1970-01-01 UTC.
    pub at: i64,
    /// Rows of the store.
    pub rows: u64,
    /// Repositories.
    pub repositories: u64,
}

const FORMAT: &str = "pritchel-backup";
const MANIFEST: &str = "backup.json";
const STORE: &str = "store.jsonl";
const BLOBS: &str = "blob";
const PAGES: &str = "store.pages";
/// What else of a data directory belongs to a server.
const FILES: [&str; 4] = ["pritchel.toml", "pump-token", "ssh_host_ed25519_key", "ssh_known_hosts"];

fn at(path: &Path) -> impl Fn(io::Error) -> Failure {
    let path = path.to_owned();
    move |why| Failure(format!("{}: {why}", path.display()))
}

/// Makes a backup in a folder that is not there yet, or is empty.
pub async fn make(store: &Watched, data: &Path, to: &Path, now: i64) -> Result<Manifest, Failure> {
    begin(to)?;
    let (pages, whole) = (to.join(PAGES), to.join(STORE));
    let mut scratch = File::options().read(true).write(true).create_new(true).open(&pages).map_err(at(&pages))?;
    let mut out = BufWriter::new(File::create_new(&whole).map_err(at(&whole))?);
    let rows = store.backup(&mut scratch, &mut out).await.map_err(Failure::new)?.rows;
    let out = out.into_inner().map_err(|why| Failure(format!("{}: {why}", whole.display())))?;
    out.sync_all().map_err(at(&whole))?;
    fs::remove_file(&pages).map_err(at(&pages))?;
    let (data, to) = (data.to_owned(), to.to_owned());
    let copied = tokio::task::spawn_blocking(move || beside(&data, &to, now, rows));
    copied.await.map_err(Failure::new)?
}

/// Only the owner may read what lies there.
fn begin(to: &Path) -> Result<(), Failure> {
    if !names(to).map_err(at(to))?.is_empty() {
        return Err(Failure(format!("{}: expected a folder that is empty or not there", to.display())));
    }
    DirBuilder::new().mode(0o700).recursive(true).create(to).map_err(at(to))
}

/// Copies what lies beside the store, and says at last that the backup is whole.
fn beside(data: &Path, to: &Path, now: i64, rows: u64) -> Result<Manifest, Failure> {
    let files = to.join("files");
    fs::create_dir(&files).map_err(at(&files))?;
    for name in FILES {
        copied(&data.join(name), &files.join(name)).map_err(at(&data.join(name)))?;
    }
    let (blobs, kept) = (Places::of(data).blobs, to.join(BLOBS));
    copy_folder(&blobs, &kept, &mut BTreeSet::new(), is_unfinished).map_err(at(&blobs))?;
    let (repos, kept) = (Places::of(data).repos, to.join("repos"));
    fs::create_dir(&kept).map_err(at(&kept))?;
    let mut repositories = 0;
    for name in names(&repos).map_err(at(&repos))? {
        let repository = repos.join(&name);
        // What is being made or removed has another ending.
        if name.ends_with(".git") && repository.is_dir() {
            copy_repository(&repository, &kept.join(&name)).map_err(at(&repository))?;
            repositories += 1;
        }
    }
    let manifest = Manifest { format: FORMAT.to_owned(), version: 1, at: now, rows, repositories };
    let path = to.join(MANIFEST);
    let mut file = File::create_new(&path).map_err(at(&path))?;
    let text = serde_json::to_string_pretty(&manifest).map_err(Failure::new)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(at(&path))?;
    Ok(manifest)
}

/// Copies a file; one that is gone is left out. Answers whether it was there.
fn copied(from: &Path, to: &Path) -> io::Result<bool> {
    match fs::copy(from, to) {
        Ok(_) => Ok(true),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(why) => Err(why),
    }
}

/// The names in a folder, in their order; none of one that is not there.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(why) => return Err(why),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry?.file_name().into_string().ok());
    }
    names.sort_unstable();
    Ok(names)
}

/// Copies a repository that may be in use. Loose references come before packed ones and both before objects: git packs the one
/// before it removes the other, and a reference is moved when its objects are there.
fn copy_repository(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    let first = |name: &String| (name != "refs", name != "packed-refs", name == "objects");
    let mut parts = names(from)?;
    parts.sort_by_key(first);
    for name in parts {
        let (part, place) = (from.join(&name), to.join(&name));
        match name.as_str() {
            "objects" => copy_objects(&part, &place)?,
            _ if part.is_dir() => drop(copy_folder(&part, &place, &mut BTreeSet::new(), is_lock)?),
            _ if is_lock(&name) => {}
            _ => drop(copied(&part, &place)?),
        }
    }
    for name in ["refs", "objects"] {
        fs::create_dir_all(to.join(name))?;
    }
    Ok(())
}

/// Objects are only ever added, but for packs that git makes into one: then the new one is there before the old ones go, and is
/// found by looking again.
fn copy_objects(from: &Path, to: &Path) -> io::Result<()> {
    let mut done = BTreeSet::new();
    for _ in 0..COPY_PASSES_MAX {
        if copy_folder(from, to, &mut done, is_passing)? {
            return Ok(());
        }
    }
    Err(io::Error::other("its objects were put in order again and again while they were copied"))
}

/// Copies what is in a folder, is not left out and was not copied before. Answers whether all that was seen could be copied.
fn copy_folder(from: &Path, to: &Path, done: &mut BTreeSet<PathBuf>, left_out: fn(&str) -> bool) -> io::Result<bool> {
    fs::create_dir_all(to)?;
    let mut whole = true;
    for name in names(from)? {
        let (part, place) = (from.join(&name), to.join(&name));
        if left_out(&name) || done.contains(&part) {
            continue;
        }
        if part.is_dir() {
            whole &= copy_folder(&part, &place, done, left_out)?;
        } else if copied(&part, &place)? {
            done.insert(part);
        } else {
            whole = false;
        }
    }
    Ok(whole)
}

/// Bytes of files that are being written.
fn is_unfinished(name: &str) -> bool {
    name == "tmp"
}

/// What git holds for a moment. No reference ends so.
fn is_lock(name: &str) -> bool {
    name.ends_with(".lock")
}

/// Among objects, what git or this server makes anew or holds for a moment: locks, quarantines, what is being received, and what is worked out
/// of packs, which may not be those that were copied.
fn is_passing(name: &str) -> bool {
    let worked_out = name.starts_with("multi-pack-index") || name.starts_with("commit-graph");
    worked_out || is_lock(name) || name.starts_with("tmp_") || name.starts_with("incoming-")
}

/// Makes a data directory of a backup. There must be no store in it yet, but one into which this was begun before.
pub async fn restore(from: &Path, data: &Path, store: &impl pritchel_box_store::Store) -> Result<Manifest, Failure> {
    let manifest = manifest(from)?;
    let places = Places::of(data);
    let (source, target) = (from.to_owned(), data.to_owned());
    let (repos, kept_blobs) = (places.repos.clone(), places.blobs.clone());
    let copied = tokio::task::spawn_blocking(move || {
        let (files, kept) = (source.join("files"), source.join("repos"));
        let nothing = |_: &str| false;
        copy_folder(&files, &target, &mut BTreeSet::new(), nothing).map_err(at(&files))?;
        let blobs = source.join(BLOBS);
        copy_folder(&blobs, &kept_blobs, &mut BTreeSet::new(), nothing).map_err(at(&blobs))?;
        copy_folder(&kept, &repos, &mut BTreeSet::new(), nothing).map_err(at(&kept))
    });
    copied.await.map_err(Failure::new)??;
    let path = from.join(STORE);
    let mut input = BufReader::new(File::open(&path).map_err(at(&path))?);
    let rows = import(store, &mut input).await.map_err(Failure::new)?;
    if rows != manifest.rows {
        return Err(Failure(format!("{}: expected {} rows, found {rows}", path.display(), manifest.rows)));
    }
    Ok(manifest)
}

/// What a backup is of.
/// - errors: it is none, or was not made to its end
pub fn manifest(from: &Path) -> Result<Manifest, Failure> {
    let path = from.join(MANIFEST);
    let text = fs::read_to_string(&path).map_err(|why| {
        Failure(format!("{}: expected a backup that was made to its end: {}: {why}", from.display(), MANIFEST))
    })?;
    let manifest: Manifest = serde_json::from_str(&text).map_err(Failure::new)?;
    if (manifest.format.as_str(), manifest.version) != (FORMAT, 1) {
        let (format, version) = (&manifest.format, manifest.version);
        return Err(Failure(format!("expected the format `{FORMAT}` version 1, found `{format}` version {version}")));
    }
    Ok(manifest)
}
