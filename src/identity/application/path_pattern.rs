//! The paths a rule speaks of.

use std::sync::Arc;

use crate::identity::{Invalid, text_noun};

/// The paths a rule speaks of: exactly one path, or everything below a prefix that ends in `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPattern(Arc<str>);

impl PathPattern {
    /// Parses `/exact/path` or `/prefix/*`.
    ///
    /// # Errors
    /// When it does not start with `/`, has `*` elsewhere than as its last segment, or is no path a request can have.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let fixed = text.strip_suffix('*').unwrap_or(text);
        if fixed.contains('*') || (fixed.len() != text.len() && !fixed.ends_with('/')) {
            return Err(Invalid::new("`*` stands only as the last segment, as in /admin/*"));
        }
        let printable = |c: char| c.is_ascii_graphic() && !matches!(c, '?' | '#' | '\\' | '%' | ';');
        let dotted = fixed.split('/').any(|segment| matches!(segment, "." | ".."));
        if !fixed.starts_with('/') || dotted || fixed.contains("//") || !fixed.chars().all(printable) {
            return Err(Invalid::new(
                "a path starts with / and is written plainly: no query, percent-encoding, `//`, `.` or `..` segment, \
                 backslash, semicolon or space",
            ));
        }
        Ok(Self(text.into()))
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the pattern speaks of `path`, a percent-decoded path. Case counts.
    pub fn matches(&self, path: &[u8]) -> bool {
        match self.0.strip_suffix('*') {
            Some(prefix) => path.starts_with(prefix.as_bytes()),
            None => path == self.0.as_bytes(),
        }
    }

    /// The same, for one who does not look at case.
    pub fn matches_in_any_case(&self, path: &[u8]) -> bool {
        match self.0.strip_suffix('*') {
            Some(prefix) => path.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes())),
            None => path.eq_ignore_ascii_case(self.0.as_bytes()),
        }
    }

    /// Whether it speaks of every path that `later` speaks of, so that a rule behind it is never reached.
    pub fn covers(&self, later: &Self) -> bool {
        match self.0.strip_suffix('*') {
            Some(prefix) => later.0.starts_with(prefix),
            None => self == later,
        }
    }
}

text_noun!(PathPattern);
