//! What a ticket's page shows of the workflow and the roadmap that its tracker uses: values of fields, the milestone, and the
//! forms for both. What a workflow or roadmap of another server offers is asked for whoever may change it, see [`far_plans`]; the forms ask for
//! addresses only while that server does not answer.

use crate::answer::WebResult;
use crate::limits::SHOWN_ITEMS;
use crate::page::far_plans::{self, FarField};
use crate::page::head::Head;
use crate::page::parts::{Swatch, Who};
use crate::page::visit::Visit;
use crate::page::who::{Kind, Names, href};
use pritchel_actor::{ActorId, ViewError};
use pritchel_actors::access::Role;
use pritchel_actors::roadmap::milestone::{milestone_no, milestone_uri};
use pritchel_actors::roadmap::view::{ViewMilestone, ViewRoadmap};
use pritchel_actors::ticket_tracker::fields::{FieldData, FieldValue};
use pritchel_actors::ticket_tracker::view::TicketShown;
use pritchel_actors::workflow::FieldKind;
use pritchel_actors::workflow::enumeration::value_uri;
use pritchel_actors::workflow::field::field_uri;
use pritchel_actors::workflow::view::{ViewWorkflow, WorkflowShown};
use pritchel_actors::{Roadmap, Workflow};

/// A field of a ticket.
pub struct FieldRow {
    /// Its address.
    pub uri: String,
    /// What it is called.
    pub name: String,
    /// The colour behind its name.
    pub color: Option<Swatch>,
    /// Its type.
    pub kind: &'static str,
    /// Of an enumeration: the address and name of each value.
    pub values: Vec<(String, String)>,
    /// The value as it is read, if the ticket has one.
    pub shown: Option<String>,
    /// The value as a form has it.
    pub now: String,
}

/// A milestone a ticket can be planned for.
#[derive(Clone)]
pub struct MilestoneChoice {
    /// Its address.
    pub uri: String,
    /// Its page.
    pub href: String,
    /// What it is called.
    pub name: String,
}

/// What a page shows of both.
#[derive(Default)]
pub struct Plans {
    /// The workflow, if the tracker uses one.
    pub workflow: Option<Who>,
    /// All fields where they are known, else those the ticket has.
    pub fields: Vec<FieldRow>,
    /// Whether all fields are known: then forms offer them.
    pub all_fields: bool,
    /// The roadmap, if the tracker uses one.
    pub roadmap: Option<Who>,
    /// The milestone the ticket is planned for.
    pub milestone: Option<MilestoneChoice>,
    /// Those that are open, where they are known.
    pub milestones: Vec<MilestoneChoice>,
    /// Whether the visitor may change any of it.
    pub may_change: bool,
}

impl Plans {
    /// The milestone by the name that the choices tell, where only its number was known. One that is not among them stays a choice.
    fn call_by_name(&mut self) {
        let Some(now) = &mut self.milestone else { return };
        match self.milestones.iter().find(|row| row.uri == now.uri) {
            Some(row) => now.name.clone_from(&row.name),
            None if self.milestones.is_empty() => {}
            None => self.milestones.push(now.clone()),
        }
    }
}

/// What is shown beside a ticket.
pub async fn of_ticket(visit: &Visit, head: &Head, shown: &TicketShown, names: &mut Names<'_>) -> WebResult<Plans> {
    let mut plans = Plans { may_change: head.may(Role::Triage) && head.collaborates, ..Plans::default() };
    let ticket = &shown.ticket;
    if let Some(workflow) = &shown.uses.workflow {
        plans.workflow = Some(names.who(workflow).await);
        let values: Vec<&FieldValue> = shown.uses.fields(ticket).collect();
        match known_fields(visit, workflow).await? {
            Some(known) => {
                plans.fields = rows(workflow, &known, &values);
                plans.all_fields = true;
            }
            None => {
                let offered = if plans.may_change { far_plans::fields(visit, workflow).await } else { None };
                plans.all_fields = offered.is_some();
                plans.fields = far_rows(offered.unwrap_or_default(), values);
            }
        }
    }
    if let Some(roadmap) = &shown.uses.roadmap {
        plans.roadmap = Some(names.who(roadmap).await);
        if let Some(planned) = shown.uses.milestone(ticket) {
            let name = milestone_name(visit, roadmap, &planned.milestone).await?;
            plans.milestone = Some(choice(visit, planned.milestone.clone(), name));
        }
        if plans.may_change {
            plans.milestones = open_milestones(visit, roadmap).await?;
        }
        plans.call_by_name();
    }
    Ok(plans)
}

