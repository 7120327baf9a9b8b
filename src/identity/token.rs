//! Tokens of the REST API and for applications, as people know them.

use std::sync::Arc;

use super::{Invalid, OrganizationKey, text_noun};
use crate::base::{Token, TokenHash};

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

/// What a token for applications begins with: whoever finds one in the open, or searches for such, knows what it is. A
/// token of the REST API begins otherwise, and neither is ever looked for among the other.
const APPLICATION_PREFIX: &str = "vsa_";
/// What a token of the REST API begins with.
pub const API_PREFIX: &str = "vst_";
/// How many characters of a hash end a token: by them a scanner tells a token from what only looks like one.
const CHECK: usize = 8;

/// A token for applications, as programs present it: `vsa_`, the secret, and eight characters of its hash.
#[derive(Clone, Debug)]
pub struct ApplicationToken(Token);

impl ApplicationToken {
    /// Whether a text means to be a token issued here, of either kind.
    pub fn is_like(text: &str) -> bool {
        text.starts_with(APPLICATION_PREFIX) || text.starts_with(API_PREFIX)
    }

    /// The token of that secret.
    pub const fn new(secret: Token) -> Self {
        Self(secret)
    }

    /// Reads what was presented.
    pub fn parse(text: &str) -> Option<Self> {
        let (body, check) = text.split_at_checked(text.len().checked_sub(CHECK)?)?;
        let secret = body.strip_prefix(APPLICATION_PREFIX)?.parse().ok()?;
        check_of(body).is_some_and(|expected| expected == check).then_some(Self(secret))
    }

    /// What programs present.
    pub fn expose(&self) -> String {
        let body = format!("{APPLICATION_PREFIX}{}", self.0.expose());
        let check = check_of(&body).unwrap_or_default();
        body + &check
    }

    /// What a store keeps of it.
    pub fn hash(&self) -> TokenHash {
        self.0.hash()
    }
}

/// It tells nothing that stands beside it in full.
fn check_of(body: &str) -> Option<String> {
    TokenHash::of(body.as_bytes()).to_string().get(..CHECK).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_is_shown_and_in_no_other_way() {
        let token = ApplicationToken::new(Token::new([7; 32]));
        let shown = token.expose();
        assert_eq!(shown.len(), 4 + 43 + CHECK);
        assert_eq!(ApplicationToken::parse(&shown).map(|read| read.hash()), Some(token.hash()));
        let last = if shown.ends_with('0') { "1" } else { "0" };
        let other_check = format!("{}{last}", &shown[..shown.len() - 1]);
        let of_the_api = shown.replacen("vsa_", "vst_", 1);
        let upper = shown.to_uppercase();
        for bad in
            [&other_check, &of_the_api, &upper, "", "vsa_", "vsa_é", &shown[..shown.len() - 1], &format!("{shown} ")]
        {
            assert!(ApplicationToken::parse(bad).is_none(), "{bad}");
        }
        assert!(!format!("{token:?}").contains(&shown[4..20]));
    }
}
