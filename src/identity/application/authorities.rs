//! Certificate authorities of an application's own.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::identity::{Invalid, text_noun};

/// Most bytes of them: a certificate takes about two thousand.
pub const MAX_AUTHORITIES: usize = 64 * 1024;

/// The only certificate authorities that vouch for an application's upstreams, as PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorities(Arc<str>);

impl Authorities {
    /// Parses one or more certificates.
    ///
    /// # Errors
    /// When there is none, one cannot be read, or a private key stands beside them. No word of the text is in the error.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        // As forms send it.
        let text = text.trim().replace("\r\n", "\n");
        if text.len() > MAX_AUTHORITIES {
            return Err(Invalid::new(format!("certificates of authorities take at most {MAX_AUTHORITIES} bytes")));
        }
        if text.contains("PRIVATE KEY") {
            return Err(Invalid::new("a private key stands here; write the authority's certificates alone"));
        }
        let authorities = Self(text.into());
        let mut roots = RootCertStore::empty();
        let mut certificates = CertificateDer::pem_slice_iter(authorities.0.as_bytes());
        let all_usable = certificates.all(|read| read.is_ok_and(|certificate| roots.add(certificate).is_ok()));
        if all_usable && !roots.is_empty() {
            return Ok(authorities);
        }
        Err(Invalid::new(
            "authorities are certificates as PEM: -----BEGIN CERTIFICATE-----, what it holds, and \
             -----END CERTIFICATE-----",
        ))
    }

    /// The PEM.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Each certificate.
    pub fn certificates(&self) -> impl Iterator<Item = CertificateDer<'static>> {
        CertificateDer::pem_slice_iter(self.0.as_bytes()).filter_map(Result::ok)
    }

    /// What tells them from all others.
    pub(crate) fn fingerprint(&self) -> String {
        digest(&SHA256, self.0.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

text_noun!(Authorities);

#[cfg(test)]
mod tests {
    use super::*;

    const WIKI: &str = include_str!("../../listener/tests/wiki.crt");
    const KEY: &str = include_str!("../../listener/tests/wiki.key");

    #[test]
    fn authorities_are_certificates_and_nothing_secret() {
        let read = Authorities::parse(&format!("\r\n{}\r\n", WIKI.replace('\n', "\r\n"))).unwrap();
        assert_eq!(read.as_str(), WIKI.trim());
        assert_eq!(read.certificates().count(), 1);
        assert_eq!(Authorities::parse(&format!("{WIKI}{WIKI}")).unwrap().certificates().count(), 2);
        let broken = WIKI.replace("MII", "AAA");
        for bad in ["", "text", &broken, &WIKI[..WIKI.len() / 2], KEY, &format!("{WIKI}{KEY}")] {
            let error = Authorities::parse(bad).unwrap_err().to_string();
            assert!(bad.is_empty() || !error.contains(bad), "{error}");
        }
        assert!(Authorities::parse(&WIKI.repeat(100)).is_err());
    }
}
