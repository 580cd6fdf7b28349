//! The self-check: whether this server is reached as its settings say, and has what it needs.

use super::{administrator, shown};
use crate::answer::WebResult;
use crate::page::parts::Badge;
use crate::page::shell::page;
use crate::page::visit::{Frame, Visit};
use crate::ports::{Finding, Health};
use askama::Template;
use axum::extract::{ConnectInfo, Extension};
use axum::response::Response;
use std::net::{IpAddr, SocketAddr};

#[derive(Template)]
#[template(path = "admin_check.html")]
struct Check<'a> {
    frame: &'a Frame,
    tab: &'static str,
    rows: Vec<(Badge, Finding)>,
    /// Where this server believes the visitor to be.
    from: Option<IpAddr>,
}

/// `GET /admin/check`.
pub async fn show(visit: Visit, from: Option<Extension<ConnectInfo<SocketAddr>>>) -> Response {
    let from = from.map(|Extension(ConnectInfo(from))| from.ip());
    shown(&visit, check(&visit, from).await)
}

async fn check(visit: &Visit, from: Option<IpAddr>) -> WebResult {
    administrator(visit)?;
    let rows = visit.front.ports.checkup().await.into_iter().map(|finding| (badge(finding.health), finding));
    page(&Check { rows: rows.collect(), frame: &*visit.frame().await?, tab: "check", from })
}

fn badge(health: Health) -> Badge {
    match health {
        Health::Good => Badge::new("good", "good"),
        Health::Odd => Badge::new("odd", "odd"),
        Health::Bad => Badge::new("bad", "does not work"),
    }
}
