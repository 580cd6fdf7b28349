//! `GET /desk`: what waits for a person, and what they hold: Grants, invitations, tickets they are given, follow requests.

use crate::answer::WebResult;
use crate::limits::SHOWN_ITEMS;
use crate::page::grant;
use crate::page::home::{Mine, mine};
use crate::page::links::Pending;
use crate::page::parts::{Badge, When, Who, term};
use crate::page::shell::{error, page};
use crate::page::visit::{Frame, Visit};
use crate::page::who::{Names, short};
use askama::Template;
use axum::response::Response;
use pritchel_actor::{ActId, ActorId, Seconds};
use pritchel_actors::Person;
use pritchel_actors::person::rows::Permit;
use pritchel_actors::person::view::{DeskShown, ViewDesk};

/// An invitation to answer.
pub struct InvitedRow {
    invite: String,
    resource: Who,
    by: Who,
    role: Option<Badge>,
    at: When,
    term: String,
    confirmed: bool,
    answered: Option<bool>,
}

/// A ticket that somebody gives to the person.
pub struct GivenRow {
    assign: String,
    ticket: Who,
    by: Who,
    at: When,
    tracker: Option<String>,
    taken: bool,
}

/// A Grant held.
pub struct PermitRow {
    grant: String,
    href: String,
    short: String,
    resource: Who,
    role: Badge,
    since: When,
    end: Option<When>,
    /// Why it does not hold, in words.
    gone: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "desk.html")]
struct Desk<'a> {
    frame: &'a Frame,
    mine: Vec<Mine>,
    invited: Vec<InvitedRow>,
    given: Vec<GivenRow>,
    requests: Vec<(String, Who)>,
    permits: Vec<PermitRow>,
    /// Delegate-Grants given: the page of each, its address in short, and to whom.
    delegations: Vec<(String, String, Who)>,
}

/// `GET /desk`.
pub async fn show(visit: Visit) -> Response {
    match desk(&visit).await {
        Ok(response) => response,
        Err(wrong) => error(&visit, wrong),
    }
}

async fn desk(visit: &Visit) -> WebResult {
    let me = visit.signed_in()?;
    let view = ViewDesk { viewer: visit.viewer(), limit: 4 * SHOWN_ITEMS };
    let shown = visit.front.node.look::<Person, _>(&me.id, &view).await?;
    let DeskShown { permits, invited, given, follow_requests, delegations, .. } = shown;
    let mine = mine(visit, &permits).await?;
    let mut names = Names::new(visit);
    let mut invitations = Vec::new();
    for (invite, invited) in invited {
        invitations.push(InvitedRow {
            invite: invite.to_string(),
            resource: names.who(&invited.resource).await,
            by: names.who(&invited.by).await,
            role: invited.role.map(|role| Badge::new("plain", role.as_str())),
            at: When(invited.at),
            term: term(&invited.term),
            confirmed: invited.confirmed,
            answered: invited.answered,
        });
    }
    // What waits comes first.
    invitations.sort_by_key(|row| (row.answered.is_some(), std::cmp::Reverse(row.at.0)));
    let mut tickets = Vec::new();
    for (assign, given) in given {
        tickets.push(GivenRow {
            assign: assign.to_string(),
            ticket: names.who(&ActorId::new(given.ticket)).await,
            by: names.who(&given.by).await,
            at: When(given.at),
            tracker: given.tracker.map(|tracker| tracker.to_string()),
            taken: given.answered.is_some(),
        });
    }
    let mut requests = Vec::new();
    for (follow, who) in follow_requests {
        requests.push((follow.to_string(), names.who(&who).await));
    }
    let grants = held(permits, visit.front.ports.now(), &mut names).await;
    let mut given_on = Vec::new();
    for (grant, to) in delegations {
        given_on.push((grant::path(&grant), short(&grant), names.who(&to).await));
    }
    let frame = visit.frame().await?;
    page(&Desk {
        frame: &frame,
        mine,
        invited: invitations,
        given: tickets,
        requests,
        permits: grants,
        delegations: given_on,
    })
}

/// What waits between the visitor and others, and for what: invitations until their Grant has come, tickets, follows.
pub async fn pending(visit: &Visit, me: &ActorId) -> WebResult<Vec<Pending>> {
    let view = ViewDesk { viewer: visit.viewer(), limit: 4 * SHOWN_ITEMS };
    let shown = visit.front.node.look::<Person, _>(me, &view).await?;
    let (mut names, mut pending) = (Names::new(visit), Vec::new());
    for (invite, invited) in &shown.invited {
        let who = names.who(&invited.resource).await;
        let given = shown.permits.iter().any(|(_, permit)| permit.fulfills.as_ref() == Some(invite));
        let waits = match (invited.answered, invited.confirmed) {
            (None, true) => "waits for you to accept".to_owned(),
            (None, false) => format!("waits for you to accept, and for {} to confirm that the offer stands", who.label),
            (Some(true), _) if invited.role.is_some() && !given => {
                format!("you have accepted; waits for the Grant of {}", who.label)
            }
            (Some(_), _) => continue,
        };
        pending.push(Pending { what: "Invited to", who: Some(who), waits });
    }
    for (_, given) in &shown.given {
        let who = names.who(&ActorId::new(given.ticket.as_str())).await;
        let waits = match (&given.tracker, given.answered) {
            (Some(_), None) => "waits for you to take it",
            (None, None) => "waits for its tracker to say that it may be given to you",
            (_, Some(_)) => "you have taken it; waits for its tracker to write that down",
        };
        pending.push(Pending { what: "A ticket for you:", who: Some(who), waits: waits.to_owned() });
    }
    for (_, follower) in &shown.follow_requests {
        let who = Some(names.who(follower).await);
        pending.push(Pending { what: "Asks to follow you:", who, waits: "waits for you to let them".to_owned() });
    }
    Ok(pending)
}

/// The Grants somebody holds: those that hold first, the newest before older ones.
async fn held(permits: Vec<(ActId, Permit)>, now: Seconds, names: &mut Names<'_>) -> Vec<PermitRow> {
    let mut grants = Vec::new();
    for (grant, permit) in permits {
        grants.push(PermitRow {
            href: grant::path(&grant),
            short: short(&grant),
            grant: grant.to_string(),
            resource: names.who(&permit.resource).await,
            role: Badge::new("plain", permit.role.as_str()),
            since: When(permit.since),
            end: permit.span.end.map(When),
            gone: gone(&permit, now),
        });
    }
    grants.sort_by_key(|row| (row.gone.is_some(), std::cmp::Reverse(row.since.0)));
    grants
}

/// Why a Grant does not hold, in words, as far as its holder was told.
fn gone(permit: &Permit, now: Seconds) -> Option<&'static str> {
    match permit {
        _ if permit.span.is_over(now) => Some("ended"),
        _ if permit.orphaned => Some("of a giver that was deleted"),
        _ if !permit.live => Some("revoked"),
        _ if !permit.holds(now) => Some("not yet"),
        _ => None,
    }
}
