//! What organizations call those who wait for their first sign-in.

use std::collections::HashMap;

use crate::identity::{OrganizationKey, UserId};
use crate::store::value::{BATCH, Parsed, Value, list, values};
use crate::store::{StoreError, Tx};

/// Writes down what an organization calls somebody; the last name counts.
///
/// # Errors
/// When the database fails.
pub async fn call(tx: &mut Tx, user: UserId, organization: OrganizationKey, name: &str) -> Result<(), StoreError> {
    const SQL: &str = "insert into awaited_names (user_id, organization_key, name) values ($1, $2, $3) \
        on conflict (user_id, organization_key) do update set name = excluded.name";
    tx.conn().execute(SQL, values![user, organization, name]).await?;
    Ok(())
}

/// What an organization calls those of these users for whom it has a name.
///
/// # Errors
/// When the database fails.
pub async fn called(
    tx: &mut Tx,
    users: &[UserId],
    organization: OrganizationKey,
) -> Result<HashMap<UserId, String>, StoreError> {
    let mut names = HashMap::new();
    for batch in users.chunks(BATCH) {
        let sql = format!(
            "select user_id, name from awaited_names where organization_key = $1 and user_id in {}",
            list(2, batch.len())
        );
        let mut values = values![organization];
        values.extend(batch.iter().map(|user| Value::from(*user)));
        let rows: Vec<(Parsed<UserId>, String)> = tx.conn().all(sql, values).await?;
        names.extend(rows.into_iter().map(|(user, name)| (user.0, name)));
    }
    Ok(names)
}
