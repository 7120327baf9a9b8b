//! A provider that is away.

use std::time::Duration;

use crate::kit::attempt::Attempt;
use crate::kit::browser::Browser;
use crate::kit::faulty::{Fault, Faulty};
use crate::kit::logs;
use crate::kit::world::{Places, World, eventually, free_port};

#[tokio::test]
async fn the_server_starts_and_serves_while_the_provider_is_away_and_signs_in_once_it_is_there() {
    let port = free_port();
    let world = World::at(&format!("http://127.0.0.1:{port}"), |places| {
        places
            .usual()
            .replace("[[application]]", "[[application]]\nrule = [{ path = \"/open/*\", allow = \"everyone\" }]")
    })
    .await;
    let (browser, attempt) = Attempt::unasked(&world).await;
    let page = attempt.page();
    assert_eq!((page.status.as_u16(), page.title().as_str()), (503, "Your identity provider does not answer"));
    assert!(page.text().contains(">Try again</a>") && page.header("retry-after").is_some());
    assert!(logs::causes(&page.reference()).iter().any(|cause| cause.contains("discovery")));
    assert_eq!(browser.navigate(&world.url("wiki", "/open/page")).await.status, 200, "what needs nobody is served");

    let _provider = Faulty::at(port, Fault::Honest).await;
    world.clock.advance(Duration::from_secs(3));
    let again = world.login(&page.link("Try again"));
    let arrived = browser.follow(&again).await.pop().expect("a page");
    assert_eq!(arrived.status, 200, "{}", arrived.text());
    assert_eq!(arrived.url.as_str(), world.url("wiki", "/"), "trying again leads to where the person was going");
}

#[tokio::test]
async fn while_the_provider_is_away_it_is_not_asked_again_and_again() {
    let provider =
        Faulty::start(Fault::At(crate::kit::faulty::Endpoint::Discovery, crate::kit::faulty::Trouble::Fails)).await;
    let world = World::at(&provider.issuer, Places::usual).await;
    for _ in 0..5 {
        assert_eq!(Attempt::unasked(&world).await.1.page().status, 503);
    }
    assert_eq!(provider.hits("/.well-known/openid-configuration"), 1);
}

#[tokio::test]
async fn sessions_outlive_their_provider() {
    let mut world = World::usual().await;
    let (browser, page) = world.signed_in("alice").await;
    assert_eq!(page.status, 200);
    drop(world.provider.take());
    assert_eq!(browser.navigate(&world.url("wiki", "/later")).await.status, 200);

    // A second application's host, or a new process, needs no provider either.
    world.restart(Places::usual).await;
    assert_eq!(browser.navigate(&world.url("wiki", "/after")).await.status, 200);
    browser.clear_cookies_of(&world.url("wiki", "/"));
    assert_eq!(browser.follow(&world.url("wiki", "/")).await.pop().expect("a page").status, 200);

    // Whoever is not signed in learns what is the matter.
    let stranger = Browser::new();
    let page = stranger.follow(&world.url("wiki", "/")).await.pop().expect("a page");
    assert_eq!((page.status.as_u16(), page.title().as_str()), (503, "Your identity provider does not answer"));
    eventually("the server stays ready", async || {
        stranger.fetch(&format!("http://{}/readyz", world.operations)).await.status == 200
    })
    .await;
}
