//! One sign-in, once: find the account, compare the grants, refuse or write.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::account::{self, Account, How};
use super::{Occasion, ProvisionError, Provisioned, SignIn};
use crate::audit::{self, About, Action, Entry};
use crate::base::{Ambient, Timestamp};
use crate::directory::Directory;
use crate::directory::reconcile::{Reconciled, Rules, reconcile};
use crate::directory::record::RoleNames;
use crate::identity::{Actor, OrganizationKey, Origin};
use crate::store::changes::{self, Change};
use crate::store::grants::{self, HeldRow};
use crate::store::{StoreError, Tx, search, sessions, sign_ins, users};

/// What the account held and what becomes of it.
struct Holdings {
    /// The origin of what this identity's sign-ins give.
    origin: Origin,
    held: Vec<HeldRow>,
    /// What people gave to those who become one with the user.
    joining: Vec<HeldRow>,
    reconciled: Reconciled,
    now: Timestamp,
    admin_by: Vec<Origin>,
    /// What becomes of the server admin row of this identity, if anything.
    set_admin: Option<bool>,
}

pub(super) async fn run(
    directory: &Directory,
    sign_in: &SignIn<'_>,
    occasion: Occasion,
) -> Result<Provisioned, ProvisionError> {
    let ambient = &directory.ambient;
    let now = ambient.now();
    let mut tx = directory.db.begin().await?;
    let mut account = account::find(&mut tx, sign_in, occasion, ambient, now).await?;
    if occasion == Occasion::Refresh && account.how != How::Known {
        return Err(ProvisionError::Unknown);
    }
    let mut holdings = Holdings::read(&mut tx, &account, sign_in, now).await?;
    let mut refused = holdings.refuses(sign_in);
    if refused && account.how != How::Known {
        return Err(ProvisionError::NoMatch);
    }
    if holdings.changes() || !account.merged.is_empty() || account.how == How::Bound {
        for user in account.existing_users() {
            users::lock(&mut tx, user).await?;
        }
        let organizations: Vec<OrganizationKey> = holdings.organizations().into_iter().collect();
        grants::lock(&mut tx, &organizations).await?;
        // Again, now that nobody else can change it.
        account::check_current(&mut tx, sign_in).await?;
        holdings = Holdings::read(&mut tx, &account, sign_in, now).await?;
        refused = holdings.refuses(sign_in);
        if refused && account.how != How::Known {
            return Err(ProvisionError::NoMatch);
        }
    }
    account::write(&mut tx, &mut account, sign_in, ambient).await?;
    account::merge(&mut tx, &account, sign_in).await?;
    holdings.write(&mut tx, &account, now).await?;
    if holdings.changes() || account.profile_changed || account.how != How::Known || !account.merged.is_empty() {
        search::refresh(&mut tx, &[account.user.id]).await?;
    }
    holdings.record(&mut tx, &account, sign_in, occasion, ambient, refused).await?;
    let log = log(&mut tx, &account, &holdings, refused).await?;
    changes::append(&mut tx, now, &log).await?;
    tx.commit().await?;
    if refused { Err(ProvisionError::NoMatch) } else { Ok(holdings.told(&account, sign_in)) }
}

/// What caches have to drop: nothing, at a sign-in that changed nothing. A refusal ends the identity's sessions.
async fn log(
    tx: &mut Tx,
    account: &Account,
    holdings: &Holdings,
    refused: bool,
) -> Result<Vec<Change>, ProvisionError> {
    let mut log: Vec<Change> = account.merged.iter().map(|user| Change::User(*user)).collect();
    if refused {
        log.extend(sessions::delete_of_identity(tx, account.identity.id).await?);
    }
    if refused || account.profile_changed || holdings.changes() || !account.merged.is_empty() {
        log.push(Change::User(account.user.id));
    }
    Ok(log)
}

impl Holdings {
    async fn read(
        tx: &mut Tx,
        account: &Account,
        sign_in: &SignIn<'_>,
        now: Timestamp,
    ) -> Result<Self, ProvisionError> {
        let origin = Origin::Policy(account.identity.id);
        let is_new = account.how == How::Created;
        let held = if is_new { Vec::new() } else { grants::of_user(tx, account.user.id).await? };
        let mut joining = Vec::new();
        for other in &account.merged {
            joining.extend(grants::of_user(tx, *other).await?.into_iter().filter(|row| row.origin == Origin::Manual));
        }
        let admin_by = if is_new { Vec::new() } else { grants::server_admin_origins(tx, account.user.id).await? };
        let rules = Rules { origin, reach: sign_in.idp.owner, on_error: sign_in.idp.spec.on_error, now };
        let reconciled = sign_in.desired().map(|desired| reconcile(&held, desired, rules)).unwrap_or_default();
        let wanted = sign_in.desired().map(|_| sign_in.makes_server_admin());
        let set_admin = wanted.filter(|wanted| *wanted != admin_by.contains(&origin));
        Ok(Self { origin, held, joining, reconciled, now, admin_by, set_admin })
    }

    fn changes(&self) -> bool {
        self.reconciled.changes() || self.set_admin.is_some()
    }

