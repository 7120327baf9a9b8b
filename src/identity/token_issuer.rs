//! Issuers of access tokens (RFC 9068) that programs may come with, as the configuration file declares them.

use std::fmt;
use std::time::Duration;

use super::{IdpId, Issuer, SubjectClaim, TokenIssuerId};

/// An issuer whose access tokens applications may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenIssuer {
    /// Its id.
    pub id: TokenIssuerId,
    /// Its issuer identifier: the `iss` of its tokens, to the last character.
    pub issuer: Issuer,
    /// The `aud` that its tokens for us hold. Never a client id: whoever gets an ID token at a sign-in would hold an
    /// access token too.
    pub audience: String,
    /// The algorithms that it signs with.
    pub algorithms: Vec<SigningAlgorithm>,
    /// Where its keys are.
    pub keys: KeySource,
    /// Which tokens are taken for access tokens.
    pub token_type: TokenType,
    /// Longest life of a token, from `iat` to `exp`.
    pub max_lifetime: Duration,
    /// Whom its tokens speak of.
    pub subject: TokenSubject,
}

/// A signature algorithm (RFC 7518 3.1). There is neither `none` nor HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are called as in RFC 7518")]
pub enum SigningAlgorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    EdDsa,
}

impl SigningAlgorithm {
    /// Every algorithm, by its registered name.
    pub const ALL: [(&'static str, Self); 9] = [
        ("RS256", Self::Rs256),
        ("RS384", Self::Rs384),
        ("RS512", Self::Rs512),
        ("PS256", Self::Ps256),
        ("PS384", Self::Ps384),
        ("PS512", Self::Ps512),
        ("ES256", Self::Es256),
        ("ES384", Self::Es384),
        ("EdDSA", Self::EdDsa),
    ];
}

impl fmt::Display for SigningAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL.iter().find(|(_, algorithm)| algorithm == self).map_or("", |(name, _)| name))
    }
}

/// Where an issuer's keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// Where its discovery document says.
    Discovery,
    /// At this URL.
    Url(String),
}

/// Which tokens are taken for access tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenType {
    /// Those that say so: `typ` is `at+jwt` (RFC 9068 2.1).
    #[default]
    AccessToken,
    /// Also those of `typ` `JWT` or none, of issuers that do not say, unless anything else speaks against it.
    Unmarked,
}

/// Whom an issuer's tokens speak of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenSubject {
    /// Users who have signed in at this IdP, which has the same issuer: the claim that its `identifier` names is
    /// theirs, byte for byte. Nobody is ever made of a token.
    User(IdpId),
    /// Service accounts, by this claim.
    Service(SubjectClaim),
}
