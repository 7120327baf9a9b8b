//! Settings beside the file: the environment, and secrets in files of their own.

use super::{places, usual};
use crate::kit::process::{Serving, failure, file};
use crate::kit::provider::CLIENT_SECRET;

#[tokio::test]
async fn the_environment_overrides_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let (places, operations) = places(folder.path(), "http://127.0.0.1:9").await;
    let path = file(folder.path(), &usual(&places, 1));
    let listen = format!("127.0.0.1:{operations}");
    let database = format!("sqlite://{}", folder.path().join("other.db").display());
    let variables =
        [("VESTIBULE_SERVER__OPERATIONS_LISTEN", listen.as_str()), ("VESTIBULE_DATABASE__URL", database.as_str())];
    let serving = Serving::start(&path, &variables);
    serving.ready(operations).await;
    assert!(folder.path().join("other.db").exists() && !folder.path().join("vestibule.db").exists());
}

#[tokio::test]
async fn secrets_may_stand_in_files_and_never_in_complaints() {
    let folder = tempfile::tempdir().unwrap();
    let (places, operations) = places(folder.path(), "http://127.0.0.1:9").await;
    let text = usual(&places, operations).replace(&format!("client_secret = \"{CLIENT_SECRET}\"\n"), "");
    let path = file(folder.path(), &text);
    let (code, told) = failure(&["check", "--config", &path], &[]).await;
    assert!(code == Some(2) && told.contains("client_secret"), "{told}");

    let (secret, url) = (folder.path().join("secret"), folder.path().join("url"));
    std::fs::write(&secret, "hunter2\n").unwrap();
    std::fs::write(&url, format!("{}\n", places.database.replace("vestibule.db", "from-file.db"))).unwrap();
    let (secret, url) = (secret.display().to_string(), url.display().to_string());
    let variables = [("VESTIBULE_IDP__COMPANY__CLIENT_SECRET_FILE", secret.as_str())];
    let (code, told) = failure(&["check", "--config", &path], &variables).await;
    assert_eq!(code, Some(0), "{told}");

    // In the file itself as well.
    let in_file = text.replace("client_id = ", &format!("client_secret_file = \"{secret}\"\nclient_id = "));
    let in_file = in_file.replace(&format!("url = \"{}\"", places.database), &format!("url_file = \"{url}\""));
    let serving = Serving::start(&file(folder.path(), &in_file), &[]);
    serving.ready(operations).await;
    assert!(folder.path().join("from-file.db").exists());

    for (name, value) in [
        ("VESTIBULE_IDP__COMPANY__CLIENT_SECRET_FILE", "/nowhere/secret"),
        ("VESTIBULE_IDP__COMPANY__CLIENT_SECRETS", "hunter2"),
        ("VESTIBULE_IDP__OTHER__CLIENT_SECRET", "hunter2"),
    ] {
        let (code, told) = failure(&["check", "--config", &file(folder.path(), &text)], &[(name, value)]).await;
        assert_eq!(code, Some(2), "{name}: {told}");
        assert!(told.contains(name) && !told.contains("hunter2"), "{name}: {told}");
    }
}
