//! The front page of a domain: what it is, what is here, and for who is signed in what is theirs.

use crate::answer::WebResult;
use crate::limits::{HAPPENED_LOOKED_AT, HAPPENED_SHOWN, NAME_PAGES_MAX, NOTICES_ON_HOME, SHOWN_ITEMS};
use crate::page::notices::{self, Row};
use crate::page::parts::{Badge, Pages, Who};
use crate::page::shell::{error, page, with};
use crate::page::telling::Told;
use crate::page::visit::{Frame, Me, Visit};
use crate::page::who::{Kind, Names, word};
use crate::page::{audience, authority, veil, views};
use askama::Template;
use axum::response::Response;
use pritchel_actor::errbox::Ended;
use pritchel_actor::{ActorId, Value, ViewError};
use pritchel_actors::common::Resource;
use pritchel_actors::person::view::ViewDesk;
use pritchel_actors::{Domain, Person};

/// Something of this domain, in its list.
pub struct Here {
    /// It.
    pub who: Who,
    /// What kind of thing it is.
    pub word: &'static str,
    /// Its name in `acct:` form.
    pub handle: String,
    /// What it says of itself, without markup.
    pub summary: Option<String>,
    /// That it is only read, if it is.
    pub archived: Option<Badge>,
}

/// Something the visitor has a role on.
pub struct Mine {
    /// It.
    pub who: Who,
    /// What kind of thing it is, if it is near.
    pub word: Option<&'static str>,
    /// The role.
    pub role: Badge,
    /// That it is only read, if it is near and is.
    pub archived: Option<Badge>,
}

/// The badge of what is archived.
fn archived(resource: &Resource) -> Option<Badge> {
    resource.archived.as_ref().map(|_| Badge::new("odd", "archived"))
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home<'a> {
    frame: &'a Frame,
    host: &'a str,
    here: Vec<Here>,
    pages: Pages,
    mine: Vec<Mine>,
    waiting: usize,
    /// What is new for the visitor.
    rows: Vec<Row>,
    /// What happened in what they follow.
    recent: Vec<Told>,
    older: Option<String>,
}

/// `GET /`.
pub async fn show(visit: Visit) -> Response {
    match home(&visit).await {
        Ok(response) => response,
        Err(wrong) => error(&visit, wrong),
    }
}

async fn home(visit: &Visit) -> WebResult {
    let (here, next) = here(visit).await?;
    let mut home = Home {
        frame: &*visit.frame().await?,
        host: visit.site.shown(),
        here,
        pages: Pages::of("/", visit.asked("after"), next.as_deref()),
        mine: Vec::new(),
        waiting: 0,
        rows: Vec::new(),
        recent: Vec::new(),
        older: None,
    };
    if let Some(me) = &visit.me {
        let view = ViewDesk { viewer: visit.viewer(), limit: SHOWN_ITEMS };
        let desk = visit.front.node.look::<Person, _>(&me.id, &view).await?;
        let invited = desk.invited.iter().filter(|(_, invited)| invited.answered.is_none()).count();
        let given = desk.given.iter().filter(|(_, given)| given.answered.is_none() && given.tracker.is_some()).count();
        home.waiting = invited + given + desk.follow_requests.len();
        home.mine = mine(visit, &desk.permits).await?;
        home.rows = notices::shown(visit, me, None, NOTICES_ON_HOME, true).await?.1;
        (home.recent, home.older) = recent(visit, me).await?;
    }
    page(&home)
}

/// What this domain has given names to and the visitor may see, and after which name the next page begins. That is the name of
/// something shown, and there only if more is shown: neither tells of a name that is not for the visitor. A page ends early
/// where so many names in a row are not for the visitor that looking on would cost too much.
async fn here(visit: &Visit) -> WebResult<(Vec<Here>, Option<String>)> {
    let mut after = visit.asked("after").map(str::to_owned);
    let mut here: Vec<(String, Here)> = Vec::new();
    for _ in 0..NAME_PAGES_MAX {
        let view = views::Names { after: after.take(), limit: SHOWN_ITEMS };
        let named = match visit.front.node.look::<Domain, _>(&visit.site.actor, &view).await {
            Ok(named) => named,
            Err(ViewError::NoActor) => Vec::new(),
            Err(broken) => return Err(broken.into()),
        };
        let last = named.len() < SHOWN_ITEMS;
        after = named.last().map(|(name, _)| name.clone());
        for one in named {
            here.extend(shown(visit, std::slice::from_ref(&one)).await?.pop().map(|here| (one.0, here)));
        }
        if last || here.len() > SHOWN_ITEMS {
            break;
        }
    }
    let more = here.len() > SHOWN_ITEMS;
    here.truncate(SHOWN_ITEMS);
    let next = here.last().filter(|_| more).map(|(name, _)| name.clone());
    Ok((here.into_iter().map(|(_, here)| here).collect(), next))
}

