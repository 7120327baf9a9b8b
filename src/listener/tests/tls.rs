//! `wiki.crt` and `wiki.key` are made for these tests, for `wiki.example.com`, and mean nothing elsewhere. Others are made
//! as they run.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio_rustls::TlsConnector;

use super::*;

type Stream = tokio_rustls::client::TlsStream<TcpStream>;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/listener/tests").join(name)
}

fn files(chain: &str, key: &str) -> [CertificateFiles; 1] {
    [CertificateFiles { chain: file(chain), key: file(key) }]
}

pub(super) fn served() -> Arc<Certificates> {
    Certificates::read(&files("wiki.crt", "wiki.key")).unwrap()
}

/// Certificates of a folder, each signed by itself.
struct Made(TempDir);

impl Made {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn files(&self, name: &str) -> CertificateFiles {
        CertificateFiles {
            chain: self.0.path().join(name).with_extension("crt"),
            key: self.0.path().join(name).with_extension("key"),
        }
    }

    /// Writes a certificate for these names, and gives it.
    fn write(&self, name: &str, names: &[&str]) -> CertificateDer<'static> {
        self.write_of(name, names, &rcgen::PKCS_ECDSA_P256_SHA256)
    }

    fn write_of(
        &self,
        name: &str,
        names: &[&str],
        kind: &'static rcgen::SignatureAlgorithm,
    ) -> CertificateDer<'static> {
        let key = rcgen::KeyPair::generate_for(kind).unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let certificate = rcgen::CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
        let files = self.files(name);
        std::fs::write(files.chain, pem("CERTIFICATE", certificate.der())).unwrap();
        std::fs::write(files.key, pem("PRIVATE KEY", key.serialized_der())).unwrap();
        certificate.der().clone()
    }

    fn read(&self, names: &[&str]) -> Arc<Certificates> {
        Certificates::read(&names.iter().map(|name| self.files(name)).collect::<Vec<_>>()).unwrap()
    }
}

fn pem(what: &str, der: &[u8]) -> String {
    format!("-----BEGIN {what}-----\n{}\n-----END {what}-----\n", STANDARD.encode(der))
}

