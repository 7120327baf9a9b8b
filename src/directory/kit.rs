//! For tests: a directory with two organizations, a global IdP and one that an organization owns.

use serde_json::Value;

use super::explain::kept_claims;
use super::{Approval, Desired, Directory, NewUser, Profile, ProvisionError, Provisioned, Record, SignIn, Who};
use crate::base::{Ambient, Timestamp, TokenHash};
use crate::identity::{
    Catalogue, Declaration, Email, Host, Idp, IdpId, OrganizationId, OrganizationKey, RoleId, RoleName, SessionId,
    Username,
};
use crate::policy::{self, Snapshot};
use crate::store::changes::{self, Change};
use crate::store::kit::{TestClock, application_spec, idp_spec, on_each, organization_spec};
use crate::store::sessions::{self, AtProvider, SessionRow};
use crate::store::{Db, grants::HeldRow};

/// A directory under test.
pub struct Fixture {
    pub directory: Directory,
    pub db: Db,
    pub clock: TestClock,
    pub ambient: Ambient,
}

/// `lab` with Admin and Member, `office` with Admin and Clerk; the IdPs `company` (global) and `lab-idp` (of `lab`).
pub fn declaration() -> Declaration {
    let mut owned = idp_spec("lab-idp");
    owned.owner = Some(OrganizationId::parse("lab").unwrap());
    Declaration {
        idps: vec![idp_spec("company"), owned],
        organizations: vec![
            organization_spec("lab", &["Admin", "Member"]),
            organization_spec("office", &["Admin", "Clerk"]),
        ],
        applications: vec![application_spec("wiki", "lab")],
    }
}

/// Runs a test on each engine, with what `declaration` declares.
pub async fn on_each_with(declaration: Declaration, test: impl AsyncFn(Fixture)) {
    on_each(async |db| {
        let (clock, ambient) = TestClock::new();
        let directory = Directory::new(db.clone(), ambient.clone());
        directory.declare(&declaration, &Approval::default()).await.unwrap();
        test(Fixture { directory, db, clock, ambient }).await;
    })
    .await;
}

/// The usual profile of somebody known as `identifier`.
pub fn profile(identifier: &str) -> Profile {
    Profile {
        identifier: identifier.to_owned(),
        username: Username::parse(identifier).unwrap(),
        email: Some(Email { address: format!("{identifier}@example.com"), verified: true }),
        display_name: Some(identifier.to_uppercase()),
        server_admin: false,
        failed: Vec::new(),
    }
}

impl Fixture {
    pub async fn catalogue(&self) -> Catalogue {
        self.directory.catalogue().await.unwrap()
    }

    pub async fn declare(&self, declaration: &Declaration) -> bool {
        // Of one or two people whoever loses a role is many.
        let approval = Approval { loss_of_admins: true, loss_of_roles: true, ..Approval::default() };
        self.directory.declare(declaration, &approval).await.unwrap().changed
    }

    /// The role `organization/role`.
    pub async fn role(&self, name: &str) -> (OrganizationKey, RoleId) {
        role_in(&self.catalogue().await, name)
    }

    /// What the policies would have decided: these roles, these organizations in error.
    pub async fn desired(&self, roles: &[&str], errored: &[&str]) -> Desired {
        let live = self.catalogue().await;
        let organization = |id: &&str| live.organizations.iter().find(|other| other.id.as_str() == *id).unwrap().key;
        Desired {
            version: live.version,
            roles: roles.iter().map(|name| role_in(&live, name)).collect(),
            errored: errored.iter().map(organization).collect(),
        }
    }

    pub async fn idp(&self, id: &str) -> Idp {
        self.catalogue().await.idp_by_id(&IdpId::parse(id).unwrap()).unwrap().clone()
    }

    /// A sign-in at `company` that gives these roles.
    pub async fn sign_in(&self, identifier: &str, roles: &[&str]) -> Result<Provisioned, ProvisionError> {
        self.sign_in_at("company", profile(identifier), roles).await
    }

    pub async fn sign_in_at(&self, idp: &str, profile: Profile, roles: &[&str]) -> Result<Provisioned, ProvisionError> {
        let decision = Some(self.desired(roles, &[]).await);
        let idp = self.idp(idp).await;
        self.directory.provision(&SignIn { idp: &idp, profile, decision, record: &Record::new(&self.ambient) }).await
    }

