//! What a dangerous change of an IdP touches: the people it already vouched for.

use super::value::{Parsed, values};
use super::{StoreError, Tx, search};
use crate::identity::{IdpKey, UserId};

/// Where identities of an IdP came from, and how many people they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The IdP.
    pub idp: IdpKey,
    /// The issuer of the time.
    pub issuer: String,
    /// The identifier path of the time.
    pub identifier_path: String,
}

/// Where the identities of every IdP came from.
///
/// # Errors
/// When the database fails.
pub async fn sources(tx: &mut Tx) -> Result<Vec<Source>, StoreError> {
    const SQL: &str = "select distinct idp_key, issuer, identifier_path from identities";
    let rows: Vec<(Parsed<IdpKey>, String, String)> = tx.conn().all(SQL, vec![]).await?;
    let source = |(idp, issuer, identifier_path): (Parsed<IdpKey>, String, String)| Source {
        idp: idp.0,
        issuer,
        identifier_path,
    };
    Ok(rows.into_iter().map(source).collect())
}

/// The users who have an identity at that IdP, or wait for one there.
///
/// # Errors
/// When the database fails.
pub async fn people(tx: &mut Tx, idp: IdpKey) -> Result<Vec<UserId>, StoreError> {
    const SQL: &str = "select user_id from identities where idp_key = $1 \
                       union select user_id from expectations where idp_key = $1";
    let rows: Vec<(Parsed<UserId>,)> = tx.conn().all(SQL, values![idp]).await?;
    Ok(rows.into_iter().map(|(user,)| user.0).collect())
}

/// Lets the identities of an IdP count as coming from where it now is.
///
/// # Errors
/// When the database fails.
pub async fn keep(tx: &mut Tx, idp: IdpKey, issuer: &str, identifier_path: &str) -> Result<(), StoreError> {
    const SQL: &str = "update identities set issuer = $2, identifier_path = $3 where idp_key = $1";
    tx.conn().execute(SQL, values![idp, issuer, identifier_path]).await?;
    Ok(())
}

/// Removes the identities of an IdP with what their sign-ins gave and their sessions, whoever waits for one there and
/// has no other, and every expectation there. Users keep what others gave them.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut Tx, idp: IdpKey) -> Result<(), StoreError> {
    const GIVEN: [&str; 2] = [
        "delete from grants where origin in (select 'policy:' || id from identities where idp_key = $1)",
        "delete from server_admins where origin in (select 'policy:' || id from identities where idp_key = $1)",
    ];
    const KNOWN: [&str; 3] = [
        "delete from users where id in (select user_id from expectations where idp_key = $1) \
         and id not in (select user_id from identities) \
         and id not in (select user_id from expectations where idp_key <> $1)",
        "delete from expectations where idp_key = $1",
        "delete from identities where idp_key = $1",
    ];
    for sql in GIVEN {
        tx.conn().execute(sql, values![idp]).await?;
    }
    search::forgetting(tx, idp).await?;
    for sql in KNOWN {
        tx.conn().execute(sql, values![idp]).await?;
    }
    Ok(())
}
