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

    /// Whether the pattern speaks of `path`, a percent-decoded path, for one who does not look at case.
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

/// The patterns of an application's rules, in their order. They lie in one piece of memory, since every request is held
/// against them.
#[derive(Clone, Debug, Default)]
pub struct PathPatterns {
    text: Box<str>,
    /// Where each ends.
    ends: Box<[usize]>,
}

impl PathPatterns {
    /// The places of those that speak of `path`, a percent-decoded path. Case counts.
    pub fn matching<'a>(&'a self, path: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
        let starts = [0].iter().chain(&self.ends);
        let patterns = starts.zip(&self.ends).map(|(start, end)| self.text.get(*start..*end).unwrap_or_default());
        let speaks_of_it = move |pattern: &str| match pattern.strip_suffix('*') {
            Some(prefix) => path.starts_with(prefix.as_bytes()),
            None => path == pattern.as_bytes(),
        };
        patterns.enumerate().filter(move |(_, pattern)| speaks_of_it(pattern)).map(|(index, _)| index)
    }
}

impl<'a> FromIterator<&'a PathPattern> for PathPatterns {
    fn from_iter<I: IntoIterator<Item = &'a PathPattern>>(patterns: I) -> Self {
        let (mut text, mut ends) = (String::new(), Vec::new());
        for pattern in patterns {
            text.push_str(&pattern.0);
            ends.push(text.len());
        }
        Self { text: text.into(), ends: ends.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_told_apart_where_they_lie_together() {
        let patterns = ["/a", "/a/*", "/", "/*", "/ab"].map(|text| PathPattern::parse(text).unwrap());
        let patterns: PathPatterns = patterns.iter().collect();
        let matching = |path: &str| patterns.matching(path.as_bytes()).collect::<Vec<_>>();
        assert_eq!(matching("/a"), [0, 3]);
        assert_eq!(matching("/a/"), [1, 3]);
        assert_eq!(matching("/a/b"), [1, 3]);
        assert_eq!(matching("/"), [2, 3]);
        assert_eq!(matching("/ab"), [3, 4]);
        assert_eq!(matching("/A"), [3]);
        assert!(matching("").is_empty() && PathPatterns::default().matching(b"/").next().is_none());
    }
}
