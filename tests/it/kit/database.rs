//! Looking into the server's SQLite database from outside, as whoever steals it would.

use std::collections::BTreeMap;
use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, Row as _};

/// An open database, to be read.
pub struct Database(SqlitePool);

impl Database {
    /// Opens the file.
    pub async fn open(path: &Path) -> Self {
        let options = SqliteConnectOptions::new().filename(path);
        Self(SqlitePoolOptions::new().max_connections(1).connect_with(options).await.expect("the database"))
    }

    /// The only number that a query gives.
    pub async fn number(&self, sql: &str) -> i64 {
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&self.0).await.expect("a number")
    }

    /// The first column of every row.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let rows = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(&self.0).await.expect("rows");
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// How many sessions there are.
    pub async fn sessions(&self) -> i64 {
        self.number("select count(*) from sessions").await
    }

    /// Every row of every table, as text.
    pub async fn dump(&self) -> BTreeMap<String, Vec<String>> {
        let tables = self.texts("select name from sqlite_master where type = 'table' order by name").await;
        let mut dump = BTreeMap::new();
        for table in tables {
            let columns = format!("select 'quote(\"' || name || '\")' from pragma_table_info('{table}')");
            let columns = self.texts(&columns).await.join(" || ' | ' || ");
            let rows = self.texts(&format!("select {columns} as line from \"{table}\" order by line")).await;
            dump.insert(table, rows);
        }
        dump
    }

    /// Runs a statement.
    pub async fn run(&self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&self.0).await.expect("the statement runs");
    }
}
