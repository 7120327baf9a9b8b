//! What a certificate authority sees that looks whether a host is ours, and what nobody sees.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::tls::served;
use super::*;

/// Takes any certificate, as an authority does that wants to see what is in it.
#[derive(Debug)]
struct Looks(CryptoProvider);

impl ServerCertVerifier for Looks {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        // It would not even be read: its extension is critical, and known to authorities alone.
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

async fn look(address: SocketAddr, host: &str, alpn: &[&[u8]]) -> std::io::Result<TlsStream<TcpStream>> {
    let provider = aws_lc_rs::default_provider();
    let config = ClientConfig::builder_with_provider(Arc::new(provider.clone())).with_safe_default_protocol_versions();
    let config = config.unwrap().dangerous().with_custom_certificate_verifier(Arc::new(Looks(provider)));
    let mut config = config.with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    let stream = TcpStream::connect(address).await.unwrap();
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(host.to_owned()).unwrap(), stream).await
}

fn shown(stream: &TlsStream<TcpStream>) -> Vec<u8> {
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

fn holds(certificate: &[u8], bytes: &[u8]) -> bool {
    certificate.windows(bytes.len()).any(|window| window == bytes)
}

fn challenge(host: &str) -> Challenge {
    Challenge { host: host.to_owned(), token: "token".to_owned(), proof: "token.thumbprint".to_owned() }
}

#[tokio::test]
async fn an_authority_is_shown_what_it_looks_for_and_never_spoken_to() {
    const ALPN: &[u8] = b"acme-tls/1";
    // 1.3.6.1.5.5.7.1.31 (RFC 8737 3), critical.
    const EXTENSION: [u8; 13] = [6, 8, 0x2b, 6, 1, 5, 5, 7, 1, 0x1f, 1, 1, 0xff];
    let certificates = served();
    let mut running = start(Limits::default(), Some(Arc::clone(&certificates))).await;
    assert!(look(running.address, "wiki.example.com", &[ALPN]).await.is_err(), "there is nothing to see");
    certificates.show([challenge("wiki.example.com")]);

    let mut stream = look(running.address, "wiki.example.com", &[ALPN]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(ALPN));
    let digest = sha256(b"token.thumbprint");
    let certificate = shown(&stream);
    assert!(
        holds(&certificate, &EXTENSION) && holds(&certificate, &digest) && holds(&certificate, b"wiki.example.com")
    );
    let _ = stream.write_all(b"GET /secret HTTP/1.1\r\nHost: wiki.example.com\r\n\r\n").await;
    let mut answer = Vec::new();
    let _ = timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await.expect("it is closed");
    assert!(answer.is_empty() && running.seen.try_recv().is_err());

    // Nobody else sees it: not who asks for another host, nor who would speak HTTP too.
    assert!(look(running.address, "elsewhere.example.com", &[ALPN]).await.is_err());
    for alpn in [&[ALPN, b"http/1.1"][..], &[&b"h2"[..], ALPN], &[ALPN, b"other"], &[]] {
        let seen = shown(&look(running.address, "wiki.example.com", alpn).await.unwrap());
        assert!(!holds(&seen, &EXTENSION), "{alpn:?}");
    }
    certificates.show([]);
    assert!(look(running.address, "wiki.example.com", &[ALPN]).await.is_err(), "it is over");
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    ::aws_lc_rs::digest::digest(&::aws_lc_rs::digest::SHA256, bytes).as_ref().to_vec()
}

#[test]
fn over_plain_http_host_and_token_both_count() {
    let certificates = served();
    certificates.show([challenge("wiki.example.com")]);
    assert_eq!(certificates.proof("wiki.example.com", "token").as_deref(), Some("token.thumbprint"));
    for (host, token) in [("wiki.example.com", ""), ("wiki.example.com", "toke"), ("tools.example.com", "token")] {
        assert_eq!(certificates.proof(host, token), None, "{token} at {host}");
    }
    assert!(!format!("{:?}", challenge("wiki.example.com")).contains("token"));
}

#[test]
fn hosts_of_certificates_from_files_are_known() {
    let hosts = ["wiki.example.com", "tools.example.com", "a.wiki.example.com", "example.com"];
    let left = served().without_file(hosts.map(str::to_owned).to_vec());
    assert_eq!(left, hosts[1..]);
}
