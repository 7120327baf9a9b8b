//! Texts that config itself understands. The nouns of the house parse themselves.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

/// Longest name people read, in characters: fits a button and a table's column.
const MAX_LABEL: usize = 128;
/// Longest client id, scope or claim name, in bytes: none known is near it.
const MAX_TOKEN: usize = 512;
/// Longest duration: beyond ten years somebody mistook the unit, and sums of instants stay far from overflow.
const MAX_DURATION: Duration = Duration::from_secs(3650 * 24 * 60 * 60);

/// A name people read: one line, not empty.
pub(super) fn label(text: &str) -> Result<String, String> {
    let count = text.chars().count();
    if count == 0 || count > MAX_LABEL || text.trim() != text || text.chars().any(char::is_control) {
        return Err(format!("a name is one line of 1 to {MAX_LABEL} characters without space at either end"));
    }
    Ok(text.to_owned())
}

/// A client id: visible ASCII and spaces (RFC 6749, A.1).
pub(super) fn client_id(text: &str) -> Result<String, String> {
    if text.is_empty() || text.len() > MAX_TOKEN || !text.bytes().all(|c| matches!(c, b' '..=b'~')) {
        return Err(format!("a client id is 1 to {MAX_TOKEN} printable ASCII characters; copy it from the provider"));
    }
    Ok(text.to_owned())
}

/// A scope (RFC 6749, 3.3).
pub(super) fn scope(text: &str) -> Result<String, String> {
    let fits = |c: u8| matches!(c, b'!' | b'#'..=b'[' | b']'..=b'~');
    if text.is_empty() || text.len() > MAX_TOKEN || !text.bytes().all(fits) {
        return Err("a scope is one word without quotes or backslashes; write one element for each".to_owned());
    }
    Ok(text.to_owned())
}

/// The name of a top-level claim.
pub(super) fn claim(text: &str) -> Result<String, String> {
    if text.is_empty() || text.len() > MAX_TOKEN || text.chars().any(char::is_control) {
        return Err("a claim is the exact name of a top-level claim, such as groups".to_owned());
    }
    Ok(text.to_owned())
}

/// A whole number and its unit: `45s`, `30m`, `8h`, `7d`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let invalid = || "a duration is a number above zero and s, m, h or d, such as 8h; at most 3650d".to_owned();
    let unit = match text.as_bytes().last() {
        Some(b's') => 1,
        Some(b'm') => 60,
        Some(b'h') => 60 * 60,
        Some(b'd') => 24 * 60 * 60,
        _ => return Err(invalid()),
    };
    let digits = &text[..text.len() - 1];
    if !digits.bytes().all(|c| c.is_ascii_digit()) {
        return Err(invalid());
    }
    let count: u64 = digits.parse().map_err(|_| invalid())?;
    let duration = count.checked_mul(unit).map(Duration::from_secs).ok_or_else(invalid)?;
    if duration.is_zero() || duration > MAX_DURATION { Err(invalid()) } else { Ok(duration) }
}

/// An address and port to listen on.
pub(super) fn socket(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "an address is an IP address and a port, such as 0.0.0.0:8080 or [::]:8080".to_owned())
}

/// A range of addresses; a single address is a range of one.
pub(super) fn network(text: &str) -> Result<IpNet, String> {
    let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    let network = network.map_err(|_| "a range is an IP address or a CIDR, such as 10.0.0.0/8".to_owned())?;
    Ok(network.trunc())
}

/// A file's name. Relative ones are seen from the working directory, as in `sqlite://`.
pub(super) fn file(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() || text.contains('\0') {
        return Err("a file is named by its path".to_owned());
    }
    Ok(PathBuf::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_a_number_and_a_unit() {
        for (text, seconds) in [("45s", 45), ("30m", 1800), ("8h", 28_800), ("7d", 604_800), ("3650d", 315_360_000)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for bad in
            ["", "h", "8", "8 h", "-8h", "+8h", "1.5h", "0s", "8H", "8hours", "3651d", "99999999999999999999d", "8é"]
        {
            assert!(duration(bad).is_err(), "{bad}");
        }
        assert!(duration(&format!("{}d", u64::MAX)).is_err(), "a product that overflows");
    }

    #[test]
    fn ranges_take_single_addresses() {
        assert_eq!(network("10.1.2.3").unwrap().to_string(), "10.1.2.3/32");
        assert_eq!(network("10.1.2.3/8").unwrap().to_string(), "10.0.0.0/8");
        assert_eq!(network("::1").unwrap().to_string(), "::1/128");
        assert!(network("10.0.0.0/33").is_err() && network("proxy").is_err());
    }

    #[test]
    fn words_keep_to_their_grammar() {
        assert!(label("Company login").is_ok() && label("").is_err() && label("a\nb").is_err() && label(" a").is_err());
        assert!(label(&"é".repeat(MAX_LABEL)).is_ok() && label(&"é".repeat(MAX_LABEL + 1)).is_err());
        assert!(client_id("a b").is_ok() && client_id("ü").is_err() && client_id("").is_err());
        assert!(scope("openid").is_ok() && scope("openid profile").is_err() && scope("a\"b").is_err());
        assert!(claim("https://example.com/groups").is_ok() && claim("").is_err());
    }
}
