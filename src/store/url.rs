//! Where the database is.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use secrecy::{ExposeSecret as _, SecretString};

use super::StoreError;

/// A database URL. Shown, it hides its password.
#[derive(Clone)]
pub struct DatabaseUrl(Kind);

#[derive(Clone)]
enum Kind {
    Sqlite(PathBuf),
    Postgres { url: SecretString, shown: String },
}

impl PartialEq for DatabaseUrl {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Kind::Sqlite(one), Kind::Sqlite(other)) => one == other,
            (Kind::Postgres { url: one, .. }, Kind::Postgres { url: other, .. }) => {
                one.expose_secret() == other.expose_secret()
            }
            (Kind::Sqlite(_), Kind::Postgres { .. }) | (Kind::Postgres { .. }, Kind::Sqlite(_)) => false,
        }
    }
}

impl DatabaseUrl {
    /// Parses `sqlite://path` (relative) or `sqlite:///path` (absolute), or `postgres://user:password@host/database`.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        if let Some(path) = text.strip_prefix("sqlite://") {
            let plain = !path.is_empty() && !path.starts_with(':') && !path.contains(['?', '#', '\0']);
            return if plain { Ok(Self::sqlite(path)) } else { Err(StoreError::Url) };
        }
        let mut url = ::url::Url::parse(text).map_err(|_| StoreError::Url)?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err(StoreError::Url);
        }
        let secret = SecretString::from(text);
        // A password may also stand among the parameters.
        if url.query().is_some() {
            url.set_query(Some("…"));
        }
        if url.password().is_some() {
            url.set_password(Some("…")).map_err(|()| StoreError::Url)?;
        }
        let shown = url.as_str().replace("%E2%80%A6", "…");
        Ok(Self(Kind::Postgres { url: secret, shown }))
    }

    /// The SQLite database in that file.
    pub fn sqlite(path: impl Into<PathBuf>) -> Self {
        Self(Kind::Sqlite(path.into()))
    }

    /// The file, if it is an SQLite database.
    pub fn sqlite_path(&self) -> Option<&Path> {
        match &self.0 {
            Kind::Sqlite(path) => Some(path),
            Kind::Postgres { .. } => None,
        }
    }

    /// The whole URL with its password, if it is a PostgreSQL database.
    pub(super) fn expose_postgres(&self) -> Option<&str> {
        match &self.0 {
            Kind::Sqlite(_) => None,
            Kind::Postgres { url, .. } => Some(url.expose_secret()),
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Kind::Postgres { shown, .. } => f.write_str(shown),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_url_hides_its_password() {
        for text in [
            "postgres://vestibule:hunter2@db.example.com/vestibule",
            "postgresql://vestibule@db.example.com:5432/vestibule?password=hunter2",
        ] {
            let url = DatabaseUrl::parse(text).unwrap();
            let shown = format!("{url} {url:?}");
            assert!(!shown.contains("hunter2"), "{shown}");
            assert!(shown.contains("db.example.com"), "{shown}");
            assert_eq!(url.expose_postgres(), Some(text));
        }
    }

    #[test]
    fn a_database_url_is_of_two_kinds() {
        let path = |text: &str| DatabaseUrl::parse(text).unwrap().sqlite_path().map(Path::to_owned);
        assert_eq!(path("sqlite://vestibule.db"), Some("vestibule.db".into()));
        assert_eq!(path("sqlite:///data/vestibule.db"), Some("/data/vestibule.db".into()));
        for bad in ["", "sqlite://", "sqlite://:memory:", "sqlite://a.db?mode=ro", "mysql://db/x", "vestibule.db"] {
            assert!(DatabaseUrl::parse(bad).is_err(), "{bad}");
        }
    }
}
