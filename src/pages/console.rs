//! Pages of the console: one file per noun, one typed struct per template.

mod applications;
mod break_glass;
mod organizations;
mod overview;
mod shell;

pub use applications::{
    ApplicationForm, ApplicationPage, Applications, ListedApplication, RequestSample, RuleFacts, RuleFields,
    ServedHost, Tested, TickedRole,
};
pub use break_glass::BreakGlass;
pub use organizations::{
    AllotmentFields, ListedOrganization, OrganizationForm, OrganizationPage, Organizations, RoleRow,
};
pub use overview::Overview;
pub use shell::{Done, Field, NavItem, Picked, Shell};