    fn organizations(&self) -> BTreeSet<OrganizationKey> {
        let mut organizations = self.reconciled.organizations();
        organizations.extend(self.joining.iter().map(|row| row.organization));
        organizations
    }

    /// Whether a grant was kept for a while that is over, and this sign-in is no new reason for it.
    fn has_run_out(&self, row: &HeldRow) -> bool {
        let confirmed = row.origin == self.origin && self.reconciled.refresh.contains(&row.role);
        !confirmed && row.has_run_out(self.now)
    }

    /// The organizations of live grants that remain or come, of origins that `counts`.
    fn remaining(&self, sign_in: &SignIn<'_>, counts: impl Fn(Origin) -> bool) -> BTreeSet<OrganizationKey> {
        let removed =
            |row: &HeldRow| row.origin == self.origin && self.reconciled.remove.contains(&(row.organization, row.role));
        let stays = self.held.iter().filter(|row| !removed(row)).chain(&self.joining);
        let mut organizations: BTreeSet<OrganizationKey> = stays
            .filter(|row| row.live && !self.has_run_out(row) && counts(row.origin))
            .map(|row| row.organization)
            .collect();
        organizations.extend(self.reconciled.add.iter().map(|(organization, _)| *organization));
        organizations.retain(|organization| sign_in.idp.owner.is_none_or(|owner| owner == *organization));
        organizations
    }

    /// Whether the IdP asks for a grant of any origin, and there would be none.
    fn refuses(&self, sign_in: &SignIn<'_>) -> bool {
        let stays = |by: &Origin| *by != self.origin || self.set_admin.is_none();
        let is_admin = self.set_admin == Some(true) || self.admin_by.iter().any(stays);
        sign_in.idp.spec.require_match && !is_admin && self.remaining(sign_in, |_| true).is_empty()
    }

    async fn write(&self, tx: &mut Tx, account: &Account, now: Timestamp) -> Result<(), ProvisionError> {
        let (user, origin) = (account.user.id, self.origin);
        grants::delete(tx, user, origin, &self.reconciled.removed()).await?;
        grants::insert(tx, user, origin, &self.reconciled.added(), now).await?;
        grants::refresh(tx, user, origin, &self.reconciled.refresh, now).await?;
        grants::keep(tx, user, origin, &self.reconciled.keep).await?;
        if let Some(admin) = self.set_admin {
            grants::set_server_admin(tx, user, origin, admin, now).await?;
        }
        Ok(())
    }

    /// Keeps what the sign-in told, and writes its line in the audit log: what changed, by name, if anything did.
    async fn record(
        &self,
        tx: &mut Tx,
        account: &Account,
        sign_in: &SignIn<'_>,
        occasion: Occasion,
        ambient: &Ambient,
        refused: bool,
    ) -> Result<(), ProvisionError> {
        let (user, identity) = (account.user.id, &account.identity);
        let why = refused.then(|| ProvisionError::NoMatch.to_string());
        let row = sign_in.record.row(ambient, identity.idp, Some(identity.id), why.clone());
        let changed = self.changes() || account.how != How::Known || !account.merged.is_empty();
        let action = match occasion {
            _ if refused => Action::SignInRefused,
            Occasion::SignIn => Action::SignIn,
            Occasion::Refresh if changed => Action::ClaimsRefreshed,
            // Of every session every few minutes: that all is as before is no line.
            Occasion::Refresh => return Ok(sign_ins::renew(tx, &row).await?),
        };
        sign_ins::put(tx, &row).await?;
        let entry = Entry {
            action,
            actor: Actor::User(user),
            about: About { user: Some(user), identity: Some(identity.id), idp: Some(identity.idp), ..About::default() },
            reference: Some(sign_in.record.reference.clone()),
            detail: why,
            change: if changed { Some(self.change(tx, account).await?) } else { None },
        };
        Ok(audit::record(tx, ambient, entry).await?)
    }

    /// What changed: roles that were taken away, and roles that came; whether there was an account, and is now.
    async fn change(&self, tx: &mut Tx, account: &Account) -> Result<(Value, Value), StoreError> {
        let (added, removed) = (self.reconciled.added(), self.reconciled.removed());
        let names = RoleNames::of(tx, &[added.as_slice(), &removed].concat()).await?;
        let was_admin = self.admin_by.contains(&self.origin);
        let was = match account.how {
            How::Known => "known",
            How::Bound => "waiting",
            How::Created => "none",
        };
        let before = json!({ "account": was, "roles": names.told(&removed), "server_admin": was_admin });
        let is_admin = self.set_admin.unwrap_or(was_admin);
        let after = json!({ "account": "known", "roles": names.told(&added), "server_admin": is_admin });
        Ok((before, after))
    }

    fn told(self, account: &Account, sign_in: &SignIn<'_>) -> Provisioned {
        let identity = account.identity.id;
        let counts = |origin| !matches!(origin, Origin::Policy(other) if other != identity);
        Provisioned {
            user: account.user.id,
            identity,
            username: account.user.username.clone(),
            created: account.how == How::Created,
            organizations: self.remaining(sign_in, counts).len(),
            added: self.reconciled.added(),
            removed: self.reconciled.removed(),
        }
    }
}
