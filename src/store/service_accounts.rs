//! Service accounts: users that are an organization's own and no people.

use sqlx::FromRow;

use super::users::{self, PrincipalRows, UserRow};
use super::value::{At, Parsed, values};
use super::{Db, StoreError, Tx};
use crate::base::Timestamp;
use crate::identity::{Issuer, MachineSubject, OrganizationKey, SubjectClaim, UserId, Username};

/// Adds a service account. It stands in no index of people.
///
/// # Errors
/// [`StoreError::Unique`] if the username is taken; [`StoreError::ForeignKey`] if the organization is gone.
pub async fn insert(tx: &mut Tx, account: &UserRow, organization: OrganizationKey) -> Result<(), StoreError> {
    const SQL: &str = "insert into users (id, username, username_folded, display_name, email, disabled_at, version, \
        created_at, searchable, service_of) values ($1, $2, $3, $4, $5, $6, 1, $7, true, $8)";
    let row = values![
        account.id,
        account.username.as_str(),
        account.username.folded(),
        account.display_name.as_deref(),
        account.email.as_deref(),
        account.disabled_at,
        account.created_at,
        organization,
    ];
    tx.conn().execute(SQL, row).await?;
    Ok(())
}

/// The service accounts of an organization, in the order they were made.
///
/// # Errors
/// When the database fails.
pub async fn of(tx: &mut Tx, organization: OrganizationKey, limit: u32) -> Result<Vec<UserRow>, StoreError> {
    const SQL: &str = "select id, username, display_name, email, disabled_at, created_at from users \
        where service_of = $1 order by id limit $2";
    let rows: Vec<users::Row> = tx.conn().all(SQL, values![organization, i64::from(limit)]).await?;
    Ok(rows.into_iter().map(UserRow::from).collect())
}

/// Takes the account's row until the transaction ends, if it is that organization's.
///
/// # Errors
/// When the database fails.
pub async fn lock(tx: &mut Tx, account: UserId, organization: OrganizationKey) -> Result<Option<UserRow>, StoreError> {
    const SQL: &str = "update users set version = version + 1 where id = $1 and service_of = $2 \
        returning id, username, display_name, email, disabled_at, created_at";
    let row: Option<users::Row> = tx.conn().optional(SQL, values![account, organization]).await?;
    Ok(row.map(UserRow::from))
}

/// How many service accounts an organization has.
///
/// # Errors
/// When the database fails.
pub async fn count(tx: &mut Tx, organization: OrganizationKey) -> Result<i64, StoreError> {
    tx.conn().scalar("select count(*) from users where service_of = $1", values![organization]).await
}

/// Who is behind a service account at `now`: in two statements. `None` if the user is none.
///
/// # Errors
/// When the database fails.
pub async fn principal(db: &Db, account: UserId, now: Timestamp) -> Result<Option<PrincipalRows>, StoreError> {
    const SQL: &str = "select u.username, u.disabled_at, u.display_name, o.key, o.name, o.undeclared_at \
        from users u join organizations o on o.key = u.service_of where u.id = $1";
    #[derive(FromRow)]
    struct Row {
        username: Parsed<Username>,
        disabled_at: Option<At>,
        display_name: Option<String>,
        key: Parsed<OrganizationKey>,
        name: String,
        undeclared_at: Option<At>,
    }
    let row: Option<Row> = db.reader().optional(SQL, values![account]).await?;
    let Some(row) = row else { return Ok(None) };
    let (grants, kept_until) = users::live_grants(db, account, now).await?;
    Ok(Some(PrincipalRows {
        username: row.username.0,
        disabled: row.disabled_at.is_some(),
        display_name: row.display_name,
        email: None,
        provider: row.name,
        idp_owner: Some(row.key.0),
        email_trusted: false,
        idp_live: row.undeclared_at.is_none(),
        server_admin: false,
        grants,
        kept_until,
    }))
}

/// Lets tokens that speak of a subject be the account's.
///
/// # Errors
/// [`StoreError::Unique`] if that subject is an account's in this organization already.
pub async fn bind(
    tx: &mut Tx,
    account: UserId,
    organization: OrganizationKey,
    subject: &MachineSubject,
    now: Timestamp,
) -> Result<(), StoreError> {
    const SQL: &str = "insert into service_subjects (organization_key, issuer, claim, subject, user_id, created_at) \
        values ($1, $2, $3, $4, $5, $6)";
    let MachineSubject { issuer, claim, subject } = subject;
    let row = values![organization, issuer.as_str(), claim.as_str(), subject.as_str(), account, now];
    tx.conn().execute(SQL, row).await?;
    Ok(())
}

/// Lets them be so no more. Says whether they were.
///
/// # Errors
/// When the database fails: then they still are.
pub async fn unbind(
    tx: &mut Tx,
    account: UserId,
    organization: OrganizationKey,
    subject: &MachineSubject,
) -> Result<bool, StoreError> {
    const SQL: &str = "delete from service_subjects where organization_key = $1 and issuer = $2 and claim = $3 \
        and subject = $4 and user_id = $5";
    let MachineSubject { issuer, claim, subject } = subject;
    let row = values![organization, issuer.as_str(), claim.as_str(), subject.as_str(), account];
    Ok(tx.conn().execute(SQL, row).await? == 1)
}

/// The subjects of an organization's accounts, in order.
///
/// # Errors
/// When the database fails.
pub async fn subjects(tx: &mut Tx, organization: OrganizationKey) -> Result<Vec<(UserId, MachineSubject)>, StoreError> {
    const SQL: &str = "select user_id, issuer, claim, subject from service_subjects where organization_key = $1 \
        order by issuer, claim, subject";
    type Row = (Parsed<UserId>, Parsed<Issuer>, Parsed<SubjectClaim>, String);
    let rows: Vec<Row> = tx.conn().all(SQL, values![organization]).await?;
    let subject =
        |(user, issuer, claim, subject): Row| (user.0, MachineSubject { issuer: issuer.0, claim: claim.0, subject });
    Ok(rows.into_iter().map(subject).collect())
}

/// Whose a subject is in that organization.
///
/// # Errors
/// When the database fails.
pub async fn by_subject(
    db: &Db,
    organization: OrganizationKey,
    subject: &MachineSubject,
) -> Result<Option<UserId>, StoreError> {
    const SQL: &str = "select user_id from service_subjects where organization_key = $1 and issuer = $2 \
        and claim = $3 and subject = $4";
    let MachineSubject { issuer, claim, subject } = subject;
    let row = values![organization, issuer.as_str(), claim.as_str(), subject.as_str()];
    let found: Option<(Parsed<UserId>,)> = db.reader().optional(SQL, row).await?;
    Ok(found.map(|(user,)| user.0))
}
