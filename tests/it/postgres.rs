//! The whole journey on PostgreSQL, alone and as several servers on one database.

use crate::kit::browser::Browser;
use crate::kit::postgres::Schema;
use crate::kit::provider::Variant;
use crate::kit::scene::{cookie, docs, is_let_in};
use crate::kit::server::Server;
use crate::kit::upstream::received;
use crate::kit::world::{TestClock, World, eventually};

async fn world(url: &str) -> World {
    World::start(Variant::default(), |places| places.usual().replace(&places.database, url) + &docs(places, "")).await
}

#[tokio::test]
async fn the_whole_journey_on_postgres() {
    let Some(schema) = Schema::new().await else { return };
    let mut world = world(&schema.url()).await;
    assert!(!world.database_path().exists(), "it is not SQLite that was used");
    let browser = Browser::new();
    let page = world.enter(&browser, &world.url("wiki", "/notes?tab=2"), "alice").await;
    assert_eq!((page.status.as_u16(), page.url.as_str()), (200, world.url("wiki", "/notes?tab=2").as_str()));
    let seen = page.json();
    assert_eq!(received(&seen, "remote-user"), ["alice"]);
    assert_eq!(received(&seen, "remote-groups"), ["Admin"]);
    let hops = browser.follow(&world.url("docs", "/")).await;
    assert!(hops.last().unwrap().status == 200 && !hops.iter().any(|hop| hop.url.path() == "/auth"));
    let counts = "select (select count(*) from sessions) * 100 + (select count(*) from session_tokens) * 10 \
                  + (select count(*) from handoff_codes)";
    assert_eq!(schema.number(counts).await, 130);
    let (_, page) = world.signed_in("carol").await;
    assert_eq!(page.status, 403);

    let url = schema.url();
    world.restart(|places| places.usual().replace(&places.database, &url) + &docs(places, "")).await;
    assert!(is_let_in(&browser, &world.url("wiki", "/")).await, "sessions outlive the process");
    let wiki = world.url("wiki", "/").parse().unwrap();
    assert_eq!(browser.submit(&wiki, &world.url("wiki", "/.vestibule/sign-out"), &[]).await.status, 303);
    assert!(!is_let_in(&browser, &world.url("docs", "/")).await);
    world.stop().await;
}

/// A second server on the world's database.
async fn replica(world: &World, database: &str, clock: &TestClock) -> Server {
    let listen = format!("listen = [\"127.0.0.1:{}\"]", world.places.port);
    let configuration = world.places.usual().replace(&world.places.database, database) + &docs(&world.places, "");
    let server = Server::start(&configuration.replace(&listen, "listen = [\"127.0.0.1:0\"]"), clock).await;
    server.ready().await;
    server
}

/// A browser that reaches the world's own server, with the cookies that `other` has for its hosts.
fn copy_of(other: &Browser, world: &World) -> Browser {
    let copy = Browser::new();
    for application in ["wiki", "login"] {
        let url = world.url(application, "/");
        for cookie in other.cookies(&url) {
            copy.set_cookie(&url, &format!("{}={}; Path=/", cookie.name, cookie.value));
        }
    }
    copy
}

async fn replicas_act_as_one(world: &World, database: &str) {
    let replica = replica(world, database, &world.clock).await;
    // A sign-in that begins at one is completed at the other: nothing of it is in either's memory.
    let here = Browser::new();
    let form = here.follow(&world.url("wiki", "/")).await.pop().unwrap();
    let there = here.route("login.localhost", replica.address).route("wiki.localhost", replica.address);
    let page = there.sign_in_as(&form, "alice").await.pop().unwrap();
    assert_eq!(page.status, 200, "{}", page.text());
    let here = copy_of(&there, world);
    assert!(is_let_in(&here, &world.url("wiki", "/")).await);

    // Signed out there, it is felt here.
    let wiki = world.url("wiki", "/").parse().unwrap();
    assert_eq!(there.submit(&wiki, &world.url("wiki", "/.vestibule/sign-out"), &[]).await.status, 303);
    let signed_out = tokio::time::Instant::now();
    assert!(cookie(&here, &world.url("wiki", "/"), "session").is_some(), "only the other browser's cookie is gone");
    let out = async || !is_let_in(&here, &world.url("wiki", "/")).await;
    eventually("the sign-out is felt", out).await;
    assert!(signed_out.elapsed().as_secs() < 3, "a second is promised; the rest is for a busy machine");
    replica.stop().await;
}

#[tokio::test]
async fn two_servers_on_one_postgres_act_as_one() {
    let Some(schema) = Schema::new().await else { return };
    let world = world(&schema.url()).await;
    replicas_act_as_one(&world, &schema.url()).await;
}

#[tokio::test]
async fn two_servers_on_one_sqlite_file_act_as_one() {
    let world = World::start(Variant::default(), |places| places.usual() + &docs(places, "")).await;
    replicas_act_as_one(&world, &world.places.database).await;
}
