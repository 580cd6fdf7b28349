//! Things that actors of ours keep, such as fields and milestones, for the turns of other actors of this server.
//! - [`wire`]: as the documents that another server would fetch

pub mod wire;
