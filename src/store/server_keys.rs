//! Keys of our own, made once and shared by every process on the database.

use secrecy::{ExposeSecret as _, SecretString};

use super::value::values;
use super::{Db, StoreError};
use crate::base::Timestamp;

/// The key for `purpose`: the one that is stored, or else `fresh`, which is then stored. Processes that ask at once get
/// the same one.
///
/// # Errors
/// When the database fails.
pub async fn get_or_insert(
    db: &Db,
    purpose: &str,
    fresh: &SecretString,
    now: Timestamp,
) -> Result<SecretString, StoreError> {
    const GET: &str = "select material from server_keys where purpose = $1";
    const INSERT: &str = "insert into server_keys (purpose, material, created_at) values ($1, $2, $3) \
                          on conflict (purpose) do nothing";
    let stored: Option<(String,)> = db.reader().optional(GET, values![purpose]).await?;
    if let Some((material,)) = stored {
        return Ok(material.into());
    }
    db.writer().execute(INSERT, values![purpose, fresh.expose_secret(), now]).await?;
    let material: String = db.writer().scalar(GET, values![purpose]).await?;
    Ok(material.into())
}
