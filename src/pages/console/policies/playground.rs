//! What the policies of now decide.

use serde::Serialize;

use super::{Decisions, Field, Shell};
use crate::pages::Page;

/// Claims, pasted or somebody's, and what the policies of now decide about them.
#[derive(Clone, Debug, Serialize)]
pub struct Playground {
    /// What stands around it.
    pub shell: Shell,
    /// The providers whose policies can be asked.
    pub providers: Vec<ProviderOption>,
    /// The one that is asked, by its id.
    pub provider: Field,
    /// Pasted claims, as JSON.
    pub claims: Field,
    /// Somebody's username instead.
    pub user: Field,
    /// The organization to tell of in full, by its id.
    pub organization: Field,
    /// What is decided.
    pub decisions: Option<Decisions>,
}

/// A provider.
#[derive(Clone, Debug, Serialize)]
pub struct ProviderOption {
    /// Its id.
    pub id: String,
    /// What the sign-in page calls it, and who runs it.
    pub name: String,
}

impl Page for Playground {
    const TEMPLATE: &'static str = "console/playground.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let provider = |id: &str, name: &str| ProviderOption { id: id.into(), name: name.into() };
        let asked = Self {
            shell: Shell::sample(),
            providers: vec![provider("company", "Company login"), provider("lab", "Lab, of Home lab")],
            provider: Field::of("company"),
            claims: Field::wrong("{", "This is not JSON."),
            user: Field::of("alice"),
            organization: Field::of("home-lab"),
            decisions: Some(Decisions::sample()),
        };
        let failed = Self { decisions: Some(Decisions::sample_of_failure()), ..asked.clone() };
        let fresh = Self { decisions: None, ..asked.clone() };
        let none = Self {
            providers: Vec::new(),
            provider: Field::default(),
            claims: Field::default(),
            user: Field::default(),
            organization: Field::default(),
            decisions: None,
            ..asked.clone()
        };
        vec![asked, failed, fresh, none]
    }
}
