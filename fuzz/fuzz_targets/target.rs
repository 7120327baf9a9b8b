//! Any request target: it is read in one way or refused, and what is read is never ours by another spelling.
#![no_main]

use http::Uri;
use libfuzzer_sys::fuzz_target;
use vestibule::decision::RequestPath;

fuzz_target!(|input: &[u8]| {
    let Ok(uri) = Uri::try_from(input) else { return };
    let Ok(path) = RequestPath::parse(&uri) else { return };
    // What is decided on is what is sent.
    assert_eq!(uri.path_and_query(), Some(path.target()));
    let segments = path.strict().split(|&byte| byte == b'/');
    assert!(segments.into_iter().all(|segment| segment != b"." && segment != b".."));
    assert!(!path.strict().contains(&b'\\') && !path.strict().contains(&0));
});
