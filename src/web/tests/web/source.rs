//! The source of the server.

use crate::world::World;
use http::StatusCode;

#[tokio::test]
async fn everybody_can_have_the_source() {
    let world = World::new().await;
    let answer = world.get("/-/source").await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "application/gzip"));
    assert_eq!(answer.text(), "an archive");
}

#[tokio::test]
async fn a_server_that_has_none_packed_says_so() {
    let world = World::with(|settings| settings.source_archive = &[]).await;
    assert_eq!(world.get("/-/source").await.status, StatusCode::NOT_FOUND);
}
