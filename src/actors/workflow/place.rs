//! Places in a list that somebody keeps in order, as a `Move` names them: counted from 1.

use pritchel_actor::{Halt, Refusal};
use serde::{Deserialize, Serialize};

/// From where to where something is moved.
///
/// Source: ForgeFed, "Reorder Value", "Reorder".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Places {
    /// Where it is, for verification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<u64>,
    /// After which place it is to stand; 0 is the front.
    pub after: u64,
    /// The address of what stands at that place, for verification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

impl Places {
    /// Moves what `is` says to its new place.
    /// - `address`: the address of an item, against which `target` is checked
    /// - errors: a refusal if it is elsewhere, or the list is shorter
    pub fn apply<T>(
        &self,
        items: &mut Vec<T>,
        is: impl Fn(&T) -> bool,
        address: impl Fn(&T) -> String,
    ) -> Result<(), Halt> {
        let refused = |why: String| Halt::from(Refusal::new("wrong-place", why));
        let Some(at) = items.iter().position(is) else { return Err(refused("it is not in the list".to_owned())) };
        let place = at as u64 + 1;
        if let Some(from) = self.from.filter(|from| *from != place) {
            return Err(refused(format!("expected it at place {from}, it is at {place}")));
        }
        let after = usize::try_from(self.after).ok().filter(|after| *after <= items.len());
        let Some(after) = after else {
            return Err(refused(format!("expected a place of 0 to {}, found {}", items.len(), self.after)));
        };
        let there = after.checked_sub(1).and_then(|index| items.get(index)).map(address);
        if self.target.as_ref().is_some_and(|target| Some(target) != there.as_ref()) {
            return Err(refused(format!("another than {:?} is at place {after}", self.target)));
        }
        let moved = items.remove(at);
        items.insert(if after > at { after - 1 } else { after }, moved);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(what: &str, from: Option<u64>, after: u64, target: Option<&str>) -> Option<String> {
        let mut items: Vec<String> = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        let places = Places { from, after, target: target.map(str::to_owned) };
        places.apply(&mut items, |item| item == what, Clone::clone).ok().map(|()| items.concat())
    }

    #[test]
    fn a_place_is_after_another_as_it_stands_before_the_move() {
        #[rustfmt::skip]
        let rows = [
            ("c", None,    0, None,      Some("cabd")),
            ("a", None,    2, None,      Some("bacd")),
            ("a", None,    4, None,      Some("bcda")),
            ("d", None,    1, Some("a"), Some("adbc")),
            ("b", Some(2), 2, Some("b"), Some("abcd")),
            ("b", Some(3), 0, None,      None),
            ("b", None,    1, Some("c"), None),
            ("b", None,    0, Some("a"), None),
            ("b", None,    5, None,      None),
            ("x", None,    0, None,      None),
        ];
        for (what, from, after, target, expected) in rows {
            assert_eq!(moved(what, from, after, target).as_deref(), expected, "{what} after {after}");
        }
    }
}
