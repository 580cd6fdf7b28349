//! Given: access comes over a link.

use crate::access::{Lapse, Role, Span};
use crate::common::agenda;
use crate::common::resource::ResourceActor;
use crate::common::wire::time;
use crate::limits::HELD_MAX;
use crate::link::rows::{DELEGATES, HELD, HELD_VIA, Held, LINKS};
use crate::link::{Cascade, Link, LinkKind, LinkState, Side, evidence};
use pritchel_actor::{ActId, ActorId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Keeps a Grant that came over a link and passes it on to all who get what this actor has.
///
/// Source: ForgeFed, the handlers of `Grant` of Project and Team.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Given {
    /// The Grant.
    pub grant: ActId,
    /// The delegate-Grant by which it came.
    pub delegate: ActId,
    /// The resource it gives access to.
    pub context: ActorId,
    /// The role.
    pub role: Role,
    /// How it may be used.
    pub allows: String,
    /// The Grant it passes on; `None` for one that the resource itself gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<ActId>,
    /// From when on and until when it holds.
    #[serde(flatten)]
    pub span: Span,
}

impl<A: ResourceActor> Method<A> for Given {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let giver = turn.caller().id().clone();
        let add = DELEGATES.get(turn, &self.delegate)?;
        let link = match &add {
            Some(add) => LINKS.get(turn, add)?,
            None => None,
        };
        if let Some(link) = &link {
            turn.case(link.end.collection());
        }
        let Some((add, link)) = add.zip(link).filter(|(_, link)| stands(link, &giver)) else {
            return Err(Refusal::new("not-linked", format!("{giver} gives nothing to this actor")).into());
        };
        check(&self, &link, &giver)?;
        if HELD.has(turn, &self.grant)? {
            return Ok(());
        }
        demand(!self.span.is_over(turn.now()), || {
            let end = self.span.end.map(|end| time(end).to_string()).unwrap_or_default();
            Refusal::new("ended", format!("{} ended at {end}, it is {}", self.grant, time(turn.now())))
        })?;
        demand(actor.resource().links.held < HELD_MAX, || {
            Refusal::new("too-many-grants", format!("at most {HELD_MAX} Grants are held"))
        })?;
        evidence::check_passable(turn, self.of.clone())?;
        let kind = match evidence::types(turn, &self.context) {
            Ok(types) => types.into_iter().find(|name| {
                crate::link::kind::COMPONENT_TYPES.contains(&name.as_str()) || KNOWN.contains(&name.as_str())
            }),
            Err(Halt::Refuse(_)) => None,
            Err(halt) => return Err(halt),
        };
        let since = turn.now();
        let (role, span) = (self.role, self.span);
        let held = Held { giver, via: add.clone(), context: self.context, kind, role, span, since };
        HELD.put(turn, &self.grant, &held);
        HELD_VIA.put(turn, &(add, self.grant.clone()), &since);
        actor.resource_mut().links.held += 1;
        if let Some(end) = span.end {
            agenda::note(actor, turn, (end, &self.grant), Lapse::Held { grant: self.grant.clone() })?;
        }
        let myself = turn.myself::<A>();
        turn.call(&myself, Cascade::Extend { grant: self.grant, after: None })
    }
}

/// Types of resources that are no components.
const KNOWN: [&str; 4] = ["Project", "Team", "Factory", "Organization"];

fn stands(link: &Link, giver: &ActorId) -> bool {
    link.state == LinkState::Linked && link.end.side == Side::Destination && link.peer == *giver
}

/// What may come over which link, and in which role.
fn check(given: &Given, link: &Link, giver: &ActorId) -> Result<(), Halt> {
    demand(given.allows == link.end.allows(), || {
        Refusal::new(
            "passed-on-wrongly",
            format!("expected `allows` to be {:?}, found {:?}", link.end.allows(), given.allows),
        )
    })?;
    let Some(worth) = link.role else {
        return Err(Refusal::new("not-linked", format!("no access comes from {giver} over this link")).into());
    };
    demand(given.role <= worth, || {
        Refusal::new("grew", format!("the link is worth {worth}, this gives {}", given.role))
    })?;
    match &given.of {
        None if !link.end.starts() => {
            Err(Refusal::new("starts-nothing", format!("{giver} gives no access to itself over this link")).into())
        }
        None if given.context != *giver => {
            Err(Refusal::new("other-resource", format!("{giver} cannot give access to {}", given.context)).into())
        }
        None if link.end.kind == LinkKind::Component && given.role != worth => {
            Err(Refusal::new("not-as-asked", format!("the link is worth {worth}, this gives {}", given.role)).into())
        }
        Some(_) if !link.end.extends() => {
            Err(Refusal::new("passed-on-wrongly", format!("over this link {giver} gives access to itself only")).into())
        }
        _ => Ok(()),
    }
}
