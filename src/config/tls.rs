//! `[server.tls]`, and what else of `[server]` is about TLS.

use std::time::Duration;

use super::list::values as plain;
use super::section::Section;
use super::settings::TlsSettings;
use super::values;
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
    if certificates.is_empty() {
        section.report.refuse(&section.path, "has no certificate; name one in [[server.tls.certificate]]");
    }
    let redirect_listen = plain(&section.list("redirect_listen", values::socket).unwrap_or_default());
    section.finish();
    Some(TlsSettings { certificates: certificates.into_iter().collect::<Option<_>>()?, redirect_listen })
}

fn certificate(mut section: Section<'_>) -> Option<CertificateFiles> {
    let chain = section.required("chain", "name the PEM file of the certificate chain", values::file);
    let key = section.required("key", "name the PEM file of the private key", values::file);
    section.finish();
    Some(CertificateFiles { chain: chain?, key: key? })
}
