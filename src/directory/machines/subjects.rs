//! By what issuers' tokens speak of a service account.

use serde_json::{Value, json};

use super::MachineError;
use crate::audit::Action;
use crate::directory::admin::OrganizationAdmin;
use crate::identity::{MachineSubject, UserId};
use crate::store::changes::{self, Change};
use crate::store::{StoreError, service_accounts};

impl OrganizationAdmin<'_> {
    /// Lets a service account enter with an issuer's tokens that speak of this subject.
    ///
    /// # Errors
    /// When there is no such account, the subject is an account's already, or the database fails.
    pub async fn bind_subject(&self, account: UserId, subject: &MachineSubject) -> Result<(), MachineError> {
        let now = self.directory.ambient.now();
        let mut tx = self.directory.db.begin().await?;
        self.lock_account(&mut tx, account).await?;
        match service_accounts::bind(&mut tx, account, self.organization, subject, now).await {
            Err(StoreError::Unique(_)) => return Err(MachineError::SubjectTaken),
            bound => bound?,
        }
        let change = Some((json!({}), told(subject)));
        self.tell(&mut tx, Action::ServiceAccountChanged, account, change).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Lets it enter with them no more.
    ///
    /// # Errors
    /// When there is no such account or subject of it, or the database fails.
    pub async fn unbind_subject(&self, account: UserId, subject: &MachineSubject) -> Result<(), MachineError> {
        let mut tx = self.directory.db.begin().await?;
        self.lock_account(&mut tx, account).await?;
        if !service_accounts::unbind(&mut tx, account, self.organization, subject).await? {
            return Err(MachineError::NoSuchAccount);
        }
        let change = Some((told(subject), json!({})));
        self.tell(&mut tx, Action::ServiceAccountChanged, account, change).await?;
        changes::append(&mut tx, self.directory.ambient.now(), &[Change::User(account)]).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// A subject as the audit log tells of it.
pub(super) fn told(subject: &MachineSubject) -> Value {
    let MachineSubject { issuer, claim, subject } = subject;
    json!({ "issuer": issuer, "claim": claim, "subject": subject })
}
