//! Roles: the six that are ordered, and `delegate`, which is not one of them.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A role, least first. Each may do all that the lesser ones may.
///
/// Source: ForgeFed, "Role"; what each may do here stands with each method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// See, follow, give stars.
    Visit,
    /// Open tickets and comment.
    Report,
    /// Close, assign and order tickets.
    Triage,
    /// Push.
    Write,
    /// Change what is not about access.
    Maintain,
    /// Everything, access included.
    Admin,
}

impl Role {
    /// All of them, least first.
    pub const ALL: [Self; 6] = [Self::Visit, Self::Report, Self::Triage, Self::Write, Self::Maintain, Self::Admin];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Visit => "visit",
            Self::Report => "report",
            Self::Triage => "triage",
            Self::Write => "write",
            Self::Maintain => "maintain",
            Self::Admin => "admin",
        }
    }

    /// The role of a word. `develop` and `developer` are older words for `write`.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "develop" | "developer" => Some(Self::Write),
            _ => Self::ALL.into_iter().find(|role| role.as_str() == word),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_greater_role_may_all_that_a_lesser_may() {
        assert!(Role::ALL.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn older_words_are_understood_and_delegate_is_no_role_to_act_with() {
        assert_eq!(Role::from_word("developer"), Some(Role::Write));
        assert_eq!(Role::from_word("delegate"), None);
        assert_eq!(Role::from_word("Admin"), None);
    }
}
