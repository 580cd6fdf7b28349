//! A release tracker's own methods as activities, and a release as a document.
//! - [`attachments`]: its files

pub mod attachments;

use crate::common::resource::is_mine;
use crate::common::text::Line;
use crate::common::wire::{time, uri};
use crate::gate::{self, malformed, one};
use crate::release_tracker::release::{Origin, RELEASES, milestones_uri, planned_no, release_no, release_uri};
use crate::release_tracker::{
    AddMilestone, Asset, DeleteRelease, EditRelease, MilestoneDeletion, MilestoneGone, OpenRelease, Release, ReleaseNo,
    ReleaseTracker, ReleaseTrackerCall, RemoveMilestone, Tag,
};
use crate::ticket_tracker::ticket::COMMENT_PLACES;
use crate::ticket_tracker::wire::{comment, edited, edited_attachments, milestone_gone, plain, text_in};
use crate::ticket_tracker::{DeleteComment, EditComment};
use crate::tie::TieKind;
use crate::tie::rows::provider;
use pritchel_actor::{Act, ActorId, Halt, Look, Seconds, Value, Verdict};
use pritchel_vocab::push::Commit;
use pritchel_vocab::{self as vocab, Activity, ActivityType, Document, Obj, Thing, context};
use serde_json::{Map, json};

/// The terms of a release that an `Edit` may name.
const EDITABLE: [&str; 10] =
    ["@context", "id", "type", "context", "summary", "content", "mediaType", "source", "isPreRelease", "attachment"];

/// Archives of a release: the ending of the file's name, and its media type.
pub const ARCHIVES: [(&str, &str); 2] = [("tar.gz", "application/gzip"), ("zip", "application/zip")];

/// Finds what only a release tracker is asked.
pub fn gate(
    _tracker: &ReleaseTracker,
    activity: &Activity,
    _act: &Act,
    look: &mut Look<'_, '_>,
) -> Result<Verdict<ReleaseTrackerCall>, Halt> {
    let me = look.me().clone();
    let call: Option<ReleaseTrackerCall> = match &activity.kind {
        ActivityType::Offer => offer(activity, &me)?,
        ActivityType::Create => {
            let there = |look: &mut Look<'_, '_>, release| RELEASES.has(look, &release);
            comment(activity, |uri| release_no(&me, uri), there, look)?.map(Into::into)
        }
        ActivityType::Edit => edit(activity, &me)?,
        ActivityType::Update => match edited(activity) {
            // Whoever tells of a change of something that is not here, tells no more than that.
            Some(id) if release_no(&me, &id).is_none() && !COMMENT_PLACES.has(look, &id)? => None,
            _ => edit(activity, &me)?,
        },
        ActivityType::Add => planned(activity, activity.target.as_ref(), &me)
            .map(|(release, milestone)| AddMilestone { release, milestone }.into()),
        ActivityType::Remove => planned(activity, activity.origin.as_ref(), &me)
            .map(|(release, milestone)| RemoveMilestone { release, milestone }.into()),
        ActivityType::Delete => match delete(activity, &me, look)? {
            Some(call) => Some(call),
            // Servers tell everybody of whatever they delete.
            None => return Ok(Verdict::Note),
        },
        ActivityType::Accept => match one(activity) {
            Some(of) => milestone_gone(&of, look)?.map(|milestone| MilestoneGone { milestone }.into()),
            None => None,
        },
        // It follows its repositories and its roadmap: what they tell of needs no answer here.
        ActivityType::Push | ActivityType::Resolve => return Ok(Verdict::Note),
        _ => None,
    };
    Ok(call.map_or_else(|| gate::unsupported::<ReleaseTracker>(activity), Verdict::Call))
}

fn offer(activity: &Activity, me: &ActorId) -> Result<Option<ReleaseTrackerCall>, Halt> {
    let target = activity.target.as_ref().and_then(Thing::uri).is_some_and(|uri| uri.as_str() == me.as_str());
    let object = activity.object.first().and_then(Thing::obj);
    let Some(object) = object.filter(|object| target && object.is("Release")) else { return Ok(None) };
    if object.uri("context").map_err(malformed)?.is_some_and(|context| context.as_str() != me.as_str()) {
        return Err(malformed(format!("the release's `context` is another than {me}")));
    }
    let tag = object.text("name").map_err(malformed)?.ok_or_else(|| malformed("expected a tag as `name`"))?;
    let tag = Tag::parse(tag).map_err(|why| malformed(format!("`name`: {why}")))?;
    let (content, source) = text_in(&object)?;
    let call = OpenRelease {
        title: match title(&object)? {
            Some(title) => title,
            None => Line::parse(tag.as_str()).map_err(malformed)?,
        },
        tag,
        content: content.unwrap_or_default(),
        source,
        origin: origin(&object)?,
        pre_release: object.flag("isPreRelease").map_err(malformed)?.unwrap_or_default(),
        assets: Asset::read_all(&object).map_err(malformed)?.unwrap_or_default(),
        id: object.id().map_err(malformed)?.map(|id| id.as_str().to_owned()),
    };
    Ok(Some(call.into()))
}

