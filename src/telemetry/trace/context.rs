//! W3C Trace Context: what `traceparent` and `tracestate` say, read strictly. What is not well-formed is as good as not
//! there (section 3.2.2.3 and 3.3.1.5).

use std::fmt::Write as _;

use http::header::{HeaderMap, HeaderName, HeaderValue};

/// Which span of which trace.
pub(super) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// What vendors add to it.
pub(super) const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// Longest `tracestate` that is passed on, in bytes: what everybody has to take (3.3.1.5).
const MAX_STATE: usize = 512;
/// Most members of it (3.3.1.1).
const MAX_MEMBERS: usize = 32;

/// A trace's id.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TraceId(pub(super) u128);

/// A span's id.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SpanId(pub(super) u64);

impl std::fmt::Display for TraceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl std::fmt::Display for SpanId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl std::fmt::Debug for TraceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl std::fmt::Debug for SpanId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// What somebody before us says of the trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    pub(super) trace: TraceId,
    pub(super) parent: SpanId,
    pub(super) sampled: bool,
    /// Passed on as it came.
    pub(super) state: Option<HeaderValue>,
}

impl Context {
    /// What the headers say; `None` if nothing, or nothing well-formed.
    pub fn read(headers: &HeaderMap) -> Option<Self> {
        let mut given = headers.get_all(TRACEPARENT).iter();
        // Two of them contradict each other.
        let (Some(parent), None) = (given.next(), given.next()) else { return None };
        let (trace, parent, sampled) = parse(parent.as_bytes())?;
        Some(Self { trace, parent, sampled, state: state(headers) })
    }

    /// What is passed on beside the ids.
    pub const fn state(&self) -> Option<&HeaderValue> {
        self.state.as_ref()
    }
}

/// Version 00 is exactly these fields; a later one begins with them (3.2.4).
fn parse(value: &[u8]) -> Option<(TraceId, SpanId, bool)> {
    let (head, rest) = value.split_at_checked(55)?;
    let [version, trace, parent, flags] = fields(head)?;
    let version = number(version)?;
    let ends = if version == 0 { rest.is_empty() } else { rest.first().is_none_or(|byte| *byte == b'-') };
    let (trace, parent, flags) = (number(trace)?, number(parent)?, number(flags)?);
    let valid = version != 0xff && ends && trace != 0 && parent != 0;
    valid.then_some((TraceId(trace), SpanId(u64::try_from(parent).ok()?), flags & 1 == 1))
}

fn fields(head: &[u8]) -> Option<[&[u8]; 4]> {
    let fields: [&[u8]; 4] = [head.get(..2)?, head.get(3..35)?, head.get(36..52)?, head.get(53..)?];
    [2, 35, 52].iter().all(|&index| head.get(index) == Some(&b'-')).then_some(fields)
}

/// Digits of base 16, in lower case only.
fn number(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0, |number, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u128::from(value))
    })
}

/// All `tracestate` there is as one field; none if it is longer than everybody takes, or no list of pairs.
fn state(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut joined = String::new();
    for value in headers.get_all(TRACESTATE) {
        let value = value.to_str().ok()?.trim();
        if joined.len() + value.len() >= MAX_STATE {
            return None;
        }
        let separator = if joined.is_empty() { "" } else { "," };
        let _ = write!(joined, "{separator}{value}");
    }
    let members = || joined.split(',').map(str::trim).filter(|member| !member.is_empty());
    let is_pair =
        |member: &str| member.split_once('=').is_some_and(|(key, value)| !key.is_empty() && !value.is_empty());
    let whole = members().count() <= MAX_MEMBERS && members().next().is_some() && members().all(is_pair);
    whole.then(|| HeaderValue::try_from(joined).ok()).flatten()
}

/// The field that names a span of ours.
pub(super) fn traceparent(trace: TraceId, span: SpanId, sampled: bool) -> HeaderValue {
    let text = format!("00-{trace}-{span}-{:02x}", u8::from(sampled));
    // Digits and hyphens are always a value.
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EXAMPLE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn read(fields: &[(&'static str, &str)]) -> Option<Context> {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, HeaderValue::from_str(value).unwrap());
        }
        Context::read(&headers)
    }

    #[test]
    fn the_example_of_the_recommendation_is_read_and_written() {
        let context = read(&[("traceparent", EXAMPLE), ("tracestate", "congo=t61rcWkgMzE")]).unwrap();
        assert_eq!(context.trace.to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(context.parent.to_string(), "b7ad6b7169203331");
        assert!(context.sampled);
        assert_eq!(context.state.unwrap(), "congo=t61rcWkgMzE");
        assert_eq!(traceparent(context.trace, context.parent, true), EXAMPLE);
    }

    #[test]
    fn what_is_not_well_formed_is_not_there() {
        for bad in [
            "",
            "00",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
            "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01more",
            "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01",
            " 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ] {
            assert_eq!(read(&[("traceparent", bad)]), None, "{bad:?}");
        }
        assert_eq!(read(&[("traceparent", EXAMPLE), ("traceparent", EXAMPLE)]), None, "two are a contradiction");
        let later = "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00-what-comes";
        assert!(!read(&[("traceparent", later)]).unwrap().sampled);
    }

    #[test]
    fn a_state_is_passed_on_only_whole() {
        let state = |values: &[&str]| {
            let values = values.iter().map(|value| ("tracestate", *value));
            let fields: Vec<_> = [("traceparent", EXAMPLE)].into_iter().chain(values).collect();
            read(&fields).unwrap().state.map(|state| state.to_str().unwrap().to_owned())
        };
        assert_eq!(state(&["a=1", "b=2"]).as_deref(), Some("a=1,b=2"));
        assert_eq!(state(&["no pair"]), None);
        assert_eq!(state(&[""]), None);
        assert_eq!(state(&[&format!("a={}", "x".repeat(MAX_STATE))]), None);
        let many: Vec<String> = (0..=MAX_MEMBERS).map(|number| format!("k{number}=1")).collect();
        assert_eq!(state(&[&many.join(",")]), None);
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_written_again(text in "[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}") {
            if let Some((trace, parent, sampled)) = parse(text.as_bytes()) {
                let written = traceparent(trace, parent, sampled);
                prop_assert_eq!(&written.as_bytes()[2..53], &text.as_bytes()[2..53]);
            }
        }

        #[test]
        fn no_bytes_make_it_fail(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }
    }
}
