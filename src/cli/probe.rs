//! `pritchel probe`: what another server does of ForgeFed, statement by statement, seen from outside and from both sides.
//! docs/probe.md is for those who run it, docs/decisions/0007-probe.md says why it is as it is.
//! - [`statement`]: what is decided; [`report`]: what was found
//! - [`home`], [`tap`]: the probe's own server, and all that comes to it; [`hand`]: requests as no server of ours would send them
//! - [`peer`]: what is known of the other side; [`flows`]: the flows, each in a file
//! - [`scene`]: what a flow works with; [`look`]: documents and collections; [`told`]: what came, in words; [`work`]: what is pushed

pub mod flows;
pub mod hand;
pub mod home;
pub mod look;
pub mod peer;
pub mod report;
pub mod scene;
pub mod statement;
pub mod tap;
pub mod told;
pub mod work;

use crate::cli::limits::{PROBE_PATIENCE_S, PROBE_QUIET_S};
use crate::cli::{Failure, block_on};
use clap::Args;
use flows::Flow;
use home::Home;
use peer::Peer;
use report::Report;
use scene::Scene;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Nothing failed.
const PASSED: u8 = 0;
/// Something failed.
const FAILED: u8 = 1;
/// The probe could not begin: what it was told is wrong, or nobody answers.
const NOT_BEGUN: u8 = 2;

/// What `probe` takes. Actors are named by their addresses, or by names such as `alice` and `@alice@peer.example`.
#[derive(Clone, Debug, Args)]
pub struct ProbeArgs {
    /// The server to try, by its origin, such as `https://peer.example`.
    #[arg(long, value_name = "URL", required_unless_present = "list")]
    pub peer: Option<String>,
    /// A flow to play, such as `FL-06`; may be given several times. Without one, all. `--list` prints them.
    #[arg(long, value_name = "ID")]
    pub flow: Vec<String>,
    /// Prints the flows and what each decides, and plays none.
    #[arg(long)]
    pub list: bool,
    /// Prints JSON: docs/probe.md has its form.
    #[arg(long)]
    pub json: bool,
    /// A person of the peer.
    #[arg(long, value_name = "ACTOR")]
    pub person: Option<String>,
    /// An access token of that person, for its outbox: what is not named is then made through a factory.
    #[arg(long)]
    pub token: Option<String>,
    /// The private half of an SSH key that the document of that person lists, without a passphrase: by it a Grant of the person's pushes.
    #[arg(long, value_name = "FILE")]
    pub ssh_key: Option<PathBuf>,
    /// Nothing is made through a factory: what was not named is not tried.
    #[arg(long)]
    pub make_nothing: bool,
    /// Somebody sits in front of the peer and does what is asked here, where there is no token.
    #[arg(long)]
    pub interactive: bool,
    /// A ticket tracker of the peer.
    #[arg(long, value_name = "ACTOR")]
    pub tracker: Option<String>,
    /// A repository of the peer.
    #[arg(long, value_name = "ACTOR")]
    pub repository: Option<String>,
    /// A patch tracker of the peer.
    #[arg(long, value_name = "ACTOR")]
    pub patch_tracker: Option<String>,
    /// A release tracker of the peer.
    #[arg(long, value_name = "ACTOR")]
    pub release_tracker: Option<String>,
    /// A project of the peer.
    #[arg(long, value_name = "ACTOR")]
    pub project: Option<String>,
    /// A team of the peer.
    #[arg(long, value_name = "ACTOR")]
    pub team: Option<String>,
    /// A factory of the peer.
    #[arg(long, value_name = "ACTOR")]
    pub factory: Option<String>,
    /// A roadmap of the peer.
    #[arg(long, value_name = "ACTOR")]
    pub roadmap: Option<String>,
    /// A workflow of the peer.
    #[arg(long, value_name = "ACTOR")]
    pub workflow: Option<String>,
    /// An organization of the peer.
    #[arg(long, value_name = "ACTOR")]
    pub organization: Option<String>,
    /// Where the probe's own server listens. Default: a free port of this machine.
    #[arg(long)]
    pub listen: Option<SocketAddr>,
    /// The origin by which the peer reaches it, where a proxy stands in front.
    #[arg(long, value_name = "URL")]
    pub base: Option<String>,
    /// Seconds to wait for what is expected, such as 20 or 0.5.
    #[arg(long, value_name = "SECONDS", default_value = PROBE_PATIENCE_S, value_parser = seconds)]
    pub patience: Duration,
    /// Seconds to wait for what is expected not to come.
    #[arg(long, value_name = "SECONDS", default_value = PROBE_QUIET_S, value_parser = seconds)]
    pub quiet: Duration,
    /// Leaves the probe's own server running until Ctrl-C: its inspector shows all that came and went.
    #[arg(long)]
    pub keep: bool,
}

