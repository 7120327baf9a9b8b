//! A database that cannot be used: it is said so, everybody is answered 503, nobody is let through, and it is over as
//! soon as the cause is.

mod postgres;
mod sqlite;

use crate::kit::browser::Browser;
use crate::kit::server::Server;
use crate::kit::world::World;

/// A browser that reaches `server` in the place of the world's own.
fn browser_to(server: &Server) -> Browser {
    let hosts = ["wiki.localhost", "docs.localhost", "login.localhost"];
    hosts.iter().fold(Browser::new(), |browser, host| browser.route(host, server.address))
}

/// Asserts that `browser` is told to come back later, everywhere, as a person and as a program.
async fn assert_unavailable(world: &World, browser: &Browser) {
    let hits = world.upstream.hits();
    for url in [
        world.url("wiki", "/"),
        world.url("wiki", "/.vestibule/session?code=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        world.login("/"),
        world.login("/login"),
    ] {
        let page = browser.navigate(&url).await;
        assert_eq!(page.status, 503, "{url}: {}", page.text());
        assert!(page.text().contains("Reference"), "{url}: {}", page.text());
        assert!(page.headers.contains_key("retry-after"), "{url}");
    }
    let program = browser.fetch(&world.url("wiki", "/")).await;
    assert_eq!(program.status, 503);
    assert_eq!(program.json()["status"], 503);
    assert_eq!(world.upstream.hits(), hits, "somebody was let through");
}
