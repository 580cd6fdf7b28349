//! Which releases bring a milestone.

use crate::roadmap::MilestoneNo;
use crate::roadmap::milestone::MILESTONES;
use pritchel_actor::rows::pair_prefix;
use pritchel_actor::{Halt, Page, RowKey, Rows, Turn};

/// Releases by the milestone they bring.
pub const MILESTONE_RELEASES: Rows<(MilestoneNo, String), ()> = Rows::new("milestone_releases");
/// Milestones by the release that brings them.
pub const RELEASE_PLACES: Rows<(String, MilestoneNo), ()> = Rows::new("release_places");

/// Notes that a release brings a milestone.
pub fn put(turn: &mut Turn<'_>, number: MilestoneNo, release: &str) -> Result<(), Halt> {
    let place = (number, release.to_owned());
    if MILESTONE_RELEASES.has(turn, &place)? {
        return Ok(());
    }
    MILESTONE_RELEASES.put(turn, &place, &());
    RELEASE_PLACES.put(turn, &(place.1, number), &());
    count(turn, number, |releases| releases.saturating_add(1))
}

/// Notes that a release brings a milestone no more. Answers whether it did.
pub fn take(turn: &mut Turn<'_>, number: MilestoneNo, release: &str) -> Result<bool, Halt> {
    let place = (number, release.to_owned());
    if !MILESTONE_RELEASES.has(turn, &place)? {
        return Ok(false);
    }
    MILESTONE_RELEASES.remove(turn, &place);
    RELEASE_PLACES.remove(turn, &(place.1, number));
    count(turn, number, |releases| releases.saturating_sub(1)).map(|()| true)
}

/// The milestones that a release brings.
/// - `limit`: at most so many
pub fn of_release(
    reads: &mut impl pritchel_actor::Reads,
    release: &str,
    limit: usize,
) -> Result<Vec<MilestoneNo>, Halt> {
    let prefix = pair_prefix(&release.to_owned().encode());
    let page = RELEASE_PLACES.page(reads, Page::first(&prefix, limit))?;
    Ok(page.into_iter().map(|((_, number), ())| number).collect())
}

fn count(turn: &mut Turn<'_>, number: MilestoneNo, change: impl Fn(u64) -> u64) -> Result<(), Halt> {
    if let Some(mut milestone) = MILESTONES.get(turn, &number)? {
        milestone.releases = change(milestone.releases);
        MILESTONES.put(turn, &number, &milestone);
    }
    Ok(())
}
