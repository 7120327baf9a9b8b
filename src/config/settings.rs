//! What the configuration file says, once it has been checked.

use std::net::SocketAddr;
use std::time::Duration;

use ipnet::IpNet;

use crate::certificates::AcmeSettings;
use crate::directory::RecordSettings;
use crate::gateway::forward_auth::ProxySecret;
use crate::identity::{Declaration, PublicUrl, TokenIssuer};
use crate::listener::CertificateFiles;
use crate::login::IdpSecrets;
use crate::session::SessionSettings;
use crate::store::DatabaseUrl;
use crate::store::server_keys::EncryptionKeys;
use crate::telemetry::{LogSettings, TraceSettings};

/// The whole configuration. Every id the declaration refers to is declared in it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where we listen and how browsers find us.
    pub server: ServerSettings,
    /// Where rows are kept.
    pub database: DatabaseSettings,
    /// How long sessions last.
    pub session: SessionSettings,
    /// What is kept of sign-ins, and for how long.
    pub records: RecordSettings,
    /// What is logged.
    pub log: LogSettings,
    /// Where traces go, if there is a collector.
    pub traces: Option<TraceSettings>,
    /// Identity providers, organizations and applications of the file.
    pub declaration: Declaration,
    /// Issuers whose access tokens applications may take. They stay in memory.
    pub token_issuers: Vec<TokenIssuer>,
    /// Client secrets, which never enter the database.
    pub secrets: IdpSecrets,
}

impl Settings {
    /// The sections that a running server cannot take in, and that are others in `changed`.
    pub fn fixed_sections_changed(&self, changed: &Self) -> Vec<&'static str> {
        let sections = [
            ("server", self.server.differs(&changed.server)),
            ("database", self.database != changed.database),
            ("log.format", self.log.format != changed.log.format),
        ];
        sections.into_iter().filter(|(_, differs)| *differs).map(|(section, _)| section).collect()
    }
}

/// `[server]`.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerSettings {
    /// The public origin of the sign-in host.
    pub public_url: PublicUrl,
    /// Addresses browsers and fronting proxies connect to; at least one.
    pub listen: Vec<SocketAddr>,
    /// Address of `/healthz`, `/readyz` and `/metrics`.
    pub operations_listen: SocketAddr,
    /// Peers whose `X-Forwarded-*` are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Other proxies that ask us who may pass.
    pub forward_auth: ForwardAuthSettings,
    /// Whether trusted proxies begin each connection with a header of the PROXY protocol.
    pub proxy_protocol: bool,
    /// How long browsers shall remember that our hosts speak https alone; absent: they are not told.
    pub hsts: Option<Duration>,
    /// How TLS ends here; absent: plain HTTP.
    pub tls: Option<TlsSettings>,
}

/// `[server.forward_auth]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForwardAuthSettings {
    /// Whoever shows it may ask, beside the trusted proxies.
    pub secret: Option<ProxySecret>,
}

/// `[server.tls]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsSettings {
    /// The certificates, by their files. The first is for who asks for none.
    pub certificates: Vec<CertificateFiles>,
    /// Where plain HTTP is sent on to https.
    pub redirect_listen: Vec<SocketAddr>,
    /// How certificates are ordered for the hosts that have none in files.
    pub acme: Option<AcmeSettings>,
}

impl ServerSettings {
    /// Whether they differ in what a running server cannot take in: in more than certificates.
    fn differs(&self, changed: &Self) -> bool {
        let mut alike = changed.clone();
        if let (Some(tls), Some(running)) = (&mut alike.tls, &self.tls) {
            tls.certificates.clone_from(&running.certificates);
        }
        *self != alike
    }
}

/// `[database]`.
#[derive(Clone, Debug, PartialEq)]
pub struct DatabaseSettings {
    /// Where it is.
    pub url: DatabaseUrl,
    /// What the server's own keys are sealed with in it; absent: they lie as they are.
    pub encryption: Option<EncryptionKeys>,
}

impl DatabaseSettings {
    /// What an admin may want to know, though nothing is wrong.
    pub fn note(&self) -> Option<&'static str> {
        const OPEN: &str = "the server's keys lie unencrypted in the database; database.encryption_key would seal them";
        self.encryption.is_none().then_some(OPEN)
    }
}
