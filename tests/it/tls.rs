//! TLS as browsers meet it: certificates by name, the right connection for a host, https remembered, plain HTTP sent on.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::kit::frames;
use crate::kit::raw::{Answer, ask};
use crate::kit::upstream::received;
use crate::kit::world::{Places, World, free_port};

/// Writes a certificate for these names into a folder; gives it, and its section of the configuration.
pub fn certificate(folder: &Path, names: &[&str]) -> (CertificateDer<'static>, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let all: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let made = rcgen::CertificateParams::new(all).unwrap().self_signed(&key).unwrap();
    let pem =
        |what: &str, der: &[u8]| format!("-----BEGIN {what}-----\n{}\n-----END {what}-----\n", STANDARD.encode(der));
    let (chain, secret) = (folder.join(names[0]).with_extension("crt"), folder.join(names[0]).with_extension("key"));
    std::fs::write(&chain, pem("CERTIFICATE", made.der())).unwrap();
    std::fs::write(&secret, pem("PRIVATE KEY", key.serialized_der())).unwrap();
    let section =
        format!("[[server.tls.certificate]]\nchain = \"{}\"\nkey = \"{}\"\n", chain.display(), secret.display());
    (made.der().clone(), section)
}

/// A world that speaks https: `login` and `*.apps` share a certificate, `wiki` has its own.
struct Stage {
    world: World,
    roots: RootCertStore,
    plain: u16,
    _folder: tempfile::TempDir,
}

impl Stage {
    async fn set(server: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let plain = free_port();
        let (shared, one) = certificate(folder.path(), &["login.localhost", "*.apps.localhost"]);
        let (wiki, two) = certificate(folder.path(), &["wiki.localhost"]);
        let mut roots = RootCertStore::empty();
        [shared, wiki].into_iter().for_each(|root| roots.add(root).unwrap());
        let open = "[[application.rule]]\npath = \"/*\"\nallow = \"everyone\"\n";
        let world = World::at("http://127.0.0.1:9", |places: &Places| {
            let tls = format!("[server.tls]\nredirect_listen = [\"127.0.0.1:{plain}\"]\n{one}{two}");
            let head = places.head("").replace("http://login", "https://login");
            let head = head.replace("operations_listen", &format!("{server}\noperations_listen"));
            let lab =
                places.home_lab(open).replace("[\"wiki.localhost\"]", "[\"wiki.localhost\", \"a.apps.localhost\"]");
            head.replace("[database]", &format!("{tls}\n[database]")) + &lab
        });
        Self { world: world.await, roots, plain, _folder: folder }
    }

    async fn trusting_everybody() -> Self {
        Self::set("trusted_proxies = [\"127.0.0.0/8\"]").await
    }

    /// A connection on which `name` was asked for, and this protocol.
    async fn connect(&self, name: &str, protocol: &str) -> TlsStream<TcpStream> {
        let mut config = ClientConfig::builder().with_root_certificates(self.roots.clone()).with_no_client_auth();
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        let stream = TcpStream::connect(("127.0.0.1", self.world.places.port)).await.unwrap();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
    }

    /// Sends one request over HTTP/2, its first frame with these fields, and gives the status; 0 if it was refused.
    async fn ask_http2(&self, name: &str, fields: &[(&str, &str)]) -> u16 {
        let stream = self.connect(name, "h2").await;
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let head = frames::frame(frames::HEADERS, frames::END_STREAM | frames::END_HEADERS, 1, &frames::block(fields));
        frames::send_over(stream, &head).await.status()
    }

    /// Sends one request over a connection on which `name` was asked for.
    async fn ask(&self, name: &str, host: &str, fields: &str) -> Answer {
        self.ask_for("/page", name, host, fields).await
    }

    /// The same for another path.
    async fn ask_for(&self, path: &str, name: &str, host: &str, fields: &str) -> Answer {
        let mut stream = self.connect(name, "http/1.1").await;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{fields}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        let _ = stream.read_to_string(&mut text).await;
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_owned(), body: body.as_bytes().to_vec() }
    }

    /// Sends one request over plain HTTP.
    async fn ask_plainly(&self, request: &str) -> Answer {
        ask(([127, 0, 0, 1], self.plain).into(), request).await
    }
}

