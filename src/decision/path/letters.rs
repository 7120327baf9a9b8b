//! What some upstreams take letters beyond ASCII for.

use std::borrow::Cow;
use std::fmt::Write as _;

use http::uri::PathAndQuery;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::{Ambiguous, RequestPath};

/// Longest path beyond ASCII that is read, in bytes: what file systems and stores of objects name is shorter, and some
/// letters stand for eighteen others.
const MAX_READ: usize = 4096;

impl RequestPath {
    /// The path as those read it who look neither at accents nor at width nor at case of letters beyond ASCII, as
    /// databases, file systems and frameworks do each in part: `ſécret` is `secret`, and `．．／` leads upwards. One for each
    /// way in which it may have been read before, bytes that are no UTF-8 as Latin-1 too. None for a path of ASCII alone,
    /// as nearly every one is, which costs a look at it.
    pub(in crate::decision) fn in_plain_letters(&self) -> impl Iterator<Item = Result<Self, Ambiguous>> {
        let readings = self.strict.as_ref().map(|_| [Some(self.strict()), self.lenient()]);
        let beyond = readings.into_iter().flatten().flatten().filter(|read| !read.is_ascii());
        beyond.flat_map(as_text).map(|text| {
            let text = text.ok_or(Ambiguous::NoPath)?;
            let written = written(&plain(&text), self.target.query());
            Self::of(PathAndQuery::try_from(written).map_err(|_| Ambiguous::NoPath)?)
        })
    }
}

/// What bytes may be as text; nothing of more than are read.
fn as_text(read: &[u8]) -> impl Iterator<Item = Option<Cow<'_, str>>> {
    let is_short = read.len() <= MAX_READ;
    let utf8 = is_short.then(|| String::from_utf8_lossy(read));
    let is_other = matches!(utf8, Some(Cow::Owned(_)));
    let latin1 = is_other.then(|| Some(read.iter().copied().map(char::from).collect::<String>().into()));
    [Some(utf8), latin1].into_iter().flatten()
}

fn plain(text: &str) -> String {
    let seen = text.nfkd().filter(|letter| !is_combining_mark(*letter) && !is_unseen(*letter));
    // There and back, since some letters have only one of both: `ı`, `ſ`, `ß`.
    let mut plain = String::with_capacity(text.len());
    for letter in seen.flat_map(char::to_uppercase).flat_map(char::to_lowercase) {
        match crossed(letter) {
            Some(base) => plain.push_str(base),
            None => plain.push(letter),
        }
    }
    plain
}

/// What is not even shown: controls, hyphens that may be, joiners, fillers, directions, notes, tags.
const fn is_unseen(letter: char) -> bool {
    matches!(
        letter,
        '\u{80}'..='\u{9f}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// What databases take a letter for that is crossed or tied, and has no accent to lose; and what Windows takes for a hyphen
/// or a slash where its code page has no better one, or has money in its place.
const fn crossed(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ŧ' => "t",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        '\u{2010}'..='\u{2015}' | '\u{2212}' => "-",
        '\u{2044}' | '\u{2215}' | '\u{29f8}' => "/",
        '\u{2216}' | '\u{29f5}' | '\u{29f9}' | '¥' | '₩' => "\\",
        _ => return None,
    })
}

/// A path as a request names it, to where its dots lead, with the query behind it.
fn written(path: &str, query: Option<&str>) -> String {
    let mut names = Vec::new();
    for name in path.split(['/', '\\']).skip(1) {
        match name {
            "." => {}
            ".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    let mut whole = String::with_capacity(3 * path.len());
    for name in names {
        whole.push('/');
        for byte in name.bytes() {
            match byte {
                b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => whole.push(char::from(byte)),
                _ => drop(write!(whole, "%{byte:02x}")),
            }
        }
    }
    if whole.is_empty() {
        whole.push('/');
    }
    query.into_iter().for_each(|query| whole.extend(["?", query]));
    whole
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::decision::sample::path;

    #[test]
    fn letters_beyond_ascii_are_read_as_plain_ones() {
        for (target, plain) in [
            ("/admin/x", &[][..]),
            ("/a%20b?%C3%A9", &[]),
            ("/%C5%BFecret", &["/secret"]),
            ("/adm%C4%B1n", &["/admin"]),
            ("/ADM%C4%B0N", &["/admin"]),
            ("/%E2%84%AAiosk", &["/kiosk"]),
            ("/s%C3%A9cret/x", &["/secret/x"]),
            ("/se%CC%81cret", &["/secret"]),
            ("/se%C2%ADc%E2%80%8Bret", &["/secret"]),
            ("/%EF%BD%93%EF%BD%85cret", &["/secret"]),
            ("/open/%EF%BC%8E%EF%BC%8E/secret", &["/secret"]),
            ("/open/%E2%80%A5/secret", &["/secret"]),
            ("/open%EF%BC%8F%EF%BC%8E%EF%BC%8E%EF%BC%BCsecret", &["/secret"]),
            ("/open%EF%BC%9Fx%C3%A9", &["/open?xe"]),
            ("/%25C3%25A9", &["/e"]),
            ("/s%E9cret", &["/s\u{fffd}cret", "/secret"]),
            ("/%C3%A9/%E9", &["/e/\u{fffd}", "/a©/e"]),
            ("/rep%C3%B8rts/%C3%86", &["/reports/ae"]),
            ("/se%E2%81%AAcret/%D8%9Cx%F3%A0%80%A1", &["/secret/x"]),
            ("/d%C3%A4ta?_method=DELETE", &["/data?_method=DELETE"]),
            ("/x%3F/%EF%BC%8E%EF%BC%8E/admin", &["/admin"]),
            ("/x//%EF%BC%8E%EF%BC%8E/secret", &["/x/secret", "/secret"]),
            ("/open/..%E2%88%95secret", &["/secret"]),
            ("/open%E2%81%84..%C2%A5secret", &["/secret"]),
            ("/a%E2%88%92b", &["/a-b"]),
            ("/se%C2%80cr%EF%BF%B9e%E3%85%A4t", &["/secret"]),
            ("/%EF%BC%8F", &["//"]),
            ("/%EF%BC%8E%EF%BC%8E", &["/"]),
        ] {
            let path = path(target);
            let read = path.in_plain_letters().map(|path| {
                let path = path.unwrap();
                let query = path.target().query().map(|query| format!("?{query}")).unwrap_or_default();
                String::from_utf8(path.strict().into()).unwrap() + &query
            });
            let mut read: Vec<_> = read.collect();
            read.dedup();
            assert_eq!(read, plain, "{target}");
        }
    }

    #[test]
    fn what_is_too_long_to_be_read_passes_for_nothing() {
        let of = |length: usize| path(&format!("/{}%C3%A9", "a".repeat(length - 3)));
        assert!(of(MAX_READ).in_plain_letters().all(|read| read.is_ok()));
        assert!(of(MAX_READ + 1).in_plain_letters().any(|read| read.is_err()));
    }

    proptest! {
        #[test]
        fn what_is_read_so_is_read_so_again(text in "(/[a-zé．／ſİ‥ﬁ%;?\\\\]{0,6}){1,4}") {
            let plain = plain(&text);
            prop_assert_eq!(&super::plain(&plain), &plain);
            prop_assert!(PathAndQuery::try_from(written(&plain, None)).is_ok());
        }
    }
}
