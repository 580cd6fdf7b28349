//! `pritchel check`, `export` and `import`: the store as a whole, while no server runs on it.

use crate::cli::{ExportArgs, Failure, StoreArgs, block_on};
use crate::node::settings::Places;
use crate::node::store::{OFFLINE_CACHE_MB, open, raw};
use pritchel_actor::need::RowBytes;
use pritchel_actor::{ActorId, Stored};
use pritchel_actors::common::naming;
use pritchel_actors::ticket_tracker::files::FILES;
use pritchel_actors::{PatchTracker, Repository, secrets, sound};
use pritchel_box_store::blob::{BlobHash, BlobRef, BlobStore};
use pritchel_box_store::check::{Known, NamedRow, Names, Owner, Report};
use pritchel_box_store::{export as lines, keys};
use pritchel_deliver::check::DeliverRows;
use pritchel_git::place::Repos;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Walks everything and reports what is off. Fails if something is.
pub fn check(args: &StoreArgs) -> Result<(), Failure> {
    must_exist(&args.data)?;
    block_on(async {
        let boxes = open(&args.data, OFFLINE_CACHE_MB).await?;
        let owner = EveryRow { repos: Places::of(&args.data).repos, blobs: Places::of(&args.data).blobs };
        let report = boxes.check_with(&Known::from(&pritchel_actors::kinds()), &owner).await.map_err(Failure::new)?;
        tell(&report);
        if report.is_clean() { Ok(()) } else { Err(Failure::new("the store has faults")) }
    })?
}

/// Whose rows lie in the store: those of delivery, and those of the forge's actors, whose git data lies beside it.
struct EveryRow {
    repos: PathBuf,
    blobs: PathBuf,
}

impl Owner for EveryRow {
    fn record(&self, kind: &str, key: &str, value: &serde_json::Value) -> Result<Names, String> {
        DeliverRows.record(kind, key, value)
    }

    fn secret(&self, name: &str, secret: &[u8]) -> Result<Names, String> {
        DeliverRows.secret(name, secret)
    }

    fn item(&self, lane: &str, data: &serde_json::Value) -> Result<Names, String> {
        DeliverRows.item(lane, data)
    }

    fn state(&self, actor: &ActorId, stored: &Stored) -> Result<(), String> {
        let key = naming::key(actor).parse();
        match key.is_ok_and(|key| Repos::lies_in(&self.repos, &key)) {
            false if Repository::has_git_data(stored) || PatchTracker::has_git_data(stored) => {
                Err(format!("the git data of {actor} is missing"))
            }
            _ => Ok(()),
        }
    }

    fn row(&self, kind: &str, table: &str, key: &[u8], bytes: &RowBytes) -> Result<Vec<NamedRow>, String> {
        if table == FILES.name() {
            let file = FILES.read(bytes).map_err(|why| format!("{why:?}"))?;
            let hash: BlobHash = file.hash.parse().map_err(|why| format!("{why}"))?;
            if !BlobStore::lies_in(&self.blobs, &BlobRef { hash, bytes: file.bytes }) {
                return Err(format!("the {} bytes of the file {hash} are missing", file.bytes));
            }
        }
        let named = |needed: sound::Needed| NamedRow {
            any: needed.any.into_iter().map(|(table, key)| (table.to_owned(), key)).collect(),
            unless_mail: needed.unless_mail,
        };
        Ok(sound::needs(kind, table, key, bytes)?.into_iter().map(named).collect())
    }
}

fn tell(report: &Report) {
    for (kind, count) in &report.rows {
        println!("{:>10} rows {:>12} bytes  {kind:?}", count.rows, count.bytes);
    }
    for (kind, actors) in &report.actors {
        println!("{actors:>10} actors of kind {kind}");
    }
    for problem in &report.problems {
        println!("FAULT: {problem}");
    }
    if report.more > 0 {
        println!("and {} more", report.more);
    }
}

/// What the forge's actors know to be secret.
struct ForgeSecrets;

impl lines::Secrets for ForgeSecrets {
    fn table(&self, table: &str) -> bool {
        secrets::is_secret_table(table)
    }

    fn state(&self, kind: &str, state: serde_json::Value) -> Option<serde_json::Value> {
        secrets::without_secrets(kind, state)
    }

    fn call(&self, call: &serde_json::Value) -> bool {
        secrets::is_secret_call(call)
    }

    fn call_without(&self, call: serde_json::Value) -> Option<serde_json::Value> {
        secrets::call_without_secrets(call)
    }
}

/// Writes the whole store as JSON lines.
pub fn export(args: &ExportArgs) -> Result<(), Failure> {
    must_exist(&args.data)?;
    block_on(async {
        let store = raw(&args.data, OFFLINE_CACHE_MB).await?;
        let mut out = BufWriter::new(std::io::stdout().lock());
        let class = |key: &[u8], value: &_| keys::class_of(key, value, &ForgeSecrets);
        lines::export(&store, &mut out, class, args.with_secrets).await.map_err(Failure::new)?;
        out.flush().map_err(Failure::new)
    })?
}

/// Reads a store from JSON lines.
pub fn import(args: &StoreArgs) -> Result<(), Failure> {
    block_on(async {
        let store = raw(&args.data, OFFLINE_CACHE_MB).await?;
        let mut input = BufReader::new(std::io::stdin().lock());
        lines::import(&store, &mut input).await.map_err(Failure::new)?;
        Ok(())
    })?
}

fn must_exist(data: &Path) -> Result<(), Failure> {
    if Places::of(data).store.exists() {
        Ok(())
    } else {
        Err(Failure(format!("{}: there is no store here", data.display())))
    }
}
