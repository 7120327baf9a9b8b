//! Pages of the console: one file per noun, one typed struct and one function per template.

mod application_form;
mod applications;
mod audit;
mod break_glass;
mod confirm;
mod explain;
mod idp_form;
mod idps;
mod moment;
mod organizations;
mod overview;
mod people;
mod person;
mod person_forms;
mod policies;
mod service_accounts;
mod shell;
mod tokens;

use super::Page;
pub use application_form::{ApplicationForm, ConnectionFields, RuleFields, TickedRole};
pub use applications::{
    ApplicationPage, Applications, ListedApplication, RequestSample, RuleFacts, ServedHost, Tested, UpstreamFacts,
    UpstreamWord,
};
pub use audit::{AuditItem, AuditLink, AuditLog, LogFilters};
pub use break_glass::BreakGlass;
pub use confirm::{Confirm, EffectLine, ImpactLines, Question};
pub use explain::{Explained, ExplainedEvent};
pub use idp_form::{Found, GlobalFields, IdpFields, IdpForm, SecretField};
pub use idps::{IdpKind, IdpKinds, IdpPage, IdpStart, Idps, ListedIdp};
pub use moment::Moment;
pub use organizations::{
    AllotmentFields, ListedOrganization, OrganizationForm, OrganizationPage, Organizations, RoleRow,
};
pub use overview::{Attention, Bar, Chart, FirstStep, Overview};
pub use people::{People, PersonRow, Pick, PlaceRow, Standing};
pub use person::{
    AwaitedFacts, IdentityFacts, Narrowing, PersonPage, PlaceFacts, RoleFacts, SessionFacts, SignInFacts, VerdictFacts,
    WholePerson,
};
pub use person_forms::{MergePerson, NewPerson, PersonRoles, RoleTicks, Tick};
pub use policies::{
    Checked, Decisions, Example, GuideRow, HistoryLine, IdlePolicy, Playground, PolicyComparison, PolicyEditor,
    PolicyHistory, PolicyList, PolicyPlace, ProviderOption, SelectorFields, SelectorPieces, TextPiece, TrialFields,
};
pub use service_accounts::{ServiceAccountLine, ServiceAccountPage, ServiceAccounts, SubjectLine};
pub use shell::{Done, Field, NavItem, Picked, Shell};
pub use tokens::{TokenForm, TokenLine, Tokens};

/// Lists the pages with their templates, so that none is without its samples in the tests.
macro_rules! pages {
    ($($page:ident in $file:literal,)*) => {
        /// The console's templates, by the name other templates call them.
        pub(super) const TEMPLATES: &[(&str, &str)] = &[
            ("console.html", include_str!("../../templates/console.html")),
            ("console/tested.html", include_str!("../../templates/console/tested.html")),
            ("console/connection_fields.html", include_str!("../../templates/console/connection_fields.html")),
            ("partials/policy.html", include_str!("../../templates/partials/policy.html")),
            ("partials/people.html", include_str!("../../templates/partials/people.html")),
            $(($page::TEMPLATE, include_str!(concat!("../../templates/", $file))),)*
        ];

        /// Every page with every sample: the template's name, and its facts.
        #[cfg(test)]
        pub(super) fn samples() -> Vec<(&'static str, Vec<serde_json::Value>)> {
            fn of<P: Page>() -> (&'static str, Vec<serde_json::Value>) {
                (P::TEMPLATE, P::samples().iter().map(|sample| serde_json::to_value(sample).unwrap()).collect())
            }
            vec![$(of::<$page>(),)*]
        }
    };
}

pages! {
    BreakGlass in "break_glass.html",
    Overview in "console/overview.html",
    Organizations in "console/organizations.html",
    OrganizationPage in "console/organization.html",
    OrganizationForm in "console/organization_form.html",
    Applications in "console/applications.html",
    ApplicationPage in "console/application.html",
    ApplicationForm in "console/application_form.html",
    Confirm in "console/confirm.html",
    Idps in "console/idps.html",
    IdpKinds in "console/idp_kinds.html",
    IdpStart in "console/idp_start.html",
    IdpPage in "console/idp.html",
    IdpForm in "console/idp_form.html",
    AuditLog in "console/audit.html",
    Explained in "console/explain.html",
    PolicyList in "console/policies.html",
    PolicyEditor in "console/policy.html",
    PolicyHistory in "console/policy_history.html",
    PolicyComparison in "console/policy_version.html",
    Playground in "console/playground.html",
    People in "console/people.html",
    PersonPage in "console/person.html",
    NewPerson in "console/person_new.html",
    PersonRoles in "console/person_roles.html",
    MergePerson in "console/person_merge.html",
    ServiceAccounts in "console/service_accounts.html",
    ServiceAccountPage in "console/service_account.html",
    Tokens in "console/tokens.html",
}
