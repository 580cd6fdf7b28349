//! OpenMilestone: a new milestone.

use crate::access::{Role, require};
use crate::common::resource::{followers, spread};
use crate::common::text::{Html, Line};
use crate::roadmap::milestone::{MILESTONES, check_period, milestone_uri};
use crate::roadmap::{Milestone, Roadmap};
use crate::ticket_tracker::ticket::{Source, act_id};
use pritchel_actor::{Halt, Method, Refusal, Seconds, Turn};
use serde::{Deserialize, Serialize};

/// Takes a milestone in, tells the followers, and answers its address.
///
/// Source: ForgeFed, "Create milestone".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenMilestone {
    /// What it is called.
    pub name: Line,
    /// What it is about, sanitised.
    pub content: Html,
    /// What was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// When work on it begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Seconds>,
    /// When it is to be reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Seconds>,
    /// The address it claims to have already: must be none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl Method<Roadmap> for OpenMilestone {
    type Answer = String;

    fn turn(self, roadmap: &mut Roadmap, turn: &mut Turn<'_>) -> Result<String, Halt> {
        require(roadmap, turn, Role::Write)?;
        if let Some(id) = self.id {
            let why = format!("a milestone gets its address from its roadmap, this one claims {id}");
            return Err(Refusal::new("has-an-id", why).into());
        }
        check_period(self.start, self.end)?;
        let milestone = Milestone {
            name: self.name,
            content: self.content,
            source: self.source,
            start: self.start,
            end: self.end,
            published: turn.now(),
            updated: None,
            offer: act_id(turn)?,
            resolved: None,
            open: 0,
            closed: 0,
            releases: 0,
            followers: 0,
        };
        roadmap.last += 1;
        roadmap.open += 1;
        MILESTONES.put(turn, &roadmap.last, &milestone);
        spread(turn, vec![followers()])?;
        Ok(milestone_uri(turn.me(), roadmap.last))
    }
}
