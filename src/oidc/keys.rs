//! The provider's public keys, and the one place where a signature of a provider is verified (RFC 7515 5.2).

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;

use super::RawClaims;
use super::error::quoted;
use crate::identity::SigningAlgorithm;

/// Largest set of claims taken, in bytes of JSON: what selectors are allowed to see, hundreds of groups.
pub(super) const MAX_CLAIMS: usize = 64 * 1024;
/// Largest header of a token, in bytes as it travels: an `alg`, a `kid` and perhaps a certificate chain.
const MAX_HEADER: usize = 16 * 1024;
/// Most keys kept of a set: far above any provider's, and each costs a verification when a token names none.
const MAX_KEYS: usize = 64;

/// A token whose signature is the provider's.
pub(super) struct Verified {
    /// The algorithm it was signed with.
    pub(super) algorithm: Algorithm,
    /// Its payload.
    pub(super) claims: RawClaims,
}

/// Why a token was not verified.
#[derive(Debug)]
pub(super) enum Rejected {
    /// None of the keys we know fits: newer ones may.
    NoKey(String),
    /// Whatever the keys: the token is not acceptable.
    Bad(String),
}

impl Rejected {
    pub(super) fn into_cause(self) -> String {
        match self {
            Self::NoKey(cause) | Self::Bad(cause) => cause,
        }
    }
}

/// A provider's usable public keys.
pub(super) struct KeySet(Vec<Key>);

struct Key {
    id: Option<String>,
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
}

impl KeySet {
    /// The keys of a JWK Set (RFC 7517 5) that can verify a signature we accept; all others are passed over.
    pub(super) fn parse(json: &[u8]) -> Option<Self> {
        let document: Value = serde_json::from_slice(json).ok()?;
        let keys = document.get("keys")?.as_array()?;
        Some(Self(keys.iter().filter_map(Key::parse).take(MAX_KEYS).collect()))
    }

    /// How many of them can verify a signature.
    pub(super) const fn count(&self) -> usize {
        self.0.len()
    }

    /// Verifies a compact JWS whose payload is a JSON object.
    pub(super) fn verify(&self, jwt: &str) -> Result<Verified, Rejected> {
        let bad = |reason: &str| Rejected::Bad(reason.to_owned());
        let parts: Vec<&str> = jwt.splitn(6, '.').collect();
        let (header, payload, signature) = match parts.as_slice() {
            [header, payload, signature] => (*header, *payload, *signature),
            [_, _, _, _, _] => return Err(bad("the token is encrypted, which is not supported")),
            _ => return Err(bad("the token is no JWT")),
        };
        let header = Header::parse(header)?;
        let message = jwt.get(..jwt.len() - signature.len() - 1).unwrap_or_default();
        self.check_signature(&header, message, signature)?;

        let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| bad("the token's payload is not base64url"))?;
        if payload.len() > MAX_CLAIMS {
            return Err(Rejected::Bad(format!("the token's claims are larger than {MAX_CLAIMS} bytes")));
        }
        let claims = serde_json::from_slice(&payload).map_err(|_| bad("the token's payload is no JSON object"))?;
        Ok(Verified { algorithm: header.algorithm, claims })
    }

    fn check_signature(&self, header: &Header, message: &str, signature: &str) -> Result<(), Rejected> {
        let kid = header.kid.as_deref();
        let mut named = self.0.iter().filter(|key| kid.is_none() || key.id.as_deref() == kid).peekable();
        let candidates: Vec<&Key> = if named.peek().is_some() {
            named.collect()
        } else {
            // A set whose keys carry no ids leaves only trying.
            self.0.iter().filter(|key| key.id.is_none()).collect()
        };
        let fitting: Vec<&Key> =
            candidates.into_iter().filter(|key| key.algorithms.contains(&header.algorithm)).collect();
        if fitting.is_empty() {
            let kid = kid.map_or_else(|| "without a kid".to_owned(), |kid| format!("with kid {}", shown_kid(kid)));
            return Err(Rejected::NoKey(format!("the provider publishes no {:?} key {kid}", header.algorithm)));
        }
        let verifies = |key: &&Key| {
            jsonwebtoken::crypto::verify(signature, message.as_bytes(), &key.key, header.algorithm).unwrap_or(false)
        };
        if fitting.iter().any(verifies) {
            Ok(())
        } else {
            Err(Rejected::NoKey("the token's signature does not verify with the provider's keys".to_owned()))
        }
    }
}

