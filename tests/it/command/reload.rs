//! `vestibule serve` reads its configuration again when it is asked to.

use std::path::Path;

use super::{places, usual};
use crate::kit::browser::Browser;
use crate::kit::process::{Serving, file, run};
use crate::kit::provider::{CLIENT_SECRET, Provider, Variant};
use crate::kit::world::{Places, eventually};

/// A server, and the file it reads.
struct Stage {
    folder: tempfile::TempDir,
    places: Places,
    text: String,
    serving: Serving,
}

impl Stage {
    async fn set(places: Places, folder: tempfile::TempDir, operations: u16, text: String) -> Self {
        let serving = Serving::start(&file(folder.path(), &text), &[]);
        serving.ready(operations).await;
        Self { folder, places, text, serving }
    }

    async fn usual() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (places, operations) = places(folder.path(), "http://127.0.0.1:9").await;
        let text = usual(&places, operations);
        Self::set(places, folder, operations, text).await
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Has another configuration read, and waits until the log says `word` of it once more.
    async fn reads(&self, text: &str, word: &str) {
        let times = || self.serving.log().iter().filter(|line| line.contains(word)).count();
        let before = times();
        file(self.path(), text);
        self.serving.hang_up();
        eventually(&format!("the log says {word}"), async || times() > before).await;
    }

    async fn status(&self, application: &str) -> u16 {
        let url = format!("http://{application}.localhost:{}/", self.places.port);
        Browser::new().navigate(&url).await.status.as_u16()
    }

    async fn command(&self, arguments: &[&str]) {
        let path = self.path().join("vestibule.toml").display().to_string();
        let done = run(&[arguments, &["--config", &path]].concat(), &[]).await;
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}

const TAKEN: &str = "\"the configuration was read again\"";
const REFUSED: &str = "not taken in; the one before stays";

#[tokio::test]
async fn a_changed_file_is_taken_in_without_a_restart() {
    let mut stage = Stage::usual().await;
    assert_eq!((stage.status("wiki").await, stage.status("tools").await), (303, 421));
    let more = format!("{}{}", stage.text, stage.places.garage());
    stage.reads(&more, TAKEN).await;
    eventually("the new application is served", async || stage.status("tools").await == 303).await;
    stage.reads(&stage.text, TAKEN).await;
    eventually("it is gone again", async || stage.status("tools").await == 421).await;
    assert_eq!(stage.status("wiki").await, 303);
    stage.serving.terminate();
    assert_eq!(stage.serving.exit().await, Some(0));
}

#[tokio::test]
async fn a_wrong_file_changes_nothing_and_is_told_with_its_keys() {
    let stage = Stage::usual().await;
    let garage = stage.places.garage();
    let wrong = format!("{}{garage}", stage.text).replace("organization = \"garage\"", "organization = \"garag\"");
    stage.reads(&wrong, REFUSED).await;
    let log = stage.serving.log().join("\n");
    assert!(log.contains("application.tools.organization"), "{log}");
    // What a running server cannot take in waits for a start, and so does the rest of the file.
    let elsewhere = format!("{}{garage}\n[log]\nformat = \"text\"\n", stage.text);
    stage.reads(&elsewhere, "\"sections\":\"log.format\"").await;
    assert_eq!((stage.status("wiki").await, stage.status("tools").await), (303, 421));
}

#[tokio::test]
async fn what_is_dangerous_is_not_taken_in_unasked() {
    let stage = Stage::usual().await;
    let who = ["--idp", "company", "--identifier", "alice", "--organization", "home-lab", "--role", "Admin"];
    stage.command(&[&["user", "add"], &who[..]].concat()).await;
    let no_admin = stage.text.replace("admin_roles = [\"Admin\"]", "");
    assert_ne!(no_admin, stage.text);
    stage.reads(&no_admin, REFUSED).await;
    let log = stage.serving.log().join("\n");
    assert!(log.contains("nobody would be left to administer home-lab"), "{log}");
    assert!(log.contains("\"apply_with\":\"--allow-loss-of-admins\""), "{log}");
    // Once somebody has said that it is meant, the file is what stands.
    stage.command(&["apply", "--yes", "--allow-loss-of-admins"]).await;
    stage.reads(&no_admin, "\"changed\":false").await;
}

#[tokio::test]
async fn a_new_client_secret_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let (mut places, operations) = places(folder.path(), "").await;
    let redirect_uris = vec![format!("http://login.localhost:{}/login/company/callback", places.port)];
    let provider = Provider::start(&Variant { redirect_uris, ..Variant::default() });
    places.issuer.clone_from(&provider.issuer);
    let right = usual(&places, operations);
    let wrong = right.replace(CLIENT_SECRET, "an-old-secret");
    let stage = Stage::set(places, folder, operations, wrong).await;
    let url = format!("http://login.localhost:{}/login/company", stage.places.port);
    let sign_in = async || {
        let browser = Browser::new();
        let page = browser.follow(&url).await.pop().expect("a page");
        browser.sign_in_as(&page, "alice").await.pop().expect("a page").status.as_u16()
    };
    assert_ne!(sign_in().await, 200);
    stage.reads(&right, TAKEN).await;
    assert_eq!(sign_in().await, 200);
}
