//! What stays open ends when the place that it leads to is no longer allotted to the application's organization.

use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::address;
use crate::api::Program;
use crate::kit::browser::Browser;
use crate::kit::raw::Raw;
use crate::kit::world::{World, eventually};

const CLUB: &str = "/organizations/club";

/// An upstream that agrees to every WebSocket and echoes, and else begins a stream of events that has no end.
async fn upstream() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut raw = Raw::over(stream);
                let head = raw.read_until("\r\n\r\n").await.to_ascii_lowercase();
                if head.contains("upgrade: websocket") {
                    raw.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
                        .await;
                } else {
                    raw.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: one\n\n").await;
                }
                raw.echo().await;
            });
        }
    });
    url
}

async fn allot(program: &Program<'_>, hosts: &[&str], upstreams: &[&str]) {
    let club = json!({
        "name": "The club", "roles": [{ "name": "Boss", "admin": true }],
        "publish": { "hosts": hosts, "upstreams": upstreams },
    });
    put(program, CLUB, club).await;
}

async fn put(program: &Program<'_>, path: &str, body: Value) {
    let is_there = program.get(path).await.status == 200;
    let which = if is_there { ("if-match", "*") } else { ("if-none-match", "*") };
    let done = program.send("PUT", path, Some(body), &[which]).await;
    assert!(done.status.is_success(), "{path}: {}", done.text());
}

/// A request to `desk.lab.localhost` with these lines that stays open; and what came of it first.
async fn open(world: &World, lines: &str, comes: &str) -> Raw {
    let mut raw = Raw::connect(address(world)).await;
    let host = format!("desk.lab.localhost:{}", world.places.port);
    raw.send(format!("GET / HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n")).await;
    raw.read_until(comes).await;
    raw
}

const SOCKET: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const EVENTS: &str = "Accept: text/event-stream\r\n";

/// A desk that the club's own admins have published, open to everyone, and what is open there: a socket and a stream.
async fn opened(world: &World, program: &Program<'_>) -> [Raw; 2] {
    allot(program, &["lab.localhost"], &["127.0.0.1"]).await;
    let desk = json!({
        "name": "Desk", "hosts": ["desk.lab.localhost"], "upstream": upstream().await,
        "rules": [{ "path": "/", "roles": null }],
    });
    put(&world.program_of("club").await, &format!("{CLUB}/applications/desk"), desk).await;
    let serves = async || Browser::new().fetch(&world.url("desk.lab", "/none")).await.status != 421;
    eventually("the application is served", serves).await;
    let mut socket = open(world, SOCKET, "101 Switching").await;
    let stream = open(world, EVENTS, "data: one").await;
    // What else is allotted does not matter to them.
    allot(program, &["lab.localhost", "other.localhost"], &["127.0.0.0/8", "10.0.0.0/8"]).await;
    let before = tokio::time::Instant::now();
    eventually("they have been looked after", async || before.elapsed().as_millis() > 1_200).await;
    socket.send("still here").await;
    socket.read_until("still here").await;
    [socket, stream]
}

#[tokio::test]
async fn a_network_that_is_withdrawn_ends_what_leads_there() {
    let world = World::usual().await;
    let program = world.program().await;
    let open = opened(&world, &program).await;
    allot(&program, &["lab.localhost"], &["10.0.0.0/8"]).await;
    for mut raw in open {
        raw.read_to_end().await;
    }
}

#[tokio::test]
async fn a_host_that_is_withdrawn_ends_what_is_open_there() {
    let world = World::usual().await;
    let program = world.program().await;
    let open = opened(&world, &program).await;
    allot(&program, &["other.localhost"], &["127.0.0.1"]).await;
    for mut raw in open {
        raw.read_to_end().await;
    }
}
