//! Whom users made beforehand wait for.

use sqlx::FromRow;

use crate::base::Timestamp;
use crate::identity::{Email, IdpKey, UserId, Username};
use crate::store::users::UserRow;
use crate::store::value::{At, Parsed, list, values};
use crate::store::{StoreError, Tx};

/// Whom a user made beforehand waits for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Awaited {
    /// The identity with exactly this identifier.
    Identifier(String),
    /// The first identity that shows this address as verified.
    Email(String),
}

impl Awaited {
    fn kind(&self) -> &'static str {
        match self {
            Self::Identifier(_) => "identifier",
            Self::Email(_) => "email",
        }
    }

    fn value(&self) -> String {
        match self {
            Self::Identifier(identifier) => identifier.clone(),
            Self::Email(address) => Email::folded(address),
        }
    }
}

/// A user whom an expectation led to.
#[derive(Clone, Debug)]
pub struct Match {
    /// The user.
    pub user: UserRow,
    /// Whether they have never signed in anywhere.
    pub waiting: bool,
}

#[derive(FromRow)]
struct MatchRow {
    id: Parsed<UserId>,
    username: Parsed<Username>,
    display_name: Option<String>,
    email: Option<String>,
    disabled_at: Option<At>,
    created_at: At,
    identities: i64,
}

/// The users who wait for that identifier or that verified address at that IdP, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn awaiting(
    tx: &mut Tx,
    idp: IdpKey,
    identifier: &str,
    verified_email: Option<&str>,
) -> Result<Vec<Match>, StoreError> {
    const SQL: &str = "select distinct u.id, u.username, u.display_name, u.email, u.disabled_at, u.created_at, \
        (select count(*) from identities i where i.user_id = u.id) as identities \
        from expectations e join users u on u.id = e.user_id where e.idp_key = $1 \
        and ((e.kind = 'identifier' and e.value = $2) or (e.kind = 'email' and e.value = $3)) \
        order by u.created_at, u.id";
    let values = values![idp, identifier, verified_email.map(Email::folded).as_deref()];
    let rows: Vec<MatchRow> = tx.conn().all(SQL, values).await?;
    let matched = |row: MatchRow| Match {
        user: UserRow {
            id: row.id.0,
            username: row.username.0,
            display_name: row.display_name,
            email: row.email,
            disabled_at: row.disabled_at.map(|at| at.0),
            created_at: row.created_at.0,
        },
        waiting: row.identities == 0,
    };
    Ok(rows.into_iter().map(matched).collect())
}

/// The user of an expectation.
///
/// # Errors
/// When the database fails.
pub async fn expected(tx: &mut Tx, idp: IdpKey, awaited: &Awaited) -> Result<Option<UserId>, StoreError> {
    const SQL: &str = "select user_id from expectations where idp_key = $1 and kind = $2 and value = $3";
    let row: Option<(Parsed<UserId>,)> = tx.conn().optional(SQL, values![idp, awaited.kind(), awaited.value()]).await?;
    Ok(row.map(|(user,)| user.0))
}

/// Lets a user wait.
///
/// # Errors
/// [`StoreError::Unique`] if another waits for the same already.
pub async fn expect(
    tx: &mut Tx,
    idp: IdpKey,
    awaited: &Awaited,
    user: UserId,
    now: Timestamp,
) -> Result<(), StoreError> {
    const SQL: &str =
        "insert into expectations (idp_key, kind, value, user_id, created_at) values ($1, $2, $3, $4, $5)";
    tx.conn().execute(SQL, values![idp, awaited.kind(), awaited.value(), user, now]).await?;
    Ok(())
}

/// Ends a user's waiting at that IdP.
///
/// # Errors
/// When the database fails.
pub async fn met(tx: &mut Tx, idp: IdpKey, user: UserId) -> Result<(), StoreError> {
    const SQL: &str = "delete from expectations where idp_key = $1 and user_id = $2";
    tx.conn().execute(SQL, values![idp, user]).await?;
    Ok(())
}

/// Whom these users wait for, and where.
///
/// # Errors
/// When the database fails.
pub async fn awaited_by(tx: &mut Tx, users: &[UserId]) -> Result<Vec<(UserId, IdpKey, Awaited)>, StoreError> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "select user_id, idp_key, kind, value from expectations where user_id in {} order by created_at, value",
        list(1, users.len())
    );
    type Row = (Parsed<UserId>, Parsed<IdpKey>, String, String);
    let rows: Vec<Row> = tx.conn().all(sql, users.iter().flat_map(|user| values![*user]).collect()).await?;
    let awaited = |(user, idp, kind, value): Row| {
        let awaited = if kind == "email" { Awaited::Email(value) } else { Awaited::Identifier(value) };
        (user.0, idp.0, awaited)
    };
    Ok(rows.into_iter().map(awaited).collect())
}
