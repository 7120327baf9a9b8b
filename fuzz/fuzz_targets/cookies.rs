//! Any `Cookie` and `Set-Cookie`: none of ours is left after stripping, and the rest still is.
#![no_main]

use http::HeaderMap;
use http::header::{COOKIE, HeaderValue, SET_COOKIE};
use libfuzzer_sys::fuzz_target;
use vestibule::base::cookies::{is_ours, name_of, pieces, strip_request, strip_response};

fuzz_target!(|values: Vec<Vec<u8>>| {
    let mut headers = HeaderMap::new();
    for value in values.iter().filter_map(|value| HeaderValue::from_bytes(value).ok()) {
        headers.append(COOKIE, value.clone());
        headers.append(SET_COOKIE, value);
    }
    let others = headers.get_all(COOKIE).iter().flat_map(pieces).filter(|piece| !is_ours(name_of(piece))).count();
    strip_request(&mut headers);
    strip_response(&mut headers);
    assert!(headers.get_all(COOKIE).iter().flat_map(pieces).all(|piece| !is_ours(name_of(piece))));
    assert!(headers.get_all(SET_COOKIE).iter().all(|value| !is_ours(name_of(value.as_bytes()))));
    assert_eq!(headers.get_all(COOKIE).iter().flat_map(pieces).count(), others);
});
