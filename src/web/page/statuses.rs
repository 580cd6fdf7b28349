//! What is said of commits by whoever builds and tests them, as pages show it: one mark for all of it, or each word.

use crate::answer::WebResult;
use crate::page::parts::{Badge, When, Who};
use crate::page::visit::Visit;
use crate::page::who::Names;
use askama::Template;
use askama::filters::HtmlSafe;
use pritchel_actor::{ActorId, ViewError};
use pritchel_actors::Repository;
use pritchel_actors::repository::statuses::{CountStatuses, State, Status, ViewStatuses, combined};

/// What is said in one context.
pub struct StatusRow {
    context: String,
    state: Badge,
    description: String,
    url: Option<String>,
    by: Who,
    at: When,
}

/// All that is said of one commit.
#[derive(Template)]
#[template(path = "statuses.html")]
pub struct StatusesShown {
    rows: Vec<StatusRow>,
    all: Option<Badge>,
}

impl HtmlSafe for StatusesShown {}

/// How a state is shown.
pub fn badge(state: State) -> Badge {
    let class = match state {
        State::Success => "good",
        State::Warning => "odd",
        State::Pending => "wait",
        State::Failure | State::Error => "bad",
    };
    Badge::new(class, state.as_str())
}

/// What is said of these commits of a repository, in order. Whoever may not see it is shown nothing.
pub async fn said(visit: &Visit, repository: &ActorId, commits: Vec<String>) -> WebResult<Vec<Vec<(String, Status)>>> {
    let view = ViewStatuses { viewer: visit.viewer(), commits };
    match visit.front.node.look::<Repository, _>(repository, &view).await {
        Ok(said) => Ok(said),
        Err(ViewError::NoActor | ViewError::Refused(_)) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

/// How much was ever said of commits of a repository: it grows with each word.
pub async fn newest(visit: &Visit, repository: &ActorId) -> WebResult<u64> {
    Ok(visit.front.node.look::<Repository, _>(repository, &CountStatuses { viewer: visit.viewer() }).await?)
}

/// One mark for each of these commits, in order; none where nothing is said.
pub async fn marks(visit: &Visit, repository: &ActorId, commits: Vec<String>) -> WebResult<Vec<Option<State>>> {
    let said = said(visit, repository, commits).await?;
    Ok(said.iter().map(|of| combined(of.iter().map(|(_, status)| status))).collect())
}

impl StatusesShown {
    /// What is said of a commit, the worst first.
    pub async fn of(visit: &Visit, mut said: Vec<(String, Status)>) -> Self {
        let all = combined(said.iter().map(|(_, status)| status)).map(badge);
        said.sort_by(|(a, one), (b, other)| other.state.cmp(&one.state).then_with(|| a.cmp(b)));
        let mut names = Names::new(visit);
        let mut rows = Vec::with_capacity(said.len());
        for (context, status) in said {
            rows.push(StatusRow {
                context,
                state: badge(status.state),
                description: status.description,
                url: status.url,
                by: names.who(&status.by).await,
                at: When(status.at),
            });
        }
        Self { rows, all }
    }
}
