//! The audit log. Rows outlive what they speak of: their ids are those of then, and refer to nothing.

mod counted;
mod lines;

use serde_json::{Map, Value as Json, json};
use sqlx::FromRow;

use super::value::{At, BATCH, FromJson, Parsed, Value, list, rows, values};
use super::{Db, StoreError, Tx};
use crate::base::Timestamp;
use crate::identity::{Actor, ApplicationKey, AuditId, IdentityId, IdpKey, OrganizationKey, SessionId, UserId};

pub use counted::{DAY, add_up, by_day};
pub use lines::{Lines, Order, Sought, lines};

/// Whom and what a line is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The user.
    pub user: Option<UserId>,
    /// Which of their identities.
    pub identity: Option<IdentityId>,
    /// The IdP.
    pub idp: Option<IdpKey>,
    /// The organization.
    pub organization: Option<OrganizationKey>,
    /// The application.
    pub application: Option<ApplicationKey>,
    /// The session.
    pub session: Option<SessionId>,
}

/// One line of the audit log.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditRow {
    /// The line; ids sort by time.
    pub id: AuditId,
    /// When; of counted lines, the first time.
    pub at: Timestamp,
    /// What, such as `sign-in`.
    pub action: String,
    /// Who did it.
    pub actor: Actor,
    /// What the page showed, if there was one.
    pub reference: Option<String>,
    /// Whom and what it is about.
    pub about: About,
    /// How often.
    pub count: i64,
    /// Why, in words.
    pub detail: Option<String>,
    /// What was, of what changed.
    pub before: Option<Json>,
    /// What is now, of what changed.
    pub after: Option<Json>,
}

impl AuditRow {
    /// As JSON; what it does not tell is left out.
    pub fn to_json(&self) -> Json {
        let text = |id: Option<String>| id.map_or(Json::Null, Json::String);
        let mut told: Map<String, Json> = Map::new();
        for (key, value) in [
            ("id", json!(self.id.to_string())),
            ("at", json!(self.at.to_string())),
            ("action", json!(self.action)),
            ("actor", json!(self.actor.to_string())),
            ("reference", text(self.reference.clone())),
            ("user", text(self.about.user.map(|id| id.to_string()))),
            ("identity", text(self.about.identity.map(|id| id.to_string()))),
            ("idp", text(self.about.idp.map(|key| key.to_string()))),
            ("organization", text(self.about.organization.map(|key| key.to_string()))),
            ("application", text(self.about.application.map(|key| key.to_string()))),
            ("session", text(self.about.session.map(|id| id.to_string()))),
            ("count", json!(self.count)),
            ("detail", text(self.detail.clone())),
            ("before", self.before.clone().unwrap_or_default()),
            ("after", self.after.clone().unwrap_or_default()),
        ] {
            if !value.is_null() {
                told.insert(key.to_owned(), value);
            }
        }
        Json::Object(told)
    }
}

#[derive(FromRow)]
struct Row {
    id: Parsed<AuditId>,
    at: At,
    action: String,
    actor: Parsed<Actor>,
    reference: Option<String>,
    user_id: Option<Parsed<UserId>>,
    identity_id: Option<Parsed<IdentityId>>,
    idp_key: Option<Parsed<IdpKey>>,
    organization_key: Option<Parsed<OrganizationKey>>,
    application_key: Option<Parsed<ApplicationKey>>,
    session_id: Option<Parsed<SessionId>>,
    count: i64,
    detail: Option<String>,
    before: Option<FromJson<Json>>,
    after: Option<FromJson<Json>>,
}

impl From<Row> for AuditRow {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.0,
            at: row.at.0,
            action: row.action,
            actor: row.actor.0,
            reference: row.reference,
            about: About {
                user: row.user_id.map(|id| id.0),
                identity: row.identity_id.map(|id| id.0),
                idp: row.idp_key.map(|key| key.0),
                organization: row.organization_key.map(|key| key.0),
                application: row.application_key.map(|key| key.0),
                session: row.session_id.map(|id| id.0),
            },
            count: row.count,
            detail: row.detail,
            before: row.before.map(|json| json.0),
            after: row.after.map(|json| json.0),
        }
    }
}

