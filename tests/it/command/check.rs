//! `vestibule check`, and what `serve` does with a file that it would not pass.

use super::{places, usual};
use crate::kit::database::Database;
use crate::kit::process::{Serving, failure, file, run};
use crate::kit::world::World;

/// Ten mistakes, each named by what the report must hold of it.
const WRONG: &str = r#"
[server]
public_url = "http://login.example.com"
listen = ["nowhere"]
colour = "green"

[database]
url = "mysql://localhost/x"

[session]
idle_timeout = "soon"

[[idp]]
id = "company"
name = "Company"
issuer = "not a URL"
client_id = "vestibule"
client_secret = "x"
auto_provision = "yes"
[idp.default_policy]
org = "contains(groups,"
role = "'Member'"

[[organization]]
id = "home-lab"
name = "Home lab"
roles = ["Member"]

[[organization]]
id = "home-lab"
name = "Twice"
roles = ["Member"]

[[application]]
id = "wiki"
organization = "home-lab"
name = "Wiki"
hosts = ["wiki.example.com"]
upstream = "http://127.0.0.1:1"
roles = ["Nobody"]
"#;

const NAMED: [&str; 11] = [
    "\n      contains(groups,\n                      ^\n",
    "server.public_url",
    "server.listen",
    "server.colour",
    "database.url",
    "session.idle_timeout",
    "idp.company.issuer",
    "idp.company.auto_provision",
    "idp.company.default_policy.org",
    "home-lab",
    "Nobody",
];

#[tokio::test]
async fn check_says_ok_and_touches_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (places, operations) = places(folder.path(), "http://127.0.0.1:9").await;
    let path = file(folder.path(), &usual(&places, operations));
    let output = run(&["check", "--config", &path], &[]).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(told.starts_with("ok: 1 IdP, 1 organization, 1 application\nnote: the server's keys"), "{told}");
    assert!(output.stderr.is_empty() && told.contains("database.encryption_key"), "{told}");
    assert!(!folder.path().join("vestibule.db").exists(), "no database is made");
    let key = [("VESTIBULE_DATABASE__ENCRYPTION_KEY", "b25lIG9uZSBvbmUgb25lIG9uZSBvbmUgb25lIG9uZSE=")];
    let output = run(&["check", "--config", &path], &key).await;
    assert_eq!(String::from_utf8_lossy(&output.stdout), "ok: 1 IdP, 1 organization, 1 application\n");
}

#[tokio::test]
async fn ten_mistakes_are_told_at_once_by_check_and_serve_alike() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), WRONG);
    for command in ["check", "serve"] {
        let (code, told) = failure(&[command, "--config", &path], &[]).await;
        assert_eq!(code, Some(2), "{command}: {told}");
        for name in NAMED {
            assert!(told.contains(name), "{command} names {name}: {told}");
        }
        // What is deeper shows the place in a selector.
        let lines: Vec<&str> = told.lines().skip(1).filter(|line| !line.starts_with("   ")).collect();
        assert_eq!(lines.len(), 10, "one line each: {told}");
        assert!(lines.iter().all(|line| line.contains("line ")), "each says where: {told}");
        assert!(!told.contains("panicked"), "{told}");
    }
}

#[tokio::test]
async fn a_bad_file_changes_nothing_in_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let (places, operations) = places(folder.path(), "http://127.0.0.1:9").await;
    let good = usual(&places, operations);
    let mut serving = Serving::start(&file(folder.path(), &good), &[]);
    serving.ready(operations).await;
    serving.terminate();
    assert_eq!(serving.exit().await, Some(0));
    let database = Database::open(&folder.path().join("vestibule.db")).await;
    let before = database.dump().await;
    assert!(before["organizations"].len() == 1 && before["applications"].len() == 1);

    // The first half of it would be fine, and says something new.
    let bad =
        good.replace("Home lab", "Renamed") + "\n[[organization]]\nid = \"Not a slug\"\nname = \"x\"\nroles = []\n";
    let (code, told) = failure(&["serve", "--config", &file(folder.path(), &bad)], &[]).await;
    assert_eq!(code, Some(2), "{told}");
    assert_eq!(database.dump().await, before);
}

#[tokio::test]
async fn a_file_that_does_not_fit_the_database_is_refused_and_changes_nothing() {
    let mut world = World::usual().await;
    world.signed_in("alice").await;
    let database = Database::open(&world.database_path()).await;
    world.stop().await;
    let before = database.dump().await;
    // Another issuer under the same id: would alice be the same person?
    let moved =
        world.places.usual().replace(&world.places.issuer, "https://id.example.com").replace("Home lab", "Renamed");
    let (code, told) = failure(&["serve", "--config", &file(world.folder.path(), &moved)], &[]).await;
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("1 person") && told.contains("--keep-identities company"), "{told}");
    assert_eq!(database.dump().await, before);
}
