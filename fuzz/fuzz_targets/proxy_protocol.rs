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
        (Ok(Header::Part(_)), _) => {}
        (whole, in_pieces) => assert_eq!(whole.ok(), in_pieces.ok()),
    }
});
