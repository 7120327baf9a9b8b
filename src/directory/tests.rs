//! What happens when the catalogue changes in the middle of something else. SQLite lets one writer in at a time; on
//! PostgreSQL the other is halfway through when the change commits.

use super::kit::{Fixture, declaration, on_each_with, profile};
use super::{IdentityChoices, ProvisionError, Record, SignIn};
use crate::store::{catalogue, declared};

impl Fixture {
    /// Waits until so many statements more have begun; on SQLite the other waits before its first.
    async fn until_statements(&self, before: u64, count: u64) {
        if format!("{:?}", self.db).contains("PostgreSQL") {
            while self.db.statements() < before + count {
                tokio::task::yield_now().await;
            }
        }
    }

    /// Changes the catalogue while alice signs in with these roles, `count` statements into it.
    async fn sign_in_amid_a_change(&self, roles: &[&str], count: u64) -> Result<(), ProvisionError> {
        let (idp, decision) = (self.idp("company").await, self.desired(roles, &[]).await);
        let mut tx = self.db.begin().await.unwrap();
        catalogue::bump(&mut tx).await.unwrap();
        let before = self.db.statements();
        let (directory, profile, record) = (self.directory.clone(), profile("alice"), Record::new(&self.ambient));
        let other = tokio::spawn(async move {
            directory
                .provision(&SignIn { idp: &idp, profile, decision: Some(decision), record: &record })
                .await
                .map(drop)
        });
        self.until_statements(before, count).await;
        tx.commit().await.unwrap();
        other.await.unwrap()
    }
}

#[tokio::test]
async fn grants_decided_before_a_change_are_not_written_after_it() {
    on_each_with(declaration(), async |it: Fixture| {
        let alice = it.sign_in("alice", &[]).await.unwrap();
        // Find identity, expectations, head, user, grants, server admin; lock user, lock organizations.
        let result = it.sign_in_amid_a_change(&["lab/Admin"], 8).await;
        assert!(matches!(result, Err(ProvisionError::Stale)), "{result:?}");
        assert!(it.held(alice.user).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn identities_are_not_added_amid_a_change_of_where_people_come_from() {
    on_each_with(declaration(), async |it: Fixture| {
        // Find identity, expectations; hold the IdP.
        let result = it.sign_in_amid_a_change(&[], 3).await;
        assert!(matches!(result, Err(ProvisionError::Stale)), "{result:?}");
        assert_eq!(crate::store::kit::count(&it.db, "select count(*) from identities").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_declaration_is_applied_to_what_there_is_when_it_is_applied() {
    on_each_with(declaration(), async |it: Fixture| {
        let mut changed = declaration();
        changed.organizations[1].name = "Renamed".to_owned();
        let mut tx = it.db.begin().await.unwrap();
        catalogue::bump(&mut tx).await.unwrap();
        for mut row in declared::organizations(&mut tx).await.unwrap() {
            row.name = "Somebody else's".to_owned();
            declared::put_organization(&mut tx, &row, it.ambient.now()).await.unwrap();
        }
        let before = it.db.statements();
        let directory = it.directory.clone();
        let other =
            tokio::spawn(async move { directory.declare(&changed, &IdentityChoices::default()).await.unwrap() });
        // Six to see whether anything changes; take the head.
        it.until_statements(before, 7).await;
        tx.commit().await.unwrap();
        assert!(other.await.unwrap().changed);
        let names: Vec<String> = it.catalogue().await.organizations.into_iter().map(|one| one.name).collect();
        assert_eq!(names, ["lab", "Renamed"]);
    })
    .await;
}
