//! Lists of what an actor received and published, and of what went wrong; and of who follows it.

use crate::answer::WebResult;
use crate::limits::SHOWN_ITEMS;
use crate::page::audience::{self, is_shown, standing};
use crate::page::head::{Head, look};
use crate::page::parts::{Badge, Pages, When, Who, Why};
use crate::page::sent;
use crate::page::shell::{page, with};
use crate::page::views::{Errbox, Inbox, Outbox};
use crate::page::visit::{Frame, Me, Visit};
use crate::page::who::{Kind, Names};
use crate::ports::RefusedShown;
use askama::Template;
use pritchel_actor::errbox::{Ended, InboxItem, OutboxItem};
use pritchel_actor::{ActorId, Seconds};
use pritchel_actors::access::view::ViewFollowers;
use pritchel_actors::common::audience::Standing;
use pritchel_actors::person::view as person;
use pritchel_actors::{Person, with_resource};

/// One line of a list.
pub struct Line {
    /// Where its page is, if it has one.
    pub href: Option<String>,
    /// What it is.
    pub what: String,
    /// A word more of what it is about.
    pub about: Option<String>,
    /// From whom or to whom.
    pub who: Vec<Who>,
    /// To how many more.
    pub more: usize,
    /// When.
    pub at: When,
    /// How it stands.
    pub badge: Option<Badge>,
    /// Why it was refused, if it was.
    pub why: Option<Why>,
}

#[derive(Template)]
#[template(path = "box.html")]
struct BoxPage<'a> {
    frame: &'a Frame,
    head: &'a Head,
    /// `inbox`, `outbox` or `errbox`.
    tab: &'a str,
    lines: Vec<Line>,
    pages: Pages,
}

/// Links to the first and the next page.
pub fn pages(visit: &Visit, field: &str, next: Option<String>) -> Pages {
    let first = visit.asked(field).map(|_| visit.path.clone());
    Pages { first, next: next.map(|next| with(&[(field, &next)], &visit.path)) }
}

/// The place to go on from, if the page is full.
fn next<T>(items: &[(u64, T)]) -> Option<String> {
    items.last().filter(|_| items.len() == SHOWN_ITEMS).map(|(place, _)| place.to_string())
}

/// What an actor received; for whoever owns it.
pub async fn inbox(visit: &Visit, kind: Kind, actor: &ActorId) -> WebResult {
    let head = Head::of(visit, kind, actor).await?;
    let view = Inbox { viewer: visit.viewer(), before: visit.number("before"), limit: SHOWN_ITEMS };
    let items = look!(visit, kind, actor, view)?;
    let mut names = Names::new(visit);
    let mut lines = Vec::new();
    for (place, item) in &items {
        lines.push(received(visit, &head.path, *place, item, &mut names).await?);
    }
    let pages = pages(visit, "before", next(&items));
    page(&BoxPage { frame: &*visit.frame().await?, head: &head, tab: "inbox", lines, pages })
}

/// A line of an inbox.
pub async fn received(
    visit: &Visit,
    path: &str,
    place: u64,
    item: &InboxItem,
    names: &mut Names<'_>,
) -> WebResult<Line> {
    let act = visit.front.ports.act(item.act.clone()).await?;
    let about = match &act {
        Some(act) => audience::gist(visit, act).await?,
        None => None,
    };
    Ok(Line {
        href: Some(format!("{path}/inbox/{place}")),
        what: act.as_ref().map_or("?", |act| audience::kind(&act.body)).to_owned(),
        about,
        who: vec![names.who(&item.from).await],
        more: 0,
        at: When(item.handled),
        badge: Some(Badge::ended(&item.ended)),
        why: trouble(&item.ended),
    })
}

/// What went wrong with what an actor was sent; for whoever owns it.
pub async fn errbox(visit: &Visit, kind: Kind, actor: &ActorId) -> WebResult {
    let head = Head::of(visit, kind, actor).await?;
    let view = Errbox { viewer: visit.viewer(), before: visit.number("before"), limit: SHOWN_ITEMS };
    let items = look!(visit, kind, actor, view)?;
    let mut names = Names::new(visit);
    // What was refused before the actor saw it has no place among its own lines: it stands above the newest of them.
    let mut lines = match visit.asked("before") {
        None => visit.front.ports.refused(actor.clone()).await?.into_iter().map(refused).collect(),
        Some(_) => Vec::new(),
    };
    for (_, line) in &items {
        let act = match &line.act {
            Some((act, _)) => visit.front.ports.act(act.clone()).await?,
            None => None,
        };
        let method = line.method.clone().unwrap_or_else(|| "?".to_owned());
        lines.push(Line {
            href: line.act.as_ref().map(|(_, place)| format!("{}/inbox/{place}", head.path)),
            what: act.as_ref().map_or(method, |act| audience::kind(&act.body).to_owned()),
            about: match &act {
                Some(act) => audience::gist(visit, act).await?,
                None => None,
            },
            who: vec![names.who(&line.from).await],
            more: 0,
            at: When(line.at),
            badge: Some(Badge::ended(&line.ended)),
            why: trouble(&line.ended),
        });
    }
    let pages = pages(visit, "before", next(&items));
    page(&BoxPage { frame: &*visit.frame().await?, head: &head, tab: "errbox", lines, pages })
}

/// A delivery that was not taken.
fn refused(line: RefusedShown) -> Line {
    Line {
        href: None,
        what: "a delivery that was not taken".to_owned(),
        about: line.claims.map(|server| format!("names a key of {server}")),
        who: Vec::new(),
        more: 0,
        at: When(line.at),
        badge: Some(Badge::new("bad", "refused")),
        why: Some(Why::of(&line.code, &line.detail)),
    }
}

