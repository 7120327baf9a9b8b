//! The provider's signing key: ES256, made at start and gone at the end.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::NoSigningKey;

/// A key, and what tells others how to check its signatures.
pub(super) struct Signer {
    key: EncodingKey,
    kid: String,
    x: String,
    y: String,
}

impl Signer {
    /// A new key.
    pub(super) fn new() -> Result<Self, NoSigningKey> {
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).map_err(|_| NoSigningKey)?;
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref()).map_err(|_| NoSigningKey)?;
        // An uncompressed point: 04, then both coordinates (SEC 1, 2.3.3).
        let point = pair.public_key().as_ref();
        let (x, y) = point.get(1..33).zip(point.get(33..65)).ok_or(NoSigningKey)?;
        Ok(Self {
            key: EncodingKey::from_ec_der(document.as_ref()),
            // Another key has another id, so that a client that remembers the last start's keys fetches them again.
            kid: URL_SAFE_NO_PAD.encode(&digest(&SHA256, point).as_ref()[..16]),
            x: URL_SAFE_NO_PAD.encode(x),
            y: URL_SAFE_NO_PAD.encode(y),
        })
    }

    /// The claims, signed. `None` only if they cannot be JSON.
    pub(super) fn sign(&self, claims: &Value) -> Option<String> {
        let header = Header { kid: Some(self.kid.clone()), ..Header::new(Algorithm::ES256) };
        jsonwebtoken::encode(&header, claims, &self.key).ok()
    }

    /// The set that holds the public key alone (RFC 7517 5).
    pub(super) fn jwks(&self) -> Value {
        let (kid, x, y) = (&self.kid, &self.x, &self.y);
        json!({ "keys": [{ "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": kid, "x": x, "y": y }] })
    }
}

/// The `at_hash` of an access token, for an ES256 ID token (OpenID Connect Core 1.0, 3.1.3.6).
pub(super) fn at_hash(access_token: &str) -> String {
    URL_SAFE_NO_PAD.encode(&digest(&SHA256, access_token.as_bytes()).as_ref()[..16])
}
