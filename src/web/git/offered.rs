//! Offers to merge by a push to `refs/for/<branch>` or `refs/for/<branch>/<topic>`. What was pushed is put under a reference of the
//! pusher's own, which stands for a branch; then the pusher's own actor offers it to the repository's patch tracker, or, where it
//! has before, the tracker is told that there is more. The pusher reads the address of the merge request.
//!
//! Source: the flow of AGit, as Gerrit and Forgejo have it; its options `title`, `description`, `topic` and `force-push`.

use crate::git::pushed::Push;
use crate::limits::{OFFER_LOOK_MS, OFFER_WAIT_MS, TITLE_CHARS_MAX};
use crate::powers::{best_for, bring_for};
use pritchel_actor::{ActId, ActorId, Outcome, ViewError};
use pritchel_actors::common::naming::origin_of;
use pritchel_actors::patch_tracker::OfferPushed;
use pritchel_actors::patch_tracker::merge_request::Branch;
use pritchel_actors::patch_tracker::view::ViewFromBranch;
use pritchel_actors::person::Publish;
use pritchel_actors::person::rows::{Sent, SentState};
use pritchel_actors::person::view::ViewSent;
use pritchel_actors::ticket_tracker::ticket::ticket_uri;
use pritchel_actors::tie::view::ViewTied;
use pritchel_actors::tie::{TieKind, TieSide};
use pritchel_actors::{PatchTracker, Person, Repository, client};
use pritchel_git::hook::{OFFERS, Offered, Offers};
use pritchel_git::log::CommitInfo;
use pritchel_git::names::{ObjectId, RefName, RefUpdate as GitUpdate};
use pritchel_git::place::Repo;
use pritchel_git::read::{ReadError, Reader};
use pritchel_git::versions::{Placed, place, withdraw};
use std::time::Duration;

/// What the pusher says of an offer.
#[derive(Debug, Default, PartialEq)]
struct Options {
    title: Option<String>,
    description: Option<String>,
    topic: Option<String>,
    force: bool,
}

impl Options {
    /// Reads `git push -o`. What is not known is for others.
    fn of(options: &[String]) -> Self {
        let mut read = Self::default();
        for option in options {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            let text = || Some(value.trim().to_owned()).filter(|value| !value.is_empty());
            match name {
                "title" => read.title = text(),
                "description" => read.description = text(),
                "topic" => read.topic = text(),
                "force-push" => read.force = matches!(value, "" | "true" | "1"),
                _ => {}
            }
        }
        read
    }
}

/// What an offer is for: a branch that is there, and a topic.
struct Purpose {
    target: RefName,
    topic: Option<String>,
    commit: CommitInfo,
}

/// Takes the offers of a push.
pub fn offers(push: Push) -> Offers {
    Box::new(move |updates, options| {
        Box::pin(async move {
            let options = Options::of(&options);
            let mut offered = Vec::new();
            for update in updates {
                let outcome = one(&push, &update, &options).await;
                offered.push(Offered { name: update.name, outcome });
            }
            offered
        })
    })
}

async fn one(push: &Push, update: &GitUpdate, options: &Options) -> Result<String, String> {
    let new = update.new.ok_or("an offer cannot be removed")?;
    let push = &push.bringing();
    brings(push, &push.actor).await?;
    let tracker = tracker(push).await?;
    brings(push, &tracker).await?;
    let (repo, name, topic) = (push.repo.clone(), update.name.clone(), options.topic.clone());
    let purpose = blocking(move || purpose(&repo, &name, topic, new)).await??;
    let target = purpose.target.as_branch().unwrap_or(purpose.target.as_str());
    let branch = Branch::offered(&push.actor, &push.by, target, purpose.topic.as_deref()).map_err(|why| why.summary)?;
    let under: RefName = branch.name.parse().map_err(|_| "no such name can be kept: choose another topic")?;
    let (repo, at, force) = (push.repo.clone(), under.clone(), options.force);
    let placed = blocking(move || place(&repo, &at, new, force)).await?.map_err(broken)?;
    let Placed::At(before) = placed else {
        return Err(
            "it does not go on from what was pushed before: push with `-o force-push` to replace that".to_owned()
        );
    };
    let told = match open_from(push, &tracker, &branch).await? {
        Some(request) => again(push, &tracker, branch).await.map(|()| format!("another version of {request}")),
        None => offer(push, &tracker, &branch, &purpose, options).await,
    };
    if told.is_err() && before.is_none() {
        let repo = push.repo.clone();
        if let Ok(Err(error)) = blocking(move || withdraw(&repo, &under)).await {
            tracing::warn!(repository = %push.actor, %error, "What was offered for nothing could not be taken away");
        }
    }
    told
}

/// Has the pusher seen by this resource as whoever they are there, also where their role came over teams and projects: once more
/// for each offer, since a push may take its time.
async fn brings(push: &Push, resource: &ActorId) -> Result<(), String> {
    bring_for(&push.front, &push.by, resource).await.map(drop).map_err(broken)
}

/// The tracker that takes what is offered to this repository.
async fn tracker(push: &Push) -> Result<ActorId, String> {
    let view = ViewTied {
        viewer: Some(push.by.clone()),
        kind: TieKind::Patches,
        side: TieSide::Provider,
        after: None,
        limit: 1,
    };
    let tied = push.front.node.look::<Repository, _>(&push.actor, &view).await.map_err(unseen)?;
    let tracker = tied.into_iter().next().ok_or("this repository sends its patches to no tracker")?;
    if origin_of(tracker.as_str()) != origin_of(push.actor.as_str()) {
        return Err(format!("its patches go to {tracker}, which is on another server: offer them there"));
    }
    Ok(tracker)
}