/// Those of these that the visitor may see.
pub async fn shown(visit: &Visit, named: &[(String, ActorId)]) -> WebResult<Vec<Here>> {
    let mut names = Names::new(visit);
    let mut here = Vec::new();
    for (name, actor) in named {
        let Some(kind) = Kind::of(&visit.front.settings, actor) else { continue };
        let (summary, archived) = match kind {
            // Factories are tools of their owners; they are found on their desks.
            Kind::FACTORY => continue,
            Kind::Person => (None, None),
            Kind::Resource(_) => match authority::near(visit, actor).await?.map(|shown| shown.resource) {
                Some(resource) => (resource.summary.as_ref().map(|summary| summary.to_plain()), archived(&resource)),
                None => continue,
            },
        };
        let handle = format!("{name}@{}", visit.site.shown());
        here.push(Here { who: names.who(actor).await, word: word(kind), handle, summary, archived });
    }
    Ok(here)
}

/// What these Grants are about, each thing once with the greatest role.
pub async fn mine(
    visit: &Visit,
    permits: &[(pritchel_actor::ActId, pritchel_actors::person::rows::Permit)],
) -> WebResult<Vec<Mine>> {
    let now = visit.front.ports.now();
    let mut best: Vec<(&ActorId, pritchel_actors::access::Role)> = Vec::new();
    for (_, permit) in permits.iter().filter(|(_, permit)| permit.holds(now)) {
        match best.iter_mut().find(|(resource, _)| **resource == permit.resource) {
            Some((_, role)) => *role = permit.role.max(*role),
            None => best.push((&permit.resource, permit.role)),
        }
    }
    let mut names = Names::new(visit);
    let mut mine = Vec::new();
    for (resource, role) in best {
        let kind = Kind::of(&visit.front.settings, resource);
        let near = authority::near(visit, resource).await?.map(|shown| shown.resource);
        if kind.is_some() && near.is_none() {
            continue;
        }
        let role = Badge::new("plain", role.as_str());
        let archived = near.as_ref().and_then(archived);
        mine.push(Mine { who: names.who(resource).await, word: kind.map(word), role, archived });
    }
    mine.sort_by(|a, b| (a.word, &a.who.label).cmp(&(b.word, &b.who.label)));
    Ok(mine)
}

/// What those did whom the visitor follows, and others who told them, newest first; and where what is older is.
async fn recent(visit: &Visit, me: &Me) -> WebResult<(Vec<Told>, Option<String>)> {
    let before = visit.number("before");
    let view = views::Inbox { viewer: visit.viewer(), before, limit: HAPPENED_LOOKED_AT };
    let items = visit.front.node.look::<Person, _>(&me.id, &view).await?;
    let (mut names, mut recent) = (Names::new(visit), Vec::new());
    let full = items.len() == HAPPENED_LOOKED_AT;
    let mut last = None;
    for (place, item) in items {
        if recent.len() == HAPPENED_SHOWN {
            return Ok((recent, last));
        }
        last = Some(with(&[("before", &place.to_string())], "/"));
        // What settles or grants something is told on the desk and beside what was asked.
        let quiet = matches!(item.ended, Ended::Settled | Ended::Refused { .. } | Ended::Unsupported { .. });
        let Some(act) = visit.front.ports.act(item.act.clone()).await?.filter(|_| !quiet) else { continue };
        if is_news(&act.body) && veil::veil(visit, &act.author).is_none() {
            let href = format!("{}/inbox/{place}", me.path());
            recent.push(Told::of(visit, &act, item.handled, href, &mut names).await?);
        }
    }
    Ok((recent, last.filter(|_| full)))
}

/// Whether an act is something that happened: answers and access that changes are the machinery of it.
fn is_news(body: &Value) -> bool {
    !matches!(audience::kind(body), "Accept" | "Reject" | "Grant" | "Revoke" | "Update" | "Edit")
}
