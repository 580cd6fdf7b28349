//! Edited: what an `Edit` does to something that may be absent, and what it cannot do.

use pritchel_actor::{Halt, Refusal};
use serde::{Deserialize, Serialize};

/// What an `Edit` does to something that may be absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edited<T> {
    /// It stays as it is: the term is not there.
    #[default]
    Kept,
    /// It goes: the term is null.
    Cleared,
    /// It becomes this.
    Set(T),
}

impl<T> Edited<T> {
    /// What becomes of `old`.
    pub fn of(self, old: Option<T>) -> Option<T> {
        match self {
            Self::Kept => old,
            Self::Cleared => None,
            Self::Set(new) => Some(new),
        }
    }

    /// Whether nothing is to change.
    pub fn is_kept(&self) -> bool {
        matches!(self, Self::Kept)
    }
}

/// Refuses an `Edit` that names what cannot be edited, or nothing.
pub fn refuse_terms(others: &[String], editable: &str, nothing: bool) -> Result<(), Halt> {
    if !others.is_empty() {
        return Err(Refusal::new("not-editable", format!("an Edit of it changes {editable}, not {others:?}")).into());
    }
    if nothing {
        return Err(Refusal::new("nothing-to-edit", format!("an Edit of it changes {editable}")).into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_stays_and_what_is_null_goes() {
        assert_eq!(Edited::Kept.of(Some(1)), Some(1));
        assert_eq!(Edited::Cleared.of(Some(1)), None);
        assert_eq!(Edited::Set(2).of(Some(1)), Some(2));
        assert!(Edited::<u8>::Kept.is_kept() && !Edited::<u8>::Cleared.is_kept());
    }
}
