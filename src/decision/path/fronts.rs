//! What some upstreams leave out of the front of a path.

use std::borrow::Cow;

use http::uri::PathAndQuery;

use super::{Ambiguous, RequestPath};

/// The program that PHP applications send all their paths through, and that may be named in front of them.
const PROGRAM: &[u8] = b"index.php";

impl RequestPath {
    /// What is left of the path to those who take its front for something else: for a host, as whoever resolves it like a
    /// link does (`new URL("//x/admin", base)`), or for the program itself (`/index.php/admin`). Nearly every path has no
    /// such front, which costs a look at its start and for a dot.
    pub(in crate::decision) fn without_front(&self) -> impl Iterator<Item = Result<Self, Ambiguous>> {
        let left = [self.behind_host(), self.behind_program()].into_iter().flatten();
        left.map(|rest| Self::of(PathAndQuery::try_from(&*rest).map_err(|_| Ambiguous::NoPath)?))
    }

    fn behind_host(&self) -> Option<Cow<'_, str>> {
        // However many slashes there are (URL Standard, 4.4).
        let named = self.target.as_str().strip_prefix("//")?.trim_start_matches('/');
        let rest = named.find(['/', '?']).map_or("", |end| &named[end..]);
        Some(if rest.starts_with('/') { rest.into() } else { ["/", rest].concat().into() })
    }

    fn behind_program(&self) -> Option<Cow<'_, str>> {
        let strict = self.strict();
        memchr::memchr(b'.', strict)?;
        let at = strict.split(|&byte| byte == b'/').position(|segment| segment.eq_ignore_ascii_case(PROGRAM))?;
        // No escape stands for a slash, so both have the same.
        let (end, _) = self.as_str().match_indices('/').nth(at)?;
        self.target.as_str().get(end..).map(Cow::Borrowed)
    }
}

#[cfg(test)]
mod tests {
    use crate::decision::sample::path;

    #[test]
    fn what_is_left_behind_a_front_is_a_path_of_its_own() {
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
            ("/a%20b/INDEX%2ephp/admin?x", &["/admin?x"]),
            ("//index.php/admin", &["/admin", "/admin"]),
        ] {
            let path = path(target);
            let found: Vec<_> = path.without_front().map(|rest| rest.unwrap().target().to_string()).collect();
            assert_eq!(found, left, "{target}");
        }
    }
}
