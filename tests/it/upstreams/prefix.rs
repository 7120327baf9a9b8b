use crate::kit::browser::Browser;
use crate::kit::provider::Variant;
use crate::kit::upstream::received;
use crate::kit::world::{Places, World};

/// The usual wiki, whose paths all begin with `/team/wiki`; of what is below that, `/public/*` is open to everyone.
async fn prefixed() -> World {
    let lines = "[[application.rule]]\npath = \"/public/*\"\nallow = \"everyone\"\n\n\
                 [application.connection]\nstrip_prefix = \"/team/wiki\"";
    World::start(Variant::default(), |places| places.head(Places::SEED_POLICY) + &places.home_lab(lines)).await
}

#[tokio::test]
async fn the_application_sees_paths_without_the_prefix_and_browsers_with_it() {
    let world = prefixed().await;
    let browser = Browser::new();
    let page = world.enter(&browser, &world.url("wiki", "/team/wiki/notes?page=2"), "alice").await;
    assert_eq!(page.url.as_str(), world.url("wiki", "/team/wiki/notes?page=2"), "the sign-in leads back to it");
    let seen = page.json();
    assert_eq!(seen["target"], "/notes?page=2");
    assert_eq!(received(&seen, "x-forwarded-prefix"), ["/team/wiki"]);
    let below = browser.fetch(&world.url("wiki", "/team/wiki?page=2")).await;
    assert_eq!(below.status, 307);
    assert_eq!(below.location().unwrap().as_str(), world.url("wiki", "/team/wiki/?page=2"));
}

#[tokio::test]
async fn what_is_not_below_the_prefix_reaches_nobody() {
    let world = prefixed().await;
    let browser = Browser::new();
    let open = browser.fetch(&world.url("wiki", "/team/wiki/public/a")).await;
    assert_eq!(open.status, 200);
    assert_eq!(open.json()["target"], "/public/a");
    let hits = world.upstream.hits();
    for path in [
        "/",
        "/public/a",
        "/team",
        "/team/",
        "/team/wikis/public/a",
        "/team/wiki;x/public/a",
        "/team//wiki/public/a",
        "/team/%77iki/public/a",
        "/team/wiki/.vestibule/session",
        "/TEAM/wiki/public/a",
    ] {
        let answer = browser.fetch(&world.url("wiki", path)).await;
        assert_eq!(answer.status, 404, "{path}");
    }
    for path in ["/team/wiki//public/a", "/team/wiki/;x/public/a", "/team/wiki/..;/a"] {
        let answer = browser.fetch(&world.url("wiki", path)).await;
        assert_eq!(answer.status, 400, "{path}");
    }
    assert_eq!(world.upstream.hits(), hits);
    let page = browser.navigate(&world.url("wiki", "/elsewhere")).await;
    assert!(page.text().replace("&#x2f;", "/").contains(&world.url("wiki", "/team/wiki/")), "{}", page.text());
}
