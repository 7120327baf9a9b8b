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

use crate::kit::raw::{address, session};
use crate::kit::world::World;

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
