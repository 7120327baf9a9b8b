//! Pages of the console: one file per noun, one typed struct per template.

mod audit;
mod break_glass;
mod confirm;
mod overview;
mod shell;

use super::{Page, PageError, Pages};
pub use audit::{AuditItem, AuditLink, AuditLog};
pub use break_glass::BreakGlass;
pub use confirm::{Confirm, EffectLine, ImpactLines, Question};
pub use overview::Overview;
pub use shell::{Done, Field, NavItem, Shell};

/// The console's templates, by the name other templates call them.
pub(super) const TEMPLATES: &[(&str, &str)] = &[
    ("console.html", include_str!("../../templates/console.html")),
    (Confirm::TEMPLATE, include_str!("../../templates/console/confirm.html")),
    (BreakGlass::TEMPLATE, include_str!("../../templates/break_glass.html")),
    (Overview::TEMPLATE, include_str!("../../templates/console/overview.html")),
    (AuditLog::TEMPLATE, include_str!("../../templates/console/audit.html")),
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
    /// What a change would do, and whether it is meant.
    confirm: Confirm,
    /// The console's first page.
    overview: Overview,
    /// The audit log.
    audit_log: AuditLog,
}

/// Every page with every sample: the template's name, and its facts.
#[cfg(test)]
pub(super) fn samples() -> Vec<(&'static str, Vec<serde_json::Value>)> {
    fn of<P: Page>() -> (&'static str, Vec<serde_json::Value>) {
        (P::TEMPLATE, P::samples().iter().map(|sample| serde_json::to_value(sample).unwrap()).collect())
    }
    vec![of::<Confirm>(), of::<BreakGlass>(), of::<Overview>(), of::<AuditLog>()]
}
