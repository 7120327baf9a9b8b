//! Request paths. The decision is made on exactly the path that is sent upstream, so a path that an upstream might
//! read otherwise than we do is refused rather than repaired.
//!
//! Refused outright, whether written plainly or percent-encoded, once or several times over:
//! - what is no printable ASCII, a control character, a malformed escape;
//! - a slash or backslash inside a segment (`%2f`, `%5c`, and a plain backslash), NUL;
//! - `.` and `..` segments (RFC 3986 5.2.4), also with parameters after them (`..;x`), or spaces, which Windows leaves
//!   out (`..%20`);
//! - bytes that begin overlong UTF-8 (`%c0%af` is a slash to a careless decoder).
//!
//! What remains may still be read in two ways: *strict*, the escapes decoded once (RFC 3986 2.3: `/%61dmin` is
//! `/admin`); *lenient*, as servers do that decode until nothing is left, strip path parameters (`;…`), merge runs of
//! slashes, and take a decoded `?` or `#` for the end of the path.
//! Where an application has rules and the two readings choose different ones, the path is refused as well.

mod fronts;
mod letters;
mod windows;

use std::borrow::Cow;

use http::Uri;
use http::uri::PathAndQuery;

use crate::identity::PathPrefix;

pub(super) use fronts::PROGRAM;
pub(super) use windows::on_windows;

/// Most times over that a path may be encoded. Honest ones are encoded once, addresses passed along twice.
const MAX_DECODINGS: usize = 4;

/// Why a path, or a request that can be read in two ways, is refused: 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ambiguous {
    /// It is no path from the root: `*`, an authority, nothing.
    #[error("the request target is not a path")]
    NoPath,
    /// It holds a character outside printable ASCII, or a backslash.
    #[error("the path holds a character that no URL has")]
    Character,
    /// An escape is not `%` with two hexadecimal digits.
    #[error("the path holds a malformed escape")]
    Escape,
    /// An escape stands for a slash, a backslash, a control character or an overlong sequence.
    #[error("the path hides a separator or a control character")]
    Hidden,
    /// A segment is `.` or `..`.
    #[error("the path holds a dot segment")]
    DotSegment,
    /// It is encoded over and over.
    #[error("the path is encoded too many times over")]
    Depth,
    /// Two readings of it choose different rules.
    #[error("the path has two readings, and the rules differ between them")]
    Rules,
    /// A header or the query names another method, and that one chooses another rule.
    #[error("the request names two methods, and the rules differ between them")]
    Method,
    /// It names more methods than any framework looks at.
    #[error("the request names too many methods")]
    TooManyMethods,
    /// `Destination` is no path, or there are more of them.
    #[error("the request names a second path, and it is none")]
    Destination,
}

/// A path that is sent upstream as it came, with its query, and its readings.
#[derive(Clone, Debug)]
pub struct RequestPath {
    target: PathAndQuery,
    /// The strict reading, if it is not the path as written.
    strict: Option<Vec<u8>>,
    /// The lenient reading, if it is not the strict one.
    lenient: Option<Vec<u8>>,
}

impl RequestPath {
    /// Reads the path of a request target. The query is passed on untouched.
    ///
    /// # Errors
    /// When the path is ambiguous by itself; see the head of this module.
    pub fn parse(uri: &Uri) -> Result<Self, Ambiguous> {
        Self::of(uri.path_and_query().cloned().ok_or(Ambiguous::NoPath)?)
    }

    /// Reads a path, with a query or without.
    ///
    /// # Errors
    /// As [`RequestPath::parse`].
    pub fn of(target: PathAndQuery) -> Result<Self, Ambiguous> {
        let path = target.path().as_bytes();
        if path.first() != Some(&b'/') {
            return Err(Ambiguous::NoPath);
        }
        if !path.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'\\') {
            return Err(Ambiguous::Character);
        }
        let strict = decode(path)?;
        let innermost = innermost(&strict)?;
        refuse_dot_segments(&innermost)?;
        let lenient = lenient(&innermost);
        let lenient = (*lenient != *strict).then(|| lenient.into_owned());
        let strict = match strict {
            Cow::Borrowed(_) => None,
            Cow::Owned(decoded) => Some(decoded),
        };
        Ok(Self { strict, lenient, target })
    }

    /// A copy of the path alone, to be kept for long: what came in one piece with it in memory, the head of its request,
    /// is not kept along.
    pub fn to_kept(&self) -> Self {
        let target = PathAndQuery::try_from(self.target.path()).unwrap_or_else(|_| self.target.clone());
        Self { target, strict: self.strict.clone(), lenient: self.lenient.clone() }
    }

    /// What is sent upstream: the path as it came, with its query.
    pub const fn target(&self) -> &PathAndQuery {
        &self.target
    }

    /// What is left of it behind a prefix: a path of its own, read anew, since it alone is sent. Nothing, if the prefix is
    /// not in front of it as it is written there, up to a slash; if it is nothing but the prefix; or if what is left
    /// would be ours.
    ///
    /// # Errors
    /// When what is left is ambiguous.
    pub fn below(&self, prefix: &PathPrefix) -> Result<Option<Self>, Ambiguous> {
        let rest = self.target.as_str().strip_prefix(prefix.as_str()).filter(|rest| rest.starts_with('/'));
        let Some(rest) = rest else { return Ok(None) };
        let below = Self::of(PathAndQuery::try_from(rest).map_err(|_| Ambiguous::NoPath)?)?;
        Ok((!below.is_ours()).then_some(below))
    }

    /// Whether a prefix is in front of it in some way that it is read, up to a slash.
    pub fn is_read_below(&self, prefix: &PathPrefix) -> bool {
        let prefix = prefix.as_str().as_bytes();
        let is_below = |path: &[u8]| {
            let (start, rest) = path.split_at_checked(prefix.len()).unwrap_or_default();
            start.eq_ignore_ascii_case(prefix) && rest.starts_with(b"/")
        };
        [Some(self.strict()), self.lenient()].into_iter().flatten().any(|path| is_below(&on_windows(path)))
    }

    /// The path as it came.
    pub fn as_str(&self) -> &str {
        self.target.path()
    }

    /// The strict reading: escapes decoded once.
    pub fn strict(&self) -> &[u8] {
        self.strict.as_deref().unwrap_or(self.target.path().as_bytes())
    }

    /// The lenient reading, if it differs from the strict one.
    pub fn lenient(&self) -> Option<&[u8]> {
        self.lenient.as_deref()
    }

    /// Whether it is below `/.vestibule/`, in whichever way it is read: that is never an application's.
    pub fn is_ours(&self) -> bool {
        let under = |path: &[u8]| path == b"/.vestibule" || path.starts_with(b"/.vestibule/");
        under(self.strict()) || self.lenient().is_some_and(under)
    }
}

