//! What pages show of merge requests: what is to be merged into what, which commits and lines that brings, and the forms for
//! whoever may merge.

use crate::answer::WebResult;
use crate::domains::of_actor;
use crate::fed::peers;
use crate::limits::{MERGE_COMMITS_SHOWN, SHOWN_ITEMS};
use crate::page::code::difference::{DifferenceShown, View};
use crate::page::files::{read, read_with};
use crate::page::head::Head;
use crate::page::history::CommitRow;
use crate::page::parts::{Badge, When, Who, Why};
use crate::page::reviews::{self, Reviews};
use crate::page::statuses::{self, StatusesShown};
use crate::page::visit::Visit;
use crate::page::who::{Kind, Names, href};
use pritchel_actor::{ActorId, ViewError};
use pritchel_actors::access::Role;
use pritchel_actors::patch_tracker::merge_request::{Branch, MergeRequest};
use pritchel_actors::patch_tracker::versions::{Version, keeper, version_uri};
use pritchel_actors::patch_tracker::view::{ViewRequired, ViewVersions};
use pritchel_actors::patch_tracker::{MergeMethod, PatchTracker};
use pritchel_actors::repository::protection::{Protected, ViewProtections};
use pritchel_actors::repository::statuses::Status;
use pritchel_actors::repository::view::ViewRepository;
use pritchel_actors::repository::wire::commit_uri;
use pritchel_actors::ticket_tracker::TicketNo;
use pritchel_actors::ticket_tracker::ticket::Ticket;
use pritchel_actors::tie::{TieKind, TieSide};
use pritchel_actors::{Repository, ResourceKind};
use pritchel_git::compare::{Comparison, Difference};
use pritchel_git::names::{ObjectId, RefName};

/// The repositories a patch tracker serves, as forms have them.
pub struct Served {
    /// Those it serves.
    pub repositories: Vec<Who>,
    /// Whether the visitor may change that.
    pub may_set: bool,
}

/// A branch on a page.
pub struct BranchShown {
    /// Its repository.
    pub repository: Who,
    /// Its name.
    pub name: String,
}

/// A merge request on its page.
pub struct MergeShown {
    /// Where the commits are; nowhere, if they came as patches.
    pub origin: Option<BranchShown>,
    /// Where they go.
    pub target: BranchShown,
    /// The page of the commit the target was at after it was merged.
    pub merged: Option<String>,
    /// Whether it is being merged.
    pub applying: bool,
    /// Whether the visitor may merge it now.
    pub may_merge: bool,
    /// The ways to merge, with what people call them.
    pub methods: [(&'static str, &'static str); 4],
    /// What it brings, if it is open and the visitor may see its repositories.
    pub brings: Option<Brings>,
    /// Its versions, newest first.
    pub versions: Vec<VersionRow>,
    /// Whether another one is being kept.
    pub keeping: bool,
    /// Why what stands at its origin now is not kept.
    pub unkept: Option<Why>,
    /// Whether the visitor may bring other patches.
    pub may_add: bool,
    /// What people and teams say of it.
    pub reviews: Reviews,
    /// The address of the newest version, if the visitor may review it.
    pub reviewed: Option<String>,
    /// Whether the visitor's review may count.
    pub may_bind: bool,
    /// What is said of its newest version by whoever builds and tests it.
    pub statuses: StatusesShown,
    /// What the rules of its target ask for before a merge, if it is open.
    pub needs: Vec<Need>,
}

/// Something that a merge waits for.
pub struct Need {
    /// What it is.
    pub what: String,
    /// How that stands, of a status.
    pub state: Option<Badge>,
    /// The pattern of the rule that asks for it.
    pub by: String,
}

/// A version in a list.
pub struct VersionRow {
    /// Its number.
    pub number: u64,
    /// The beginning of its newest commit's id.
    pub short: String,
    /// How many commits it has.
    pub commits: u64,
    /// When it was kept.
    pub at: When,
}

impl VersionRow {
    /// The row of a version.
    pub fn of((number, version): &(u64, Version)) -> Self {
        let short = version.head.chars().take(10).collect();
        Self { number: *number, short, commits: version.commits, at: When(version.at) }
    }
}

/// What a merge request brings.
pub struct Brings {
    /// The newest commits.
    pub commits: Vec<CommitRow>,
    /// How many there are.
    pub total: usize,
    /// The path of the repository that has them, if its pages can show them.
    pub path: Option<String>,
    /// The files, and how they are changed.
    pub difference: DifferenceShown,
}

/// What people call a ticket of such a tracker.
pub fn noun(kind: Kind) -> &'static str {
    if kind == Kind::PATCHES { "merge request" } else { "ticket" }
}

