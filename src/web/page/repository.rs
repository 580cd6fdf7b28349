//! A repository's page: how to clone it, what lies in it, and what was pushed lately.

use crate::answer::WebResult;
use crate::fed::peers;
use crate::git::disk::DEFAULT_BRANCH;
use crate::limits::SHOWN_ITEMS;
use crate::page::audience::{self, is_public};
use crate::page::code::editor::add_to;
use crate::page::family;
use crate::page::files::{self, Overview};
use crate::page::forks::{self, CopyShown, FROM, ForkForm};
use crate::page::head::Head;
use crate::page::links::{Pending, pending};
use crate::page::new::Part;
use crate::page::parts::{When, Who};
use crate::page::shell::page;
use crate::page::views::{Outbox, StarOf};
use crate::page::visit::{Frame, Visit};
use crate::page::who::{Kind, Names};
use crate::page::{archive, authority};
use crate::ports::SSH_LOGIN;
use askama::Template;
use pritchel_actor::{ActorId, Value};
use pritchel_actors::access::Role;
use pritchel_actors::repository::view::ViewRepository;
use pritchel_actors::{Repository, ResourceKind};

/// Pushes on a repository's page.
const PUSHES: usize = 5;

struct PushRow {
    href: String,
    what: String,
    who: Option<Who>,
    at: When,
}

#[derive(Template)]
#[template(path = "repository.html")]
struct RepositoryPage<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    clone_url: String,
    /// The same over SSH, where it is spoken.
    ssh_url: Option<String>,
    stars: u64,
    /// The visitor's own star, if they may give one: `Some(None)` if they have not.
    star: Option<Option<String>>,
    pushed: Option<When>,
    /// The tracker its merge requests go to.
    patches: Option<Who>,
    /// Whether the visitor can offer something to it.
    may_offer: bool,
    /// The tracker its releases are made in.
    releases: Option<Who>,
    /// What it was copied from.
    copy: Option<CopyShown>,
    /// How many forks it has, and the newest of them.
    forks: u64,
    newest_forks: Vec<Who>,
    fork: Option<ForkForm>,
    /// The repository that the visitor comes from to offer something.
    offered_from: Option<&'a str>,
    /// The branches that the visitor comes from a comparison of, and wants merged.
    offered: (Option<&'a str>, Option<&'a str>),
    overview: Option<Overview>,
    /// Archives of the branch shown: the address and the ending of each.
    archives: Vec<(String, &'static str)>,
    pushes: Vec<PushRow>,
    /// Handshakes that wait, in words.
    pending: Vec<Pending>,
    /// What its admin may add to it.
    lacks: Vec<Part>,
    /// Where a file is added in the browser, by whoever may push.
    adds: Option<String>,
}

/// `GET /repos/{key}`.
pub async fn show(visit: &Visit, actor: &ActorId) -> WebResult {
    let head = Head::of(visit, Kind::REPOSITORY, actor).await?;
    let node = &visit.front.node;
    let repository = node.look::<Repository, _>(actor, &ViewRepository { viewer: visit.viewer() }).await?;
    let star = match visit.viewer() {
        Some(viewer) => Some(node.look::<Repository, _>(actor, &StarOf { viewer }).await?.map(|like| like.to_string())),
        None => None,
    };
    let overview = files::overview(visit, actor, head.path.clone()).await?;
    let lacks = Part::ALL.into_iter().filter(|part| family::tracker(&repository, *part).is_none()).collect();
    let branch = overview.as_ref().map_or(DEFAULT_BRANCH, |shown| &shown.branch);
    let adds = visit.me.is_some() && repository.copy.is_none() && head.may(Role::Write);
    page(&RepositoryPage {
        lacks,
        adds: adds.then(|| add_to(&head.path, branch, b"")),
        frame: &*visit.frame().await?,
        tab: "about",
        clone_url: head.clone_url(),
        ssh_url: visit.front.settings.ssh_uri(&visit.site, actor, SSH_LOGIN),
        stars: repository.likes,
        star,
        pushed: repository.pushed.map(When),
        may_offer: match &repository.patches {
            Some(patches) => visit.me.is_some() && head.is_open() && authority::is_open(visit, patches).await?,
            None => false,
        },
        patches: tracker(visit, &repository.patches).await?,
        releases: tracker(visit, &repository.releases).await?,
        copy: match repository.copy {
            Some(copy) => Some(CopyShown::of(visit, &head, copy).await),
            None => None,
        },
        forks: repository.forks,
        newest_forks: forks::newest(visit, actor).await?,
        fork: ForkForm::of(visit, actor, &head.name, repository.resource.visibility).await?,
        offered_from: visit.asked(FROM),
        offered: (visit.asked("branch"), visit.asked("into")),
        archives: overview.iter().flat_map(|shown| archive::links(&head.path, &shown.branch)).collect(),
        overview,
        pushes: pushes(visit, &head).await?,
        pending: pending(visit, ResourceKind::Repository, actor, &mut Names::new(visit)).await?,
        head: &head,
    })
}

/// A tracker of its own, if it is for the visitor.
async fn tracker(visit: &Visit, tracker: &Option<ActorId>) -> WebResult<Option<Who>> {
    match tracker {
        Some(tracker) if peers::may_see(&visit.front, tracker, visit.viewer().as_ref()).await? => {
            Ok(Some(Names::new(visit).who(tracker).await))
        }
        _ => Ok(None),
    }
}

/// The newest pushes among what the repository published last.
async fn pushes(visit: &Visit, head: &Head) -> WebResult<Vec<PushRow>> {
    let items = visit.front.node.look::<Repository, _>(&head.id, &Outbox { before: None, limit: SHOWN_ITEMS }).await?;
    let mut names = Names::new(visit);
    let mut rows = Vec::new();
    for (_, item) in items {
        let Some(act) = visit.front.ports.act(item.act.clone()).await? else { continue };
        let public = audience::told(&act.body).into_iter().any(is_public);
        if audience::kind(&act.body) != "Push" || !(public || head.owns) {
            continue;
        }
        let by = act.body.get("attributedTo").and_then(Value::as_str).map(ActorId::new);
        let who = match by {
            Some(by) => Some(names.who(&by).await),
            None => None,
        };
        let what = act.body.get("summary").and_then(Value::as_str).map(plain).unwrap_or_default();
        let token = item.act.as_str().rsplit('/').next().unwrap_or_default();
        rows.push(PushRow { href: format!("{}/outbox/{token}", head.path), what, who, at: When(item.at) });
        if rows.len() == PUSHES {
            break;
        }
    }
    Ok(rows)
}

/// A summary is HTML on the wire, and shown as the text that it means.
fn plain(html: &str) -> String {
    pritchel_actors::common::text::Html::sanitise(html).map(|html| html.to_plain()).unwrap_or_default()
}
