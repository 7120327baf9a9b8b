//! TLS with a certificate and key from files.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::ListenError;

/// What is agreed on in the handshake (RFC 7301), the better one first.
const ALPN: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// TLS with the certificate chain and the key in these PEM files.
///
/// # Errors
/// When a file cannot be read or holds neither, or the two do not go together.
pub fn server_config(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, ListenError> {
    let pem = |path: &Path, what| ListenError::Pem { path: path.to_owned(), what };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&read(certificate)?)
        .collect::<Result<_, _>>()
        .map_err(|_| pem(certificate, "certificate"))?;
    if chain.is_empty() {
        return Err(pem(certificate, "certificate"));
    }
    let secret = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|_| pem(key, "private key"))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, secret)?;
    config.alpn_protocols = ALPN.map(<[u8]>::to_vec).into();
    Ok(Arc::new(config))
}

fn read(path: &Path) -> Result<Vec<u8>, ListenError> {
    std::fs::read(path).map_err(|source| ListenError::Read { path: path.to_owned(), source })
}
