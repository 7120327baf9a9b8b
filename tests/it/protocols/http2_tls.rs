//! HTTP/2 to an upstream over TLS: agreed on in the handshake, and vouched for by the application's own authority.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::{address, session, with_upstream};
use crate::kit::h2::H2;

/// An upstream with a certificate of its own for `wiki.internal`, in PEM. It agrees to what of these it is offered, and
/// answers with the version it was asked in.
async fn upstream(protocols: &[&[u8]]) -> (SocketAddr, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let made = rcgen::CertificateParams::new(vec!["wiki.internal".to_owned()]).unwrap().self_signed(&key).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let answer = service_fn(|request: Request<hyper::body::Incoming>| async move {
                    let seen =
                        format!("{:?} {} {:?}", request.version(), request.uri(), request.headers()["remote-user"]);
                    Ok::<_, std::convert::Infallible>(Response::new(Full::new(Bytes::from(seen))))
                });
                let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), answer).await;
            });
        }
    });
    let encoded = STANDARD.encode(made.der());
    (here, format!("-----BEGIN CERTIFICATE-----\n{encoded}\n-----END CERTIFICATE-----\n"))
}

async fn asked(upstream: SocketAddr, authority: &str) -> (u16, String) {
    let connection = format!(
        "[application.connection]\nprotocol = \"http2\"\nserver_name = \"wiki.internal\"\nca = \"\"\"\n{authority}\"\"\"\n"
    );
    let (world, browser) = with_upstream(&format!("https://{upstream}"), &connection).await;
    let request = Request::get(world.url("wiki", "/x")).header("cookie", session(&world, &browser));
    let answer = H2::connect(address(&world)).await.ask(request.body(Body::empty()).unwrap()).await;
    (answer.status.as_u16(), String::from_utf8_lossy(&answer.body).into_owned())
}

#[tokio::test]
async fn http_2_is_agreed_on_with_who_its_own_authority_vouches_for() {
    let (here, authority) = upstream(&[b"h2", b"http/1.1"]).await;
    let (status, seen) = asked(here, &authority).await;
    assert_eq!(status, 200, "{seen}");
    assert!(seen.starts_with("HTTP/2.0 https://wiki.localhost") && seen.ends_with("/x \"alice\""), "{seen}");
    let (_, stranger) = upstream(&[b"h2"]).await;
    assert_eq!(asked(here, &stranger).await.0, 502);
}

#[tokio::test]
async fn an_upstream_that_does_not_agree_to_http_2_is_sent_nothing() {
    for protocols in [&[][..], &[&b"http/1.1"[..]]] {
        let (here, authority) = upstream(protocols).await;
        let (status, seen) = asked(here, &authority).await;
        assert!(status == 502 && !seen.contains("HTTP/1.1"), "{status} {seen}");
    }
}
