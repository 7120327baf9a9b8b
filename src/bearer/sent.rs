//! The token of a request, as far as its form goes (RFC 6750 2.1). It is read from `Authorization` alone: never from a
//! query, which logs keep, nor from a body.

use http::HeaderMap;
use http::header::AUTHORIZATION;

/// Longest token that is looked at, in bytes: a JWT with hundreds of claims.
const MAX_TOKEN: usize = 16 * 1024;

/// What a request has in `Authorization`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent<'a> {
    /// No bearer token.
    Nothing,
    /// Exactly one.
    Token(&'a str),
    /// Something that two programs could read differently.
    Unclear,
}

/// The bearer token of a request.
pub fn sent(headers: &HeaderMap) -> Sent<'_> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Sent::Nothing };
    if values.next().is_some() {
        return Sent::Unclear;
    }
    // Over HTTP/2 nobody has taken the space around it away yet, and whoever does so later must not find a token there.
    let bytes = value.as_bytes().trim_ascii();
    let (scheme, rest) =
        bytes.split_at(bytes.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(bytes.len()));
    if !scheme.eq_ignore_ascii_case(b"bearer") {
        // What does not begin a header to us, or begins another one folded into it, may do so to an upstream.
        let later = bytes.split(|&byte| byte == b',').any(|part| word(part).eq_ignore_ascii_case(b"bearer"));
        return if later { Sent::Unclear } else { Sent::Nothing };
    }
    let spaces = rest.iter().take_while(|&&byte| byte == b' ').count();
    let (_, token) = rest.split_at(spaces);
    match std::str::from_utf8(token) {
        Ok(token) if spaces > 0 && is_token(token) => Sent::Token(token),
        _ => Sent::Unclear,
    }
}

/// The first word in it, whatever stands in front.
fn word(text: &[u8]) -> &[u8] {
    let is_letter = u8::is_ascii_alphanumeric;
    let text = text.iter().position(is_letter).map_or(&[][..], |start| &text[start..]);
    text.split(|byte| !is_letter(byte)).next().unwrap_or_default()
}

/// RFC 6750's `b64token`.
fn is_token(text: &str) -> bool {
    let end = text.trim_end_matches('=');
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    !end.is_empty() && text.len() <= MAX_TOKEN && end.bytes().all(inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use proptest::prelude::*;

    fn of(values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (AUTHORIZATION, HeaderValue::from_bytes(value.as_bytes()).unwrap())).collect()
    }

    #[test]
    fn a_token_is_read_from_one_clear_header_alone() {
        for value in ["Bearer a.b-c_d~e+f/g==", "bearer x", "BEARER x", "Bearer   x", " Bearer x", "\tBearer x \t"] {
            assert!(matches!(sent(&of(&[value])), Sent::Token(_)), "{value}");
        }
        for value in ["Basic eDp5", "Negotiate x", "Bearerx y", "DPoP x", ""] {
            assert_eq!(sent(&of(&[value])), Sent::Nothing, "{value}");
        }
        let unclear = [
            "Bearer",
            "Bearer ",
            "Bearer a b",
            "Bearer a, Bearer b",
            "Bearer a,b",
            "Bearer\ta",
            "Bearer =",
            "Bearer a=b",
            "Basic eDp5, Bearer a",
            "Digest a=\"b\",bearer a",
            "\u{a0}Bearer a",
            "\u{85}Bearer a",
        ];
        for value in unclear {
            assert_eq!(sent(&of(&[value])), Sent::Unclear, "{value}");
        }
        assert_eq!(sent(&of(&["Bearer a", "Bearer a"])), Sent::Unclear);
        assert_eq!(sent(&of(&["Basic a", "Bearer a"])), Sent::Unclear);
        assert_eq!(sent(&of(&[&format!("Bearer {}", "a".repeat(MAX_TOKEN + 1))])), Sent::Unclear);
        assert_eq!(sent(&HeaderMap::new()), Sent::Nothing);
    }

    proptest! {
        #[test]
        fn whatever_comes_is_no_token_with_a_separator_in_it(text in "[ -~]{0,60}") {
            if let Sent::Token(token) = sent(&of(&[&text])) {
                prop_assert!(!token.contains([' ', ',', ';', '"']));
            }
        }
    }
}
