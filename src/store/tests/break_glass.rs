use crate::base::{Timestamp, TokenHash};
use crate::store::break_glass::{add_link, add_session, end, is_good, is_open, take_link};
use crate::store::kit::{count, on_each};

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(secs)
}

#[tokio::test]
async fn a_link_is_taken_once_and_in_time() {
    on_each(async |db| {
        let (good, late) = (TokenHash::of(b"good"), TokenHash::of(b"late"));
        let mut tx = db.begin().await.unwrap();
        add_link(&mut tx, &good, at(100), at(10)).await.unwrap();
        add_link(&mut tx, &late, at(20), at(10)).await.unwrap();
        tx.commit().await.unwrap();
        for (link, now, is) in [(&good, 99, true), (&good, 100, false), (&late, 20, false)] {
            assert_eq!(is_good(&db, link, at(now)).await.unwrap(), is);
        }
        assert!(!is_good(&db, &TokenHash::of(b"other"), at(50)).await.unwrap());
        let mut tx = db.begin().await.unwrap();
        assert!(!take_link(&mut tx, &TokenHash::of(b"other"), at(50)).await.unwrap());
        assert!(!take_link(&mut tx, &late, at(20)).await.unwrap());
        assert!(take_link(&mut tx, &good, at(99)).await.unwrap());
        assert!(!take_link(&mut tx, &good, at(99)).await.unwrap());
        tx.commit().await.unwrap();
        assert!(!is_good(&db, &good, at(50)).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_session_is_open_until_it_ends() {
    on_each(async |db| {
        let session = TokenHash::of(b"session");
        let mut tx = db.begin().await.unwrap();
        add_session(&mut tx, &session, at(10), at(100)).await.unwrap();
        tx.commit().await.unwrap();
        assert!(is_open(&db, &session, at(99)).await.unwrap());
        assert!(!is_open(&db, &session, at(100)).await.unwrap());
        assert!(!is_open(&db, &TokenHash::of(b"other"), at(50)).await.unwrap());
        let mut tx = db.begin().await.unwrap();
        assert!(end(&mut tx, &session).await.unwrap());
        assert!(!end(&mut tx, &session).await.unwrap());
        tx.commit().await.unwrap();
        assert!(!is_open(&db, &session, at(50)).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn what_has_run_out_goes_with_the_next_link() {
    on_each(async |db| {
        let mut tx = db.begin().await.unwrap();
        add_link(&mut tx, &TokenHash::of(b"old"), at(20), at(10)).await.unwrap();
        add_session(&mut tx, &TokenHash::of(b"old session"), at(10), at(20)).await.unwrap();
        add_link(&mut tx, &TokenHash::of(b"new"), at(40), at(30)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(count(&db, "select count(*) from login_links").await, 1);
        assert_eq!(count(&db, "select count(*) from break_glass_sessions").await, 0);
    })
    .await;
}
