//! The protocols people and programs speak through the proxy, each as its standard says.

mod closing;
mod exchange;
mod http2_sockets;
mod http2_tls;
mod http2_upstream;
mod interim;
mod peer;
mod sockets;
mod upgrades;
mod websocket;
mod withdrawn;

use crate::kit::browser::Browser;
use crate::kit::provider::Variant;
use crate::kit::raw::{address, session};
use crate::kit::scene::docs;
use crate::kit::world::{Places, World};

/// A world whose wiki is at another upstream, with `extra` lines, and a browser signed in there.
async fn with_upstream(url: &str, extra: &str) -> (World, Browser) {
    let mut world = World::start(Variant::default(), |places| places.usual() + &docs(places, "")).await;
    let (browser, _) = world.signed_in("alice").await;
    world
        .restart(|places| {
            let wiki = places.home_lab(extra).replace(&format!("http://{}", places.upstream), url);
            places.head(Places::SEED_POLICY) + &wiki + &docs(places, "")
        })
        .await;
    (world, browser)
}
