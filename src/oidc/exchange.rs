//! The fence around `openidconnect`: it writes the authorization request and the token request, nothing else.
//!
//! Its own token response would read the ID token into fixed types, dropping claims and failing on odd ones; ours keeps
//! the token as it came.

use std::fmt;
use std::pin::Pin;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderValue, StatusCode};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreResponseType, CoreRevocableToken,
    CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AccessToken, AsyncHttpClient, AuthType, AuthUrl, AuthenticationFlow, AuthorizationCode, Client, ClientId,
    ClientSecret, CsrfToken, EmptyAdditionalClaims, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IdToken,
    IssuerUrl, JsonWebKeySet, LoginHint, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RefreshToken, RequestTokenError, Scope, StandardErrorResponse, TokenResponse, TokenUrl,
};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::base::HttpClient;
use crate::identity::ClientAuth;

use super::error::{OidcError, quoted};
use super::provider::{Provider, unexpected_status};
use super::{Ask, Attempt, ProviderSettings};

const WHAT: &str = "the token endpoint";

/// Where to send the browser.
pub(super) fn authorization_url(
    settings: &ProviderSettings,
    provider: &Provider,
    ask: &Ask,
    attempt: &Attempt,
) -> Result<Url, OidcError> {
    let client = client(settings, provider)?;
    let verifier = PkceCodeVerifier::new(attempt.pkce_verifier.clone());
    let (state, nonce) = (attempt.state.clone(), attempt.nonce.clone());
    let mut request = client
        .authorize_url(
            AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
            move || CsrfToken::new(state),
            move || Nonce::new(nonce),
        )
        .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
    // The library adds `openid` by itself.
    for scope in settings.scopes.iter().filter(|scope| *scope != "openid") {
        request = request.add_scope(Scope::new(scope.clone()));
    }
    if let Some(hint) = &ask.login_hint {
        request = request.set_login_hint(LoginHint::new(hint.clone()));
    }
    if ask.reauthenticate {
        request = request.add_prompt(CoreAuthPrompt::Login);
    }
    Ok(request.url().0)
}

/// What the token endpoint gave for a code.
pub(super) struct Tokens {
    pub(super) id_token: String,
    pub(super) access_token: String,
}

/// Exchanges a code.
pub(super) async fn redeem(
    settings: &ProviderSettings,
    http: &HttpClient,
    provider: &Provider,
    code: String,
    attempt: &Attempt,
) -> Result<Tokens, OidcError> {
    let client = client(settings, provider)?;
    let sender = Sender { http: http.clone(), authorization: basic_authorization(settings)? };
    let answer = client
        .exchange_code(AuthorizationCode::new(code))
        .set_pkce_verifier(PkceCodeVerifier::new(attempt.pkce_verifier.clone()))
        .request_async(&sender)
        .await
        .map_err(|error| refusal(settings, error))?;
    let id_token = answer.id_token.ok_or_else(|| OidcError::refused(format!("{WHAT} gave no ID token")))?;
    Ok(Tokens { id_token, access_token: answer.access_token.into_secret() })
}

/// Our client, as the library wants it.
struct Sender {
    http: HttpClient,
    authorization: Option<HeaderValue>,
}

impl<'c> AsyncHttpClient<'c> for Sender {
    type Error = OidcError;
    // Boxed by name: the future of a closure would make ours impossible to spawn.
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, OidcError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

impl Sender {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, OidcError> {
        let mut request = request.map(Bytes::from);
        if let Some(authorization) = &self.authorization {
            request.headers_mut().insert(AUTHORIZATION, authorization.clone());
        }
        let response = self.http.request(request).await.map_err(|error| OidcError::of_exchange(WHAT, &error))?;
        match response.status() {
            // These two may carry an OAuth error (RFC 6749 5.2).
            StatusCode::OK | StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED => {
                Ok(response.map(|body| body.to_vec()))
            }
            status => Err(unexpected_status(WHAT, status)),
        }
    }
}

/// RFC 6749 2.3.1 wants both parts form-encoded, and several providers do not decode: encoding only what is not
/// unreserved (RFC 3986 2.3) satisfies both for all usual secrets. The library would encode `~` too.
fn basic_authorization(settings: &ProviderSettings) -> Result<Option<HeaderValue>, OidcError> {
    let (ClientAuth::Basic, Some(secret)) = (settings.client_auth, &settings.client_secret) else { return Ok(None) };
    let pair = format!("{}:{}", encoded(&settings.client_id), encoded(secret.expose_secret()));
    let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair)))
        .map_err(|_| OidcError::misconfigured("the client secret cannot be sent"))?;
    value.set_sensitive(true);
    Ok(Some(value))
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
        out
    })
}

