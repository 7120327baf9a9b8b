//! What passes the proxy and what does not, on the wire, byte for byte.

mod alike;
mod answers;
mod assertion;
mod attacker;
mod beyond;
mod cookies;
mod framing;
mod hops;
mod http2;
mod identity;
mod malformed;
mod oversized;
mod own_doors;
mod paths;
mod presets;
mod proxies;
mod streaming;
mod targets;
mod websocket;

pub use websocket::echo;

use std::net::SocketAddr;

use crate::kit::browser::Browser;
use crate::kit::world::World;

/// Where the server listens.
fn address(world: &World) -> SocketAddr {
    ([127, 0, 0, 1], world.places.port).into()
}

/// `NAME=VALUE` of the session at the wiki.
fn session(world: &World, browser: &Browser) -> String {
    let cookies = browser.cookies(&world.url("wiki", "/"));
    let cookie = cookies.iter().find(|cookie| cookie.name.contains("session")).expect("a session");
    format!("{}={}", cookie.name, cookie.value)
}

/// The usual world, and alice's session at its wiki.
async fn alice() -> (World, String) {
    let world = World::usual().await;
    let (browser, page) = world.signed_in("alice").await;
    assert_eq!(page.status, 200);
    let session = session(&world, &browser);
    (world, session)
}

/// A GET of the wiki on a connection of its own, with further lines that end in CRLF.
fn get(path: &str, lines: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: wiki.localhost\r\n{lines}Connection: close\r\n\r\n")
}
