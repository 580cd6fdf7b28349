//! What came of a form: the page waits a little for the outcome, and tells it at the top of the next page.

use crate::answer::WebResult;
use crate::limits::{OUTCOME_LOOK_MS, OUTCOME_MS};
use crate::page::parts::{Badge, Notice, Why};
use crate::page::visit::{Me, Visit};
use pritchel_actor::{ActId, ViewError};
use pritchel_actors::Person;
use pritchel_actors::person::rows::{Sent, SentState};
use pritchel_actors::person::view::ViewSent;
use std::time::Duration;

/// The field of the query that names the act of the last form.
pub const ITEM: &str = "item";

/// How something the visitor published stands.
pub async fn state(visit: &Visit, me: &Me, act: &ActId) -> WebResult<Option<Sent>> {
    let view = ViewSent { viewer: Some(me.id.clone()), act: act.clone() };
    match visit.front.node.look::<Person, _>(&me.id, &view).await {
        Ok(sent) => Ok(sent),
        Err(ViewError::NoActor) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Waits until the outcome is known, or [`OUTCOME_MS`].
pub async fn wait(visit: &Visit, me: &Me, act: &ActId) -> WebResult<Option<Sent>> {
    let settled = async {
        loop {
            let sent = state(visit, me, act).await?;
            match &sent {
                Some(Sent { state: SentState::Sent, asked: Some(_), .. }) => {
                    tokio::time::sleep(Duration::from_millis(OUTCOME_LOOK_MS)).await;
                }
                _ => return Ok(sent),
            }
        }
    };
    match tokio::time::timeout(Duration::from_millis(OUTCOME_MS), settled).await {
        Ok(sent) => sent,
        Err(_) => state(visit, me, act).await,
    }
}

/// What came of the last form, if this page is shown after one.
pub async fn notice(visit: &Visit) -> WebResult<Option<Notice>> {
    let (Some(me), Some(act)) = (&visit.me, visit.last_act()) else { return Ok(None) };
    let Some(sent) = state(visit, me, &act).await? else { return Ok(None) };
    let why = match &sent.state {
        SentState::Refused { why } => Some(why.clone().into()),
        SentState::Unknown => {
            Some(Why::plain("unknown", "No answer has come: it may have happened or not. A late answer still counts."))
        }
        SentState::Sent if sent.asked.is_some() => {
            Some(Why::plain("sent", "It is on its way; the other side has not answered yet."))
        }
        SentState::Sent | SentState::Done { .. } => None,
    };
    let token = act.as_str().rsplit('/').next().unwrap_or_default();
    let href = format!("{}/outbox/{token}", me.path());
    Ok(Some(Notice { badge: Badge::sent(&sent.state), what: sent.kind, href, why }))
}
