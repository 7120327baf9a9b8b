//! What operators may choose.

use std::path::PathBuf;

use url::Url;

/// `[log]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogSettings {
    /// How much is told.
    pub level: Level,
    /// In which form.
    pub format: Format,
    /// Where a line for each request goes, if anywhere.
    pub access: Option<AccessTo>,
}

/// How much of what we do is told. What other crates tell is told from `info` on, whatever is chosen: in more detail
/// they would tell what travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// What must be mended.
    Error,
    /// And what may have to be.
    Warn,
    /// And what an admin wants to know.
    #[default]
    Info,
    /// And what explains how it came to be.
    Debug,
}

impl Level {
    /// As a filter of `tracing`.
    pub const fn filter(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "info,vestibule=debug",
        }
    }
}

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people on a terminal, else as JSON lines.
    #[default]
    Auto,
    /// For people.
    Text,
    /// As JSON lines.
    Json,
}

/// Where the access log goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessTo {
    /// To standard output.
    Stdout,
    /// To the end of a file, which is opened again on SIGHUP.
    File(PathBuf),
}

impl std::fmt::Display for AccessTo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stdout => f.write_str("standard output"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// `[traces]`, when there is a collector.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceSettings {
    /// Where spans are posted, `/v1/traces` included.
    pub endpoint: Url,
    /// The share of new traces that is kept.
    pub sample: Share,
}

/// A share of all, from none to whole.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Share(f64);

impl Share {
    /// Reads a number from 0 to 1.
    pub fn new(number: f64) -> Option<Self> {
        (0.0..=1.0).contains(&number).then_some(Self(number))
    }

    /// The number below which so many of all numbers of 64 bits lie, and whether it is all of them.
    pub(super) fn covers(self, number: u64) -> bool {
        // What a float cannot tell apart here is a share of 2^-53. Turned into an integer, a float saturates.
        self.0 >= 1.0 || number < (self.0 * u64::MAX as f64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_of_all() {
        let covered = |share: f64| {
            let share = Share::new(share).unwrap();
            [0, 1, u64::MAX / 4, u64::MAX / 4 * 3, u64::MAX].map(|number| share.covers(number))
        };
        assert_eq!(covered(0.0), [false; 5]);
        assert_eq!(covered(1.0), [true; 5]);
        assert_eq!(covered(0.5), [true, true, true, false, false]);
        assert!([-0.1, 1.1, f64::NAN].into_iter().all(|number| Share::new(number).is_none()));
    }
}
