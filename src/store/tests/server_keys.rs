use std::collections::HashSet;

use secrecy::{ExposeSecret as _, SecretString};

use crate::base::Ambient;
use crate::store::Db;
use crate::store::kit::{count, on_each, run};
use crate::store::server_keys::{EncryptionKey, EncryptionKeys, ServerKeys, ServerKeysError, get_or_insert};

const ONE: &str = "b25lIG9uZSBvbmUgb25lIG9uZSBvbmUgb25lIG9uZSE=";
const TWO: &str = "dHdvIHR3byB0d28gdHdvIHR3byB0d28gdHdvIHR3byE=";

const SEALED: &str = "select count(*) from server_keys where material like 'sealed:%'";
/// As they are written by a process without a key from outside.
const PLAIN: &str = "insert into server_keys (purpose, material, created_at) \
                     values ('sealing', 'cGxhaW4=', 1), ('assertion', 'cGxhaW5lcg==', 1)";

fn keys(current: &str, previous: Option<&str>) -> EncryptionKeys {
    let key = |text| EncryptionKey::parse(text).unwrap();
    EncryptionKeys { current: key(current), previous: previous.map(key) }
}

fn fresh(name: &str) -> ServerKeys {
    ServerKeys { sealing: format!("seal {name}").into(), assertion: format!("sign {name}").into() }
}

async fn taken(db: &Db, encryption: Option<&EncryptionKeys>) -> Result<(String, String), ServerKeysError> {
    let shown = |key: SecretString| key.expose_secret().to_owned();
    let keys = get_or_insert(db, &fresh("late"), encryption, &Ambient::system()).await?;
    Ok((shown(keys.sealing), shown(keys.assertion)))
}

/// What eight processes get that ask at once, which must be the same.
async fn taken_at_once(db: &Db, encryption: Option<EncryptionKeys>) -> (String, String) {
    let asked = (0..8).map(|n| {
        let (db, encryption) = (db.clone(), encryption.clone());
        tokio::spawn(async move {
            let keys = get_or_insert(&db, &fresh(&n.to_string()), encryption.as_ref(), &Ambient::system()).await;
            let keys = keys.unwrap();
            (keys.sealing.expose_secret().to_owned(), keys.assertion.expose_secret().to_owned())
        })
    });
    let mut taken = HashSet::new();
    for one in asked.collect::<Vec<_>>() {
        taken.insert(one.await.unwrap());
    }
    assert_eq!(taken.len(), 1, "{taken:?}");
    assert_eq!(count(db, "select count(*) from server_keys").await, 2);
    taken.into_iter().next().unwrap()
}

fn plain() -> (String, String) {
    ("cGxhaW4=".to_owned(), "cGxhaW5lcg==".to_owned())
}

#[tokio::test]
async fn server_keys_are_made_once_and_lie_as_they_are() {
    on_each(async |db| {
        let made = taken_at_once(&db, None).await;
        assert_eq!(count(&db, SEALED).await, 0);
        assert_eq!(taken(&db, None).await.unwrap(), made);
    })
    .await;
}

#[tokio::test]
async fn server_keys_are_made_once_and_sealed() {
    on_each(async |db| {
        let made = taken_at_once(&db, Some(keys(ONE, None))).await;
        assert_eq!(count(&db, SEALED).await, 2);
        assert_eq!(taken(&db, Some(&keys(ONE, None))).await.unwrap(), made);
    })
    .await;
}

#[tokio::test]
async fn keys_that_lie_open_are_sealed_by_processes_that_start_at_once() {
    on_each(async |db| {
        run(&db, PLAIN).await;
        assert_eq!(taken_at_once(&db, Some(keys(ONE, None))).await, plain());
        assert_eq!(count(&db, SEALED).await, 2);
        assert_eq!(taken_at_once(&db, Some(keys(TWO, Some(ONE)))).await, plain());
        assert!(matches!(taken(&db, Some(&keys(ONE, None))).await, Err(ServerKeysError::Foreign(_))));
        assert_eq!(taken(&db, Some(&keys(TWO, None))).await.unwrap(), plain());
    })
    .await;
}

#[tokio::test]
async fn sealed_keys_are_opened_with_their_own_key_alone_and_else_nothing_is_written() {
    on_each(async |db| {
        run(&db, PLAIN).await;
        taken(&db, Some(&keys(ONE, None))).await.unwrap();
        assert!(matches!(taken(&db, None).await, Err(ServerKeysError::Sealed(_))));
        for wrong in [keys(TWO, None), keys(TWO, Some(TWO))] {
            assert!(matches!(taken(&db, Some(&wrong)).await, Err(ServerKeysError::Foreign(_))));
        }
        assert_eq!(taken(&db, Some(&keys(ONE, Some(TWO)))).await.unwrap(), plain());

        // Half of it could be read, and half is missing.
        run(&db, "update server_keys set material = 'cGxhaW4=' where purpose = 'assertion'").await;
        assert!(taken(&db, Some(&keys(TWO, None))).await.is_err() && count(&db, SEALED).await == 1);
        run(&db, "delete from server_keys where purpose = 'assertion'").await;
        assert!(taken(&db, Some(&keys(TWO, None))).await.is_err());
        assert_eq!(count(&db, "select count(*) from server_keys").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_sealed_key_is_taken_for_no_other() {
    on_each(async |db| {
        taken(&db, Some(&keys(ONE, None))).await.unwrap();
        run(
            &db,
            "update server_keys set material = (select material from server_keys where purpose = 'sealing') \
             where purpose = 'assertion'",
        )
        .await;
        let error = taken(&db, Some(&keys(ONE, None))).await.unwrap_err().to_string();
        assert!(error.contains("`assertion`") && error.contains("database.encryption_key"), "{error}");
    })
    .await;
}

#[test]
fn an_encryption_key_is_32_bytes_in_base64_and_shows_nothing() {
    for bad in ["", "x", &ONE[..43], &TWO[4..], &format!("{ONE}\n"), &format!("{ONE}{ONE}"), &"0f".repeat(32)] {
        let error = EncryptionKey::parse(bad).unwrap_err().to_string();
        assert!(error.contains("openssl rand -base64 32"), "{bad}");
    }
    let keys = keys(ONE, Some(TWO));
    assert!(keys.current == EncryptionKey::parse(ONE).unwrap() && Some(&keys.current) != keys.previous.as_ref());
    assert_eq!(format!("{keys:?}"), "EncryptionKeys { current: EncryptionKey(…), previous: Some(EncryptionKey(…)) }");
}
