//! SIGHUP: what is told changes while the server runs, and whoever moved a log away gets a new one.

use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::kit::browser::Browser;
use crate::kit::process::{Serving, file};
use crate::kit::upstream::Upstream;
use crate::kit::world::{Places, eventually, free_port};

use super::access::lines;
use crate::tls::certificate;

/// A connection to the wiki with whichever of these certificates it has.
async fn trusting(port: u16, certificates: &[&CertificateDer<'static>]) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    certificates.iter().for_each(|&root| roots.add(root.clone()).unwrap());
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("wiki.localhost").unwrap(), stream).await.unwrap()
}

/// Asks over a connection and leaves it open.
async fn ask_over(stream: &mut TlsStream<TcpStream>) -> String {
    stream.write_all(b"GET / HTTP/1.1\r\nHost: wiki.localhost\r\n\r\n").await.unwrap();
    let mut bytes = [0; 4096];
    let read = stream.read(&mut bytes).await.unwrap();
    String::from_utf8_lossy(&bytes[..read]).into_owned()
}

#[tokio::test]
async fn a_new_certificate_is_shown_and_no_connection_is_dropped() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let (port, operations) = (free_port(), free_port());
    let upstream = Upstream::start().await.address;
    let database = format!("sqlite://{}", folder.path().join("vestibule.db").display());
    let places = Places { port, issuer: "http://127.0.0.1:9".to_owned(), upstream, database };
    let names = ["login.localhost", "wiki.localhost"];
    let (old, section) = certificate(folder.path(), &names);
    let head = places.head("").replace("http://login", "https://login");
    let head =
        head.replace("operations_listen = \"127.0.0.1:0\"", &format!("operations_listen = \"127.0.0.1:{operations}\""));
    let head = head.replace("[database]", &format!("{section}\n[database]"));
    let open = "[[application.rule]]\npath = \"/*\"\nallow = \"everyone\"\n";
    let serving = Serving::start(&file(folder.path(), &(head + &places.home_lab(open))), &[]);
    serving.ready(operations).await;
    let mut connection = trusting(port, &[&old]).await;
    assert!(ask_over(&mut connection).await.starts_with("HTTP/1.1 200 "));

    let (new, _) = certificate(folder.path(), &names);
    serving.hang_up();
    let shown = |stream: TlsStream<TcpStream>| stream.get_ref().1.peer_certificates().unwrap()[0].clone();
    eventually("the new one is shown", async || shown(trusting(port, &[&old, &new]).await) == new).await;
    assert!(ask_over(&mut connection).await.starts_with("HTTP/1.1 200 "), "the connection of before is served");
}

#[tokio::test]
async fn log_level_and_access_log_change_while_the_server_runs_and_a_moved_file_is_opened_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (port, operations) = (free_port(), free_port());
    let upstream = Upstream::start().await.address;
    let database = format!("sqlite://{}", folder.path().join("vestibule.db").display());
    let places = Places { port, issuer: "http://127.0.0.1:9".to_owned(), upstream, database };
    let text = places
        .usual()
        .replace("operations_listen = \"127.0.0.1:0\"", &format!("operations_listen = \"127.0.0.1:{operations}\""));
    let (path, moved) = (folder.path().join("access.log"), folder.path().join("access.log.1"));
    let with = |log: &str| format!("[log]\n{log}\n{text}");
    let access = format!("access = \"{}\"", path.display());
    let serving = Serving::start(&file(folder.path(), &with("level = \"warn\"")), &[]);
    serving.ready(operations).await;
    let ask = async |path: &str| Browser::new().fetch(&format!("http://wiki.localhost:{port}{path}")).await;
    let reads = async |text: &str, done: &dyn Fn(&str) -> bool| {
        file(folder.path(), text);
        serving.hang_up();
        eventually("it was read", async || serving.log().iter().any(|line| done(line))).await;
    };
    ask("/one").await;
    assert!(lines(&path).is_empty() && !serving.log().iter().any(|line| line.contains("\"INFO\"")));

    file(folder.path(), &with(&format!("level = \"info\"\n{access}")));
    serving.hang_up();
    eventually("the access log is there", async || path.exists()).await;
    // The file is opened before the rest is taken in.
    eventually("a line is written", async || {
        ask("/two").await;
        lines(&path).iter().any(|line| line["path"] == "/two")
    })
    .await;
    eventually("refusals are told at level info", async || {
        ask("/two").await;
        serving.log().iter().any(|line| line.contains("nobody is signed in"))
    })
    .await;

    // Whoever rotates logs is heard although the file is wrong; the rest stays as it was.
    std::fs::rename(&path, &moved).unwrap();
    reads("this is not TOML", &|line| line.contains("not taken in")).await;
    eventually("the new file is written", async || {
        ask("/three").await;
        lines(&path).iter().any(|line| line["path"] == "/three")
    })
    .await;
    assert!(lines(&moved).iter().all(|line| line["path"] != "/three"));
    let metrics = Browser::new().fetch(&format!("http://127.0.0.1:{operations}/metrics")).await;
    assert!(metrics.text().contains("\nvestibule_configuration_taken 0\n"));

    // An access log that cannot be opened is a wrong configuration.
    reads(&with("access = \"/nowhere/at/all/access.log\""), &|line| line.contains("/nowhere/at/all/access.log")).await;
    reads(&with("access = \"off\""), &|line| line.contains("\"the configuration was read again\"")).await;
    let written = lines(&path).len();
    ask("/four").await;
    assert_eq!(lines(&path).len(), written);
    let metrics = Browser::new().fetch(&format!("http://127.0.0.1:{operations}/metrics")).await;
    assert!(metrics.text().contains("\nvestibule_configuration_taken 1\n"));
}