fn refusal(
    settings: &ProviderSettings,
    error: RequestTokenError<OidcError, StandardErrorResponse<CoreErrorResponseType>>,
) -> OidcError {
    match error {
        RequestTokenError::Request(error) => error,
        RequestTokenError::Parse(..) => OidcError::refused(format!("{WHAT} did not answer with a token response")),
        RequestTokenError::Other(_) => OidcError::refused(format!("{WHAT} did not answer with JSON")),
        RequestTokenError::ServerResponse(answer) => {
            let mut cause = format!("{WHAT} answered {}", quoted(answer.error().as_ref()));
            if let Some(description) = answer.error_description() {
                cause = format!("{cause}, {}", quoted(&without_secret(settings, description)));
            }
            match answer.error() {
                CoreErrorResponseType::InvalidClient | CoreErrorResponseType::UnauthorizedClient => {
                    OidcError::misconfigured(format!("{cause}: check client id, secret and client_auth"))
                }
                _ => OidcError::refused(cause),
            }
        }
    }
}

/// A provider may quote what we sent. Codes and tokens are long enough to be masked anyway; a secret need not be.
fn without_secret(settings: &ProviderSettings, text: &str) -> String {
    match settings.client_secret.as_ref().map(|secret| secret.expose_secret()) {
        Some(secret) if !secret.is_empty() => text.replace(secret, "…").replace(&encoded(secret), "…"),
        _ => text.to_owned(),
    }
}

type Library = Client<
    EmptyAdditionalClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    TokenAnswer,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
    EndpointNotSet,
>;

fn client(settings: &ProviderSettings, provider: &Provider) -> Result<Library, OidcError> {
    let metadata = &provider.metadata;
    let issuer =
        IssuerUrl::new(metadata.issuer.clone()).map_err(|_| OidcError::misconfigured("the issuer is no URL"))?;
    let redirect_uri = RedirectUrl::new(settings.redirect_uri.clone())
        .map_err(|_| OidcError::misconfigured("the redirect URI is no URL"))?;
    // No keys: the library verifies nothing here.
    let client = Client::new(ClientId::new(settings.client_id.clone()), issuer, JsonWebKeySet::default())
        .set_auth_uri(AuthUrl::from_url(metadata.authorization_endpoint.clone()))
        .set_token_uri(TokenUrl::from_url(metadata.token_endpoint.clone()))
        .set_redirect_uri(redirect_uri);
    Ok(match (settings.client_auth, &settings.client_secret) {
        (ClientAuth::None, _) | (_, None) => client.set_auth_type(AuthType::RequestBody),
        (ClientAuth::Post, Some(secret)) => client
            .set_auth_type(AuthType::RequestBody)
            .set_client_secret(ClientSecret::new(secret.expose_secret().to_owned())),
        (ClientAuth::Basic, Some(secret)) => client
            .set_auth_type(AuthType::BasicAuth)
            .set_client_secret(ClientSecret::new(secret.expose_secret().to_owned())),
    })
}

/// A token response (RFC 6749 5.1): only what we use, so that an odd `expires_in` or `scope` cannot stop a sign-in.
#[derive(Deserialize, Serialize)]
struct TokenAnswer {
    access_token: AccessToken,
    #[serde(deserialize_with = "bearer")]
    token_type: CoreTokenType,
    #[serde(default)]
    id_token: Option<String>,
}

/// `Bearer` in any case; no other kind of access token can be used here.
fn bearer<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<CoreTokenType, D::Error> {
    let name = String::deserialize(deserializer)?;
    if name.eq_ignore_ascii_case("bearer") {
        Ok(CoreTokenType::Bearer)
    } else {
        Err(serde::de::Error::custom("not a bearer token"))
    }
}

impl fmt::Debug for TokenAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenAnswer(…)")
    }
}

impl OAuth2TokenResponse for TokenAnswer {
    type TokenType = CoreTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &CoreTokenType {
        &self.token_type
    }

    fn expires_in(&self) -> Option<std::time::Duration> {
        None
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        None
    }

    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}

type LibraryIdToken =
    IdToken<EmptyAdditionalClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

impl TokenResponse<EmptyAdditionalClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>
    for TokenAnswer
{
    fn id_token(&self) -> Option<&LibraryIdToken> {
        None
    }
}

#[cfg(test)]
mod tests;
