//! SQLite files that cannot be opened or written.

use super::{assert_unavailable, browser_to};
use crate::kit::browser::Browser;
use crate::kit::database::Database;
use crate::kit::scene::is_let_in;
use crate::kit::server::Server;
use crate::kit::world::World;

/// The world's configuration on another database, on other ports.
fn elsewhere(world: &World, url: &str) -> String {
    let places = &world.places;
    let listen = format!("listen = [\"127.0.0.1:{}\"]", places.port);
    places.usual().replace(&places.database, url).replace(&listen, "listen = [\"127.0.0.1:0\"]")
}

#[tokio::test]
async fn a_database_that_cannot_be_opened_lets_nobody_through() {
    let world = World::at("http://127.0.0.1:9", |places| places.usual()).await;
    let folder = world.folder.path();
    let garbage = folder.join("garbage.db");
    std::fs::write(&garbage, "this is no database, however long one looks at it".repeat(50)).unwrap();
    for url in [
        // A folder.
        format!("sqlite://{}", folder.display()),
        // In a folder that is missing.
        format!("sqlite://{}/missing/vestibule.db", folder.display()),
        // In a folder that nobody may write to, not even root.
        "sqlite:///proc/vestibule.db".to_owned(),
        // Something else.
        format!("sqlite://{}", garbage.display()),
    ] {
        let server = Server::start(&elsewhere(&world, &url), &world.clock).await;
        assert_eq!(server.readiness().await, 503, "{url}");
        let alive = Browser::new().fetch(&format!("http://{}/healthz", server.operations)).await;
        assert_eq!(alive.status, 200, "{url}: to start it anew would not help");
        assert_unavailable(&world, &browser_to(&server)).await;
        server.stop().await;
    }
}

#[tokio::test]
async fn it_serves_as_soon_as_the_database_can_be_opened() {
    let world = World::usual().await;
    let parent = world.folder.path().join("later");
    let url = format!("sqlite://{}/vestibule.db", parent.display());
    let server = Server::start(&elsewhere(&world, &url), &world.clock).await;
    let browser = browser_to(&server);
    assert_unavailable(&world, &browser).await;
    std::fs::create_dir(&parent).unwrap();
    server.ready().await;
    let page = world.enter(&browser, &world.url("wiki", "/"), "alice").await;
    assert_eq!(page.status, 200, "{}", page.text());
    server.stop().await;
}

#[tokio::test]
async fn while_the_database_cannot_be_written_nobody_signs_in_and_nobody_signs_out_in_vain() {
    let world = World::usual().await;
    let (alice, _) = world.signed_in("alice").await;
    let bob = Browser::new();
    let form = bob.follow(&world.url("wiki", "/")).await.pop().unwrap();
    let database = Database::open(&world.database_path()).await;
    database.run("begin immediate").await;

    let page = bob.sign_in_as(&form, "bob").await.pop().unwrap();
    assert_eq!(page.status, 503, "{}", page.text());
    assert!(!is_let_in(&bob, &world.url("wiki", "/")).await);
    let wiki = world.url("wiki", "/").parse().unwrap();
    let page = alice.submit(&wiki, &world.url("wiki", "/.vestibule/sign-out"), &[]).await;
    assert_eq!(page.status, 503, "who is not signed out is not told so");
    assert!(is_let_in(&alice, &world.url("wiki", "/")).await, "sessions that exist go on");

    database.run("rollback").await;
    let page = alice.submit(&wiki, &world.url("wiki", "/.vestibule/sign-out"), &[]).await;
    assert_eq!(page.status, 303);
    let page = world.enter(&bob, &world.url("wiki", "/"), "bob").await;
    assert_eq!(page.status, 200, "{}", page.text());
}

#[tokio::test]
async fn a_database_whose_tables_are_gone_lets_nobody_through() {
    let world = World::usual().await;
    let (alice, _) = world.signed_in("alice").await;
    let database = Database::open(&world.database_path()).await;
    // Who is signed in is known from memory; whether that still holds is not.
    database.run("alter table changes rename to lost").await;
    let refused = async || alice.navigate(&world.url("wiki", "/")).await.status == 503;
    crate::kit::world::eventually("the session is no longer believed", refused).await;
    let hits = world.upstream.hits();
    assert_eq!(alice.fetch(&world.url("wiki", "/")).await.status, 503);
    assert_eq!(world.upstream.hits(), hits);
    database.run("alter table lost rename to changes").await;
    let back = async || is_let_in_or_unavailable(&alice, &world.url("wiki", "/")).await;
    crate::kit::world::eventually("the session is believed again", back).await;
}

async fn is_let_in_or_unavailable(browser: &Browser, url: &str) -> bool {
    let page = browser.navigate(url).await;
    assert!(page.status == 200 || page.status == 503, "{}: it was never ended", page.status);
    page.status == 200
}
