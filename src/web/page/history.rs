//! The history of a repository: lists of commits, and one commit.

use crate::answer::{WebError, WebResult};
use crate::budget::{Cost, Costly};
use crate::git::signer::{Mark, Seal, Signer, mark, signer};
use crate::kept::Piece;
use crate::limits::SHOWN_ITEMS;
use crate::page::code::difference::{DifferenceShown, View};
use crate::page::code::known::{Around, not_for_crawlers};
use crate::page::files::{part, read};
use crate::page::head::Head;
use crate::page::parts::{Badge, Pages, Rendered, When, Who};
use crate::page::shell::{page, with};
use crate::page::statuses::{StatusesShown, badge, marks, newest, said};
use crate::page::visit::{Frame, Visit};
use crate::page::who::{Kind, Names};
use crate::ssh_key::shown;
use askama::Template;
use axum::extract::Path;
use pritchel_actor::ActorId;
use pritchel_git::log::CommitInfo;
use pritchel_git::names::ObjectId;

/// A commit in a list.
pub struct CommitRow {
    /// The beginning of its id.
    pub short: String,
    /// Its id.
    pub id: String,
    /// The first line of its message.
    pub title: String,
    /// Who wrote it, as it says.
    pub author: String,
    /// When, as it says.
    pub at: When,
    /// What is said of it by whoever builds and tests it, all in all.
    pub mark: Option<Badge>,
}

/// The first line of a commit's message; git takes commits without any.
fn titled(title: String) -> String {
    if title.is_empty() { "(no message)".to_owned() } else { title }
}

impl From<CommitInfo> for CommitRow {
    fn from(commit: CommitInfo) -> Self {
        let id = commit.id.to_string();
        Self {
            short: id.chars().take(10).collect(),
            id,
            title: titled(commit.title),
            author: commit.author.name,
            at: When(commit.author.time_s),
            mark: None,
        }
    }
}

#[derive(Template)]
#[template(path = "log.html")]
struct LogPage<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    rev: String,
    rev_part: String,
    commits: Vec<CommitRow>,
    pages: Pages,
}

/// `GET /repos/{key}/log?at=…`: the history of a branch.
pub async fn log(costly: Costly, Path(key): Path<String>) -> WebResult {
    let visit = costly.pays(Cost::History)?;
    let actor = visit.site.actor_at("repos", &key).ok_or_else(WebError::not_found)?;
    history(&visit, &actor).await
}

async fn history(visit: &Visit, actor: &ActorId) -> WebResult {
    let head = Head::of(visit, Kind::REPOSITORY, actor).await?;
    let at = visit.asked("at").map(str::to_owned);
    let skip = usize::try_from(visit.number("skip").unwrap_or(0)).unwrap_or(0);
    let around = Around::of(visit, &head);
    let newest = newest(visit, actor).await?;
    let found = read(visit, actor, move |reader| {
        let rev = match at {
            Some(rev) => rev,
            None => {
                let branch = reader.head()?.branch;
                branch.as_branch().unwrap_or(branch.as_str()).to_owned()
            }
        };
        let commit = reader.resolve(&rev)?.commit;
        let tag = around.with((commit, newest), newest == 0 && rev == commit.to_string());
        let log = if tag.is_had() { None } else { Some(reader.log_page(commit, skip, SHOWN_ITEMS)?) };
        Ok((log, rev, tag))
    });
    let (log, rev, tag) = found.await?.ok_or_else(WebError::not_found)?;
    let Some(log) = log else { return Ok(tag.had()) };
    let mut commits: Vec<CommitRow> = log.commits.into_iter().map(CommitRow::from).collect();
    if newest > 0 {
        let marks = marks(visit, actor, commits.iter().map(|commit| commit.id.clone()).collect()).await?;
        for (commit, mark) in commits.iter_mut().zip(marks) {
            commit.mark = mark.map(badge);
        }
    }
    let first = (skip > 0).then(|| with(&[("at", &rev)], &visit.path));
    let next = log.next_skip.map(|skip| with(&[("at", &rev), ("skip", &skip.to_string())], &visit.path));
    let shown = page(&LogPage {
        frame: &*visit.frame().await?,
        head: &head,
        tab: "about",
        rev_part: part(&rev),
        rev,
        commits,
        pages: Pages { first, next },
    })?;
    Ok(not_for_crawlers(tag.on(shown)))
}

#[derive(Template)]
#[template(path = "commit.html")]
struct CommitPage<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    id: String,
    title: String,
    body: String,
    author: String,
    at: When,
    committer: String,
    committed: When,
    parents: Vec<String>,
    difference: Rendered,
    statuses: StatusesShown,
    signature: Option<SignatureShown>,
}