/// How a ticket stands: a merge request can be merged, too.
pub fn badge(ticket: &Ticket) -> Badge {
    if ticket.is_merged() { Badge::new("good", "merged") } else { Badge::open(ticket.is_open()) }
}

/// What a tracker of merge requests serves; `None` of any other tracker.
pub async fn served(visit: &Visit, kind: Kind, head: &Head) -> WebResult<Option<Served>> {
    if kind != Kind::PATCHES {
        return Ok(None);
    }
    let (whose, tie) = ((ResourceKind::PatchTracker, &head.id), (TieKind::Patches, TieSide::Consumer));
    let page = (None, 4 * SHOWN_ITEMS);
    let tied = peers::tied(&visit.front, whose, tie, visit.viewer().as_ref(), page).await?;
    Ok(Some(Served { repositories: Names::new(visit).all(&tied.items).await, may_set: head.manages() }))
}

/// What a ticket offers to merge, if it does.
pub async fn shown(visit: &Visit, head: &Head, number: TicketNo, ticket: &Ticket) -> WebResult<Option<MergeShown>> {
    let Some(request) = &ticket.merge else { return Ok(None) };
    let view = ViewVersions { viewer: visit.viewer(), number };
    let (_, mut versions) = visit.front.node.look::<PatchTracker, _>(&head.id, &view).await?;
    versions.reverse();
    let mut names = Names::new(visit);
    let (origin, target) = (&request.offer.origin, &request.offer.target);
    let now = visit.front.ports.now();
    let applying = request.applying(now).is_some();
    let (merged, own) = (request.merged.as_ref(), visit.viewer().as_ref() == Some(&ticket.author));
    let may_write = head.may(Role::Write) && head.collaborates;
    let brings = match (ticket.is_open(), versions.first()) {
        (false, _) => None,
        (true, Some((_, version))) => brings(visit, (&head.id, &target.repository), version.clone(), None).await?,
        (true, None) => brings_now(visit, request).await?,
    };
    let reviews = reviews::shown(visit, head, number, (ticket.is_open(), &target.repository), &mut names).await?;
    let said = match versions.first() {
        Some((_, version)) => statuses::said(visit, &target.repository, vec![version.head.clone()]).await?.pop(),
        None => None,
    };
    let said = said.unwrap_or_default();
    let needs = if ticket.is_open() { needs(visit, target, &said).await? } else { Vec::new() };
    let newest = versions.first().filter(|_| ticket.is_open() && head.may(Role::Report) && visit.me.is_some());
    let can_be_merged = !versions.is_empty() || origin.is_some();
    Ok(Some(MergeShown {
        origin: match origin {
            Some(origin) => Some(branch(&mut names, origin).await),
            None => None,
        },
        target: branch(&mut names, target).await,
        merged: merged.map(|merged| href(visit, &commit_uri(&target.repository, &merged.commit))),
        applying,
        may_merge: ticket.is_open() && !applying && may_write && can_be_merged,
        methods: MergeMethod::ALL.map(|method| (method.as_str(), label(method))),
        brings,
        versions: versions.iter().map(VersionRow::of).collect(),
        keeping: request.keeping(now).is_some(),
        unkept: request.unkept.clone().map(Why::from),
        reviews,
        reviewed: newest.map(|(version, _)| version_uri(&head.id, number, *version)),
        may_bind: may_write,
        statuses: StatusesShown::of(visit, said).await,
        needs,
        may_add: head.is_open() && ticket.is_open() && origin.is_none() && (own || may_write),
    }))
}

/// What the rules of a branch of a repository here ask of a merge.
async fn needs(visit: &Visit, target: &Branch, said: &[(String, Status)]) -> WebResult<Vec<Need>> {
    let view = ViewProtections { viewer: visit.viewer() };
    let rules = match visit.front.node.look::<Repository, _>(&target.repository, &view).await {
        Ok(rules) => rules,
        Err(ViewError::NoActor | ViewError::Refused(_)) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut needs = Vec::new();
    for (pattern, Protected { rule, .. }) in rules.into_iter().filter(|(pattern, _)| pattern.fits(&target.name)) {
        let by = pattern.short().to_owned();
        if rule.approvals > 0 {
            let what = format!("{} binding approval{}", rule.approvals, if rule.approvals == 1 { "" } else { "s" });
            needs.push(Need { what, state: None, by: by.clone() });
        }
        for context in rule.statuses {
            let state = said.iter().find(|(other, _)| *other == context).map(|(_, status)| status.state);
            let state = Some(state.map_or_else(|| Badge::new("wait", "not there"), statuses::badge));
            needs.push(Need { what: context, state, by: by.clone() });
        }
    }
    Ok(needs)
}

/// How many binding approvals a merge needs in a tracker of merge requests; in any other none.
pub async fn approvals(visit: &Visit, kind: Kind, head: &Head) -> WebResult<u32> {
    if kind != Kind::PATCHES {
        return Ok(0);
    }
    Ok(visit.front.node.look::<PatchTracker, _>(&head.id, &ViewRequired { viewer: visit.viewer() }).await?)
}

fn label(method: MergeMethod) -> &'static str {
    match method {
        MergeMethod::Merge => "with a merge commit",
        MergeMethod::Rebase => "its commits rebased",
        MergeMethod::Squash => "squashed into one commit",
        MergeMethod::FastForward => "only if it is a fast-forward",
    }
}

