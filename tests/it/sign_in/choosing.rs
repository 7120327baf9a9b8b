//! One provider of several.

use crate::kit::attempt::Departure;
use crate::kit::browser::{Browser, Response};
use crate::kit::faulty::{Fault, Faulty};
use crate::kit::upstream::received;
use crate::kit::world::{Places, World};

/// Two global IdPs, one of the home lab and one of the garage, all at one provider that asks nothing.
async fn crowd() -> (Faulty, World) {
    let provider = Faulty::start(Fault::Honest).await;
    let world = World::at(&provider.issuer, |places| {
        let idp = |id: &str, owner: &str| places.idp(id, &places.issuer, &format!("{owner}\n{}", Places::SEED_POLICY));
        let parts = [
            places.head(Places::SEED_POLICY),
            idp("partners", ""),
            idp("lab", "owner = \"home-lab\""),
            idp("workshop", "owner = \"garage\""),
            places.home_lab(""),
            places.garage(),
        ];
        parts.concat()
    })
    .await;
    (provider, world)
}

/// The names on a chooser, in order.
fn choices(page: &Response) -> Vec<String> {
    let text = page.text();
    let parts = text.split("<strong><bdi>").skip(1).filter_map(|part| part.split_once("</bdi>"));
    parts.map(|(name, _)| name.to_owned()).collect()
}

async fn chooser(browser: &Browser, url: &str) -> Response {
    browser.follow(url).await.pop().expect("a page")
}

#[tokio::test]
async fn an_application_offers_the_global_providers_and_its_organizations_own() {
    let (_provider, world) = crowd().await;
    let browser = Browser::new();
    let page = chooser(&browser, &world.url("wiki", "/")).await;
    assert_eq!(page.title(), "Sign in to continue to Wiki");
    assert_eq!(choices(&page), ["Company login", "Lab login", "Partners login"]);
    assert!(page.text().contains("Run by <bdi>Home lab</bdi>"), "{}", page.text());
    let page = chooser(&browser, &world.url("tools", "/")).await;
    assert_eq!(choices(&page), ["Company login", "Partners login", "Workshop login"]);
}

#[tokio::test]
async fn nobody_learns_of_organizations_at_the_sign_in_page() {
    let (_provider, world) = crowd().await;
    for path in ["/", "/login", "/login?again=1", "/login?login_hint=x", "/nothing"] {
        let page = chooser(&Browser::new(), &world.login(path)).await;
        for word in ["Lab", "Home lab", "home-lab", "arage", "orkshop", "Wiki", "Tools"] {
            assert!(!page.text().contains(word), "{word} at {path}: {}", page.text());
        }
    }
    assert_eq!(choices(&chooser(&Browser::new(), &world.login("/login")).await), ["Company login", "Partners login"]);
}

#[tokio::test]
async fn every_choice_leads_back_to_the_page_first_asked_for() {
    let (_provider, world) = crowd().await;
    for idp in ["company", "partners", "lab"] {
        let browser = Browser::new();
        let page = chooser(&browser, &world.url("wiki", "/notes?page=2")).await;
        let arrived = browser.follow(&page.choice(idp)).await.pop().expect("a page");
        assert_eq!(arrived.url.as_str(), world.url("wiki", "/notes?page=2"), "{idp}: {}", arrived.text());
        assert_eq!(received(&arrived.json(), "remote-groups"), ["Admin"], "{idp}");
    }
}

#[tokio::test]
async fn a_sign_in_for_one_organization_cannot_be_sent_to_anothers_provider() {
    let (provider, world) = crowd().await;
    let browser = Browser::new();
    let page = chooser(&browser, &world.url("wiki", "/")).await;
    for (idp, status) in [("workshop", 404), ("nobody", 404), ("lab", 303)] {
        let elsewhere = page.choice("company").replace("/login/company?", &format!("/login/{idp}?"));
        assert_eq!(browser.navigate(&elsewhere).await.status, status, "{idp}");
    }
    assert_eq!(provider.hits("/authorize"), 0);
}

#[tokio::test]
async fn with_one_provider_there_is_nothing_to_choose() {
    let provider = Faulty::start(Fault::Honest).await;
    let world = World::at(&provider.issuer, Places::usual).await;
    let hops = Browser::new().follow(&world.url("wiki", "/a")).await;
    assert!(hops.iter().all(|hop| hop.url.as_str() == world.url("wiki", "/a") || hop.status.is_redirection()));
    assert_eq!(hops.last().expect("a page").status, 200);
}

#[tokio::test]
async fn who_somebody_says_they_are_is_passed_on_to_the_provider() {
    let (provider, world) = crowd().await;
    let asked = async |url: String| {
        let departure = Departure::from(&Browser::new(), &url, &provider.issuer).await;
        (departure.asked("login_hint"), departure.asked("prompt"))
    };
    let bob = Some("bob@example.com".to_owned());
    assert_eq!(asked(world.login("/login/company?login_hint=bob@example.com")).await, (bob.clone(), None));
    assert_eq!(asked(world.login("/login/company")).await, (None, None));
    assert_eq!(asked(world.login("/login/company?login_hint=a%0D%0Ab")).await, (None, None));
    let again = world.login("/login/company?again=1&login_hint=bob@example.com");
    assert_eq!(asked(again).await, (bob.clone(), Some("login".to_owned())));

    let browser = Browser::new();
    let page = chooser(&browser, &world.url("wiki", "/.vestibule/sign-in?login_hint=bob@example.com&return=/b")).await;
    let departure = Departure::from(&browser, &page.choice("lab"), &provider.issuer).await;
    assert_eq!(departure.asked("login_hint"), bob, "through the chooser too");
}

#[tokio::test]
async fn the_request_to_the_provider_is_a_code_flow_with_pkce_state_and_nonce() {
    let provider = Faulty::start(Fault::Honest).await;
    let world = World::at(&provider.issuer, Places::usual).await;
    let departure = Departure::from(&Browser::new(), &world.login("/login"), &provider.issuer).await;
    let other = Departure::from(&Browser::new(), &world.login("/login"), &provider.issuer).await;
    let asked = |name: &str| departure.asked(name).unwrap_or_default();
    assert_eq!(asked("response_type"), "code");
    assert_eq!(asked("code_challenge_method"), "S256");
    assert_eq!(asked("redirect_uri"), world.login("/login/company/callback"));
    assert_eq!(asked("scope"), "openid profile email groups");
    for name in ["state", "nonce", "code_challenge"] {
        assert!(asked(name).len() >= 32, "{name}");
        assert_ne!(asked(name), other.asked(name).unwrap_or_default(), "{name}");
    }
}
