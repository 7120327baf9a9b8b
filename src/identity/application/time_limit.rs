//! How long something may take, as people write it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::identity::Invalid;

/// The longest: what takes a day has no limit worth the name.
const MAX_SECONDS: u32 = 24 * 60 * 60;

/// How long something may take: `5s`, `2m`, `1h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeLimit(u32);

impl TimeLimit {
    /// That many seconds; at least one and at most a day.
    pub fn of_seconds(seconds: u32) -> Self {
        Self(seconds.clamp(1, MAX_SECONDS))
    }

    /// Parses a number and its unit.
    ///
    /// # Errors
    /// When it is neither, nothing, or more than a day.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let invalid = || Invalid::new("a time limit is a number above zero and s, m or h, such as 30s; at most 24h");
        let unit = match text.as_bytes().last() {
            Some(b's') => 1,
            Some(b'm') => 60,
            Some(b'h') => 60 * 60,
            _ => return Err(invalid()),
        };
        let digits = &text[..text.len() - 1];
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(invalid());
        }
        let seconds = digits.parse::<u32>().ok().and_then(|count| count.checked_mul(unit)).ok_or_else(invalid)?;
        if (1..=MAX_SECONDS).contains(&seconds) { Ok(Self(seconds)) } else { Err(invalid()) }
    }

    /// As a duration.
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.0 as u64)
    }
}

/// In the largest unit that it is a whole number of.
impl fmt::Display for TimeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            hours if hours % 3600 == 0 => write!(f, "{}h", hours / 3600),
            minutes if minutes % 60 == 0 => write!(f, "{}m", minutes / 60),
            seconds => write!(f, "{seconds}s"),
        }
    }
}

impl FromStr for TimeLimit {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::parse(text)
    }
}

impl TryFrom<String> for TimeLimit {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

impl From<TimeLimit> for String {
    fn from(limit: TimeLimit) -> Self {
        limit.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_number_and_a_unit_up_to_a_day() {
        for (text, seconds, written) in
            [("1s", 1, "1s"), ("90s", 90, "90s"), ("60s", 60, "1m"), ("2m", 120, "2m"), ("24h", 86_400, "24h")]
        {
            let limit = TimeLimit::parse(text).unwrap();
            assert_eq!((limit.duration(), &*limit.to_string()), (Duration::from_secs(seconds), written), "{text}");
            assert_eq!(TimeLimit::parse(written), Ok(limit));
        }
        for bad in ["", "s", "5", "0s", "-1s", "+1s", "1.5s", "5 s", "5S", "5d", "25h", "99999999999h", "5é"] {
            assert!(TimeLimit::parse(bad).is_err(), "{bad}");
        }
    }
}
