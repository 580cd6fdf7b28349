//! EditMilestone: name, text and times of a milestone.

use crate::access::{Role, require};
use crate::common::Edited;
use crate::common::resource::spread;
use crate::common::text::{Html, Line};
use crate::roadmap::milestone::{MILESTONES, check_period, milestone, onlookers};
use crate::roadmap::{MilestoneNo, Roadmap};
use crate::ticket_tracker::ticket::Source;
use pritchel_actor::{Halt, Method, Refusal, Seconds, Turn, demand};
use serde::{Deserialize, Serialize};

/// Changes what is given, leaves the rest.
///
/// Source: ForgeFed, "Editing an Object", Milestone; protocol decision F-21: write, where the handler's text has maintain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditMilestone {
    /// Which milestone.
    pub milestone: MilestoneNo,
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Line>,
    /// The new text, sanitised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Html>,
    /// What was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// When work on it begins.
    #[serde(default)]
    pub start: Edited<Seconds>,
    /// When it is to be reached.
    #[serde(default)]
    pub end: Edited<Seconds>,
    /// Terms the `Edit` also names, which cannot be edited.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
}

impl EditMilestone {
    fn says_nothing(&self) -> bool {
        let times = self.start.is_kept() && self.end.is_kept();
        self.name.is_none() && self.content.is_none() && times
    }
}

impl Method<Roadmap> for EditMilestone {
    type Answer = ();

    fn turn(self, roadmap: &mut Roadmap, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(roadmap, turn, Role::Write)?;
        let mut milestone = milestone(turn, self.milestone)?;
        demand(self.others.is_empty(), || {
            let why = format!(
                "an Edit of a milestone changes name, content, source, startTime and endTime, not {:?}",
                self.others
            );
            Refusal::new("not-editable", why)
        })?;
        demand(!self.says_nothing(), || {
            Refusal::new("nothing-to-edit", "an Edit changes `name`, `content` or a time")
        })?;
        (milestone.start, milestone.end) = (self.start.of(milestone.start), self.end.of(milestone.end));
        check_period(milestone.start, milestone.end)?;
        if let Some(name) = self.name {
            milestone.name = name;
        }
        if let Some(content) = self.content {
            milestone.content = content;
            milestone.source = self.source;
        }
        milestone.updated = Some(turn.now());
        MILESTONES.put(turn, &self.milestone, &milestone);
        spread(turn, onlookers(self.milestone))
    }
}
