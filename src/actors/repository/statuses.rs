//! What is said of commits by whoever builds and tests them: one word a commit and context, the newest.
//! - [`Status`], [`State`], [`STATUSES`]: what is said; [`SetStatus`]: how it comes here
//! - [`combined`]: what all of them come to; `lacking`: which of those that a merge needs are not there
//! - [`ViewStatuses`], [`CountStatuses`]: what may be asked about them
//!
//! Source: ours, in the shape of Gitea's and Forgejo's API; ForgeFed has no word for it.

use crate::access::view::may_see;
use crate::access::{Role, proved};
use crate::limits::{
    STATUS_CONTEXTS_MAX, STATUS_TEXT_CHARS_MAX, STATUS_URL_BYTES_MAX, STATUSES_ASKED_MAX, STATUSES_MAX,
};
use crate::repository::Repository;
use pritchel_actor::{
    ActId, ActorId, Halt, Header, Look, Method, Page, Reads, Refusal, RowKey, Rows, Seconds, Turn, View, demand,
};
use serde::{Deserialize, Serialize};

/// What a status comes to, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is good.
    Success,
    /// It is good, and something stood out.
    Warning,
    /// It is not known yet.
    Pending,
    /// It is not good.
    Failure,
    /// It could not be found out.
    Error,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Success, Self::Warning, Self::Pending, Self::Failure, Self::Error];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Pending => "pending",
            Self::Failure => "failure",
            Self::Error => "error",
        }
    }

    /// The state of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether a merge that needs it goes on.
    pub fn is_good(self) -> bool {
        matches!(self, Self::Success | Self::Warning)
    }
}

/// What is said of a commit in one context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Its number in this repository, from 1: later ones have greater ones.
    pub number: u64,
    /// What it comes to.
    pub state: State,
    /// A line of text; empty if nothing was said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Where more is to be read, with http or https.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Who says so.
    pub by: ActorId,
    /// When something was first said in this context.
    pub since: Seconds,
    /// When this was said.
    pub at: Seconds,
}

/// How many statuses a repository keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// How many there are.
    pub count: u64,
    /// The number of the newest.
    pub newest: u64,
}

impl Kept {
    /// Whether there has never been one.
    pub fn is_none(&self) -> bool {
        self.newest == 0
    }
}

/// Statuses by commit, hexadecimal, and context.
pub const STATUSES: Rows<(String, String), Status> = Rows::new("statuses");
/// Their commits and contexts by number: which is the oldest.
pub const STATUS_ORDER: Rows<u64, (String, String)> = Rows::new("status_order");

/// Private, from the node, for whoever has shown a token: says something of a commit. What was said of it in the same context is gone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetStatus {
    /// The commit: its whole name, hexadecimal. That it is there has been looked up.
    pub commit: String,
    /// In which context, such as `ci/build`.
    pub context: String,
    /// What it comes to.
    pub state: State,
    /// A line of text.
    pub description: String,
    /// Where more is to be read.
    pub url: Option<String>,
    /// The Grant that the caller holds, if the repository did not give it itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<ActId>,
}

impl Method<Repository> for SetStatus {
    type Answer = Status;

    fn turn(self, repository: &mut Repository, turn: &mut Turn<'_>) -> Result<Status, Halt> {
        let by = turn.caller().id().clone();
        let role = proved(turn, &by, self.capability.as_ref(), Role::Write)?;
        demand(role >= Some(Role::Write), || {
            Refusal::new("role-too-small", format!("this needs the role {}", Role::Write))
        })?;
        self.is_well_formed()?;
        let key = (self.commit.clone(), self.context);
        let before = STATUSES.get(turn, &key)?;
        match &before {
            Some(before) => STATUS_ORDER.remove(turn, &before.number),
            None => make_room(repository, turn, &self.commit)?,
        }
        let (kept, now) = (&mut repository.statuses, turn.now());
        kept.newest += 1;
        let status = Status {
            number: kept.newest,
            state: self.state,
            description: self.description,
            url: self.url,
            by,
            since: before.map_or(now, |before| before.since),
            at: now,
        };
        STATUS_ORDER.put(turn, &status.number, &key);
        STATUSES.put(turn, &key, &status);
        Ok(status)
    }
}

impl SetStatus {
    fn is_well_formed(&self) -> Result<(), Halt> {
        let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        demand([40, 64].contains(&self.commit.len()) && self.commit.bytes().all(hex), || {
            Refusal::new("status-not-allowed", "expected the whole name of a commit, in small hexadecimal digits")
        })?;
        demand(is_context(&self.context), || {
            let why = format!("expected a context of 1 to {STATUS_TEXT_CHARS_MAX} characters on one line");
            Refusal::new("status-not-allowed", why)
        })?;
        demand(is_line(&self.description), || {
            let why = format!("expected a description of at most {STATUS_TEXT_CHARS_MAX} characters on one line");
            Refusal::new("status-not-allowed", why)
        })?;
        demand(self.url.as_deref().is_none_or(is_link), || {
            let why = format!("expected an address with http or https of at most {STATUS_URL_BYTES_MAX} bytes");
            Refusal::new("status-not-allowed", why)
        })
    }
}

