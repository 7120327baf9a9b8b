//! Any set of headers that a proxy names a request by: refused, or exactly the request that each of them names.
#![no_main]

use http::header::HeaderValue;
use http::{HeaderMap, HeaderName};
use libfuzzer_sys::fuzz_target;
use vestibule::gateway::forward_auth::Fields;
use vestibule::gateway::forward_auth::original::Original;

const ORIGINAL: [&str; 3] = ["x-original-url", "x-original-method", "x-forwarded-for"];
const FORWARDED: [&str; 5] =
    ["x-forwarded-uri", "x-forwarded-host", "x-forwarded-method", "x-forwarded-proto", "x-forwarded-for"];

fuzz_target!(|fields: Vec<(u8, Vec<u8>)>| {
    let names = [&ORIGINAL[..], &FORWARDED, &["x-original-uri"]].concat();
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            headers.append(HeaderName::from_static(names[usize::from(name) % names.len()]), value);
        }
    }
    for (kind, needed) in [(Fields::Original, &ORIGINAL[..]), (Fields::Forwarded, &FORWARDED)] {
        let Ok(original) = Original::read(kind, &headers) else { continue };
        for name in needed {
            assert_eq!(headers.get_all(*name).iter().count(), 1, "{name}");
        }
        let target = headers[needed[0]].to_str().expect("text");
        assert!(target.ends_with(original.path.target().as_str()), "{target}: {original:?}");
        let method = if kind == Fields::Original { ORIGINAL[1] } else { FORWARDED[2] };
        assert_eq!(headers[method], original.method.as_str());
        for uri in headers.get_all("x-forwarded-uri").iter().chain(headers.get_all("x-original-uri")) {
            assert_eq!(uri, original.path.target().as_str());
        }
    }
});
