//! Why git does not fetch: what its worker finds, as the refusal that the page of a fork, a mirror or a merge request shows.

use pritchel_actor::Refusal;

/// Why nothing was fetched. Texts are what git or the guard say, of bounded length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfetched {
    /// It is not there, or whoever asks may not see it.
    NotShown,
    /// It is private, and the copy was not to be.
    IsPrivate,
    /// What is mirrored has nothing any more.
    Empty,
    /// The other server could not be asked.
    Unreachable(String),
    /// There is no repository for everybody there.
    NotARepository(String),
    /// Git refuses what came.
    Broken(String),
    /// It has more bytes than may come.
    TooLarge(String),
    /// It has more branches and tags than are taken.
    TooManyRefs(String),
    /// Nothing came for too long.
    Slow(String),
    /// All places for fetches were taken.
    Busy(String),
    /// All came, and git could not move the references.
    NotMoved(String),
}

impl Unfetched {
    /// As a refusal.
    pub fn refusal(self) -> Refusal {
        match self {
            Self::NotShown => {
                let why = "there is no such repository, or whoever asks for it may not see it";
                Refusal::new("origin-not-shown", why)
            }
            Self::IsPrivate => {
                Refusal::new("origin-is-private", "what is private is copied into nothing that others may see")
            }
            Self::Empty => {
                Refusal::new("origin-empty", "it has no branches and no tags any more: what came before is kept")
            }
            Self::Unreachable(why) => Refusal::new("origin-unreachable", why),
            Self::NotARepository(why) => Refusal::new("not-a-repository", why),
            Self::Broken(why) => Refusal::new("origin-broken", why),
            Self::TooLarge(why) => Refusal::new("origin-too-large", why),
            Self::TooManyRefs(why) => Refusal::new("too-many-refs", why),
            Self::Slow(why) => Refusal::new("origin-slow", why),
            Self::Busy(why) => Refusal::new("git-busy", why),
            Self::NotMoved(why) => Refusal::new("fetch-failed", why),
        }
    }
}