    /// A sign-in with these claims, as the policies of now decide it, of which a record is kept.
    pub async fn sign_in_with(&self, idp: &str, claims: Value) -> Provisioned {
        let catalogue = self.catalogue().await;
        let policies = Snapshot::compile(&catalogue);
        let idp = catalogue.idp_by_id(&idp.parse().unwrap()).unwrap();
        let policies = policies.idp(idp.key).unwrap();
        let id_token = claims.as_object().cloned().unwrap();
        let mut record = Record::new(&self.ambient);
        record.take_claims(&self.directory.records(), &id_token, None);
        let claims = kept_claims(idp, record.row(&self.ambient, idp.key, None, None).claims, Vec::new()).unwrap();
        let profile = policies.profile().read(&claims).unwrap();
        record.take_identifier(&profile.identifier);
        let decision = policy::decide(policies, policies.reach(), &claims);
        let (roles, errored) = (decision.desired().collect(), decision.errored().collect());
        let decision = Some(Desired { version: decision.version, roles, errored });
        self.directory.provision(&SignIn { idp, profile, decision, record: &record }).await.unwrap()
    }

    /// Everything a user holds, sorted by role.
    pub async fn held(&self, user: crate::identity::UserId) -> Vec<HeldRow> {
        let mut tx = self.db.begin().await.unwrap();
        let mut held = crate::store::grants::of_user(&mut tx, user).await.unwrap();
        held.sort_by_key(|row| (row.role, row.origin));
        held
    }

    /// The names of the roles a user holds, as a server admin sees them.
    pub async fn roles(&self, user: crate::identity::UserId) -> Vec<String> {
        let admin = self.directory.server_admin(super::Actor::CommandLine);
        let listed = admin.list_users(100, None).await.unwrap();
        let user = listed.into_iter().find(|listed| listed.id == user).unwrap();
        user.roles
            .iter()
            .map(|held| {
                let by = if matches!(held.origin, crate::identity::Origin::Manual) { "manual" } else { "policy" };
                format!("{}/{} {by}", held.organization, held.role)
            })
            .collect()
    }

    /// Makes a user beforehand, with these roles.
    pub async fn expect(&self, idp: &str, who: Who, roles: &[&str]) -> crate::identity::UserId {
        let roles = roles.iter().map(|name| name.split_once('/').unwrap());
        let roles = roles.map(|(organization, role)| (organization.parse().unwrap(), role.parse().unwrap()));
        let new = NewUser { idp: idp.parse().unwrap(), who, name: None, roles: roles.collect() };
        self.directory.server_admin(super::Actor::CommandLine).pre_provision(&new).await.unwrap()
    }

    /// Gives an identity to another user, with what its sign-ins gave.
    pub async fn move_identity(&self, identity: crate::identity::IdentityId, to: crate::identity::UserId) {
        crate::store::kit::move_identity(&self.db, identity, to).await;
    }

    /// The changes logged since `number`.
    pub async fn log_since(&self, number: i64) -> Vec<Change> {
        changes::after(&self.db, number).await.unwrap().into_iter().map(|(_, change)| change).collect()
    }

    pub async fn head(&self) -> i64 {
        changes::head(&self.db).await.unwrap()
    }

    /// Opens a session, as a finished sign-in does.
    pub async fn session(&self, who: &Provisioned, idp: &str) -> SessionId {
        let now = self.ambient.now();
        let id = SessionId::new(self.ambient.uuid());
        let row = SessionRow {
            id,
            user: who.user,
            identity: who.identity,
            idp: self.idp(idp).await.key,
            created_at: now,
            last_seen_at: now,
            expires_at: Timestamp::from_secs(now.secs() + 3_600),
        };
        let token = TokenHash::of(id.to_string().as_bytes());
        assert!(
            sessions::create(&self.db, &row, &AtProvider::default(), &token, &Host::parse("login").unwrap(), None)
                .await
                .unwrap()
        );
        id
    }
}

fn role_in(live: &Catalogue, name: &str) -> (OrganizationKey, RoleId) {
    let (organization, role) = name.split_once('/').unwrap();
    let organization = live.organizations.iter().find(|other| other.id.as_str() == organization).unwrap();
    let role = RoleName::parse(role).unwrap();
    (organization.key, organization.roles.iter().find(|other| other.name == role).unwrap().id)
}
