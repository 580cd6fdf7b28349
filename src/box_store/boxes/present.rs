//! Which actors are known to be here. An actor that has ended keeps its row, so who was here once need not be looked for again.

use std::collections::{BTreeSet, HashSet};

use pritchel_actor::ActorId;

use crate::limits::PRESENT_MAX;

/// Near actors of which a row was seen.
#[derive(Default)]
pub(crate) struct Present(HashSet<ActorId>);

impl Present {
    /// Whether all of these are known to be here.
    pub fn holds_all(&self, actors: &BTreeSet<&ActorId>) -> bool {
        actors.iter().all(|actor| self.0.contains(*actor))
    }

    /// These are here.
    pub fn add_all(&mut self, actors: &BTreeSet<&ActorId>) {
        if self.0.len() + actors.len() > PRESENT_MAX {
            // Those still in use are soon here again.
            self.0.clear();
        }
        self.0.extend(actors.iter().map(|actor| (*actor).clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_holds_more_than_it_may() {
        let mut present = Present::default();
        let actors: Vec<ActorId> = (0..=PRESENT_MAX).map(|n| ActorId::new(format!("https://a.example/{n}"))).collect();
        for actor in &actors {
            present.add_all(&BTreeSet::from([actor]));
            assert!(present.0.len() <= PRESENT_MAX);
        }
        assert!(present.holds_all(&BTreeSet::from([&actors[PRESENT_MAX]])));
        assert!(!present.holds_all(&BTreeSet::from([&actors[0], &actors[PRESENT_MAX]])));
    }
}
