//! `[server.tls.acme]`.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretSlice};
use subtle::ConstantTimeEq as _;

/// How certificates are ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcmeSettings {
    /// The authority's directory.
    pub directory: String,
    /// Whom it may write to, as `mailto:` addresses.
    pub contact: Vec<String>,
    /// How it finds out that a host is ours.
    pub challenge: ChallengeKind,
    /// Who vouches for the directory itself, as a PEM file; absent: whom this machine trusts.
    pub ca_file: Option<PathBuf>,
    /// Where the authority knows us already.
    pub external_account: Option<ExternalAccount>,
}

/// How an authority finds out that a host is ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChallengeKind {
    /// By a handshake with port 443 (RFC 8737).
    #[default]
    TlsAlpn01,
    /// By a request over plain HTTP to port 80 (RFC 8555 8.3).
    Http01,
}

/// An account elsewhere that ours is bound to (RFC 8555 7.3.4).
#[derive(Clone, Debug)]
pub struct ExternalAccount {
    /// The authority's name for its key.
    pub id: String,
    /// The key.
    pub(super) key: SecretSlice<u8>,
}

impl ExternalAccount {
    /// An account by what the authority says of it: the name of a key, and the key in base64url.
    ///
    /// # Errors
    /// When the key is not that.
    pub fn new(id: String, key: &str) -> Result<Self, &'static str> {
        let key = URL_SAFE_NO_PAD.decode(key.trim_end_matches('=')).ok().filter(|key| !key.is_empty());
        let key = key.ok_or("is not in base64url, as the authority gives it")?;
        Ok(Self { id, key: key.into() })
    }
}

impl PartialEq for ExternalAccount {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && bool::from(self.key.expose_secret().ct_eq(other.key.expose_secret()))
    }
}

impl Eq for ExternalAccount {}
