//! A repository's methods as activities.

use crate::access::wire::is_type;
use crate::common::wire::{Tell, actor_uri, publish, publish_draft, read, time, uri};
use crate::common::{Like, Unlike};
use crate::gate::{self, Undone, alone, malformed, names};
use crate::repository::copy::Copy;
use crate::repository::forks::FORK_NUMBERS;
use crate::repository::report_push::{MovedRef, PushedCommit};
use crate::repository::{EditMirror, ForkMade, Repository, RepositoryCall, SetDefaultBranch, SourcePushed};
use pritchel_actor::{Act, ActId, ActorId, Halt, Look, Refusal, Turn, Value, Verdict};
use pritchel_vocab::push::{Author, Branch, Commit, Listed};
use pritchel_vocab::{Activity, ActivityType, Obj, Thing, escape};

/// How often a mirror looks, in seconds, in an `Edit` and in the mirror's document. A term of ours.
pub const EVERY: &str = "mirrorEvery";

/// The branch that is shown first, in an `Edit` and in the repository's document. A term of ours.
pub const DEFAULT_BRANCH: &str = "defaultBranch";

/// What keeps the versions of what is in a repository, in its document and in the `Create` that asks for one. A term of ours.
///
/// Source: protocol decision F-14.
pub const VCS: &str = "versionControlSystem";

/// The one that is served here.
pub const GIT: &str = "git";

/// Finds what only a repository is asked.
pub fn gate(
    repository: &Repository,
    activity: &Activity,
    act: &Act,
    look: &mut Look<'_, '_>,
) -> Result<Verdict<RepositoryCall>, Halt> {
    let me = look.me().clone();
    let call: Option<RepositoryCall> = match &activity.kind {
        ActivityType::Like if names(&activity.object, &me) => Some(Like {}.into()),
        ActivityType::Undo => match gate::undone(activity, look)? {
            Undone::Early(id) => return Ok(Verdict::Early(id)),
            Undone::Activity(undone) if undone.kind == ActivityType::Like && names(&undone.object, &me) => {
                Some(Unlike {}.into())
            }
            _ => None,
        },
        ActivityType::Edit if names(&activity.object, &me) => Some(edit(repository, activity)?),
        ActivityType::Push if copy_of(repository) == Some(&act.author) => Some(SourcePushed {}.into()),
        ActivityType::Accept => made(activity, look)?.map(Into::into),
        // Of these the answer decides.
        ActivityType::Create if asks(activity, &me).is_some() => return Ok(Verdict::Note),
        ActivityType::Delete if is_fork(activity, look)? => return Ok(Verdict::Note),
        _ => None,
    };
    Ok(call.map_or_else(|| gate::unsupported::<Repository>(activity), Verdict::Call))
}

/// What a repository is a copy of.
fn copy_of(repository: &Repository) -> Option<&ActorId> {
    repository.copy.as_ref().and_then(Copy::origin)
}

/// What an `Edit` says of the default branch, or of a mirror. Without a word about what it mirrors, that stays.
fn edit(repository: &Repository, activity: &Activity) -> Result<RepositoryCall, Halt> {
    let object = activity.object.first().and_then(Thing::obj).ok_or_else(|| malformed("expected an object"))?;
    if object.map().contains_key(DEFAULT_BRANCH) {
        alone(&object, DEFAULT_BRANCH, &[DEFAULT_BRANCH])?;
        let name = object.text(DEFAULT_BRANCH).map_err(malformed)?;
        let name = name.ok_or_else(|| malformed(format!("expected the name of a branch as `{DEFAULT_BRANCH}`")))?;
        let short = name.strip_prefix("refs/heads/").unwrap_or(name);
        return Ok(SetDefaultBranch { branch: format!("refs/heads/{short}") }.into());
    }
    let every_s = match object.get(EVERY) {
        None => None,
        Some(value) => Some(value.as_i64().ok_or_else(|| malformed(format!("expected seconds as `{EVERY}`")))?),
    };
    let mirrors = match object.uri("mirrors").map_err(malformed)? {
        Some(uri) => Some(ActorId::new(uri.as_str())),
        None if object.is_null("mirrors") => None,
        None => copy_of(repository).cloned(),
    };
    Ok(EditMirror { every_s, mirrors }.into())
}

/// What a `Create` says that asks for a copy of a repository.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The factory that is asked.
    pub factory: Option<ActorId>,
    /// What the copy is to mirror, if it is to be a mirror.
    pub mirrors: Option<ActorId>,
}

