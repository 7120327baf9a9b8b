//! What a provider tells of itself, for whoever is about to set it up: found before anything is saved.

use serde_json::Value;
use url::Url;

use super::RawClaims;
use super::error::OidcError;
use super::keys;
use super::provider::{self, Metadata};
use crate::base::HttpClient;
use crate::identity::{ClientAuth, DEFAULT_SCOPES, Invalid, Issuer, text};

/// Most names of a list that are read: a page for people.
const MAX_NAMES: usize = 100;

/// A provider as it describes itself, and what that makes of our settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// Its issuer identifier, exactly as it writes it.
    pub issuer: Issuer,
    /// Where people sign in.
    pub authorization_endpoint: Url,
    /// Where codes are exchanged.
    pub token_endpoint: Url,
    /// Where more claims are asked for, if it has such a place.
    pub userinfo_endpoint: Option<Url>,
    /// How many of its keys can verify a signature that we accept.
    pub keys: usize,
    /// How we may authenticate there; nothing if it knows no way of ours.
    pub client_auth: Option<ClientAuth>,
    /// Those of our usual scopes that it knows: several providers refuse a request with another.
    pub scopes: Vec<String>,
    /// The claims that it announces.
    pub claims: Vec<String>,
    /// Whether it announces a signature that we accept, or does not say.
    pub signs: bool,
}

/// Why there is no preview.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PreviewError {
    /// What was typed is no issuer.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Another provider answers there.
    #[error("the provider that answers there calls itself {}; if that is the one you mean, write exactly this", .0.as_str())]
    OtherIssuer(Issuer),
    /// It cannot be reached, or is no provider.
    #[error(transparent)]
    Provider(#[from] OidcError),
}

/// Asks the provider that somebody typed the address of: its issuer, or its discovery document. A slash at the end is
/// set right, since both forms lead to one document.
///
/// # Errors
/// When that is no address of a provider, or the provider does not answer as one.
pub async fn preview(typed: &str, http: &HttpClient) -> Result<Preview, PreviewError> {
    let typed = typed.trim();
    let typed = typed.strip_suffix(provider::DOCUMENT).unwrap_or(typed);
    let typed = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
    let asked = Issuer::parse(&typed)?;
    let body = provider::document(&asked, http).await?;
    let document: RawClaims = serde_json::from_slice(&body).unwrap_or_default();
    let issuer = document.get("issuer").and_then(Value::as_str).and_then(|theirs| Issuer::parse(theirs).ok());
    let bare = |issuer: &Issuer| issuer.as_str().trim_end_matches('/').to_owned();
    let issuer = match issuer {
        Some(theirs) if bare(&theirs) == bare(&asked) => theirs,
        Some(theirs) => return Err(PreviewError::OtherIssuer(theirs)),
        // What is wrong with it is told where it is read.
        None => asked,
    };
    let metadata = Metadata::parse(&issuer, &body)?;
    let keys = provider::keys(&metadata.jwks_uri, http).await?.count();
    Ok(Preview { keys, ..read(issuer, metadata, &document) })
}

fn read(issuer: Issuer, metadata: Metadata, document: &RawClaims) -> Preview {
    let methods = names(document, "token_endpoint_auth_methods_supported");
    // Basic is what a provider knows that does not say (OpenID Connect Discovery 1.0, section 3).
    let client_auth = match methods {
        None => Some(ClientAuth::Basic),
        Some(methods) => {
            let known = [
                ("client_secret_basic", ClientAuth::Basic),
                ("client_secret_post", ClientAuth::Post),
                ("none", ClientAuth::None),
            ];
            known.into_iter().find(|(method, _)| methods.iter().any(|it| it == method)).map(|(_, auth)| auth)
        }
    };
    let announced = names(document, "scopes_supported");
    let is_known = |scope: &&str| match &announced {
        Some(announced) => *scope == "openid" || announced.iter().any(|it| it == scope),
        // Which others it would refuse is not known; these are the standard's.
        None => *scope != "groups",
    };
    let algorithms = names(document, "id_token_signing_alg_values_supported");
    Preview {
        issuer,
        authorization_endpoint: metadata.authorization_endpoint,
        token_endpoint: metadata.token_endpoint,
        userinfo_endpoint: metadata.userinfo_endpoint,
        keys: 0,
        client_auth,
        scopes: DEFAULT_SCOPES.into_iter().filter(is_known).map(str::to_owned).collect(),
        claims: names(document, "claims_supported").unwrap_or_default(),
        signs: algorithms.is_none_or(|names| names.iter().any(|name| keys::accepted(name).is_some())),
    }
}

/// A list of names in the document: those that are names, if there is a list at all.
fn names(document: &RawClaims, key: &str) -> Option<Vec<String>> {
    let list = document.get(key)?.as_array()?;
    let names = list.iter().filter_map(Value::as_str).filter_map(|name| text::claim(name).ok());
    Some(names.take(MAX_NAMES).collect())
}

#[cfg(test)]
mod tests;
