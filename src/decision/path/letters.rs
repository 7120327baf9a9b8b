//! What some upstreams take letters beyond ASCII for.

use http::uri::PathAndQuery;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::{Ambiguous, RequestPath};

impl RequestPath {
    /// The path as those read it who look neither at accents nor at width nor at case of letters beyond ASCII, as
    /// databases, file systems and frameworks do each in part: `ſécret` is `secret`, and `．．／` leads upwards. Nothing for a
    /// path of ASCII alone, as nearly every one is, which costs a look at it.
    pub(in crate::decision) fn in_plain_letters(&self) -> Option<Result<Self, Ambiguous>> {
        self.strict.as_ref()?;
        let read = self.lenient().unwrap_or(self.strict());
        if read.is_ascii() {
            return None;
        }
        let written = written(&plain(&String::from_utf8_lossy(read)));
        Some(PathAndQuery::try_from(written).map_err(|_| Ambiguous::NoPath).and_then(Self::of))
    }
}

fn plain(text: &str) -> String {
    let seen = text.nfkd().filter(|letter| !is_combining_mark(*letter) && !is_unseen(*letter));
    // There and back, since some letters have only one of both: `ı`, `ſ`, `ß`.
    seen.flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// What is not even shown: hyphens that may be, joiners, directions.
const fn is_unseen(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// A path as a request names it, to where its dots lead.
fn written(path: &str) -> String {
    let mut names = Vec::new();
    for name in path.split(['/', '\\']).skip(1) {
        match name {
            "." => {}
            ".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    let encoded = |mut text: String, byte: u8| {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => text.push(char::from(byte)),
            _ => text.push_str(&format!("%{byte:02x}")),
        }
        text
    };
    let whole = names.into_iter().fold(String::new(), |path, name| name.bytes().fold(path + "/", encoded));
    if whole.is_empty() { "/".to_owned() } else { whole }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::decision::sample::path;

    #[test]
    fn letters_beyond_ascii_are_read_as_plain_ones() {
        for (target, plain) in [
            ("/admin/x", None),
            ("/a%20b?\u{3f}", None),
            ("/%C5%BFecret", Some("/secret")),
            ("/adm%C4%B1n", Some("/admin")),
            ("/ADM%C4%B0N", Some("/admin")),
            ("/%E2%84%AAiosk", Some("/kiosk")),
            ("/s%C3%A9cret/x", Some("/secret/x")),
            ("/se%CC%81cret", Some("/secret")),
            ("/se%C2%ADc%E2%80%8Bret", Some("/secret")),
            ("/%EF%BD%93%EF%BD%85cret", Some("/secret")),
            ("/open/%EF%BC%8E%EF%BC%8E/secret", Some("/secret")),
            ("/open/%E2%80%A5/secret", Some("/secret")),
            ("/open%EF%BC%8F%EF%BC%8E%EF%BC%8E%EF%BC%BCsecret", Some("/secret")),
            ("/open%EF%BC%9Fx%C3%A9", Some("/open?xe")),
            ("/%25C3%25A9", Some("/e")),
            ("/%C3%A9/%E9", Some("/e/\u{fffd}")),
            ("/%EF%BC%8F", Some("//")),
            ("/%EF%BC%8E%EF%BC%8E", Some("/")),
        ] {
            let read =
                path(target).in_plain_letters().map(|path| String::from_utf8(path.unwrap().strict().into()).unwrap());
            assert_eq!(read.as_deref(), plain, "{target}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_so_is_read_so_again(text in "(/[a-zé．／ſİ‥ﬁ%;?\\\\]{0,6}){1,4}") {
            let plain = plain(&text);
            prop_assert_eq!(&super::plain(&plain), &plain);
            prop_assert!(PathAndQuery::try_from(written(&plain)).is_ok());
        }
    }
}
