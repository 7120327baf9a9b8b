//! Certificates ordered from an authority, as it and as browsers see it.

mod failing;
mod liar;
mod processes;

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::kit::database::Database;
use crate::kit::pebble::{EXTERNAL_ACCOUNT, Pebble};
use crate::kit::raw::ask;
use crate::kit::world::{Places, World, eventually, free_port};

/// Renewal of what lives for 90 days is due after 60 to 64.5.
const TO_RENEWAL: Duration = Duration::from_secs(65 * 24 * 60 * 60);

/// How an authority looks whether a host is ours.
const LOOKS: [&str; 2] = ["challenge = \"http-01\"", "challenge = \"tls-alpn-01\""];

/// An application at that host, open to everyone.
fn application(places: &Places, id: &str) -> String {
    format!(
        "[[application]]\nid = \"{id}\"\norganization = \"home-lab\"\nname = \"{id}\"\nhosts = [\"{id}.example.com\"]\n\
         upstream = \"http://{}\"\n[[application.rule]]\npath = \"/*\"\nallow = \"everyone\"\n",
        places.upstream
    )
}

/// A configuration with the sign-in host `login.example.com` and the application `wiki.example.com`, whose certificates
/// come from there; with further lines in `[server.tls.acme]`, and further tables.
fn configuration(places: &Places, pebble: &Pebble, acme: &str, tables: &str) -> String {
    let (listen, public) = (format!("127.0.0.1:{}", places.port), format!("http://login.localhost:{}", places.port));
    let open = "[[application.rule]]\npath = \"/*\"\nallow = \"everyone\"\n";
    let tls = format!(
        "[server.tls]\nredirect_listen = [\"127.0.0.1:{}\"]\n[server.tls.acme]\naccept_terms = true\n\
         directory = \"{}\"\nca_file = \"{}\"\n{acme}\n[database]",
        pebble.plain,
        pebble.directory(),
        pebble.ca_file().display()
    );
    let whole = places.head("") + &places.home_lab(open).replace("wiki.localhost", "wiki.example.com") + tables;
    whole
        .replace(&format!("\"{listen}\""), &format!("\"{listen}\", \"127.0.0.1:{}\"", pebble.tls))
        .replace(&public, "https://login.example.com")
        .replace("[database]", &tls)
}

/// An authority, and a world whose certificates come from it.
struct Stage {
    pebble: Pebble,
    world: World,
    trusted: Vec<CertificateDer<'static>>,
}

impl Stage {
    async fn set(acme: &str) -> Self {
        let mut pebble = Pebble::prepare();
        pebble.start(&[]).await;
        Self::with(pebble, acme, |_| String::new()).await
    }

    async fn with(pebble: Pebble, acme: &str, tables: impl FnOnce(&Places) -> String) -> Self {
        let whole = |places: &Places| configuration(places, &pebble, acme, &tables(places));
        let world = World::at("http://127.0.0.1:9", whole).await;
        let trusted = if pebble.is_running() { vec![pebble.root().await] } else { Vec::new() };
        Self { pebble, world, trusted }
    }

    /// A connection to `host`, if it shows a certificate of the authority.
    async fn connect(&self, host: &str) -> Option<TlsStream<TcpStream>> {
        handshake(self.pebble.tls, host, &self.trusted, &[b"http/1.1"]).await.ok()
    }

    /// The certificate that `host` shows.
    async fn shown(&self, host: &str) -> Option<CertificateDer<'static>> {
        self.connect(host).await.map(|stream| leaf(&stream))
    }

    /// Waits until all of these show certificates of the authority.
    async fn all_show(&self, hosts: &[&str]) {
        for host in hosts {
            eventually(&format!("{host} has a certificate"), async || self.shown(host).await.is_some()).await;
        }
    }

    /// The answer to a request over plain HTTP.
    async fn ask_plainly(&self, request: &str) -> crate::kit::raw::Answer {
        ask(([127, 0, 0, 1], self.pebble.plain).into(), request).await
    }
}

/// Shakes hands as somebody who trusts these.
async fn handshake(
    port: u16,
    host: &str,
    trusted: &[CertificateDer<'static>],
    alpn: &[&[u8]],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    trusted.iter().for_each(|root| roots.add(root.clone()).unwrap());
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(host.to_owned()).unwrap(), stream).await
}

fn leaf(stream: &TlsStream<TcpStream>) -> CertificateDer<'static> {
    stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
}

/// Asks the wiki for a page on this connection, which stays open.
async fn is_answered(stream: &mut TlsStream<TcpStream>) -> bool {
    stream.write_all(b"GET /page HTTP/1.1\r\nHost: wiki.example.com\r\n\r\n").await.unwrap();
    let mut read = vec![0; 4096];
    let count = stream.read(&mut read).await.unwrap();
    read[..count].starts_with(b"HTTP/1.1 200 ")
}

