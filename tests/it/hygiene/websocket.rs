//! WebSockets: with a session, from a page of the same host, and for no longer than the session lives.

use tokio::net::TcpListener;

use super::{address, session};
use crate::kit::browser::Browser;
use crate::kit::provider::Variant;
use crate::kit::raw::Raw;
use crate::kit::scene::docs;
use crate::kit::world::{Places, World, eventually};

/// An upstream that agrees to every WebSocket and sends back what it gets.
pub async fn echo(listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(async move {
            let mut raw = Raw::over(stream);
            raw.read_until("\r\n\r\n").await;
            raw.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n").await;
            raw.echo().await;
        });
    }
}

/// A world whose wiki is such an upstream, and a browser signed in there.
async fn world(extra: &str) -> (World, Browser) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = listener.local_addr().unwrap();
    tokio::spawn(echo(listener));
    let mut world = World::start(Variant::default(), |places| places.usual() + &docs(places, "")).await;
    let (browser, _) = world.signed_in("alice").await;
    world
        .restart(|places| {
            let wiki = places.home_lab(extra).replace(&places.upstream.to_string(), &here.to_string());
            places.head(Places::SEED_POLICY) + &wiki + &docs(places, "")
        })
        .await;
    (world, browser)
}

/// The status of a handshake with these lines, and the connection.
async fn handshake(world: &World, lines: &str) -> (String, Raw) {
    let mut raw = Raw::connect(address(world)).await;
    raw.send(format!(
        "GET /socket HTTP/1.1\r\nHost: wiki.localhost:{}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{lines}\r\n",
        world.places.port
    ))
    .await;
    let head = raw.read_until("\r\n\r\n").await;
    (head.split(' ').nth(1).unwrap().to_owned(), raw)
}

#[tokio::test]
async fn a_socket_opens_for_a_page_of_the_same_host_and_closes_with_its_session() {
    let (world, browser) = world("").await;
    let cookie = format!("Cookie: {}\r\n", session(&world, &browser));
    let origin = format!("Origin: {}\r\n", world.url("wiki", ""));
    let (status, mut socket) = handshake(&world, &format!("{cookie}{origin}")).await;
    assert_eq!(status, "101");
    for message in ["hello", "again"] {
        socket.send(message).await;
        socket.read_until(message).await;
    }
    // Signing out at the other host ends it here.
    let home = browser.navigate(&world.login("/")).await;
    let csrf = crate::kit::scene::hidden(&home, "csrf");
    let page = browser.submit(&home.url, &world.login("/logout"), &[("csrf", &csrf)]).await;
    assert_eq!(page.status, 303);
    let signed_out = tokio::time::Instant::now();
    socket.read_to_end().await;
    assert!(signed_out.elapsed().as_secs() < 3, "a second is promised; the rest is for a busy machine");
}

#[tokio::test]
async fn a_page_of_another_application_opens_no_socket() {
    let (world, browser) = world("").await;
    let cookie = format!("Cookie: {}\r\n", session(&world, &browser));
    for origin in [
        String::new(),
        format!("Origin: {}\r\n", world.url("docs", "")),
        format!("Origin: {}\r\n", world.url("login", "")),
        "Origin: null\r\n".to_owned(),
        "Origin: http://wiki.localhost\r\n".to_owned(),
        format!("Origin: {}\r\nOrigin: {}\r\n", world.url("wiki", ""), world.url("docs", "")),
    ] {
        assert_eq!(handshake(&world, &format!("{cookie}{origin}")).await.0, "403", "{origin}");
    }
    let own = format!("Origin: {}\r\n", world.url("wiki", ""));
    assert_eq!(handshake(&world, &own).await.0, "401", "without a session there is no sign-in to send it to");
}

#[tokio::test]
async fn a_page_of_another_origin_opens_no_socket_by_where_its_browser_is() {
    let rule = "[[application.rule]]\npath = \"/socket\"\nallow = \"everyone\"\n";
    let inside = format!("allowed_origins = [\"https://friend.example\"]\n{rule}from = [\"127.0.0.0/8\"]\n");
    let (world, _) = world(&inside).await;
    let own = format!("Origin: {}\r\n", world.url("wiki", ""));
    for (origin, expected) in [
        ("Origin: https://evil.example\r\n", "403"),
        ("Origin: null\r\n", "403"),
        (&*format!("{own}Origin: https://evil.example\r\n"), "403"),
        (&own, "101"),
        ("Origin: https://friend.example\r\n", "101"),
        // No page's.
        ("", "101"),
    ] {
        assert_eq!(handshake(&world, origin).await.0, expected, "{origin}");
    }
    // What is everybody's, from everywhere, is every page's.
    let (world, _) = self::world(rule).await;
    assert_eq!(handshake(&world, "Origin: https://evil.example\r\n").await.0, "101");
}

#[tokio::test]
async fn an_allowed_origin_opens_a_socket() {
    let (world, browser) = world("allowed_origins = [\"https://app.example.com\"]").await;
    let cookie = format!("Cookie: {}\r\n", session(&world, &browser));
    assert_eq!(handshake(&world, &format!("{cookie}Origin: https://app.example.com\r\n")).await.0, "101");
    assert_eq!(handshake(&world, &format!("{cookie}Origin: https://other.example.com\r\n")).await.0, "403");
}

/// A browser's session and a page of the wiki, as lines of a handshake.
fn as_user(world: &World, browser: &Browser) -> String {
    format!("Cookie: {}\r\nOrigin: {}\r\n", session(world, browser), world.url("wiki", ""))
}

const OPEN: &str = "[[application.rule]]\npath = \"/socket\"\nallow = \"everyone\"";

#[tokio::test]
async fn a_socket_on_an_open_path_ends_with_the_identity_it_was_opened_with() {
    let (world, browser) = world(OPEN).await;
    let (status, mut known) = handshake(&world, &as_user(&world, &browser)).await;
    let (_, mut stranger) = handshake(&world, "").await;
    assert_eq!(status, "101");
    browser.submit(&world.url("wiki", "/").parse().unwrap(), &world.url("wiki", "/.vestibule/sign-out"), &[]).await;
    known.read_to_end().await;
    stranger.send("still here").await;
    stranger.read_until("still here").await;
}

#[tokio::test]
async fn a_socket_never_goes_on_as_somebody_else() {
    let (world, alice) = world("").await;
    let (bob, _) = world.signed_in("bob").await;
    let lines = format!("Cookie: {}; {}\r\n", session(&world, &alice), session(&world, &bob));
    let lines = format!("{lines}Origin: {}\r\n", world.url("wiki", ""));
    let (status, mut socket) = handshake(&world, &lines).await;
    assert_eq!(status, "101");
    alice.submit(&world.url("wiki", "/").parse().unwrap(), &world.url("wiki", "/.vestibule/sign-out"), &[]).await;
    socket.read_to_end().await;
}

#[tokio::test]
async fn a_socket_that_nobody_uses_keeps_no_session_alive() {
    let (world, browser) = world("").await;
    let (_, mut socket) = handshake(&world, &as_user(&world, &browser)).await;
    // The socket is looked after twice a second.
    world.clock.advance(std::time::Duration::from_secs(5 * 3600));
    let before = tokio::time::Instant::now();
    eventually("a check has been", async || before.elapsed().as_millis() > 1_200).await;
    socket.send("hello").await;
    socket.read_until("hello").await;
    world.clock.advance(std::time::Duration::from_secs(4 * 3600));
    socket.read_to_end().await;
    assert_eq!(browser.fetch(&world.url("wiki", "/")).await.status, 401);
}
