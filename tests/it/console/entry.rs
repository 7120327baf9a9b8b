//! Who gets into the console.

use std::time::Duration;

use super::{open, signed_in};
use crate::kit::attempt::Attempt;
use crate::kit::browser::{Browser, Response};
use crate::kit::process::{file, run};
use crate::kit::world::{Places, World};

/// Alice, who has the group `admin`, is a server admin.
pub(super) fn with_server_admin(places: &Places) -> String {
    let policy = format!("server_admin = \"contains(groups, 'admin')\"\n{}", Places::SEED_POLICY);
    places.head(&policy) + &places.home_lab("")
}

#[tokio::test]
async fn a_server_admin_gets_in_and_comes_back_to_the_page_they_asked_for() {
    let world = World::start(Default::default(), with_server_admin).await;
    let browser = Browser::new();
    let page = Attempt::at(&world, &browser, &world.login("/console"), "alice").await.page().clone();
    assert_eq!((page.status.as_u16(), page.url.path()), (200, "/console"), "{}", page.text());
    assert_eq!(page.title(), "Overview");
}

#[tokio::test]
async fn who_administers_nothing_is_told_so() {
    let world = World::start(Default::default(), with_server_admin).await;
    let browser = signed_in(&world, "bob").await;
    let page = open(&world, &browser, "/console").await;
    assert_eq!(page.status, 403, "{}", page.text());
    assert_eq!(page.title(), "This page is for admins");
}

#[tokio::test]
async fn a_program_that_is_not_signed_in_gets_401() {
    let world = World::start(Default::default(), with_server_admin).await;
    let answer = Browser::new().fetch(&world.login("/console")).await;
    assert_eq!(answer.status, 401);
}

