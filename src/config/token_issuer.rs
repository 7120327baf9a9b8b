//! `[[token_issuer]]`.

use std::time::Duration;

use url::Url;

use crate::identity::{
    Host, IdpId, Issuer, KeySource, SigningAlgorithm, SubjectClaim, TokenIssuer, TokenIssuerId, TokenSubject, TokenType,
};

use super::section::Section;
use super::values;

/// Longest life of a token that a file may allow: longer ones are for the tokens issued here, which can be ended.
const MAX_LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// What is allowed where the file does not say: a working day's job.
const USUAL_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
/// Longest audience, in bytes.
const MAX_AUDIENCE: usize = 512;

/// One `[[token_issuer]]`, as far as it could be read.
pub(super) struct TokenIssuerDraft {
    pub(super) path: String,
    pub(super) id: Option<TokenIssuerId>,
    pub(super) spec: Option<TokenIssuer>,
}

/// Reads every `[[token_issuer]]`.
pub(super) fn token_issuers(root: &mut Section<'_>) -> Vec<TokenIssuerDraft> {
    root.entries("token_issuer", Some("id")).into_iter().map(token_issuer).collect()
}

fn token_issuer(mut section: Section<'_>) -> TokenIssuerDraft {
    let path = section.path.clone();
    let id = section.required("id", "give it a short name, such as ci", TokenIssuerId::parse);
    let issuer =
        section.required("issuer", "write the issuer URL, exactly as its tokens have it in `iss`", Issuer::parse);
    let hint = "write what its tokens for applications here have in `aud`; never a client_id of an IdP";
    let audience = section.required("audience", hint, audience);
    let algorithms = section.full_list("algorithms", "name those it signs with, such as [\"ES256\"]", algorithm);
    let algorithms = algorithms.map_or_else(|| vec![SigningAlgorithm::Rs256], |all| super::list::values(&all));
    let keys = section.text("jwks_url", key_url).map_or(KeySource::Discovery, KeySource::Url);
    let types = [("at+jwt", TokenType::AccessToken), ("any", TokenType::Unmarked)];
    let token_type = section.choice("typ", &types, TokenType::default());
    let max_lifetime = section.text("max_lifetime", lifetime).unwrap_or(USUAL_LIFETIME);
    let subject = subject(&mut section);
    section.finish();
    let spec = (|| {
        Some(TokenIssuer {
            id: id.clone()?,
            issuer: issuer?,
            audience: audience?,
            algorithms,
            keys,
            token_type,
            max_lifetime,
            subject: subject?,
        })
    })();
    TokenIssuerDraft { path, id, spec }
}

fn subject(section: &mut Section<'_>) -> Option<TokenSubject> {
    let before = section.report.count();
    let idp = section.text("idp", IdpId::parse);
    let claim = section.text("service_accounts", str::parse::<SubjectClaim>);
    match (idp, claim) {
        (Some(idp), None) => Some(TokenSubject::User(idp)),
        (None, Some(claim)) => Some(TokenSubject::Service(claim)),
        (Some(_), Some(_)) => {
            section
                .refuse("service_accounts", "stands beside `idp`: a token speaks of a user or of a program; keep one");
            None
        }
        (None, None) => {
            if section.report.count() == before {
                let advice = "is missing: name the IdP whose users the tokens speak of, or write service_accounts = \
                              \"sub\" where they speak of programs";
                section.refuse("idp", advice);
            }
            None
        }
    }
}

fn audience(text: &str) -> Result<String, &'static str> {
    let printable = |c: char| !c.is_control() && !c.is_whitespace();
    if text.is_empty() || text.len() > MAX_AUDIENCE || !text.chars().all(printable) {
        return Err("an audience is 1 to 512 bytes without spaces, such as https://apps.example.com");
    }
    Ok(text.to_owned())
}

fn algorithm(text: &str) -> Result<SigningAlgorithm, String> {
    let known = SigningAlgorithm::ALL.iter().find(|(name, _)| *name == text);
    known.map(|(_, algorithm)| *algorithm).ok_or_else(|| {
        let names: Vec<&str> = SigningAlgorithm::ALL.iter().map(|(name, _)| *name).collect();
        format!("`{text}` is none that is taken; there are {}: no HMAC, and never none", names.join(", "))
    })
}

fn key_url(text: &str) -> Result<String, &'static str> {
    let invalid = "a URL of keys is https (http only on loopback), without user, password or fragment";
    let url = Url::parse(text).map_err(|_| invalid)?;
    let loopback = url.host_str().and_then(|host| Host::parse(host).ok()).is_some_and(|host| host.is_loopback());
    let safe = url.scheme() == "https" || (url.scheme() == "http" && loopback);
    let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    if safe && bare { Ok(url.into()) } else { Err(invalid) }
}

fn lifetime(text: &str) -> Result<Duration, String> {
    match values::duration(text)? {
        long if long > MAX_LIFETIME => {
            Err("is longer than 7d, and a JWT cannot be ended before; tokens issued here can".to_owned())
        }
        fine => Ok(fine),
    }
}
