//! What the configuration file says, once it has been checked.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use secrecy::SecretString;
use url::Url;

use crate::identity::{Declaration, IdpId, Invalid, PublicUrl};

/// The whole configuration. Every id the declaration refers to is declared in it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where we listen and how browsers find us.
    pub server: ServerSettings,
    /// Where rows are kept.
    pub database: DatabaseSettings,
    /// How long sessions last.
    pub session: SessionSettings,
    /// Identity providers, organizations and applications of the file.
    pub declaration: Declaration,
    /// Client secrets, which never enter the database.
    pub secrets: IdpSecrets,
}

/// The client secret of each declared IdP that has one.
pub type IdpSecrets = BTreeMap<IdpId, SecretString>;

/// `[server]`.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// The public origin of the sign-in host.
    pub public_url: PublicUrl,
    /// Addresses browsers and fronting proxies connect to; at least one.
    pub listen: Vec<SocketAddr>,
    /// Address of `/healthz`, `/readyz` and `/metrics`.
    pub operations_listen: SocketAddr,
    /// Peers whose `X-Forwarded-*` are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The certificate to serve; absent: plain HTTP.
    pub tls: Option<TlsFiles>,
}

/// `[server.tls]`: PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate chain, leaf first.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// `[database]`.
#[derive(Clone, Debug)]
pub struct DatabaseSettings {
    /// Where it is.
    pub url: DatabaseUrl,
}

/// `[session]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionSettings {
    /// A session ends after this long without a request.
    pub idle_timeout: Duration,
    /// A session ends this long after its sign-in, whatever happens.
    pub absolute_timeout: Duration,
}

/// The URL of a SQLite or PostgreSQL database. It may hold a password: `Debug` and `Display` leave out user, password
/// and parameters.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(Arc<str>);

impl DatabaseUrl {
    /// Parses `sqlite://path` or `postgres://…`.
    ///
    /// # Errors
    /// When it is neither, or names a SQLite database in memory, which would forget everybody.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let invalid = || Invalid::new("a database is sqlite://path/to/file.db or postgres://user@host/database");
        if let Some(rest) = text.strip_prefix("sqlite://") {
            let file = rest.split('?').next().unwrap_or_default();
            if file.is_empty() || file.contains(":memory:") || rest.contains("mode=memory") {
                return Err(Invalid::new("a SQLite database is a file, such as sqlite://vestibule.db"));
            }
            return Ok(Self(text.into()));
        }
        let url = Url::parse(text).map_err(|_| invalid())?;
        match url.scheme() {
            "postgres" | "postgresql" if url.has_host() => Ok(Self(text.into())),
            _ => Err(invalid()),
        }
    }

    /// The URL with its password, for the driver alone.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it is SQLite; else it is PostgreSQL.
    pub fn is_sqlite(&self) -> bool {
        self.0.starts_with("sqlite://")
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_sqlite() {
            return f.write_str(self.0.split('?').next().unwrap_or_default());
        }
        match Url::parse(&self.0) {
            Ok(url) => {
                write!(f, "{}://{}", url.scheme(), url.host_str().unwrap_or_default())?;
                if let Some(port) = url.port() {
                    write!(f, ":{port}")?;
                }
                f.write_str(url.path())
            }
            Err(_) => f.write_str("postgres://…"),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_url_shows_no_password() {
        let url = DatabaseUrl::parse("postgres://vestibule:hunter2@db.example.com:5433/app?password=hunter3").unwrap();
        assert_eq!(url.to_string(), "postgres://db.example.com:5433/app");
        assert_eq!(format!("{url:?}"), "DatabaseUrl(postgres://db.example.com:5433/app)");
        assert!(url.expose().contains("hunter2"));
    }

    #[test]
    fn only_files_and_postgres_are_databases() {
        for good in ["sqlite://vestibule.db", "sqlite:///data/v.db?mode=rwc", "postgres://h/d", "postgresql://u@h/d"] {
            assert!(DatabaseUrl::parse(good).is_ok(), "{good}");
        }
        for bad in
            ["", "vestibule.db", "sqlite://", "sqlite::memory:", "sqlite://:memory:", "mysql://h/d", "postgres:d"]
        {
            assert!(DatabaseUrl::parse(bad).is_err(), "{bad}");
        }
    }
}
