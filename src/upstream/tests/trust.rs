//! Upstreams over TLS that authorities of the application's own vouch for.

use std::sync::Arc;

use axum::body::Body;
use http::{Request, Response};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;

use super::kit::*;
use crate::decision::sample;
use crate::identity::Connection;
use crate::upstream::{ForwardError, Settings};

/// The authority of the tests, and one that has nothing to do with them.
const AUTHORITY: &str = include_str!("authority.crt");
const STRANGER: &str = include_str!("../../listener/tests/wiki.crt");

/// The port of an upstream with a certificate by that authority for `wiki.internal`.
async fn upstream() -> u16 {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("upstream.crt")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("upstream.key")).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            let answer = service_fn(|_| async { Ok::<_, std::convert::Infallible>(Response::new(Body::from("ok"))) });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
        }
    });
    port
}

async fn reach(port: u16, connection: Connection) -> Result<(), ForwardError> {
    let mut wiki = sample::wiki(&format!("https://127.0.0.1:{port}"), Vec::new());
    wiki.spec.connection = connection;
    let permit = sample::permitted(wiki, "/page", Some(&member()));
    forward(permit, Request::new(Body::empty())).await.map(drop)
}

fn by(ca: &str, server_name: Option<&str>) -> Connection {
    let server_name = server_name.map(|name| name.parse().unwrap());
    Connection { ca: Some(ca.parse().unwrap()), server_name, ..Connection::default() }
}

#[tokio::test]
async fn only_the_authorities_that_are_named_vouch_for_an_upstream_and_only_for_its_name() {
    let port = upstream().await;
    reach(port, by(AUTHORITY, Some("wiki.internal"))).await.unwrap();
    for refused in [
        by(STRANGER, Some("wiki.internal")),
        by(AUTHORITY, None),
        by(AUTHORITY, Some("other.internal")),
        Connection { server_name: Some("wiki.internal".parse().unwrap()), ..Connection::default() },
    ] {
        let error = reach(port, refused).await.unwrap_err();
        assert!(matches!(&error, ForwardError::Unreachable(why) if why.contains("certificate")), "{error:?}");
    }
}

#[tokio::test]
async fn a_connection_that_one_application_trusts_is_not_lent_to_another() {
    let port = upstream().await;
    let forwarder = forwarder(Settings::default());
    for (connection, good) in [(by(AUTHORITY, Some("wiki.internal")), true), (by(AUTHORITY, None), false)] {
        let mut wiki = sample::wiki(&format!("https://127.0.0.1:{port}"), Vec::new());
        wiki.spec.connection = connection;
        let permit = sample::permitted(wiki, "/page", Some(&member()));
        let answer = forwarder.forward(permit, &mut Request::new(Body::empty()), chain(), always()).await;
        assert_eq!(answer.is_ok(), good);
        if let Ok(answer) = answer {
            axum::body::to_bytes(answer.into_body(), 10).await.unwrap();
        }
    }
}
