//! How an application's upstreams are asked whether they are well.

use std::sync::Arc;

use http::uri::PathAndQuery;
use serde::{Deserialize, Serialize};

use super::TimeLimit;
use crate::identity::{Invalid, text_noun};

/// Most answers in a row that a change of mind takes.
pub const MAX_IN_A_ROW: u8 = 10;

/// The path, and perhaps query, that an upstream is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckPath(Arc<str>);

impl CheckPath {
    /// Parses `/healthz` or `/status?brief`.
    ///
    /// # Errors
    /// When it is no path from the root, or too long.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let is_path = text.starts_with('/') && !text.contains('#') && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_path || text.len() > 256 || PathAndQuery::try_from(text).is_err() {
            return Err(Invalid::new("write a path, such as /healthz, of at most 256 characters"));
        }
        Ok(Self(text.into()))
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_noun!(CheckPath);

/// How often upstreams are asked, and what it takes to believe them. An answer of 200 to 399 is a good one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthCheck {
    /// What they are asked for, as nobody.
    pub path: CheckPath,
    /// How often.
    #[serde(default = "HealthCheck::interval")]
    pub interval: TimeLimit,
    /// How long an answer may take, connecting included.
    #[serde(default = "HealthCheck::timeout")]
    pub timeout: TimeLimit,
    /// After how many bad answers in a row an upstream is down.
    #[serde(default = "HealthCheck::fall")]
    pub fall: u8,
    /// After how many good ones it is up again.
    #[serde(default = "HealthCheck::rise")]
    pub rise: u8,
}

impl HealthCheck {
    /// The interval if nothing is said.
    pub fn interval() -> TimeLimit {
        TimeLimit::of_seconds(10)
    }

    /// The time for an answer if nothing is said.
    pub fn timeout() -> TimeLimit {
        TimeLimit::of_seconds(2)
    }

    /// The bad answers if nothing is said: one may be chance.
    pub const fn fall() -> u8 {
        3
    }

    /// The good answers if nothing is said.
    pub const fn rise() -> u8 {
        2
    }
}

/// Reads how many answers in a row something takes.
///
/// # Errors
/// When it is no number from 1 to [`MAX_IN_A_ROW`].
pub fn in_a_row(text: &str) -> Result<u8, Invalid> {
    let count = text.parse().ok().filter(|count| (1..=MAX_IN_A_ROW).contains(count));
    count.ok_or_else(|| Invalid::new(format!("write a whole number from 1 to {MAX_IN_A_ROW}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_asks_for_a_path() {
        for good in ["/", "/healthz", "/status?brief=1&x=%20"] {
            assert_eq!(CheckPath::parse(good).unwrap().as_str(), good);
        }
        let long = format!("/{}", "a".repeat(256));
        for bad in ["", "healthz", "http://a/", "/a b", "/a#b", "/ä", "/a\r\nX: y", &long] {
            assert!(CheckPath::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!((in_a_row("1"), in_a_row("10")), (Ok(1), Ok(10)));
        assert!(["0", "11", "-1", "x", ""].iter().all(|bad| in_a_row(bad).is_err()));
    }

    #[test]
    fn what_is_not_said_of_a_check_is_as_usual() {
        let read: HealthCheck = serde_json::from_str(r#"{ "path": "/healthz" }"#).unwrap();
        assert_eq!((read.interval.to_string(), read.timeout.to_string()), ("10s".into(), "2s".into()));
        assert_eq!((read.fall, read.rise), (3, 2));
    }
}
