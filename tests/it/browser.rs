//! The journey of a person, in a real browser: cookies, redirects, forms and content security policy as they are, not
//! as the kit's browser has them.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::kit::process::{file, run};
use crate::kit::provider::{CLIENT_ID, CLIENT_SECRET, Variant};
use crate::kit::root;
use crate::kit::world::{Places, World};

/// The usual world, with a second application, a part of the wiki for admins alone, and an organization that brings its
/// own provider: only its application has a choice to offer.
fn configuration(places: &Places) -> String {
    let Places { issuer, upstream, .. } = places;
    let rule = "[[application.rule]]\npath = \"/admin/*\"\nroles = [\"Admin\"]\n";
    places.head(Places::SEED_POLICY)
        + &places.home_lab(rule)
        + &format!(
            r#"
[[application]]
id = "notes"
organization = "home-lab"
name = "Notes"
hosts = ["notes.localhost"]
upstream = "http://{upstream}"

[[organization]]
id = "book-club"
name = "Book club"
roles = ["Reader"]

[[application]]
id = "books"
organization = "book-club"
name = "Books"
hosts = ["books.localhost"]
upstream = "http://{upstream}"

[[idp]]
id = "own"
owner = "book-club"
name = "Book club login"
issuer = "{issuer}"
client_id = "{CLIENT_ID}"
client_secret = "{CLIENT_SECRET}"
auto_provision = true
[idp.default_policy]
org = "'book-club'"
role = "'Reader'"
"#
        )
}

/// The browser that `./test` finds, or else Debian's.
fn chromium() -> PathBuf {
    let path = std::env::var_os("VESTIBULE_CHROMIUM").map_or_else(|| PathBuf::from("/usr/bin/chromium"), PathBuf::from);
    let installed = path.is_file() && root().join("tests/browser/node_modules/playwright-core").is_dir();
    assert!(
        installed,
        "no browser at {}, or the packages of tests/browser are not installed: run the repository's test command, \
         ./test, which sees to both",
        path.display()
    );
    path
}

#[tokio::test]
async fn a_real_browser_makes_the_whole_journey() {
    let chromium = chromium();
    let world = World::start(Variant::default(), configuration).await;
    let settings = json!({
        "chromium": chromium,
        "wiki": world.url("wiki", ""),
        "notes": world.url("notes", ""),
        "books": world.url("books", ""),
        "login": world.login(""),
        "issuer": world.places.issuer,
    });
    drive("journey.mjs", settings).await;
}

#[tokio::test]
async fn a_real_browser_sets_everything_up_and_no_page_of_the_console_violates_wcag_2_2_aa() {
    let chromium = chromium();
    let bare = |places: &Places| {
        let head = places.head("");
        head.split("[[idp]]").next().expect("a head").to_owned()
    };
    let world = World::start(Variant::default(), bare).await;
    let path = file(world.folder.path(), &bare(&world.places));
    let link = run(&["admin", "login-link", "--config", &path], &[]).await;
    let settings = json!({
        "chromium": chromium,
        "login": world.login(""),
        "link": String::from_utf8_lossy(&link.stdout).trim(),
        "issuer": world.places.issuer,
        "client": CLIENT_ID,
        "secret": CLIENT_SECRET,
        "upstream": world.places.upstream.to_string(),
        "screenshots": std::env::var_os("VESTIBULE_SCREENSHOTS").map(|folder| folder.to_string_lossy().into_owned()),
    });
    drive("console.mjs", settings).await;
}

/// Runs a script of `tests/browser` to its end.
async fn drive(script: &str, settings: Value) {
    let mut journey = Command::new("node");
    journey.arg(script).arg(settings.to_string()).current_dir(root().join("tests/browser"));
    // Off this thread: the server and the application run on it.
    let journey = tokio::task::spawn_blocking(move || journey.output()).await.expect("nothing panics there");
    let journey = journey.expect("node runs; ./test says what is missing");
    let (kept, broken) = (String::from_utf8_lossy(&journey.stdout), String::from_utf8_lossy(&journey.stderr));
    assert!(journey.status.success(), "{kept}{broken}");
}