/// The fields of a workflow of ours that the visitor may see.
async fn known_fields(visit: &Visit, workflow: &ActorId) -> WebResult<Option<WorkflowShown>> {
    if Kind::of(&visit.front.settings, workflow).is_none() {
        return Ok(None);
    }
    let view = ViewWorkflow { viewer: visit.viewer() };
    match visit.front.node.look::<Workflow, _>(workflow, &view).await {
        Ok(shown) => Ok(Some(shown)),
        Err(ViewError::Refused(_) | ViewError::NoActor) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn rows(workflow: &ActorId, known: &WorkflowShown, values: &[&FieldValue]) -> Vec<FieldRow> {
    let row = |(number, field): &(u64, pritchel_actors::workflow::Field)| {
        let uri = field_uri(workflow, *number);
        let of = match field.kind {
            FieldKind::Enum(of) => known.enums.iter().find(|(number, _)| *number == of),
            _ => None,
        };
        let named = of.map(|(of, shown)| {
            let value = |value: &pritchel_actors::workflow::EnumValue| {
                (value_uri(workflow, (*of, value.number)), value.name.to_string())
            };
            shown.values.iter().map(value).collect::<Vec<_>>()
        });
        let named = named.unwrap_or_default();
        let has = values.iter().find(|value| value.field == uri);
        let (shown, now) = match has {
            Some(value) => {
                let (shown, now) = said(&value.value);
                // What it is called today.
                let today = named.iter().find(|(uri, _)| *uri == now).map(|(_, name)| name.clone());
                (Some(today.unwrap_or(shown)), now)
            }
            None => (None, String::new()),
        };
        let (name, color) = (field.name.to_string(), field.color.clone().map(Swatch));
        FieldRow { uri, name, color, kind: field.kind.as_str(), values: named, shown, now }
    };
    known.fields.iter().map(row).collect()
}

/// The fields that another server offers, with the values that the ticket has; and values of fields that it does not offer.
fn far_rows(offered: Vec<FarField>, mut values: Vec<&FieldValue>) -> Vec<FieldRow> {
    let mut rows = Vec::new();
    for FarField { uri, name, color, kind, values: named } in offered {
        let place = values.iter().position(|value| value.field == uri);
        let has = place.map(|place| said(&values.remove(place).value));
        let (shown, now) = has.map_or((None, String::new()), |(shown, now)| (Some(shown), now));
        rows.push(FieldRow { uri, name, color, kind, values: named, shown, now });
    }
    rows.extend(values.into_iter().map(remembered));
    rows
}

/// A value whose field cannot be asked for: as it was when it was set.
fn remembered(value: &FieldValue) -> FieldRow {
    let (shown, now) = said(&value.value);
    let name = value.name.to_string();
    FieldRow { uri: value.field.clone(), name, color: None, kind: "", values: Vec::new(), shown: Some(shown), now }
}

/// A value as it is read, and as a form has it.
fn said(value: &FieldData) -> (String, String) {
    let same = |text: String| (text.clone(), text);
    match value {
        FieldData::Text(text) => same(text.clone()),
        FieldData::Integer(number) => same(number.to_string()),
        FieldData::Rational(number) => same(number.to_string()),
        FieldData::Boolean(flag) => same(if *flag { "yes" } else { "no" }.to_owned()),
        FieldData::Class => (String::new(), "yes".to_owned()),
        FieldData::Enum { value, name } => (name.to_string(), value.clone()),
    }
}

/// What tickets can be told apart by of a workflow of ours that the visitor may see: values of enumerations, and fields that a ticket only has or
/// has not; the address of each and what it is called.
pub async fn labels(visit: &Visit, workflow: &ActorId) -> WebResult<Vec<(String, String)>> {
    let Some(known) = known_fields(visit, workflow).await? else { return Ok(Vec::new()) };
    let mut labels = Vec::new();
    for field in rows(workflow, &known, &[]) {
        if field.kind == FieldKind::Class.as_str() || field.kind == FieldKind::Boolean.as_str() {
            labels.push((field.uri, field.name));
        } else {
            labels.extend(field.values.into_iter().map(|(uri, value)| (uri, format!("{}: {value}", field.name))));
        }
    }
    Ok(labels)
}

/// A value that a new ticket can have from the beginning.
pub struct Preset {
    /// The address of its field.
    pub field: String,
    /// The value as a form has it.
    pub value: String,
    /// What it is called.
    pub name: String,
}

/// The labels of these names, in whatever case, that a workflow of ours has and the visitor may see.
pub async fn presets(visit: &Visit, workflow: &ActorId, names: &[String]) -> WebResult<Vec<Preset>> {
    let Some(known) = known_fields(visit, workflow).await? else { return Ok(Vec::new()) };
    let mut presets = Vec::new();
    let wanted = |name: &str| names.iter().any(|wanted| wanted.to_lowercase() == name.to_lowercase());
    for FieldRow { uri, name, kind, values, .. } in rows(workflow, &known, &[]) {
        if kind == FieldKind::Class.as_str() && wanted(&name) {
            presets.push(Preset { field: uri, value: "yes".to_owned(), name });
        } else if let Some((value, name)) = values.into_iter().find(|(_, name)| wanted(name)) {
            presets.push(Preset { field: uri, value, name });
        }
    }
    Ok(presets)
}

/// A milestone as pages show it.
pub fn choice(visit: &Visit, uri: String, name: String) -> MilestoneChoice {
    MilestoneChoice { href: href(visit, &uri), uri, name }
}

/// What a milestone is called: its name if it is one of ours, else its number.
pub async fn milestone_name(visit: &Visit, roadmap: &ActorId, uri: &str) -> WebResult<String> {
    let near = Kind::of(&visit.front.settings, roadmap).and_then(|_| milestone_no(roadmap, uri));
    if let Some(number) = near {
        let view = ViewMilestone { viewer: visit.viewer(), number };
        if let Ok(milestone) = visit.front.node.look::<Roadmap, _>(roadmap, &view).await {
            return Ok(milestone.name.to_string());
        }
    }
    let (_, short) = uri.rsplit_once('/').unwrap_or(("", uri));
    Ok(format!("milestone {short}"))
}

/// The newest milestones that are open: for whoever may plan, since another server is asked for its own.
pub async fn open_milestones(visit: &Visit, roadmap: &ActorId) -> WebResult<Vec<MilestoneChoice>> {
    if Kind::of(&visit.front.settings, roadmap).is_none() {
        let open = far_plans::milestones(visit, roadmap).await.unwrap_or_default();
        return Ok(open.into_iter().map(|(uri, name)| choice(visit, uri, name)).collect());
    }
    let view = ViewRoadmap { viewer: visit.viewer(), before: None, limit: 4 * SHOWN_ITEMS };
    match visit.front.node.look::<Roadmap, _>(roadmap, &view).await {
        Ok(shown) => {
            let open = shown.milestones.iter().filter(|(_, milestone)| milestone.is_open());
            Ok(open
                .map(|(number, milestone)| choice(visit, milestone_uri(roadmap, *number), milestone.name.to_string()))
                .collect())
        }
        Err(ViewError::Refused(_) | ViewError::NoActor) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}
