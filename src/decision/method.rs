//! The methods that one request may be read to have. Many frameworks obey a header or a part of the query that names
//! another method than the request line does, and some take `post` for `POST`. Where rules name methods, all of them
//! must choose the same rule, as the readings of a path must. What stands in a body is not seen here: it streams.

use std::borrow::Cow;
use std::fmt::Write as _;

use http::Method;
use url::form_urlencoded;

use super::{Ambiguous, Ask};

/// Headers that name another method, `-` for all that is neither letter nor digit, as CGI sees them (RFC 3875 4.1.18).
pub(super) const OVERRIDES: [&str; 3] = ["x-http-method-override", "x-http-method", "x-method-override"];

/// The parts of a query that do, as PHP reads names: `_` for all that is neither letter nor digit. ASP.NET looks there for
/// its header too, Plack for one of its own.
const PARAMETERS: [&str; 3] = ["_method", "x_http_method_override", "x_tunneled_method"];

/// Most methods that a request may name: honest ones name one, perhaps in the query and in a header of each spelling. Each
/// more is held against all rules and all before it.
const MAX_NAMED: usize = 8;

/// Every method that the request may be read to have beside the one in its line.
///
/// # Errors
/// When one is named that is none, or there are too many.
pub(super) fn others(ask: &Ask<'_>) -> Result<Vec<Method>, Ambiguous> {
    // Empty for nearly every request, and then not allocated.
    let mut others = Vec::new();
    let mut read = |text: &[u8]| {
        let method = Method::from_bytes(&text.trim_ascii().to_ascii_uppercase()).map_err(|_| Ambiguous::Method)?;
        if method != *ask.method && !others.contains(&method) {
            others.push(method);
        }
        Ok(())
    };
    if ask.method.as_str().bytes().any(|byte| byte.is_ascii_lowercase()) {
        read(ask.method.as_str().as_bytes())?;
    }
    for (count, method) in named(ask).enumerate() {
        if count == MAX_NAMED {
            return Err(Ambiguous::TooManyMethods);
        }
        read(&method)?;
    }
    Ok(others)
}

/// What headers and query name as the method.
pub(super) fn named<'a>(ask: &Ask<'a>) -> impl Iterator<Item = Cow<'a, [u8]>> {
    let headers = ask.headers.iter().filter(|(name, _)| is_override(name.as_str()));
    let headers = headers.map(|(_, value)| Cow::Borrowed(value.as_bytes()));
    // Some split queries at `;` too.
    let pieces = ask.path.target().query().unwrap_or_default().split(['&', ';']);
    let pairs = pieces.flat_map(|piece| {
        let unescaped = unescaped(piece);
        let other = unescaped.map(|piece| form_urlencoded::parse(piece.as_bytes()).into_owned().collect::<Vec<_>>());
        let owned = |(name, value)| (Cow::Owned(name), Cow::Owned(value));
        form_urlencoded::parse(piece.as_bytes()).chain(other.unwrap_or_default().into_iter().map(owned))
    });
    let query = pairs.filter(|(name, _)| is_parameter(name)).map(|(_, value)| match value {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    });
    headers.chain(query)
}

/// A part of a query as classic ASP and ASP.NET read it, for whom `%u0044` is `D`, in escapes that everybody reads. Nothing
/// if it has none of these.
fn unescaped(piece: &str) -> Option<String> {
    let has_any = piece.contains("%u") || piece.contains("%U");
    let piece = has_any.then(|| piece.replace("%U", "%u"))?;
    let (before, escaped) = piece.split_once("%u")?;
    let mut whole = before.to_owned();
    for part in escaped.split("%u") {
        let letter = part.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32);
        match letter.zip(part.get(4..)) {
            Some((letter, rest)) => {
                for byte in letter.encode_utf8(&mut [0; 4]).bytes() {
                    let _ = write!(whole, "%{byte:02x}");
                }
                whole.push_str(rest);
            }
            None => whole.extend(["%u", part]),
        }
    }
    Some(whole)
}

/// Whether a header of that name does.
pub(super) fn is_override(name: &str) -> bool {
    let plain = |byte: u8| if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b'-' };
    name.starts_with(['x', 'X']) && OVERRIDES.iter().any(|other| name.bytes().map(plain).eq(other.bytes()))
}

