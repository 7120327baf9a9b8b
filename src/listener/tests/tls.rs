//! `wiki.crt` and `wiki.key` are made for these tests, for `wiki.example.com`, and mean nothing elsewhere.

use std::path::{Path, PathBuf};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

use super::*;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/listener/tests").join(name)
}

fn served() -> Arc<ServerConfig> {
    server_config(&file("wiki.crt"), &file("wiki.key")).unwrap()
}

async fn connect(address: SocketAddr, alpn: &[&[u8]]) -> tokio_rustls::client::TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&std::fs::read(file("wiki.crt")).unwrap()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("wiki.example.com").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
}

#[tokio::test]
async fn both_versions_are_agreed_on_over_tls() {
    let mut running = start(Limits::default(), Some(served())).await;
    let mut stream = connect(running.address, &[b"http/1.1"]).await;
    stream.write_all(b"GET /one HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("/one"));
    let (version, client) = running.seen.recv().await.unwrap();
    assert_eq!((version, client.https), (http::Version::HTTP_11, true));

    let stream = connect(running.address, &[b"http/1.1", b"h2"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let stream = TokioIo::new(stream);
    let (mut send, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    let request = Request::builder().uri("https://a/two").body(Body::empty()).unwrap();
    assert_eq!(send.send_request(request).await.unwrap().status(), 200);
    assert_eq!(running.seen.recv().await.unwrap().0, http::Version::HTTP_2);
}

#[tokio::test]
async fn plain_http_and_slow_handshakes_get_nowhere() {
    let limits = Limits { handshake: Duration::from_millis(100), ..Limits::default() };
    let mut running = start(limits, Some(served())).await;
    for beginning in ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "", "\u{16}\u{3}\u{1}"] {
        assert!(!exchange(running.address, beginning.as_bytes()).await.contains("HTTP"));
    }
    assert!(running.seen.try_recv().is_err());
}

#[test]
fn files_that_do_not_fit_are_named() {
    let fails = |certificate: &str, key: &str| server_config(&file(certificate), &file(key)).unwrap_err().to_string();
    assert!(fails("missing.crt", "wiki.key").contains("missing.crt"));
    assert!(fails("wiki.key", "wiki.key").contains("holds no certificate"));
    assert!(fails("wiki.crt", "wiki.crt").contains("holds no private key"));
}
