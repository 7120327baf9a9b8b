//! For tests: an empty database of each engine. SQLite always; PostgreSQL when `DATABASE_URL` names one, in a schema
//! of its own.

pub mod plans;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, PgPool};

use uuid::Uuid;

use super::declared::{self, ApplicationRow, IdpRow, OrganizationRow, PolicyRow, RoleRow};
use super::identities::{self, IdentityRow};
use super::users::{self, UserRow};
use super::value::Value;
use super::{DatabaseUrl, Db};
use crate::base::{Addresses, Ambient, Clock, SystemChance, Timestamp};
use crate::identity::{
    Actor, Allotment, ApplicationId, ApplicationKey, ApplicationSpec, Ceiling, ClientAuth, DEFAULT_NEW_ACCOUNTS, Email,
    HeaderPreset, Host, IdentityId, IdpId, IdpKey, IdpSpec, Issuer, Machines, OnError, OrganizationId, OrganizationKey,
    OrganizationSpec, PolicyId, PolicyText, ProfilePaths, Reach, RoleId, RoleName, UserId, Username,
};

/// Runs a test on an empty database of each engine.
pub async fn on_each(test: impl AsyncFn(Db)) {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&DatabaseUrl::sqlite(folder.path().join("test.db"))).await.unwrap();
    test(db.clone()).await;
    db.close().await;

    #[expect(clippy::disallowed_methods, reason = "tests alone learn from the environment where PostgreSQL is")]
    let Ok(url) = std::env::var("DATABASE_URL") else { return };
    let admin: PgPool = PgPoolOptions::new().max_connections(1).connect(&url).await.unwrap();
    let schema = format!("test_{}", Ambient::system().uuid().simple());
    sqlx::query(AssertSqlSafe(format!("create schema {schema}"))).execute(&admin).await.unwrap();
    let separator = if url.contains('?') { '&' } else { '?' };
    let url = format!("{url}{separator}options=-csearch_path%3D{schema}");
    let db = Db::open(&DatabaseUrl::parse(&url).unwrap()).await.unwrap();
    test(db.clone()).await;
    db.close().await;
    sqlx::query(AssertSqlSafe(format!("drop schema {schema} cascade"))).execute(&admin).await.unwrap();
    admin.close().await;
}

/// Runs a statement as it stands, for what no function of the store does.
pub async fn run(db: &Db, sql: &'static str) -> u64 {
    db.writer().execute(sql, vec![]).await.unwrap()
}

/// The only column of the only row.
pub async fn count(db: &Db, sql: &'static str) -> i64 {
    db.reader().scalar(sql, Vec::<Value>::new()).await.unwrap()
}

/// Gives an identity to another user, with what its sign-ins gave.
pub async fn move_identity(db: &Db, identity: IdentityId, to: UserId) {
    let grants = "update grants set user_id = $2 where origin = $1";
    let origin = crate::identity::Origin::Policy(identity);
    db.writer().execute(grants, vec![Value::from(origin), Value::from(to)]).await.unwrap();
    let row = "update identities set user_id = $2 where id = $1";
    db.writer().execute(row, vec![Value::from(identity), Value::from(to)]).await.unwrap();
}

/// A clock that a test moves, beside true chance.
#[derive(Clone)]
pub struct TestClock(Arc<Mutex<Timestamp>>);

impl TestClock {
    /// A clock that stands at some instant, and what carries it.
    pub fn new() -> (Self, Ambient) {
        let clock = Self(Arc::new(Mutex::new(Timestamp::from_secs(1_800_000_000))));
        (clock.clone(), Ambient::new(clock, SystemChance::default()))
    }

