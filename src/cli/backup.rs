//! `pritchel backup` and `pritchel restore`: a server as a whole, from the one that runs or from its data, and back.

use crate::cli::{BackupArgs, Failure, RestoreArgs, block_on};
use crate::node::accounts::{AccountAnswer, AccountRequest};
use crate::node::clock::MachineClock;
use crate::node::settings::Places;
use crate::node::store::{OFFLINE_CACHE_MB, raw};
use crate::node::{admin, backup};
use pritchel_actor::Clock;
use pritchel_box_store::backup::Watched;
use std::path::Path;

/// Makes a backup: by the server if one runs, else of its data.
pub fn make(args: &BackupArgs) -> Result<(), Failure> {
    let to = std::path::absolute(&args.to).map_err(Failure::new)?;
    let manifest = block_on(async {
        let socket = Places::of(&args.data).admin_socket();
        match admin::ask(&socket, &AccountRequest::Backup { to: to.clone() }).await? {
            Some(AccountAnswer::Backup(manifest)) => Ok(manifest),
            Some(AccountAnswer::Refused(why)) => Err(Failure(why)),
            Some(_) => Err(Failure::new("the server answered something else")),
            None => alone(&args.data, &to).await,
        }
    })??;
    println!("{} rows and {} repositories are in {}", manifest.rows, manifest.repositories, to.display());
    println!("It holds private keys and hashes of passwords: keep it where nobody else reads it.");
    Ok(())
}

async fn alone(data: &Path, to: &Path) -> Result<backup::Manifest, Failure> {
    if !Places::of(data).store.exists() {
        return Err(Failure(format!("{}: there is no store here", data.display())));
    }
    let store = Watched::new(raw(data, OFFLINE_CACHE_MB).await?);
    backup::make(&store, data, to, MachineClock.now()).await
}

/// Makes a data directory of a backup.
pub fn restore(args: &RestoreArgs) -> Result<(), Failure> {
    backup::manifest(&args.from)?;
    std::fs::create_dir_all(&args.data).map_err(|why| Failure(format!("{}: {why}", args.data.display())))?;
    let manifest = block_on(async {
        let store = raw(&args.data, OFFLINE_CACHE_MB).await?;
        backup::restore(&args.from, &args.data, &store).await
    })??;
    println!("{} rows and {} repositories are back. Now: pritchel check", manifest.rows, manifest.repositories);
    Ok(())
}