#[tokio::test]
async fn a_request_comes_over_a_connection_for_its_host_or_is_misdirected() {
    let stage = Stage::set("").await;
    for (name, host, status) in [
        ("wiki.localhost", "wiki.localhost", 200),
        ("wiki.localhost", "WIKI.localhost.:443", 200),
        ("a.apps.localhost", "a.apps.localhost", 200),
        // One certificate covers both: a browser may use one connection for them.
        ("login.localhost", "a.apps.localhost", 200),
        ("login.localhost", "wiki.localhost", 421),
        ("wiki.localhost", "a.apps.localhost", 421),
        ("wiki.localhost", "login.localhost", 421),
        ("wiki.localhost", "elsewhere.localhost", 421),
    ] {
        let answer = stage.ask(name, host, "").await;
        assert_eq!(answer.status, status, "{host} over {name}: {answer:?}");
    }
    assert_eq!(stage.world.upstream.hits(), 4);
}

#[tokio::test]
async fn over_http_2_a_connection_for_its_host_and_well_made_requests_are_needed_too() {
    let stage = Stage::set("").await;
    for (name, authority, field, status) in [
        ("wiki.localhost", "wiki.localhost", ("x-a", "1"), 200),
        ("login.localhost", "a.apps.localhost", ("x-a", "1"), 200),
        ("login.localhost", "wiki.localhost", ("x-a", "1"), 421),
        ("wiki.localhost", "a.apps.localhost", ("x-a", "1"), 421),
        ("wiki.localhost", "login.localhost", ("host", "wiki.localhost"), 400),
        ("wiki.localhost", "wiki.localhost", ("host", "a.apps.localhost"), 400),
        ("wiki.localhost", "wiki.localhost", ("transfer-encoding", "chunked"), 0),
        ("wiki.localhost", "wiki.localhost", ("connection", "x-a"), 0),
        ("wiki.localhost", "wiki.localhost", ("X-Upper", "1"), 0),
        ("wiki.localhost", "wiki.localhost", (":path", "/other"), 0),
        ("wiki.localhost", "wiki.localhost", ("x-a", "1\r\nremote-user: root"), 0),
    ] {
        let line = [(":method", "GET"), (":scheme", "https"), (":authority", authority), (":path", "/page")];
        let found = stage.ask_http2(name, &[&line[..], &[field]].concat()).await;
        assert_eq!(found, status, "{authority} over {name}: {field:?}");
    }
    assert_eq!(stage.world.upstream.hits(), 2);
}

#[tokio::test]
async fn what_a_trusted_proxy_asks_for_in_its_handshake_says_nothing_of_the_host() {
    let stage = Stage::set("").await;
    assert_eq!(stage.ask("wiki.localhost", "a.apps.localhost", "").await.status, 421);
    let stage = Stage::trusting_everybody().await;
    assert_eq!(stage.ask("wiki.localhost", "a.apps.localhost", "").await.status, 200);
}

#[tokio::test]
async fn browsers_are_told_to_come_by_https_in_our_words_alone() {
    let stage = Stage::set("").await;
    let upstreams = "X-Answer-Strict-Transport-Security: max-age=0; includeSubDomains\r\n";
    for (host, fields) in [("wiki.localhost", ""), ("wiki.localhost", upstreams), ("login.localhost", "")] {
        let answer = stage.ask(host, host, fields).await;
        assert_eq!(answer.all("strict-transport-security"), ["max-age=15552000"], "{answer:?}");
    }
    let answer = stage.ask("login.localhost", "elsewhere.apps.localhost", "").await;
    assert_eq!((answer.status, answer.all("strict-transport-security").len()), (421, 0));
    // Pages of ours are there at any host, and so is what they are made of.
    let answer =
        stage.ask_for("/.vestibule/static/vestibule.css", "login.localhost", "elsewhere.apps.localhost", "").await;
    assert_eq!((answer.status, answer.all("strict-transport-security").len()), (200, 0));

    let stage = Stage::set("hsts = \"off\"").await;
    let answer = stage.ask("wiki.localhost", "wiki.localhost", upstreams).await;
    assert_eq!(answer.all("strict-transport-security"), ["max-age=0; includeSubDomains"]);
    assert!(stage.ask("login.localhost", "login.localhost", "").await.all("strict-transport-security").is_empty());
}

#[tokio::test]
async fn browsers_of_a_trusted_proxy_are_told_if_it_says_that_they_came_by_https() {
    for (trusted, proto, told) in [("127.0.0.0/8", "https", 1), ("127.0.0.0/8", "http", 0), ("10.0.0.0/8", "https", 0)]
    {
        let open = "[[application.rule]]\npath = \"/*\"\nallow = \"everyone\"\n";
        let world = World::at("http://127.0.0.1:9", |places| {
            let behind = format!("trusted_proxies = [\"{trusted}\"]\noperations_listen");
            let head = places.head("").replace("http://login", "https://login").replace("operations_listen", &behind);
            head + &places.home_lab(open)
        });
        let world = world.await;
        let request = format!(
            "GET /page HTTP/1.1\r\nHost: wiki.localhost\r\nConnection: close\r\nX-Forwarded-For: 192.0.2.1\r\n\
             X-Forwarded-Proto: {proto}\r\n\r\n"
        );
        let answer = ask(([127, 0, 0, 1], world.places.port).into(), request).await;
        let found = answer.all("strict-transport-security").len();
        assert_eq!((answer.status, found), (200, told), "{proto} by {trusted}: {answer:?}");
    }
}

