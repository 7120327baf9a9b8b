//! One user, as their page shows them.

use std::collections::BTreeSet;

use super::Hands;
use super::listed::ListedUser;
use crate::base::Timestamp;
use crate::directory::admin::{OrganizationAdmin, ServerAdmin};
use crate::directory::explain::{self, ExplainedSignIn};
use crate::directory::{AdminError, LogPage};
use crate::identity::{Actor, Catalogue, IdpId, OrganizationId, SessionId, UserId, Username};
use crate::policy::Snapshot;
use crate::store::{Tx, audit, holders, identities, sessions, users};

/// Sessions that a page shows: who has more ends them all.
const SHOWN_SESSIONS: u32 = 50;
/// Lines of the audit log that a page shows; the log itself has the rest.
const SHOWN_EVENTS: u32 = 20;

/// A session that an admin may end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonSession {
    /// The session.
    pub id: SessionId,
    /// The IdP it was opened through.
    pub idp: IdpId,
    /// The sign-in.
    pub created_at: Timestamp,
    /// The last activity that is written down.
    pub last_seen_at: Timestamp,
}

/// Everything about a user.
#[derive(Clone, Debug)]
pub struct Person {
    /// Who they are, where they sign in, what they hold.
    pub user: ListedUser,
    /// Their sessions, the newest first.
    pub sessions: Vec<PersonSession>,
    /// The last sign-in of each of their identities, explained.
    pub sign_ins: Vec<ExplainedSignIn>,
    /// The latest lines of the audit log about them, the newest first.
    pub events: LogPage,
}

impl ServerAdmin<'_> {
    /// Everything about a user, explained by these policies. A constant number of statements.
    ///
    /// # Errors
    /// When there is no such user, or the database fails.
    pub async fn person(&self, catalogue: &Catalogue, policies: &Snapshot, user: UserId) -> Result<Person, AdminError> {
        Hands::from(self).person(catalogue, policies, user).await
    }

    /// Who somebody is, where they sign in, what they hold.
    ///
    /// # Errors
    /// When there is no such user, or the database fails.
    pub async fn listed(&self, user: UserId) -> Result<ListedUser, AdminError> {
        Hands::from(self).one(user).await
    }

    /// The organizations that nobody would administer without this user.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn only_admin_of(&self, user: UserId) -> Result<Vec<OrganizationId>, AdminError> {
        let mut tx = self.directory.db.snapshot().await?;
        Ok(holders::only_admin_of(&mut tx, user, self.directory.ambient.now()).await?)
    }

    /// The user of that id or username.
    ///
    /// # Errors
    /// When there is none, or the database fails.
    pub async fn user_called(&self, called: &str) -> Result<UserId, AdminError> {
        let mut tx = self.directory.db.snapshot().await?;
        let found = match (called.parse(), Username::parse(called)) {
            (Ok(user), _) => users::get(&mut tx, user).await?.map(|row| row.id),
            (_, Ok(username)) => users::named(&mut tx, &username).await?,
            _ => None,
        };
        found.ok_or(AdminError::NoSuchUser)
    }
}

impl OrganizationAdmin<'_> {
    /// What of it concerns the organization, of somebody who is in it.
    ///
    /// # Errors
    /// When nobody of the organization is meant, or the database fails.
    pub async fn listed(&self, user: UserId) -> Result<ListedUser, AdminError> {
        Hands::from(self).one(user).await
    }

    /// What concerns the organization of somebody who is in it: its roles, the sign-ins that may give them with its part
    /// of the explanation, the sessions of its own IdPs, its lines of the audit log.
    ///
    /// # Errors
    /// When nobody of the organization is meant, or the database fails.
    pub async fn person(&self, catalogue: &Catalogue, policies: &Snapshot, user: UserId) -> Result<Person, AdminError> {
        Hands::from(self).person(catalogue, policies, user).await
    }
}

impl Hands<'_> {
    async fn one(self, user: UserId) -> Result<ListedUser, AdminError> {
        let mut tx = self.directory.db.snapshot().await?;
        self.known(&mut tx, user).await
    }

    pub(super) async fn known(self, tx: &mut Tx, user: UserId) -> Result<ListedUser, AdminError> {
        if !self.knows(tx, user).await? {
            return Err(AdminError::NoSuchUser);
        }
        let row = users::get(tx, user).await?.ok_or(AdminError::NoSuchUser)?;
        self.listed(tx, vec![row]).await?.pop().ok_or(AdminError::NoSuchUser)
    }

    async fn person(self, catalogue: &Catalogue, policies: &Snapshot, user: UserId) -> Result<Person, AdminError> {
        let now = self.directory.ambient.now();
        let mut tx = self.directory.db.snapshot().await?;
        let listed = self.known(&mut tx, user).await?;
        let open = sessions::of_user(&mut tx, user, now, SHOWN_SESSIONS).await?;
        let idps: BTreeSet<_> = open.iter().map(|session| session.idp).collect();
        let idps = identities::whereabouts(&mut tx, &idps.into_iter().collect::<Vec<_>>()).await?;
        let sessions = open.into_iter().filter_map(|session| {
            let idp = idps.iter().find(|idp| idp.idp == session.idp)?;
            // Those of a shared IdP open other organizations as well.
            let own = self.within.is_none() || idp.owner == self.within;
            let (id, created_at, last_seen_at) = (session.id, session.created_at, session.last_seen_at);
            own.then(|| PersonSession { id, idp: idp.id.clone(), created_at, last_seen_at })
        });
        let sessions = sessions.collect();
        let sign_ins = explain::sign_ins_of(&mut tx, now, (catalogue, policies), user, self.within).await?;
        let lines = audit::of_user(&mut tx, user, self.within, SHOWN_EVENTS).await?;
        let actors = lines.iter().filter_map(|line| match line.actor {
            Actor::User(actor) if self.within.is_none() => Some(actor),
            _ => None,
        });
        let actors: BTreeSet<UserId> = actors.collect();
        let names = users::usernames(&mut tx, &actors.into_iter().collect::<Vec<_>>()).await?;
        let events = LogPage { lines, names: names.into_iter().collect(), next: None };
        Ok(Person { user: listed, sessions, sign_ins, events })
    }
}
