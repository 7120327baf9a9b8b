//! Where a statement runs: the one place that knows two engines.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::database::HasStatementCache;
use sqlx::query::Query;
use sqlx::{
    AssertSqlSafe, Database, Encode, FromRow, PgConnection, PgPool, Postgres, SqlSafeStr, SqlStr, Sqlite,
    SqliteConnection, SqlitePool, Type,
};
use tokio::time::timeout;

use super::StoreError;
use super::value::Value;

/// Longest wait for one statement, with a connection to run it on. A database host that has died says nothing at all,
/// and TCP would wait for it a quarter of an hour.
const PATIENCE: Duration = Duration::from_secs(10);

/// What comes of a statement, if it does in time.
pub(super) async fn in_time<T, E>(statement: impl Future<Output = Result<T, E>>) -> Result<T, StoreError>
where
    StoreError: From<E>,
{
    match timeout(PATIENCE, statement).await {
        Ok(outcome) => Ok(outcome?),
        Err(_) => Err(StoreError::Silent(PATIENCE)),
    }
}

/// A pool or a connection of either engine, for one statement.
pub(super) struct Conn<'a> {
    engine: Engine<'a>,
    statements: &'a AtomicU64,
}

pub(super) enum Engine<'a> {
    SqlitePool(&'a SqlitePool),
    Sqlite(&'a mut SqliteConnection),
    PostgresPool(&'a PgPool),
    Postgres(&'a mut PgConnection),
}

/// Runs one expression with whichever executor there is. `$query` names a function from a text and its values to the
/// engine's query.
macro_rules! dispatch {
    ($conn:expr, $executor:ident => $body:expr) => {{
        $conn.statements.fetch_add(1, Ordering::Relaxed);
        match $conn.engine {
            Engine::SqlitePool($executor) => $body,
            Engine::Sqlite($executor) => $body,
            Engine::PostgresPool($executor) => $body,
            Engine::Postgres($executor) => $body,
        }
    }};
}

/// What a row of either engine can be read into.
pub(super) trait Record:
    for<'r> FromRow<'r, <Sqlite as Database>::Row> + for<'r> FromRow<'r, <Postgres as Database>::Row> + Send + Unpin
{
}

impl<T> Record for T where
    T: for<'r> FromRow<'r, <Sqlite as Database>::Row> + for<'r> FromRow<'r, <Postgres as Database>::Row> + Send + Unpin
{
}

impl<'a> Conn<'a> {
    pub(super) fn new(engine: Engine<'a>, statements: &'a AtomicU64) -> Self {
        Self { engine, statements }
    }

    /// Runs the statement and tells how many rows it touched.
    pub(super) async fn execute(self, sql: impl Text, values: Vec<Value>) -> Result<u64, StoreError> {
        let sql = sql.statement();
        Ok(dispatch!(self, executor => in_time(bound(sql, values).execute(executor)).await?.rows_affected()))
    }

    /// Every row.
    pub(super) async fn all<T: Record>(self, sql: impl Text, values: Vec<Value>) -> Result<Vec<T>, StoreError> {
        let sql = sql.statement();
        dispatch!(self, executor => {
            let rows = in_time(bound(sql, values).fetch_all(executor)).await?;
            Ok(rows.iter().map(T::from_row).collect::<Result<_, _>>()?)
        })
    }

    /// The row, if there is one.
    pub(super) async fn optional<T: Record>(self, sql: impl Text, values: Vec<Value>) -> Result<Option<T>, StoreError> {
        let sql = sql.statement();
        dispatch!(self, executor => {
            let row = in_time(bound(sql, values).fetch_optional(executor)).await?;
            Ok(row.as_ref().map(T::from_row).transpose()?)
        })
    }

    /// The only column of the only row.
    pub(super) async fn scalar<T>(self, sql: impl Text, values: Vec<Value>) -> Result<T, StoreError>
    where
        (T,): Record,
    {
        let row: Option<(T,)> = self.optional(sql, values).await?;
        Ok(row.ok_or_else(|| StoreError::Database(sqlx::Error::RowNotFound))?.0)
    }
}

/// A statement's text: written here, or put together here of written parts and placeholders.
pub(super) trait Text {
    fn statement(self) -> (SqlStr, bool);
}

/// Kept prepared: there are only as many of them as stand in the source.
impl Text for &'static str {
    fn statement(self) -> (SqlStr, bool) {
        (self.into_sql_str(), true)
    }
}

/// Not kept prepared: there is one for every number of rows.
impl Text for String {
    fn statement(self) -> (SqlStr, bool) {
        (AssertSqlSafe(self).into_sql_str(), false)
    }
}

fn bound<'q, DB>((sql, persistent): (SqlStr, bool), values: Vec<Value>) -> Query<'q, DB, <DB as Database>::Arguments>
where
    DB: Database + HasStatementCache,
    Option<String>: Encode<'q, DB> + Type<DB>,
    Option<i64>: Encode<'q, DB> + Type<DB>,
    bool: Encode<'q, DB> + Type<DB>,
    DB::Arguments: 'q,
{
    #[cfg(test)]
    super::kit::plans::note(sql.as_str(), &values);
    let query = sqlx::query::<DB>(sql).persistent(persistent);
    values.into_iter().fold(query, |query, value| match value {
        Value::Text(text) => query.bind(text),
        Value::Int(number) => query.bind(number),
        Value::Bool(flag) => query.bind(flag),
    })
}
