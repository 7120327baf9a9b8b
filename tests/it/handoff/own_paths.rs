//! `/.vestibule/` on an application's host is ours, in whichever way it is written.

use crate::kit::browser::Browser;
use crate::kit::provider::Variant;
use crate::kit::raw::{ask, session};
use crate::kit::world::World;

#[tokio::test]
async fn our_own_paths_are_never_forwarded() {
    let world = World::start(Variant::default(), |places| {
        // On an application that is open to everyone, so that nothing else would keep them back.
        places.usual() + "[[application.rule]]\npath = \"/*\"\nallow = \"everyone\"\n"
    })
    .await;
    let browser = Browser::new();
    world.enter(&browser, &world.url("wiki", "/.vestibule/sign-in"), "alice").await;
    let cookie = session(&world, &browser);
    let hits = world.upstream.hits();
    for path in [
        "/.vestibule",
        "/.vestibule/",
        "/.vestibule/unknown",
        "/.vestibule/session",
        "/%2evestibule/",
        "/%2Evestibule/x",
        "/.%76estibule/x",
        "/.vestibule;x/",
        "/.vestibule;x=1/session",
        "/;x/.vestibule/",
        "//.vestibule/",
        "///.vestibule//x",
        "/.vestibule%2fx",
        "/%252evestibule/",
        "/x/../.vestibule/",
        "/./.vestibule/",
        "/.vestibule%00/",
        "/.vestibule?x",
        "/.vestibule%3fx",
        "/.vestibule%23x",
        "/.vestibule\\x",
    ] {
        for cookie in ["x=y", &cookie] {
            let request = format!(
                "GET {path} HTTP/1.1\r\nHost: wiki.localhost\r\nAccept: text/html\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
            );
            let answer = ask(([127, 0, 0, 1], world.places.port).into(), request).await;
            assert_eq!(world.upstream.hits(), hits, "{path} was forwarded");
            assert_ne!(answer.status, 200, "{path}: {}", answer.head);
        }
    }
    for path in ["/.vestibulex", "/x/.vestibule/", "/.Vestibule/"] {
        let answer = browser.navigate(&world.url("wiki", path)).await;
        assert_eq!(answer.status, 200, "{path} is the application's own");
    }
}
