//! TLS: certificates chosen by the name that a client asks for, and swapped while connections stay.

mod certificate;
mod challenge;
mod files;
mod handshake;
mod served;
mod table;
mod validity;

use std::sync::Arc;

use rustls::ServerConfig;

pub use certificate::{Certificate, authorities};
pub use challenge::Challenge;
pub use files::CertificateFiles;
pub use handshake::Handshake;
pub use served::Certificates;
pub use validity::Validity;

use super::ListenError;

/// What is agreed on in the handshake (RFC 7301), the better one first.
const ALPN: [&[u8]; 3] = [b"h2", b"http/1.1", PROOF];
/// What is agreed on with a certificate authority that looks whether a host is ours (RFC 8737 6.2). No HTTP is spoken then.
pub(super) const PROOF: &[u8] = b"acme-tls/1";

/// TLS with these certificates, as they are at each handshake.
///
/// # Errors
/// When TLS cannot be set up at all.
pub(super) fn server_config(certificates: &Arc<Certificates>) -> Result<Arc<ServerConfig>, ListenError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(Arc::clone(certificates) as _);
    config.alpn_protocols = ALPN.map(<[u8]>::to_vec).into();
    Ok(Arc::new(config))
}
