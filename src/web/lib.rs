//! People and machines over HTTP: asks actors, shows answers; changes nothing by itself.
//! - [`ports`]: what the web asks of the rest of the node

pub mod ports;
