//! What an order makes: a certificate with its key.

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::{ExposeSecret as _, SecretString};

use crate::listener::Certificate;

/// Largest chain that is taken, in bytes: a handful of certificates is a tenth of it.
const MAX_CHAIN: usize = 64 * 1024;

/// A certificate with its key, as it is kept.
pub(super) struct Kept {
    /// The chain, in PEM.
    pub(super) chain: String,
    /// The key, in PEM.
    pub(super) key: SecretString,
}

/// A new certificate.
pub(super) struct Made {
    /// As it is kept.
    pub(super) kept: Kept,
    /// As it is served.
    pub(super) certificate: Certificate,
}

impl Kept {
    /// The certificate, if it is one with its key.
    pub(super) fn read(&self) -> Option<Certificate> {
        let chain = Some(self.chain.as_bytes()).filter(|chain| chain.len() <= MAX_CHAIN)?;
        let chain: Vec<_> = CertificateDer::pem_slice_iter(chain).collect::<Result<_, _>>().ok()?;
        let key = PrivateKeyDer::from_pem_slice(self.key.expose_secret().as_bytes()).ok()?;
        (!chain.is_empty()).then(|| Certificate::new(chain, key).ok()).flatten()
    }
}
