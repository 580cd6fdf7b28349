//! What a merge request offers, and what has become of it.

use crate::common::naming::key;
use crate::limits::{MERGE_GIVEN_UP_S, OFFER_BYTES_MAX};
use crate::patch_tracker::patch::Patch;
use pritchel_actor::{ActId, ActorId, Refusal, Seconds};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What begins the names of offers that were pushed. They lie in the repository they are for, and no clone gets them.
pub const OFFERED: &str = "refs/merge/for/";

/// A branch of a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branch {
    /// The repository.
    pub repository: ActorId,
    /// The branch's full name, such as `refs/heads/main`.
    pub name: String,
}

impl Branch {
    /// Its name as people write it; of an offer, what it was pushed to.
    pub fn short(&self) -> Cow<'_, str> {
        match self.name.strip_prefix(OFFERED).and_then(|rest| rest.split_once('/')) {
            Some((_, offer)) => Cow::Owned(format!("for/{}", offer.replace("%2F", "/"))),
            None => Cow::Borrowed(self.name.strip_prefix("refs/heads/").unwrap_or(&self.name)),
        }
    }

    /// What somebody has pushed to `refs/for/<target>` or `refs/for/<target>/<topic>`: each has their own.
    /// - errors: a refusal if git could not keep such a name
    pub fn offered(repository: &ActorId, by: &ActorId, target: &str, topic: Option<&str>) -> Result<Self, Refusal> {
        let what = topic.map_or_else(|| target.to_owned(), |topic| format!("{target}/{topic}"));
        let part = what.replace('/', "%2F");
        if part.len() > OFFER_BYTES_MAX {
            let why = format!("the branch and the topic have at most {OFFER_BYTES_MAX} bytes in all");
            return Err(Refusal::new("topic-too-long", why));
        }
        Ok(Self { repository: repository.clone(), name: format!("{OFFERED}{}/{part}", key(by)) })
    }
}

/// What is offered to be merged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergeOffer {
    /// Where the commits are; none where they came as patches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Branch>,
    /// Where they are to go.
    pub target: Branch,
    /// The commits as patches, oldest first, where they did not come as a branch. Not kept with the merge request: git makes
    /// commits of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patches: Vec<Patch>,
}

/// What makes a ticket a merge request. It is open until its ticket is resolved, then merged or closed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MergeRequest {
    /// What was offered.
    pub offer: MergeOffer,
    /// The merge under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applying: Option<Applying>,
    /// How it was merged, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged: Option<Merged>,
    /// The number of its newest version; 0 while none is kept.
    #[serde(default)]
    pub versions: u64,
    /// How many reviews it has had.
    #[serde(default)]
    pub reviews: u64,
    /// How many reviewers it has had.
    #[serde(default)]
    pub approvals: u64,
    /// The version that the repository is asked to keep.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keeping: Option<Keeping>,
    /// Why what stands at its origin now is not kept, if it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unkept: Option<Refusal>,
}

impl MergeRequest {
    /// One that offers this, of which nothing is kept yet.
    pub fn new(offer: MergeOffer) -> Self {
        Self { offer, applying: None, merged: None, versions: 0, reviews: 0, approvals: 0, keeping: None, unkept: None }
    }

    /// The version that is being kept, unless that was asked for so long ago that its repository must be gone.
    pub fn keeping(&self, now: Seconds) -> Option<&Keeping> {
        self.keeping.as_ref().filter(|keeping| keeping.since + MERGE_GIVEN_UP_S > now)
    }

    /// The merge under way. One of whose end nothing was heard for [`MERGE_GIVEN_UP_S`] is no longer waited for: its repository
    /// is gone.
    pub fn applying(&self, now: Seconds) -> Option<&Applying> {
        self.applying.as_ref().filter(|applying| applying.since + MERGE_GIVEN_UP_S > now)
    }
}

/// A version that the repository is asked to keep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Keeping {
    /// Since when.
    pub since: Seconds,
    /// Whether the origin has moved again meanwhile: then it is looked at once more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
    /// What is answered when it has ended: what brought patches is, since only git finds out whether they fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<Answers>,
}

