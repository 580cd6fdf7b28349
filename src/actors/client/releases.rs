//! What is posted about releases. Comments on a release are posted as those on tickets.

use super::{MARKDOWN, escape, with_capability};
use pritchel_actor::{ActId, ActorId};
use serde_json::{Map, Value, json};

/// A new release of a repository. `markdown` is rendered by whoever shows it.
/// - `texts`: the tag, the title and the notes
/// - `origin`: the repository, and the hash of the commit that is released
/// - `assets`: files that lie somewhere: the address, the media type and the name of each
pub fn open_release(
    tracker: &ActorId,
    texts: [&str; 3],
    origin: (&ActorId, &str),
    pre_release: bool,
    assets: &[[&str; 3]],
    capability: &ActId,
) -> Value {
    let [tag, title, markdown] = texts;
    let mut release = release(title, markdown, pre_release, assets);
    release.insert("type".to_owned(), "Release".into());
    release.insert("name".to_owned(), tag.into());
    release.insert("origin".to_owned(), json!({"type": "Commit", "context": origin.0, "hash": origin.1}));
    let cc = [format!("{tracker}/followers")];
    let offer = json!({"type": "Offer", "to": [tracker], "cc": cc, "object": release, "target": tracker});
    with_capability(offer, Some(capability))
}

/// The terms of a release that can be edited.
pub fn release(title: &str, markdown: &str, pre_release: bool, assets: &[[&str; 3]]) -> Map<String, Value> {
    let link = |[href, media_type, name]: &[&str; 3]| json!({"type": "Link", "href": href, "mediaType": media_type, "name": name});
    let mut terms = Map::new();
    terms.insert("summary".to_owned(), escape(title).into());
    terms.insert("content".to_owned(), format!("<p>{}</p>", escape(markdown)).into());
    terms.insert("mediaType".to_owned(), "text/html".into());
    terms.insert("source".to_owned(), json!({"content": markdown, "mediaType": MARKDOWN}));
    terms.insert("isPreRelease".to_owned(), pre_release.into());
    terms.insert("attachment".to_owned(), assets.iter().map(link).collect::<Vec<_>>().into());
    terms
}

/// A release changed.
/// - `terms`: those that change
pub fn edit_release(tracker: &ActorId, release: &str, terms: Value, capability: &ActId) -> Value {
    let mut object = terms;
    if let Some(map) = object.as_object_mut() {
        map.insert("id".to_owned(), release.into());
        map.insert("type".to_owned(), "Release".into());
    }
    let edit = json!({"type": "Edit", "to": [tracker], "context": tracker, "object": object});
    with_capability(edit, Some(capability))
}

/// A release deleted.
pub fn delete_release(tracker: &ActorId, release: &str, capability: &ActId) -> Value {
    let delete = json!({"type": "Delete", "to": [tracker], "origin": tracker, "object": release});
    with_capability(delete, Some(capability))
}

/// A milestone put among those that a release brings. The tracker passes it on to its roadmap.
pub fn add_milestone(tracker: &ActorId, release: &str, milestone: &str, capability: &ActId) -> Value {
    let target = format!("{release}/releaseMilestones");
    with_capability(json!({"type": "Add", "to": [tracker], "object": milestone, "target": target}), Some(capability))
}

/// A milestone taken from among those that a release brings.
pub fn remove_milestone(tracker: &ActorId, release: &str, milestone: &str, capability: &ActId) -> Value {
    let origin = format!("{release}/releaseMilestones");
    with_capability(json!({"type": "Remove", "to": [tracker], "object": milestone, "origin": origin}), Some(capability))
}
