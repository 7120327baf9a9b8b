//! Any prefix and any request target: what is left is what is sent, is read anew, and is never ours.
#![no_main]

use http::Uri;
use libfuzzer_sys::fuzz_target;
use vestibule::decision::RequestPath;
use vestibule::identity::PathPrefix;

fuzz_target!(|input: (&str, &[u8])| {
    let (prefix, target) = input;
    let Ok(prefix) = PathPrefix::parse(prefix) else { return };
    assert_eq!(PathPrefix::parse(prefix.as_str()), Ok(prefix.clone()));
    let Ok(uri) = Uri::try_from(target) else { return };
    let Ok(path) = RequestPath::parse(&uri) else { return };
    let Ok(Some(below)) = path.below(&prefix) else { return };
    assert_eq!(format!("{prefix}{}", below.target()), path.target().as_str());
    assert!(below.as_str().starts_with('/') && !below.is_ours());
    let alone: Uri = below.target().as_str().parse().expect("what is sent is a target");
    let again = RequestPath::parse(&alone).expect("what is sent was read");
    assert_eq!((again.strict(), again.lenient()), (below.strict(), below.lenient()));
});
