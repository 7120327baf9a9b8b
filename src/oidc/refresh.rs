//! What a provider says of a person asked for again, by a refresh token (OpenID Connect Core 1.0, section 12).

use std::fmt;
use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};

use super::provider::Provider;
use super::{OidcError, RawClaims, RelyingParty, check, exchange};

/// What a provider said of a person again, verified; at least one of both.
#[derive(Clone)]
pub struct SaidAgain {
    /// The claims of a new ID token: not every provider gives one.
    pub id_token: Option<RawClaims>,
    /// The claims of the userinfo endpoint, if the provider has one.
    pub userinfo: Option<RawClaims>,
}

/// What became of a refresh token.
#[derive(Debug)]
pub enum Refreshed {
    /// It was good.
    Tokens {
        /// The one to be used next: where providers change them, the one before is good no more.
        next: SecretString,
        /// What the provider says now, if it stands every check.
        claims: Result<SaidAgain, OidcError>,
    },
    /// It is good for nothing any more: it ran out, was taken back, or the person is gone.
    Ended(OidcError),
}

impl RelyingParty {
    /// Fetches claims again by a refresh token, of the person it was given for.
    ///
    /// # Errors
    /// When the provider cannot be reached, or answers with anything that does not stand every check.
    pub async fn refresh(&self, token: &SecretString, subject: &str) -> Result<Refreshed, OidcError> {
        let provider = self.discovery.current().await?;
        let refreshed = exchange::refresh(&self.settings, &self.http, &provider, token.expose_secret()).await?;
        let (tokens, next) = match refreshed {
            exchange::Refreshed::Tokens(tokens, next) => (tokens, next),
            exchange::Refreshed::Ended(why) => return Ok(Refreshed::Ended(why)),
        };
        let next = next.map_or_else(|| token.clone(), SecretString::from);
        let claims = match tokens {
            Ok(tokens) => self.said_again(&provider, tokens, subject).await,
            Err(error) => Err(error),
        };
        Ok(Refreshed::Tokens { next, claims })
    }

    async fn said_again(
        &self,
        provider: &Arc<Provider>,
        tokens: exchange::Renewed,
        subject: &str,
    ) -> Result<SaidAgain, OidcError> {
        let exchange::Renewed { access_token, id_token } = tokens;
        let id_token = match id_token {
            None => None,
            Some(jwt) => {
                let verified = self.verify(provider, &jwt).await?;
                if check::id_token(&verified, &self.expected(&access_token, None))? != subject {
                    return Err(OidcError::refused("the ID token is of another sub than the session"));
                }
                Some(verified.claims)
            }
        };
        let userinfo = self.userinfo(provider, &access_token, subject).await?;
        if id_token.is_none() && userinfo.is_none() {
            return Err(OidcError::refused("for a refresh token there is no ID token, nor is there userinfo"));
        }
        Ok(SaidAgain { id_token, userinfo })
    }
}

impl fmt::Debug for SaidAgain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SaidAgain(…)")
    }
}
