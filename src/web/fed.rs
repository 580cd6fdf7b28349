//! Federation: what other servers and clients of ActivityPub read and send. Documents are made from what actors show to
//! whoever asks; deliveries are handed to whoever verifies them.
//! - [`near`]: an address of ours as an actor; [`peers`]: who is linked with one, as far as whoever looks may know; [`shown`]: one look for everybody, another for whoever says who they are
//! - [`actor`], [`boxes`], [`collections`], [`tickets`], [`milestones`], [`releases`], [`workflows`], [`objects`],
//!   [`history`]: documents
//! - [`notes`]: notes in the acts that carry them, as they stand; [`ssh_keys`]: keys that actors push with
//! - [`f3`]: trackers as they are told to whoever copies them
//! - [`visible`]: which acts are shown to whom; [`document`]: documents as answers
//! - [`inbox`]: deliveries; [`body`]: bodies as documents
//! - [`webfinger`], [`about`]: names, and what this server says of itself
//!
//! Source: ActivityPub; ForgeFed; RFC 7033; NodeInfo.

pub mod about;
pub mod actor;
pub mod body;
pub mod boxes;
pub mod collections;
pub mod document;
pub mod f3;
pub mod history;
pub mod inbox;
pub mod milestones;
pub mod near;
pub mod notes;
pub mod objects;
pub mod peers;
pub mod profile;
pub mod releases;
pub mod shown;
pub mod ssh_keys;
pub mod tickets;
pub mod versions;
pub mod visible;
pub mod webfinger;
pub mod workflows;

use crate::ports::Front;
use axum::Router;
use axum::routing::{get, post};
use near::Kind;
use pritchel_actors::ResourceKind;
use pritchel_actors::tie::{TieKind, TieSide};

/// Documents, for those who ask for them.
pub fn documents() -> Router<Front> {
    let mut router =
        Router::new().route("/actor", get(actor::domain)).route("/actor/outbox", get(boxes::domain_outbox));
    router = router.route("/actor/outbox/{token}", get(boxes::one));
    for kind in Kind::all() {
        let at = |rest: &str| format!("/{}/{{key}}{rest}", kind.segment());
        router = router
            .route(&at(""), get(actor::show))
            .route(&at("/inbox"), get(boxes::inbox))
            .route(&at("/outbox"), get(boxes::outbox))
            .route(&at("/outbox/{token}"), get(boxes::one))
            .route(&at("/followers"), get(collections::followers));
        router = match kind {
            Kind::Person => router
                .route(&at("/following"), get(collections::following))
                .route(&at("/notes/{note}"), get(objects::note))
                .route(&at("/ssh-keys/{fingerprint}"), get(ssh_keys::one)),
            Kind::Resource(kind) => kind.ends().iter().fold(
                with_ties(router, kind)
                    .route(&at("/collaborators"), get(collections::collaborators))
                    .route(&at("/outbox/{token}/result"), get(boxes::result)),
                |router, end| {
                    let path = at(&format!("/{}", end.collection()));
                    // Where this side lists, each relationship has an address of its own.
                    let lists = !end.carries() && end.begins();
                    let router = router.route(&path, get(collections::peers));
                    if lists { router.route(&format!("{path}/{{number}}"), get(collections::listing)) } else { router }
                },
            ),
        };
    }
    router
        .merge(of_repositories())
        .merge(of_trackers())
        .route("/roadmaps/{key}/roadmapMilestones", get(milestones::all))
        .route("/roadmaps/{key}/milestones/{number}", get(milestones::one))
        .route("/roadmaps/{key}/milestones/{number}/milestoneTickets", get(milestones::tickets))
        .route("/roadmaps/{key}/milestones/{number}/milestoneReleases", get(milestones::releases))
        .route("/releases/{key}/releases", get(releases::all))
        .route("/releases/{key}/releases/{number}", get(releases::one))
        .route("/releases/{key}/releases/{number}/releaseMilestones", get(releases::milestones))
        .route("/releases/{key}/releases/{number}/replies", get(releases::replies))
        .route("/workflows/{key}/workflowEnums", get(workflows::enums))
        .route("/workflows/{key}/workflowFields", get(workflows::fields))
        .route("/workflows/{key}/enums/{number}", get(workflows::enumeration))
        .route("/workflows/{key}/enums/{number}/values", get(workflows::values))
        .route("/workflows/{key}/enums/{number}/values/{value}", get(workflows::value))
        .route("/workflows/{key}/fields/{number}", get(workflows::field))
}

