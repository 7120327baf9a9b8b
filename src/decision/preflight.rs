//! CORS preflights (Fetch, 4.8): a browser asks, with no cookie and no identity, whether a page of another origin may
//! send a request. Asked so and in no other way, or it is a request like any other.

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

/// The method that a preflight asks about: `OPTIONS` with one `Origin`, exactly one `Access-Control-Request-Method`
/// that is a method, no body, and no wish for another protocol. Nothing if it is none.
pub fn asked(method: &Method, headers: &HeaderMap, has_body: bool) -> Option<Method> {
    const OTHER_PROTOCOL: [HeaderName; 3] = [header::UPGRADE, header::SEC_WEBSOCKET_KEY, header::SEC_WEBSOCKET_VERSION];
    if *method != Method::OPTIONS || has_body || OTHER_PROTOCOL.iter().any(|name| headers.contains_key(name)) {
        return None;
    }
    only(headers, &header::ORIGIN).filter(|origin| !origin.is_empty())?;
    Method::from_bytes(only(headers, &header::ACCESS_CONTROL_REQUEST_METHOD)?.as_bytes()).ok()
}

/// The one value of a header; nothing if there are more.
fn only<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preflight_is_asked_for_in_one_way() {
        let (origin, wish) = (("origin", "https://app.example.com"), ("access-control-request-method", "PUT"));
        let asked = |method: Method, fields: &[(&'static str, &'static str)], has_body| {
            let mut headers = HeaderMap::new();
            for (name, value) in fields {
                headers.append(*name, HeaderValue::from_static(value));
            }
            asked(&method, &headers, has_body)
        };
        assert_eq!(asked(Method::OPTIONS, &[origin, wish], false), Some(Method::PUT));
        assert_eq!(asked(Method::OPTIONS, &[origin, wish], true), None);
        assert_eq!(asked(Method::GET, &[origin, wish], false), None);
        for fields in [
            &[][..],
            &[origin],
            &[wish],
            &[origin, origin, wish],
            &[origin, wish, wish],
            &[("origin", ""), wish],
            &[origin, ("access-control-request-method", "")],
            &[origin, ("access-control-request-method", "PUT, GET")],
            &[origin, ("access-control-request-method", "P UT")],
            &[origin, wish, ("upgrade", "tcp")],
            &[origin, wish, ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")],
            &[origin, wish, ("sec-websocket-version", "13")],
        ] {
            assert_eq!(asked(Method::OPTIONS, fields, false), None, "{fields:?}");
        }
    }
}