#[tokio::test]
async fn behind_a_balancer_tls_begins_after_what_it_says_of_the_client() {
    let stage = Stage::set("trusted_proxies = [\"127.0.0.0/8\"]\nproxy_protocol = true").await;
    let second = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x07\x7f\0\0\x01\xc3\x50\x01\xbb";
    for header in [&b"PROXY TCP4 192.0.2.7 127.0.0.1 50000 443\r\n"[..], second] {
        let mut stream = TcpStream::connect(("127.0.0.1", stage.world.places.port)).await.unwrap();
        stream.write_all(header).await.unwrap();
        let config = ClientConfig::builder().with_root_certificates(stage.roots.clone()).with_no_client_auth();
        let name = ServerName::try_from("wiki.localhost").unwrap();
        let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: wiki.localhost\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut text = String::new();
        let _ = stream.read_to_string(&mut text).await;
        let answer = crate::kit::raw::answer(&text);
        assert_eq!(answer.status, 200, "{text}");
        assert_eq!(received(&answer.json(), "x-forwarded-for"), ["192.0.2.7"]);
    }
}

#[tokio::test]
async fn over_plain_http_no_application_says_that_it_speaks_https() {
    let open = "[[application.rule]]\npath = \"/*\"\nallow = \"everyone\"\n";
    let world = World::at("http://127.0.0.1:9", |places| places.head("") + &places.home_lab(open)).await;
    let request = "GET /page HTTP/1.1\r\nHost: wiki.localhost\r\nConnection: close\r\n\
                   X-Answer-Strict-Transport-Security: max-age=9\r\n\r\n";
    let answer = ask(([127, 0, 0, 1], world.places.port).into(), request).await;
    assert_eq!((answer.status, answer.all("strict-transport-security").len()), (200, 0), "{answer:?}");
}

#[tokio::test]
async fn plain_http_is_sent_on_to_https_at_hosts_of_ours_alone() {
    let stage = Stage::set("").await;
    let port = stage.world.places.port;
    for (line, host, leads_to) in [
        ("GET /a?b=c HTTP/1.1", "wiki.localhost", "wiki.localhost:PORT/a?b=c"),
        ("GET / HTTP/1.1", "LOGIN.localhost:80", "login.localhost:PORT/"),
        ("HEAD /a HTTP/1.1", "wiki.localhost.", "wiki.localhost:PORT/a"),
        ("POST /form HTTP/1.1", "wiki.localhost", "wiki.localhost:PORT/form"),
        ("GET //evil.example.com/ HTTP/1.1", "wiki.localhost", "wiki.localhost:PORT//evil.example.com/"),
        ("GET /@evil.example.com HTTP/1.1", "wiki.localhost", "wiki.localhost:PORT/@evil.example.com"),
        ("GET http://wiki.localhost/x HTTP/1.1", "wiki.localhost", "wiki.localhost:PORT/x"),
    ] {
        let request = format!("{line}\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        let answer = stage.ask_plainly(&request).await;
        let expected = format!("https://{}", leads_to.replace("PORT", &port.to_string()));
        assert_eq!((answer.status, answer.all("location")), (308, vec![expected.as_str()]), "{line}");
        assert!(answer.all("strict-transport-security").is_empty());
    }
    for (line, host, status) in [
        ("GET / HTTP/1.1", "evil.example.com", 421),
        ("GET http://evil.example.com/ HTTP/1.1", "wiki.localhost", 400),
        ("GET / HTTP/1.1", "wiki.localhost@evil.example.com", 400),
        ("GET / HTTP/1.1", "wiki.localhost\r\nHost: evil.example.com", 400),
        ("TRACE / HTTP/1.1", "wiki.localhost", 405),
        ("OPTIONS * HTTP/1.1", "wiki.localhost", 400),
    ] {
        let answer = stage.ask_plainly(&format!("{line}\r\nHost: {host}\r\nConnection: close\r\n\r\n")).await;
        assert_eq!((answer.status, answer.all("location").len()), (status, 0), "{line} at {host}");
    }
    assert_eq!(stage.world.upstream.hits(), 0);
}
