//! Which bearer tokens an application takes of programs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::schema::Slug;
use crate::identity::{Machines, TokenIssuerId};

/// Which bearer tokens an application takes of programs; by default none.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct MachinesText {
    /// Tokens issued here, for users and service accounts.
    tokens: bool,
    /// JWTs of these issuers of the configuration file.
    #[schemars(with = "Vec<Slug>")]
    issuers: Vec<TokenIssuerId>,
    /// Also behind a proxy that asks by forward-auth, which then must keep the tokens from the application.
    behind_proxy: bool,
}

impl From<&Machines> for MachinesText {
    fn from(machines: &Machines) -> Self {
        Self { tokens: machines.tokens, issuers: machines.issuers.clone(), behind_proxy: machines.behind_proxy }
    }
}

impl From<MachinesText> for Machines {
    fn from(text: MachinesText) -> Self {
        Self { tokens: text.tokens, issuers: text.issuers, behind_proxy: text.behind_proxy }
    }
}
