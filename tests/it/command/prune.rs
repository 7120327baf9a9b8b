//! What has gone from the file is kept until it is pruned.

use super::{places, usual};
use crate::kit::process::{failure, file, run};

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
