//! Kinds of lanes that share a bound on what is done at the same time. Steps that only touch the store are not kept waiting
//! by those that wait for others.

use pritchel_box_store::work::OWN_KINDS;

use crate::limits::{JOBS_MAX, LANES_MAX, OWN_STEPS_MAX};

/// Some kinds and their bound.
#[derive(Clone, Copy)]
pub(super) struct Desk {
    /// What is done there, in words.
    pub name: &'static str,
    pub kinds: &'static [&'static str],
    pub most: usize,
}

/// All of them.
pub(super) const DESKS: [Desk; 3] = [
    Desk { name: "steps that only touch the store", kinds: &OWN_KINDS, most: OWN_STEPS_MAX },
    Desk { name: "lanes that deliver", kinds: &["delivery"], most: LANES_MAX },
    Desk { name: "jobs and lookups", kinds: &["job", "seek"], most: JOBS_MAX },
];
