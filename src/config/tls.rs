//! `[server.tls]`, and what else of `[server]` is about TLS.

use std::time::Duration;

use super::acme::acme;
use super::list::values as plain;
use super::section::Section;
use super::settings::TlsSettings;
use super::values;
use crate::certificates::ChallengeKind;
use crate::listener::CertificateFiles;

/// Half a year: what checkers of sites ask for at least, and no eternity for who must go back.
const DEFAULT_HSTS: Duration = Duration::from_secs(180 * 24 * 60 * 60);

/// Reads `server.hsts`.
pub(super) fn hsts(server: &mut Section<'_>) -> Option<Duration> {
    let read = |text: &str| match text {
        "off" => Ok(None),
        _ => values::duration(text).map(Some).map_err(|error| format!("{error}; or off")),
    };
    server.text("hsts", read).unwrap_or(Some(DEFAULT_HSTS))
}

/// Reads `[server.tls]`.
pub(super) fn tls(mut section: Section<'_>) -> Option<TlsSettings> {
    let certificates: Vec<_> = section.entries("certificate", None).into_iter().map(certificate).collect();
    let redirect_listen = plain(&section.list("redirect_listen", values::socket).unwrap_or_default());
    let acme = section.optional_section("acme").map(acme);
    if certificates.is_empty() && acme.is_none() {
        let hint = "name one in [[server.tls.certificate]], or have them ordered with [server.tls.acme]";
        section.report.refuse(&section.path, format!("has no certificate; {hint}"));
    }
    let looks_at_plain = acme.iter().flatten().any(|acme| acme.challenge == ChallengeKind::Http01);
    if looks_at_plain && redirect_listen.is_empty() {
        let hint = "name where plain HTTP is taken in server.tls.redirect_listen, such as [\"0.0.0.0:80\"]";
        let path = section.at("acme") + ".challenge";
        section.report.refuse(&path, format!("is http-01, and nothing listens for plain HTTP; {hint}"));
    }
    section.finish();
    let acme = match acme {
        None => None,
        Some(read) => Some(read?),
    };
    Some(TlsSettings { certificates: certificates.into_iter().collect::<Option<_>>()?, redirect_listen, acme })
}

fn certificate(mut section: Section<'_>) -> Option<CertificateFiles> {
    let chain = section.required("chain", "name the PEM file of the certificate chain", values::file);
    let key = section.required("key", "name the PEM file of the private key", values::file);
    section.finish();
    Some(CertificateFiles { chain: chain?, key: key? })
}
