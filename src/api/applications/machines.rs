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
}

impl From<&Machines> for MachinesText {
    fn from(machines: &Machines) -> Self {
        Self { tokens: machines.tokens, issuers: machines.issuers.clone() }
    }
}

impl From<MachinesText> for Machines {
    fn from(text: MachinesText) -> Self {
        Self { tokens: text.tokens, issuers: text.issuers }
    }
}
