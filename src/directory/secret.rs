//! Client secrets typed in the console. They come here sealed and leave sealed: whoever reads the database, or a copy of
//! it, reads none.

use std::collections::HashMap;
use std::fmt;

use secrecy::SecretString;

use super::{Directory, StoreError};
use crate::base::{Ambient, SealingKey};
use crate::identity::{Catalogue, IdpId, IdpKey, Invalid, Issuer};
use crate::store::{Tx, catalogue, client_secrets};

/// Longest client secret, in bytes: none known is near it.
const MAX_SECRET: usize = 1_024;

/// A client secret, sealed for one IdP and one issuer. With another issuer it does not open: who may say where an IdP is
/// could otherwise have a secret sent there that they were never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedSecret(String);

/// The sealed secrets of IdPs.
pub type SealedSecrets = HashMap<IdpKey, SealedSecret>;

impl SealedSecret {
    /// Seals what was typed.
    ///
    /// # Errors
    /// When it can be no secret.
    pub fn seal(
        key: &SealingKey,
        ambient: &Ambient,
        (idp, issuer): (&IdpId, &Issuer),
        typed: &str,
    ) -> Result<Self, Invalid> {
        let invalid = || Invalid::new(format!("a client secret is 1 to {MAX_SECRET} bytes on one line; copy it again"));
        if typed.is_empty() || typed.len() > MAX_SECRET || typed.chars().any(char::is_control) {
            return Err(invalid());
        }
        key.seal(ambient, &purpose(idp, issuer), &typed).map(Self).ok_or_else(invalid)
    }

    /// The secret, for requests to that issuer.
    pub fn open(&self, key: &SealingKey, (idp, issuer): (&IdpId, &Issuer)) -> Option<SecretString> {
        key.open::<String>(&purpose(idp, issuer), &self.0).map(SecretString::from)
    }

    /// As the store keeps it, and a form that is shown again.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What a form carried along, if it is a secret sealed for that issuer.
    pub fn carried(key: &SealingKey, of: (&IdpId, &Issuer), sealed: &str) -> Option<Self> {
        let sealed = Self(sealed.to_owned());
        sealed.open(key, of).is_some().then_some(sealed)
    }
}

fn purpose(idp: &IdpId, issuer: &Issuer) -> String {
    format!("client secret of {idp} at {}", issuer.as_str())
}

impl fmt::Debug for SealedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedSecret(…)")
    }
}

impl Directory {
    /// Everything that is live, and the sealed secrets of its IdPs, of one piece.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn catalogue_with_secrets(&self) -> Result<(Catalogue, SealedSecrets), StoreError> {
        let mut tx = self.db.brief_snapshot().await?;
        let catalogue = catalogue::load(&mut tx).await?;
        Ok((catalogue, sealed(&mut tx).await?))
    }

    /// What there would be to test if that IdP, which an admin turned off, were on and there were no other; none if it is
    /// not such a one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn turned_off(&self, id: &IdpId) -> Result<Option<(Catalogue, SealedSecrets)>, StoreError> {
        let mut tx = self.db.brief_snapshot().await?;
        let Some(catalogue) = catalogue::load_turned_off(&mut tx, id).await? else { return Ok(None) };
        Ok(Some((catalogue, sealed(&mut tx).await?)))
    }
}

async fn sealed(tx: &mut Tx) -> Result<SealedSecrets, StoreError> {
    let sealed = client_secrets::all(tx).await?;
    Ok(sealed.into_iter().map(|(idp, sealed)| (idp, SealedSecret(sealed))).collect())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn a_secret_opens_for_its_idp_at_its_issuer_alone() {
        let (ambient, key) = (Ambient::system(), SealingKey::new(&[7; 32]));
        let id = |text: &str| IdpId::parse(text).unwrap();
        let at = |text: &str| Issuer::parse(text).unwrap();
        let (company, issuer) = (id("company"), at("https://id.example.com"));
        let sealed = SealedSecret::seal(&key, &ambient, (&company, &issuer), "correct horse").unwrap();
        let opened = |idp: &IdpId, issuer: &Issuer| {
            sealed.open(&key, (idp, issuer)).map(|secret| secret.expose_secret().to_owned())
        };
        assert_eq!(opened(&company, &issuer).as_deref(), Some("correct horse"));
        assert_eq!(opened(&id("other"), &issuer), None);
        assert_eq!(opened(&company, &at("https://evil.example.com")), None);
        assert!(sealed.open(&SealingKey::new(&[8; 32]), (&company, &issuer)).is_none());
        assert!(!sealed.as_str().contains("horse") && !format!("{sealed:?}").contains("horse"));
    }

    #[test]
    fn what_can_be_no_secret_is_not_sealed() {
        let (ambient, key) = (Ambient::system(), SealingKey::new(&[7; 32]));
        let (idp, issuer) = (IdpId::parse("company").unwrap(), Issuer::parse("https://id.example.com").unwrap());
        let seal = |typed: &str| SealedSecret::seal(&key, &ambient, (&idp, &issuer), typed);
        assert!(seal(&"x".repeat(MAX_SECRET)).is_ok());
        for typed in ["", "a\nb", &"x".repeat(MAX_SECRET + 1)] {
            assert!(seal(typed).is_err());
        }
    }
}
