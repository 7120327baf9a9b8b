//! `[server]`, `[database]`, `[session]` and `[records]`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use secrecy::ExposeSecret as _;

use crate::identity::{PublicUrl, text};

use super::list::values as plain;
use super::section::Section;
use super::settings::{DatabaseSettings, ForwardAuthSettings, ServerSettings};
use super::{tls, values};
use crate::directory::RecordSettings;
use crate::gateway::forward_auth::ProxySecret;
use crate::session::SessionSettings;
use crate::store::DatabaseUrl;
use crate::store::server_keys::{EncryptionKey, EncryptionKeys};

/// Where `/healthz`, `/readyz` and `/metrics` are if nothing is said: on this machine alone.
pub(super) const DEFAULT_OPERATIONS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9090);
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 8080);
const DEFAULT_DATABASE: &str = "sqlite://vestibule.db";
const DEFAULT_IDLE: Duration = Duration::from_secs(8 * 60 * 60);
const DEFAULT_ABSOLUTE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// `[server]`, as far as it could be read.
pub(super) struct ServerDraft {
    pub(super) public_url: Option<PublicUrl>,
    pub(super) settings: Option<ServerSettings>,
}

/// Reads `[server]`.
pub(super) fn server(root: &mut Section<'_>) -> ServerDraft {
    let mut section = root.section("server");
    let public_url = section.required(
        "public_url",
        "write the origin browsers reach us at, such as https://login.example.com",
        PublicUrl::parse,
    );
    let listen = section.full_list("listen", "leave it out for 0.0.0.0:8080", values::socket);
    let listen = listen.map_or_else(|| vec![DEFAULT_LISTEN], |listen| plain(&listen));
    let operations_listen = operations_listen(&mut section);
    let trusted_proxies = section.list("trusted_proxies", values::network).unwrap_or_default();
    let proxy_protocol = section.flag("proxy_protocol", false);
    if proxy_protocol && trusted_proxies.is_empty() {
        section
            .refuse("proxy_protocol", "is read from trusted_proxies alone, and there are none; name the proxies there");
    }
    let hsts = tls::hsts(&mut section);
    let forward_auth = forward_auth(section.section("forward_auth"));
    let tls = section.optional_section("tls").map(tls::tls);
    if listen.iter().any(|address| meet(*address, operations_listen)) {
        section.refuse("operations_listen", "is among the addresses of `listen`; give it a port of its own");
    }
    let redirects = tls.iter().flatten().flat_map(|tls| &tls.redirect_listen);
    for address in redirects {
        if meet(*address, operations_listen) || listen.iter().any(|other| meet(*address, *other)) {
            section.refuse("tls", "has a redirect_listen that is an address of `listen` or `operations_listen`");
        }
    }
    if tls.is_some() && public_url.as_ref().is_some_and(|url| !url.is_https()) {
        section.refuse("public_url", "is http although [server.tls] is there; write https, or remove the section");
    }
    let ordered_alone = tls.iter().flatten().any(|tls| tls.acme.is_some() && tls.certificates.is_empty());
    let unreachable = |url: &&PublicUrl| url.host().is_loopback() || url.host().address().is_some();
    if let Some(url) = public_url.as_ref().filter(|_| ordered_alone).filter(unreachable) {
        let hint = "write a name in public_url, or name a certificate in [[server.tls.certificate]]";
        let path = section.at("tls") + ".acme";
        section.report.refuse(&path, format!("has no certificate ordered for {}; {hint}", url.host().as_str()));
    }
    section.finish();
    let tls = match tls {
        None => Some(None),
        Some(settings) => settings.map(Some),
    };
    let settings = public_url.clone().zip(tls).map(|(public_url, tls)| ServerSettings {
        public_url,
        listen,
        operations_listen,
        trusted_proxies: plain(&trusted_proxies),
        proxy_protocol,
        hsts,
        forward_auth,
        tls,
    });
    ServerDraft { public_url, settings }
}

