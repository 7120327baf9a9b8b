//! Cookies of ours (RFC 6265): what they are called, how they are set, and how a request's are read. Every door that
//! sets or reads one, and the proxy that keeps them from upstreams, uses the names made here.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use memchr::memchr;

use super::TokenHash;

/// What our cookies' names begin with over https. Browsers keep such a cookie only from its own host, over https.
const HOST_PREFIX: &str = "__Host-vestibule";
/// What they begin with over http, where browsers refuse the `__Host-` prefix.
const PLAIN_PREFIX: &str = "vestibule-";
/// Length of the tag in names over http, in hexadecimal digits: tells a machine's few servers apart.
const TAG_LENGTH: usize = 8;

/// Most cookies that one answer makes a browser forget: an answer's headers have limits too, on their way through
/// other servers. What is left is forgotten at the next.
pub const MAX_FORGOTTEN: usize = 16;

/// The names of one public origin's cookies, and how they are set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieNames {
    /// Present over http: cookies ignore ports, so the names must tell two servers on one host apart.
    tag: Option<String>,
}

impl CookieNames {
    /// Names for an origin reached over https or not, at the public `host:port`.
    pub fn new(https: bool, host_and_port: &str) -> Self {
        let tag = || TokenHash::of(host_and_port.to_ascii_lowercase().as_bytes()).to_string()[..TAG_LENGTH].to_owned();
        Self { tag: (!https).then(tag) }
    }

    /// The full name of the cookie that holds `what`: `__Host-vestibule-<what>`, over http `vestibule-<what>-<tag>`.
    pub fn name(&self, what: &str) -> String {
        match &self.tag {
            None => format!("{HOST_PREFIX}-{what}"),
            Some(tag) => format!("{PLAIN_PREFIX}{what}-{tag}"),
        }
    }

    /// A `Set-Cookie` value for the cookie that holds `what` (not its full name). Without `max_age` it lives as long
    /// as the browser does. Characters that no cookie value may hold are left out: ours are base64url.
    pub fn set(&self, what: &str, value: &str, max_age: Option<Duration>) -> HeaderValue {
        let value: String = value.chars().filter(is_cookie_octet).collect();
        let secure = if self.tag.is_none() { "; Secure" } else { "" };
        let age = max_age.map(|age| format!("; Max-Age={}", age.as_secs())).unwrap_or_default();
        let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}", self.name(what));
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
    }

    /// A `Set-Cookie` value that makes the browser forget the cookie that holds `what`. It carries every attribute of
    /// the setting one: browsers refuse to remove a `__Host-` cookie without `Secure`.
    pub fn expire(&self, what: &str) -> HeaderValue {
        self.set(what, "", Some(Duration::ZERO))
    }

    /// How many bytes of a request's `Cookie` header the cookie that holds `what` takes.
    pub fn sent_bytes(&self, what: &str, value: &str) -> usize {
        self.name(what).len() + value.len() + "=; ".len()
    }

    /// Our cookies of this origin in a request, as (what they hold, value).
    pub fn held<'a>(&self, headers: &'a HeaderMap) -> impl Iterator<Item = (&'a str, &'a str)> {
        ours(headers).filter_map(|(name, value)| Some((self.what(name)?, value)))
    }

    /// The inverse of [`CookieNames::name`].
    fn what<'a>(&self, name: &'a str) -> Option<&'a str> {
        match &self.tag {
            None => name.strip_prefix(HOST_PREFIX)?.strip_prefix('-'),
            Some(tag) => name.strip_prefix(PLAIN_PREFIX)?.strip_suffix(tag.as_str())?.strip_suffix('-'),
        }
    }

    /// The values of the cookie that holds `what`, in the order sent. More than one means that someone set another:
    /// the reader must not simply believe the first.
    pub fn values<'a>(&'a self, headers: &'a HeaderMap, what: &'a str) -> impl Iterator<Item = &'a str> {
        self.held(headers).filter(move |(held, _)| *held == what).map(|(_, value)| value)
    }
}

/// `cookie-octet` of RFC 6265 4.1.1.
fn is_cookie_octet(c: &char) -> bool {
    c.is_ascii_graphic() && !matches!(c, '"' | ',' | ';' | '\\')
}

