//! Service accounts: programs that an organization lets into its applications, with roles of their own.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ids::parse_slug;
use super::{Invalid, Issuer, OrganizationId, Username, text_noun};

/// Longest name of a service account, in bytes: with the longest id of an organization it is still a username.
const MAX_SERVICE_NAME: usize = 48;
/// Longest subject, in bytes: RFC 7519 has no limit, an index does.
const MAX_SUBJECT: usize = 512;

/// What a service account is called in its organization.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServiceName(Arc<str>);

impl ServiceName {
    /// Parses a name.
    ///
    /// # Errors
    /// When it is no slug, or too long.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match parse_slug(text) {
            Ok(name) if name.len() <= MAX_SERVICE_NAME => Ok(Self(name)),
            _ => Err(Invalid::new(format!(
                "a service account's name is 1 to {MAX_SERVICE_NAME} lower-case letters, digits and single hyphens \
                 between them, such as backup"
            ))),
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What applications call it. Neither a slug nor an id holds a dot, so two accounts never share one.
    ///
    /// # Errors
    /// Never for names that were parsed.
    pub fn username(&self, organization: &OrganizationId) -> Result<Username, Invalid> {
        Username::parse(&format!("service.{organization}.{}", self.0))
    }
}

text_noun!(ServiceName);

/// The claim of an access token that names a program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectClaim {
    /// `sub`.
    #[default]
    Sub,
    /// `client_id` (RFC 9068).
    ClientId,
    /// `azp`, where issuers put the client before RFC 9068.
    Azp,
}

impl SubjectClaim {
    /// The claim's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sub => "sub",
            Self::ClientId => "client_id",
            Self::Azp => "azp",
        }
    }
}

impl fmt::Display for SubjectClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SubjectClaim {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "sub" => Ok(Self::Sub),
            "client_id" => Ok(Self::ClientId),
            "azp" => Ok(Self::Azp),
            _ => Err(Invalid::new("the claim that names a program is sub, client_id or azp")),
        }
    }
}

/// By what an issuer's tokens speak of a program: compared byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineSubject {
    /// The issuer (`iss`).
    pub issuer: Issuer,
    /// The claim that names it.
    pub claim: SubjectClaim,
    /// What that claim holds.
    pub subject: String,
}

impl MachineSubject {
    /// A subject as an admin writes it.
    ///
    /// # Errors
    /// When it is empty, too long, or holds a control character.
    pub fn subject(text: &str) -> Result<String, Invalid> {
        if text.is_empty() || text.len() > MAX_SUBJECT || text.contains(char::is_control) {
            return Err(Invalid::new(format!("a subject is 1 to {MAX_SUBJECT} bytes, exactly as the token has it")));
        }
        Ok(text.to_owned())
    }
}
