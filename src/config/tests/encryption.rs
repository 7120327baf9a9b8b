//! `[database] encryption_key` and the one before.

use super::{GOOD, bad, good, one_problem};
use crate::store::server_keys::EncryptionKey;

const ONE: &str = "b25lIG9uZSBvbmUgb25lIG9uZSBvbmUgb25lIG9uZSE=";
const TWO: &str = "dHdvIHR3byB0d28gdHdvIHR3byB0d28gdHdvIHR3byE=";
const KEY: &str = "VESTIBULE_DATABASE__ENCRYPTION_KEY";
const PREVIOUS: &str = "VESTIBULE_DATABASE__PREVIOUS_ENCRYPTION_KEY";

fn key(text: &str) -> EncryptionKey {
    EncryptionKey::parse(text).unwrap()
}

#[test]
fn the_encryption_key_is_written_stands_in_the_environment_or_in_a_file() {
    assert!(good(GOOD, &[]).database.encryption.is_none() && good(GOOD, &[]).database.note().is_some());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key").display().to_string();
    std::fs::write(&path, format!("{ONE}\n")).unwrap();
    let written = format!("[database]\nencryption_key = \"{ONE}\"\n{GOOD}");
    let named = format!("[database]\nencryption_key_file = \"{path}\"\n{GOOD}");
    let file = format!("{KEY}_FILE");
    for (text, pairs) in [
        (written.as_str(), &[][..]),
        (&named, &[]),
        (GOOD, &[(KEY, ONE)]),
        (GOOD, &[(&*file, &*path)]),
        (&written.replace(ONE, TWO), &[(KEY, ONE)]),
    ] {
        let settings = good(text, pairs);
        let keys = settings.database.encryption.clone().unwrap();
        assert!(keys.current == key(ONE) && keys.previous.is_none(), "{text} {pairs:?}");
        assert!(settings.database.note().is_none());
        let shown = format!("{settings:?}");
        assert!(!shown.contains(ONE) && !shown.contains("one one"), "{shown}");
    }
    let keys = good(&written, &[(PREVIOUS, TWO)]).database.encryption.unwrap();
    assert!(keys.current == key(ONE) && keys.previous == Some(key(TWO)));
}

#[test]
fn another_key_counts_at_a_start_alone() {
    let (none, one) = (good(GOOD, &[]), good(GOOD, &[(KEY, ONE)]));
    assert_eq!(none.fixed_sections_changed(&one), ["database"]);
    assert_eq!(one.fixed_sections_changed(&good(GOOD, &[(KEY, TWO)])), ["database"]);
    assert_eq!(one.fixed_sections_changed(&one.clone()), [""; 0]);
}

#[test]
fn what_is_no_encryption_key_is_told_without_it() {
    let wrong = "aHVudGVyMg==";
    one_problem(GOOD, &[(KEY, wrong)], "database.encryption_key", "openssl rand -base64 32");
    one_problem(GOOD, &[(KEY, "")], "database.encryption_key", "is empty");
    one_problem(GOOD, &[(PREVIOUS, TWO)], "database.previous_encryption_key", "stands without `encryption_key`");
    one_problem(GOOD, &[(KEY, ONE), (PREVIOUS, ONE)], "database.previous_encryption_key", "is the same");
    one_problem(GOOD, &[(KEY, wrong), (PREVIOUS, TWO)], "database.encryption_key", "32 bytes");
    let (key_file, previous_file) = (format!("{KEY}_FILE"), format!("{PREVIOUS}_FILE"));
    one_problem(GOOD, &[(&key_file, "/nowhere/key")], "database.encryption_key_file", "/nowhere/key");
    one_problem(GOOD, &[(KEY, ONE), (&key_file, "/nowhere/key")], "database.encryption_key_file", "keep one");
    one_problem(
        GOOD,
        &[(KEY, ONE), (&previous_file, "/nowhere/key")],
        "database.previous_encryption_key_file",
        "mount",
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key").display().to_string();
    std::fs::write(&path, wrong).unwrap();
    one_problem(GOOD, &[(&key_file, &path)], "database.encryption_key_file", "openssl rand -base64 32");
    let told = bad(GOOD, &[(KEY, wrong), (PREVIOUS, &ONE[1..])]).to_string();
    assert!(!told.contains(wrong) && !told.contains(&ONE[1..]), "{told}");
}
