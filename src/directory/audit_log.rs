//! The audit log, for whoever may read it.

mod filters;

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{OrganizationAdmin, ServerAdmin};
use crate::base::Timestamp;
use crate::identity::{Actor, AuditId, UserId, Username};
use crate::store::audit::{self, AuditRow as AuditLine, Lines, Order, Sought};
use crate::store::{StoreError, Tx, grants, identities, users};

pub use filters::{BadFilters, LogFilters};

/// Where a page of the log ended.
pub type LogPlace = (Timestamp, AuditId);

/// Lines of the log, and the names of the users they speak of who are still there.
#[derive(Clone, Debug, Default)]
pub struct LogPage {
    /// The lines.
    pub lines: Vec<AuditLine>,
    /// Who is who.
    pub names: HashMap<UserId, Username>,
    /// Where the next page begins, if there may be one.
    pub next: Option<LogPlace>,
}

impl ServerAdmin<'_> {
    /// The next lines after `after`, the oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_log(&self, sought: &Sought, after: Option<LogPlace>, limit: u32) -> Result<Lines, StoreError> {
        let mut tx = self.directory.db.snapshot().await?;
        audit::lines(&mut tx, sought, Order::OldestFirst, after, limit).await
    }

    /// The user of exactly that username.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn user_named(&self, username: &Username) -> Result<Option<UserId>, StoreError> {
        let mut tx = self.directory.db.snapshot().await?;
        users::named(&mut tx, username).await
    }

    /// The next lines before `before`, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn latest(&self, sought: &Sought, before: Option<LogPlace>, limit: u32) -> Result<LogPage, StoreError> {
        let mut tx = self.directory.db.snapshot().await?;
        page(&mut tx, sought, Order::NewestFirst, before, limit).await
    }
}

impl OrganizationAdmin<'_> {
    /// The next lines before `before` that are about the organization, the newest first. What somebody did by themselves
    /// who is no present member is left out, and nobody is named but members who have signed in: whoever waits may be
    /// called so by another organization.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn latest(&self, sought: &Sought, before: Option<LogPlace>, limit: u32) -> Result<LogPage, StoreError> {
        self.narrowed(sought, Order::NewestFirst, before, limit).await
    }

    /// The next of these lines after `after`, the oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_log(&self, sought: &Sought, after: Option<LogPlace>, limit: u32) -> Result<Lines, StoreError> {
        let page = self.narrowed(sought, Order::OldestFirst, after, limit).await?;
        Ok(Lines { rows: page.lines, next: page.next })
    }

    async fn narrowed(
        &self,
        sought: &Sought,
        order: Order,
        beyond: Option<LogPlace>,
        limit: u32,
    ) -> Result<LogPage, StoreError> {
        // Not even that there are lines about somebody is said of who is no member.
        let sought = Sought { organization: Some(self.organization), user: None, ..sought.clone() };
        let mut tx = self.directory.db.snapshot().await?;
        let mut page = page(&mut tx, &sought, order, beyond, limit).await?;
        let spoken_of: Vec<UserId> = page.names.keys().copied().collect();
        let held = grants::named(&mut tx, &spoken_of, self.directory.ambient.now()).await?;
        let members: HashSet<UserId> =
            held.iter().filter(|grant| grant.key == self.organization).map(|grant| grant.user).collect();
        let known = identities::of_users(&mut tx, &members.iter().copied().collect::<Vec<_>>()).await?;
        let known: HashSet<UserId> = known.iter().map(|identity| identity.user).collect();
        let is_foreign = |line: &AuditLine| {
            line.about.user.is_some_and(|user| line.actor == Actor::User(user) && !members.contains(&user))
        };
        page.lines.retain(|line| !is_foreign(line));
        page.names.retain(|user, _| known.contains(user));
        Ok(page)
    }
}

async fn page(
    tx: &mut Tx,
    sought: &Sought,
    order: Order,
    beyond: Option<LogPlace>,
    limit: u32,
) -> Result<LogPage, StoreError> {
    let Lines { rows: lines, next } = audit::lines(tx, sought, order, beyond, limit).await?;
    let acting = |line: &AuditLine| match line.actor {
        Actor::User(user) => Some(user),
        _ => None,
    };
    let spoken_of: BTreeSet<UserId> = lines.iter().flat_map(|line| [line.about.user, acting(line)]).flatten().collect();
    let names = users::usernames(tx, &spoken_of.into_iter().collect::<Vec<_>>()).await?;
    Ok(LogPage { lines, names: names.into_iter().collect(), next })
}

#[cfg(test)]
mod tests;
