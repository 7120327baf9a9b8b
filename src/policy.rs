//! x
mod selector;
pub use selector::*;
