//! Reference ids: what a person reads out to an admin, and what the log is searched for.

use std::fmt;

use super::Ambient;

/// Ten characters of Crockford's base32 in two groups, such as `7F3KQ-9QXM2`: 50 random bits, no letter that is taken
/// for a digit.
#[derive(Clone, PartialEq, Eq)]
pub struct Reference(String);

impl Reference {
    /// A new reference id.
    pub fn new(ambient: &Ambient) -> Self {
        const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let mut text = String::with_capacity(11);
        for (index, byte) in ambient.bytes::<10>().into_iter().enumerate() {
            if index == 5 {
                text.push('-');
            }
            text.push(char::from(ALPHABET[usize::from(byte % 32)]));
        }
        Self(text)
    }

    /// The reference as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
