//! The signature of a commit, and what it is over. Whose it is, and whether it is good, is for whoever knows keys.

use git2::ErrorCode;

use crate::limits::SIGNATURE_BYTES_MAX;
use crate::names::ObjectId;
use crate::read::{ReadError, Reader};

/// A signature, in its armour, and what was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// As the commit carries it: of OpenPGP, or of SSH.
    pub signature: String,
    /// The commit without its signature.
    pub content: Vec<u8>,
}

impl Reader {
    /// The signature of a commit; `None` if it has none, or one larger than any is.
    ///
    /// Source: git, `gitformat-signature`, "Commit signatures".
    pub fn signature_of(&self, id: ObjectId) -> Result<Option<Signed>, ReadError> {
        // Its size is looked at first.
        let commit = self.commit(id.to_git()?)?;
        match self.repo.extract_signature(&commit.id(), None) {
            Ok((signature, _)) if signature.len() > SIGNATURE_BYTES_MAX => Ok(None),
            Ok((signature, content)) => {
                let signature = String::from_utf8_lossy(&signature).into_owned();
                Ok(Some(Signed { signature, content: content.to_vec() }))
            }
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
