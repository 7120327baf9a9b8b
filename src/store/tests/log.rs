use std::time::Duration;

use uuid::Uuid;

use crate::base::Timestamp;
use crate::identity::{SessionId, UserId};
use crate::store::changes::{self, Change};
use crate::store::kit::{on_each, run};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

#[tokio::test]
async fn changes_are_numbered_in_order_and_read_back() {
    on_each(async |db| {
        let user = Change::User(UserId::new(Uuid::from_u128(1)));
        let session = Change::Session(SessionId::new(Uuid::from_u128(2)));
        for batch in [vec![user, session], vec![], vec![Change::Catalogue]] {
            let mut tx = db.begin().await.unwrap();
            changes::append(&mut tx, NOW, &batch).await.unwrap();
            tx.commit().await.unwrap();
        }
        assert_eq!(changes::head(&db).await.unwrap(), 3);
        let all = vec![(1, user), (2, session), (3, Change::Catalogue)];
        assert_eq!(changes::after(&db, 0).await.unwrap(), all);
        assert_eq!(changes::after(&db, 2).await.unwrap(), all[2..]);
        assert_eq!(changes::after(&db, 3).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn a_change_that_is_not_committed_leaves_no_gap() {
    on_each(async |db| {
        let mut tx = db.begin().await.unwrap();
        changes::append(&mut tx, NOW, &[Change::Catalogue]).await.unwrap();
        drop(tx);
        let mut tx = db.begin().await.unwrap();
        changes::append(&mut tx, NOW, &[Change::Catalogue]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(changes::after(&db, 0).await.unwrap(), [(1, Change::Catalogue)]);
    })
    .await;
}

#[tokio::test]
async fn changes_are_read_a_thousand_at_once() {
    on_each(async |db| {
        let many: Vec<Change> = (0..1_203).map(|n| Change::User(UserId::new(Uuid::from_u128(n)))).collect();
        let mut tx = db.begin().await.unwrap();
        changes::append(&mut tx, NOW, &many).await.unwrap();
        tx.commit().await.unwrap();
        let mut read = changes::after(&db, 0).await.unwrap();
        assert_eq!(read.len(), 1_000);
        read.extend(changes::after(&db, 1_000).await.unwrap());
        let expected: Vec<(i64, Change)> = (1..).zip(many).collect();
        assert_eq!(read, expected);
    })
    .await;
}

#[tokio::test]
async fn old_changes_go_and_leave_a_gap_that_shows() {
    on_each(async |db| {
        for at in [NOW, NOW.plus(Duration::from_secs(3_000))] {
            let mut tx = db.begin().await.unwrap();
            changes::append(&mut tx, at, &[Change::Catalogue]).await.unwrap();
            tx.commit().await.unwrap();
        }
        assert_eq!(changes::prune(&db, NOW.plus(Duration::from_secs(3_600))).await.unwrap(), 0);
        assert_eq!(changes::prune(&db, NOW.plus(Duration::from_secs(3_601))).await.unwrap(), 1);
        assert_eq!(changes::after(&db, 0).await.unwrap(), [(2, Change::Catalogue)]);
        assert_eq!(changes::head(&db).await.unwrap(), 2);
    })
    .await;
}

#[tokio::test]
async fn writers_at_once_get_numbers_of_their_own() {
    on_each(async |db| {
        let writers = (0..8).map(|_| {
            let db = db.clone();
            tokio::spawn(async move {
                for _ in 0..5 {
                    let mut tx = db.begin().await.unwrap();
                    changes::append(&mut tx, NOW, &[Change::Catalogue, Change::Catalogue]).await.unwrap();
                    tx.commit().await.unwrap();
                }
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap();
        }
        let numbers: Vec<i64> = changes::after(&db, 0).await.unwrap().into_iter().map(|(number, _)| number).collect();
        assert_eq!(numbers, (1..=80).collect::<Vec<i64>>());
    })
    .await;
}

#[tokio::test]
async fn a_change_of_unknown_kind_is_an_error() {
    on_each(async |db| {
        run(&db, "insert into changes (number, at, kind, subject) values (1, 0, 'moon', '')").await;
        assert!(changes::after(&db, 0).await.is_err());
    })
    .await;
}
