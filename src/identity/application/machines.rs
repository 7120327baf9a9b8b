//! How programs may enter an application.

use serde::{Deserialize, Serialize};

use crate::identity::TokenIssuerId;

/// Which bearer tokens an application takes. By default none: what a request has in `Authorization` is then the
/// upstream's own business.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machines {
    /// Tokens issued here, for users and service accounts.
    #[serde(default)]
    pub tokens: bool,
    /// JWTs of these issuers.
    #[serde(default)]
    pub issuers: Vec<TokenIssuerId>,
    /// Also where another proxy asks instead of us: it is that proxy then which must keep the tokens from the application.
    #[serde(default)]
    pub behind_proxy: bool,
}

impl Machines {
    /// Whether any token is taken at all.
    pub const fn any(&self) -> bool {
        self.tokens || !self.issuers.is_empty()
    }
}
