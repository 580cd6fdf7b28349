//! Who joins a domain: invitations, and people who wait to be let in.
//!
//! An administrator sees and decides everything; others see the invitations they made, where people may invite.

use crate::answer::{WebError, WebResult, of_change};
use crate::limits::{INVITATION_DAYS, INVITATION_DAYS_USUAL};
use crate::page::fields::{Fields, wrong};
use crate::page::parts::{Day, When, Who};
use crate::page::shell::page;
use crate::page::visit::{Frame, Me, Visit};
use crate::page::who::Names;
use crate::session;
use crate::viewer::hash_of;
use askama::Template;
use pritchel_actors::Domain;
use pritchel_actors::common::text::Line;
use pritchel_actors::domain::view::{ViewApplications, ViewInvitations};
use pritchel_actors::domain::{
    ChangeSettings, Decide, DomainSettings, Invitation, MakeInvitation, NewAccounts, Registration, WithdrawInvitation,
};
use std::str::FromStr;

struct InvitationRow {
    hash: String,
    note: Option<Line>,
    by: Option<Who>,
    since: When,
    until: Day,
    used: Option<Who>,
}

struct WaitingRow {
    name: String,
    text: String,
    since: When,
}

#[derive(Template)]
#[template(path = "registration.html")]
struct Joining<'a> {
    frame: &'a Frame,
    host: &'a str,
    admin: bool,
    /// In words, who becomes a person here.
    rule: &'static str,
    /// Whether the visitor may invite.
    invites: bool,
    invitations: Vec<InvitationRow>,
    waiting: Vec<WaitingRow>,
    /// The link of an invitation that was just made: it is shown once.
    made: Option<String>,
    days: i64,
    days_max: i64,
}

/// Whether a person may invite others to their domain.
pub fn may_invite(settings: &DomainSettings, me: &Me) -> bool {
    settings.registration() != Registration::Closed && (me.person.admin || settings.people_invite)
}

/// `GET /settings/registration`.
pub async fn show(visit: &Visit, made: Option<String>) -> WebResult {
    let me = visit.signed_in()?;
    let admin = me.person.admin;
    if !admin && !may_invite(&visit.domain, me) {
        return Err(WebError::not_found());
    }
    let (node, domain) = (&visit.front.node, &visit.site.actor);
    let view = ViewInvitations { by: (!admin).then(|| me.id.clone()) };
    let mut names = Names::new(visit);
    let mut invitations = Vec::new();
    for (hash, invitation) in node.look::<Domain, _>(domain, &view).await? {
        invitations.push(row(&mut names, hash, invitation).await);
    }
    let waiting = if admin { node.look::<Domain, _>(domain, &ViewApplications).await? } else { Vec::new() };
    let frame = visit.frame().await?;
    page(&Joining {
        frame: &frame,
        host: visit.site.shown(),
        admin,
        rule: rule(visit.domain.registration()),
        invites: may_invite(&visit.domain, me),
        invitations,
        waiting: waiting
            .into_iter()
            .map(|(name, application)| WaitingRow { name, text: application.text, since: When(application.at) })
            .collect(),
        made,
        days: INVITATION_DAYS_USUAL,
        days_max: *INVITATION_DAYS.end(),
    })
}

async fn row(names: &mut Names<'_>, hash: String, invitation: Invitation) -> InvitationRow {
    let by = match &invitation.by {
        Some(by) => Some(names.who(by).await),
        None => None,
    };
    let used = match &invitation.used {
        Some(used) => Some(names.who(used).await),
        None => None,
    };
    let (since, until) = (When(invitation.since), Day(invitation.until));
    InvitationRow { hash, note: invitation.note, by, since, until, used }
}

/// Who becomes a person, in words.
fn rule(registration: Registration) -> &'static str {
    match registration {
        Registration::Closed => "Nobody can register; the operator adds people.",
        Registration::Invitation => "Whoever has an invitation can register.",
        Registration::Approval => {
            "Whoever asks waits until an administrator lets them in; who has an invitation need not wait."
        }
        Registration::Open => "Anybody can register.",
    }
}