impl ProbeArgs {
    /// The actors that were named, by kind.
    pub fn actors(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let named = [
            ("Person", &self.person),
            ("TicketTracker", &self.tracker),
            ("Repository", &self.repository),
            ("PatchTracker", &self.patch_tracker),
            ("ReleaseTracker", &self.release_tracker),
            ("Project", &self.project),
            ("Team", &self.team),
            ("Factory", &self.factory),
            ("Roadmap", &self.roadmap),
            ("Workflow", &self.workflow),
            ("Organization", &self.organization),
        ];
        named.into_iter().filter_map(|(kind, name)| Some((kind, name.as_deref()?)))
    }
}

/// A time in seconds, at most an hour.
fn seconds(text: &str) -> Result<Duration, String> {
    let known = text.parse().ok().filter(|seconds| (0.0..=3600.0).contains(seconds));
    known.map(Duration::from_secs_f64).ok_or_else(|| "expected seconds, from 0 to 3600".to_owned())
}

/// Plays the flows that are asked for and prints what was found.
pub fn run(args: ProbeArgs) -> ExitCode {
    if args.list {
        print!("{}", flows::list());
        return ExitCode::from(PASSED);
    }
    match block_on(probe(args)) {
        Ok(Ok(code)) => ExitCode::from(code),
        Ok(Err(failure)) | Err(failure) => {
            eprintln!("pritchel: {failure}");
            ExitCode::from(NOT_BEGUN)
        }
    }
}

async fn probe(args: ProbeArgs) -> Result<u8, Failure> {
    let chosen = flows::chosen(&args.flow)?;
    let peer = Peer::meet(&args).await?;
    let home = Home::start(args.listen, args.base.as_deref()).await?;
    let scene = Scene::new(home, peer, args.patience, args.quiet);
    let (home, report) = play(scene, &chosen).await;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report).map_err(Failure::new)?);
    } else {
        println!(
            "{} ({}), from {}",
            report.peer,
            report.software.as_deref().unwrap_or("it does not say what"),
            report.probe
        );
        print!("{}", report.table(flows::title));
    }
    if args.keep {
        eprintln!("{}", home.told());
        tokio::signal::ctrl_c().await.map_err(Failure::new)?;
    }
    home.stop().await;
    Ok(if report.totals.fail == 0 { PASSED } else { FAILED })
}

async fn play(mut scene: Scene, chosen: &[&'static Flow]) -> (Home, Report) {
    for flow in chosen {
        scene.begin(flow.ids[0]);
        eprintln!("{}  {}", flow.ids.join(", "), flow.title);
        let why = match (flow.play)(&mut scene).await {
            Ok(()) => "the flow did not come to it".to_owned(),
            Err(stop) => stop.to_string(),
        };
        scene.note_the_rest(flow.ids, flow.kinds, &why);
    }
    let (home, peer, mut findings) = scene.into_findings();
    let order = |flow: &str| flows::ALL.iter().position(|known| known.ids.contains(&flow));
    findings.sort_by_key(|finding| (order(&finding.flow), finding.flow.clone()));
    let report = Report::new(&peer.base, peer.software, &home.base, findings);
    (home, report)
}
