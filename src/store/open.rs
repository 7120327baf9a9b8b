//! Opening a database, and bringing it up to date.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::num::NonZero;
use std::ops::RangeInclusive;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::str::FromStr as _;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::{DatabaseUrl, Db, Pools, StoreError, search};

/// How long a statement waits for a connection, or for another process's write to an SQLite file, before it fails:
/// longer than any transaction of ours, shorter than a browser's patience.
const WAIT: Duration = Duration::from_secs(5);
/// Readers of an SQLite file, for one statement at a time: as many as there are cores, within these bounds. Reading is
/// computing, so more would only hold memory.
const SQLITE_READERS: RangeInclusive<usize> = 2..=4;
/// Snapshots of one process at once: what admins look at. The others wait.
pub(super) const SNAPSHOTS: u32 = 4;
/// What each reader of an SQLite file keeps of it, in KiB (below zero, as SQLite has it): the upper levels of the indexes
/// in use. The rest the kernel keeps, once for all of them.
const SQLITE_READ_CACHE: &str = "-256";
/// The same of who writes, which also holds what a transaction has changed so far.
const SQLITE_WRITE_CACHE: &str = "-512";
/// Connections of one process to PostgreSQL, beside those of its snapshots. PostgreSQL's own default allows 100 for all
/// processes together.
const POSTGRES_CONNECTIONS: u32 = 6;

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

impl Db {
    /// Opens the database and applies the migrations it lacks. An SQLite file that does not exist is made, readable
    /// by its owner alone, in a folder that must exist.
    ///
    /// # Errors
    /// When it cannot be opened or migrated, or was migrated by a newer release.
    pub async fn open(url: &DatabaseUrl) -> Result<Self, StoreError> {
        let pools = match (url.sqlite_path(), url.expose_postgres()) {
            (Some(path), _) => open_sqlite(path).await?,
            (None, Some(url)) => open_postgres(url).await?,
            (None, None) => return Err(StoreError::Url),
        };
        let db = Self { pools, statements: Arc::default() };
        // An SQLite file without write permission and a PostgreSQL standby open well enough.
        db.ping().await?;
        let filled = search::fill(&db).await?;
        if filled > 0 && matches!(db.pools, Pools::Postgres { .. }) {
            // It plans by what it knows of a table, and knows nothing of a new one for a while.
            db.writer().execute("analyze search_terms", vec![]).await?;
        }
        Ok(db)
    }
}

async fn open_sqlite(path: &Path) -> Result<Pools, StoreError> {
    create_private(path).map_err(|source| StoreError::File { path: path.to_owned(), source })?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        // A session that was ended must stay ended when the power fails.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(WAIT);
    // What a row no longer holds is no longer in the file: it may have been a key, or a person.
    let writing = options.clone().pragma("secure_delete", "fast").pragma("cache_size", SQLITE_WRITE_CACHE);
    let write = SqlitePoolOptions::new().max_connections(1).acquire_timeout(WAIT).connect_with(writing).await?;
    MIGRATIONS.run(&write).await?;
    let reading = options.read_only(true).pragma("cache_size", SQLITE_READ_CACHE);
    let readers = |most| SqlitePoolOptions::new().max_connections(most).acquire_timeout(WAIT);
    let read = readers(sqlite_readers()).connect_with(reading.clone()).await?;
    Ok(Pools::Sqlite { read, snapshots: readers(SNAPSHOTS).connect_lazy_with(reading), write })
}

/// As many as there are cores, within [`SQLITE_READERS`].
fn sqlite_readers() -> u32 {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    cores.clamp(*SQLITE_READERS.start(), *SQLITE_READERS.end()) as u32
}

/// Makes the file if it is missing. SQLite gives its companions (`-wal`, `-shm`) the same mode.
fn create_private(path: &Path) -> std::io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other.map(drop),
    }
}

async fn open_postgres(url: &str) -> Result<Pools, StoreError> {
    let options = PgConnectOptions::from_str(url).map_err(|_| StoreError::Url)?.application_name("vestibule");
    let pool = |most| PgPoolOptions::new().max_connections(most).acquire_timeout(WAIT);
    let snapshots = pool(SNAPSHOTS).connect_lazy_with(options.clone());
    let pool: PgPool = pool(POSTGRES_CONNECTIONS).connect_with(options).await?;
    MIGRATIONS.run(&pool).await?;
    Ok(Pools::Postgres { pool, snapshots })
}
