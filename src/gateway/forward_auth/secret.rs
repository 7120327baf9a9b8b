//! What a proxy shows that nobody else knows.

use http::HeaderName;

use crate::base::TokenHash;
use crate::identity::Invalid;

/// Where it is shown. Its name is one of those that no upstream is ever sent.
pub(super) const SECRET_HEADER: HeaderName = HeaderName::from_static("x-vestibule-secret");

/// Shortest secret: 24 characters of base64 are 144 bits.
const MIN_LENGTH: usize = 24;

/// The secret that a proxy shows. Only its hash is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxySecret(TokenHash);

impl ProxySecret {
    /// Takes a secret.
    ///
    /// # Errors
    /// When it can be guessed, or cannot stand in a header.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.len() < MIN_LENGTH || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Invalid::new(
                "a proxy's secret is 24 or more printable characters without spaces; `openssl rand -base64 32` makes one",
            ));
        }
        Ok(Self(TokenHash::of(text.as_bytes())))
    }

    /// Whether it is this. Takes as long for every guess of the same length: hashes are compared.
    pub(super) fn is(&self, shown: &[u8]) -> bool {
        self.0 == TokenHash::of(shown)
    }
}
