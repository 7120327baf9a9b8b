//! Sealing: what we hand to a browser to keep for us is encrypted and authenticated (AES-256-GCM), and bound to the
//! purpose it was sealed for, so that one sealed thing can never be presented as another.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Serialize, de::DeserializeOwned};

use super::Ambient;

/// Longest sealed text that is opened, in bytes: above every cookie a browser keeps, below any cost worth an attack.
const MAX_SEALED: usize = 8 * 1024;

/// A key that seals and opens.
pub struct SealingKey(LessSafeKey);

impl SealingKey {
    /// The key of these 32 bytes.
    pub fn new(bytes: &[u8; 32]) -> Self {
        #[expect(clippy::expect_used, reason = "AES-256 takes exactly the 32 bytes that the type promises")]
        let key = UnboundKey::new(&AES_256_GCM, bytes).expect("32 bytes are an AES-256 key");
        Self(LessSafeKey::new(key))
    }

    /// `value` as JSON, sealed for `purpose`, as unpadded base64url. `None` only if it cannot be JSON.
    pub fn seal(&self, ambient: &Ambient, purpose: &str, value: &impl Serialize) -> Option<String> {
        let nonce: [u8; NONCE_LEN] = ambient.bytes();
        let mut body = serde_json::to_vec(value).ok()?;
        let nonce_value = Nonce::assume_unique_for_key(nonce);
        self.0.seal_in_place_append_tag(nonce_value, Aad::from(purpose.as_bytes()), &mut body).ok()?;
        let mut sealed = nonce.to_vec();
        sealed.append(&mut body);
        Some(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// What was sealed for `purpose`, or nothing: forged, altered, of another purpose or of another key.
    pub fn open<T: DeserializeOwned>(&self, purpose: &str, sealed: &str) -> Option<T> {
        if sealed.len() > MAX_SEALED {
            return None;
        }
        let mut bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, body) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let plain = self.0.open_in_place(nonce, Aad::from(purpose.as_bytes()), body).ok()?;
        serde_json::from_slice(plain).ok()
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey(…)")
    }
}