async fn branch(names: &mut Names<'_>, branch: &Branch) -> BranchShown {
    BranchShown { repository: names.who(&branch.repository).await, name: branch.short().into_owned() }
}

/// Whether the visitor may see a repository.
pub async fn sees(visit: &Visit, repository: &ActorId) -> WebResult<bool> {
    let view = ViewRepository { viewer: visit.viewer() };
    match visit.front.node.look::<Repository, _>(repository, &view).await {
        Ok(_) => Ok(true),
        Err(ViewError::NoActor | ViewError::Refused(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Whether the visitor, who sees the tracker, may see what is kept of what goes into a repository. Of one of another server nothing is kept but
/// what everybody may fetch there.
pub async fn sees_kept(visit: &Visit, target: &ActorId) -> WebResult<bool> {
    Ok(of_actor(&visit.front.settings, target).is_none() || sees(visit, target).await?)
}

/// What a version brings. Whoever may not see the repository is shown nothing of it here either.
/// - `since`: the version it is compared with, rather than with where it left the target
pub async fn brings(
    visit: &Visit,
    (tracker, repository): (&ActorId, &ActorId),
    version: Version,
    since: Option<Version>,
) -> WebResult<Option<Brings>> {
    if !sees_kept(visit, repository).await? {
        return Ok(None);
    }
    let id = |hash: &String| hash.parse::<ObjectId>().ok();
    let Some(head) = id(&version.head) else { return Ok(None) };
    let (base, before) = (version.base.as_ref().and_then(id), since.and_then(|since| id(&since.head)));
    let place = keeper(tracker, repository);
    let compared = read(visit, place, move |reader| {
        let known: Vec<ObjectId> = base.into_iter().collect();
        let commits = reader.commits_between(&known, head, MERGE_COMMITS_SHOWN, 0)?;
        let Difference { changes, files, cut } = reader.difference(before.or(base), head)?;
        Ok(Comparison { commits, changes, files, cut })
    });
    // A tracker's own git data has no pages, and the other server does not have these commits.
    let path = (place == repository).then(|| href(visit, repository.as_str()));
    let view = View::of(visit);
    Ok(compared.await?.map(|comparison| brought(comparison, path, &view, Some(head))))
}

/// What the origin has now that the target has not: of a merge request of which no version is kept.
async fn brings_now(visit: &Visit, request: &MergeRequest) -> WebResult<Option<Brings>> {
    let Some(origin) = &request.offer.origin else { return Ok(None) };
    let target = &request.offer.target;
    for repository in [&origin.repository, &target.repository] {
        if !sees(visit, repository).await? {
            return Ok(None);
        }
    }
    let names = [&origin.name, &target.name].map(|name| name.parse::<RefName>().ok());
    let [Some(from), Some(into)] = names else { return Ok(None) };
    let compared = read_with(visit, [&target.repository, &origin.repository], move |target, origin| {
        let (Some(from), Some(into)) = (origin.target(&from)?, target.target(&into)?) else { return Ok(None) };
        target.compare(into, from, MERGE_COMMITS_SHOWN).map(Some)
    });
    let path = Some(href(visit, origin.repository.as_str()));
    let view = View::of(visit);
    Ok(compared.await?.flatten().map(|comparison| brought(comparison, path, &view, None)))
}

fn brought(comparison: Comparison, path: Option<String>, view: &View, at: Option<ObjectId>) -> Brings {
    let Comparison { commits, changes, files, cut } = comparison;
    let at = at.filter(|_| path.is_some()).map(|at| at.to_string());
    let own = path.as_deref().unwrap_or_default();
    Brings {
        commits: commits.newest.into_iter().map(CommitRow::from).collect(),
        total: commits.total,
        difference: DifferenceShown::of(Difference { changes, files, cut }, view, own, at.as_deref()),
        path,
    }
}
