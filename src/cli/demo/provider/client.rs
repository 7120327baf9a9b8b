//! The one client of the provider.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, header};
use secrecy::{ExposeSecret as _, SecretString};
use url::form_urlencoded;

use crate::base::TokenHash;

/// The client that may ask: Vestibule.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: SecretString,
    /// The one place its codes are sent to, compared exactly.
    pub redirect_uri: String,
}

impl Client {
    /// Whether the request proves to come from this client, by `client_secret_basic` (RFC 6749 2.3.1).
    pub(super) fn is_sender(&self, headers: &HeaderMap) -> bool {
        let Some((id, secret)) = basic(headers) else { return false };
        // Hashes are compared in constant time.
        let known = TokenHash::of(self.secret.expose_secret().as_bytes());
        (TokenHash::of(secret.as_bytes()) == known) & (id == self.id)
    }
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, credentials) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    Some((form_decoded(id)?, form_decoded(secret)?))
}

/// The two halves of the pair are form-encoded before they are joined.
fn form_decoded(text: &str) -> Option<String> {
    let pair = format!("v={text}");
    form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned())
}
