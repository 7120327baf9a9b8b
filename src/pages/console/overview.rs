//! The console's first page.

use serde::Serialize;

use super::Shell;
use crate::pages::Page;

/// What happens, and what needs attention.
#[derive(Clone, Debug, Serialize)]
pub struct Overview {
    /// What stands around it.
    pub shell: Shell,
}

impl Page for Overview {
    const TEMPLATE: &'static str = "console/overview.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        vec![Self { shell: Shell::sample() }, Self { shell: Shell::sample_of_organization() }]
    }
}
