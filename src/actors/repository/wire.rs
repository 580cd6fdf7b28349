//! A repository's methods as activities.

use crate::common::wire::{Tell, actor_uri, publish_draft, time, uri};
use crate::common::{Like, Unlike};
use crate::gate::{self, Undone, names};
use crate::repository::report_push::{MovedRef, PushedCommit};
use crate::repository::{Repository, RepositoryCall};
use pritchel_actor::{Act, ActId, ActorId, Halt, Look, Turn, Verdict};
use pritchel_vocab::push::{Author, Branch, Commit, Listed};
use pritchel_vocab::{Activity, ActivityType, escape};

/// Finds what only a repository is asked.
pub fn gate(
    _repository: &Repository,
    activity: &Activity,
    _act: &Act,
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
        _ => None,
    };
    Ok(call.map_or_else(|| gate::unsupported::<Repository>(activity), Verdict::Call))
}

/// The address of a commit.
pub fn commit_uri(me: &ActorId, hash: &str) -> String {
    format!("{me}/commits/{hash}")
}

/// The address of a branch.
pub fn branch_uri(me: &ActorId, name: &str) -> String {
    format!("{me}/refs/{}", encoded(name.strip_prefix("refs/").unwrap_or(name)))
}

/// A ref's name as part of an address: what is not a plain letter is percent-encoded, the slash stays.
fn encoded(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    name.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// Publishes the `Push` of one ref to followers and to whoever pushed.
///
/// Source: ForgeFed, "Push"; one `Push` a ref, a new ref has no `hashBefore`, one that goes no `hashAfter`.
pub fn push(turn: &mut Turn<'_>, by: &ActorId, moved: &MovedRef, public: bool) -> Result<ActId, Halt> {
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
        attributed_to: Some(actor_uri(by)?),
        context: Some(uri(me.as_str())?),
        target: branch_thing(&branch)?,
        hash_before: moved.update.old.clone(),
        hash_after: moved.update.new.clone(),
        total: moved.total,
        commits,
        early: Vec::new(),
        list: None,
    };
    let what = match moved.total {
        Some(1) => format!("1 commit pushed to {}", escape(short)),
        Some(total) => format!("{total} commits pushed to {}", escape(short)),
        None => format!("pushed to {}", escape(short)),
    };
    let tell = Tell::to([by]).followers(&me);
    // What is pushed to a private repository is for those who follow it.
    let tell = if public { tell.public() } else { tell };
    publish_draft(turn, push.draft().summary(what), &tell)
}

fn branch_thing(branch: &Branch) -> Result<pritchel_vocab::Thing, Halt> {
    match branch.to_value() {
        serde_json::Value::Object(map) => {
            pritchel_vocab::Embedded::new(map).map(pritchel_vocab::Thing::Embedded).map_err(gate::malformed)
        }
        _ => Err(gate::malformed("a branch is an object")),
    }
}

fn listed(me: &ActorId, commit: &PushedCommit) -> Result<Commit, Halt> {
    let author = |(_, mail): &(String, String)| Author::Mail(mail.clone());
    Ok(Commit {
        id: Some(uri(&commit_uri(me, &commit.hash))?),
        context: Some(uri(me.as_str())?),
        attributed_to: Some(author(&commit.author)),
        created: Some(time(commit.created)),
        committed_by: Some(author(&commit.committer)),
        committed: Some(time(commit.committed)),
        hash: commit.hash.clone(),
        summary: Some(escape(&commit.title)),
        description: (!commit.description.is_empty()).then(|| commit.description.clone()),
        files_added: Vec::new(),
        files_modified: Vec::new(),
        files_removed: Vec::new(),
    })
}
