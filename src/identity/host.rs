//! A host name, as applications are known by.

use std::net::IpAddr;
use std::sync::Arc;

use super::{Invalid, text_noun};

/// A host name in its one comparable form: lower case, no trailing dot, no port. International names are in their
/// ASCII form (`xn--…`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Host(Arc<str>);

impl Host {
    /// Parses a host name: letters, digits, hyphens and dots (RFC 1123 2.1), or an IP address.
    ///
    /// # Errors
    /// When it holds a port, a wildcard, a scheme or a character no host name has.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        // Every request has its host parsed: what is in lower case already is not made so again, and what cannot be an
        // address is not tried as one.
        let name = text.strip_suffix('.').unwrap_or(text);
        let lower = !name.bytes().any(|byte| byte.is_ascii_uppercase());
        let name: Arc<str> = if lower { name.into() } else { name.to_ascii_lowercase().into() };
        let like_one = name.starts_with(|first: char| first.is_ascii_digit()) || name.contains(':');
        if name.starts_with('[') || (like_one && name.parse::<IpAddr>().is_ok()) {
            return Self::parse_address(&name);
        }
        let label = |label: &[u8]| {
            (1..=63).contains(&label.len())
                && label.iter().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'))
                && label.first() != Some(&b'-')
                && label.last() != Some(&b'-')
        };
        if name.len() <= 253 && name.as_bytes().split(|&byte| byte == b'.').all(label) {
            Ok(Self(name))
        } else {
            Err(Invalid::new("a host is a plain name such as wiki.example.com: no scheme, port, path or wildcard"))
        }
    }

    fn parse_address(name: &str) -> Result<Self, Invalid> {
        let bare = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        match bare.unwrap_or(name).parse::<IpAddr>() {
            Ok(IpAddr::V6(address)) => Ok(Self(format!("[{address}]").into())),
            Ok(IpAddr::V4(address)) if bare.is_none() => Ok(Self(address.to_string().into())),
            _ => Err(Invalid::new("not an IP address")),
        }
    }

    /// The name as text; an IPv6 address in brackets.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address, if it is one and no name.
    pub fn address(&self) -> Option<IpAddr> {
        self.0.trim_start_matches('[').trim_end_matches(']').parse().ok()
    }

    /// Whether the name can only mean this machine: loopback addresses, `localhost` and `*.localhost` (RFC 6761 6.3).
    pub fn is_loopback(&self) -> bool {
        let name = self.as_str();
        name == "localhost"
            || name.ends_with(".localhost")
            || self.address().is_some_and(|address| address.is_loopback())
    }
}

text_noun!(Host);
