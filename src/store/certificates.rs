//! Certificates ordered from an authority, and what every process must know while one of them orders. What is sealed
//! comes sealed: the room above knows how.

use super::value::{At, values};
use super::{Db, StoreError, Tx};
use crate::base::Timestamp;

/// Of a host the certificate from one directory, and how ordering there goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRow {
    /// The directory.
    pub directory: String,
    /// The host.
    pub host: String,
    /// The last good certificate: its chain in PEM, and its sealed key.
    pub certificate: Option<(String, String)>,
    /// How often ordering has failed since.
    pub failures: i64,
    /// Not ordered again before.
    pub retry_at: Timestamp,
    /// Why it failed last.
    pub cause: Option<String>,
}

/// What an authority may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChallengeRow {
    /// At which host.
    pub host: String,
    /// By what.
    pub token: String,
    /// What it is shown.
    pub proof: String,
    /// When it is of no more use.
    pub expires_at: Timestamp,
}

/// A new certificate.
#[derive(Clone, Copy, Debug)]
pub struct NewCertificate<'a> {
    /// Its chain in PEM.
    pub chain: &'a str,
    /// Its sealed key.
    pub sealed: &'a str,
    /// No other is ordered for the host before.
    pub not_again_before: Timestamp,
}

/// Whether an order may begin.
#[derive(Clone, Copy, Debug)]
pub struct Leave<'a> {
    /// Who asks.
    pub holder: &'a str,
    /// Now.
    pub now: Timestamp,
    /// How long nobody else begins one.
    pub until: Timestamp,
    /// Orders are counted from when the last count began; one that began before this is over.
    pub hour_ago: Timestamp,
    /// Most orders in one count.
    pub most: i64,
}

/// Goes up with every change.
///
/// # Errors
/// When the database fails.
pub async fn version(db: &Db) -> Result<i64, StoreError> {
    db.reader().scalar("select version from acme_head where id = 1", vec![]).await
}

/// What there is, with its version: of hosts those that have changed after `since`. Whoever has read those before need
/// not hear of one that is forgotten.
///
/// # Errors
/// When the database fails.
pub async fn since(db: &Db, since: i64) -> Result<(i64, Vec<HostRow>, Vec<ChallengeRow>), StoreError> {
    const HOSTS: &str = "select directory, host, chain, sealed, failures, retry_at, cause from acme_hosts \
                         where version > $1 order by version";
    const CHALLENGES: &str = "select host, token, proof, expires_at from acme_challenges order by host";
    type Row = (String, String, Option<String>, Option<String>, i64, At, Option<String>);
    let mut tx = db.brief_snapshot().await?;
    let version = tx.conn().scalar("select version from acme_head where id = 1", vec![]).await?;
    let hosts: Vec<Row> = tx.conn().all(HOSTS, values![since]).await?;
    let challenges: Vec<(String, String, String, At)> = tx.conn().all(CHALLENGES, vec![]).await?;
    let host = |(directory, host, chain, sealed, failures, retry_at, cause): Row| HostRow {
        directory,
        host,
        certificate: chain.zip(sealed),
        failures,
        retry_at: retry_at.0,
        cause,
    };
    let challenge = |(host, token, proof, expires_at): (String, String, String, At)| ChallengeRow {
        host,
        token,
        proof,
        expires_at: expires_at.0,
    };
    Ok((version, hosts.into_iter().map(host).collect(), challenges.into_iter().map(challenge).collect()))
}

/// Takes the lease and counts an order, unless another holds it, the authority is left in peace, or there were enough.
///
/// # Errors
/// When the database fails.
pub async fn begin(db: &Db, leave: Leave<'_>) -> Result<bool, StoreError> {
    const SQL: &str = "update acme_head set holder = $1, leased_until = $2, \
                       orders = case when hour_began <= $4 then 1 else orders + 1 end, \
                       hour_began = case when hour_began <= $4 then $3 else hour_began end \
                       where id = 1 and leased_until <= $3 and rest_until <= $3 and (hour_began <= $4 or orders < $5)";
    let Leave { holder, now, until, hour_ago, most } = leave;
    Ok(db.writer().execute(SQL, values![holder, until, now, hour_ago, most]).await? == 1)
}

/// Gives the lease back, if `holder` still has it.
///
/// # Errors
/// When the database fails.
pub async fn end(db: &Db, holder: &str) -> Result<(), StoreError> {
    const SQL: &str = "update acme_head set leased_until = 0 where id = 1 and holder = $1";
    db.writer().execute(SQL, values![holder]).await?;
    Ok(())
}

/// How often the authority itself has failed, one after another.
///
/// # Errors
/// When the database fails.
pub async fn setbacks(db: &Db) -> Result<i64, StoreError> {
    db.reader().scalar("select setbacks from acme_head where id = 1", vec![]).await
}