    /// Moves it forward.
    pub fn advance(&self, by: std::time::Duration) {
        let mut now = self.0.lock().unwrap();
        *now = now.plus(by);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// An IdP with the usual paths, on, without selectors.
pub fn idp_spec(id: &str) -> IdpSpec {
    IdpSpec {
        id: IdpId::parse(id).unwrap(),
        name: id.to_owned(),
        owner: None,
        issuer: Issuer::parse(&format!("https://{id}.example.com")).unwrap(),
        client_id: "vestibule".to_owned(),
        client_auth: ClientAuth::Basic,
        scopes: vec!["openid".to_owned()],
        profile: ProfilePaths {
            identifier: "sub".to_owned(),
            email: "email".to_owned(),
            display_name: "name".to_owned(),
            username: "preferred_username".to_owned(),
            server_admin: None,
        },
        email_trusted: false,
        required_claims: Vec::new(),
        list_claims: vec!["groups".to_owned()],
        auto_provision: true,
        new_accounts_per_hour: DEFAULT_NEW_ACCOUNTS,
        require_match: false,
        on_error: OnError::Revoke,
        refresh_claims: None,
        sign_out_at_provider: false,
        delegate_to: Vec::new(),
        delegated_claims: Vec::new(),
        default_policy: PolicyText::default(),
    }
}

/// An organization with those roles, of which `Admin` administers.
pub fn organization_spec(id: &str, roles: &[&str]) -> OrganizationSpec {
    let role = |name: &str| RoleName::parse(name).unwrap();
    OrganizationSpec {
        id: OrganizationId::parse(id).unwrap(),
        name: id.to_owned(),
        roles: roles.iter().map(|name| role(name)).collect(),
        admin_roles: roles.iter().filter(|name| **name == "Admin").map(|name| role(name)).collect(),
        policies: Vec::new(),
        allotment: Allotment::default(),
    }
}

/// An application of an organization.
pub fn application_spec(id: &str, organization: &str) -> ApplicationSpec {
    ApplicationSpec {
        id: ApplicationId::parse(id).unwrap(),
        organization: OrganizationId::parse(organization).unwrap(),
        name: id.to_owned(),
        hosts: vec![Host::parse(&format!("{id}.example.com")).unwrap()],
        upstream: "http://127.0.0.1:3000".parse().unwrap(),
        roles: None,
        headers: HeaderPreset::Remote,
        pass_host: true,
        allowed_origins: Vec::new(),
        rules: Vec::new(),
        preflight: false,
        reach: Reach::Anywhere,
        machines: Machines::default(),
        connection: Default::default(),
    }
}

/// One organization `lab` with the roles Admin and Member, one IdP `company`, one application `wiki`; and keys that
/// count up.
pub struct World {
    /// The organization.
    pub lab: OrganizationKey,
    /// Its role Admin.
    pub admin: RoleId,
    /// Its role Member.
    pub member: RoleId,
    /// The IdP.
    pub idp: IdpKey,
    /// The instant at which everything was made.
    pub now: Timestamp,
    next: AtomicU64,
}

impl World {
    /// Writes it down.
    pub async fn new(db: &Db) -> Self {
        let next = AtomicU64::new(1);
        let key = || number(&next);
        let now = Timestamp::from_secs(1_800_000_000);
        let lab = OrganizationKey::new(key());
        let (admin, member) = (RoleId::new(key()), RoleId::new(key()));
        let idp = IdpKey::new(key());
        let mut tx = db.begin().await.unwrap();
        let id = OrganizationId::parse("lab").unwrap();
        let row = OrganizationRow {
            key: lab,
            id,
            name: "Lab".to_owned(),
            allotment: Allotment::default(),
            declared: true,
            live: true,
        };
        declared::put_organization(&mut tx, &row, now).await.unwrap();
        for (id, name) in [(admin, "Admin"), (member, "Member")] {
            let name = RoleName::parse(name).unwrap();
            let row = RoleRow { id, organization: lab, admin: name.as_str() == "Admin", name, live: true };
            declared::put_role(&mut tx, &row, now).await.unwrap();
        }
        let row = IdpRow {
            key: idp,
            owner: None,
            delegates: Vec::new(),
            addresses: Addresses::Any,
            spec: idp_spec("company"),
            declared: true,
            live: true,
        };
        declared::put_idp(&mut tx, &row, now).await.unwrap();
        let id = PolicyId::new(key());
        let row = PolicyRow { id, idp, organization: None, text: PolicyText::default(), ceiling: Ceiling::None };
        declared::insert_policy(&mut tx, &row, Actor::File, now).await.unwrap();
        let spec = application_spec("wiki", "lab");
        let row =
            ApplicationRow { key: ApplicationKey::new(key()), organization: lab, spec, declared: true, live: true };
        declared::put_application(&mut tx, &row, now).await.unwrap();
        tx.commit().await.unwrap();
        Self { lab, admin, member, idp, now, next }
    }

    /// A UUID that no call gave before, later than all of them.
    pub fn uuid(&self) -> Uuid {
        number(&self.next)
    }

    /// Writes down a user.
    pub async fn user(&self, db: &Db, name: &str) -> UserId {
        let mut tx = db.begin().await.unwrap();
        let user = UserRow {
            id: UserId::new(self.uuid()),
            username: Username::parse(name).unwrap(),
            display_name: None,
            email: None,
            disabled_at: None,
            created_at: self.now,
        };
        users::insert(&mut tx, &user).await.unwrap();
        tx.commit().await.unwrap();
        user.id
    }

    /// Writes down an identity of a user at the IdP.
    pub async fn identity(&self, db: &Db, user: UserId, identifier: &str) -> IdentityId {
        let spec = idp_spec("company");
        let row = IdentityRow {
            id: IdentityId::new(self.uuid()),
            user,
            idp: self.idp,
            identifier: identifier.to_owned(),
            issuer: spec.issuer.as_str().to_owned(),
            identifier_path: spec.profile.identifier,
            display_name: None,
            email: Some(Email { address: format!("{identifier}@Example.com"), verified: true }),
            created_at: self.now,
            last_sign_in_at: self.now,
        };
        let mut tx = db.begin().await.unwrap();
        identities::insert(&mut tx, &row).await.unwrap();
        tx.commit().await.unwrap();
        row.id
    }
}

fn number(next: &AtomicU64) -> Uuid {
    Uuid::from_u128(u128::from(next.fetch_add(1, Ordering::Relaxed)))
}