fn is_parameter(name: &str) -> bool {
    let plain = |byte: u8| if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b'_' };
    let name = name.trim_start().split('\0').next().unwrap_or_default();
    PARAMETERS.iter().any(|other| name.bytes().map(plain).eq(other.bytes()))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::*;
    use crate::decision::sample::{host, path};

    fn read(method: &str, target: &str, fields: &[(&'static str, &'static str)]) -> Result<String, Ambiguous> {
        let field = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_static(value))
        };
        let headers: HeaderMap = fields.iter().map(field).collect();
        let (host, path, method) = (host("a"), path(target), method.parse().unwrap());
        let (host, path, method, headers) = (&host, &path, &method, &headers);
        let others = others(&Ask { host, path, method, preflight: None, headers, client: None })?;
        Ok(others.iter().map(Method::as_str).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn a_method_is_found_wherever_frameworks_look_for_one() {
        for (method, target, fields, expected) in [
            ("POST", "/", &[][..], ""),
            ("POST", "/?method=DELETE&a_method=DELETE&x=_method", &[], ""),
            ("POST", "/", &[("x-method", "DELETE"), ("method", "DELETE")], ""),
            ("POST", "/", &[("x-http-method-override", "POST")], ""),
            ("post", "/", &[], "POST"),
            ("POST", "/", &[("x-http-method-override", "delete")], "DELETE"),
            ("POST", "/", &[("x-http-method", "DELETE")], "DELETE"),
            ("POST", "/", &[("x-method-override", " Put ")], "PUT"),
            ("POST", "/", &[("x_http_method_override", "DELETE")], "DELETE"),
            ("POST", "/", &[("x-http.method_override", "DELETE")], "DELETE"),
            ("POST", "/", &[("X-HTTP-Method", "PUT"), ("X-HTTP-Method", "DELETE")], "PUT DELETE"),
            ("POST", "/?_method=delete", &[], "DELETE"),
            ("POST", "/?a=1&_method=DELETE", &[], "DELETE"),
            ("POST", "/?a=1;_METHOD=DELETE", &[], "DELETE"),
            ("POST", "/?%5fmethod=%44ELETE", &[], "DELETE"),
            ("POST", "/?.method=DELETE", &[], "DELETE"),
            ("POST", "/?+_method=DELETE", &[], "DELETE"),
            ("POST", "/?_method%00x=DELETE", &[], "DELETE"),
            ("POST", "/?X-HTTP-Method-Override=DELETE", &[], "DELETE"),
            ("POST", "/?a&x-tunneled-method=delete", &[], "DELETE"),
            ("POST", "/?X-HTTP-Method-Overrid%u0065=DELETE", &[], "DELETE"),
            ("POST", "/?a;%u005fmethod=%U0044%75ELETE", &[], "DUELETE"),
            ("POST", "/?a=%u00e9&b=%u&c=%uzzzz&d=%u12", &[], ""),
            ("POST", "/?_method=PUT", &[("x-http-method", "DELETE")], "DELETE PUT"),
        ] {
            assert_eq!(read(method, target, fields).as_deref(), Ok(expected), "{method} {target} {fields:?}");
        }
    }

    #[test]
    fn nobody_names_more_methods_than_are_looked_at() {
        let named = |count: usize| (0..count).map(|number| format!("_method=M{number}&")).collect::<String>();
        let read = |count| read("POST", &format!("/?{}", named(count)), &[]);
        assert_eq!(read(MAX_NAMED).unwrap().split(' ').count(), MAX_NAMED);
        assert_eq!(read(MAX_NAMED + 1), Err(Ambiguous::TooManyMethods));
        assert_eq!(read(2_000), Err(Ambiguous::TooManyMethods));
    }

    #[test]
    fn what_is_no_method_is_not_guessed_at() {
        for (target, fields) in [
            ("/", &[("x-http-method-override", "PUT, DELETE")][..]),
            ("/", &[("x-http-method", "")]),
            ("/?_method=", &[]),
            ("/?_method=DEL%00ETE", &[]),
            ("/?_method=DELETE%0d", &[("x-http-method", "a b")]),
        ] {
            assert_eq!(read("POST", target, fields), Err(Ambiguous::Method), "{target} {fields:?}");
        }
    }
}
