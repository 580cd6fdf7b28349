//! What a workflow or a roadmap of another server offers, as that server tells it: the fields with their values, the milestones that
//! are open. Asked for whoever may set them on a ticket here, so that nobody has to look for addresses; where its server
//! does not answer in time, the forms ask for those.

use crate::limits::{FAR_PLANS_MAX, FAR_PLANS_WAIT_MS};
use crate::page::parts::Swatch;
use crate::page::visit::Visit;
use futures_util::future::join_all;
use pritchel_actor::{ActorId, Value};
use pritchel_actors::common::naming::origin_of;
use pritchel_actors::common::text::Line;
use pritchel_actors::workflow::Color;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

/// A field of a workflow of another server.
pub struct FarField {
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
}

/// The types of fields that a form knows how to ask for.
const KINDS: [&str; 6] =
    ["fieldTypeText", "fieldTypeInteger", "fieldTypeRational", "fieldTypeBoolean", "fieldTypeClass", "fieldTypeEnum"];

/// The fields of a workflow in their order, at most [`FAR_PLANS_MAX`]; `None`: its server does not tell them now.
pub async fn fields(visit: &Visit, workflow: &ActorId) -> Option<Vec<FarField>> {
    in_time(async {
        let all = all(visit, workflow, "workflowFields", "Field").await?;
        let enums = all.iter().filter_map(|(_, field)| field.get("instrument").and_then(address)).map(str::to_owned);
        let mut named: Vec<String> = enums.filter(|uri| is_of(workflow, uri)).collect();
        named.sort_unstable();
        named.dedup();
        let read = join_all(named.into_iter().map(|uri| values(visit, workflow, uri))).await;
        let values: BTreeMap<String, Vec<(String, String)>> = read.into_iter().collect();
        Some(all.iter().filter_map(|(uri, field)| read_field(uri, field, &values)).collect())
    })
    .await
}

/// The milestones of a roadmap that are open, each with its address and name, as its server orders them.
pub async fn milestones(visit: &Visit, roadmap: &ActorId) -> Option<Vec<(String, String)>> {
    in_time(async {
        let all = all(visit, roadmap, "roadmapMilestones", "Milestone").await?;
        let open = all.iter().filter(|(_, milestone)| milestone.get("isResolved") != Some(&Value::Bool(true)));
        Some(open.filter_map(|(uri, milestone)| Some((uri.clone(), name(milestone)?))).collect())
    })
    .await
}

async fn in_time<T>(asked: impl Future<Output = Option<T>>) -> Option<T> {
    tokio::time::timeout(Duration::from_millis(FAR_PLANS_WAIT_MS), asked).await.ok().flatten()
}

fn read_field(uri: &str, field: &Value, values: &BTreeMap<String, Vec<(String, String)>>) -> Option<FarField> {
    let word = field.get("fieldType").and_then(Value::as_str)?;
    let kind = KINDS.into_iter().find(|kind| word.rsplit(['#', ':']).next() == Some(kind))?;
    let of = field.get("instrument").and_then(address).and_then(|of| values.get(of));
    Some(FarField {
        uri: uri.to_owned(),
        name: name(field)?,
        color: field.get("fieldColor").and_then(Value::as_str).and_then(|color| Color::parse(color).ok()).map(Swatch),
        kind,
        values: of.cloned().unwrap_or_default(),
    })
}

/// The address of an enumeration, with the address and name of each of its values.
async fn values(visit: &Visit, workflow: &ActorId, of: String) -> (String, Vec<(String, String)>) {
    let found = async {
        let shown = visit.fetch(&of).await.ok()?;
        let listed = listed(visit, workflow, shown.get("enumValues")?).await?;
        Some(each(visit, workflow, &of, "EnumValue", listed).await)
    };
    let values = found.await.unwrap_or_default();
    let values = values.into_iter().filter_map(|(uri, value)| Some((uri, name(&value)?))).collect();
    (of, values)
}

/// Everything of one type that an actor lists in a collection of its own.
async fn all(visit: &Visit, of: &ActorId, collection: &str, kind: &str) -> Option<Vec<(String, Arc<Value>)>> {
    let document = visit.fetch(of.as_str()).await.ok()?;
    let listed = listed(visit, of, document.get(collection)?).await?;
    Some(each(visit, of, of.as_str(), kind, listed).await)
}

/// The items of a collection on the actor's own server: written out in it, or on its first page.
async fn listed(visit: &Visit, of: &ActorId, named: &Value) -> Option<Vec<Value>> {
    let whole = fetched(visit, of, named).await?;
    let page = match (items(&whole), whole.get("first")) {
        (Some(_), _) | (None, None) => whole,
        (None, Some(first)) => fetched(visit, of, first).await?,
    };
    Some(items(&page).unwrap_or_default().iter().take(FAR_PLANS_MAX).cloned().collect())
}

/// A collection by its address, or as it is written out.
async fn fetched(visit: &Visit, of: &ActorId, named: &Value) -> Option<Arc<Value>> {
    if named.is_object() && (items(named).is_some() || named.get("first").is_some()) {
        return Some(Arc::new(named.clone()));
    }
    let uri = address(named).filter(|uri| is_of(of, uri))?;
    visit.fetch(uri).await.ok()
}

/// The documents of these, each by its address: of this type, in this context, from the actor's own server. Others are left out.
async fn each(visit: &Visit, of: &ActorId, context: &str, kind: &str, listed: Vec<Value>) -> Vec<(String, Arc<Value>)> {
    let one = |item: Value| async move {
        let uri = address(&item).filter(|uri| is_of(of, uri))?.to_owned();
        let document = match item {
            Value::Object(_) => Arc::new(item),
            _ => visit.fetch(&uri).await.ok()?,
        };
        let is = |term: &str, wanted: &str| document.get(term).and_then(address) == Some(wanted);
        (is("id", &uri) && is("type", kind) && is("context", context)).then_some((uri, document))
    };
    join_all(listed.into_iter().map(one)).await.into_iter().flatten().collect()
}

fn is_of(actor: &ActorId, uri: &str) -> bool {
    origin_of(uri) == origin_of(actor.as_str())
}

/// The address a value is, or has.
fn address(value: &Value) -> Option<&str> {
    value.as_str().or_else(|| value.get("id")?.as_str())
}

fn items(page: &Value) -> Option<&[Value]> {
    let items = page.get("orderedItems").or_else(|| page.get("items"));
    items.and_then(Value::as_array).map(Vec::as_slice)
}

fn name(document: &Value) -> Option<String> {
    document.get("name").and_then(Value::as_str).and_then(Line::lossy).map(|name| name.to_string())
}
