//! Enumerations, their values and fields of workflows as documents.
//!
//! Source: ForgeFed, "Enum", "EnumValue", "Field".

use crate::answer::{WebError, WebResult};
use crate::fed::collections::{Items, Part, collection};
use crate::fed::document;
use crate::fed::near::Near;
use crate::fed::shown::{Shown, or_tombstone, shown};
use crate::fed::tickets::number;
use crate::powers::Bringing;
use crate::viewer::Asking;
use axum::extract::Path;
use axum::response::Response;
use http::HeaderMap;
use pritchel_actor::View;
use pritchel_actors::Workflow;
use pritchel_actors::workflow::enumeration::enum_uri;
use pritchel_actors::workflow::field::field_uri;
use pritchel_actors::workflow::view::{ViewEnum, ViewField, ViewWorkflow, WorkflowShown};
use pritchel_actors::workflow::wire::documents;
use pritchel_vocab::Document;

/// What every handler here is given.
type Given = (Bringing, Near, Asking, HeaderMap);

/// Shows what a view of a workflow finds, written by `write`.
async fn found<V>(
    given: &Given,
    view: impl Fn(Option<pritchel_actor::ActorId>) -> V,
    write: impl Fn(V::Answer) -> WebResult<Document>,
) -> Response
where
    V: View<Workflow>,
{
    let (Bringing(front), near, asking, headers) = given;
    let found = async {
        let look = |viewer| {
            let (front, id, view) = (front.clone(), near.id.clone(), view(viewer));
            async move { front.node.look::<Workflow, _>(&id, &view).await }
        };
        let found = shown(front, near, asking, look).await?;
        Ok(document::answer(headers, &Shown { what: write(found.what)?, to_all: found.to_all }))
    };
    or_tombstone(near, found.await)
}

/// A collection of all there are, which are not many: one page.
async fn all(given: Given, part: Part, uris: impl Fn(&WorkflowShown) -> Vec<String>) -> Response {
    let near = &given.1;
    let write = |shown: WorkflowShown| {
        let uris = uris(&shown);
        let items = Items::of(Some(uris.len() as u64), uris.iter().map(String::as_str), None)?;
        collection(near, near.id.as_str(), true, &part, items)
    };
    found(&given, |viewer| ViewWorkflow { viewer }, write).await
}

/// `GET /workflows/{key}/workflowEnums`: all enumerations, oldest first.
pub async fn enums(given: Given, part: Part) -> Response {
    let id = given.1.id.clone();
    all(given, part, |shown| shown.enums.iter().map(|(number, _)| enum_uri(&id, *number)).collect()).await
}

/// `GET /workflows/{key}/workflowFields`: all fields in their order.
pub async fn fields(given: Given, part: Part) -> Response {
    let id = given.1.id.clone();
    all(given, part, |shown| shown.fields.iter().map(|(number, _)| field_uri(&id, *number)).collect()).await
}

/// `GET /workflows/{key}/enums/{number}`: one enumeration.
pub async fn enumeration(Path((_, text)): Path<(String, String)>, given: Given) -> Response {
    let Ok(of) = number(&text) else { return or_tombstone(&given.1, Err(WebError::not_found())) };
    let write = |shown| Ok(documents::enumeration(&given.1.id, of, &shown));
    found(&given, |viewer| ViewEnum { viewer, number: of }, write).await
}

/// `GET …/values`: its values.
pub async fn values(Path((_, text)): Path<(String, String)>, given: Given) -> Response {
    let Ok(of) = number(&text) else { return or_tombstone(&given.1, Err(WebError::not_found())) };
    let write = |shown| Ok(documents::values(&given.1.id, of, &shown));
    found(&given, |viewer| ViewEnum { viewer, number: of }, write).await
}

/// `GET …/values/{value}`: one of them.
pub async fn value(Path((_, text, value)): Path<(String, String, String)>, given: Given) -> Response {
    let numbers = number(&text).and_then(|of| Ok((of, number(&value)?)));
    let Ok((of, value)) = numbers else { return or_tombstone(&given.1, Err(WebError::not_found())) };
    let write = |shown: pritchel_actors::workflow::Enum| {
        let value = shown.values.iter().find(|other| other.number == value).ok_or_else(WebError::not_found)?;
        Ok(documents::value(&given.1.id, of, value))
    };
    found(&given, |viewer| ViewEnum { viewer, number: of }, write).await
}

/// `GET /workflows/{key}/fields/{number}`: one field.
pub async fn field(Path((_, text)): Path<(String, String)>, given: Given) -> Response {
    let Ok(field) = number(&text) else { return or_tombstone(&given.1, Err(WebError::not_found())) };
    let write = |shown| Ok(documents::field(&given.1.id, field, &shown));
    found(&given, |viewer| ViewField { viewer, number: field }, write).await
}
