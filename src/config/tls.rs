//! `[server.tls]`.

use super::section::Section;
use super::settings::TlsSettings;
use super::values;
use crate::listener::CertificateFiles;

/// Reads `[server.tls]`.
pub(super) fn tls(mut section: Section<'_>) -> Option<TlsSettings> {
    let certificates: Vec<_> = section.entries("certificate", None).into_iter().map(certificate).collect();
    if certificates.is_empty() {
        section.report.refuse(&section.path, "has no certificate; name one in [[server.tls.certificate]]");
    }
    section.finish();
    Some(TlsSettings { certificates: certificates.into_iter().collect::<Option<_>>()? })
}

fn certificate(mut section: Section<'_>) -> Option<CertificateFiles> {
    let chain = section.required("chain", "name the PEM file of the certificate chain", values::file);
    let key = section.required("key", "name the PEM file of the private key", values::file);
    section.finish();
    Some(CertificateFiles { chain: chain?, key: key? })
}
