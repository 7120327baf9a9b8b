//! A tunnel that we end says so to both sides, if it is between two messages.

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::sockets::{Came, echo, frame, open, read, say};
use super::{address, session, with_upstream};
use crate::kit::browser::Browser;
use crate::kit::h2::H2;
use crate::kit::world::{World, eventually};

const GOING_AWAY: [u8; 2] = [0x03, 0xe9];
const POLICY: [u8; 2] = [0x03, 0xf0];

fn lines(world: &World, browser: &Browser) -> String {
    format!("Cookie: {}\r\nOrigin: {}\r\n", session(world, browser), world.url("wiki", ""))
}

#[tokio::test]
async fn open_websockets_are_told_that_we_stop() {
    let (upstream, mut came) = echo().await;
    let (mut world, browser) = with_upstream(&format!("http://{upstream}"), "").await;
    let mut old = open(address(&world), &lines(&world, &browser)).await;
    let mut h2 = H2::connect(address(&world)).await;
    let (cookie, origin) = (session(&world, &browser), world.url("wiki", ""));
    let known = [("cookie", cookie.as_str()), ("origin", origin.as_str())];
    let mut new = h2.websocket(&world.url("wiki", "/socket"), &known).await.1.unwrap();
    say(&mut old, "hello").await;
    say(&mut new, "hello").await;
    let before = tokio::time::Instant::now();
    // Both have said hello before we stop.
    for _ in 0..4 {
        came.recv().await.unwrap();
    }
    tokio::join!(hears_it(&mut old), hears_it(&mut new), world.stop());
    assert!(before.elapsed().as_secs() < 10, "whoever has hung up is not waited for");
    for _ in 0..2 {
        assert_eq!(came.recv().await, Some(Came::Frame(8, GOING_AWAY.into())));
        assert_eq!(came.recv().await, Some(Came::End));
    }
}

/// Gets its echo, is told, agrees and hangs up.
async fn hears_it(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) {
    assert_eq!(read(stream).await, Some((1, "hello".into())));
    assert_eq!(read(stream).await, Some((8, GOING_AWAY.into())));
    stream.write_all(&frame(8, &GOING_AWAY, Some([5, 6, 7, 8]))).await.unwrap();
    assert_eq!(read(stream).await, None);
    stream.shutdown().await.unwrap();
}

#[tokio::test]
async fn whoever_has_signed_out_is_told_why_their_websocket_closes() {
    let (upstream, mut came) = echo().await;
    let (world, browser) = with_upstream(&format!("http://{upstream}"), "").await;
    let mut socket = open(address(&world), &lines(&world, &browser)).await;
    came.recv().await.unwrap();
    browser.submit(&world.url("wiki", "/").parse().unwrap(), &world.url("wiki", "/.vestibule/sign-out"), &[]).await;
    assert_eq!(read(&mut socket).await, Some((8, POLICY.into())));
    // What is still said goes nowhere.
    say(&mut socket, "one more thing").await;
    assert_eq!(read(&mut socket).await, None);
    assert_eq!(came.recv().await, Some(Came::Frame(8, POLICY.into())));
    assert_eq!(came.recv().await, Some(Came::End));
}

#[tokio::test]
async fn nothing_is_said_in_the_middle_of_a_frame() {
    let (upstream, mut came) = echo().await;
    let (mut world, browser) = with_upstream(&format!("http://{upstream}"), "").await;
    let mut socket = open(address(&world), &lines(&world, &browser)).await;
    // A frame and half of one up: down can be told, up not.
    let (whole, half) = (frame(1, b"hello", Some([1, 2, 3, 4])), frame(1, b"never finished", Some([1, 2, 3, 4])));
    socket.write_all(&[&whole, &half[..9]].concat()).await.unwrap();
    assert_eq!(read(&mut socket).await, Some((1, "hello".into())));
    for _ in 0..2 {
        came.recv().await.unwrap();
    }
    world.stop().await;
    let mut rest = Vec::new();
    socket.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest, [&[0x88, 2][..], &GOING_AWAY].concat());
    assert_eq!(came.recv().await, Some(Came::End), "no frame was made of it");
}

/// The timers of this machine's open connections to a port (proc(5)). Closed ones linger, also those of somebody who had
/// the port before.
fn timers(remote: u16, local: impl Fn(u16) -> bool) -> Vec<String> {
    const ESTABLISHED: &str = "01";
    let table = std::fs::read_to_string("/proc/self/net/tcp").expect("a table of connections");
    let port = |address: &str| u16::from_str_radix(address.split_once(':')?.1, 16).ok();
    let rows = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let open = rows.filter(|row| row[3] == ESTABLISHED);
    let ours = open.filter(|row| port(row[2]) == Some(remote) && port(row[1]).is_some_and(&local));
    ours.map(|row| row[5].split(':').next().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn who_vanishes_from_a_silent_websocket_is_asked_for_on_both_sides() {
    const KEEPALIVE: &str = "02";
    let (upstream, _came) = echo().await;
    let (world, browser) = with_upstream(&format!("http://{upstream}"), "").await;
    let socket = open(address(&world), &lines(&world, &browser)).await;
    let (client, ours) = (socket.local_addr().unwrap().port(), world.places.port);
    eventually("the client is", async || timers(client, |local| local == ours) == [KEEPALIVE]).await;
    eventually("the upstream is", async || timers(upstream.port(), |_| true) == [KEEPALIVE]).await;
}
