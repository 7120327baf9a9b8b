//! Headers about traces, as anybody writes them: read or not there, and what is read is bounded.
#![no_main]

use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;
use vestibule::telemetry::Context;

fuzz_target!(|input: &[u8]| {
    // Lines, the first of them the trace, the others its state.
    let mut headers = HeaderMap::new();
    for (index, line) in input.split(|&byte| byte == b'\n').enumerate() {
        let name = if index == 0 { "traceparent" } else { "tracestate" };
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(name, value);
        }
    }
    if let Some(context) = Context::read(&headers) {
        assert!(context.state().is_none_or(|state| !state.is_empty() && state.len() <= 512));
    }
});
