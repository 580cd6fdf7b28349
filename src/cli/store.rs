//! `pritchel check`, `export` and `import`: the store as a whole, while no server runs on it.

use crate::cli::{ExportArgs, Failure, StoreArgs, block_on};
use crate::node::settings::Places;
use crate::node::store::{OFFLINE_CACHE_MB, open, raw};
use pritchel_actors::secrets;
use pritchel_box_store::check::{Known, Report};
use pritchel_box_store::{export as lines, keys};
use pritchel_deliver::check::DeliverRows;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

/// Walks everything and reports what is off. Fails if something is.
pub fn check(args: &StoreArgs) -> Result<(), Failure> {
    must_exist(&args.data)?;
    block_on(async {
        let boxes = open(&args.data, OFFLINE_CACHE_MB).await?;
        let report =
            boxes.check_with(&Known::from(&pritchel_actors::kinds()), &DeliverRows).await.map_err(Failure::new)?;
        tell(&report);
        if report.is_clean() { Ok(()) } else { Err(Failure::new("the store has faults")) }
    })?
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