/// The collections of trackers that use what actors of this kind provide.
fn with_ties(router: Router<Front>, kind: ResourceKind) -> Router<Front> {
    let several = TieKind::of(TieSide::Provider, kind.as_str()).filter(|tie| !tie.only_one(TieSide::Provider));
    several.fold(router, |router, tie| {
        let path = format!("/{}/{{key}}/{}", kind.segment(), tie.property(TieSide::Provider));
        router.route(&path, get(collections::tied))
    })
}

fn of_repositories() -> Router<Front> {
    Router::new()
        .route("/repos/{key}/likes", get(collections::likes))
        .route("/projects/{key}/likes", get(collections::likes))
        .route("/repos/{key}/forks", get(collections::forks))
        .route("/repos/{key}/commits/{hash}", get(history::commit))
        .route("/repos/{key}/refs/{*name}", get(history::branch))
}

fn of_trackers() -> Router<Front> {
    let mut router = Router::new();
    for kind in Kind::all().filter(|kind| kind.tracks()) {
        let at = |rest: &str| format!("/{}/{{key}}{rest}", kind.segment());
        router = router
            .route(&at("/tickets"), get(tickets::all))
            .route(&at("/tickets/{number}"), get(tickets::one))
            .route(&at("/tickets/{number}/followers"), get(tickets::followers))
            .route(&at("/tickets/{number}/comments/{place}"), get(tickets::comment))
            .route(&at("/tickets/{number}/replies"), get(tickets::replies))
            .route(&at("/tickets/{number}/dependencies"), get(tickets::dependencies))
            .route(&at("/tickets/{number}/dependants"), get(tickets::dependants))
            .route(&at("/tickets/{number}/assignments"), get(tickets::assignments))
            .route(&at("/tickets/{number}/assignments/{assignment}"), get(objects::assignment))
            .route(&at("/dependencies/{dependency}"), get(objects::dependency));
    }
    let version = "/patches/{key}/tickets/{number}/versions/{version}";
    router
        .route(version, get(versions::one))
        .route(&format!("{version}/patches/{{patch}}"), get(versions::patch))
        .route("/patches/{key}/tickets/{number}/individualApprovals", get(versions::approvals))
        .route("/patches/{key}/tickets/{number}/teamApprovals", get(versions::team_approvals))
        .route("/patches/{key}/tickets/{number}/approvals/{approval}", get(versions::approval))
        .route("/patches/{key}/tickets/{number}/reviews/{review}", get(versions::review))
        .route("/patches/{key}/tickets/{number}/reviews/{review}/threads/{thread}", get(versions::thread))
}

/// Deliveries.
pub fn posts() -> Router<Front> {
    let mut router = Router::new().route("/inbox", post(inbox::shared)).route("/actor/inbox", post(inbox::domain));
    for kind in Kind::all() {
        router = router.route(&format!("/{}/{{key}}/inbox", kind.segment()), post(inbox::own));
    }
    router
}

/// What is found at fixed places.
pub fn places() -> Router<Front> {
    Router::new()
        .route("/.well-known/webfinger", get(webfinger::answer))
        .route("/.well-known/nodeinfo", get(about::index))
        .route("/.well-known/host-meta", get(about::host_meta))
        .route("/.well-known/host-meta.json", get(about::host_meta_json))
        .route("/nodeinfo/2.0", get(about::node_info_2_0))
        .route("/nodeinfo/2.1", get(about::node_info_2_1))
        .route("/robots.txt", get(about::robots))
}
