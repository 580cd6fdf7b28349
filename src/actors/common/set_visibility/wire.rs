//! Who may see a resource, as activities say it.

use crate::common::{SetVisibility, Visibility};
use crate::gate::{alone, malformed};
use pritchel_actor::Halt;
use pritchel_vocab::{Activity, Thing};

/// What says who may see a resource: in its document, where that is not everybody, in a `Create` and in an `Edit`.
pub const VISIBILITY: &str = "visibility";

/// Whether an `Edit` is about who may see this.
pub fn shows(activity: &Activity) -> bool {
    activity.object.first().and_then(Thing::obj).is_some_and(|object| object.map().contains_key(VISIBILITY))
}

/// What an `Edit` says of that. It says nothing else: whoever may edit more has to say so in another one.
pub fn set_visibility(activity: &Activity) -> Result<SetVisibility, Halt> {
    let object = activity.object.first().and_then(Thing::obj).ok_or_else(|| malformed("expected an object"))?;
    alone(&object, VISIBILITY, &[VISIBILITY])?;
    let word = object.text(VISIBILITY).map_err(malformed)?;
    let word = word.ok_or_else(|| malformed(format!("expected a word as `{VISIBILITY}`")))?;
    Ok(SetVisibility { visibility: visibility(word)? })
}

/// Who may see something, by its word.
pub fn visibility(word: &str) -> Result<Visibility, Halt> {
    let known = Visibility::ALL.map(Visibility::as_str);
    Visibility::from_word(word)
        .ok_or_else(|| malformed(format!("expected one of {known:?} as `{VISIBILITY}`, found {word:?}")))
}
