//! The audit log, for whoever may read it.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use super::{OrganizationAdmin, ServerAdmin};
use crate::base::Timestamp;
use crate::identity::{Actor, AuditId, UserId, Username};
use crate::store::audit::{self, AuditRow as AuditLine, Whose};
use crate::store::{Db, StoreError, users};

/// Where a page of the log ended.
pub type LogPlace = (Timestamp, AuditId);

/// Lines of the log, and the names of the users they speak of who are still there.
#[derive(Clone, Debug, Default)]
pub struct LogPage {
    /// The lines.
    pub lines: Vec<AuditLine>,
    /// Who is who.
    pub names: HashMap<UserId, Username>,
}

impl ServerAdmin<'_> {
    /// The next lines after `after`, of an interval, in the order of time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_log(
        &self,
        after: Option<LogPlace>,
        interval: Range<Timestamp>,
        limit: u32,
    ) -> Result<Vec<AuditLine>, StoreError> {
        let mut tx = self.directory.db.snapshot().await?;
        audit::page(&mut tx, after, interval, limit).await
    }

    /// The user of exactly that username.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn user_named(&self, username: &Username) -> Result<Option<UserId>, StoreError> {
        let mut tx = self.directory.db.snapshot().await?;
        users::named(&mut tx, username).await
    }

    /// The newest lines before `before`, of everybody or of one user; of one action only, if one is named.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn latest(
        &self,
        user: Option<UserId>,
        action: Option<&str>,
        before: Option<LogPlace>,
        limit: u32,
    ) -> Result<LogPage, StoreError> {
        let whose = user.map_or(Whose::All, Whose::User);
        page(&self.directory.db, whose, action, before, limit).await
    }
}

impl OrganizationAdmin<'_> {
    /// The newest lines before `before` that are about the organization; of one action only, if one is named.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn latest(
        &self,
        action: Option<&str>,
        before: Option<LogPlace>,
        limit: u32,
    ) -> Result<LogPage, StoreError> {
        page(&self.directory.db, Whose::Organization(self.organization), action, before, limit).await
    }
}

async fn page(
    db: &Db,
    whose: Whose,
    action: Option<&str>,
    before: Option<LogPlace>,
    limit: u32,
) -> Result<LogPage, StoreError> {
    let mut tx = db.snapshot().await?;
    let lines = audit::latest(&mut tx, whose, action, before, limit).await?;
    let acting = |line: &AuditLine| match line.actor {
        Actor::User(user) => Some(user),
        _ => None,
    };
    let spoken_of: BTreeSet<UserId> = lines.iter().flat_map(|line| [line.about.user, acting(line)]).flatten().collect();
    let names = users::usernames(&mut tx, &spoken_of.into_iter().collect::<Vec<_>>()).await?;
    Ok(LogPage { lines, names: names.into_iter().collect() })
}
