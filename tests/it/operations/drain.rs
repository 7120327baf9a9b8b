//! How a server stops: operators see it at once, requests and WebSockets end within the time for it, and whoever is in a
//! hurry says it twice.

use serde_json::Value;
use tokio::net::TcpListener;

use crate::kit::browser::Browser;
use crate::kit::process::{Serving, file};
use crate::kit::raw::Raw;
use crate::kit::upstream::Upstream;
use crate::kit::world::{Places, eventually, free_port};

use super::access::lines;

/// A server whose wiki is open to everyone, at an upstream that answers as the test says.
struct Stage {
    serving: Serving,
    upstream: TcpListener,
    port: u16,
    operations: u16,
    folder: tempfile::TempDir,
}

impl Stage {
    async fn set() -> Self {
        Self::set_with(|file| Serving::start(file, &[])).await
    }

    async fn set_with(start: impl FnOnce(&str) -> Serving) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let database = format!("sqlite://{}", folder.path().join("vestibule.db").display());
        let (port, operations) = (free_port(), free_port());
        let address = upstream.local_addr().unwrap();
        let places = Places { port, issuer: "http://127.0.0.1:9".to_owned(), upstream: address, database };
        let open = "[[application.rule]]\npath = \"/*\"\nallow = \"everyone\"\n";
        let log = format!("[log]\naccess = \"{}\"\n", folder.path().join("access.log").display());
        let text = (log + &places.usual() + open)
            .replace("operations_listen = \"127.0.0.1:0\"", &format!("operations_listen = \"127.0.0.1:{operations}\""));
        let serving = start(&file(folder.path(), &text));
        serving.ready(operations).await;
        Self { serving, upstream, port, operations, folder }
    }

    /// A request under way: its client, and where its upstream has received it.
    async fn request(&self, lines: &str) -> (Raw, Raw) {
        let mut client = Raw::connect(([127, 0, 0, 1], self.port).into()).await;
        client.send(format!("GET /slow HTTP/1.1\r\nHost: wiki.localhost\r\n{lines}\r\n")).await;
        let mut upstream = Raw::over(self.upstream.accept().await.unwrap().0);
        upstream.read_until("\r\n\r\n").await;
        (client, upstream)
    }

    /// The statuses in the access log.
    fn told(&self) -> Vec<Value> {
        lines(&self.folder.path().join("access.log")).into_iter().map(|line| line["status"].clone()).collect()
    }

    async fn readiness(&self) -> (u16, String) {
        let answer = Browser::new().fetch(&format!("http://127.0.0.1:{}/readyz", self.operations)).await;
        (answer.status.as_u16(), answer.text().to_owned())
    }
}

#[tokio::test]
async fn operators_see_that_it_stops_while_the_last_request_is_answered() {
    let mut stage = Stage::set().await;
    let (mut client, mut upstream) = stage.request("").await;
    stage.serving.terminate();
    eventually("it is not ready any more", async || stage.readiness().await.0 == 503).await;
    assert!(stage.readiness().await.1.starts_with("stopping"));
    let metrics = Browser::new().fetch(&format!("http://127.0.0.1:{}/metrics", stage.operations)).await;
    assert!(metrics.text().contains("\nvestibule_stopping 1\n") && metrics.text().contains("\nvestibule_ready 0\n"));
    upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ndone").await;
    client.read_until("done").await;
    assert_eq!(stage.serving.exit().await, Some(0), "{:?}", stage.serving.log());
    assert_eq!(stage.told(), [200], "the last line is written before it ends");
}

#[tokio::test]
async fn a_websocket_is_closed_before_the_server_ends() {
    let mut stage = Stage::set().await;
    let lines = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                 Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let (mut client, mut upstream) = stage.request(lines).await;
    upstream.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n").await;
    client.read_until("101").await;
    upstream.send("hello").await;
    client.read_until("hello").await;
    stage.serving.terminate();
    client.read_to_end().await;
    assert_eq!(stage.serving.exit().await, Some(0), "{:?}", stage.serving.log());
    let dropped = stage.serving.log().iter().any(|line| line.contains("still open at the end of the drain"));
    assert!(!dropped, "it was closed in time: {:?}", stage.serving.log());
    assert_eq!(stage.told(), [101]);
}

#[tokio::test]
async fn told_twice_it_ends_at_once() {
    let mut stage = Stage::set().await;
    let (mut client, _upstream_never_answers) = stage.request("").await;
    stage.serving.terminate();
    eventually("it stops", async || stage.readiness().await.0 == 503).await;
    stage.serving.terminate();
    assert_eq!(stage.serving.exit().await, Some(1), "somebody was cut off: {:?}", stage.serving.log());
    client.read_to_end().await;
}

#[tokio::test]
async fn operators_are_told_what_a_server_without_a_database_waits_for() {
    let folder = tempfile::tempdir().unwrap();
    let operations = free_port();
    let upstream = Upstream::start().await.address;
    let database = "sqlite:///nowhere/at/all/vestibule.db".to_owned();
    let places = Places { port: free_port(), issuer: "http://127.0.0.1:9".to_owned(), upstream, database };
    let text = places.usual().replace("127.0.0.1:0\"", &format!("127.0.0.1:{operations}\""));
    let _serving = Serving::start(&file(folder.path(), &text), &[]);
    let ask = async |path: &str| Browser::new().fetch(&format!("http://127.0.0.1:{operations}{path}")).await;
    let listens = async || tokio::net::TcpStream::connect(("127.0.0.1", operations)).await.is_ok();
    eventually("it listens", listens).await;
    assert_eq!(ask("/healthz").await.status, 200);
    let ready = ask("/readyz").await;
    assert_eq!(ready.status, 503);
    assert!(ready.text().starts_with("starting"), "{}", ready.text());
    assert!(ask("/metrics").await.text().contains("\nvestibule_ready 0\n"));
}

#[tokio::test]
async fn who_takes_every_connection_that_there_are_files_for_leaves_some_for_the_others() {
    let stage = Stage::set_with(|file| Serving::start_with_files(file, (64, 128))).await;
    assert_eq!(stage.serving.files(), (128, 128), "it allows itself what it may");
    assert!(stage.serving.log().iter().any(|line| line.contains("few files may be open")));
    let address: std::net::SocketAddr = ([127, 0, 0, 1], stage.port).into();
    let mut idle = Vec::new();
    for _ in 0..128 {
        idle.push(tokio::net::TcpStream::connect(address).await.unwrap());
    }
    // Of one client no more than a quarter of half of them: another one is answered, and so are operators.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 2], 0).into()).unwrap();
    let mut other = Raw::over(socket.connect(address).await.unwrap());
    other.send("GET / HTTP/1.1\r\nHost: wiki.localhost\r\n\r\n".to_owned()).await;
    let mut upstream = Raw::over(stage.upstream.accept().await.unwrap().0);
    upstream.read_until("\r\n\r\n").await;
    assert_eq!(stage.readiness().await.0, 200);
}