fn is_line(text: &str) -> bool {
    text.chars().count() <= STATUS_TEXT_CHARS_MAX && !text.chars().any(char::is_control)
}

/// Whether a text can be the name of a context.
pub fn is_context(text: &str) -> bool {
    is_line(text) && !text.is_empty() && text.trim() == text
}

fn is_link(text: &str) -> bool {
    let web = text.starts_with("https://") || text.starts_with("http://");
    web && text.len() <= STATUS_URL_BYTES_MAX && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Takes one more into account. The oldest of the repository makes room; those of one commit are so many and no more.
fn make_room(repository: &mut Repository, turn: &mut Turn<'_>, commit: &str) -> Result<(), Halt> {
    let of_commit = of(turn, commit)?;
    demand(of_commit.len() < STATUS_CONTEXTS_MAX, || {
        Refusal::new("too-many-statuses", format!("of one commit so much is said in {STATUS_CONTEXTS_MAX} contexts"))
    })?;
    if repository.statuses.count < STATUSES_MAX {
        repository.statuses.count += 1;
        return Ok(());
    }
    if let Some((number, oldest)) = STATUS_ORDER.page(turn, Page::first(&[], 1))?.pop() {
        STATUS_ORDER.remove(turn, &number);
        STATUSES.remove(turn, &oldest);
    }
    Ok(())
}

/// All that is said of a commit, by context.
fn of(rows: &mut impl Reads, commit: &str) -> Result<Vec<(String, Status)>, Halt> {
    let prefix = (commit.to_owned(), String::new()).encode();
    let page = STATUSES.page(rows, Page::first(&prefix, STATUS_CONTEXTS_MAX))?;
    Ok(page.into_iter().map(|((_, context), status)| (context, status)).collect())
}

/// What statuses come to: the worst of them. `None`: nothing is said.
pub fn combined<'s>(statuses: impl IntoIterator<Item = &'s Status>) -> Option<State> {
    statuses.into_iter().map(|status| status.state).max()
}

/// Which of these contexts say nothing good of a commit, each with what it says.
pub(super) fn lacking(
    repository: &Repository,
    rows: &mut impl Reads,
    commit: Option<&String>,
    contexts: &[String],
) -> Result<Vec<(String, Option<State>)>, Halt> {
    let said = match commit.filter(|_| !repository.statuses.is_none() && !contexts.is_empty()) {
        Some(commit) => of(rows, commit)?,
        None => Vec::new(),
    };
    let state = |context: &String| said.iter().find(|(other, _)| other == context).map(|(_, status)| status.state);
    let all = contexts.iter().map(|context| (context.clone(), state(context)));
    Ok(all.filter(|(_, state)| !state.is_some_and(State::is_good)).collect())
}

/// What is said of some commits, for whoever may see the repository.
#[derive(Clone, Debug)]
pub struct ViewStatuses {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
    /// Whole names of commits. Those behind the first [`STATUSES_ASKED_MAX`] are left out.
    pub commits: Vec<String>,
}

impl View<Repository> for ViewStatuses {
    /// For each commit, in order, what is said by context.
    type Answer = Vec<Vec<(String, Status)>>;

    fn look(&self, repository: &Repository, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        may_see(repository, look, self.viewer.as_ref())?;
        if repository.statuses.is_none() {
            return Ok(self.commits.iter().map(|_| Vec::new()).collect());
        }
        self.commits.iter().take(STATUSES_ASKED_MAX).map(|commit| of(look, commit)).collect()
    }
}

/// How much was ever said of commits: what shows any of it is the same as long as this is.
#[derive(Clone, Debug)]
pub struct CountStatuses {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
}

impl View<Repository> for CountStatuses {
    type Answer = u64;

    fn look(&self, repository: &Repository, _: &Header, look: &mut Look<'_, '_>) -> Result<u64, Halt> {
        may_see(repository, look, self.viewer.as_ref())?;
        Ok(repository.statuses.newest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_word_is_what_all_come_to() {
        use State::{Error, Failure, Pending, Success, Warning};
        let said = |states: &[State]| {
            let of = |state: &State| Status {
                number: 1,
                state: *state,
                description: String::new(),
                url: None,
                by: "https://a.example/people/a".into(),
                since: 0,
                at: 0,
            };
            combined(&states.iter().map(of).collect::<Vec<_>>())
        };
        #[rustfmt::skip]
        let rows = [
            (&[][..],                       None),
            (&[Success, Success],           Some(Success)),
            (&[Success, Pending],           Some(Pending)),
            (&[Pending, Warning],           Some(Pending)),
            (&[Failure, Pending, Success],  Some(Failure)),
            (&[Failure, Error],             Some(Error)),
        ];
        for (states, expected) in rows {
            assert_eq!(said(states), expected, "{states:?}");
        }
        assert!(State::ALL.iter().all(|state| State::from_word(state.as_str()) == Some(*state)));
        assert!(Warning.is_good() && !Pending.is_good());
    }
}
