//! Texts that config itself understands. The nouns of the house parse themselves.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

/// Longest duration: beyond ten years somebody mistook the unit, and sums of instants stay far from overflow.
const MAX_DURATION: Duration = Duration::from_secs(3650 * 24 * 60 * 60);

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
}
