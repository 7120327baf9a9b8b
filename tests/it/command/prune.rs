//! What has gone from the file is kept until it is pruned.

use serde_json::json;

use super::{places, usual};
use crate::kit::process::{failure, file, run};
use crate::kit::stage::Stage;
use crate::kit::world::eventually;

#[tokio::test]
async fn what_has_gone_from_the_file_is_kept_until_it_is_pruned() {
    let folder = tempfile::tempdir().unwrap();
    let (places, operations) = places(folder.path(), "http://127.0.0.1:9").await;
    let text = usual(&places, operations);
    let with_garage = format!("{text}{}", places.garage());
    let said = async |text: &str, arguments: &[&str]| {
        let path = file(folder.path(), text);
        let done = run(&[arguments, &["--config", &path]].concat(), &[]).await;
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    };
    said(&with_garage, &["apply", "--yes"]).await;
    assert!(said(&text, &["apply", "--yes"]).await.contains("no longer declared: kept"));
    let again = said(&with_garage, &["plan"]).await;
    assert!(again.contains("+ organization garage, restored"), "{again}");
    let pruned = said(&text, &["plan", "--prune"]).await;
    assert!(pruned.contains("- organization garage\n") && pruned.contains("- application tools\n"), "{pruned}");
    // Nobody is there to ask.
    let path = file(folder.path(), &text);
    assert_eq!(failure(&["apply", "--prune", "--config", &path], &[]).await.0, Some(1));
    said(&text, &["apply", "--prune", "--yes"]).await;
    let again = said(&with_garage, &["plan"]).await;
    assert!(again.contains("+ organization garage\n"), "it is new: {again}");
}

#[tokio::test]
async fn what_is_pruned_beside_a_running_server_is_gone_there_too_once_it_is_meant() {
    let stage = Stage::set(|places| places.usual() + &places.garage()).await;
    let (browser, _) = stage.sign_in(json!({ "groups": ["home-lab", "garage"] })).await;
    assert!(stage.roles_at(&browser, "tools").await.is_some());
    let less = stage.world.places.usual();
    let refused = stage.world.command(&less, &["apply", "--prune", "--yes"]).await;
    assert!(refused.code == Some(2) && refused.err.contains("--allow-loss-of-roles"), "{refused:?}");
    assert!(stage.roles_at(&browser, "tools").await.is_some(), "nothing has changed");
    let meant = ["apply", "--prune", "--yes", "--allow-loss-of-roles"];
    assert_eq!(stage.world.command(&less, &meant).await.code, Some(0));
    let tools = stage.world.url("tools", "/");
    eventually("the running server knows", async || browser.navigate(&tools).await.status == 421).await;
    assert!(stage.roles_at(&browser, "wiki").await.is_some(), "what is declared stays");
    let told = stage.told(&["audit", "export"]).await;
    let line = told.lines().find(|line| line.contains("\"removed\"")).unwrap_or_else(|| panic!("{told}"));
    assert!(line.contains("configuration-applied") && line.contains("garage"), "{line}");
    // Declared again it is another: nobody is in it.
    stage.told(&["apply", "--yes"]).await;
    eventually("it is served again", async || browser.navigate(&tools).await.status != 421).await;
    assert!(stage.roles_at(&browser, "tools").await.is_none());
}
