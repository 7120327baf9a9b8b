//! Several sign-ins of one browser at once, and where a sign-in may lead.

use crate::kit::attempt::Departure;
use crate::kit::browser::Browser;
use crate::kit::faulty::{Fault, Faulty};
use crate::kit::logs;
use crate::kit::world::{Places, World};

#[tokio::test]
async fn several_tabs_that_sign_in_at_once_all_arrive() {
    let provider = Faulty::start(Fault::Honest).await;
    let world = World::at(&provider.issuer, Places::usual).await;
    let browser = Browser::new();
    let mut tabs = Vec::new();
    for path in ["/one", "/two", "/three"] {
        tabs.push((path, Departure::from(&browser, &world.url("wiki", path), &provider.issuer).await));
    }
    for (path, departure) in tabs.into_iter().rev() {
        let arrived = browser.follow(departure.to.as_str()).await.pop().expect("a page");
        assert_eq!(arrived.status, 200, "{path}: {}", arrived.text());
        assert_eq!(arrived.url.as_str(), world.url("wiki", path));
    }
    assert_eq!(world.census().await.sessions, 1, "one browser, one session");
    assert_eq!(world.census().await.users, 1);
}

#[tokio::test]
async fn tabs_that_come_back_in_the_same_moment_all_arrive_too() {
    let provider = Faulty::start(Fault::Honest).await;
    let world = World::at(&provider.issuer, Places::usual).await;
    let browser = Browser::new();
    let first = Departure::from(&browser, &world.url("wiki", "/one"), &provider.issuer).await;
    let second = Departure::from(&browser, &world.url("wiki", "/two"), &provider.issuer).await;
    let (one, two) = tokio::join!(browser.follow(first.to.as_str()), browser.follow(second.to.as_str()));
    for (hops, path) in [(one, "/one"), (two, "/two")] {
        let arrived = hops.last().expect("a page");
        assert_eq!(arrived.status, 200, "{path}: {}", arrived.text());
        assert_eq!(arrived.url.as_str(), world.url("wiki", path));
    }
    assert_eq!(world.census().await.users, 1);
}

#[tokio::test]
async fn a_request_that_is_not_ours_leads_nowhere() {
    let provider = Faulty::start(Fault::Honest).await;
    let world = World::at(&provider.issuer, Places::usual).await;
    let browser = Browser::new();
    let to_sign_in = browser.navigate(&world.url("wiki", "/")).await.location().expect("sent to sign in");
    let sealed = to_sign_in.query_pairs().find(|(name, _)| name == "request").expect("a request").1.into_owned();
    let mut tampered = sealed.clone();
    tampered.replace_range(20..21, if &sealed[20..21] == "A" { "B" } else { "A" });
    for request in ["https://evil.example/", "//evil.example", "%2e%2e", tampered.as_str(), &sealed[..sealed.len() - 4]]
    {
        for path in ["/login", "/login/company"] {
            let mut url = url::Url::parse(&world.login(path)).expect("a URL");
            url.query_pairs_mut().append_pair("request", request);
            let page = browser.navigate(url.as_str()).await;
            assert_eq!((page.status.as_u16(), page.title().as_str()), (400, "This sign-in cannot be completed"));
            assert!(!logs::holding(&page.reference()).is_empty());
        }
    }
    let twice = world.login(&format!("/login?request={sealed}&request={sealed}"));
    assert_eq!(browser.navigate(&twice).await.status, 400);
    assert_eq!(provider.hits("/authorize"), 0);
}

#[tokio::test]
async fn a_way_back_to_another_host_is_not_taken() {
    let provider = Faulty::start(Fault::Honest).await;
    let world = World::at(&provider.issuer, Places::usual).await;
    for foreign in ["https://evil.example/", "//evil.example/", "/\\evil.example", "/.vestibule/sign-out", "evil"] {
        let mut url = url::Url::parse(&world.url("wiki", "/.vestibule/sign-in")).expect("a URL");
        url.query_pairs_mut().append_pair("return", foreign);
        let arrived = Browser::new().follow(url.as_str()).await.pop().expect("a page");
        assert_eq!(arrived.url.as_str(), world.url("wiki", "/"), "{foreign}");
    }
}
