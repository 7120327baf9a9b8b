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

    /// Whether it is for exactly one path.
    pub fn is_exact(&self) -> bool {
        !self.0.ends_with('*')
    }

    /// Whether one of its segments is called so, in whatever case.
    pub fn names(&self, segment: &str) -> bool {
        self.0.split('/').any(|name| name.eq_ignore_ascii_case(segment))
    }

    /// The folder that it speaks of, without the slash behind it: of all that is in it, or of that itself with its slash.
    pub fn folder(&self) -> Option<&str> {
        self.0.strip_suffix('*').unwrap_or(&self.0).strip_suffix('/')
    }

    /// Whether the pattern speaks of a path, named by its segments, for one who knows names as Windows does: without regard
    /// to case, and by short ones.
    pub fn matches_on_windows<'a>(&self, mut path: impl Iterator<Item = &'a [u8]>) -> bool {
        let (fixed, is_open) = self.0.strip_suffix("/*").map_or((&*self.0, false), |fixed| (fixed, true));
        let mut names = fixed.as_bytes().split(|&byte| byte == b'/');
        names.all(|name| path.next().is_some_and(|read| is_on_windows(read, name))) && path.next().is_some() == is_open
    }

    /// Whether all that it speaks of lies deeper than directly in the folder of those segments, or is in it by its name;
    /// for one who knows names as Windows does.
    pub fn lies_below<'a>(&self, mut folder: impl Iterator<Item = &'a [u8]>) -> bool {
        let mut names = self.0.as_bytes().split(|&byte| byte == b'/');
        folder.all(|read| names.next().is_some_and(|name| is_on_windows(read, name)))
            && names.next().is_some_and(|name| !matches!(name, b"" | b"*"))
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

/// Whether Windows finds by `read` what is called `name`.
fn is_on_windows(read: &[u8], name: &[u8]) -> bool {
    read.eq_ignore_ascii_case(name) || is_short_for(read, name)
}

/// Whether `read` may be the short name (`ADMINI~1`, `AD42C0~1.HTM`) that Windows gives to what is called `name`. It makes
/// them from what the name begins with, and only of one that has not eight letters and three already.
fn is_short_for(read: &[u8], name: &[u8]) -> bool {
    let tilde = read.iter().position(|&byte| byte == b'~');
    let is_short = tilde.and_then(|tilde| read.get(tilde + 1)).is_some_and(u8::is_ascii_digit);
    let initial = |name: &[u8]| name.iter().find(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase);
    is_short && initial(read) == initial(name) && !is_short_itself(name)
}

/// Whether a name has eight letters, and three behind a dot, at most.
fn is_short_itself(name: &[u8]) -> bool {
    let mut parts = name.split(|&byte| byte == b'.');
    let (stem, ending) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let is_plain = |part: &[u8]| part.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    matches!(stem.len(), 1..=8) && ending.len() <= 3 && parts.next().is_none() && is_plain(stem) && is_plain(ending)
}

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

    fn segments(path: &str) -> impl Iterator<Item = &[u8]> {
        path.as_bytes().split(|&byte| byte == b'/')
    }

    #[test]
    fn names_are_known_as_windows_knows_them() {
        for (pattern, path, matches) in [
            ("/admin/*", "/ADMIN/x", true),
            ("/admin/*", "/admin/", true),
            ("/admin/*", "/admin", false),
            ("/admin/*", "/administration/x", false),
            ("/*", "/", true),
            ("/*", "/a/b", true),
            ("/", "/", true),
            ("/a/", "/A/", true),
            ("/a/", "/a", false),
            ("/a/", "/a/b", false),
            ("/administration/*", "/ADMINI~1/x", true),
            ("/administration/*", "/admini~12/x", true),
            ("/administration/*", "/AD42C0~1/x", true),
            ("/web.config", "/WEB~1.CON", true),
            ("/.htaccess", "/HTACCE~1", true),
            ("/a+b", "/A_B~1", true),
            // Such names are not made of what is short enough.
            ("/admin/*", "/ADMIN~1/x", false),
            ("/index.php", "/INDEX~1.PHP", false),
            ("/administration/*", "/HEAD~1/x", false),
            ("/administration/*", "/administration~/x", false),
            ("/administration/*", "/a~x/x", false),
        ] {
            let pattern = PathPattern::parse(pattern).unwrap();
            assert_eq!(pattern.matches_on_windows(segments(path)), matches, "{pattern} {path}");
        }
    }

    #[test]
    fn what_lies_below_a_folder_goes_with_it() {
        for (pattern, folder, is_below) in [
            ("/data/secret/*", "", true),
            ("/data/secret/*", "/data", true),
            ("/data/secret/*", "/DATA", true),
            ("/data/secret/x", "/data/secret", true),
            ("/administration/x", "/ADMINI~1", true),
            ("/x", "", true),
            // These speak of the folder itself.
            ("/data/*", "/data", false),
            ("/data/", "/data", false),
            ("/*", "", false),
            ("/data", "/data", false),
            ("/data/*", "/data/secret", false),
            ("/database/x", "/data", false),
        ] {
            let pattern = PathPattern::parse(pattern).unwrap();
            assert_eq!(pattern.lies_below(segments(folder)), is_below, "{pattern} {folder:?}");
        }
    }

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
