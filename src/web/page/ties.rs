//! What the page of links shows of ties: what a tracker uses of others, and by whom a resource is used.

use crate::answer::WebResult;
use crate::fed::peers;
use crate::limits::SHOWN_ITEMS;
use crate::page::grant;
use crate::page::links::{HeldRow, to_admins};
use crate::page::parts::{Badge, When, Who};
use crate::page::visit::Visit;
use crate::page::who::{Names, href, short};
use pritchel_actor::ActorId;
use pritchel_actors::access::wire;
use pritchel_actors::tie::view::{ViewOffers, ViewTieGrants};
use pritchel_actors::tie::{Tie, TieKind, TieSide};
use pritchel_actors::{ResourceKind, with_resource};

/// One property by which an actor points at others.
pub struct TieGroup {
    /// The property.
    pub property: &'static str,
    /// What stands above it.
    pub title: &'static str,
    /// Whom to ask; `None` where the other side asks to be let in.
    pub asks: Option<&'static str>,
    /// Whether this side uses what the other provides.
    pub consumes: bool,
    /// At whom it points, each with its address.
    pub rows: Vec<(Who, String)>,
}

/// A tie being formed.
pub struct OfferRow {
    /// The `Invite` or `Join`.
    pub of: String,
    /// Its page.
    pub href: String,
    /// The provider, where it is known.
    pub provider: Option<Who>,
    /// Who asked for it.
    pub by: Who,
    /// When.
    pub at: When,
    /// Whether an admin of this side has yet to decide.
    pub decides: bool,
}

impl OfferRow {
    /// What it waits for.
    pub fn waits(&self) -> &'static str {
        if self.decides {
            "waits for you, or another admin of this side, to agree"
        } else {
            "waits for an admin of the other side to let it join"
        }
    }
}

/// Everybody a resource is tied to.
pub async fn groups(
    visit: &Visit,
    resource: ResourceKind,
    actor: &ActorId,
    names: &mut Names<'_>,
) -> WebResult<Vec<TieGroup>> {
    let mut groups = Vec::new();
    for side in [TieSide::Consumer, TieSide::Provider] {
        for kind in TieKind::of(side, resource.as_str()) {
            let (viewer, page) = (visit.viewer(), (None, 4 * SHOWN_ITEMS));
            let tied = peers::tied(&visit.front, (resource, actor), (kind, side), viewer.as_ref(), page).await?;
            let mut rows = Vec::new();
            for who in &tied.items {
                rows.push((names.who(who).await, who.to_string()));
            }
            let consumes = side == TieSide::Consumer;
            let free = !kind.only_one(side) || rows.is_empty();
            let asks = (consumes && free).then(|| whom(kind));
            groups.push(TieGroup { property: kind.property(side), title: title(kind, side), asks, consumes, rows });
        }
    }
    Ok(groups)
}

/// Ties being formed: only admins see any.
pub async fn offers(
    visit: &Visit,
    resource: ResourceKind,
    actor: &ActorId,
    names: &mut Names<'_>,
) -> WebResult<Vec<OfferRow>> {
    let view = ViewOffers { viewer: visit.viewer(), limit: 4 * SHOWN_ITEMS };
    let shown = to_admins(with_resource!(resource, A => visit.front.node.look::<A, _>(actor, &view).await))?;
    let mut rows = Vec::new();
    for (of, tie) in &shown {
        let Tie { provider, by, since, admin_agrees, .. } = tie;
        let provider = match provider {
            Some(provider) => Some(names.who(provider).await),
            None => None,
        };
        let (of, href) = (of.to_string(), href(visit, of.as_str()));
        rows.push(OfferRow { of, href, provider, by: names.who(by).await, at: When(*since), decides: !admin_agrees });
    }
    Ok(rows)
}

/// The Grants by which a tracker uses what others provide: only admins see any.
pub async fn held(
    visit: &Visit,
    resource: ResourceKind,
    actor: &ActorId,
    names: &mut Names<'_>,
) -> WebResult<Vec<HeldRow>> {
    let view = ViewTieGrants { viewer: visit.viewer(), limit: 4 * SHOWN_ITEMS };
    let shown = to_admins(with_resource!(resource, A => visit.front.node.look::<A, _>(actor, &view).await))?;
    let mut rows = Vec::new();
    for (grant, tie) in shown {
        let Some(provider) = &tie.provider else { continue };
        let act = visit.front.ports.act(grant.clone()).await?;
        let end = act.and_then(|act| wire::link(&act.body).ok()).and_then(|link| link.end);
        rows.push(HeldRow {
            href: grant::path(&grant),
            short: short(&grant),
            on: names.who(provider).await,
            role: Badge::new("plain", tie.role.as_str()),
            from: names.who(provider).await,
            end: end.map(When),
        });
    }
    Ok(rows)
}

fn title(kind: TieKind, side: TieSide) -> &'static str {
    match (kind, side) {
        (TieKind::Workflow, TieSide::Consumer) => "Workflow",
        (TieKind::Roadmap, TieSide::Consumer) => "Roadmap",
        (TieKind::Releases, TieSide::Consumer) => "Tracks releases for",
        (TieKind::Patches, TieSide::Consumer) => "Tracks patches for",
        (TieKind::Tickets, TieSide::Consumer) => "Tracks tickets for",
        (TieKind::Workflow | TieKind::Roadmap, TieSide::Provider) => "Used by trackers",
        (TieKind::Releases, TieSide::Provider) => "Releases are tracked by",
        (TieKind::Patches, TieSide::Provider) => "Patches go to",
        (TieKind::Tickets, TieSide::Provider) => "Tickets go to",
    }
}

/// Whom the consumer asks.
fn whom(kind: TieKind) -> &'static str {
    match kind {
        TieKind::Workflow => "a workflow",
        TieKind::Roadmap => "a roadmap",
        TieKind::Releases | TieKind::Patches | TieKind::Tickets => "a repository",
    }
}
