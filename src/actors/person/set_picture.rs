//! SetPicture: a person's picture, or none.

use crate::limits::PICTURE_BYTES_MAX;
use crate::person::rows::{PICTURES, Picture, PictureName};
use crate::person::{Person, publish, wire};
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Media types of pictures: what the node makes of all that is uploaded.
pub const PICTURE_TYPES: [&str; 2] = ["image/png", "image/jpeg"];

/// Private, by the person: changes the picture and tells the followers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetPicture {
    /// The first half of the SHA-256 of its bytes, hexadecimal, and the picture; `None` for none.
    pub picture: Option<(String, Picture)>,
}

impl Method<Person> for SetPicture {
    type Answer = ();

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        publish::only_oneself(turn)?;
        if let Some((_, picture)) = &self.picture {
            demand(PICTURE_TYPES.contains(&picture.media_type.as_str()), || {
                Refusal::new(
                    "not-a-picture",
                    format!("expected one of {PICTURE_TYPES:?}, found {}", picture.media_type),
                )
            })?;
            demand(picture.base64.len() <= PICTURE_BYTES_MAX / 3 * 4, || {
                Refusal::new("picture-too-large", format!("a picture has at most {PICTURE_BYTES_MAX} bytes"))
            })?;
        }
        if let Some(old) = person.picture.take() {
            PICTURES.remove(turn, &old.hash);
        }
        if let Some((hash, picture)) = self.picture {
            person.picture = Some(PictureName { hash: hash.clone(), media_type: picture.media_type.clone() });
            PICTURES.put(turn, &hash, &picture);
        }
        wire::profile_changed(turn)
    }
}
