//! TLS as a browser speaks it. `example.com.crt` and its key are made for these tests, for `login.example.com` and
//! `wiki.example.com`, and mean nothing elsewhere.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::root;

/// The certificate.
pub fn certificate() -> PathBuf {
    root().join("tests/it/kit/tls/example.com.crt")
}

/// Its key.
pub fn key() -> PathBuf {
    root().join("tests/it/kit/tls/example.com.key")
}

/// Trusts that certificate and no other, and speaks HTTP/1.1.
pub fn connector() -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate()).expect("a certificate")).expect("a root");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = config.expect("versions").with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    TlsConnector::from(Arc::new(config))
}

/// A connection to `host`.
pub async fn connect(connector: &TlsConnector, stream: TcpStream, host: &str) -> TlsStream<TcpStream> {
    let name = ServerName::try_from(host.to_owned()).expect("a name");
    connector.connect(name, stream).await.unwrap_or_else(|error| panic!("TLS with {host}: {error}"))
}
