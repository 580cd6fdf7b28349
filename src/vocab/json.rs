//! JSON documents: parsed once, within bounds, with their bytes kept.
//! - [`parser`]: bytes from outside become a value or a typed refusal
//! - [`refusal`]: its bounds and errors
//! - [`document`]: bytes and value together, cheap to clone
//! - [`edit`]: changing some terms and nothing else

pub mod document;
pub mod edit;
pub mod parser;
pub mod refusal;

pub use document::Document;
pub use edit::Edit;
pub use parser::parse;
pub use refusal::{Limits, ParseError};
