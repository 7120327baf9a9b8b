//! The ways to misbehave.

/// One way to misbehave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// None: everything is right.
    Honest,
    /// An endpoint does not do its work.
    At(Endpoint, Trouble),
    /// The metadata's issuer has a slash too many.
    DiscoveryIssuer,
    /// The metadata's authorization endpoint is a script.
    DiscoveryScheme,
    /// The callback's `iss` is another provider's (mix-up, RFC 9207).
    CallbackIss,
    /// The callback has no `iss`, although the metadata promises it.
    CallbackIssMissing,
    /// The token endpoint refuses, quoting our code and secret, over two lines.
    TokenError,
    /// A code is good as often as it is shown.
    CodesForever,
    /// There is no ID token.
    IdTokenMissing,
    /// For a refresh token there is no ID token.
    RefreshWithoutIdToken,
    /// The ID token is of another issuer.
    Issuer,
    /// The ID token is for another audience.
    Audience,
    /// The ID token is for us and another, and says not to whom it was issued.
    AudiencesWithoutAzp,
    /// The ID token was issued to another client.
    Azp,
    /// The ID token's nonce is another.
    Nonce,
    /// The ID token has no nonce.
    NonceMissing,
    /// The ID token's `at_hash` is of another access token.
    AtHash,
    /// The ID token has no signature.
    AlgNone,
    /// The ID token is signed by HMAC with the public key in PEM.
    Hs256Pem,
    /// The ID token is signed by HMAC with the public key as JWK.
    Hs256Jwk,
    /// The ID token's key is not published.
    UnknownKid,
    /// The ID token says to be signed with the published key and is signed with another.
    ForeignKey,
    /// The ID token's payload was changed after signing.
    Tampered,
    /// The ID token's header asks for an extension.
    Crit,
    /// The ID token is in five parts.
    Encrypted,
    /// The ID token expired two minutes ago.
    Expired,
    /// The ID token never expires.
    ExpMissing,
    /// The ID token was issued in two minutes.
    Future,
    /// The ID token was issued yesterday, for a week.
    Old,
    /// The ID token has no `sub`.
    SubMissing,
    /// The ID token's `sub` is a number.
    SubNumber,
    /// The ID token's `sub` is empty.
    SubEmpty,
    /// The ID token carries 70 KiB of groups.
    Oversized,
    /// Userinfo is bob's.
    UserinfoSub,
    /// Userinfo has no `sub`.
    UserinfoSubMissing,
    /// Userinfo carries 70 KiB of groups.
    UserinfoOversized,
    /// Userinfo is a JWT without a signature.
    UserinfoUnsigned,
    /// Userinfo is a JWT of another issuer.
    UserinfoIssuer,
}

/// Where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    Discovery,
    Keys,
    Token,
    Userinfo,
}

/// What an endpoint does instead of its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It never answers.
    Silent,
    /// It answers 500.
    Fails,
    /// It answers a page.
    NotJson,
    /// It answers more than anybody should read.
    Huge,
    /// It sends us elsewhere.
    Redirects,
}

impl Fault {
    pub(super) fn at_endpoint(self, path: &str) -> Option<Trouble> {
        let Self::At(endpoint, trouble) = self else { return None };
        let there = match endpoint {
            Endpoint::Discovery => "/.well-known/openid-configuration",
            Endpoint::Keys => "/jwks",
            Endpoint::Token => "/token",
            Endpoint::Userinfo => "/userinfo",
        };
        (path == there).then_some(trouble)
    }
}