/// An act that is answered when a version is kept, or is not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answers {
    /// The act.
    pub act: ActId,
    /// Whose it is.
    pub by: ActorId,
    /// Whether it opened the merge request: then there is none without a version.
    pub opens: bool,
}

/// A merge under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Applying {
    /// The `Apply`.
    pub apply: ActId,
    /// Who asked for it.
    pub by: ActorId,
    /// When.
    pub since: Seconds,
    /// In which way.
    pub method: MergeMethod,
}

/// How a merge request was merged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Merged {
    /// The commit the target branch was at afterwards, hexadecimal.
    pub commit: String,
    /// In which way.
    pub method: MergeMethod,
}

/// A way to merge.
///
/// Source: ours. ForgeFed's `Apply` names none; here it is the word given as `instrument`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MergeMethod {
    /// With a merge commit, whatever the branches look like.
    #[default]
    Merge,
    /// The commits one by one on top of the target.
    Rebase,
    /// All in one commit on top of the target.
    Squash,
    /// The target moves to the origin's newest commit, or nothing happens.
    FastForward,
}

impl MergeMethod {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Merge, Self::Rebase, Self::Squash, Self::FastForward];

    /// The word of it on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Rebase => "rebase",
            Self::Squash => "squash",
            Self::FastForward => "fast-forward",
        }
    }

    /// The method of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn branch(name: &str) -> Branch {
        Branch { repository: "https://a.example/repos/tea".into(), name: format!("refs/heads/{name}") }
    }

    #[test]
    fn a_merge_of_whose_end_nothing_was_heard_is_not_waited_for_for_ever() {
        let applying = Applying {
            apply: "https://a.example/people/a/outbox/1".into(),
            by: "https://a.example/people/a".into(),
            since: 100,
            method: MergeMethod::Merge,
        };
        let offer = MergeOffer { origin: Some(branch("x")), target: branch("main"), patches: Vec::new() };
        let keeping = Keeping { since: 100, again: false, answers: None };
        let request = MergeRequest { applying: Some(applying), keeping: Some(keeping), ..MergeRequest::new(offer) };
        assert!(request.applying(100 + MERGE_GIVEN_UP_S - 1).is_some());
        assert!(request.applying(100 + MERGE_GIVEN_UP_S).is_none());
        assert!(request.keeping(100 + MERGE_GIVEN_UP_S - 1).is_some());
        assert!(request.keeping(100 + MERGE_GIVEN_UP_S).is_none());
    }

    #[test]
    fn a_merge_request_of_before_there_were_versions_is_read() {
        let old = json!({"offer": {"origin": branch("x"), "target": branch("main")}});
        let request: MergeRequest = serde_json::from_value(old).unwrap();
        assert_eq!((request.offer.origin, request.versions), (Some(branch("x")), 0));
    }

    #[test]
    fn what_was_pushed_for_a_branch_is_its_pushers_own_and_is_shown_as_it_was_pushed() {
        let (repo, by) = ("https://a.example/repos/tea".into(), "https://a.example/people/abc".into());
        let offered = |target: &str, topic: Option<&str>| Branch::offered(&repo, &by, target, topic);
        let plain = offered("main", None).unwrap();
        assert_eq!((plain.name.as_str(), &*plain.short()), ("refs/merge/for/abc/main", "for/main"));
        let topic = offered("dev/next", Some("milk/more")).unwrap();
        assert_eq!(topic.name, "refs/merge/for/abc/dev%2Fnext%2Fmilk%2Fmore");
        assert_eq!(topic.short(), "for/dev/next/milk/more");
        assert!(offered("m", Some(&"x".repeat(OFFER_BYTES_MAX - 4))).is_ok());
        assert_eq!(offered("m", Some(&"x".repeat(OFFER_BYTES_MAX - 3))).unwrap_err().code, "topic-too-long");
    }

    #[test]
    fn each_way_to_merge_has_a_word() {
        for method in MergeMethod::ALL {
            assert_eq!(MergeMethod::from_word(method.as_str()), Some(method));
            assert_eq!(serde_json::to_value(method).unwrap(), json!(method.as_str()));
        }
        assert_eq!(MergeMethod::from_word("octopus"), None);
    }
}
