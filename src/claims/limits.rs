//! How much an identity provider may say: everything later costs time in proportion to it.

use serde_json::{Map, Value};

/// Bounds on the claims of one sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimLimits {
    /// Most bytes of a source, and of all merged, written as compact JSON. 64 KiB holds over a thousand group ids;
    /// tokens beyond it would not pass most servers' header limits either.
    pub bytes: usize,
    /// Most entries of any one array or object.
    pub entries: usize,
    /// Most levels of nesting, the claims object itself being the first: whatever walks the claims recurses this deep.
    pub depth: usize,
}

impl Default for ClaimLimits {
    fn default() -> Self {
        Self { bytes: 64 * 1024, entries: 2_000, depth: 32 }
    }
}

/// Why claims are refused. Says the name of a claim, never its content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsError {
    /// All claims together.
    #[error("the claims are {bytes} bytes of JSON, more than the {limit} allowed")]
    TooLarge {
        /// Their size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// One array or object.
    #[error("the claim `{claim}` holds a list of {entries} entries, more than the {limit} allowed")]
    TooLong {
        /// The top-level claim it is in.
        claim: String,
        /// How many entries it has.
        entries: usize,
        /// The limit.
        limit: usize,
    },
    /// One claim.
    #[error("the claim `{claim}` is nested more than {limit} levels deep")]
    TooDeep {
        /// The top-level claim.
        claim: String,
        /// The limit.
        limit: usize,
    },
}

/// Longest name of a claim in an error, in characters.
const SHOWN_NAME: usize = 64;

impl ClaimLimits {
    pub(super) fn check(&self, claims: &Map<String, Value>) -> Result<(), ClaimsError> {
        let mut size = Size(0);
        // Writing into a counter cannot fail; should it ever, nothing is known of the size and nothing is let in.
        let written = serde_json::to_writer(&mut size, claims);
        let bytes = if written.is_ok() { size.0 } else { usize::MAX };
        if bytes > self.bytes {
            return Err(ClaimsError::TooLarge { bytes, limit: self.bytes });
        }
        for (name, value) in claims {
            self.check_value(name, value, self.depth.saturating_sub(1))?;
        }
        Ok(())
    }

    fn check_value(&self, claim: &str, value: &Value, levels: usize) -> Result<(), ClaimsError> {
        let shown = || claim.chars().take(SHOWN_NAME).collect::<String>();
        let entries = match value {
            Value::Array(list) => list.len(),
            Value::Object(map) => map.len(),
            _ => return Ok(()),
        };
        if entries > self.entries {
            return Err(ClaimsError::TooLong { claim: shown(), entries, limit: self.entries });
        }
        let Some(below) = levels.checked_sub(1) else {
            return Err(ClaimsError::TooDeep { claim: shown(), limit: self.depth });
        };
        match value {
            Value::Array(list) => list.iter().try_for_each(|entry| self.check_value(claim, entry, below)),
            Value::Object(map) => map.values().try_for_each(|entry| self.check_value(claim, entry, below)),
            _ => Ok(()),
        }
    }
}

/// Counts what is written to it.
struct Size(usize);

impl std::io::Write for Size {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
