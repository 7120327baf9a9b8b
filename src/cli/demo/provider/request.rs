//! What is asked of the authorization endpoint.

use serde::Deserialize;

/// The parameters of an authorization request (OpenID Connect Core 1.0, 3.1.2.1).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Request {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) response_type: String,
    pub(super) scope: String,
    pub(super) state: String,
    pub(super) nonce: String,
    pub(super) code_challenge: String,
    pub(super) code_challenge_method: String,
    pub(super) prompt: String,
    pub(super) login_hint: String,
    /// Not of the protocol: the username chosen on our own page.
    pub(super) person: String,
}
