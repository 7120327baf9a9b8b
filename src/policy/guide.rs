//! Selectors for whoever does not write expressions: rows of what claims must say and what that gives. Rows become an
//! expression, and an expression of the same form becomes rows again; any other stays an expression. Pure.

mod claim;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use claim::ClaimPath;
pub use read::{read_org, read_role};
pub use write::{write_org, write_role};

use crate::identity::{Invalid, OrganizationId};

/// Most rows: what several rows give stands in one list `[a, b]` of the expression, which has no more elements.
pub const MAX_ROWS: usize = super::selector::MAX_ELEMENTS;

/// What somebody's claims must say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nothing: it holds for everybody.
    Everybody,
    /// The list in that claim holds this text.
    Lists(ClaimPath, String),
    /// The claim is exactly this text.
    Is(ClaimPath, String),
    /// The e-mail address is verified, and of exactly this domain.
    Domain(String),
}

impl Condition {
    /// A claim's list holds this text, which is not empty.
    ///
    /// # Errors
    /// When the text is empty.
    pub fn lists(claim: ClaimPath, value: &str) -> Result<Self, Invalid> {
        Ok(Self::Lists(claim, present(value)?))
    }

    /// A claim is this text, which is not empty.
    ///
    /// # Errors
    /// When the text is empty.
    pub fn is(claim: ClaimPath, value: &str) -> Result<Self, Invalid> {
        Ok(Self::Is(claim, present(value)?))
    }

    /// The verified address is of this domain; an `@` before it is forgiven.
    ///
    /// # Errors
    /// When it can be no domain.
    pub fn domain(text: &str) -> Result<Self, Invalid> {
        let domain = text.trim().trim_start_matches('@');
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
        if domain.is_empty() || !domain.chars().all(fits) {
            return Err(Invalid::new("a domain is written like example.com"));
        }
        Ok(Self::Domain(domain.to_owned()))
    }
}

fn present(value: &str) -> Result<String, Invalid> {
    match value.trim() {
        "" => Err(Invalid::new("write the value that the claim must have")),
        value => Ok(value.to_owned()),
    }
}

/// A condition, and what it gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row<T> {
    /// What claims must say.
    pub when: Condition,
    /// What that gives.
    pub then: T,
}

/// Which organization a row of an org selector chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// Each one that is asked about, by its own id.
    Itself,
    /// This one alone.
    Named(OrganizationId),
}

/// Which rows of a role selector count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// Each that holds gives its role.
    Every,
    /// The first that holds gives its role, and no other does.
    First,
}