/// The pieces of one `Cookie` value, split as browsers join them: at every `;`, whatever quotes say.
pub fn pieces(value: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    Pieces(Some(value.as_bytes()))
}

/// What is left to be split.
struct Pieces<'a>(Option<&'a [u8]>);

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let rest = self.0?;
            let (piece, after) = match memchr(b';', rest) {
                Some(end) => (&rest[..end], rest.get(end + 1..)),
                None => (rest, None),
            };
            self.0 = after;
            let piece = piece.trim_ascii();
            if !piece.is_empty() {
                return Some(piece);
            }
        }
    }
}

/// The name of one piece of a `Cookie` or the first of a `Set-Cookie`; what has no `=`, or nothing before it, is
/// called by its value, as a server that reads it back would.
pub fn name_of(piece: &[u8]) -> &[u8] {
    let mut rest = piece.trim_ascii();
    while let Some(after) = rest.strip_prefix(b"=") {
        rest = after.trim_ascii_start();
    }
    let end = memchr(b'=', rest).unwrap_or(rest.len());
    rest[..end].trim_ascii_end()
}

/// Cookies of ours, of whatever origin, in a request as (name, value), over all its `Cookie` headers (HTTP/2 splits
/// them, RFC 9113 8.2.3). Pieces without `=` and pieces that are no UTF-8 are passed over: none of ours is either.
fn ours(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers.get_all(header::COOKIE).iter().flat_map(pieces).filter(|piece| is_ours(piece)).filter_map(|piece| {
        let equals = memchr(b'=', piece)?;
        Some((text(&piece[..equals])?, text(&piece[equals + 1..])?))
    })
}

fn text(part: &[u8]) -> Option<&str> {
    std::str::from_utf8(part.trim_ascii()).ok()
}

/// Whether a cookie of that name is ours, of whatever origin: no upstream ever sees or sets one. Case is ignored,
/// because browsers ignore it in `__Host-`.
pub fn is_ours(name: &[u8]) -> bool {
    // What is called otherwise, as nearly all are, is told apart by its first letter.
    let prefix = match name.first() {
        Some(b'_') => HOST_PREFIX,
        Some(b'v' | b'V') => PLAIN_PREFIX,
        _ => return false,
    };
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}

/// Whether a cookie of ours stands in a piece: by itself, or behind a comma, as whoever folds several `Cookie` headers into
/// one without knowing better leaves it, or behind a space, at which some end a value.
fn holds_ours(piece: &[u8]) -> bool {
    let ends = |byte: &u8| matches!(byte, b',' | b' ' | b'\t');
    is_ours(name_of(piece)) || (piece.iter().any(ends) && piece.split(ends).any(|part| is_ours(name_of(part))))
}

/// Takes our cookies out of a request. What is left stands in one `Cookie` header, in the order sent; none if nothing
/// is left.
pub fn strip_request(headers: &mut HeaderMap) {
    let (mut fields, mut any_ours, mut kept) = (0, false, Vec::new());
    for value in headers.get_all(header::COOKIE) {
        fields += 1;
        for piece in pieces(value) {
            if holds_ours(piece) {
                any_ours = true;
                continue;
            }
            if !kept.is_empty() {
                kept.extend_from_slice(b"; ");
            }
            kept.extend_from_slice(piece);
        }
    }
    match HeaderValue::try_from(kept) {
        _ if fields < 2 && !any_ours => {}
        Ok(value) if !value.is_empty() => drop(headers.insert(header::COOKIE, value)),
        _ => drop(headers.remove(header::COOKIE)),
    }
}

/// Takes out of a response every `Set-Cookie` that would set or end one of our cookies.
pub fn strip_response(headers: &mut HeaderMap) {
    const SET_COOKIE: HeaderName = header::SET_COOKIE;
    let ours =
        |value: &HeaderValue| is_ours(name_of(value.as_bytes().split(|&b| b == b';').next().unwrap_or_default()));
    if !headers.get_all(SET_COOKIE).iter().any(ours) {
        return;
    }
    let kept: Vec<HeaderValue> = headers.get_all(SET_COOKIE).iter().filter(|value| !ours(value)).cloned().collect();
    headers.remove(SET_COOKIE);
    for value in kept {
        headers.append(SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests;
