//! The way in without an IdP.

use serde::Serialize;

use crate::pages::{Frame, Page, PageError, Pages};

/// What a login link shows.
#[derive(Clone, Debug, Serialize)]
pub struct BreakGlass {
    /// What stands around it.
    pub frame: Frame,
    /// Whether the link turned out to be of no use.
    pub spent: bool,
}

impl Pages {
    /// What a login link shows.
    ///
    /// # Errors
    /// When the template fails.
    pub fn break_glass(&self, page: &BreakGlass) -> Result<String, PageError> {
        self.render(page)
    }
}

impl Page for BreakGlass {
    const TEMPLATE: &'static str = "break_glass.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        [false, true].map(|spent| Self { frame: Frame::sample(), spent }).into()
    }
}
