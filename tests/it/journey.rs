//! The product's reason to exist, on one page: open an application, sign in, be provisioned, arrive.

use crate::kit::browser::Browser;
use crate::kit::upstream::received;
use crate::kit::world::World;

#[tokio::test]
async fn a_first_sign_in_is_provisioned_and_arrives_where_it_was_going() {
    let world = World::usual().await;
    let browser = Browser::new();
    let page = world.enter(&browser, &world.url("wiki", "/notes/today?tab=2"), "alice").await;

    assert_eq!(page.status, 200, "{}", page.text());
    assert_eq!(page.url.as_str(), world.url("wiki", "/notes/today?tab=2"));
    let seen = page.json();
    assert_eq!(seen["target"], "/notes/today?tab=2");
    assert_eq!(received(&seen, "remote-user"), ["alice"]);
    assert_eq!(received(&seen, "remote-groups"), ["Admin"]);
    assert_eq!(received(&seen, "remote-email"), ["alice@example.com"]);
    assert_eq!(received(&seen, "x-vestibule-assertion").len(), 1);
    assert_eq!(received(&seen, "cookie"), Vec::<&str>::new());
}

#[tokio::test]
async fn who_matches_no_organization_is_told_so_and_enters_nothing() {
    let world = World::usual().await;
    let (_browser, page) = world.signed_in("carol").await;
    assert_eq!(page.status, 403);
    assert!(page.text().contains("not in any organization"), "{}", page.text());
    assert_eq!(world.upstream.hits(), 0);
}
