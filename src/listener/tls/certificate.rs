//! One certificate with its key, and what it says of itself.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::CertifiedKey;
use webpki::EndEntityCert;

use super::CertificateFiles;
use super::validity::Validity;
use crate::base::Timestamp;
use crate::listener::ListenError;

/// Largest PEM file, in bytes: a chain of a dozen certificates is a tenth of it.
const MAX_PEM: u64 = 256 * 1024;

/// A certificate chain with its key.
#[derive(Debug)]
pub struct Certificate {
    key: Arc<CertifiedKey>,
    names: Vec<String>,
    validity: Validity,
}

impl Certificate {
    /// Reads the chain and the key from PEM files.
    pub(super) fn read(files: &CertificateFiles) -> Result<Self, ListenError> {
        let pem = |path: &Path, what| ListenError::Pem { path: path.to_owned(), what };
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&read(&files.chain)?)
            .collect::<Result<_, _>>()
            .map_err(|_| pem(&files.chain, "certificate"))?;
        if chain.is_empty() {
            return Err(pem(&files.chain, "certificate"));
        }
        let key = PrivateKeyDer::from_pem_slice(&read(&files.key)?).map_err(|_| pem(&files.key, "private key"))?;
        Self::new(chain, key).map_err(|source| ListenError::Unusable { path: files.chain.clone(), source })
    }

    /// A chain, leaf first, and the key of the leaf.
    ///
    /// # Errors
    /// When they do not go together, or are of no kind that TLS takes.
    pub fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Self, rustls::Error> {
        let key = CertifiedKey::from_der(chain, key, &default_provider())?;
        let leaf = key.end_entity_cert()?;
        let encoding = || rustls::Error::InvalidCertificate(rustls::CertificateError::BadEncoding);
        let validity = Validity::of(leaf).ok_or_else(encoding)?;
        let names = EndEntityCert::try_from(leaf).map_err(|_| encoding())?;
        let names = names.valid_dns_names().map(str::to_ascii_lowercase).collect();
        Ok(Self { key: Arc::new(key), names, validity })
    }

    /// The DNS names it is for, in lower case, wildcards included.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// When it begins and ends.
    pub const fn validity(&self) -> &Validity {
        &self.validity
    }

    /// When it ends.
    pub const fn ends_at(&self) -> Timestamp {
        self.validity.until
    }

    pub(super) const fn key(&self) -> &Arc<CertifiedKey> {
        &self.key
    }

    /// Whether it is for `host`, as a client would see it: a name, a wildcard of one label, or an address
    /// (RFC 9110 4.3.4).
    pub fn covers(&self, host: &str) -> bool {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let name = match bare.parse::<IpAddr>() {
            Ok(address) => Ok(ServerName::from(address)),
            Err(_) => ServerName::try_from(bare),
        };
        let leaf = self.key.end_entity_cert().map(EndEntityCert::try_from);
        match (name, leaf) {
            (Ok(name), Ok(Ok(leaf))) => leaf.verify_is_valid_for_subject_name(&name).is_ok(),
            _ => false,
        }
    }
}

/// The certificates of authorities in a PEM file.
///
/// # Errors
/// When it cannot be read, or holds none.
pub fn authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, ListenError> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(path)?).collect();
    let none = || ListenError::Pem { path: path.to_owned(), what: "certificate" };
    read.ok().filter(|all| !all.is_empty()).ok_or_else(none)
}

fn read(path: &Path) -> Result<Vec<u8>, ListenError> {
    use std::io::Read as _;
    let read = || {
        let mut bytes = Vec::new();
        std::fs::File::open(path)?.take(MAX_PEM).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(|source| ListenError::Read { path: path.to_owned(), source })
}