/// What is shown of a commit's signature.
struct SignatureShown {
    badge: Badge,
    /// Whose key it is.
    people: Vec<Who>,
    /// The key, or what is to be known of the signature.
    what: String,
}

impl SignatureShown {
    async fn of(visit: &Visit, signer: Option<Signer>) -> Option<Self> {
        let signer = signer?;
        let (badge, what) = match &signer.seal {
            Seal::Ssh(key) if signer.people.is_empty() => {
                (Badge::new("plain", "not known"), format!("good, by a key that nobody here has: {}", shown(key)))
            }
            Seal::Ssh(key) => (Badge::new("good", "verified"), shown(key)),
            Seal::OpenPgp(key) => (Badge::new("good", "verified"), format!("OpenPGP {}", key.to_uppercase())),
            Seal::NotKnown(id) => {
                let what = format!("by the OpenPGP key {}, which nobody here has added", id.to_uppercase());
                (Badge::new("plain", "not verified"), what)
            }
            Seal::Unfit(why) => (Badge::new("bad", "not believed"), (*why).to_owned()),
            Seal::Broken => (Badge::new("bad", "bad"), "this commit is not what was signed".to_owned()),
            Seal::Other(kind) => {
                (Badge::new("plain", "not verified"), format!("by {kind}, of which no keys are known here"))
            }
        };
        Some(Self { badge, people: Names::new(visit).all(&signer.people).await, what })
    }
}

/// Who has signed a commit, if anybody has.
async fn signed_by(visit: &Visit, mark: Option<Mark>, commit: &CommitInfo) -> WebResult<Option<Signer>> {
    match mark {
        Some(mark) => signer(&visit.front, mark, &commit.committer.email).await.map(Some),
        None => Ok(None),
    }
}

/// `GET /repos/{key}/commits/{hash}`: what it says, and what it changed since its first parent.
pub async fn commit(costly: Costly, Path((key, hash)): Path<(String, String)>) -> WebResult {
    let visit = costly.pays(Cost::Commit)?;
    let actor = visit.site.actor_at("repos", &key).ok_or_else(WebError::not_found)?;
    let head = Head::of(&visit, Kind::REPOSITORY, &actor).await?;
    let (kept, view, around) = (visit.front.kept.clone(), View::of(&visit), Around::of(&visit, &head));
    let (plain, other) = (around.clone(), view.other.clone());
    // What is said of a commit changes, and a page that shows it is known by that.
    let newest = newest(&visit, &actor).await?;
    let found = read(&visit, &actor, move |reader| {
        let id = reader.resolve(&hash)?.commit;
        let stays = newest == 0 && hash == id.to_string();
        let mark = reader.signature_of(id)?.map(|signed| mark(&signed));
        let tag = around.with((id, newest), stays);
        // Who has signed it is known later.
        if mark.is_none() && tag.is_had() {
            return Ok((tag, None));
        }
        let commit = reader.commit_info(id)?;
        // The other view of it is another's address.
        let piece = Piece { page: other, commit: id, step: 0 };
        let difference = match kept.pieces.get(&piece) {
            Some(html) => Ok(html),
            None => Err(reader.difference(commit.parents.first().copied(), id)?),
        };
        Ok((tag, Some((commit, (piece, difference), mark, stays))))
    });
    let (mut tag, found) = found.await?.ok_or_else(WebError::not_found)?;
    let Some((commit, (piece, difference), mark, stays)) = found else { return Ok(tag.had()) };
    let signer = signed_by(&visit, mark, &commit).await?;
    if signer.is_some() {
        tag = plain.with((commit.id, newest, &signer), stays);
        if tag.is_had() {
            return Ok(tag.had());
        }
    }
    let said = said(&visit, &actor, vec![commit.id.to_string()]).await?.pop().unwrap_or_default();
    let id = commit.id.to_string();
    let render = |difference| DifferenceShown::of(difference, &view, &head.path, Some(&id)).render();
    let difference = match difference {
        Ok(html) => html,
        Err(difference) => visit.front.kept.keep(piece, render(difference).map_err(WebError::broken)?),
    };
    let shown = page(&CommitPage {
        frame: &*visit.frame().await?,
        head: &head,
        tab: "about",
        title: titled(commit.title),
        body: commit.body,
        author: commit.author.name,
        at: When(commit.author.time_s),
        committer: commit.committer.name,
        committed: When(commit.committer.time_s),
        parents: commit.parents.iter().map(ObjectId::to_string).collect(),
        difference: Rendered(difference),
        statuses: StatusesShown::of(&visit, said).await,
        signature: SignatureShown::of(&visit, signer).await,
        id,
    })?;
    Ok(tag.on(shown))
}
