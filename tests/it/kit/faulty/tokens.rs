//! Tokens of the misbehaving provider, signed with a key made for the run.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Map, Value, json};

use super::Fault;

/// One signing key.
pub(super) struct Mint {
    pub(super) kid: String,
    key: EncodingKey,
    public: EcdsaKeyPair,
}

/// What an ID token is made of.
pub(super) struct Claims<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    pub(super) access_token: &'a str,
    pub(super) now: i64,
    pub(super) extra: Map<String, Value>,
}

impl Mint {
    pub(super) fn new(kid: &str) -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
        let public = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).expect("a key");
        Self { kid: kid.to_owned(), key: EncodingKey::from_ec_der(pkcs8.as_ref()), public }
    }

    pub(super) fn jwk(&self) -> Value {
        let point = self.public.public_key().as_ref();
        let coordinate = |range: std::ops::Range<usize>| URL_SAFE_NO_PAD.encode(&point[range]);
        json!({
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": self.kid,
            "x": coordinate(1..33), "y": coordinate(33..65),
        })
    }

    pub(super) fn signed(&self, claims: &Value) -> String {
        self.sign(&json!({ "alg": "ES256", "kid": self.kid }), claims)
    }

    pub(super) fn id_token(&self, fault: Fault, parts: &Claims<'_>) -> String {
        let claims = faulty_claims(fault, parts);
        let header = json!({ "alg": "ES256", "kid": self.kid, "typ": "JWT" });
        match fault {
            Fault::AlgNone => unsigned(&claims),
            Fault::Hs256Pem => self.hmac(self.pem().as_bytes(), &claims),
            Fault::Hs256Jwk => self.hmac(self.jwk().to_string().as_bytes(), &claims),
            Fault::UnknownKid => self.sign(&json!({ "alg": "ES256", "kid": "nobody-knows-it" }), &claims),
            Fault::ForeignKey => Self::new(&self.kid).signed(&claims),
            Fault::Crit => {
                self.sign(&json!({ "alg": "ES256", "kid": self.kid, "crit": ["b64"], "b64": false }), &claims)
            }
            Fault::Encrypted => "e30.AAAA.AAAA.AAAA.AAAA".to_owned(),
            Fault::Tampered => {
                let token = self.sign(&header, &claims);
                let mut other = claims;
                other["sub"] = json!("bob");
                let mut parts: Vec<&str> = token.split('.').collect();
                let payload = part(&other);
                parts[1] = &payload;
                parts.join(".")
            }
            _ => self.sign(&header, &claims),
        }
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        self.sign_text(&header.to_string(), &claims.to_string())
    }

    /// Signs whatever is written.
    pub(super) fn sign_text(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature =
            jsonwebtoken::crypto::sign(message.as_bytes(), &self.key, Algorithm::ES256).expect("a signature");
        format!("{message}.{signature}")
    }

    fn hmac(&self, secret: &[u8], claims: &Value) -> String {
        Self::hmac_of(secret, &json!({ "alg": "HS256", "kid": self.kid }), claims)
    }

    /// HMAC by the public key, as PEM and as JWK.
    pub(super) fn hmacs(&self, header: &Value, claims: &Value) -> [String; 2] {
        [self.pem(), self.jwk().to_string()].map(|secret| Self::hmac_of(secret.as_bytes(), header, claims))
    }

    fn hmac_of(secret: &[u8], header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", part(header), part(claims));
        let key = EncodingKey::from_secret(secret);
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).expect("a signature");
        format!("{message}.{signature}")
    }

    fn pem(&self) -> String {
        let der = self.public.public_key().as_der().expect("a public key");
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der.as_ref()))
    }
}

/// A token with `alg` none.
pub(super) fn unsigned(claims: &Value) -> String {
    format!("{}.{}.", part(&json!({ "alg": "none" })), part(claims))
}

fn faulty_claims(fault: Fault, parts: &Claims<'_>) -> Value {
    let half = &digest(&SHA256, parts.access_token.as_bytes()).as_ref()[..16].to_vec();
    let mut claims = json!({
        "iss": parts.issuer,
        "aud": parts.client_id,
        "sub": "alice",
        "nonce": parts.nonce,
        "iat": parts.now,
        "exp": parts.now + 600,
        "at_hash": URL_SAFE_NO_PAD.encode(half),
        "name": "Alice Archer",
        "preferred_username": "alice",
        "groups": ["admin", "home-lab"],
    });
    let object = claims.as_object_mut().expect("an object");
    object.extend(parts.extra.clone());
    let mut set = |name: &str, value: Value| drop(object.insert(name.to_owned(), value));
    match fault {
        Fault::Issuer => set("iss", json!("https://other.example.com")),
        Fault::Audience => set("aud", json!("another-client")),
        Fault::AudiencesWithoutAzp => set("aud", json!([parts.client_id, "another-client"])),
        Fault::Azp => set("azp", json!("another-client")),
        Fault::Nonce => set("nonce", json!("another-nonce")),
        Fault::AtHash => set("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA")),
        Fault::Expired => set("exp", json!(parts.now - 120)),
        Fault::Future => set("iat", json!(parts.now + 120)),
        Fault::Old => {
            set("iat", json!(parts.now - 86_400));
            set("exp", json!(parts.now + 6 * 86_400));
        }
        Fault::SubNumber => set("sub", json!(4711)),
        Fault::SubEmpty => set("sub", json!("")),
        Fault::Oversized => set("groups", json!("x".repeat(70 * 1024))),
        Fault::NonceMissing => drop(object.remove("nonce")),
        Fault::ExpMissing => drop(object.remove("exp")),
        Fault::SubMissing => drop(object.remove("sub")),
        _ => {}
    }
    claims
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}
