//! Instants: kept as numbers, shown and read as people write them (RFC 3339, in UTC).

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// An instant: microseconds since the Unix epoch, as every table stores it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From microseconds since the Unix epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From whole seconds since the Unix epoch, saturating.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1_000_000))
    }

    /// Reads what people and browsers write: a date, or one with hours and minutes, or with seconds too, in UTC.
    ///
    /// # Errors
    /// When it is none of these.
    pub fn typed(text: &str) -> Result<Self, InvalidTimestamp> {
        let typed = text.strip_suffix('Z').unwrap_or(text).replace(' ', "T");
        match typed.len() {
            10 => typed.parse(),
            16 => format!("{typed}:00Z").parse(),
            _ => format!("{typed}Z").parse(),
        }
    }

    /// Microseconds since the Unix epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down (the NumericDate of RFC 7519).
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// This instant moved forward, saturating.
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(micros_of(duration)))
    }

    /// This instant moved back, saturating.
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(micros_of(duration)))
    }

    /// The time from `earlier` to this instant; zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

pub(super) fn micros_of(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

const SECONDS_PER_DAY: i64 = 86_400;

/// As RFC 3339, in UTC, to the second: `2026-11-25T18:11:35Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = date(self.secs().div_euclid(SECONDS_PER_DAY));
        let second = self.secs().rem_euclid(SECONDS_PER_DAY);
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

/// What is read is not an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an instant is written 2026-11-25 or 2026-11-25T18:30:00Z, in UTC")]
pub struct InvalidTimestamp;

/// Reads a date, or a date and a time of day in UTC.
impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (day, time) = text.split_once('T').unwrap_or((text, "00:00:00Z"));
        let time = time.strip_suffix('Z').ok_or(InvalidTimestamp)?;
        let (day, time) = (numbers(day, '-', [4, 2, 2])?, numbers(time, ':', [2, 2, 2])?);
        let days = days(day[0], day[1], day[2]);
        if time[0] > 23 || time[1] > 59 || time[2] > 59 || date(days) != (day[0], day[1], day[2]) {
            return Err(InvalidTimestamp);
        }
        Ok(Self::from_secs(days * SECONDS_PER_DAY + time[0] * 3_600 + time[1] * 60 + time[2]))
    }
}

/// Three numbers of so many digits each.
fn numbers(text: &str, separator: char, widths: [usize; 3]) -> Result<[i64; 3], InvalidTimestamp> {
    let mut parts = text.split(separator);
    let mut read = [0; 3];
    for (number, width) in read.iter_mut().zip(widths) {
        let part = parts.next().filter(|part| part.len() == width && part.bytes().all(|c| c.is_ascii_digit()));
        *number = part.and_then(|part| part.parse().ok()).ok_or(InvalidTimestamp)?;
    }
    if parts.next().is_none() { Ok(read) } else { Err(InvalidTimestamp) }
}

/// Year, month and day of a day since the Unix epoch, in the Gregorian calendar. Years are counted from March, so that
/// a leap day is the last of its year, in cycles of 400 years of 146,097 days.
const fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (cycle, day_of_cycle) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day_of_cycle - day_of_cycle / 1_460 + day_of_cycle / 36_524 - day_of_cycle / 146_096) / 365;
    let day_of_year = day_of_cycle - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (cycle * 400 + year + next, month, day)
}

/// The day since the Unix epoch; the inverse of [`date`].
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (cycle, year) = (year.div_euclid(400), year.rem_euclid(400));
    cycle * 146_097 + year * 365 + year / 4 - year / 100 + (153 * month + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn instants_are_shown_and_read_in_utc() {
        for (secs, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_795_631_495, "2026-11-25T18:31:35Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(Timestamp::from_secs(secs).to_string(), text);
            assert_eq!(text.parse(), Ok(Timestamp::from_secs(secs)));
        }
        assert_eq!("2026-11-25".parse::<Timestamp>().unwrap().to_string(), "2026-11-25T00:00:00Z");
        for bad in ["", "yesterday", "2026-02-29", "2026-13-01", "2026-1-1", "2026-11-25T24:00:00Z", "2026-11-25T10:00"]
        {
            assert_eq!(bad.parse::<Timestamp>(), Err(InvalidTimestamp), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_again(secs in -62_135_596_800_i64..253_402_300_800) {
            let instant = Timestamp::from_secs(secs);
            prop_assert_eq!(instant.to_string().parse(), Ok(instant));
        }
    }
}