/// What a `Create` says that asks for a copy of `me`. `None`: it asks for something else.
pub fn asked(act: &Act, me: &ActorId) -> Option<Asked> {
    asks(&*read(act)?, me)
}

fn asks(activity: &Activity, me: &ActorId) -> Option<Asked> {
    let object = activity.object.first()?.obj().filter(|object| object.is("Repository"))?;
    let of = object.uri("origin").ok()??;
    let mirrors = object.uri("mirrors").ok()?.map(|uri| ActorId::new(uri.as_str()));
    let factory = activity.origin.as_ref().and_then(Thing::uri).map(|uri| ActorId::new(uri.as_str()));
    (activity.kind == ActivityType::Create && of.as_str() == me.as_str()).then_some(Asked { factory, mirrors })
}

/// Whether a document is that of a repository that names `me` as its origin.
pub fn is_copy(document: &Value, me: &ActorId) -> bool {
    let origin = Obj::of(document).ok().and_then(|document| document.uri("origin").ok()?);
    is_type(document, "Repository") && origin.is_some_and(|origin| origin.as_str() == me.as_str())
}

/// What an `Accept` says of a copy of this repository that was asked for.
fn made(activity: &Activity, look: &mut Look<'_, '_>) -> Result<Option<ForkMade>, Halt> {
    let me = look.me().clone();
    let Some(create) = gate::one(activity) else { return Ok(None) };
    if look.seen(&create)?.is_none() {
        return Ok(None);
    }
    let asked = look.act(&create)?.is_some_and(|act| asked(&act, &me).is_some());
    let fork = activity.result.first().and_then(Thing::uri).map(|uri| ActorId::new(uri.as_str()));
    Ok(asked.then_some(ForkMade { create, fork }))
}

fn is_fork(activity: &Activity, look: &mut Look<'_, '_>) -> Result<bool, Halt> {
    match gate::one(activity) {
        Some(object) => FORK_NUMBERS.has(look, &ActorId::new(object.as_str())),
        None => Ok(false),
    }
}

/// The address of a commit.
pub fn commit_uri(me: &ActorId, hash: &str) -> String {
    format!("{me}/commits/{hash}")
}

/// The address of a branch.
pub fn branch_uri(me: &ActorId, name: &str) -> String {
    format!("{me}/refs/{}", encoded(name.strip_prefix("refs/").unwrap_or(name)))
}

/// The branch at an address that [`branch_uri`] made: its repository and its full name.
pub fn branch_at(uri: &str) -> Option<(ActorId, String)> {
    let (repository, encoded) = uri.split_once("/refs/")?;
    let mut name = b"refs/".to_vec();
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        name.push(if byte == b'%' { u8::from_str_radix(&hex_pair(&mut rest)?, 16).ok()? } else { byte });
    }
    let (repository, name) = (ActorId::from(repository), String::from_utf8(name).ok()?);
    // There is one way to write each.
    (branch_uri(&repository, &name) == uri).then_some((repository, name))
}

fn hex_pair(bytes: &mut impl Iterator<Item = u8>) -> Option<String> {
    Some([char::from(bytes.next()?), char::from(bytes.next()?)].into_iter().collect())
}

/// A ref's name as part of an address: what is not a plain letter is percent-encoded, the slash stays.
fn encoded(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    name.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// Answers an `Edit` that git has had a part in.
pub fn answer_edit(turn: &mut Turn<'_>, edit: &ActId, by: &ActorId, refused: Option<&Refusal>) -> Result<(), Halt> {
    let (me, tell) = (turn.me().clone(), Tell::to([by]));
    match refused {
        None => publish(turn, ActivityType::Accept, &tell.followers(&me), |draft| draft.object(edit.as_str()))?,
        Some(why) => publish(turn, ActivityType::Reject, &tell, |draft| {
            draft.object(edit.as_str()).summary(why.code.clone()).content(escape(&why.summary))
        })?,
    };
    Ok(())
}

/// Who moved a ref, as its `Push` tells it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pushed<'p> {
    /// Who pushed. What a mirror brings nobody has pushed here.
    pub by: Option<&'p ActorId>,
    /// Who is told beside the followers.
    pub told: Option<&'p ActorId>,
    /// What it carries out.
    pub fulfills: Option<&'p ActId>,
}

impl<'p> Pushed<'p> {
    /// Somebody has pushed, and is told of it.
    pub fn by(who: &'p ActorId) -> Self {
        Self { by: Some(who), told: Some(who), fulfills: None }
    }
}

