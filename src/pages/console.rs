//! Pages of the console: one file per noun, one typed struct per template.

mod applications;
mod audit;
mod break_glass;
mod organizations;
mod overview;
mod review;
mod shell;

use super::{Page, PageError, Pages};
pub use applications::{
    ApplicationForm, ApplicationPage, Applications, ListedApplication, RequestSample, RuleFacts, RuleFields,
    ServedHost, Tested, TickedRole,
};
pub use audit::{AuditItem, AuditLink, AuditLog};
pub use break_glass::BreakGlass;
pub use organizations::{
    AllotmentFields, ListedOrganization, OrganizationForm, OrganizationPage, Organizations, RoleRow,
};
pub use overview::Overview;
pub use review::{DangerTick, EffectRow, Effects, Review};
pub use shell::{Done, Field, NavItem, Picked, Shell};

/// The console's templates, by the name other templates call them.
pub(super) const TEMPLATES: &[(&str, &str)] = &[
    ("console.html", include_str!("../../templates/console.html")),
    (BreakGlass::TEMPLATE, include_str!("../../templates/break_glass.html")),
    (Overview::TEMPLATE, include_str!("../../templates/console/overview.html")),
    (AuditLog::TEMPLATE, include_str!("../../templates/console/audit.html")),
    (Review::TEMPLATE, include_str!("../../templates/console/review.html")),
    (Organizations::TEMPLATE, include_str!("../../templates/console/organizations.html")),
    (OrganizationPage::TEMPLATE, include_str!("../../templates/console/organization.html")),
    (OrganizationForm::TEMPLATE, include_str!("../../templates/console/organization_form.html")),
    (Applications::TEMPLATE, include_str!("../../templates/console/applications.html")),
    (ApplicationPage::TEMPLATE, include_str!("../../templates/console/application.html")),
    (ApplicationForm::TEMPLATE, include_str!("../../templates/console/application_form.html")),
    ("console/tested.html", include_str!("../../templates/console/tested.html")),
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
    /// A change that waits for a word.
    review: Review,
    /// Organizations, a page of them.
    organizations: Organizations,
    /// One organization.
    organization: OrganizationPage,
    /// The form of an organization.
    organization_form: OrganizationForm,
    /// The applications of an organization.
    applications: Applications,
    /// One application.
    application: ApplicationPage,
    /// The form of an application.
    application_form: ApplicationForm,
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
        of::<Review>(),
        of::<Organizations>(),
        of::<OrganizationPage>(),
        of::<OrganizationForm>(),
        of::<Applications>(),
        of::<ApplicationPage>(),
        of::<ApplicationForm>(),
    ]
}
