use std::time::Duration;

use uuid::Uuid;

use super::*;
use crate::base::Timestamp;
use crate::store::kit::{TestClock, count, on_each, run};

fn denied(session: u128, path: &str) -> EntryDenied<'_> {
    EntryDenied {
        user: UserId::new(Uuid::from_u128(1)),
        identity: Some(IdentityId::new(Uuid::from_u128(2))),
        session: Some(SessionId::new(Uuid::from_u128(session))),
        application: ApplicationKey::new(Uuid::from_u128(3)),
        organization: OrganizationKey::new(Uuid::from_u128(4)),
        path,
        reason: "no role",
    }
}

async fn found(db: &Db, reference: &Reference) -> Option<AuditRow> {
    let mut tx = db.snapshot().await.unwrap();
    store::audit::by_reference(&mut tx, reference.as_str()).await.unwrap()
}

#[tokio::test]
async fn refusals_are_one_line_per_session_application_and_minute_in_every_process() {
    on_each(async |db| {
        let (clock, ambient) = TestClock::new();
        let (one, other) = (Denials::new(db.clone(), ambient.clone()), Denials::new(db.clone(), ambient.clone()));
        let begun = ambient.now();
        let reference = one.count(&denied(9, "/first"));
        assert_eq!(one.count(&denied(9, "/second")), reference);
        assert_eq!(other.count(&denied(9, "/elsewhere")), reference);
        assert_ne!(one.count(&denied(10, "/first")), reference);
        one.write().await.unwrap();
        other.write().await.unwrap();
        let line = found(&db, &reference).await.unwrap();
        assert_eq!((line.count, line.at, line.action.as_str()), (3, begun, "entry-denied"));
        assert_eq!(line.detail.as_deref(), Some("/first: no role"));
        // Nothing is counted twice, and the next minute is another line.
        one.write().await.unwrap();
        clock.advance(Duration::from_secs(60));
        assert_ne!(one.count(&denied(9, "/first")), reference);
        one.write().await.unwrap();
        assert_eq!(found(&db, &reference).await.unwrap().count, 3);
        assert_eq!(count(&db, "select count(*) from audit").await, 3);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_written_waits_on() {
    on_each(async |db| {
        let (_, ambient) = TestClock::new();
        let denials = Denials::new(db.clone(), ambient);
        let reference = denials.count(&denied(9, "/"));
        run(&db, "alter table audit rename to away").await;
        assert!(denials.write().await.is_err());
        denials.count(&denied(9, "/"));
        run(&db, "alter table away rename to audit").await;
        denials.write().await.unwrap();
        assert_eq!(found(&db, &reference).await.unwrap().count, 2);
    })
    .await;
}

#[tokio::test]
async fn a_flood_of_sessions_does_not_fill_the_memory() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&crate::store::DatabaseUrl::sqlite(folder.path().join("test.db"))).await.unwrap();
    let (_, ambient) = TestClock::new();
    let denials = Denials::new(db, ambient);
    for session in 0..MAX_WAITING as u128 + 10 {
        denials.count(&denied(session, &"x".repeat(5_000)));
    }
    let waiting = denials.waiting.lock().unwrap();
    assert_eq!(waiting.len(), MAX_WAITING);
    assert!(waiting.values().all(|line| line.detail.as_ref().unwrap().len() < 300));
    assert!(waiting.values().all(|line| line.at > Timestamp::from_secs(0)));
}
