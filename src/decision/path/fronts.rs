//! What some upstreams take for no part of a path.

use std::borrow::Cow;

use http::uri::PathAndQuery;

use super::{Ambiguous, RequestPath, bare, windows};

/// The program that PHP applications send all their paths through, and that may be named in front of them.
pub(in crate::decision) const PROGRAM: &str = "index.php";

impl RequestPath {
    /// The path as those read it who take its front for a host, as whoever resolves it like a link does
    /// (`new URL("//x/admin", base)`), or leave out the program itself (`/wiki/index.php/admin`), or both. Nearly every
    /// path has nothing of the kind, which costs a look at its start and for a dot.
    pub(in crate::decision) fn without_front(&self) -> impl Iterator<Item = Result<Self, Ambiguous>> {
        let read = |left: Cow<'_, str>| Self::of(PathAndQuery::try_from(&*left).map_err(|_| Ambiguous::NoPath)?);
        let behind = self.behind_host().map(read);
        let then_program = behind.as_ref().and_then(|path| path.as_ref().ok()?.without_program().map(read));
        let without = self.without_program().map(read);
        let then_host = without.as_ref().and_then(|path| path.as_ref().ok()?.behind_host().map(read));
        [behind, then_program, without, then_host].into_iter().flatten()
    }

    fn behind_host(&self) -> Option<Cow<'_, str>> {
        // However many slashes there are (URL Standard, 4.4).
        let named = self.target.as_str().strip_prefix("//")?.trim_start_matches('/');
        let rest = named.find(['/', '?']).map_or("", |end| &named[end..]);
        Some(if rest.starts_with('/') { rest.into() } else { ["/", rest].concat().into() })
    }

    fn without_program(&self) -> Option<Cow<'_, str>> {
        let strict = self.strict();
        memchr::memchr(b'.', strict)?;
        // With its parameters, and as Windows finds it.
        let is_it = |segment: &[u8]| windows::name(bare(segment).0).eq_ignore_ascii_case(PROGRAM.as_bytes());
        let at = strict.split(|&byte| byte == b'/').position(is_it)?;
        // No escape stands for a slash, so both have the same.
        let mut slashes = self.as_str().match_indices('/').map(|(slash, _)| slash).skip(at.checked_sub(1)?);
        let (start, end) = (slashes.next()?, slashes.next()?);
        let target = self.target.as_str();
        Some([target.get(..start)?, target.get(end..)?].concat().into())
    }
}

#[cfg(test)]
mod tests {
    use crate::decision::sample::path;

    #[test]
    fn what_is_left_without_a_front_is_a_path_of_its_own() {
        for (target, left) in [
            ("/admin/x", &[][..]),
            ("/a//admin", &[]),
            ("/index.php", &[]),
            ("/index.php?x=/admin", &[]),
            ("/my-index.php/x", &[]),
            ("//x/admin/y?z", &["/admin/y?z"]),
            ("///x//admin", &["//admin"]),
            ("//u@x:1/%61dmin", &["/%61dmin"]),
            ("//x", &["/"]),
            ("//x?/admin", &["/?/admin"]),
            ("//", &["/"]),
            ("/index.php/admin", &["/admin"]),
            ("/a%20b/INDEX%2ephp/admin?x", &["/a%20b/admin?x"]),
            ("/a/index.php/index.php/", &["/a/index.php/"]),
            ("/index.php;x/admin", &["/admin"]),
            ("/index.php%20/admin", &["/admin"]),
            ("/index.php./admin", &["/admin"]),
            ("/index.php::$DATA/admin", &["/admin"]),
            ("/index.php//x/admin", &["//x/admin", "/admin"]),
            ("//index.php/admin", &["/admin", "//admin", "/"]),
            ("//x/a/index.php/admin", &["/a/index.php/admin", "/a/admin", "//x/a/admin", "/a/admin"]),
        ] {
            let path = path(target);
            let found: Vec<_> = path.without_front().map(|rest| rest.unwrap().target().to_string()).collect();
            assert_eq!(found, left, "{target}");
        }
    }
}
