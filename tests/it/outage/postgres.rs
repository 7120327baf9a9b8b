//! PostgreSQL that is unreachable, at start or while running.

use std::time::Duration;

use tokio::time::Instant;

use super::{assert_unavailable, browser_to};
use crate::kit::browser::Browser;
use crate::kit::postgres::Schema;
use crate::kit::provider::Variant;
use crate::kit::relay::Relay;
use crate::kit::server::Server;
use crate::kit::world::{World, eventually};

/// A world on PostgreSQL at the far end of a cable.
async fn world(schema: &Schema, relay: &Relay) -> World {
    let url = schema.through(relay.address);
    World::start(Variant::default(), |places| places.usual().replace(&places.database, &url)).await
}

async fn assert_recovers(world: &World, browser: &Browser) {
    let wiki = world.url("wiki", "/");
    let back = async || {
        let page = browser.navigate(&wiki).await;
        assert!(page.status == 200 || page.status == 503, "{}: no session was ended", page.status);
        page.status == 200
    };
    eventually("the session is believed again", back).await;
}

/// How long a browser waits for an answer at most, while the database is away.
const PROMPT: Duration = Duration::from_secs(4);

/// Waits until sessions are no longer believed, then sees many requests at once answered 503, each promptly.
async fn assert_all_refused_promptly(world: &World, browser: &Browser) {
    let wiki = world.url("wiki", "/");
    let outage = Instant::now();
    let refused = async || browser.navigate(&wiki).await.status == 503;
    eventually("the session is no longer believed", refused).await;
    assert!(outage.elapsed() < PROMPT, "{:?}", outage.elapsed());
    let hits = world.upstream.hits();
    let asked = Instant::now();
    let many = futures_util::future::join_all((0..20).map(|_| browser.fetch(&wiki))).await;
    assert!(many.iter().all(|page| page.status == 503));
    assert!(asked.elapsed() < PROMPT, "twenty at once took {:?}: they wait for one another", asked.elapsed());
    assert_eq!(world.upstream.hits(), hits);
}

#[tokio::test]
async fn while_postgres_is_cut_off_live_sessions_get_503_and_nothing_hangs() {
    let Some(schema) = Schema::new().await else { return };
    let relay = Relay::start(schema.address()).await;
    let world = world(&schema, &relay).await;
    let (browser, page) = world.signed_in("alice").await;
    assert_eq!(page.status, 200);
    relay.cut();
    assert_all_refused_promptly(&world, &browser).await;
    let ready = format!("http://{}/readyz", world.operations);
    assert_eq!(Browser::new().fetch(&ready).await.status, 503);
    relay.mend();
    assert_recovers(&world, &browser).await;
}

#[tokio::test]
async fn while_postgres_is_silent_live_sessions_get_503_and_nothing_hangs() {
    let Some(schema) = Schema::new().await else { return };
    let relay = Relay::start(schema.address()).await;
    let world = world(&schema, &relay).await;
    let (browser, page) = world.signed_in("alice").await;
    assert_eq!(page.status, 200);
    relay.clog();
    assert_all_refused_promptly(&world, &browser).await;
    relay.mend();
    assert_recovers(&world, &browser).await;
}

#[tokio::test]
async fn postgres_that_is_away_at_the_start_is_waited_for() {
    let Some(schema) = Schema::new().await else { return };
    let world = World::usual().await;
    let relay = Relay::start(schema.address()).await;
    relay.cut();
    let listen = format!("listen = [\"127.0.0.1:{}\"]", world.places.port);
    let configuration = world.places.usual().replace(&world.places.database, &schema.through(relay.address));
    let server = Server::start(&configuration.replace(&listen, "listen = [\"127.0.0.1:0\"]"), &world.clock).await;
    assert_eq!(server.readiness().await, 503);
    let browser = browser_to(&server);
    assert_unavailable(&world, &browser).await;
    relay.mend();
    server.ready().await;
    let page = world.enter(&browser, &world.url("wiki", "/"), "alice").await;
    assert_eq!(page.status, 200, "{}", page.text());
    server.stop().await;
}
