//! Pages of the console: one file per noun, one typed struct per template.

mod break_glass;
mod overview;
mod shell;

pub use break_glass::BreakGlass;
pub use overview::Overview;
pub use shell::{Done, Field, NavItem, Shell};
