//! Names that people read: of roles and of users.

use std::sync::Arc;

use unicode_normalization::UnicodeNormalization as _;

use super::{Invalid, text_noun};

/// Longest role name, in bytes.
const MAX_ROLE_NAME: usize = 128;
/// Longest username, in characters; longer claims are cut.
const MAX_USERNAME: usize = 128;

/// A role's name, unique in its organization, compared exactly.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleName(Arc<str>);

impl RoleName {
    /// Parses a role name. Applications receive role names as a separated list, so no separator may stand in one.
    ///
    /// # Errors
    /// When it is empty, too long, has space at an end, or holds a comma, pipe, semicolon or control character.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let forbidden = |c: char| c.is_control() || matches!(c, ',' | '|' | ';');
        if text.is_empty() || text.len() > MAX_ROLE_NAME || text.trim() != text || text.contains(forbidden) {
            return Err(Invalid::new(format!(
                "a role name is 1 to {MAX_ROLE_NAME} bytes without comma, pipe, semicolon, control character or space \
                 at either end"
            )));
        }
        Ok(Self(text.into()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_noun!(RoleName);

/// A set of names is asked for a text.
impl std::borrow::Borrow<str> for RoleName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// What applications call a user. Unique in the whole directory, by [`Username::folded`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username(Arc<str>);

impl Username {
    /// Parses a username: NFKC, without characters that show nothing, without space at either end or runs of it.
    ///
    /// # Errors
    /// When nothing visible is left.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let visible: String = text.nfkc().filter(|&c| !shows_nothing(c)).collect();
        let words: Vec<&str> = visible.split_whitespace().collect();
        let name: String = words.join(" ").chars().take(MAX_USERNAME).collect();
        let name = name.trim_end();
        if name.is_empty() {
            Err(Invalid::new("a username has at least one visible character"))
        } else {
            Ok(Self(name.into()))
        }
    }

    /// This username with a numeric suffix, for when it is taken.
    #[must_use]
    pub fn suffixed(&self, number: u32) -> Self {
        Self(format!("{}-{number}", self.0).into())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two usernames are compared by.
    pub fn folded(&self) -> String {
        folded(&self.0)
    }
}

text_noun!(Username);

/// Full case folding between two NFKC passes (Unicode 3.13, D146), without characters that show nothing.
pub fn folded(text: &str) -> String {
    // Upper then lower by character maps what simple lower-casing keeps apart: ß and ss, the two sigmas.
    let visible = text.nfkc().filter(|&c| !shows_nothing(c));
    let folded: String = visible.flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect();
    folded.nfkc().collect()
}

/// Control characters and Unicode's default-ignorable code points: two names that differ only in these look alike.
fn shows_nothing(c: char) -> bool {
    let ignorable = matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}');
    (c.is_control() && !c.is_whitespace()) || ignorable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_that_look_alike_fold_alike() {
        let fold = |text: &str| Username::parse(text).unwrap().folded();
        for (one, other) in [
            ("Alice", "aLICE"),
            ("straße", "STRASSE"),
            ("ſam", "sam"),
            ("ali\u{200b}ce", "alice"),
            ("ａｌｉｃｅ", "alice"),
            (" alice ", "alice"),
            ("ΣΑΣ", "σας"),
            ("e\u{301}", "é"),
        ] {
            assert_eq!(fold(one), fold(other), "{one:?} and {other:?}");
        }
        assert_ne!(fold("alice"), fold("alice-2"));
        assert!(Username::parse(" \u{200b}\u{7} ").is_err());
    }

    #[test]
    fn role_names_hold_no_separator() {
        assert!(RoleName::parse("Site admin").is_ok());
        for bad in ["", " Admin", "Admin ", "a,b", "a|b", "a;b", "a\nb"] {
            assert!(RoleName::parse(bad).is_err(), "{bad:?}");
        }
    }
}
