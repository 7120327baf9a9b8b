//! An authority that answers nonsense.

use std::cell::Cell;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::{LOOKS, configuration};
use crate::kit::browser::Browser;
use crate::kit::pebble::{Pebble, pem};
use crate::kit::world::{Places, World, eventually};
use crate::operations::metrics::numbers;

/// Answers every request with the same bytes.
struct Liar {
    port: u16,
    ca: String,
    says: Arc<Mutex<String>>,
}

impl Liar {
    async fn start() -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let own = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap();
        let ca = pem("CERTIFICATE", own.der());
        let key = PrivateKeyDer::try_from(key.serialized_der().to_vec()).unwrap();
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![own.der().clone()], key);
        let acceptor = TlsAcceptor::from(Arc::new(config.unwrap()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, says) = (listener.local_addr().unwrap().port(), Arc::new(Mutex::new(String::new())));
        let said = Arc::clone(&says);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let _ = stream.read(&mut [0; 16 * 1024]).await;
                let answer = said.lock().unwrap().clone();
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        Self { port, ca, says }
    }

    /// What a directory may look like in which every address is this one, but for the nonce's.
    fn directory(&self, nonce: &str) -> String {
        let here = format!("https://127.0.0.1:{}/", self.port);
        let body = format!(
            r#"{{"newNonce":"{nonce}","newAccount":"{here}","newOrder":"{here}","revokeCert":"{here}","keyChange":"{here}"}}"#
        );
        answer("200 OK", &body)
    }
}

fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nReplay-Nonce: n\r\nLocation: \r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn nothing_that_an_authority_answers_stops_us() {
    let (liar, folder, ports) = (Liar::start().await, tempfile::tempdir().unwrap(), Pebble::prepare());
    let ca = folder.path().join("liar.crt");
    std::fs::write(&ca, &liar.ca).unwrap();
    let here = format!("https://127.0.0.1:{}/", liar.port);
    let world = World::at("http://127.0.0.1:9", |places: &Places| {
        configuration(places, &ports, LOOKS[1], "")
            .replace(&ports.directory(), &here)
            .replace(&ports.ca_file().display().to_string(), &ca.display().to_string())
    })
    .await;
    let ended = async || numbers(&world).await[r#"vestibule_certificate_orders_total{outcome="authority"}"#];
    let (seen, long) = (Cell::new(ended().await), "x".repeat(2 * 1024 * 1024));
    for nonsense in [
        String::new(),
        "not HTTP at all\r\n\r\n".to_owned(),
        answer("200 OK", ""),
        answer("200 OK", "<html>"),
        answer("200 OK", "{}"),
        answer("301 Moved Permanently", "{}"),
        answer("500 Internal Server Error", r#"{"type":5}"#),
        answer("200 OK", &long),
        // What is not an address is told to nobody but the library that asks there.
        liar.directory("http://[::"),
        liar.directory("\u{0}"),
        liar.directory(&here),
    ] {
        liar.says.lock().unwrap().clone_from(&nonsense);
        world.clock.advance(Duration::from_secs(2 * 24 * 60 * 60));
        eventually("an order has failed", async || ended().await > seen.get()).await;
        seen.set(ended().await);
        let ready = Browser::new().fetch(&format!("http://{}/readyz", world.operations)).await;
        assert_eq!(ready.status, 200, "after {:.80}", nonsense);
    }
}
