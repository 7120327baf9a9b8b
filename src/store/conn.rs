//! Where a statement runs, and what goes in and comes out of it: the one place that knows two engines.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::de::DeserializeOwned;
use sqlx::database::HasStatementCache;
use sqlx::query::Query;
use sqlx::{
    AssertSqlSafe, Database, Decode, Encode, FromRow, PgConnection, PgPool, Postgres, SqlSafeStr, SqlStr, Sqlite,
    SqliteConnection, SqlitePool, Type,
};

use tokio::time::timeout;

use super::StoreError;
use crate::base::{Timestamp, TokenHash};
use crate::identity::{
    Actor, ApplicationKey, AuditId, IdentityId, IdpKey, OrganizationKey, Origin, PolicyId, RoleId, SessionId, SignInId,
    UserId,
};

/// Rows written or named in one statement: far below the placeholders of either engine (32,766 and 65,535).
pub(super) const BATCH: usize = 500;

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
    let query = sqlx::query::<DB>(sql).persistent(persistent);
    values.into_iter().fold(query, |query, value| match value {
        Value::Text(text) => query.bind(text),
        Value::Int(number) => query.bind(number),
        Value::Bool(flag) => query.bind(flag),
    })
}

/// `(first, …, first + count - 1)` as placeholders, for `in`.
pub(super) fn list(first: usize, count: usize) -> String {
    let names: Vec<String> = (first..first + count).map(|number| format!("${number}")).collect();
    format!("({})", names.join(", "))
}

/// `rows` rows of `columns` placeholders, from `$first` on, for `values`.
pub(super) fn rows(first: usize, rows: usize, columns: usize) -> String {
    let lists: Vec<String> = (0..rows).map(|row| list(first + row * columns, columns)).collect();
    lists.join(", ")
}

/// A value on its way into a statement.
pub(super) enum Value {
    Text(Option<String>),
    Int(Option<i64>),
    Bool(bool),
}

/// The values of a statement, in the order of its placeholders.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::conn::Value::from($value)),*] };
}
pub(super) use values;

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(str::to_owned))
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(Some(number))
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<Timestamp> for Value {
    fn from(at: Timestamp) -> Self {
        Self::Int(Some(at.micros()))
    }
}

impl From<Option<Timestamp>> for Value {
    fn from(at: Option<Timestamp>) -> Self {
        Self::Int(at.map(Timestamp::micros))
    }
}

/// Nouns that are stored as the text they show.
macro_rules! shown {
    ($($noun:ty),*) => {$(
        impl From<$noun> for Value {
            fn from(noun: $noun) -> Self {
                Self::Text(Some(noun.to_string()))
            }
        }
        impl From<Option<$noun>> for Value {
            fn from(noun: Option<$noun>) -> Self {
                Self::Text(noun.map(|noun| noun.to_string()))
            }
        }
    )*};
}
shown!(
    Actor,
    ApplicationKey,
    AuditId,
    IdentityId,
    IdpKey,
    OrganizationKey,
    Origin,
    PolicyId,
    RoleId,
    SessionId,
    SignInId,
    UserId,
    TokenHash
);

/// A column of text that is read as a noun.
pub(super) struct Parsed<T>(pub(super) T);

impl<T, DB: Database> Type<DB> for Parsed<T>
where
    String: Type<DB>,
{
    fn type_info() -> DB::TypeInfo {
        String::type_info()
    }

    fn compatible(ty: &DB::TypeInfo) -> bool {
        String::compatible(ty)
    }
}

impl<'r, T, DB: Database> Decode<'r, DB> for Parsed<T>
where
    String: Decode<'r, DB>,
    T: FromStr<Err: Display>,
{
    fn decode(value: DB::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
        let text = String::decode(value)?;
        text.parse().map(Self).map_err(|error: T::Err| error.to_string().into())
    }
}

/// A column of JSON.
pub(super) struct FromJson<T>(pub(super) T);

impl<T, DB: Database> Type<DB> for FromJson<T>
where
    String: Type<DB>,
{
    fn type_info() -> DB::TypeInfo {
        String::type_info()
    }

    fn compatible(ty: &DB::TypeInfo) -> bool {
        String::compatible(ty)
    }
}

impl<'r, T: DeserializeOwned, DB: Database> Decode<'r, DB> for FromJson<T>
where
    String: Decode<'r, DB>,
{
    fn decode(value: DB::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
        Ok(Self(serde_json::from_str(&String::decode(value)?)?))
    }
}

/// A column of microseconds.
pub(super) struct At(pub(super) Timestamp);

impl<DB: Database> Type<DB> for At
where
    i64: Type<DB>,
{
    fn type_info() -> DB::TypeInfo {
        i64::type_info()
    }

    fn compatible(ty: &DB::TypeInfo) -> bool {
        i64::compatible(ty)
    }
}

impl<'r, DB: Database> Decode<'r, DB> for At
where
    i64: Decode<'r, DB>,
{
    fn decode(value: DB::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
        Ok(Self(Timestamp::from_micros(i64::decode(value)?)))
    }
}
