//! Checks that a test can switch off, to see that some test notices. Only where debug assertions are compiled in: one for the
//! thread that asked for it, or some for the whole process, a server that has faults on purpose. Nothing in the product switches
//! anything.
//!
//! A check that is a condition ([`crate::demand`]) is then taken to hold, and the method goes on. Where a check is a look-up
//! that finds nothing there is nothing to go on with: the method ends there, as if it were done.

use std::cell::{Cell, RefCell};
use std::sync::OnceLock;

/// How a choice of the gate is named where the code of a refusal stands otherwise.
pub const GATE: &str = "gate";

/// A check: of which kind of actor, in which method, the code it refuses with, and in which case of the method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The kind, as on disk.
    pub kind: String,
    /// The method.
    pub method: String,
    /// The code of its refusal.
    pub code: String,
    /// The case, see [`crate::Turn::case`]; `None`: in all of them.
    pub case: Option<String>,
}

impl Check {
    /// A check in all cases of its method.
    pub fn new(kind: &str, method: &str, code: &str) -> Self {
        Self { kind: kind.to_owned(), method: method.to_owned(), code: code.to_owned(), case: None }
    }

    /// The same check in one case only.
    #[must_use]
    pub fn in_case(mut self, case: &str) -> Self {
        self.case = Some(case.to_owned());
        self
    }
}

/// What is off on every thread.
static EVERYWHERE: OnceLock<Vec<Check>> = OnceLock::new();

thread_local! {
    static OFF: RefCell<Option<Check>> = const { RefCell::new(None) };
    static RUNNING: Cell<(&'static str, &'static str)> = const { Cell::new(("", "")) };
    static CASE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Switches a check off on this thread, or all of them on again.
pub fn off(check: Option<Check>) {
    OFF.with_borrow_mut(|off| *off = check);
}

/// Switches checks off in the whole process, for good. Only the first call counts.
pub fn off_everywhere(checks: Vec<Check>) {
    EVERYWHERE.get_or_init(|| checks);
}

/// Whether the check that refuses with this code is switched off in the method that runs.
pub fn is_off(code: &str) -> bool {
    cfg!(debug_assertions) && {
        let (kind, method) = RUNNING.get();
        is_off_in(kind, method, code)
    }
}

/// Whether a gate takes an act for a call of this method: if `holds`, or if that choice of the gate, in this case of it, is switched off.
/// - `case`: the case that the table of statements names, if it names several
pub fn chosen(method: &str, case: Option<&str>, holds: bool) -> bool {
    holds || {
        let is = |off: &Check| off.method == method && off.code == GATE && off.case.as_deref() == case;
        cfg!(debug_assertions) && is_any(|off| off.kind == RUNNING.get().0 && is(off))
    }
}

/// Whether what a method otherwise passes over in silence is let pass: if `holds`, or if that check is switched off.
/// - `check`: its name in the table of statements, which no refusal carries
pub fn heeded(check: &str, holds: bool) -> bool {
    holds || is_off(check)
}

/// The same for a check that is no method's: its room and module stand for the kind and the method.
pub fn is_off_in(kind: &str, method: &str, code: &str) -> bool {
    let in_case = |off: &Check| off.case.as_ref().is_none_or(|case| CASE.with_borrow(|now| now == case));
    let is = |off: &Check| off.code == code && off.method == method && off.kind == kind && in_case(off);
    cfg!(debug_assertions) && is_any(is)
}

/// Whether one of the checks that are off is such a one.
fn is_any(such: impl Fn(&Check) -> bool) -> bool {
    OFF.with_borrow(|off| off.as_ref().is_some_and(&such)) || EVERYWHERE.get().is_some_and(|off| off.iter().any(&such))
}

/// Says which method of which kind runs from now on.
pub(crate) fn runs(kind: &'static str, method: &'static str) {
    if cfg!(debug_assertions) {
        RUNNING.set((kind, method));
        CASE.with_borrow_mut(String::clear);
    }
}

/// Says in which case it is from now on.
pub(crate) fn in_case(case: &str) {
    if cfg!(debug_assertions) {
        CASE.with_borrow_mut(|now| case.clone_into(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Refusal, demand};

    #[test]
    fn one_check_of_one_method_of_one_kind_is_switched_off() {
        let check = |method: &str, code: &str| Check::new("K", method, code);
        let refused = |code: &'static str| demand(false, || Refusal::new(code, "…")).is_err();
        runs("K", "M");
        assert!(refused("a"));
        off(Some(check("M", "a")));
        assert_eq!((refused("a"), refused("b")), (false, true));
        off(Some(check("N", "a")));
        assert!(refused("a"));
        off(None);
        assert!(refused("a"));
        assert!(demand(true, || Refusal::new("a", "…")).is_ok());
    }

    #[test]
    fn a_check_is_switched_off_in_one_case_of_its_method_only() {
        let refused = || demand(false, || Refusal::new("a", "…")).is_err();
        off(Some(Check::new("K", "M", "a").in_case("teams")));
        runs("K", "M");
        assert!(refused(), "the method has not said yet which case it is");
        in_case("teams");
        assert!(!refused());
        in_case("context");
        assert!(refused());
        in_case("teams");
        runs("K", "M");
        assert!(refused(), "another call is in no case");
        off(None);
    }

    #[test]
    fn what_is_off_everywhere_is_off_on_every_thread() {
        off_everywhere(vec![Check::new("room", "module", "b")]);
        let seen = std::thread::spawn(|| ["a", "b"].map(|code| is_off_in("room", "module", code)));
        assert_eq!(seen.join().unwrap(), [false, true]);
        assert!(!is_off_in("room", "other", "b"));
    }
}
