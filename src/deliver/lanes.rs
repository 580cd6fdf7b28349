//! What moves in lanes to the outside: deliveries, jobs, acts sought. Each step looks at the head of one lane and says what
//! becomes of it; order, leases and durability are the box store's.
//! - [`delivery`]: one act to one far actor, or to several through their shared inbox
//! - [`post`]: one signed request, with a second knock in the other scheme
//! - [`back_off`]: when a failed delivery is tried again, is set aside, is given up
//! - [`job`]: work outside turns; [`seek`]: an act that somebody waits for
//! - [`shown`]: the deliveries of an act, for its author's page

pub mod back_off;
pub mod delivery;
pub mod job;
pub mod post;
pub mod seek;
pub mod shown;