impl Key {
    fn parse(jwk: &Value) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        if text("use").is_some_and(|usage| usage != "sig") {
            return None;
        }
        use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
        let (key, mut algorithms) = match (text("kty")?, text("crv")) {
            ("RSA", _) => (
                DecodingKey::from_rsa_components(text("n")?, text("e")?),
                vec![RS256, RS384, RS512, PS256, PS384, PS512],
            ),
            ("EC", Some("P-256")) => (DecodingKey::from_ec_components(text("x")?, text("y")?), vec![ES256]),
            ("EC", Some("P-384")) => (DecodingKey::from_ec_components(text("x")?, text("y")?), vec![ES384]),
            ("OKP", Some("Ed25519")) => (DecodingKey::from_ed_components(text("x")?), vec![EdDSA]),
            _ => return None,
        };
        if let Some(name) = text("alg") {
            let only = accepted(name)?;
            algorithms.retain(|algorithm| *algorithm == only);
        }
        Some(Self { id: text("kid").map(str::to_owned), algorithms, key: key.ok()? })
    }
}

struct Header {
    algorithm: Algorithm,
    kid: Option<String>,
}

impl Header {
    fn parse(part: &str) -> Result<Self, Rejected> {
        let bad = || Rejected::Bad("the token's header cannot be read".to_owned());
        if part.len() > MAX_HEADER {
            return Err(bad());
        }
        let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| bad())?;
        let header: RawClaims = serde_json::from_slice(&bytes).map_err(|_| bad())?;
        if header.contains_key("crit") {
            return Err(Rejected::Bad("the token's header asks for an extension (crit) that is not known".to_owned()));
        }
        let name = header.get("alg").and_then(Value::as_str).ok_or_else(bad)?;
        let algorithm = accepted(name).ok_or_else(|| {
            let name = quoted(name);
            Rejected::Bad(format!(
                "the token is signed with alg {name}; accepted are RS256-512, PS256-512, ES256, ES384 and EdDSA"
            ))
        })?;
        let kid = match header.get("kid") {
            None => None,
            Some(kid) => Some(kid.as_str().ok_or_else(bad)?.to_owned()),
        };
        Ok(Self { algorithm, kid })
    }
}

/// The allow-list. Never `none`, never HMAC, whatever a provider announces: with those anybody who knows the public key
/// or our secret could sign. ES512 would be welcome, but our cryptography has no P-521.
pub(super) fn accepted(name: &str) -> Option<Algorithm> {
    Some(match name {
        "RS256" => Algorithm::RS256,
        "RS384" => Algorithm::RS384,
        "RS512" => Algorithm::RS512,
        "PS256" => Algorithm::PS256,
        "PS384" => Algorithm::PS384,
        "PS512" => Algorithm::PS512,
        "ES256" => Algorithm::ES256,
        "ES384" => Algorithm::ES384,
        // RFC 9864 names the curve.
        "EdDSA" | "Ed25519" => Algorithm::EdDSA,
        _ => return None,
    })
}

/// The algorithm that the configuration calls so.
pub(super) const fn algorithm_of(pinned: SigningAlgorithm) -> Algorithm {
    match pinned {
        SigningAlgorithm::Rs256 => Algorithm::RS256,
        SigningAlgorithm::Rs384 => Algorithm::RS384,
        SigningAlgorithm::Rs512 => Algorithm::RS512,
        SigningAlgorithm::Ps256 => Algorithm::PS256,
        SigningAlgorithm::Ps384 => Algorithm::PS384,
        SigningAlgorithm::Ps512 => Algorithm::PS512,
        SigningAlgorithm::Es256 => Algorithm::ES256,
        SigningAlgorithm::Es384 => Algorithm::ES384,
        SigningAlgorithm::EdDsa => Algorithm::EdDSA,
    }
}

/// The left half of `text`'s hash in base64url, by the hash of `algorithm` (OpenID Connect Core 1.0, 3.1.3.6).
pub(super) fn half_hash(algorithm: Algorithm, text: &str) -> String {
    use Algorithm::{ES256, ES384, PS256, PS384, RS256, RS384};
    let hash = match algorithm {
        RS256 | PS256 | ES256 => &digest::SHA256,
        RS384 | PS384 | ES384 => &digest::SHA384,
        // Ed25519 signs with SHA-512.
        _ => &digest::SHA512,
    };
    let hash = digest::digest(hash, text.as_bytes());
    let (half, _) = hash.as_ref().split_at(hash.as_ref().len() / 2);
    URL_SAFE_NO_PAD.encode(half)
}

/// A kid is public: it is shown whole if it is made of plain characters and not overlong.
fn shown_kid(kid: &str) -> String {
    let plain = kid.len() <= 100 && kid.bytes().all(|c| c.is_ascii_graphic());
    if plain { format!("\"{kid}\"") } else { quoted(kid) }
}

#[cfg(test)]
mod tests;
