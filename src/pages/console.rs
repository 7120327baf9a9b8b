//! Pages of the console: one file per noun, one typed struct per template.

mod overview;
mod shell;

pub use overview::Overview;
pub use shell::{Done, Field, NavItem, Shell};
