//! Pages of the console: one file per noun, one typed struct per template.

mod break_glass;
mod moment;
mod overview;
mod people;
mod person;
mod person_forms;
mod shell;

pub use break_glass::BreakGlass;
pub use moment::Moment;
pub use overview::Overview;
pub use people::{People, PersonRow, Pick, PlaceRow, Standing};
pub use person::{
    AwaitedFacts, EventFacts, IdentityFacts, PersonPage, PlaceFacts, RoleFacts, SessionFacts, SignInFacts,
    VerdictFacts, WholePerson,
};
pub use person_forms::{ConfirmPerson, Deed, MergePerson, NewPerson, PersonRoles, RoleTicks, Tick};
pub use shell::{Done, Field, NavItem, Shell};
