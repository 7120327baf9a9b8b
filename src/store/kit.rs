//! For tests: an empty database of each engine. SQLite always; PostgreSQL when `DATABASE_URL` names one, in a schema
//! of its own.

use std::sync::Mutex;

use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, PgPool};

use super::conn::Value;
use super::{DatabaseUrl, Db};
use crate::base::{Ambient, Clock, SystemChance, Timestamp};

/// Runs a test on an empty database of each engine.
pub async fn on_each(test: impl AsyncFn(Db)) {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&DatabaseUrl::sqlite(folder.path().join("test.db"))).await.unwrap();
    test(db.clone()).await;
    db.close().await;

    #[expect(clippy::disallowed_methods, reason = "tests alone learn from the environment where PostgreSQL is")]
    let Ok(url) = std::env::var("DATABASE_URL") else { return };
    let admin: PgPool = PgPoolOptions::new().max_connections(1).connect(&url).await.unwrap();
    let schema = format!("test_{}", Ambient::system().uuid().simple());
    sqlx::query(AssertSqlSafe(format!("create schema {schema}"))).execute(&admin).await.unwrap();
    let separator = if url.contains('?') { '&' } else { '?' };
    let url = format!("{url}{separator}options=-csearch_path%3D{schema}");
    let db = Db::open(&DatabaseUrl::parse(&url).unwrap()).await.unwrap();
    test(db.clone()).await;
    db.close().await;
    sqlx::query(AssertSqlSafe(format!("drop schema {schema} cascade"))).execute(&admin).await.unwrap();
    admin.close().await;
}

/// Runs a statement as it stands, for what no function of the store does.
pub async fn run(db: &Db, sql: &'static str) -> u64 {
    db.writer().execute(sql, vec![]).await.unwrap()
}

/// The only column of the only row.
pub async fn count(db: &Db, sql: &'static str) -> i64 {
    db.reader().scalar(sql, Vec::<Value>::new()).await.unwrap()
}

/// A clock that a test moves, beside true chance.
#[derive(Clone)]
pub struct TestClock(std::sync::Arc<Mutex<Timestamp>>);

impl TestClock {
    /// A clock that stands at some instant, and what carries it.
    pub fn new() -> (Self, Ambient) {
        let clock = Self(std::sync::Arc::new(Mutex::new(Timestamp::from_secs(1_800_000_000))));
        (clock.clone(), Ambient::new(clock, SystemChance::default()))
    }

    /// Moves it forward.
    pub fn advance(&self, by: std::time::Duration) {
        let mut now = self.0.lock().unwrap();
        *now = now.plus(by);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}
