//! What flows about merge requests have in common: where they are played, and a request to work on.

use super::props;
use crate::cli::probe::home::Who;
use crate::cli::probe::scene::{Scene, Stop, address_of, is_a, told, told_of};
use crate::cli::probe::work::{MAIN, Work};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client as posts;
use pritchel_actors::tie::TieKind;
use serde_json::Value;

/// The file that patches are about. It has one line.
pub const FILE: &str = "cup.md";

/// Where they are played.
pub struct Ground {
    /// The peer's tracker of patches.
    pub tracker: ActorId,
    /// The repository that it has them for.
    pub repository: ActorId,
    /// A copy of the repository.
    pub work: Work,
    /// Ann's Grant of write on the tracker.
    pub write: ActId,
    /// The Grant by which everybody may offer, if the tracker publishes one.
    pub report: Option<ActId>,
}

/// The peer's tracker, tied to the peer's repository, which has a branch.
pub async fn ground(scene: &mut Scene) -> Result<Ground, Stop> {
    let repository = scene.about("Repository")?;
    let tracker = scene.about("PatchTracker")?;
    props::tied(scene, TieKind::Patches, &repository, &tracker).await?;
    let work = Work::of_the_peer(scene, &repository).await?;
    work.begun()?;
    let write = props::member(scene, &tracker, Who::Ann, "write").await?;
    let report = props::public_grant(scene, &tracker, "report").await?;
    Ok(Ground { tracker, repository, work, write, report })
}

impl Ground {
    /// Patches that add a file with this line.
    pub fn patches(&self, line: &str) -> Result<Vec<String>, Stop> {
        self.work.branch("probed-patches", MAIN)?;
        self.work.commit(FILE, &format!("{line}\n"))?;
        self.work.patches()
    }

    /// What ben says to offer patches.
    pub fn offers(&self, ben: &ActorId, title: &str, patches: &[String]) -> Value {
        let target = (&self.repository, MAIN);
        let texts = [title, "Offered by `pritchel probe`."];
        let offer = posts::open_patches(ben, &self.tracker, texts, patches, target, self.report.as_ref());
        props::addressed(offer, &self.tracker)
    }

    /// What ben says to offer other patches in their place.
    pub fn betters(&self, ben: &ActorId, request: &str, patches: &[String]) -> Value {
        let add = posts::add_version(ben, &self.tracker, request, patches, self.report.as_ref());
        props::addressed(add, &self.tracker)
    }
}

/// The `Offer` at a merge request: what is offered, and into what.
pub fn attached(request: &Value) -> &Value {
    let attachment = &request["attachment"];
    attachment.as_array().and_then(|all| all.first()).unwrap_or(attachment)
}

/// The newest version of what a merge request offers.
pub fn newest(request: &Value) -> Option<&str> {
    address_of(&attached(request)["object"])
}

/// Looks at a merge request until its newest version is another one than this: which, or what it showed.
pub async fn version_after(
    scene: &mut Scene,
    request: &str,
    before: Option<&str>,
) -> Result<Result<String, String>, Stop> {
    let is_new = |shown: &Value| newest(shown).is_some_and(|version| Some(version) != before);
    let (came, found) = scene.shows(request, is_new).await?;
    let version = newest(&found).filter(|_| came).map(str::to_owned);
    Ok(version.ok_or_else(|| told(attached(&found))))
}

/// A merge request of ben's, of which nothing is decided, and its first version.
pub async fn request(scene: &mut Scene, ground: &Ground, title: &str) -> Result<[String; 2], Stop> {
    let ben = scene.home.id(Who::Ben).clone();
    let patches = ground.patches(title)?;
    let act = scene.says(Who::Ben, &ground.offers(&ben, title, &patches)).await?;
    let answer = scene.answer(&act, &ground.tracker).await;
    let result = answer.as_ref().and_then(|answer| address_of(&answer.activity["result"])).map(str::to_owned);
    let request = result.filter(|_| is_a(&answer, "Accept"));
    let request = request.ok_or_else(|| Stop(format!("no merge request could be opened: {}", told_of(&answer))))?;
    let version = version_after(scene, &request, None).await?;
    let version = version.map_err(|found| Stop(format!("the merge request has no version: {found}")))?;
    Ok([request, version])
}
