//! Tokens of the REST API, as people know them.

use std::sync::Arc;

use super::{Invalid, OrganizationKey, text_noun};

/// Longest name of a token, in characters: a line of a table.
const MAX_TOKEN_NAME: usize = 80;

/// What a token is called: the program that holds it, for whoever decides later whether it is still needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenName(Arc<str>);

impl TokenName {
    /// Parses a name; space around it is dropped.
    ///
    /// # Errors
    /// When it is empty, too long, or holds a control character.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let name = text.trim();
        if name.is_empty() || name.chars().count() > MAX_TOKEN_NAME || name.contains(char::is_control) {
            return Err(Invalid::new(format!(
                "a token's name is 1 to {MAX_TOKEN_NAME} characters, such as deployment"
            )));
        }
        Ok(Self(name.into()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_noun!(TokenName);

/// What a token opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opens {
    /// What server admins may do.
    Server,
    /// What admins of this organization may do.
    Organization(OrganizationKey),
}

impl Opens {
    /// The one organization, if it is one.
    pub const fn organization(self) -> Option<OrganizationKey> {
        match self {
            Self::Server => None,
            Self::Organization(key) => Some(key),
        }
    }

    /// What a row with this organization opens.
    pub const fn of_row(organization: Option<OrganizationKey>) -> Self {
        match organization {
            None => Self::Server,
            Some(key) => Self::Organization(key),
        }
    }
}
