//! Ids. A *slug* is what people write (`home-lab`); a *key* is what rows refer to. A slug may be used again after its
//! thing was deleted; a key never is, so nothing granted to the old thing reaches the new one.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Invalid, text_noun};

/// Longest slug, in bytes: fits every URL, header and index.
const MAX_SLUG: usize = 64;

pub(super) fn parse_slug(text: &str) -> Result<Arc<str>, Invalid> {
    let inner = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    let well_formed = !text.is_empty()
        && text.len() <= MAX_SLUG
        && text.bytes().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--");
    if well_formed {
        Ok(text.into())
    } else {
        Err(Invalid::new(format!(
            "an id is 1 to {MAX_SLUG} lower-case letters, digits and single hyphens between them, such as home-lab"
        )))
    }
}

macro_rules! slug {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Parses a slug: lower-case letters, digits and single hyphens.
            ///
            /// # Errors
            /// When the text is none.
            pub fn parse(text: &str) -> Result<Self, Invalid> {
                parse_slug(text).map(Self)
            }

            /// The slug as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        text_noun!($name);

        /// A table of ids is asked for a text.
        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

macro_rules! key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The key with this UUID.
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// Its UUID.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = Invalid;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self).map_err(|_| Invalid::new("not a UUID"))
            }
        }
    };
}

slug!(
    /// An organization's id.
    OrganizationId
);
slug!(
    /// An identity provider's id; it stands in its redirect URI.
    IdpId
);
slug!(
    /// An application's id; the audience of the assertions it receives.
    ApplicationId
);

slug!(
    /// A token issuer's id, as the configuration file calls it.
    TokenIssuerId
);

key!(
    /// An organization's row.
    OrganizationKey
);
key!(
    /// An identity provider's row.
    IdpKey
);
key!(
    /// An application's row.
    ApplicationKey
);
key!(
    /// One immutable version of a policy.
    PolicyId
);
key!(
    /// A role of one organization.
    RoleId
);
key!(
    /// A user. The subject of assertions.
    UserId
);
key!(
    /// A user's account at one identity provider.
    IdentityId
);
key!(
    /// One sign-in's session.
    SessionId
);
key!(
    /// The record of one sign-in.
    SignInId
);
key!(
    /// A line of the audit log.
    AuditId
);
key!(
    /// A token of the REST API or for applications; never what opens anything.
    TokenId
);
