//! What WebDAV does beyond one path (RFC 4918): to all that lies below it, and to a second path that a header names.

use http::header::HeaderName;
use http::{Method, Uri};

use super::{Ambiguous, Ask, RequestPath, method};

/// Where something is copied or moved to (RFC 4918 10.3).
const DESTINATION: HeaderName = HeaderName::from_static("destination");

/// How far down something is done (RFC 4918 10.2).
const DEPTH: HeaderName = HeaderName::from_static("depth");

/// The headers that say so.
pub(super) const HEADERS: [&str; 2] = ["destination", "depth"];

/// Methods that name no second path.
const PLAIN: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS];

/// What is done to a folder's whole content, whatever else is said.
const WHOLE: [&str; 3] = ["COPY", "MOVE", "DELETE"];

/// What is, unless `Depth` says that it is not: what is listed, searched or locked.
const DEEP: [&str; 4] = ["PROPFIND", "REPORT", "SEARCH", "LOCK"];

/// How far a request reaches beyond its path, in whichever way its method is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Extent {
    /// To all that lies below it.
    pub(super) below: bool,
    /// To a second path.
    pub(super) second: bool,
    /// What is at its path will not be there any more.
    pub(super) moves: bool,
}

impl Extent {
    /// Of a request, whose method is read as any that it names: as the first of a list too, where one is named like that.
    pub(super) fn of(ask: &Ask<'_>) -> Self {
        let own = Self::of_method(ask, ask.method.as_str().as_bytes());
        method::named(ask).fold(own, |extent, name| extent.or(Self::of_method(ask, &name)))
    }

    fn of_method(ask: &Ask<'_>, name: &[u8]) -> Self {
        let words = name.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-').filter(|word| !word.is_empty());
        words.fold(Self::default(), |extent, word| {
            let is = |other: &&str| word.eq_ignore_ascii_case(other.as_bytes());
            let second = !PLAIN.iter().any(|plain| is(&plain.as_str()));
            let below = WHOLE.iter().any(is) || (second && DEEP.iter().any(is) && !is_shallow(ask));
            extent.or(Self { below, second, moves: is(&"MOVE") })
        })
    }

    const fn or(self, other: Self) -> Self {
        Self { below: self.below || other.below, second: self.second || other.second, moves: self.moves || other.moves }
    }
}

/// Whether what is done is done to a path and what lies directly in it at most.
fn is_shallow(ask: &Ask<'_>) -> bool {
    let mut depths = ask.headers.get_all(DEPTH).iter();
    depths.next().is_some_and(|depth| matches!(depth.as_bytes(), b"0" | b"1")) && depths.next().is_none()
}

/// The second path that a request names, if it names one: by itself, or behind scheme and host.
///
/// Nothing that is stored has a query or a fragment, and who splits these off reads another path than who does not. Some
/// look for a host in front of the first colon, wherever that stands: a path that holds one is refused with them.
///
/// # Errors
/// When there is more than one, or it is ambiguous.
pub(super) fn destination(ask: &Ask<'_>) -> Result<Option<RequestPath>, Ambiguous> {
    let mut values = ask.headers.get_all(DESTINATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let is_one = values.next().is_none() && !value.as_bytes().iter().any(|byte| matches!(byte, b'#' | b'?'));
    let is_whole = |uri: &Uri| uri.scheme().is_some() == uri.authority().is_some();
    let uri = Uri::try_from(value.as_bytes()).ok().filter(|uri| is_one && is_whole(uri));
    let path = RequestPath::parse(&uri.ok_or(Ambiguous::Destination)?)?;
    let has_colon = [Some(path.strict()), path.lenient()].into_iter().flatten().any(|read| read.contains(&b':'));
    if has_colon || path.is_ours() { Err(Ambiguous::Destination) } else { Ok(Some(path)) }
}
