//! Nothing that a stranger does is written down.

use url::Url;

use super::{CALLBACK, REDEEM, stop_before};
use crate::kit::browser::Browser;
use crate::kit::database::Database;
use crate::kit::world::World;

/// Where the provider is asked, from a page of an application on; the provider itself is left in peace.
async fn departure(browser: &Browser, url: &str) -> Url {
    let first = browser.navigate(url).await;
    stop_before(browser, first, "/auth").await
}

#[tokio::test]
async fn a_flood_of_strangers_leaves_the_database_byte_for_byte_untouched() {
    let world = World::usual().await;
    let database = Database::open(&world.database_path()).await;
    let before = database.dump().await;
    for number in 0..200 {
        let stranger = Browser::new();
        departure(&stranger, &world.url("wiki", &format!("/{number}"))).await;
        for url in [
            world.login(&format!("{CALLBACK}?state=s{number}&code=c{number}")),
            world.login(&format!("{CALLBACK}?state=s{number}&error=access_denied")),
            world.url("wiki", &format!("{REDEEM}?code={}", "A".repeat(43))),
            world.login("/login?again=1&login_hint=alice"),
            world.login("/logout"),
        ] {
            let status = stranger.navigate(&url).await.status;
            assert!(status.is_redirection() || status.is_client_error(), "{url}: {status}");
        }
    }
    // With their own state, and a code that the provider never gave.
    let stranger = Browser::new();
    let to = departure(&stranger, &world.url("wiki", "/")).await;
    let state = to.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let page = stranger.navigate(&world.login(&format!("{CALLBACK}?state={state}&code=made-up"))).await;
    assert!(page.status.is_client_error(), "{}", page.status);
    assert_eq!(database.dump().await, before);
    assert_eq!(before["change_head"].len(), 1);
}