/// Reads `server.operations_listen`.
pub(super) fn operations_listen(server: &mut Section<'_>) -> SocketAddr {
    server.text("operations_listen", values::socket).unwrap_or(DEFAULT_OPERATIONS)
}

/// Whether two addresses cannot both be listened on.
fn meet(one: SocketAddr, other: SocketAddr) -> bool {
    // Port 0 asks for any free one.
    let same_port = one.port() == other.port() && one.port() != 0;
    same_port && (one.ip() == other.ip() || one.ip().is_unspecified() || other.ip().is_unspecified())
}

fn forward_auth(mut section: Section<'_>) -> ForwardAuthSettings {
    let secret = section.secret("secret", "secret_file");
    let key = if section.is_absent("secret") { "secret_file" } else { "secret" };
    let parsed = secret.map(|secret| ProxySecret::parse(secret.expose_secret()));
    let secret = parsed.and_then(|parsed| parsed.map_err(|error| section.refuse(key, error.to_string())).ok());
    section.finish();
    ForwardAuthSettings { secret }
}

/// Reads `[database]`.
pub(super) fn database(root: &mut Section<'_>) -> Option<DatabaseSettings> {
    let mut section = root.section("database");
    let before = section.report.count();
    let url = section.secret("url", "url_file");
    let refused = section.report.count() > before;
    let text = url.as_ref().map_or(DEFAULT_DATABASE, |url| url.expose_secret());
    let url = DatabaseUrl::parse(text).map_err(|error| section.refuse("url", format!("not accepted; {error}"))).ok();
    let encryption = encryption(&mut section);
    section.finish();
    if refused { None } else { Some(DatabaseSettings { url: url?, encryption }) }
}

/// Reads the keys that seal ours in the database.
fn encryption(section: &mut Section<'_>) -> Option<EncryptionKeys> {
    const PREVIOUS: &str = "previous_encryption_key";
    let before = section.report.count();
    let current = encryption_key(section, "encryption_key", "encryption_key_file");
    let previous = encryption_key(section, PREVIOUS, "previous_encryption_key_file");
    let refused = section.report.count() > before;
    if previous.is_some() && current.is_none() && !refused {
        section.refuse(PREVIOUS, "stands without `encryption_key`, which takes its place; name that too");
    }
    if previous.is_some() && previous == current {
        section.refuse(PREVIOUS, "is the same as `encryption_key`; remove it, or write the key of before");
    }
    current.map(|current| EncryptionKeys { current, previous })
}

fn encryption_key(section: &mut Section<'_>, key: &'static str, file_key: &'static str) -> Option<EncryptionKey> {
    let text = section.secret(key, file_key)?;
    let named = if section.is_absent(key) { file_key } else { key };
    EncryptionKey::parse(text.expose_secret()).map_err(|error| section.refuse(named, error.to_string())).ok()
}

/// Reads `[records]`.
pub(super) fn records(root: &mut Section<'_>) -> RecordSettings {
    let mut section = root.section("records");
    let usual = RecordSettings::default();
    let records = RecordSettings {
        keep_claims: section.flag("keep_claims", usual.keep_claims),
        redact_claims: plain(&section.list("redact_claims", text::claim).unwrap_or_default()),
        claims_retention: section.duration("claims_retention", usual.claims_retention),
        audit_retention: section.duration("audit_retention", usual.audit_retention),
    };
    section.finish();
    records
}

/// Reads `[session]`.
pub(super) fn session(root: &mut Section<'_>) -> SessionSettings {
    let mut section = root.section("session");
    let idle_timeout = section.duration("idle_timeout", DEFAULT_IDLE);
    let absolute_timeout = section.duration("absolute_timeout", DEFAULT_ABSOLUTE);
    if idle_timeout > absolute_timeout {
        section.refuse("idle_timeout", "is longer than `absolute_timeout`; make it shorter or the same");
    }
    section.finish();
    SessionSettings { idle_timeout, absolute_timeout }
}
