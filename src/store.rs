//! The store: one text of SQL for SQLite and PostgreSQL, and the only room with sqlx.
//!
//! Every function is static SQL with `$1` placeholders that both engines accept; ids and hashes are text, instants are
//! microseconds, JSON is text. A function takes a [`Db`] when it is a unit of its own, a [`Tx`] when it is part of one.
//! What may be written when is the business of the rooms above.

mod conn;
mod error;
mod open;
mod url;
mod value;

pub mod application_tokens;
pub mod audit;
pub mod break_glass;
pub mod catalogue;
pub mod certificates;
pub mod changes;
pub mod client_secrets;
pub mod declared;
pub mod forget;
pub mod grants;
pub mod handoff;
pub mod holders;
pub mod identities;
pub mod people;
pub mod policies;
pub mod search;
pub mod server_keys;
pub mod service_accounts;
pub mod sessions;
pub mod sign_ins;
pub mod tokens;
pub mod users;

#[cfg(test)]
pub(crate) mod kit;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::{PgPool, Postgres, Sqlite, SqlitePool, Transaction};

pub use catalogue::Head;
pub use changes::Change;
pub use error::StoreError;
pub use url::DatabaseUrl;

use conn::{Conn, Engine, in_time};

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    pools: Pools,
    statements: Arc<AtomicU64>,
}

/// Connections by what they are for. Snapshots have their own: pages and previews read for long, and nobody's request to
/// an application waits for them.
#[derive(Clone)]
enum Pools {
    /// SQLite has one writer at a time: a pool of one connection makes writers queue here, where waiting is cheap,
    /// and readers never meet them (WAL).
    Sqlite {
        read: SqlitePool,
        snapshots: SqlitePool,
        write: SqlitePool,
    },
    Postgres {
        pool: PgPool,
        snapshots: PgPool,
    },
}

/// How PostgreSQL begins a transaction whose statements all see one state. To SQLite's readers every one is.
const ONE_STATE: &str = "begin isolation level repeatable read read only";

/// A transaction. Dropped without [`Tx::commit`], it leaves nothing behind.
pub struct Tx {
    inner: TxInner,
    statements: Arc<AtomicU64>,
}

enum TxInner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Db {
    /// Begins a write transaction. On SQLite it holds the one writer until it ends.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        let inner = match &self.pools {
            Pools::Sqlite { write, .. } => TxInner::Sqlite(in_time(write.begin_with("begin immediate")).await?),
            Pools::Postgres { pool, .. } => TxInner::Postgres(in_time(pool.begin()).await?),
        };
        Ok(self.tx(inner))
    }

    /// Begins a read-only transaction whose statements all see one state of the database.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn snapshot(&self) -> Result<Tx, StoreError> {
        let inner = match &self.pools {
            Pools::Sqlite { snapshots, .. } => TxInner::Sqlite(in_time(snapshots.begin()).await?),
            Pools::Postgres { snapshots, .. } => TxInner::Postgres(in_time(snapshots.begin_with(ONE_STATE)).await?),
        };
        Ok(self.tx(inner))
    }

    /// The same for what everybody waits for, such as who a token speaks of or what the routes are made of: brief, and never
    /// behind what admins look at.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn brief_snapshot(&self) -> Result<Tx, StoreError> {
        let inner = match &self.pools {
            Pools::Sqlite { read, .. } => TxInner::Sqlite(in_time(read.begin()).await?),
            Pools::Postgres { pool, .. } => TxInner::Postgres(in_time(pool.begin_with(ONE_STATE)).await?),
        };
        Ok(self.tx(inner))
    }

    fn tx(&self, inner: TxInner) -> Tx {
        Tx { inner, statements: Arc::clone(&self.statements) }
    }

    /// Asks the database for an answer, by the connections that write: what `/readyz` wants to know.
    ///
    /// # Errors
    /// When there is none.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let _: i64 = self.writer().scalar("select version from catalogue_head where id = 1", vec![]).await?;
        Ok(())
    }

    /// Closes every connection, after the statements under way.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { read, snapshots, write } => {
                read.close().await;
                snapshots.close().await;
                write.close().await;
            }
            Pools::Postgres { pool, snapshots } => {
                snapshots.close().await;
                pool.close().await;
            }
        }
    }

    /// Has an SQLite file's log hold nothing any more of what rows were before: it is written into the file, and cut. As
    /// far as no other process is reading it; PostgreSQL forgets in its own time.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn forget_overwritten(&self) -> Result<(), StoreError> {
        if let Pools::Sqlite { .. } = self.pools {
            let _busy: i64 = self.writer().scalar("pragma wal_checkpoint(truncate)", vec![]).await?;
        }
        Ok(())
    }

    /// How many statements have run so far, transactions' beginnings and ends aside: tests hold costs to it.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// For one statement that reads.
    fn reader(&self) -> Conn<'_> {
        let engine = match &self.pools {
            Pools::Sqlite { read, .. } => Engine::SqlitePool(read),
            Pools::Postgres { pool, .. } => Engine::PostgresPool(pool),
        };
        Conn::new(engine, &self.statements)
    }

    /// For one statement that writes, a transaction of its own.
    fn writer(&self) -> Conn<'_> {
        let engine = match &self.pools {
            Pools::Sqlite { write, .. } => Engine::SqlitePool(write),
            Pools::Postgres { pool, .. } => Engine::PostgresPool(pool),
        };
        Conn::new(engine, &self.statements)
    }
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.pools {
            Pools::Sqlite { .. } => "Db(SQLite)",
            Pools::Postgres { .. } => "Db(PostgreSQL)",
        })
    }
}

impl Tx {
    /// Makes everything written in the transaction last.
    ///
    /// # Errors
    /// When the database does not answer or cannot: then nothing lasts.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self.inner {
            TxInner::Sqlite(tx) => in_time(tx.commit()).await?,
            TxInner::Postgres(tx) => in_time(tx.commit()).await?,
        }
        Ok(())
    }

    fn conn(&mut self) -> Conn<'_> {
        let engine = match &mut self.inner {
            TxInner::Sqlite(tx) => Engine::Sqlite(tx),
            TxInner::Postgres(tx) => Engine::Postgres(tx),
        };
        Conn::new(engine, &self.statements)
    }
}
