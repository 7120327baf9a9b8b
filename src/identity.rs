//! The nouns of the house, as types that are parsed once at the edge and trusted from then on. No I/O.

pub mod actor;
pub mod allotment;
pub mod application;
pub mod catalogue;
pub mod ceiling;
pub mod destination;
pub mod flaw;
pub mod host;
pub mod idp;
pub mod ids;
pub mod names;
pub mod organization;
pub mod public_url;
pub mod service_account;
pub mod text;
pub mod token;
pub mod token_issuer;
pub mod user;

pub use actor::Actor;
pub use allotment::{Allotment, HostSuffix, Network};
pub use application::{
    Allow, Application, ApplicationSpec, Authorities, CheckPath, Connection, HeaderPreset, HealthCheck, Machines,
    PathPattern, PathPatterns, PathPrefix, Reach, Rule, RuleMethod, TimeLimit, UpgradeProtocol, UpstreamProtocol,
    UpstreamUrl, Upstreams,
};
pub use catalogue::{Catalogue, Declaration};
pub use ceiling::Ceiling;
pub use destination::Destination;
pub use flaw::{Flaw, Part, Site};
pub use host::Host;
pub use idp::{
    ClientAuth, DEFAULT_KEEP_FOR, DEFAULT_LIST_CLAIMS, DEFAULT_NEW_ACCOUNTS, DEFAULT_SCOPES, Idp, IdpSpec, Issuer,
    LEAST_REFRESH, OnError, PolicyText, ProfilePaths, Sight,
};
pub use ids::{
    ApplicationId, ApplicationKey, AuditId, IdentityId, IdpId, IdpKey, OrganizationId, OrganizationKey, PolicyId,
    RoleId, SessionId, SignInId, TokenId, TokenIssuerId, UserId,
};
pub use names::{RoleName, Username, folded};
pub use organization::{Organization, OrganizationPolicy, OrganizationPolicySpec, OrganizationSpec, Role};
pub use public_url::PublicUrl;
pub use service_account::{MachineSubject, ServiceName, SubjectClaim};
pub use token::{API_PREFIX, ApplicationToken, Opens, TokenName};
pub use token_issuer::{KeySource, SigningAlgorithm, TokenIssuer, TokenSubject, TokenType};
pub use user::{Email, Grant, Origin};

/// Why a text is not the noun it should be; says what the noun looks like.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub String);

impl Invalid {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// Parsing, showing and serde for a newtype over a text with a checking `parse(&str) -> Result<Self, Invalid>`.
macro_rules! text_noun {
    ($name:ident) => {
        impl std::str::FromStr for $name {
            type Err = $crate::identity::Invalid;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use text_noun;
