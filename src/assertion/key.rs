//! The key that signs assertions: Ed25519 (RFC 8032), kept in the store as base64 of its PKCS#8.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};

use super::SigningFailed;
use crate::base::Ambient;

/// What its signatures are called in JOSE (RFC 8037 3.1).
pub(super) const ALGORITHM: &str = "EdDSA";
/// Bytes of a signature (RFC 8032 5.1.6).
pub(super) const SIGNATURE_LENGTH: usize = 64;

/// A text is no signing key. Says nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a PKCS#8 Ed25519 key in base64")]
pub struct InvalidKey;

/// An Ed25519 key pair.
pub struct SigningKey {
    stored: SecretString,
    pair: Ed25519KeyPair,
    public: String,
    id: String,
}

impl SigningKey {
    /// A new key.
    ///
    /// # Errors
    /// When the cryptographic library refuses; it has no reason to.
    pub fn generate(ambient: &Ambient) -> Result<Self, InvalidKey> {
        let seed: [u8; 32] = ambient.bytes();
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| InvalidKey)?;
        let pkcs8 = pair.to_pkcs8().map_err(|_| InvalidKey)?;
        Self::from_pkcs8(pkcs8.as_ref())
    }

    /// The key that [`SigningKey::to_stored`] gave.
    ///
    /// # Errors
    /// When it is none.
    pub fn from_stored(stored: &SecretString) -> Result<Self, InvalidKey> {
        Self::from_pkcs8(&STANDARD.decode(stored.expose_secret()).map_err(|_| InvalidKey)?)
    }

    /// The key as the store keeps it: base64 of its PKCS#8 (RFC 8410).
    pub fn to_stored(&self) -> SecretString {
        self.stored.clone()
    }

    /// Its id: the thumbprint of its public half (RFC 7638), so that every replica calls it the same.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its public half as a JWK (RFC 8037 2).
    pub fn jwk(&self) -> serde_json::Value {
        serde_json::json!({
            "kty": "OKP", "crv": "Ed25519", "alg": ALGORITHM, "use": "sig", "kid": self.id, "x": self.public,
        })
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<[u8; SIGNATURE_LENGTH], SigningFailed> {
        let signature = self.pair.try_sign(message).map_err(|_| SigningFailed)?;
        signature.as_ref().try_into().map_err(|_| SigningFailed)
    }

    fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, InvalidKey> {
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| InvalidKey)?;
        let public = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        // RFC 7638 3.2: the required members in lexicographic order, without space.
        let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{public}"}}"#);
        let id = URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()));
        let stored = SecretString::from(STANDARD.encode(pkcs8));
        Ok(Self { stored, pair, public, id })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.id).finish_non_exhaustive()
    }
}