/// What went wrong, in the words of every list and page that tells it.
pub fn trouble(ended: &Ended) -> Option<Why> {
    match ended {
        Ended::Refused { why, .. } => Some(why.clone().into()),
        Ended::Unsupported { why } => Some(Why::of("unsupported", why)),
        Ended::Quarantined { why } => Some(Why::of("quarantined", why)),
        Ended::Done { .. } | Ended::Settled | Ended::Noted => None,
    }
}

/// What an actor published, as far as the visitor may see it.
pub async fn outbox(visit: &Visit, kind: Kind, actor: &ActorId) -> WebResult {
    let head = Head::of(visit, kind, actor).await?;
    let (lines, after) = published(visit, kind, &head, visit.number("before")).await?;
    let pages = pages(visit, "before", after);
    page(&BoxPage { frame: &*visit.frame().await?, head: &head, tab: "outbox", lines, pages })
}

/// A page of what an actor published, and where the next one begins.
pub async fn published(
    visit: &Visit,
    kind: Kind,
    head: &Head,
    before: Option<u64>,
) -> WebResult<(Vec<Line>, Option<String>)> {
    let standing = standing_of(visit, kind, &head.id).await?;
    let items = look!(visit, kind, &head.id, Outbox { before, limit: SHOWN_ITEMS })?;
    let mut names = Names::new(visit);
    let mut lines = Vec::new();
    for (_, item) in &items {
        if let Some(line) = line(visit, head, standing, item, &mut names).await? {
            lines.push(line);
        }
    }
    Ok((lines, next(&items)))
}

/// What the visitor is to an actor of a kind found at run time.
pub async fn standing_of(visit: &Visit, kind: Kind, actor: &ActorId) -> WebResult<Standing> {
    match kind {
        Kind::Person => standing::<Person>(visit, actor).await,
        Kind::Resource(kind) => with_resource!(kind, A => standing::<A>(visit, actor).await),
    }
}

async fn line(
    visit: &Visit,
    head: &Head,
    standing: Standing,
    item: &OutboxItem,
    names: &mut Names<'_>,
) -> WebResult<Option<Line>> {
    let Some(act) = visit.front.ports.act(item.act.clone()).await? else { return Ok(None) };
    if !is_shown(visit, &act, standing).await? {
        return Ok(None);
    }
    let sent = match visit.me.as_ref().filter(|me| me.id == head.id) {
        Some(me) => sent::progress(visit, me, &act).await?,
        None => None,
    };
    let token = item.act.as_str().rsplit('/').next().unwrap_or_default();
    let about = audience::gist(visit, &act).await?;
    Ok(Some(Line {
        href: Some(format!("{}/outbox/{token}", head.path)),
        what: audience::kind(&act.body).to_owned(),
        about,
        who: names.all(&item.to[..item.to.len().min(2)]).await,
        more: item.to.len().saturating_sub(2),
        at: When(item.at),
        badge: sent.as_ref().map(|(_, progress)| progress.badge()),
        why: sent.as_ref().and_then(|(_, progress)| progress.refusal()),
    }))
}

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage<'a> {
    frame: &'a Frame,
    head: &'a Head,
    title: &'a str,
    total: u64,
    rows: Vec<(Who, When, bool)>,
    pages: Pages,
}

/// Who follows an actor.
pub async fn followers(visit: &Visit, kind: Kind, actor: &ActorId) -> WebResult {
    let head = Head::of(visit, kind, actor).await?;
    let after = visit.asked("after").map(ActorId::new);
    let view = ViewFollowers { viewer: visit.viewer(), after: after.clone(), limit: SHOWN_ITEMS };
    let node = &visit.front.node;
    let (total, rows) = match kind {
        Kind::Person => node.look::<Person, _>(actor, &person::ViewFollowers { after, limit: SHOWN_ITEMS }).await?,
        Kind::Resource(kind) => with_resource!(kind, A => node.look::<A, _>(actor, &view).await)?,
    };
    let rows = rows.into_iter().map(|(who, since)| (who, since, true)).collect();
    people(visit, &head, "Followers", total, rows).await
}

/// Whom a person follows. Whom they have asked and are not yet followers of, only they see.
pub async fn following(visit: &Visit, actor: &ActorId) -> WebResult {
    let head = Head::of(visit, Kind::Person, actor).await?;
    let after = visit.asked("after").map(ActorId::new);
    let view = person::ViewFollowing { after, limit: SHOWN_ITEMS };
    let (total, rows) = visit.front.node.look::<Person, _>(actor, &view).await?;
    let own = visit.me.as_ref().is_some_and(|me: &Me| me.id == *actor);
    let rows = rows.into_iter().filter_map(|(who, following)| match following.since {
        Some(since) => Some((who, since, true)),
        None => own.then_some((who, 0, false)),
    });
    let rows = rows.collect();
    people(visit, &head, "Following", total, rows).await
}

async fn people(visit: &Visit, head: &Head, title: &str, total: u64, rows: Vec<(ActorId, Seconds, bool)>) -> WebResult {
    let after = rows.last().filter(|_| rows.len() == SHOWN_ITEMS).map(|(who, _, _)| who.to_string());
    let mut names = Names::new(visit);
    let mut shown = Vec::new();
    for (who, since, accepted) in rows {
        shown.push((names.who(&who).await, When(since), accepted));
    }
    let pages = pages(visit, "after", after);
    page(&PeoplePage { frame: &*visit.frame().await?, head, title, total, rows: shown, pages })
}
