//! Pages of the console: one file per noun, one typed struct per template.

mod audit;
mod break_glass;
mod moment;
mod overview;
mod people;
mod person;
mod person_forms;
mod shell;

use super::{Page, PageError, Pages};
pub use audit::{AuditItem, AuditLink, AuditLog};
pub use break_glass::BreakGlass;
pub use moment::Moment;
pub use overview::Overview;
pub use people::{People, PersonRow, Pick, PlaceRow, Standing};
pub use person::{
    AwaitedFacts, IdentityFacts, PersonPage, PlaceFacts, RoleFacts, SessionFacts, SignInFacts, VerdictFacts,
    WholePerson,
};
pub use person_forms::{ConfirmPerson, Deed, MergePerson, NewPerson, PersonRoles, RoleTicks, Tick};
pub use shell::{Done, Field, NavItem, Shell};

/// The console's templates, by the name other templates call them.
pub(super) const TEMPLATES: &[(&str, &str)] = &[
    ("console.html", include_str!("../../templates/console.html")),
    (BreakGlass::TEMPLATE, include_str!("../../templates/break_glass.html")),
    (Overview::TEMPLATE, include_str!("../../templates/console/overview.html")),
    (AuditLog::TEMPLATE, include_str!("../../templates/console/audit.html")),
    ("partials/people.html", include_str!("../../templates/partials/people.html")),
    (People::TEMPLATE, include_str!("../../templates/console/people.html")),
    (PersonPage::TEMPLATE, include_str!("../../templates/console/person.html")),
    (NewPerson::TEMPLATE, include_str!("../../templates/console/person_new.html")),
    (PersonRoles::TEMPLATE, include_str!("../../templates/console/person_roles.html")),
    (MergePerson::TEMPLATE, include_str!("../../templates/console/person_merge.html")),
    (ConfirmPerson::TEMPLATE, include_str!("../../templates/console/person_confirm.html")),
];

/// Declares the typed function of each page.
macro_rules! pages {
    ($($(#[$doc:meta])* $function:ident: $page:ty,)*) => {
        impl Pages {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// When the template fails.
                pub fn $function(&self, page: &$page) -> Result<String, PageError> {
                    self.render(page)
                }
            )*
        }
    };
}

pages! {
    /// What a login link shows.
    break_glass: BreakGlass,
    /// The console's first page.
    overview: Overview,
    /// The audit log.
    audit_log: AuditLog,
    /// People, found by words and filters.
    people: People,
    /// Everything about somebody.
    person: PersonPage,
    /// Making somebody before their first sign-in.
    new_person: NewPerson,
    /// Giving somebody roles by hand.
    person_roles: PersonRoles,
    /// Choosing with whom somebody becomes one.
    merge_person: MergePerson,
    /// What is asked before something is done to somebody.
    confirm_person: ConfirmPerson,
}

/// Every page with every sample: the template's name, and its facts.
#[cfg(test)]
pub(super) fn samples() -> Vec<(&'static str, Vec<serde_json::Value>)> {
    fn of<P: Page>() -> (&'static str, Vec<serde_json::Value>) {
        (P::TEMPLATE, P::samples().iter().map(|sample| serde_json::to_value(sample).unwrap()).collect())
    }
    vec![
        of::<BreakGlass>(),
        of::<Overview>(),
        of::<AuditLog>(),
        of::<People>(),
        of::<PersonPage>(),
        of::<NewPerson>(),
        of::<PersonRoles>(),
        of::<MergePerson>(),
        of::<ConfirmPerson>(),
    ]
}
