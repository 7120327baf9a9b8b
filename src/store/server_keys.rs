//! Keys of our own, made once and shared by every process: what seals, and what signs assertions. With a key from outside
//! of the database they are stored sealed, so that the database alone gives neither away.

mod encryption;

use std::collections::HashMap;

use secrecy::SecretString;

use super::value::values;
use super::{Db, StoreError, Tx};
use crate::base::Ambient;

use encryption::Stored;
pub use encryption::{EncryptionKey, EncryptionKeys};

/// How often it is looked again after another process was faster. One that has started as we do leaves nothing to be done:
/// more rounds than two are lost only to processes that are told different keys.
const ROUNDS: u32 = 4;

/// Each key as it is written.
#[derive(Clone, Debug)]
pub struct ServerKeys {
    /// What seals that which browsers and the database keep for us.
    pub sealing: SecretString,
    /// What signs assertions.
    pub assertion: SecretString,
}

/// Why the keys cannot be had. Says nothing of them.
#[derive(Debug, thiserror::Error)]
pub enum ServerKeysError {
    /// The database fails.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key is sealed, and nothing is there to open it with.
    #[error(
        "the server's key `{0}` in the database is sealed: set database.encryption_key or database.encryption_key_file to \
         the key that it was sealed with"
    )]
    Sealed(String),
    /// A key is sealed with something else.
    #[error(
        "the server's key `{0}` in the database was not sealed with database.encryption_key: set that to the key it was \
         sealed with, or, to replace that key, name it in database.previous_encryption_key"
    )]
    Foreign(String),
    /// The cryptographic library refuses; it has no reason to.
    #[error("the server's keys cannot be sealed")]
    Unsealable,
    /// Others write them all the time.
    #[error("other processes keep sealing the server's keys with another key: give all of them the same")]
    Contended,
}

/// The keys that are stored; `fresh` ones are stored where there are none. They are sealed anew if they are not yet as
/// `encryption` wants them. Processes that ask at once get the same ones.
///
/// # Errors
/// When the database fails, or one of them cannot be opened: then nothing was written.
pub async fn get_or_insert(
    db: &Db,
    fresh: &ServerKeys,
    encryption: Option<&EncryptionKeys>,
    ambient: &Ambient,
) -> Result<ServerKeys, ServerKeysError> {
    const ALL: &str = "select purpose, material from server_keys order by purpose";
    for _ in 0..ROUNDS {
        let rows: Vec<(String, String)> = db.reader().all(ALL, vec![]).await?;
        let mut keys = HashMap::new();
        let mut outdated = Vec::new();
        for (purpose, material) in rows {
            let Stored { key, outdated: differs } = encryption::open(&purpose, &material, encryption)?;
            if differs {
                outdated.push((purpose.clone(), material, encryption::seal(&purpose, &key, encryption, ambient)?));
            }
            keys.insert(purpose, key);
        }
        let wanted = [("assertion", &fresh.assertion), ("sealing", &fresh.sealing)];
        let missing: Vec<_> = wanted.into_iter().filter(|(purpose, _)| !keys.contains_key(*purpose)).collect();
        if let (true, Some(sealing), Some(assertion)) =
            (outdated.is_empty(), keys.remove("sealing"), keys.remove("assertion"))
        {
            return Ok(ServerKeys { sealing, assertion });
        }
        // Each of them could be opened: only now is anything written.
        let mut tx = db.begin().await?;
        let mut first = true;
        for (purpose, old, new) in &outdated {
            first &= replace(&mut tx, purpose, old, new).await?;
        }
        for (purpose, key) in missing {
            let material = encryption::seal(purpose, key, encryption, ambient)?;
            first &= insert(&mut tx, purpose, &material, ambient).await?;
        }
        // Where another process was there before us, what it wrote is looked at.
        if first {
            tx.commit().await?;
            if !outdated.is_empty() {
                db.forget_overwritten().await?;
                tracing::info!("the server's keys in the database are sealed with database.encryption_key from now on");
            }
        }
    }
    Err(ServerKeysError::Contended)
}

/// Says whether it stood there as `old`.
async fn replace(tx: &mut Tx, purpose: &str, old: &str, new: &str) -> Result<bool, StoreError> {
    const REPLACE: &str = "update server_keys set material = $3 where purpose = $1 and material = $2";
    Ok(tx.conn().execute(REPLACE, values![purpose, old, new]).await? == 1)
}

/// Says whether there was none.
async fn insert(tx: &mut Tx, purpose: &str, material: &str, ambient: &Ambient) -> Result<bool, StoreError> {
    const INSERT: &str = "insert into server_keys (purpose, material, created_at) values ($1, $2, $3) \
                          on conflict (purpose) do nothing";
    Ok(tx.conn().execute(INSERT, values![purpose, material, ambient.now()]).await? == 1)
}
