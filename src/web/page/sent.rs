//! What came of a form: the page waits a little for the outcome, and tells it at the top of the next page.

use crate::answer::WebResult;
use crate::limits::{OUTCOME_LOOK_MS, OUTCOME_MS};
use crate::page::boxes::trouble;
use crate::page::heard::{self, Heard, Listener};
use crate::page::parts::{Badge, Notice, Why};
use crate::page::visit::{Me, Visit};
use pritchel_actor::errbox::Ended;
use pritchel_actor::{Act, ActId, ViewError};
use pritchel_actors::Person;
use pritchel_actors::person::rows::{Sent, SentState};
use pritchel_actors::person::view::ViewSent;
use std::time::Duration;

/// The field of the query that names the act of the last form.
pub const ITEM: &str = "item";

/// How something the visitor published stands, as their own box has it.
pub async fn state(visit: &Visit, me: &Me, act: &ActId) -> WebResult<Option<Sent>> {
    let view = ViewSent { viewer: Some(me.id.clone()), act: act.clone() };
    match visit.front.node.look::<Person, _>(&me.id, &view).await {
        Ok(sent) => Ok(sent),
        Err(ViewError::NoActor) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// How something published stands, as far as this server can know: what nobody answers is asked of the tracker it was told.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// As the person's own box has it.
    Own(SentState),
    /// A tracker of this server has dealt with it.
    Ended(Ended),
    /// It has yet to arrive.
    Coming,
    /// Another server has taken it.
    Delivered,
}

impl Progress {
    /// How far this is.
    pub async fn of(visit: &Visit, me: &Me, act: &ActId, sent: &Sent, listener: &Listener) -> WebResult<Self> {
        if matches!(sent.state, SentState::Done { .. } | SentState::Refused { .. }) {
            return Ok(Self::Own(sent.state.clone()));
        }
        Ok(match listener.hears(visit, me, act).await? {
            Heard::Ended(ended) => Self::Ended(ended),
            Heard::Coming => Self::Coming,
            Heard::Delivered => Self::Delivered,
            Heard::Unknown => Self::Own(sent.state.clone()),
        })
    }

    /// Whether it is worth waiting a little longer.
    fn may_change(&self, sent: &Sent) -> bool {
        match self {
            Self::Own(state) => *state == SentState::Sent && sent.asked.is_some(),
            Self::Coming => true,
            Self::Ended(_) | Self::Delivered => false,
        }
    }

    /// A word for it.
    pub fn badge(&self) -> Badge {
        match self {
            Self::Own(state) => Badge::sent(state),
            Self::Ended(ended) => Badge::ended(ended),
            Self::Coming => Badge::new("wait", "sent, not yet arrived"),
            Self::Delivered => Badge::new("good", "delivered"),
        }
    }

    /// Why it was refused, if it was.
    pub fn refusal(&self) -> Option<Why> {
        match self {
            Self::Own(SentState::Refused { why }) => Some(why.clone().into()),
            // What broke is for those who own the other side.
            Self::Ended(Ended::Quarantined { .. }) => {
                Some(Why::of("quarantined", "It made the other side fail again and again, and was set aside."))
            }
            Self::Ended(ended) => trouble(ended),
            Self::Own(_) | Self::Coming | Self::Delivered => None,
        }
    }

    /// Why it is not done, if it is not.
    pub fn why(&self, sent: &Sent) -> Option<Why> {
        match self {
            Self::Own(SentState::Refused { .. }) | Self::Ended(_) => self.refusal(),
            Self::Own(SentState::Unknown) => {
                let why = "No answer has come: it may have happened or not. A late answer still counts.";
                Some(Why::of("unknown", why))
            }
            Self::Own(SentState::Sent) if sent.asked.is_some() => {
                Some(Why::of("sent", "It is on its way; the other side has not answered yet."))
            }
            Self::Coming => Some(Why::of("sent", "It is on its way. It stands on the page as soon as it has arrived.")),
            Self::Own(SentState::Sent | SentState::Done { .. }) | Self::Delivered => None,
        }
    }
}

/// How something the visitor published stands; `None` if it is not theirs.
pub async fn progress(visit: &Visit, me: &Me, act: &Act) -> WebResult<Option<(Sent, Progress)>> {
    let Some(sent) = state(visit, me, &act.id).await? else { return Ok(None) };
    let progress = Progress::of(visit, me, &act.id, &sent, &Listener::of(visit, me, act)).await?;
    Ok(Some((sent, progress)))
}

/// Something that waits for the other side: what it is in words, its page, and how it stands; `None` if it does not wait.
pub async fn waits(visit: &Visit, me: &Me, act: &Act) -> WebResult<Option<(&'static str, String, Badge)>> {
    let Some((sent, progress)) = progress(visit, me, act).await? else { return Ok(None) };
    let waits = match &progress {
        Progress::Own(SentState::Sent | SentState::Unknown) => sent.asked.is_some(),
        Progress::Coming => true,
        Progress::Own(_) | Progress::Ended(_) | Progress::Delivered => false,
    };
    let token = act.id.as_str().rsplit('/').next().unwrap_or_default();
    Ok(waits.then(|| (words(act, &sent.kind), format!("{}/outbox/{token}", me.path()), progress.badge())))
}

/// Waits until the outcome is known, or [`OUTCOME_MS`].
pub async fn wait(visit: &Visit, me: &Me, act: &Act) -> WebResult<Option<Sent>> {
    let settled = async {
        loop {
            match progress(visit, me, act).await? {
                Some((sent, progress)) if progress.may_change(&sent) => {
                    tokio::time::sleep(Duration::from_millis(OUTCOME_LOOK_MS)).await;
                }
                other => return Ok(other.map(|(sent, _)| sent)),
            }
        }
    };
    match tokio::time::timeout(Duration::from_millis(OUTCOME_MS), settled).await {
        Ok(sent) => sent,
        Err(_) => state(visit, me, &act.id).await,
    }
}

/// What came of the last form, if this page is shown after one.
pub async fn notice(visit: &Visit) -> WebResult<Option<Notice>> {
    let (Some(me), Some(act)) = (&visit.me, visit.last_act()) else { return Ok(None) };
    let Some(act) = visit.front.ports.act(act).await? else { return Ok(None) };
    let Some((sent, progress)) = progress(visit, me, &act).await? else { return Ok(None) };
    let token = act.id.as_str().rsplit('/').next().unwrap_or_default();
    // What is done stands on the page; what is not must not be lost.
    let said = if progress.why(&sent).is_some() || progress == Progress::Delivered { heard::said(&act) } else { None };
    Ok(Some(Notice {
        badge: progress.badge(),
        what: words(&act, &sent.kind),
        href: format!("{}/outbox/{token}", me.path()),
        why: progress.why(&sent),
        kind: sent.kind,
        said,
    }))
}

/// What a form did, in words of people.
fn words(act: &Act, kind: &str) -> &'static str {
    let object = act.body.get("object");
    let object = object.map_or("", crate::page::audience::kind);
    match (kind, object) {
        ("Create", "Note") => "Your comment",
        ("Edit", "Note") => "The new text of your comment",
        ("Create", _) => "Making it",
        ("Offer", "Ticket") => "Your ticket",
        ("Offer", "Review") => "Your review",
        ("Announce", "Review") => "Your word that you review it",
        ("Undo", "Approval") => "Dismissing the review",
        ("Offer", _) => "The new dependency",
        ("Edit", _) => "Your changes",
        ("Move", "") => "Moving it",
        ("Delete", _) => "Deleting it",
        ("Resolve", _) => "Closing the ticket",
        ("Undo", "Resolve") => "Reopening the ticket",
        ("Undo", "Assign") => "Taking the ticket back",
        ("Undo", "Follow") => "Following it no more",
        ("Undo", _) => "Taking it back",
        ("Assign", _) => "Assigning the ticket",
        ("Follow", _) => "Following it",
        ("Like", _) => "Your star",
        ("Invite", _) => "Your invitation",
        ("Join", _) => "Your wish to join",
        ("Leave", _) => "Leaving it",
        ("Remove", _) => "Removing them",
        ("Accept", _) => "Your yes",
        ("Reject", _) => "Your no",
        _ => "What you sent",
    }
}