/// Shakes hands with a server whose certificate is one of `trusted`.
async fn connect_trusting(
    address: SocketAddr,
    name: &str,
    alpn: &[&[u8]],
    trusted: &[CertificateDer<'static>],
) -> std::io::Result<Stream> {
    let mut roots = RootCertStore::empty();
    trusted.iter().for_each(|certificate| roots.add(certificate.clone()).unwrap());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

async fn connect(address: SocketAddr, alpn: &[&[u8]]) -> Stream {
    let wiki = CertificateDer::from_pem_slice(&std::fs::read(file("wiki.crt")).unwrap()).unwrap();
    connect_trusting(address, "wiki.example.com", alpn, &[wiki]).await.unwrap()
}

fn shown(stream: &Stream) -> CertificateDer<'static> {
    stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
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
    let fails = |chain: &str, key: &str| Certificates::read(&files(chain, key)).unwrap_err().to_string();
    assert!(fails("missing.crt", "wiki.key").contains("missing.crt"));
    assert!(fails("wiki.key", "wiki.key").contains("holds no certificate"));
    assert!(fails("wiki.crt", "wiki.crt").contains("holds no private key"));
    let made = Made::new();
    made.write("other", &["other.example.com"]);
    std::fs::copy(file("wiki.crt"), made.files("other").chain).unwrap();
    let mixed = Certificates::read(&[made.files("other")]).unwrap_err().to_string();
    assert!(mixed.contains("other.crt and its key cannot be used"), "{mixed}");
}

#[tokio::test]
async fn the_certificate_is_chosen_by_the_name_asked_for() {
    let made = Made::new();
    let all = [
        made.write("first", &["login.example.com"]),
        made.write("wiki", &["wiki.example.com", "*.lab.example.com"]),
        made.write("lab", &["deep.lab.example.com"]),
    ];
    let [first, wiki, lab] = &all;
    let running = start(Limits::default(), Some(made.read(&["first", "wiki", "lab"]))).await;
    for (name, expected) in [
        ("login.example.com", first),
        ("WIKI.example.com", wiki),
        ("any.lab.example.com", wiki),
        // A name of its own goes before a wildcard.
        ("deep.lab.example.com", lab),
    ] {
        let stream = connect_trusting(running.address, name, &[], &all).await.unwrap();
        assert_eq!(&shown(&stream), expected, "{name}");
    }
    // The first is for all others; whether it will do the client knows. An address is not sent as a name.
    for name in ["lab.example.com", "a.b.lab.example.com", "elsewhere.example.org", "127.0.0.1"] {
        let told = connect_trusting(running.address, name, &[], &all).await.unwrap_err().to_string();
        assert!(told.contains("login.example.com"), "{name}: {told}");
    }
}

#[tokio::test]
async fn of_two_certificates_for_one_name_the_client_gets_one_it_can_verify() {
    let made = Made::new();
    let old = made.write_of("ed", &["wiki.example.com"], &rcgen::PKCS_ED25519);
    let new = made.write("ecdsa", &["wiki.example.com"]);
    let running = start(Limits::default(), Some(made.read(&["ed", "ecdsa"]))).await;
    let all = [old.clone(), new];
    let stream = connect_trusting(running.address, "wiki.example.com", &[], &all).await.unwrap();
    assert_eq!(shown(&stream), old);
    let certificates = made.read(&["ecdsa", "ed"]);
    let running = start(Limits::default(), Some(certificates)).await;
    let stream = connect_trusting(running.address, "wiki.example.com", &[], &all).await.unwrap();
    assert_eq!(shown(&stream), all[1]);
}

#[tokio::test]
async fn a_connection_is_for_what_its_certificate_covers() {
    let made = Made::new();
    let all = [
        made.write("first", &["login.example.com", "127.0.0.1"]),
        made.write("wiki", &["wiki.example.com", "*.lab.example.com"]),
    ];
    let mut running = start(Limits::default(), Some(made.read(&["first", "wiki"]))).await;
    let mut client_of = async |name: &str| {
        let mut stream = connect_trusting(running.address, name, &[], &all).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
        stream.read_to_string(&mut String::new()).await.unwrap();
        running.seen.recv().await.unwrap().1
    };
    let wiki = client_of("wiki.example.com").await;
    for host in ["wiki.example.com", "a.lab.example.com"] {
        assert!(wiki.may_ask_for(host), "{host}");
    }
    for host in ["login.example.com", "lab.example.com", "a.b.lab.example.com", "127.0.0.1", "[::1]", "", "*"] {
        assert!(!wiki.may_ask_for(host), "{host}");
    }
    // Without a name asked for it is the first certificate that counts.
    let nameless = client_of("127.0.0.1").await;
    assert!(nameless.may_ask_for("127.0.0.1") && nameless.may_ask_for("login.example.com"));
    assert!(!nameless.may_ask_for("wiki.example.com"));
}

#[tokio::test]
async fn a_name_that_no_certificate_has_is_still_for_who_asked_for_it() {
    let certificates = served();
    let handshake = certificates.handshake(Some("new.example.com"));
    assert!(handshake.is_for("new.example.com") && handshake.is_for("wiki.example.com"));
    assert!(!handshake.is_for("other.example.com"));
}

#[tokio::test]
async fn another_certificate_is_taken_in_without_dropping_a_connection() {
    let made = Made::new();
    let old = made.write("wiki", &["wiki.example.com"]);
    let certificates = made.read(&["wiki"]);
    let running = start(Limits::default(), Some(Arc::clone(&certificates))).await;
    let mut open =
        connect_trusting(running.address, "wiki.example.com", &[], std::slice::from_ref(&old)).await.unwrap();
    let request = b"GET /one HTTP/1.1\r\nHost: a\r\n\r\n";
    open.write_all(request).await.unwrap();
    let mut answer = [0; 1024];
    assert!(open.read(&mut answer).await.unwrap() > 0);

    // Half of it is written: certificate and key do not go together.
    let files = made.files("wiki");
    let old_key = std::fs::read(&files.key).unwrap();
    let new = made.write("wiki", &["wiki.example.com"]);
    let new_key = std::fs::read(&files.key).unwrap();
    std::fs::write(&files.key, old_key).unwrap();
    let trusted = [old.clone(), new.clone()];
    let now_shown =
        async || shown(&connect_trusting(running.address, "wiki.example.com", &[], &trusted).await.unwrap());
    certificates.look();
    certificates.look();
    assert_eq!(now_shown().await, old, "what was good stays");
    std::fs::write(&files.key, new_key).unwrap();
    certificates.look();
    assert_eq!(now_shown().await, old, "it may still be written to");
    certificates.look();
    assert_eq!(now_shown().await, new);
    open.write_all(request).await.unwrap();
    assert!(open.read(&mut answer).await.unwrap() > 0, "the connection of before is served");
}

#[tokio::test]
async fn a_broken_file_keeps_its_certificate_and_no_other_back() {
    let made = Made::new();
    let (wiki, tools) = (made.write("wiki", &["wiki.example.com"]), made.write("tools", &["tools.example.com"]));
    let certificates = made.read(&["wiki", "tools"]);
    std::fs::write(made.files("wiki").chain, "spoilt").unwrap();
    let newer = made.write("tools", &["tools.example.com"]);
    let more = made.write("more", &["more.example.com"]);
    certificates.take(&["wiki", "tools", "missing", "more"].map(|name| made.files(name)));
    let running = start(Limits::default(), Some(certificates)).await;
    let all = [wiki.clone(), tools, newer.clone(), more.clone()];
    for (name, expected) in [("wiki.example.com", wiki), ("tools.example.com", newer), ("more.example.com", more)] {
        let stream = connect_trusting(running.address, name, &[], &all).await.unwrap();
        assert_eq!(shown(&stream), expected, "{name}");
    }
}
