//! Instants on pages: one form for people, one for programs.

use serde::Serialize;

use crate::base::Timestamp;

/// An instant, in UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// As RFC 3339.
    pub exact: String,
    /// To the minute.
    pub shown: String,
}

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        let exact = at.to_string();
        let shown = exact.replace('T', " ").chars().take("2026-11-25 18:11".len()).collect();
        Self { exact, shown }
    }
}
