//! Several processes on one database.

use super::{LOOKS, Stage, configuration};
use crate::kit::pebble::Pebble;
use crate::kit::postgres::Schema;
use crate::kit::server::Server;
use crate::kit::world::{World, eventually};

#[tokio::test]
async fn of_two_processes_one_orders_and_both_show_what_was_made() {
    let Some(schema) = Schema::new().await else { return };
    let mut pebble = Pebble::prepare();
    pebble.start(&[]).await;
    let trusted = vec![pebble.root().await];
    let whole = |places: &crate::kit::world::Places| {
        configuration(places, &pebble, LOOKS[0], "").replace(&places.database, &schema.url())
    };
    // The authority looks at this one, whichever orders.
    let world = World::at("http://127.0.0.1:9", whole).await;
    let other = super::free_port();
    let second = whole(&world.places)
        .replace(&format!("127.0.0.1:{}\"", world.places.port), "127.0.0.1:0\"")
        .replace(&format!("127.0.0.1:{}\"", pebble.plain), "127.0.0.1:0\"")
        .replace(&format!("127.0.0.1:{}\"", pebble.tls), &format!("127.0.0.1:{other}\""));
    let replica = Server::start(&second, &world.clock).await;
    replica.ready().await;
    let stage = Stage { pebble, world, trusted };
    stage.all_show(&["login.example.com", "wiki.example.com"]).await;
    let there = async || super::handshake(other, "wiki.example.com", &stage.trusted, &[]).await.is_ok();
    eventually("the other process shows it", there).await;
    assert_eq!((stage.pebble.orders(), stage.pebble.made()), (2, 2));
    replica.stop().await;
}