#[tokio::test]
async fn every_host_gets_its_certificate_whichever_way_the_authority_looks() {
    for look in LOOKS {
        let stage = Stage::set(look).await;
        stage.all_show(&["login.example.com", "wiki.example.com"]).await;
        assert!(is_answered(&mut stage.connect("wiki.example.com").await.unwrap()).await);
        assert_eq!((stage.pebble.made(), stage.world.upstream.hits()), (2, 1), "{look}");
        // Whoever comes without a name is shown the sign-in host's.
        let nameless = handshake(stage.pebble.tls, "127.0.0.1", &stage.trusted, &[]).await.unwrap_err();
        assert!(nameless.to_string().contains("login.example.com"), "{nameless}");
        // Keys are sealed where they are kept, and no log holds one.
        let dump = format!("{:?}", Database::open(&stage.world.database_path()).await.dump().await);
        assert!(dump.contains("BEGIN CERTIFICATE") && !dump.contains("PRIVATE KEY") && !dump.contains("key_pkcs8"));
        assert!(crate::kit::logs::holding("PRIVATE KEY").is_empty());
    }
}

#[tokio::test]
async fn over_plain_http_nothing_is_shown_but_what_was_ordered_and_no_application_is_asked() {
    let stage = Stage::set(LOOKS[0]).await;
    stage.all_show(&["login.example.com", "wiki.example.com"]).await;
    for path in ["", "unknown", "../../page", "a/b", "%2e%2e%2fpage"] {
        for host in ["wiki.example.com", "login.example.com", "elsewhere.example.com", "WIKI.example.com:80"] {
            let request = format!("GET /.well-known/acme-challenge/{path} HTTP/1.1\r\nHost: {host}\r\n");
            let answer = stage.ask_plainly(&(request + "Connection: close\r\n\r\n")).await;
            assert_eq!((answer.status, answer.body.len()), (404, 0), "{path} at {host}: {answer:?}");
        }
    }
    // Everything else is sent on as ever.
    for request in ["GET /.well-known/other", "POST /.well-known/acme-challenge/unknown"] {
        let text = format!("{request} HTTP/1.1\r\nHost: wiki.example.com\r\nConnection: close\r\n\r\n");
        assert_eq!(stage.ask_plainly(&text).await.status, 308, "{request}");
    }
    assert_eq!(stage.world.upstream.hits(), 0);
}

#[tokio::test]
async fn a_renewal_is_shown_to_who_comes_next_and_disturbs_nobody() {
    let stage = Stage::set(LOOKS[1]).await;
    stage.all_show(&["login.example.com", "wiki.example.com"]).await;
    let mut open = stage.connect("wiki.example.com").await.unwrap();
    let before = leaf(&open);
    assert!(is_answered(&mut open).await);
    stage.world.clock.advance(TO_RENEWAL);
    let renewed = async || stage.shown("wiki.example.com").await.is_some_and(|shown| shown != before);
    eventually("the certificate is renewed", renewed).await;
    assert!(is_answered(&mut open).await, "a connection of before stays");
    // By our clock the new ones are as old as the old ones were: a clock that is wrong orders nothing twice.
    let both = async || stage.pebble.made() == 4;
    eventually("both are renewed", both).await;
    stage.world.clock.advance(Duration::from_secs(24 * 60 * 60));
    let after = stage.shown("wiki.example.com").await;
    assert!(after.is_some() && stage.pebble.made() == 4);
}

#[tokio::test]
async fn whoever_starts_again_shows_what_is_kept_and_orders_nothing() {
    let mut stage = Stage::set(LOOKS[1]).await;
    stage.all_show(&["login.example.com", "wiki.example.com"]).await;
    let kept = stage.shown("wiki.example.com").await;
    stage.pebble.stop();
    let Stage { pebble, world, .. } = &mut stage;
    world.restart(|places| configuration(places, pebble, LOOKS[1], "")).await;
    stage.all_show(&["login.example.com", "wiki.example.com"]).await;
    assert_eq!(stage.shown("wiki.example.com").await, kept);
    assert_eq!(stage.pebble.orders(), 2);
}

#[tokio::test]
async fn an_application_that_is_published_later_gets_its_certificate_and_a_stranger_gets_none() {
    let stage = Stage::set(LOOKS[1]).await;
    // Names that come from outside lead to nothing, before and after.
    for name in ["evil.example.com", "tools.example.com", "a.wiki.example.com"] {
        assert!(stage.shown(name).await.is_none());
        let request =
            format!("GET /.well-known/acme-challenge/x HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n");
        stage.ask_plainly(&request).await;
    }
    stage.all_show(&["login.example.com", "wiki.example.com"]).await;
    let places = &stage.world.places;
    let more = configuration(places, &stage.pebble, LOOKS[1], &application(places, "tools"));
    let applied = stage.world.command(&more, &["apply", "--yes"]).await;
    assert_eq!(applied.code, Some(0), "{applied:?}");
    stage.all_show(&["tools.example.com"]).await;
    assert_eq!(stage.pebble.orders(), 3);
    assert!(stage.shown("evil.example.com").await.is_none());
}

#[tokio::test]
async fn an_authority_that_wants_to_know_who_we_are_elsewhere_is_told() {
    let mut pebble = Pebble::prepare();
    pebble.start_bound().await;
    let (id, key) = EXTERNAL_ACCOUNT;
    let bound = format!("external_account_id = \"{id}\"\nexternal_account_key = \"{key}\"");
    let stage = Stage::with(pebble, &bound, |_| String::new()).await;
    stage.all_show(&["login.example.com"]).await;
    assert!(crate::kit::logs::holding(key).is_empty());
}
