//! The server's own keys, sealed with one from outside of the database: whoever has the database has them no more, and
//! nobody notices.

use crate::kit::browser::Browser;
use crate::kit::database::Database;
use crate::kit::logs;
use crate::kit::process::{Serving, failure, file};
use crate::kit::world::{Places, World, eventually};

const ONE: &str = "b25lIG9uZSBvbmUgb25lIG9uZSBvbmUgb25lIG9uZSE=";
const TWO: &str = "dHdvIHR3byB0d28gdHdvIHR3byB0d28gdHdvIHR3byE=";

/// The usual configuration, with these lines in `[database]`.
fn with(places: &Places, lines: &str) -> String {
    places.usual().replace("[database]\n", &format!("[database]\n{lines}\n"))
}

fn key(key: &str) -> String {
    format!("encryption_key = \"{key}\"")
}

async fn keys(world: &World) -> Vec<String> {
    let database = Database::open(&world.database_path()).await;
    database.texts("select material from server_keys order by purpose").await
}

/// Whether whoever takes the database's files reads this in them.
fn is_in_files(world: &World, text: &str) -> bool {
    let path = world.database_path();
    let files = [path.clone(), path.with_extension("db-wal")].map(|file| std::fs::read(file).unwrap_or_default());
    files.iter().any(|bytes| bytes.windows(text.len()).any(|part| part == text.as_bytes()))
}

async fn jwks(world: &World) -> String {
    Browser::new().fetch(&world.login("/.well-known/vestibule/jwks.json")).await.text()
}

/// A start that is refused; what it says.
async fn refused(world: &World, lines: &str) -> String {
    let database = Database::open(&world.database_path()).await;
    let before = database.dump().await;
    let path = file(world.folder.path(), &with(&world.places, lines));
    let (code, told) = failure(&["serve", "--config", &path], &[]).await;
    assert_eq!(code, Some(2), "{told}");
    assert_eq!(database.dump().await, before, "nothing is written");
    assert!(!told.contains(ONE) && !told.contains(TWO) && !told.contains("panicked"), "{told}");
    told
}

#[tokio::test]
async fn with_a_key_from_outside_the_database_gives_no_key_away_and_everything_goes_on() {
    let mut world = World::usual().await;
    let (alice, _) = world.signed_in("alice").await;
    let bob = Browser::new();
    let form = bob.follow(&world.url("wiki", "/")).await.pop().unwrap();
    let published = jwks(&world).await;
    world.stop().await;
    let plain = keys(&world).await;
    assert!(plain.len() == 2 && plain.iter().all(|key| is_in_files(&world, key)));

    world.restart(|places| with(places, &key(ONE))).await;
    assert!(!plain.iter().any(|key| is_in_files(&world, key)), "while it runs");
    assert_eq!(alice.fetch(&world.url("wiki", "/")).await.status, 200);
    // What was sealed in a browser before is opened after.
    let page = bob.sign_in_as(&form, "bob").await.pop().unwrap();
    assert_eq!(page.status, 200, "{}", page.text());
    assert_eq!(jwks(&world).await, published);
    world.stop().await;
    assert!(!plain.iter().chain([&ONE.to_owned()]).any(|key| is_in_files(&world, key)), "and at rest");

    let told = refused(&world, "").await;
    assert!(told.contains("is sealed: set database.encryption_key or database.encryption_key_file"), "{told}");
    let told = refused(&world, &key(TWO)).await;
    assert!(told.contains("not sealed with database.encryption_key: set that to the key it was"), "{told}");

    let rotating = |places: &Places| with(places, &format!("{}\nprevious_{}", key(TWO), key(ONE)));
    let before = keys(&world).await;
    world.restart(rotating).await;
    let after = keys(&world).await;
    assert!(before.iter().zip(&after).all(|(before, after)| before != after), "{before:?} {after:?}");
    world.restart(rotating).await;
    assert_eq!(keys(&world).await, after, "once is enough");
    world.restart(|places| with(places, &key(TWO))).await;
    assert_eq!(alice.fetch(&world.url("wiki", "/")).await.status, 200);
    assert_eq!(jwks(&world).await, published);
    world.stop().await;
    refused(&world, &key(ONE)).await;
    logs::hold_none_of(&[ONE.to_owned(), TWO.to_owned()].into_iter().chain(plain).collect::<Vec<_>>());
}

#[tokio::test]
async fn whoever_lost_the_key_begins_with_another_and_sessions_stay() {
    let mut world = World::start(Default::default(), |places| with(places, &key(ONE))).await;
    let (alice, _) = world.signed_in("alice").await;
    let published = jwks(&world).await;
    world.stop().await;
    let lost = "delete from server_keys; delete from acme_accounts; delete from acme_hosts;";
    Database::open(&world.database_path()).await.run(lost).await;
    assert!(include_str!("../../../docs/operations.md").contains(lost));
    world.restart(|places| with(places, &key(TWO))).await;
    assert_eq!(alice.fetch(&world.url("wiki", "/")).await.status, 200);
    assert_ne!(jwks(&world).await, published);
}

#[tokio::test]
async fn commands_need_no_key_and_a_first_start_writes_none_down() {
    let world = World::start(Default::default(), |places| with(places, &key(ONE))).await;
    assert!(keys(&world).await.iter().all(|key| key.starts_with("sealed:")));
    let (alice, _) = world.signed_in("alice").await;
    for command in [&["user", "list"][..], &["plan"], &["admin", "login-link"]] {
        let done = world.command(&world.places.usual(), command).await;
        assert_eq!(done.code, Some(0), "{done:?}");
    }
    assert_eq!(alice.fetch(&world.url("wiki", "/")).await.status, 200);
}

#[tokio::test]
async fn keys_that_lie_open_are_told_of_once_and_no_louder() {
    let mut world = World::usual().await;
    world.stop().await;
    let starts = async |lines: &str| {
        let text = with(&world.places, lines);
        let serving = Serving::start(&file(world.folder.path(), &text), &[]);
        eventually("it is ready", async || serving.log().iter().any(|line| line.contains("\"ready\""))).await;
        serving.log().into_iter().filter(|line| line.contains("database.encryption_key")).collect::<Vec<_>>()
    };
    let told = starts("").await;
    assert!(told.len() == 1 && told[0].contains("\"INFO\"") && told[0].contains("lie unencrypted"), "{told:?}");
    let told = starts(&key(ONE)).await;
    assert!(told.len() == 1 && told[0].contains("\"INFO\"") && told[0].contains("are sealed"), "{told:?}");
    assert_eq!(starts(&key(ONE)).await, [""; 0]);
}
