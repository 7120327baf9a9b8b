//! A WebSocket as node speaks it.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::sockets::echo;
use super::{session, with_upstream};
use crate::kit::root;

#[tokio::test]
async fn node_opens_a_websocket_over_http_2_and_is_told_why_it_closes() {
    let (upstream, _came) = echo().await;
    let (world, browser) = with_upstream(&format!("http://{upstream}"), "").await;
    let asked = json!({ "port": world.places.port, "cookie": session(&world, &browser) });
    let mut node = Command::new("node")
        .arg(root().join("tests/it/protocols/peer.mjs"))
        .arg(asked.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node is installed");
    let lines = BufReader::new(node.stdout.take().unwrap()).lines();
    let (tell, mut heard) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        lines.map_while(Result::ok).for_each(|line| drop(tell.send(line)));
        node.wait()
    });
    let mut told = async || -> Value { serde_json::from_str(&heard.recv().await.unwrap()).unwrap() };
    assert_eq!(told().await, json!({ "offered": true, "status": 200, "heard": "hello" }));
    browser.submit(&world.url("wiki", "/").parse().unwrap(), &world.url("wiki", "/.vestibule/sign-out"), &[]).await;
    assert_eq!(told().await, json!({ "opcode": 8, "code": 1008 }));
}
