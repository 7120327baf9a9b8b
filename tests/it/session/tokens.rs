//! Tokens: each host its own, and nothing in the database that opens a door.

use vestibule::base::Token;

use crate::kit::browser::Browser;
use crate::kit::database::Database;
use crate::kit::scene::{cookie, is_let_in, two_applications};
use crate::kit::world::World;

#[tokio::test]
async fn one_sign_in_is_one_session_and_every_host_holds_a_token_of_its_own() {
    let world = two_applications().await;
    let (browser, page) = world.signed_in("alice").await;
    assert_eq!(page.status, 200);
    let hops = browser.follow(&world.url("docs", "/handbook")).await;
    assert_eq!(hops.last().unwrap().url.as_str(), world.url("docs", "/handbook"));
    assert_eq!(hops.last().unwrap().status, 200);
    let to_provider = hops.iter().any(|hop| hop.url.as_str().starts_with(&world.places.issuer));
    assert!(!to_provider, "a second application needs no new trip to the provider");

    let token = |application| cookie(&browser, &world.url(application, "/"), "session").expect("a token");
    let (login, wiki, docs) = (token("login"), token("wiki"), token("docs"));
    assert!(login != wiki && wiki != docs && docs != login);
    let database = Database::open(&world.database_path()).await;
    assert_eq!(database.sessions().await, 1);
    assert_eq!(database.number("select count(*) from session_tokens").await, 3);
}

#[tokio::test]
async fn a_token_of_one_host_opens_no_other() {
    let world = two_applications().await;
    let (browser, _) = world.signed_in("alice").await;
    browser.follow(&world.url("docs", "/")).await;
    let hosts = ["login", "wiki", "docs"];
    for from in hosts {
        let name =
            browser.cookies(&world.url(from, "/")).into_iter().find(|c| c.name.contains("session")).unwrap().name;
        let value = cookie(&browser, &world.url(from, "/"), "session").unwrap();
        for to in hosts {
            let thief = Browser::new();
            thief.set_cookie(&world.url(to, "/"), &format!("{name}={value}; Path=/"));
            let inside = match to {
                "login" => thief.navigate(&world.login("/")).await.text().contains("Alice"),
                _ => is_let_in(&thief, &world.url(to, "/")).await,
            };
            assert_eq!(inside, from == to, "the token of {from} at {to}");
        }
    }
}

#[tokio::test]
async fn the_database_holds_only_hashes() {
    let world = World::usual().await;
    let browser = Browser::new();
    let mut hops = browser.follow(&world.url("wiki", "/")).await;
    let form = hops.pop().unwrap();
    let mut secrets: Vec<String> = ["wiki", "login"]
        .iter()
        .flat_map(|application| browser.cookies(&world.url(application, "/")))
        .map(|cookie| cookie.value)
        .collect();
    hops.extend(browser.sign_in_as(&form, "alice").await);
    assert_eq!(hops.last().unwrap().status, 200);
    for hop in &hops {
        let telling = ["state", "nonce", "code", "request", "code_challenge"];
        let told = hop.url.query_pairs().filter(|(name, _)| telling.contains(&name.as_ref()));
        secrets.extend(told.map(|(_, value)| value.into_owned()));
    }
    let session = cookie(&browser, &world.url("wiki", "/"), "session").unwrap();
    secrets.push(session.clone());
    secrets.push(cookie(&browser, &world.login("/"), "session").unwrap());
    assert!(secrets.len() > 8, "{secrets:?}");

    let database = Database::open(&world.database_path()).await;
    database.run("pragma wal_checkpoint(full)").await;
    let hash = session.parse::<Token>().unwrap().hash().to_string();
    assert!(database.dump().await["session_tokens"].iter().any(|row| row.contains(&hash)), "its hash is there");
    // The bytes of the files: also what a deleted row has left behind.
    for file in ["vestibule.db", "vestibule.db-wal"] {
        let bytes = std::fs::read(world.folder.path().join(file)).unwrap_or_default();
        for secret in &secrets {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{file} holds {secret}");
        }
    }
}
