//! A server's data without the server: for commands while it does not run.

use crate::cli::Failure;
use crate::node::accounts::{self, AccountAnswer, AccountRequest, Domains};
use crate::node::clock::MachineClock;
use crate::node::settings::Places;
use crate::node::{admin, store};
use pritchel_actor::runtime::{Node, NodeParts, Settings};
use pritchel_actors::{UriNaming, kinds};
use std::path::Path;
use std::sync::Arc;

/// Has a wish about accounts done: by the running server if one runs, else on its data.
pub async fn ask(data: &Path, request: AccountRequest) -> Result<AccountAnswer, Failure> {
    let places = Places::of(data);
    if let Some(answer) = admin::ask(&places.admin_socket(), &request).await? {
        return Ok(answer);
    }
    if !places.store.exists() {
        return Err(Failure(format!("{}: no server has run here yet", data.display())));
    }
    let boxes = store::open(data, store::OFFLINE_CACHE_MB).await?;
    let domains: Domains = store::domains(&boxes).await?;
    let node = Node::start(NodeParts {
        boxes: Arc::new(boxes.clone()),
        documents: Arc::new(pritchel_actor::sim::toy::NoDocuments),
        clock: Arc::new(MachineClock),
        naming: Arc::new(UriNaming),
        kinds: kinds(),
        on_left: Arc::new(|_| {}),
        settings: Settings { background: false, ..Settings::default() },
    })
    .await
    .map_err(Failure::new)?;
    let answer = accounts::answer(&node, &domains, request).await;
    node.stop().await;
    Ok(answer)
}