/// Publishes the `Push` of one ref to followers and to whoever is to be told.
///
/// Source: ForgeFed, "Push"; protocol decision F-59: one `Push` a ref, a new ref has no `hashBefore`, one that goes no
/// `hashAfter` and brings nothing.
pub fn push(turn: &mut Turn<'_>, pushed: &Pushed<'_>, moved: &MovedRef, public: bool) -> Result<ActId, Halt> {
    let me = turn.me().clone();
    let commits: Vec<Listed> = moved
        .newest
        .iter()
        .map(|commit| Ok(Listed::Commit(Box::new(listed(&me, commit)?))))
        .collect::<Result<_, Halt>>()?;
    let name = &moved.update.name;
    let short = name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix("refs/tags/")).unwrap_or(name);
    let branch = Branch {
        id: Some(uri(&branch_uri(&me, name))?),
        context: uri(me.as_str())?,
        name: Some(short.to_owned()),
        ref_name: name.clone(),
    };
    let push = pritchel_vocab::Push {
        id: None,
        actor: actor_uri(&me)?,
        attributed_to: pushed.by.map(actor_uri).transpose()?,
        context: None,
        fulfills: pushed.fulfills.map(|act| uri(act.as_str())).transpose()?.into_iter().collect(),
        target: branch_thing(&branch)?,
        hash_before: moved.update.old.clone(),
        hash_after: moved.update.new.clone(),
        total: if moved.update.new.is_none() { Some(0) } else { moved.total },
        commits,
        early: Vec::new(),
        list: None,
    };
    let what = said(moved, &escape(short));
    let tell = Tell::to(pushed.told).followers(&me);
    // What is pushed to a private repository is for those who follow it.
    let tell = if public { tell.public() } else { tell };
    publish_draft(turn, push.draft().summary(what), &tell)
}

/// What became of a ref, for people.
/// - `name`: what it is called, as HTML
fn said(moved: &MovedRef, name: &str) -> String {
    let commits = match moved.total {
        None | Some(0) => None,
        Some(1) => Some("1 commit".to_owned()),
        Some(total) => Some(format!("{total} commits")),
    };
    let with = commits.as_ref().map(|commits| format!(" with {commits}")).unwrap_or_default();
    match (&moved.update.old, &moved.update.new, commits) {
        (_, None, _) => format!("deleted {name}"),
        (None, Some(_), _) => format!("created {name}{with}"),
        _ if moved.forced => format!("force-pushed {name}{with}"),
        (Some(_), Some(_), Some(commits)) => format!("{commits} pushed to {name}"),
        (Some(_), Some(_), None) => format!("pushed to {name}"),
    }
}

fn branch_thing(branch: &Branch) -> Result<Thing, Halt> {
    match branch.to_value() {
        serde_json::Value::Object(map) => {
            pritchel_vocab::Embedded::new(map).map(Thing::Embedded).map_err(gate::malformed)
        }
        _ => Err(gate::malformed("a branch is an object")),
    }
}

fn listed(me: &ActorId, commit: &PushedCommit) -> Result<Commit, Halt> {
    let author = |(_, mail): &(String, String)| Author::mail(mail);
    Ok(Commit {
        id: Some(uri(&commit_uri(me, &commit.hash))?),
        context: Some(uri(me.as_str())?),
        attributed_to: author(&commit.author),
        created: Some(time(commit.created)),
        committed_by: author(&commit.committer),
        committed: Some(time(commit.committed)),
        hash: commit.hash.clone(),
        summary: Some(escape(&commit.title)),
        description: (!commit.description.is_empty()).then(|| commit.description.clone()),
        files_added: Vec::new(),
        files_modified: Vec::new(),
        files_removed: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::refs::RefUpdate;

    #[test]
    fn what_became_of_a_ref_is_said_by_how_it_moved() {
        let (old, new) = (Some("a".repeat(40)), Some("b".repeat(40)));
        #[rustfmt::skip]
        let rows = [
            (&old,  &new,  Some(1), false, "1 commit pushed to main"),
            (&old,  &new,  Some(7), false, "7 commits pushed to main"),
            (&old,  &new,  None,    false, "pushed to main"),
            (&old,  &new,  Some(0), true,  "force-pushed main"),
            (&old,  &new,  Some(1), true,  "force-pushed main with 1 commit"),
            (&None, &new,  Some(2), false, "created main with 2 commits"),
            (&None, &new,  Some(0), false, "created main"),
            (&old,  &None, None,    false, "deleted main"),
        ];
        for (old, new, total, forced, expected) in rows {
            let update = RefUpdate { name: "refs/heads/main".to_owned(), old: old.clone(), new: new.clone() };
            assert_eq!(said(&MovedRef { update, newest: Vec::new(), total, forced }, "main"), expected);
        }
    }
}