/// Finds which branch is meant: the longest that is there. What is left is the topic.
fn purpose(repo: &Repo, name: &RefName, topic: Option<String>, new: ObjectId) -> Result<Purpose, String> {
    let reader = Reader::open(repo).map_err(unread)?;
    let commit = reader.commit_info(new).map_err(unread)?;
    let path = name.as_str().strip_prefix(OFFERS).unwrap_or_default();
    let mut end = path.len();
    loop {
        let short = path.get(..end).unwrap_or_default();
        let target = RefName::branch(short).map_err(|error| error.to_string())?;
        if reader.target(&target).map_err(unread)?.is_some() {
            let rest = path.get(end + 1..).filter(|rest| !rest.is_empty()).map(str::to_owned);
            return Ok(Purpose { target, topic: topic.or(rest), commit });
        }
        end = match short.rfind('/') {
            Some(end) => end,
            None => return Err(format!("there is no branch that {path} begins with")),
        };
    }
}

/// The open merge request of what was pushed before.
async fn open_from(push: &Push, tracker: &ActorId, branch: &Branch) -> Result<Option<String>, String> {
    let view = ViewFromBranch { viewer: Some(push.by.clone()), branch: branch.clone() };
    let found = push.front.node.look::<PatchTracker, _>(tracker, &view).await.map_err(unseen)?;
    let open = found.into_iter().find(|(_, open)| *open);
    Ok(open.map(|(number, _)| ticket_uri(tracker, number)))
}

/// Tells the tracker, in the repository's name, that there is more.
async fn again(push: &Push, tracker: &ActorId, branch: Branch) -> Result<(), String> {
    match push.front.node.call::<PatchTracker, _>(tracker, &push.actor, OfferPushed { branch }).await {
        Ok(Outcome::Done(())) => Ok(()),
        Ok(Outcome::Refused(why)) => Err(why.summary),
        Ok(Outcome::Unknown) | Err(_) => Err("the tracker could not be told: push again".to_owned()),
    }
}

/// Offers it in the name of the pusher, and waits for the tracker's answer.
async fn offer(
    push: &Push,
    tracker: &ActorId,
    branch: &Branch,
    purpose: &Purpose,
    options: &Options,
) -> Result<String, String> {
    let Purpose { target, commit, .. } = purpose;
    let title = options.title.as_deref().unwrap_or(&commit.title);
    let title: String = title.chars().take(TITLE_CHARS_MAX).collect();
    let text = options.description.as_deref().unwrap_or(&commit.body);
    let node = &push.front.node;
    let held = best_for(&push.front, &push.by, tracker).await.map_err(broken)?.map(|(grant, _)| grant);
    let names = [branch.name.as_str(), target.as_str()];
    let document = client::open_offer(&push.by, tracker, [&title, text], &push.actor, names, held.as_ref());
    let act = match node.call::<Person, _>(&push.by, &push.by, Publish { document }).await {
        Ok(Outcome::Done(act)) => act,
        Ok(Outcome::Refused(why)) => return Err(why.summary),
        Ok(Outcome::Unknown) | Err(_) => return Err("it could not be offered now: push again".to_owned()),
    };
    answer(push, act).await
}

async fn answer(push: &Push, act: ActId) -> Result<String, String> {
    let view = ViewSent { viewer: Some(push.by.clone()), act: act.clone() };
    for _ in 0..OFFER_WAIT_MS / OFFER_LOOK_MS {
        let sent: Option<Sent> = push.front.node.look::<Person, _>(&push.by, &view).await.map_err(unseen)?;
        match sent.map(|sent| sent.state) {
            Some(SentState::Done { result: Some(request), .. }) => return Ok(request),
            Some(SentState::Refused { why }) => return Err(format!("{}: {}", why.code, why.summary)),
            _ => tokio::time::sleep(Duration::from_millis(OFFER_LOOK_MS)).await,
        }
    }
    Ok(format!("it is offered; the tracker has not answered yet: {act}"))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.map_err(broken)
}

fn unseen(error: ViewError) -> String {
    match error {
        ViewError::Refused(why) => why.summary,
        ViewError::NoActor => "it is not there".to_owned(),
        ViewError::Broken(why) => broken(why),
    }
}

fn unread(error: ReadError) -> String {
    match error {
        ReadError::NotFound { .. } | ReadError::WrongKind { .. } => "what was pushed is no commit".to_owned(),
        other => broken(other),
    }
}

fn broken(error: impl std::fmt::Display) -> String {
    tracing::error!(%error, "An offer could not be taken");
    "something is wrong with this server; it has been logged".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_a_push_are_read_and_those_of_others_passed_over() {
        let read = |options: &[&str]| Options::of(&options.iter().map(|&o| o.to_owned()).collect::<Vec<_>>());
        let all = read(&["title=Milk = tea", "description= more ", "topic=x/y", "force-push", "ci.skip"]);
        assert_eq!((all.title.as_deref(), all.description.as_deref()), (Some("Milk = tea"), Some("more")));
        assert_eq!((all.topic.as_deref(), all.force), (Some("x/y"), true));
        assert_eq!(read(&["title=", "force-push=false", "topic"]), Options::default());
    }
}
