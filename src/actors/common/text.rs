//! Outside text as types, made once at the edge: plain lines and sanitised HTML.

pub use pritchel_vocab::{Html, Line};
