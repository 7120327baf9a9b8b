//! What can go wrong with the database, as the rooms above tell it apart.

use std::path::PathBuf;
use std::time::Duration;

use sqlx::error::ErrorKind;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The text is no database URL we know.
    #[error("a database URL is sqlite://path/to/file.db or postgres://user:password@host/database")]
    Url,
    /// The file of an SQLite database cannot be made or opened.
    #[error("cannot open the database file {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// A newer release has migrated this database.
    #[error("the database holds migration {0}, which this release does not know: run the newer release it came from")]
    Newer(i64),
    /// A migration did not go through.
    #[error("cannot migrate the database: {0}")]
    Migrate(#[source] sqlx::migrate::MigrateError),
    /// Another row has that value already.
    #[error("a row with this value exists already")]
    Unique(#[source] sqlx::Error),
    /// A row that is referred to does not exist.
    #[error("a row that is referred to does not exist")]
    ForeignKey(#[source] sqlx::Error),
    /// Another transaction came in between; doing it again may succeed.
    #[error("another transaction came in between")]
    Contended(#[source] sqlx::Error),
    /// A row holds what we never write.
    #[error("the database holds a value that cannot be read: {0}")]
    Corrupt(String),
    /// The database did not answer in time. What was asked may have happened.
    #[error("the database did not answer within {0:?}")]
    Silent(Duration),
    /// The database does not answer, or answers with an error.
    #[error("the database failed: {0}")]
    Database(#[source] sqlx::Error),
}

impl StoreError {
    /// Whether the same transaction may succeed when it is tried again: somebody else was faster.
    pub const fn is_worth_retrying(&self) -> bool {
        matches!(self, Self::Unique(_) | Self::ForeignKey(_) | Self::Contended(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => return Self::Corrupt(error.to_string()),
            _ => {}
        }
        let Some(database) = error.as_database_error() else { return Self::Database(error) };
        match database.kind() {
            ErrorKind::UniqueViolation => Self::Unique(error),
            ErrorKind::ForeignKeyViolation => Self::ForeignKey(error),
            _ if is_contention(database.code().as_deref()) => Self::Contended(error),
            _ => Self::Database(error),
        }
    }
}

/// PostgreSQL: serialization_failure, deadlock_detected. SQLite: busy, busy_snapshot.
fn is_contention(code: Option<&str>) -> bool {
    matches!(code, Some("40001" | "40P01" | "5" | "517"))
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        match error {
            sqlx::migrate::MigrateError::VersionMissing(version) => Self::Newer(version),
            other => Self::Migrate(other),
        }
    }
}
