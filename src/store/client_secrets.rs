//! Client secrets that were typed in the console. What is stored is sealed: the room above knows how.

use std::collections::HashSet;

use super::value::{Parsed, values};
use super::{StoreError, Tx};
use crate::base::Timestamp;
use crate::identity::IdpKey;

/// Every sealed secret.
///
/// # Errors
/// When the database fails.
pub async fn all(tx: &mut Tx) -> Result<Vec<(IdpKey, String)>, StoreError> {
    let rows: Vec<(Parsed<IdpKey>, String)> =
        tx.conn().all("select idp_key, sealed from client_secrets", vec![]).await?;
    Ok(rows.into_iter().map(|(idp, sealed)| (idp.0, sealed)).collect())
}

/// The IdPs that have one.
///
/// # Errors
/// When the database fails.
pub async fn holders(tx: &mut Tx) -> Result<HashSet<IdpKey>, StoreError> {
    let rows: Vec<(Parsed<IdpKey>,)> = tx.conn().all("select idp_key from client_secrets", vec![]).await?;
    Ok(rows.into_iter().map(|(idp,)| idp.0).collect())
}

/// Whether that IdP has one.
///
/// # Errors
/// When the database fails.
pub async fn is_there(tx: &mut Tx, idp: IdpKey) -> Result<bool, StoreError> {
    const SQL: &str = "select count(*) from client_secrets where idp_key = $1";
    Ok(tx.conn().scalar::<i64>(SQL, values![idp]).await? > 0)
}

/// Writes the sealed secret of an IdP, new or changed.
///
/// # Errors
/// When there is no such IdP, or the database fails.
pub async fn put(tx: &mut Tx, idp: IdpKey, sealed: &str, now: Timestamp) -> Result<(), StoreError> {
    const SQL: &str = "insert into client_secrets (idp_key, sealed, changed_at) values ($1, $2, $3) \
        on conflict (idp_key) do update set sealed = excluded.sealed, changed_at = excluded.changed_at";
    tx.conn().execute(SQL, values![idp, sealed, now]).await?;
    Ok(())
}

/// Removes the secret of an IdP, if it has one.
///
/// # Errors
/// When the database fails.
pub async fn remove(tx: &mut Tx, idp: IdpKey) -> Result<(), StoreError> {
    tx.conn().execute("delete from client_secrets where idp_key = $1", values![idp]).await?;
    Ok(())
}