/// The authority itself failed once more: nothing is ordered until then.
///
/// # Errors
/// When the database fails.
pub async fn rest(db: &Db, until: Timestamp) -> Result<(), StoreError> {
    const SQL: &str = "update acme_head set setbacks = setbacks + 1, rest_until = $1 where id = 1";
    db.writer().execute(SQL, values![until]).await?;
    Ok(())
}

/// The sealed account at a directory.
///
/// # Errors
/// When the database fails.
pub async fn account(db: &Db, directory: &str) -> Result<Option<String>, StoreError> {
    const SQL: &str = "select sealed from acme_accounts where directory = $1";
    let row: Option<(String,)> = db.reader().optional(SQL, values![directory]).await?;
    Ok(row.map(|(sealed,)| sealed))
}

/// Keeps the sealed account at a directory.
///
/// # Errors
/// When the database fails.
pub async fn put_account(db: &Db, directory: &str, sealed: &str, now: Timestamp) -> Result<(), StoreError> {
    const SQL: &str = "insert into acme_accounts (directory, sealed, created_at) values ($1, $2, $3) \
                       on conflict (directory) do update set sealed = excluded.sealed, created_at = excluded.created_at";
    db.writer().execute(SQL, values![directory, sealed, now]).await?;
    Ok(())
}

/// Forgets an account that the directory does not know any more.
///
/// # Errors
/// When the database fails.
pub async fn remove_account(db: &Db, directory: &str) -> Result<(), StoreError> {
    db.writer().execute("delete from acme_accounts where directory = $1", values![directory]).await?;
    Ok(())
}

/// Keeps a new certificate: failures are over, the host's and the authority's, and so is what was shown for it.
///
/// # Errors
/// When the database fails.
pub async fn put(db: &Db, directory: &str, host: &str, new: NewCertificate<'_>) -> Result<(), StoreError> {
    const SQL: &str = "insert into acme_hosts (directory, host, version, chain, sealed, failures, retry_at) \
                       values ($1, $2, $3, $4, $5, 0, $6) on conflict (directory, host) do update set \
                       version = excluded.version, chain = excluded.chain, sealed = excluded.sealed, failures = 0, \
                       retry_at = excluded.retry_at, cause = null";
    let mut tx = db.begin().await?;
    let version = next(&mut tx).await?;
    tx.conn().execute(SQL, values![directory, host, version, new.chain, new.sealed, new.not_again_before]).await?;
    tx.conn().execute("update acme_head set setbacks = 0, rest_until = 0 where id = 1", vec![]).await?;
    withdraw(&mut tx, host).await?;
    tx.commit().await
}

/// Notes that ordering for a host failed once more. What was good stays; what was shown for it goes.
///
/// # Errors
/// When the database fails.
pub async fn put_failure(
    db: &Db,
    directory: &str,
    host: &str,
    retry_at: Timestamp,
    cause: &str,
) -> Result<(), StoreError> {
    const SQL: &str = "insert into acme_hosts (directory, host, version, failures, retry_at, cause) \
                       values ($1, $2, $3, 1, $4, $5) on conflict (directory, host) do update set \
                       version = excluded.version, failures = acme_hosts.failures + 1, \
                       retry_at = excluded.retry_at, cause = excluded.cause";
    let mut tx = db.begin().await?;
    let version = next(&mut tx).await?;
    tx.conn().execute(SQL, values![directory, host, version, retry_at, cause]).await?;
    withdraw(&mut tx, host).await?;
    tx.commit().await
}

/// Tells every process what to show.
///
/// # Errors
/// When the database fails.
pub async fn put_challenge(db: &Db, row: &ChallengeRow) -> Result<(), StoreError> {
    const SQL: &str = "insert into acme_challenges (host, token, proof, expires_at) values ($1, $2, $3, $4) \
                       on conflict (host) do update set token = excluded.token, proof = excluded.proof, \
                       expires_at = excluded.expires_at";
    let mut tx = db.begin().await?;
    next(&mut tx).await?;
    tx.conn().execute(SQL, values![row.host.as_str(), row.token.as_str(), row.proof.as_str(), row.expires_at]).await?;
    tx.commit().await
}

/// Forgets a host at a directory.
///
/// # Errors
/// When the database fails.
pub async fn forget(db: &Db, directory: &str, host: &str) -> Result<(), StoreError> {
    const SQL: &str = "delete from acme_hosts where directory = $1 and host = $2";
    db.writer().execute(SQL, values![directory, host]).await?;
    Ok(())
}

async fn withdraw(tx: &mut Tx, host: &str) -> Result<(), StoreError> {
    tx.conn().execute("delete from acme_challenges where host = $1", values![host]).await?;
    Ok(())
}

/// The version of a change. From here to the commit all others wait, so that nobody reads past one that is not there yet.
async fn next(tx: &mut Tx) -> Result<i64, StoreError> {
    tx.conn().scalar("update acme_head set version = version + 1 where id = 1 returning version", vec![]).await
}
