//! Pages of the console: one file per noun, one typed struct per template.

mod break_glass;
mod confirm;
mod idp_form;
mod idps;
mod overview;
mod shell;

pub use break_glass::BreakGlass;
pub use confirm::{Confirm, EffectLine, ImpactLines, Question};
pub use idp_form::{Found, GlobalFields, IdpFields, IdpForm, SecretField};
pub use idps::{IdpKind, IdpKinds, IdpPage, IdpStart, Idps, ListedIdp};
pub use overview::Overview;
pub use shell::{Done, Field, NavItem, Shell};
