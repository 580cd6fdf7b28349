//! What may be asked about a repository, beyond what all resources show.

use crate::access::view::may_see;
use crate::common::Resource;
use crate::limits::MIRRORED_BY_SHOWN;
use crate::repository::Repository;
use crate::repository::copy::Copy;
use crate::repository::forks::MIRRORED_BY;
use crate::repository::refs::{HELD, Held};
use crate::tie::TieKind;
use crate::tie::rows::CONSUMERS;
use pritchel_actor::limits::PAGE_MAX;
use pritchel_actor::{ActorId, Halt, Header, Look, Page, RowKey, Seconds, View};

/// The repository itself.
#[derive(Clone, Debug)]
pub struct ViewRepository {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
}

/// A repository as its page shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct RepositoryShown {
    /// What all resources share.
    pub resource: Resource,
    /// How many stars it has.
    pub likes: u64,
    /// When it was last pushed to.
    pub pushed: Option<Seconds>,
    /// The tracker its merge requests go to.
    pub patches: Option<ActorId>,
    /// The tracker its releases are made in.
    pub releases: Option<ActorId>,
    /// The tracker that tickets about it go to.
    pub tickets: Option<ActorId>,
    /// What it was copied from, if it was.
    pub copy: Option<Copy>,
    /// How many forks are listed.
    pub forks: u64,
    /// Those that mirror it, as far as its document names them.
    pub mirrored_by: Vec<ActorId>,
}

impl View<Repository> for ViewRepository {
    type Answer = RepositoryShown;

    fn look(&self, repository: &Repository, _: &Header, look: &mut Look<'_, '_>) -> Result<RepositoryShown, Halt> {
        may_see(repository, look, self.viewer.as_ref())?;
        let mirrored_by = MIRRORED_BY.page(look, Page::first(&[], MIRRORED_BY_SHOWN))?;
        let mut tied = |kind: TieKind| {
            let first = CONSUMERS.page(look, Page::first(&kind.code().encode(), 1))?.pop();
            Ok::<_, Halt>(first.map(|((_, tracker), _)| tracker))
        };
        Ok(RepositoryShown {
            resource: repository.resource.clone(),
            likes: repository.likes,
            pushed: repository.pushed,
            patches: tied(TieKind::Patches)?,
            releases: tied(TieKind::Releases)?,
            tickets: tied(TieKind::Tickets)?,
            copy: repository.copy.clone(),
            forks: repository.forks,
            mirrored_by: mirrored_by.into_iter().map(|(fork, _)| fork).collect(),
        })
    }
}

/// The refs held for pushes that were not yet reported: after a crash the node compares them with git's.
/// A merge is none of them: its job goes on by itself.
#[derive(Clone, Copy, Debug)]
pub struct ViewHeld;

impl View<Repository> for ViewHeld {
    type Answer = Vec<Held>;

    fn look(&self, _: &Repository, _: &Header, look: &mut Look<'_, '_>) -> Result<Vec<Held>, Halt> {
        let mut all = Vec::new();
        let mut after = Vec::new();
        loop {
            let page = HELD.page(look, Page { after: &after, ..Page::first(&[], PAGE_MAX) })?;
            let last = page.last().map(|(name, _)| name.encode()).filter(|_| page.len() == PAGE_MAX);
            all.extend(page.into_iter().map(|(_, held)| held).filter(|held| !held.job));
            match last {
                Some(last) => after = last,
                None => return Ok(all),
            }
        }
    }
}
