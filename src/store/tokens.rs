//! Tokens of the REST API. What a token opens is told by its row; whether it still opens it, by who made it.

use sqlx::FromRow;

use super::value::{At, BATCH, Parsed, Value, list, values};
use super::{Db, StoreError, Tx};
use crate::base::{Timestamp, TokenHash};
use crate::identity::{Actor, Opens, OrganizationKey, TokenId, TokenName, Username};

/// A token, without what it is presented as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    /// The token.
    pub id: TokenId,
    /// What people call it.
    pub name: TokenName,
    /// What it opens.
    pub opens: Opens,
    /// Who made it.
    pub made_by: Actor,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it opens nothing.
    pub expires_at: Timestamp,
    /// When it was last presented, to the hour.
    pub last_used_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct Row {
    id: Parsed<TokenId>,
    name: Parsed<TokenName>,
    organization_key: Option<Parsed<OrganizationKey>>,
    made_by: Parsed<Actor>,
    created_at: At,
    expires_at: At,
    last_used_at: Option<At>,
}

impl From<Row> for TokenRow {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.0,
            name: row.name.0,
            opens: Opens::of_row(row.organization_key.map(|key| key.0)),
            made_by: row.made_by.0,
            created_at: row.created_at.0,
            expires_at: row.expires_at.0,
            last_used_at: row.last_used_at.map(|at| at.0),
        }
    }
}

/// Adds a token.
///
/// # Errors
/// [`StoreError::ForeignKey`] if its organization or maker is gone.
pub async fn insert(tx: &mut Tx, token: &TokenRow, hash: &TokenHash) -> Result<(), StoreError> {
    const SQL: &str = "insert into api_tokens \
        (id, name, hash, organization_key, made_by, user_id, created_at, expires_at, last_used_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let user = if let Actor::User(user) = token.made_by { Some(user) } else { None };
    let row = values![
        token.id,
        token.name.as_str(),
        *hash,
        token.opens.organization(),
        token.made_by,
        user,
        token.created_at,
        token.expires_at,
        token.last_used_at,
    ];
    tx.conn().execute(SQL, row).await?;
    Ok(())
}

/// The tokens that open this, the newest first, with what their makers are called.
///
/// # Errors
/// When the database fails.
pub async fn of(tx: &mut Tx, opens: Opens, limit: u32) -> Result<Vec<(TokenRow, Option<Username>)>, StoreError> {
    const SQL: &str = "select t.id, t.name, t.organization_key, t.made_by, t.created_at, t.expires_at, t.last_used_at, \
        u.username from api_tokens t left join users u on u.id = t.user_id \
        where coalesce(t.organization_key, '') = $1 order by t.id desc limit $2";
    #[derive(FromRow)]
    struct Listed {
        #[sqlx(flatten)]
        token: Row,
        username: Option<Parsed<Username>>,
    }
    let rows: Vec<Listed> = tx.conn().all(SQL, values![scope(opens), i64::from(limit)]).await?;
    Ok(rows.into_iter().map(|row| (row.token.into(), row.username.map(|name| name.0))).collect())
}

/// The token of that id, if it opens exactly this.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, id: TokenId, opens: Opens) -> Result<Option<TokenRow>, StoreError> {
    const SQL: &str = "select id, name, organization_key, made_by, created_at, expires_at, last_used_at \
        from api_tokens where id = $1 and coalesce(organization_key, '') = $2";
    let row: Option<Row> = tx.conn().optional(SQL, values![id, scope(opens)]).await?;
    Ok(row.map(TokenRow::from))
}

/// These tokens, as far as they are still there, whatever they open.
///
/// # Errors
/// When the database fails.
pub async fn some(tx: &mut Tx, ids: &[TokenId]) -> Result<Vec<TokenRow>, StoreError> {
    let mut found = Vec::new();
    for batch in ids.chunks(BATCH) {
        let sql = format!(
            "select id, name, organization_key, made_by, created_at, expires_at, last_used_at \
             from api_tokens where id in {}",
            list(1, batch.len())
        );
        let rows: Vec<Row> = tx.conn().all(sql, batch.iter().map(|id| Value::from(*id)).collect()).await?;
        found.extend(rows.into_iter().map(TokenRow::from));
    }
    Ok(found)
}

/// How many tokens open this.
///
/// # Errors
/// When the database fails.
pub async fn count(tx: &mut Tx, opens: Opens) -> Result<i64, StoreError> {
    const SQL: &str = "select count(*) from api_tokens where coalesce(organization_key, '') = $1";
    tx.conn().scalar(SQL, values![scope(opens)]).await
}

/// Ends a token that opens exactly this. Says whether there was one.
///
/// # Errors
/// When the database fails: then it has not ended.
pub async fn delete(tx: &mut Tx, id: TokenId, opens: Opens) -> Result<bool, StoreError> {
    const SQL: &str = "delete from api_tokens where id = $1 and coalesce(organization_key, '') = $2";
    Ok(tx.conn().execute(SQL, values![id, scope(opens)]).await? == 1)
}

/// The token of that hash, if it opens anything at `now`: it has not run out, its organization is live, and who made it
/// is enabled and still may do what it opens, by hand or by what an IdP that is live gave.
///
/// # Errors
/// When the database fails.
pub async fn presented(db: &Db, hash: &TokenHash, now: Timestamp) -> Result<Option<TokenRow>, StoreError> {
    const SQL: &str = "select t.id, t.name, t.organization_key, t.made_by, t.created_at, t.expires_at, t.last_used_at \
        from api_tokens t left join organizations o on o.key = t.organization_key \
        where t.hash = $1 and t.expires_at > $2 and o.undeclared_at is null and (t.user_id is null or exists ( \
        select 1 from users u where u.id = t.user_id and u.disabled_at is null and (exists ( \
        select 1 from server_admins a \
        left join identities i on i.user_id = a.user_id and a.origin = 'policy:' || i.id \
        left join idps p on p.key = i.idp_key \
        where a.user_id = u.id and (a.origin = 'manual' or (p.key is not null and p.undeclared_at is null)) \
        ) or exists ( \
        select 1 from grants g join roles r on r.id = g.role_id \
        left join identities i on i.user_id = g.user_id and g.origin = 'policy:' || i.id \
        left join idps p on p.key = i.idp_key \
        where g.user_id = u.id and r.organization_key = t.organization_key and r.admin and r.undeclared_at is null \
        and (g.kept_until is null or g.kept_until >= $2) \
        and (g.origin = 'manual' or (p.key is not null and p.undeclared_at is null))))))";
    let row: Option<Row> = db.reader().optional(SQL, values![*hash, now]).await?;
    Ok(row.map(TokenRow::from))
}

/// Writes down that a token was presented.
///
/// # Errors
/// When the database fails.
pub async fn touch(db: &Db, id: TokenId, now: Timestamp) -> Result<(), StoreError> {
    db.writer().execute("update api_tokens set last_used_at = $2 where id = $1", values![id, now]).await?;
    Ok(())
}

/// Drops tokens that ran out before `kept_since`.
///
/// # Errors
/// When the database fails.
pub async fn sweep(db: &Db, kept_since: Timestamp) -> Result<u64, StoreError> {
    db.writer().execute("delete from api_tokens where expires_at < $1", values![kept_since]).await
}

/// As the index has it: null is equal to nothing.
fn scope(opens: Opens) -> String {
    opens.organization().map(|key| key.to_string()).unwrap_or_default()
}
