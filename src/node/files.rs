//! The bytes of files that people attach: where they lie, and when those go that nothing names any more.

use crate::cli::Failure;
use crate::cli::limits::FILES_SWEEP_S;
use pritchel_actor::{ActorId, Boxes};
use pritchel_actors::ticket_tracker::files::FILE;
use pritchel_box_store::BoxStore;
use pritchel_box_store::blob::{BlobHash, BlobStore, Swept};
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::Duration;

/// Opens the place of the bytes; the store beside it is open already.
pub async fn open(place: &Path) -> Result<BlobStore, Failure> {
    let place = place.to_owned();
    let opened = tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&place).map_err(|why| format!("{}: {why}", place.display()))?;
        BlobStore::open(&place).map_err(|why| why.to_string())
    });
    opened.await.map_err(Failure::new)?.map_err(Failure)
}

/// Removes what nothing names, at the start and every few hours.
pub async fn sweep_now_and_then(boxes: BoxStore, blobs: BlobStore) {
    loop {
        match sweep(&boxes, &blobs).await {
            Ok(swept) if swept.removed > 0 => {
                let Swept { removed, removed_bytes, left } = swept;
                tracing::info!(removed, removed_bytes, left, "Files that nothing names were removed: {removed}");
            }
            Ok(_) => {}
            Err(Failure(why)) => tracing::warn!("Files that nothing names were not removed: {why}"),
        }
        tokio::time::sleep(Duration::from_secs(FILES_SWEEP_S)).await;
    }
}

/// Removes the bytes that no row of the directory names, nor one of an actor that has ended. What is new since this began is kept.
pub async fn sweep(boxes: &BoxStore, blobs: &BlobStore) -> Result<Swept, Failure> {
    let sweep = blobs.begin_sweep().map_err(Failure::new)?;
    let (mut live, mut here) = (HashSet::<BlobHash>::new(), HashMap::<ActorId, bool>::new());
    let mut after: Option<String> = None;
    loop {
        let limit = pritchel_actor::limits::PAGE_MAX;
        let page = boxes.directory_page(FILE, "", after.as_deref(), limit).await.map_err(Failure::new)?;
        for (place, value) in &page {
            let hash = place.split('/').next().unwrap_or_default().parse().map_err(Failure::new)?;
            let Some(actor) = value.get("actor").and_then(|actor| actor.as_str()).map(ActorId::new) else {
                live.insert(hash);
                continue;
            };
            let known = here.get(&actor).copied();
            let lives = match known {
                Some(lives) => lives,
                None => boxes.open(&actor).await.map_err(Failure::new)?.is_some_and(|stored| !stored.header.ended),
            };
            here.insert(actor, lives);
            if lives {
                live.insert(hash);
            }
        }
        match page.into_iter().next_back() {
            Some((last, _)) => after = Some(last),
            None => break,
        }
    }
    let swept = tokio::task::spawn_blocking(move || sweep.remove_all_but(&live));
    swept.await.map_err(Failure::new)?.map_err(Failure::new)
}
