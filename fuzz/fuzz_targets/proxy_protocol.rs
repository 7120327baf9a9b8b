//! The first bytes of a connection: whatever they are, a header is read alike in one piece and in many.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule::listener::proxy_protocol::Header;

fuzz_target!(|bytes: &[u8]| {
    let whole = Header::parse(bytes);
    let mut have = 0;
    let in_pieces = loop {
        match Header::parse(&bytes[..have]) {
            Ok(Header::Part(more)) if have + more <= bytes.len() => have += more,
            other => break other,
        }
    };
    match (whole, in_pieces) {
        // Too few came for the next piece, of which the first byte may tell that it is none.
        (whole, Ok(Header::Part(_))) => assert!(!matches!(whole, Ok(Header::Whole(..)))),
        (whole, in_pieces) => assert_eq!(whole, in_pieces),
    }
});
