//! The console's first page.

use serde::Serialize;

use super::Shell;
use crate::pages::{Page, PageError, Pages};

/// What happens, and what needs attention.
#[derive(Clone, Debug, Serialize)]
pub struct Overview {
    /// What stands around it.
    pub shell: Shell,
}

impl Pages {
    /// The console's first page.
    ///
    /// # Errors
    /// When the template fails.
    pub fn overview(&self, page: &Overview) -> Result<String, PageError> {
        self.render(page)
    }
}

impl Page for Overview {
    const TEMPLATE: &'static str = "console/overview.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        vec![Self { shell: Shell::sample() }, Self { shell: Shell::sample_of_organization() }]
    }
}