const COLUMNS: usize = 15;

fn columns(row: &AuditRow) -> Vec<Value> {
    values![
        row.id,
        row.at,
        row.action.as_str(),
        row.actor,
        row.reference.clone(),
        row.about.user,
        row.about.identity,
        row.about.idp,
        row.about.organization,
        row.about.application,
        row.about.session,
        row.count,
        row.detail.clone(),
        row.before.as_ref().map(Json::to_string),
        row.after.as_ref().map(Json::to_string),
    ]
}

/// Adds a line.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, row: &AuditRow) -> Result<(), StoreError> {
    const SQL: &str = "insert into audit (id, at, action, actor, reference, user_id, identity_id, idp_key, \
        organization_key, application_key, session_id, count, detail, before, after) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    tx.conn().execute(SQL, columns(row)).await?;
    counted::add(tx, std::slice::from_ref(row)).await
}

/// Adds counted lines, each under its reference: where one is there already, the counts add up. All or nothing. Given
/// in the order of references, two processes never wait for each other.
///
/// # Errors
/// When the database fails.
pub async fn count(db: &Db, counted: &[AuditRow]) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    for batch in counted.chunks(BATCH) {
        let sql = format!(
            "insert into audit (id, at, action, actor, reference, user_id, identity_id, idp_key, organization_key, \
             application_key, session_id, count, detail, before, after) values {} \
             on conflict (reference) do update set count = audit.count + excluded.count",
            rows(1, batch.len(), COLUMNS)
        );
        tx.conn().execute(sql, batch.iter().flat_map(columns).collect()).await?;
        counted::add(&mut tx, batch).await?;
    }
    tx.commit().await
}

/// The line whose page showed that reference.
///
/// # Errors
/// When the database fails.
pub async fn by_reference(tx: &mut Tx, reference: &str) -> Result<Option<AuditRow>, StoreError> {
    const SQL: &str = "select id, at, action, actor, reference, user_id, identity_id, idp_key, organization_key, \
        application_key, session_id, count, detail, before, after from audit where reference = $1";
    let row: Option<Row> = tx.conn().optional(SQL, values![reference]).await?;
    Ok(row.map(AuditRow::from))
}

/// The lines whose pages showed these references, in no order.
///
/// # Errors
/// When the database fails.
pub async fn by_references(tx: &mut Tx, references: &[&str]) -> Result<Vec<AuditRow>, StoreError> {
    let mut lines = Vec::with_capacity(references.len());
    for batch in references.chunks(BATCH) {
        let sql = format!(
            "select id, at, action, actor, reference, user_id, identity_id, idp_key, organization_key, \
             application_key, session_id, count, detail, before, after from audit where reference in {}",
            list(1, batch.len())
        );
        let rows: Vec<Row> =
            tx.conn().all(sql, batch.iter().map(|reference| Value::from(*reference)).collect()).await?;
        lines.extend(rows.into_iter().map(AuditRow::from));
    }
    Ok(lines)
}

/// The latest lines about a user, the newest first; with `only`, those about that organization too, among as many as
/// are looked at.
///
/// # Errors
/// When the database fails.
pub async fn of_user(
    tx: &mut Tx,
    user: UserId,
    only: Option<OrganizationKey>,
    limit: u32,
) -> Result<Vec<AuditRow>, StoreError> {
    // Lines that are looked at: whoever signs in each minute has more than a page should read.
    const SQL: &str = "select id, at, action, actor, reference, user_id, identity_id, idp_key, organization_key, \
        application_key, session_id, count, detail, before, after from \
        (select * from audit where user_id = $1 order by at desc, id desc limit 1000) as latest \
        where organization_key = $2 or $2 is null order by at desc, id desc limit $3";
    let rows: Vec<Row> = tx.conn().all(SQL, values![user, only, i64::from(limit)]).await?;
    Ok(rows.into_iter().map(AuditRow::from).collect())
}

/// Drops lines before `kept_since`.
///
/// # Errors
/// When the database fails.
pub async fn sweep(db: &Db, kept_since: Timestamp) -> Result<u64, StoreError> {
    const SQL: &str = "delete from audit where at < $1";
    db.writer().execute(SQL, values![kept_since]).await
}
