use std::os::unix::fs::PermissionsExt as _;

use crate::store::kit::{count, on_each, run};
use crate::store::open::SNAPSHOTS;
use crate::store::{DatabaseUrl, Db, StoreError};

#[tokio::test]
async fn an_sqlite_file_is_private_and_opens_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vestibule.db");
    let url = DatabaseUrl::sqlite(&path);
    let db = Db::open(&url).await.unwrap();
    run(&db, "update catalogue_head set version = 7").await;
    for name in ["vestibule.db", "vestibule.db-wal"] {
        let mode = std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    db.close().await;
    let db = Db::open(&url).await.unwrap();
    let mut tx = db.snapshot().await.unwrap();
    assert_eq!(crate::store::catalogue::version(&mut tx).await.unwrap(), 7);
}

#[tokio::test]
async fn what_a_database_of_before_the_counts_tells_is_counted() {
    use sqlx::migrate::Migrator;
    use sqlx::sqlite::SqlitePoolOptions;

    use crate::store::open::MIGRATIONS;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vestibule.db");
    let older = MIGRATIONS.iter().filter(|migration| migration.version < 8).cloned().collect::<Vec<_>>();
    let before = Migrator { migrations: older.into(), ..Migrator::DEFAULT };
    let pool = SqlitePoolOptions::new().connect(&format!("sqlite://{}?mode=rwc", path.display())).await.unwrap();
    before.run(&pool).await.unwrap();
    for (id, day, action, count) in [("1", 3, "a", 1), ("2", 3, "a", 4), ("3", 4, "a", 1), ("4", 4, "b", 2)] {
        let sql = "insert into audit (id, at, action, actor, count) values (?, ? * 86400000000 + 5, ?, 'file', ?)";
        sqlx::query(sql).bind(id).bind(day).bind(action).bind(count).execute(&pool).await.unwrap();
    }
    pool.close().await;
    let db = Db::open(&DatabaseUrl::sqlite(&path)).await.unwrap();
    let mut tx = db.snapshot().await.unwrap();
    let since = crate::base::Timestamp::from_micros(0);
    let mut counted = crate::store::audit::by_day(&mut tx, ["a", "b", "c"], since).await.unwrap();
    counted.sort();
    assert_eq!(counted, [(3, "a".to_owned(), 5), (4, "a".to_owned(), 1), (4, "b".to_owned(), 2)]);
}

#[tokio::test]
async fn an_sqlite_file_needs_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing/vestibule.db");
    let error = Db::open(&DatabaseUrl::sqlite(&path)).await.unwrap_err();
    assert!(matches!(&error, StoreError::File { .. }), "{error}");
    assert!(error.to_string().contains("missing/vestibule.db"), "{error}");
}

#[tokio::test]
async fn a_database_of_a_newer_release_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::sqlite(folder.path().join("vestibule.db"));
    let db = Db::open(&url).await.unwrap();
    run(&db, "update _sqlx_migrations set version = 9999 where version = 2").await;
    db.close().await;
    let error = Db::open(&url).await.unwrap_err();
    assert!(matches!(error, StoreError::Newer(9999)), "{error}");
}

#[tokio::test]
async fn a_database_answers_and_a_closed_one_does_not() {
    on_each(async |db| {
        db.ping().await.unwrap();
        db.close().await;
        assert!(db.ping().await.is_err());
    })
    .await;
}

#[tokio::test]
async fn a_transaction_is_all_or_nothing() {
    on_each(async |db| {
        let mut tx = db.begin().await.unwrap();
        crate::store::catalogue::bump(&mut tx).await.unwrap();
        drop(tx);
        let mut tx = db.begin().await.unwrap();
        assert_eq!(crate::store::catalogue::version(&mut tx).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_snapshot_reads_one_state_and_writes_nothing() {
    on_each(async |db| {
        let mut snapshot = db.snapshot().await.unwrap();
        assert_eq!(crate::store::catalogue::version(&mut snapshot).await.unwrap(), 0);
        run(&db, "update catalogue_head set version = 5").await;
        assert_eq!(crate::store::catalogue::version(&mut snapshot).await.unwrap(), 0);
        assert!(crate::store::catalogue::bump(&mut snapshot).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn what_is_read_at_once_never_waits_for_snapshots() {
    on_each(async |db| {
        // More than all connections together: whoever got none of theirs takes the next one that is free.
        let (began, mut begun) = tokio::sync::mpsc::channel(1);
        let mut holders = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let (db, began) = (db.clone(), began.clone());
            holders.spawn(async move {
                let _held = db.snapshot().await;
                let _ = began.send(()).await;
                std::future::pending::<()>().await;
            });
        }
        for _ in 0..SNAPSHOTS {
            begun.recv().await.unwrap();
        }
        for _ in 0..20 {
            assert_eq!(count(&db, "select version from catalogue_head").await, 0);
            let mut brief = db.brief_snapshot().await.unwrap();
            assert_eq!(crate::store::catalogue::version(&mut brief).await.unwrap(), 0);
        }
        holders.shutdown().await;
    })
    .await;
}
