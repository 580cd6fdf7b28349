//! The page of a workflow: its fields in their order, its enumerations with their values, and the forms to change them.

use crate::answer::WebResult;
use crate::page::head::Head;
use crate::page::links::{Pending, pending};
use crate::page::parts::Swatch;
use crate::page::shell::page;
use crate::page::visit::{Frame, Visit};
use crate::page::who::{Kind, Names};
use askama::Template;
use pritchel_actor::ActorId;
use pritchel_actors::access::Role;
use pritchel_actors::common::text::Line;
use pritchel_actors::workflow::enumeration::{enum_uri, value_uri};
use pritchel_actors::workflow::field::field_uri;
use pritchel_actors::workflow::view::{ViewWorkflow, WorkflowShown};
use pritchel_actors::workflow::{Color, Enum, EnumNo, FieldKind};
use pritchel_actors::{ResourceKind, Workflow};

/// Something with a name, as its form has it.
struct Part {
    /// Its address.
    uri: String,
    /// Its number, for anchors.
    number: u64,
    /// Its place, counted from 1.
    place: usize,
    name: String,
    summary: String,
    color: Option<Swatch>,
}

struct FieldRow {
    part: Part,
    kind: &'static str,
    /// What its values are of.
    of: Option<(EnumNo, String)>,
}

struct EnumRow {
    part: Part,
    ordered: bool,
    values: Vec<Part>,
    /// Whether a field takes its values from it.
    used: bool,
}

#[derive(Template)]
#[template(path = "workflow.html")]
struct WorkflowPage<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    fields: Vec<FieldRow>,
    enums: Vec<EnumRow>,
    kinds: [(&'static str, &'static str); 5],
    /// Handshakes that wait, in words.
    pending: Vec<Pending>,
    may_change: bool,
}

/// The types of fields that need nothing else, with what people call them.
const KINDS: [(&str, &str); 5] = [
    ("fieldTypeText", "a text"),
    ("fieldTypeInteger", "a whole number"),
    ("fieldTypeRational", "a number"),
    ("fieldTypeBoolean", "yes or no"),
    ("fieldTypeClass", "a label"),
];

/// What people call a type.
pub fn word(kind: &str) -> &'static str {
    KINDS.into_iter().find(|(name, _)| *name == kind).map_or("one of some values", |(_, word)| word)
}

/// `GET /workflows/{key}`.
pub async fn show(visit: &Visit, actor: &ActorId) -> WebResult {
    let head = Head::of(visit, Kind::Resource(ResourceKind::Workflow), actor).await?;
    let (node, viewer) = (&visit.front.node, visit.viewer());
    let shown = node.look::<Workflow, _>(actor, &ViewWorkflow { viewer }).await?;
    page(&WorkflowPage {
        frame: &*visit.frame().await?,
        tab: "about",
        fields: fields(actor, &shown),
        enums: shown.enums.iter().map(|(number, shown_enum)| row(actor, *number, shown_enum, &shown)).collect(),
        kinds: KINDS,
        pending: pending(visit, ResourceKind::Workflow, actor, &mut Names::new(visit)).await?,
        may_change: head.may(Role::Maintain) && head.collaborates,
        head: &head,
    })
}

fn part(
    uri: String,
    (number, index): (u64, usize),
    name: &Line,
    summary: Option<&Line>,
    color: Option<&Color>,
) -> Part {
    let summary = summary.map(Line::to_string).unwrap_or_default();
    Part { uri, number, place: index + 1, name: name.to_string(), summary, color: color.cloned().map(Swatch) }
}

fn fields(actor: &ActorId, shown: &WorkflowShown) -> Vec<FieldRow> {
    let rows = shown.fields.iter().enumerate();
    rows.map(|(index, (number, field))| FieldRow {
        part: part(
            field_uri(actor, *number),
            (*number, index),
            &field.name,
            field.summary.as_ref(),
            field.color.as_ref(),
        ),
        kind: word(field.kind.as_str()),
        of: match field.kind {
            FieldKind::Enum(of) => {
                let named = shown.enums.iter().find(|(number, _)| *number == of);
                Some((of, named.map_or_else(|| of.to_string(), |(_, shown)| shown.name.to_string())))
            }
            _ => None,
        },
    })
    .collect()
}

fn row(actor: &ActorId, number: EnumNo, shown: &Enum, all: &WorkflowShown) -> EnumRow {
    let values = shown.values.iter().enumerate().map(|(index, value)| {
        let uri = value_uri(actor, (number, value.number));
        part(uri, (value.number, index), &value.name, value.summary.as_ref(), value.color.as_ref())
    });
    EnumRow {
        part: part(enum_uri(actor, number), (number, 0), &shown.name, shown.summary.as_ref(), None),
        ordered: shown.ordered,
        values: values.collect(),
        used: all.fields.iter().any(|(_, field)| field.kind == FieldKind::Enum(number)),
    }
}
