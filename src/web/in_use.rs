//! What the web has in hand at this moment, of what all requests share.

use crate::limits::{ARCHIVES_AT_ONCE, CONNECTIONS_MAX, PORTRAITS_AT_ONCE, READS_AT_ONCE, UPLOADS_AT_ONCE};
use crate::page::{archive, attach, files};
use crate::{portrait, server};

/// What is in use, by what it is, and how much may be.
pub fn in_use() -> [(&'static str, usize, usize); 5] {
    [
        ("connections", server::in_use(), CONNECTIONS_MAX),
        ("reads of repositories for pages", files::in_use(), READS_AT_ONCE),
        ("archives that are made", archive::in_use(), ARCHIVES_AT_ONCE),
        ("forms with files that are read", attach::in_use(), UPLOADS_AT_ONCE),
        ("pictures that are decoded", portrait::in_use(), PORTRAITS_AT_ONCE),
    ]
}
