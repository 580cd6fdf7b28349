//! Far tracker: what this server keeps of a tracker of another server, for its people to filter, to search, and to read while that one is
//! away. Only what the other server shows to everybody is asked for; nobody else learns through it what is shown to some.
//! - [`reading`]: where it stands in reading the other one; [`steps`]: what sets that going, and what comes of each step
//! - [`ticket`]: its rows; [`work`]: what the worker is told and brings; [`sweep`]: what is no longer kept
//! - [`view`]: what may be asked about it
//!
//! It is no actor of any protocol: nothing is addressed to it, and it says nothing. Its domain launches so many of them as there may be
//! at most, and gives one that is not needed any more the next tracker to keep; see [`crate::domain::shelf`].
//!
//! Source: ours; docs/decisions/0012.

pub mod reading;
pub mod steps;
pub mod sweep;
pub mod ticket;
pub mod view;
pub mod work;

pub use reading::Reading;
pub use steps::{BeginFar, FarBrought, FarUnused, HearFar, ReadFarOn, UseFar};
pub use sweep::SweepFar;

use pritchel_actor::{Act, Actor, ActorId, Halt, Look, Seconds, Verdict, methods};
use serde::{Deserialize, Serialize};
use sweep::Sweep;

/// What is kept of one tracker of another server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FarTracker {
    /// The domain that has launched it.
    pub domain: ActorId,
    /// The tracker; `None`: none at present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<ActorId>,
    /// What it is called there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When somebody last looked at it.
    #[serde(default)]
    pub used: Seconds,
    /// How many of its tickets that are kept are open.
    #[serde(default)]
    pub open: u64,
    /// How many are closed.
    #[serde(default)]
    pub closed: u64,
    /// Bytes of texts that are kept.
    #[serde(default)]
    pub bytes: u64,
    /// How far it is read.
    #[serde(default)]
    pub reading: Reading,
    /// What is being taken out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweep: Option<Sweep>,
}

methods! { FarTracker: FarTrackerCall {
    BeginFar    private,      "its domain", Told;
    UseFar      private,      "its domain", Told;
    HearFar     private,      "the node",   Told;
    ReadFarOn   private,      "itself",     Told;
    FarUnused   private,      "itself",     Told;
    SweepFar    private,      "itself",     Told;
    FarBrought  continuation, "",           Told;
}}

impl FarTracker {
    /// One that keeps nothing yet.
    pub fn new(domain: ActorId) -> Self {
        Self {
            domain,
            of: None,
            name: None,
            used: 0,
            open: 0,
            closed: 0,
            bytes: 0,
            reading: Reading::default(),
            sweep: None,
        }
    }
}

impl Actor for FarTracker {
    const KIND: &'static str = "FarTracker";
    const SCHEMA: u16 = 1;
    type Call = FarTrackerCall;

    fn gate(&self, _: &Act, _: &mut Look<'_, '_>) -> Result<Verdict<FarTrackerCall>, Halt> {
        Ok(Verdict::Unsupported("expected nothing: this only keeps what another tracker says".to_owned()))
    }
}
