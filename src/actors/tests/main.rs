//! The forge as a whole: its flows, its gate, its verification, on simulated networks.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop at the first surprise")]

mod chains;
mod early;
mod flow_table;
mod flows;
mod gate_law;
mod golden;
mod invariants;
mod links;
mod private;
mod readings;
mod simulation;
mod sound;
mod status;
mod world;
