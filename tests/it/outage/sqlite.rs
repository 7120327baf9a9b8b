//! SQLite files that cannot be opened or written.

use vestibule::directory::ApplicationScope;

use super::{assert_unavailable, browser_to};
use crate::kit::browser::Browser;
use crate::kit::database::Database;
use crate::kit::provider::Variant;
use crate::kit::raw::{address, ask, session};
use crate::kit::scene::is_let_in;
use crate::kit::server::Server;
use crate::kit::world::{Places, World};

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

#[tokio::test]
async fn without_its_tables_no_token_opens_anything_and_no_proxy_is_told_that_somebody_may_pass() {
    let world = World::start(Variant::default(), |places| {
        let asked = "\n[server.forward_auth]\nsecret = \"correct-horse-battery-staple\"\n";
        let open =
            "[[application.rule]]\npath = \"/open/*\"\nallow = \"everyone\"\n\n[application.machines]\ntokens = true\n";
        places.head(Places::SEED_POLICY) + &places.home_lab(open) + asked
    })
    .await;
    let hands = world.hands().await;
    let account = hands.account("backup", &["Member"]).await;
    let token = hands.token(account, &ApplicationScope::Everywhere).await;
    let (alice, _) = world.signed_in("alice").await;
    let session = session(&world, &alice);
    let proxy = async |endpoint: &str| {
        let about = "X-Forwarded-Proto: http\r\nX-Forwarded-Method: GET\r\nX-Forwarded-Host: wiki.localhost\r\n\
             X-Forwarded-Uri: /a\r\nX-Original-URL: http://wiki.localhost/a\r\nX-Original-Method: GET\r\n\
             X-Forwarded-For: 192.0.2.7\r\n";
        let secret = "X-Vestibule-Secret: correct-horse-battery-staple\r\n";
        let request = format!("GET {endpoint} HTTP/1.1\r\nHost: vestibule\r\n{secret}{about}Cookie: {session}\r\n");
        ask(address(&world), request + "Connection: close\r\n\r\n").await
    };
    assert_eq!(world.call("wiki", "/", &token).await.status, 200);
    for endpoint in ["/auth/forward", "/auth/nginx"] {
        assert_eq!(proxy(endpoint).await.status, 200, "{endpoint}");
    }

    Database::open(&world.database_path()).await.run("alter table changes rename to lost").await;
    let refused = async || world.call("wiki", "/", &token).await.status == 503;
    crate::kit::world::eventually("the token is no longer believed", refused).await;
    let hits = world.upstream.hits();
    // Not where everybody may go either: whose it is cannot be found out.
    for path in ["/", "/open/a"] {
        let answer = world.call("wiki", path, &token).await;
        assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, Some("5")), "{path}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    }
    for endpoint in ["/auth/forward", "/auth/nginx"] {
        let answer = proxy(endpoint).await;
        assert_eq!((answer.status, answer.all("remote-user").len()), (503, 0), "{endpoint}: {answer:?}");
    }
    assert_eq!(world.upstream.hits(), hits);
    let numbers = crate::operations::metrics::numbers(&world).await;
    assert!(numbers[r#"vestibule_decisions_total{application="wiki",outcome="unavailable"}"#] >= 4.0, "{numbers:#?}");
}

async fn is_let_in_or_unavailable(browser: &Browser, url: &str) -> bool {
    let page = browser.navigate(url).await;
    assert!(page.status == 200 || page.status == 503, "{}: it was never ended", page.status);
    page.status == 200
}
