//! The key from outside, and what it makes of ours.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};

use super::ServerKeysError;
use crate::base::{Ambient, SealingKey, TokenHash};
use crate::identity::Invalid;

/// What a sealed key begins with. One that is not sealed is base64, which has no colon.
const MARK: &str = "sealed:";

/// A key that operators give. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct EncryptionKey {
    key: Arc<SealingKey>,
    /// Tells keys apart once they are in use.
    hash: TokenHash,
}

/// The keys that operators give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptionKeys {
    /// What is sealed is sealed with this one.
    pub current: EncryptionKey,
    /// What was sealed with this one is sealed anew.
    pub previous: Option<EncryptionKey>,
}

/// A key of ours, as it was found.
pub(super) struct Stored {
    /// The key.
    pub(super) key: SecretString,
    /// Whether it is not sealed as it should be.
    pub(super) outdated: bool,
}

impl EncryptionKey {
    /// Takes 32 bytes in base64 (RFC 4648 4).
    ///
    /// # Errors
    /// When they are not.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let mut bytes = [0; 32];
        match STANDARD.decode_slice(text, &mut bytes) {
            Ok(32) => Ok(Self { key: Arc::new(SealingKey::new(&bytes)), hash: TokenHash::of(&bytes) }),
            _ => Err(Invalid::new("an encryption key is 32 bytes in base64; `openssl rand -base64 32` makes one")),
        }
    }

    fn open(&self, purpose: &str, sealed: &str) -> Option<SecretString> {
        self.key.open::<String>(&bound_to(purpose), sealed).map(Into::into)
    }
}

impl PartialEq for EncryptionKey {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
    }
}

impl Eq for EncryptionKey {}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncryptionKey(…)")
    }
}

/// A key as a row holds it.
pub(super) fn open(
    purpose: &str,
    material: &str,
    encryption: Option<&EncryptionKeys>,
) -> Result<Stored, ServerKeysError> {
    let Some(sealed) = material.strip_prefix(MARK) else {
        return Ok(Stored { key: material.into(), outdated: encryption.is_some() });
    };
    let Some(EncryptionKeys { current, previous }) = encryption else {
        return Err(ServerKeysError::Sealed(purpose.to_owned()));
    };
    if let Some(key) = current.open(purpose, sealed) {
        return Ok(Stored { key, outdated: false });
    }
    let key = previous.as_ref().and_then(|previous| previous.open(purpose, sealed));
    key.map(|key| Stored { key, outdated: true }).ok_or_else(|| ServerKeysError::Foreign(purpose.to_owned()))
}

/// A key as a row is to hold it.
pub(super) fn seal(
    purpose: &str,
    key: &SecretString,
    encryption: Option<&EncryptionKeys>,
    ambient: &Ambient,
) -> Result<String, ServerKeysError> {
    let Some(EncryptionKeys { current, .. }) = encryption else { return Ok(key.expose_secret().to_owned()) };
    let sealed = current.key.seal(ambient, &bound_to(purpose), &key.expose_secret());
    Ok(format!("{MARK}{}", sealed.ok_or(ServerKeysError::Unsealable)?))
}

/// No row is taken for another.
fn bound_to(purpose: &str) -> String {
    format!("server key {purpose}")
}