/// What `vestibule admin login-link` prints for this world.
async fn login_link(world: &World) -> String {
    let path = file(world.folder.path(), &with_server_admin(&world.places));
    let output = run(&["admin", "login-link", "--config", &path], &[]).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

async fn press(browser: &Browser, link: &str) -> Response {
    let page = browser.navigate(link).await;
    browser.submit(&page.url, link, &[]).await
}

#[tokio::test]
async fn a_login_link_opens_the_console_once_and_only_by_its_button() {
    let world = World::start(Default::default(), with_server_admin).await;
    let link = login_link(&world).await;
    // Looking does not spend it: programs that read terminals and chats look.
    for _ in 0..2 {
        assert_eq!(Browser::new().navigate(&link).await.title(), "Open the console");
    }
    let browser = Browser::new();
    let opened = press(&browser, &link).await;
    assert_eq!((opened.status.as_u16(), opened.header("location")), (303, Some("/console")));
    assert_eq!(open(&world, &browser, "/console").await.title(), "Overview");
    let other = Browser::new();
    // Whoever has a spent link sees that, and no button.
    for page in [other.navigate(&link).await, press(&other, &link).await] {
        assert_eq!((page.status.as_u16(), page.title().as_str()), (410, "This link is of no use"));
        assert!(!page.text().contains("<button"), "{}", page.text());
    }
    assert_eq!(other.navigate(&world.login("/break-glass/no-token")).await.status, 410);
    assert_eq!(other.fetch(&world.login("/console")).await.status, 401);
}

#[tokio::test]
async fn a_login_link_serves_ten_minutes_and_its_session_one_hour() {
    let world = World::start(Default::default(), with_server_admin).await;
    let (link, late) = (login_link(&world).await, login_link(&world).await);
    let browser = Browser::new();
    press(&browser, &link).await;
    world.clock.advance(Duration::from_secs(10 * 60));
    assert_eq!(press(&Browser::new(), &late).await.status, 410);
    assert_eq!(open(&world, &browser, "/console").await.status, 200);
    world.clock.advance(Duration::from_secs(50 * 60));
    assert_eq!(browser.fetch(&world.login("/console")).await.status, 401);
}

#[tokio::test]
async fn break_glass_opens_no_application_and_ends_when_it_is_told_to() {
    let world = World::start(Default::default(), with_server_admin).await;
    let browser = Browser::new();
    press(&browser, &login_link(&world).await).await;
    let answer = browser.fetch(&world.url("wiki", "/")).await;
    assert_eq!(answer.status, 401);
    let page = open(&world, &browser, "/console").await;
    let ended = browser.submit(&page.url, &world.login("/break-glass/end"), &[]).await;
    assert_eq!(ended.header("location"), Some("/signed-out"));
    assert_eq!(browser.fetch(&world.login("/console")).await.status, 401);
}

#[tokio::test]
async fn break_glass_is_offered_no_account_of_its_own_and_no_token_that_would_outlast_it() {
    let world = World::start(Default::default(), with_server_admin).await;
    let browser = Browser::new();
    press(&browser, &login_link(&world).await).await;
    let page = open(&world, &browser, "/console/tokens").await.text();
    assert!(page.contains("<bdi>break-glass</bdi>") && !page.contains("href=\"/account\""), "{page}");
    assert!(page.contains("break-glass is over within the hour") && !page.contains("Make token"), "{page}");
    let alice = signed_in(&world, "alice").await;
    let page = open(&world, &alice, "/console/tokens").await.text();
    assert!(page.contains("href=\"/account\"") && page.contains("Make token"), "{page}");
}

#[tokio::test]
async fn a_policy_that_break_glass_saved_says_so() {
    let bare = |places: &Places| {
        let whole = with_server_admin(places);
        whole[..whole.find("[[idp]]").expect("an IdP")].to_owned()
    };
    let world = World::start(Default::default(), bare).await;
    let browser = Browser::new();
    let path = file(world.folder.path(), &bare(&world.places));
    let output = run(&["admin", "login-link", "--config", &path], &[]).await;
    let link = String::from_utf8(output.stdout).expect("text").trim().to_owned();
    press(&browser, &link).await;
    let page = open(&world, &browser, "/console/idps/_new").await;
    let issuer = world.places.issuer.clone();
    let fields = [
        ("step", "save"),
        ("name", "Partners"),
        ("id", "partners"),
        ("issuer", issuer.as_str()),
        ("client_id", "vestibule"),
        ("client_auth", "none"),
        ("scopes", "openid"),
        ("identifier", "sub"),
        ("username", "preferred_username"),
        ("email", "email"),
        ("display_name", "name"),
        ("on_error", "revoke"),
        ("keep_for", "24"),
        ("new_accounts_per_hour", "1000"),
    ];
    let made = super::press(&browser, &page, "/console/idps/_new", &fields).await;
    assert_eq!(made.status, 303, "{}", made.text());
    let history = open(&world, &browser, "/console/idps/partners/policy/history").await.text();
    assert!(history.contains("break-glass") && !history.contains("whoever runs the server"), "{history}");
}

#[tokio::test]
async fn another_sites_form_spends_no_login_link() {
    let world = World::start(Default::default(), with_server_admin).await;
    let link = login_link(&world).await;
    let browser = Browser::new();
    let elsewhere = world.url("wiki", "/").parse().expect("a URL");
    assert_eq!(browser.submit(&elsewhere, &link, &[]).await.status, 403);
    assert_eq!(press(&browser, &link).await.status, 303);
}

#[tokio::test]
async fn break_glass_is_audited_as_such_and_its_tokens_are_nowhere() {
    let world = World::start(Default::default(), with_server_admin).await;
    let link = login_link(&world).await;
    press(&Browser::new(), &link).await;
    let path = file(world.folder.path(), &with_server_admin(&world.places));
    let output = run(&["audit", "export", "--config", &path], &[]).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let log = String::from_utf8(output.stdout).expect("text");
    assert!(log.contains(r#""action":"login-link-made""#) && log.contains(r#""actor":"break-glass""#), "{log}");
    let token = link.rsplit('/').next().expect("a token");
    assert!(!log.contains(token));
    for part in ["vestibule.db", "vestibule.db-wal"] {
        let bytes = std::fs::read(world.folder.path().join(part)).unwrap_or_default();
        assert!(!bytes.windows(token.len()).any(|window| window == token.as_bytes()), "{part}");
    }
}
