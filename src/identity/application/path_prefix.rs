//! The part of public paths that an application does not know of.

use std::sync::Arc;

use crate::identity::{Invalid, text_noun};

/// The longest: it goes along with every request, as a header.
const MAX_LENGTH: usize = 256;

/// What stands before every path of an application, and is taken away before it is decided on and sent: `/wiki`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPrefix(Arc<str>);

impl PathPrefix {
    /// Parses `/one` or `/one/and/another`; a slash at the end says the same.
    ///
    /// # Errors
    /// When it is no plain path, is all of it, or is ours.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let bare = text.strip_suffix('/').unwrap_or(text);
        let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '?' | '#' | '\\' | '%' | ';' | '*');
        let segments = bare.strip_prefix('/').map(|rest| rest.split('/'));
        let good = |segment: &str| !matches!(segment, "" | "." | "..") && segment.chars().all(plain);
        if bare.len() > MAX_LENGTH || !segments.is_some_and(|mut segments| segments.all(good)) {
            return Err(Invalid::new(
                "a prefix is a path such as /wiki, written plainly: no query, percent-encoding, `*`, `//`, `.` or `..` \
                 segment, backslash, semicolon or space",
            ));
        }
        if bare == "/.vestibule" || bare.starts_with("/.vestibule/") {
            return Err(Invalid::new("what is below /.vestibule/ is ours on every host; choose another prefix"));
        }
        Ok(Self(bare.into()))
    }

    /// The prefix, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_noun!(PathPrefix);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_whole_segments() {
        for (text, prefix) in [("/wiki", "/wiki"), ("/wiki/", "/wiki"), ("/a/b-c_d.e~f", "/a/b-c_d.e~f")] {
            assert_eq!(PathPrefix::parse(text).unwrap().as_str(), prefix);
        }
        let long = format!("/{}", "a".repeat(256));
        for bad in [
            "",
            "/",
            "//",
            "wiki",
            "/a//b",
            "/a//",
            "/.",
            "/a/..",
            "/a%2fb",
            "/a;b",
            "/a?b",
            "/a#b",
            "/a*",
            "/a b",
            "/ä",
            "/a\\b",
            "/.vestibule",
            "/.vestibule/x",
            &long,
        ] {
            assert!(PathPrefix::parse(bad).is_err(), "{bad:?}");
        }
    }
}