/// The commit that a release is made from: written out, for an address alone does not say whose it is.
fn origin(object: &Obj<'_>) -> Result<Origin, Halt> {
    let item = object.one("origin").map_err(malformed)?;
    let Some(commit) = item.as_ref().and_then(|item| item.obj()) else {
        return Err(malformed("expected a Commit, written out with `context` and `hash`, as `origin` of the release"));
    };
    let commit = Commit::read(commit).map_err(malformed)?;
    let repository = commit.context.ok_or_else(|| malformed("expected its repository as `context` of the Commit"))?;
    Ok(Origin { repository: ActorId::new(repository.as_str()), hash: commit.hash })
}

fn title(object: &Obj<'_>) -> Result<Option<Line>, Halt> {
    let title = object.text("summary").map_err(malformed)?;
    title.map(|title| Line::parse(&plain(title)).map_err(|why| malformed(format!("`summary`: {why}")))).transpose()
}

fn edit(activity: &Activity, me: &ActorId) -> Result<Option<ReleaseTrackerCall>, Halt> {
    let Some(object) = activity.object.first().and_then(Thing::obj) else { return Ok(None) };
    let Some(id) = object.id().map_err(malformed)? else { return Ok(None) };
    let (content, source) = text_in(&object)?;
    let Some(release) = release_no(me, id.as_str()) else {
        // Whether it is a comment here, and whose, is the method's to say.
        return Ok(content.filter(|_| object.is("Note") || !is_mine(me, id.as_str())).map(|content| {
            EditComment { id: id.as_str().to_owned(), content, source, attachments: edited_attachments(&object) }.into()
        }));
    };
    let call = EditRelease {
        release,
        title: title(&object)?,
        content,
        source,
        pre_release: object.flag("isPreRelease").map_err(malformed)?,
        assets: Asset::read_all(&object).map_err(malformed)?,
        others: object.map().keys().filter(|term| !EDITABLE.contains(&term.as_str())).cloned().collect(),
    };
    Ok(Some(call.into()))
}

/// The release and the milestone that an `Add` or a `Remove` is about.
/// - `collection`: the target of an `Add`, the origin of a `Remove`
fn planned(activity: &Activity, collection: Option<&Thing>, me: &ActorId) -> Option<(ReleaseNo, String)> {
    let release = planned_no(me, collection?.uri()?.as_str())?;
    Some((release, one(activity)?.as_str().to_owned()))
}

fn delete(activity: &Activity, me: &ActorId, look: &mut Look<'_, '_>) -> Result<Option<ReleaseTrackerCall>, Halt> {
    let Some(id) = one(activity) else { return Ok(None) };
    if let Some(release) = release_no(me, id.as_str()) {
        return Ok(Some(DeleteRelease { release }.into()));
    }
    let id = id.as_str().to_owned();
    if COMMENT_PLACES.has(look, &id)? {
        return Ok(Some(DeleteComment { id }.into()));
    }
    // The roadmap's own word on it counts, which is still to come.
    let roadmap = provider(look, TieKind::Roadmap)?;
    let from = activity.origin.as_ref().and_then(Thing::uri).map(|uri| ActorId::new(uri.as_str()));
    let own = from.filter(|from| Some(from) == roadmap.as_ref() && id != from.as_str() && is_mine(from, &id));
    Ok(own.map(|_| MilestoneDeletion { milestone: id }.into()))
}

/// A release as a document.
/// - `archived`: whether its repository serves archives
pub fn document(me: &ActorId, number: ReleaseNo, release: &Release, archived: bool) -> Result<Document, Halt> {
    let id = release_uri(me, number);
    let mut map = Map::new();
    let mut put = |term: &str, value: Option<Value>| drop(value.map(|value| map.insert(term.to_owned(), value)));
    let at = |seconds: Seconds| Value::from(time(seconds).to_string());
    let source = release.source.as_ref();
    let origin = &release.origin;
    put("@context", Some(context::forge()));
    put("id", Some(uri(&id)?.as_str().into()));
    put("type", Some("Release".into()));
    put("context", Some(me.as_str().into()));
    put("attributedTo", Some(release.author.as_str().into()));
    put("name", Some(release.tag.as_str().into()));
    put("summary", Some(vocab::escape(release.title.as_str()).into()));
    put("content", Some(release.content.as_str().into()));
    put("mediaType", Some("text/html".into()));
    put("source", source.map(|source| json!({"content": source.content, "mediaType": source.media_type})));
    put("published", Some(at(release.published)));
    put("updated", release.updated.map(at));
    put("origin", Some(json!({"type": "Commit", "context": origin.repository, "hash": origin.hash})));
    put("isPreRelease", Some(release.pre_release.into()));
    put("attachment", Some(attachments(release, archived).into()));
    put("releaseMilestones", Some(milestones_uri(me, number).into()));
    put("replies", Some(format!("{id}/replies").into()));
    Ok(Document::from_map(map))
}

/// The archives of a release, then what was attached to it.
fn attachments(release: &Release, archived: bool) -> Vec<Value> {
    let archives = ARCHIVES.iter().filter(|_| archived).map(|(format, media_type)| {
        let name = format!("{}.{format}", release.tag.label());
        json!({"type": "Link", "href": release.archive(format), "mediaType": media_type, "name": name})
    });
    archives.chain(release.assets.iter().map(Asset::to_value)).collect()
}
