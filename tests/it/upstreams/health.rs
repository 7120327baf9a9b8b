use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::wiki;
use crate::kit::browser::Browser;
use crate::kit::raw::Raw;
use crate::kit::upstream::Upstream;
use crate::kit::world::eventually;

/// An upstream by hand: says its name, closes each connection after one answer, and says that it is ill when it is told.
async fn named(name: &'static str, ill: Arc<AtomicBool>) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        loop {
            let mut client = Raw::over(listener.accept().await.unwrap().0);
            let head = client.read_until("\r\n\r\n").await;
            let bad = head.starts_with("GET /healthz ") && ill.load(Ordering::SeqCst);
            let status = if bad { "503 No" } else { "200 OK" };
            let length = name.len();
            client
                .send(format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{name}"))
                .await;
        }
    });
    (address, task)
}

#[tokio::test]
async fn each_upstream_has_its_turn_and_nobody_notices_when_one_dies() {
    let alive = Upstream::start().await;
    let (other, task) = named("other", Arc::default()).await;
    let world = wiki(&[&format!("http://{}", alive.address), &format!("http://{other}")], "").await;
    let browser = Browser::new();
    for _ in 0..20 {
        assert_eq!(browser.fetch(&world.url("wiki", "/")).await.status, 200);
    }
    // The turns begin anew when the catalogue is read again, as it is once soon after the start.
    let before = alive.hits();
    assert!((9..=11).contains(&before), "{before}");
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    for _ in 0..10 {
        assert_eq!(browser.fetch(&world.url("wiki", "/")).await.status, 200);
    }
    assert_eq!(alive.hits(), before + 10);
}

#[tokio::test]
async fn an_upstream_that_says_it_is_ill_is_left_out_until_it_says_otherwise() {
    let ill = Arc::new(AtomicBool::new(false));
    let (first, _first) = named("first", Arc::default()).await;
    let (second, _second) = named("second", Arc::clone(&ill)).await;
    let lines = "[application.connection.health]\npath = \"/healthz\"\ninterval = \"1s\"\nfall = 1\nrise = 1";
    let world = wiki(&[&format!("http://{first}"), &format!("http://{second}")], lines).await;
    let browser = Browser::new();
    // Two in a row are one each, if both take part.
    let names = async || {
        let mut names = Vec::new();
        for _ in 0..2 {
            names.push(browser.fetch(&world.url("wiki", "/")).await.text());
        }
        names.sort();
        names
    };
    eventually("both answer", async || names().await == ["first", "second"]).await;
    ill.store(true, Ordering::SeqCst);
    eventually("only one is asked", async || names().await == ["first", "first"]).await;
    ill.store(false, Ordering::SeqCst);
    eventually("both answer again", async || names().await == ["first", "second"]).await;
}