/// Decodes every escape once.
fn decode(path: &[u8]) -> Result<Cow<'_, [u8]>, Ambiguous> {
    if !path.contains(&b'%') {
        return Ok(Cow::Borrowed(path));
    }
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let (byte, after) = escape(after).ok_or(Ambiguous::Escape)?;
        // `%2e` by itself is found as the dot it stands for; a slash would be lost among the plain ones.
        if matches!(byte, b'/' | b'\\' | 0xc0 | 0xc1 | 0xf5..) || byte.is_ascii_control() {
            return Err(Ambiguous::Hidden);
        }
        decoded.push(byte);
        rest = after;
    }
    refuse_overlong(&decoded)?;
    Ok(Cow::Owned(decoded))
}

/// The byte of the two hexadecimal digits at the start, and what follows them.
fn escape(digits: &[u8]) -> Option<(u8, &[u8])> {
    let (pair, rest) = digits.split_at_checked(2)?;
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some((digit(pair[0])? << 4 | digit(pair[1])?, rest))
}

/// Three- and four-byte sequences that stand for what fewer bytes can say (RFC 3629 3). Other bytes that are no UTF-8
/// pass: older applications have Latin-1 in their paths.
fn refuse_overlong(decoded: &[u8]) -> Result<(), Ambiguous> {
    let overlong = |pair: &[u8]| matches!(pair, [0xe0, 0x80..=0x9f] | [0xf0, 0x80..=0x8f]);
    if decoded.windows(2).any(overlong) { Err(Ambiguous::Hidden) } else { Ok(()) }
}

/// Decodes what once decoded still holds escapes, to the end. Here a stray `%` is only a character.
fn innermost<'a>(decoded: &Cow<'a, [u8]>) -> Result<Cow<'a, [u8]>, Ambiguous> {
    let mut current = decoded.clone();
    for _ in 0..MAX_DECODINGS {
        match decode_again(&current)? {
            Some(next) => current = Cow::Owned(next),
            None => return Ok(current),
        }
    }
    Err(Ambiguous::Depth)
}

/// Decodes well-formed escapes and keeps other `%`; nothing if there is no escape. An escape that was encoded again
/// has no honest reason to stand for a dot.
fn decode_again(path: &[u8]) -> Result<Option<Vec<u8>>, Ambiguous> {
    if !path.contains(&b'%') {
        return Ok(None);
    }
    let mut decoded = Vec::new();
    let mut found = false;
    let mut rest = path;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, escape(after)) {
            (b'%', Some((inner, after))) => {
                if matches!(inner, b'/' | b'\\' | b'.' | 0xc0 | 0xc1 | 0xf5..) || inner.is_ascii_control() {
                    return Err(Ambiguous::Hidden);
                }
                found = true;
                decoded.push(inner);
                rest = after;
            }
            _ => decoded.push(byte),
        }
    }
    refuse_overlong(&decoded)?;
    Ok(found.then_some(decoded))
}

/// The path without parameters, with runs of slashes merged, up to where a query would begin.
fn lenient<'a>(path: &Cow<'a, [u8]>) -> Cow<'a, [u8]> {
    if !path.iter().any(|byte| CUTS.contains(byte)) && !path.windows(2).any(|pair| pair == b"//") {
        return path.clone();
    }
    let mut reading: Vec<u8> = Vec::with_capacity(path.len());
    for (index, segment) in path.split(|&byte| byte == b'/').enumerate() {
        if index > 0 && reading.last() != Some(&b'/') {
            reading.push(b'/');
        }
        let (name, cut) = bare(segment);
        reading.extend_from_slice(name);
        if matches!(cut, Some(b'?' | b'#')) {
            break;
        }
    }
    Cow::Owned(reading)
}

/// What ends the name of a segment to a server that looks at it after decoding: a parameter, a query, a fragment.
const CUTS: [u8; 3] = [b';', b'?', b'#'];

/// The name of a segment, and what ends it.
fn bare(segment: &[u8]) -> (&[u8], Option<u8>) {
    match segment.iter().position(|byte| CUTS.contains(byte)) {
        Some(end) => (&segment[..end], segment.get(end).copied()),
        None => (segment, None),
    }
}

fn refuse_dot_segments(path: &[u8]) -> Result<(), Ambiguous> {
    let dots = |segment: &[u8]| {
        let name = bare(segment).0;
        let is_blank = || name.iter().all(|byte| matches!(byte, b'.' | b' '));
        matches!(name, b"." | b"..") || (name.contains(&b' ') && name.contains(&b'.') && is_blank())
    };
    if path.split(|&byte| byte == b'/').any(dots) { Err(Ambiguous::DotSegment) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