/// Makes an invitation as a form describes it. Answers its link.
pub async fn invite(visit: &Visit, me: &Me, fields: &Fields) -> WebResult<String> {
    let note = fields.text("note").map(Line::parse).transpose().map_err(|why| wrong(why.to_string()))?;
    let days = fields.text("days").map_or(Some(INVITATION_DAYS_USUAL), |days| days.parse().ok());
    let days = days.filter(|days| INVITATION_DAYS.contains(days)).ok_or_else(|| {
        wrong(format!("expected a number of days from {} to {}", INVITATION_DAYS.start(), INVITATION_DAYS.end()))
    })?;
    let secret = session::secret(&visit.front);
    let until = visit.front.ports.now() + days * 86_400;
    let make = MakeInvitation { hash: hash_of(&secret), by: Some(me.id.clone()), note, until };
    called(visit, me, make).await?;
    Ok(visit.site.uri(&format!("/register/{secret}")))
}

/// Takes an invitation back.
pub async fn withdraw(visit: &Visit, me: &Me, fields: &Fields) -> WebResult<()> {
    called(visit, me, WithdrawInvitation { hash: fields.need("hash")?.to_owned() }).await
}

/// Calls a method of the domain: for an administrator as the domain itself, for others as the person they are.
async fn called<M>(visit: &Visit, me: &Me, method: M) -> WebResult<()>
where
    M: pritchel_actor::Method<Domain, Answer = ()>,
    pritchel_actors::domain::DomainCall: From<M>,
{
    let domain = &visit.site.actor;
    let caller = if me.person.admin { domain } else { &me.id };
    of_change(visit.front.node.call::<Domain, M>(domain, caller, method).await)
}

/// Lets somebody in, or turns them down.
pub async fn decide(visit: &Visit, me: &Me, fields: &Fields, let_in: bool) -> WebResult<()> {
    administers(me)?;
    let decide = Decide { name: fields.need("name")?.to_owned(), let_in, why: fields.text("why").map(str::to_owned) };
    let domain = &visit.site.actor;
    of_change(visit.front.node.call::<Domain, _>(domain, domain, decide).await).map(|_| ())
}

/// Changes what an administrator may set of the domain.
pub async fn change(visit: &Visit, me: &Me, fields: &Fields) -> WebResult<()> {
    administers(me)?;
    let title = fields.text("title").map(Line::parse).transpose().map_err(|why| wrong(why.to_string()))?;
    let registration = Registration::of_word(fields.need("registration")?)
        .ok_or_else(|| wrong("expected `closed`, `invitation`, `approval` or `open` in the field `registration`"))?;
    let before = visit.domain.new_accounts;
    let new_accounts = NewAccounts {
        days: number(fields, "new_days")?.unwrap_or(before.days),
        acts_a_day: number(fields, "new_acts")?.unwrap_or(before.acts_a_day),
    };
    let settings = DomainSettings {
        title: title.map(|title| title.to_string()),
        new_accounts,
        people_invite: fields.ticked("people_invite"),
        ..visit.domain.clone()
    };
    let actor = &visit.site.actor;
    let change = ChangeSettings { settings: settings.registering(registration) };
    of_change(visit.front.node.call::<Domain, _>(actor, actor, change).await)
}

/// A whole number that was typed, if one was.
fn number<N: FromStr>(fields: &Fields, field: &str) -> WebResult<Option<N>> {
    let typed = fields.text(field).map(|text| text.trim().parse());
    typed.transpose().map_err(|_| wrong(format!("expected a whole number in the field `{field}`")))
}

fn administers(me: &Me) -> WebResult<()> {
    match me.person.admin {
        true => Ok(()),
        false => Err(WebError::forbidden("not-administrator", "only an administrator changes this")),
    }
}
