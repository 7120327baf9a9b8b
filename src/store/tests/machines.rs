use std::time::Duration;

use crate::base::TokenHash;
use crate::identity::{
    Actor, ApplicationKey, MachineSubject, Origin, SubjectClaim, TokenId, TokenName, UserId, Username,
};
use crate::store::application_tokens::{self, ApplicationTokenRow};
use crate::store::kit::{World, on_each, run};
use crate::store::people::{self, Filter};
use crate::store::users::{self, UserRow};
use crate::store::{Db, StoreError, grants, holders, service_accounts};

const DAY: Duration = Duration::from_secs(86_400);

impl World {
    async fn service_account(&self, db: &Db, name: &str) -> UserRow {
        let row = UserRow {
            id: UserId::new(self.uuid()),
            username: Username::parse(name).unwrap(),
            display_name: Some(name.to_owned()),
            email: None,
            disabled_at: None,
            created_at: self.now,
        };
        let mut tx = db.begin().await.unwrap();
        service_accounts::insert(&mut tx, &row, self.lab).await.unwrap();
        grants::insert(&mut tx, row.id, Origin::Manual, &[self.admin], self.now).await.unwrap();
        tx.commit().await.unwrap();
        row
    }
}

fn subject(claim: SubjectClaim, text: &str) -> MachineSubject {
    MachineSubject { issuer: "https://id.example.com".parse().unwrap(), claim, subject: text.to_owned() }
}

#[tokio::test]
async fn a_service_account_is_its_organizations_and_no_person() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let other = world.uuid();
        let alice = world.user(&db, "alice").await;
        let backup = world.service_account(&db, "service.lab.backup").await;

        let mut tx = db.begin().await.unwrap();
        let same = UserRow { id: UserId::new(world.uuid()), ..backup.clone() };
        let taken = service_accounts::insert(&mut tx, &same, world.lab).await;
        assert!(matches!(taken, Err(StoreError::Unique(_))), "{taken:?}");
        drop(tx);

        let mut tx = db.begin().await.unwrap();
        assert_eq!(service_accounts::of(&mut tx, world.lab, 9).await.unwrap(), std::slice::from_ref(&backup));
        assert_eq!(service_accounts::count(&mut tx, world.lab).await.unwrap(), 1);
        let elsewhere = crate::identity::OrganizationKey::new(other);
        assert_eq!(service_accounts::lock(&mut tx, backup.id, elsewhere).await.unwrap(), None);
        assert_eq!(service_accounts::lock(&mut tx, alice, world.lab).await.unwrap(), None);
        assert_eq!(service_accounts::lock(&mut tx, backup.id, world.lab).await.unwrap(), Some(backup.clone()));
        // It holds the role that administers, and is nowhere among people.
        assert!(!users::lock(&mut tx, backup.id).await.unwrap());
        assert_eq!(users::get(&mut tx, backup.id).await.unwrap(), None);
        let page = users::page(&mut tx, 9, None).await.unwrap();
        assert_eq!(page.iter().map(|user| user.id).collect::<Vec<_>>(), [alice]);
        for filter in [Filter { role: Some(world.admin), ..Filter::default() }, Filter::default()] {
            let page = people::page(&mut tx, &filter, None, 9, world.now).await.unwrap();
            assert!(page.users.iter().all(|user| user.id != backup.id), "{filter:?}");
        }
        assert_eq!(holders::members(&mut tx, world.lab, world.now).await.unwrap(), []);
        assert_eq!(holders::without_admin(&mut tx, world.now, 9).await.unwrap().len(), 1);
        tx.commit().await.unwrap();

        let rows = service_accounts::principal(&db, backup.id, world.now).await.unwrap().unwrap();
        assert_eq!((rows.idp_owner, rows.grants.len(), rows.idp_live), (Some(world.lab), 1, true));
        assert!(service_accounts::principal(&db, alice, world.now).await.unwrap().is_none());
        run(&db, "update organizations set undeclared_at = 1").await;
        let rows = service_accounts::principal(&db, backup.id, world.now).await.unwrap().unwrap();
        assert_eq!((rows.grants.len(), rows.idp_live), (0, false));
        run(&db, "delete from organizations").await;
        assert!(service_accounts::principal(&db, backup.id, world.now).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn a_subject_is_one_accounts_in_each_organization() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let (one, two) = (world.service_account(&db, "one").await.id, world.service_account(&db, "two").await.id);
        let ci = subject(SubjectClaim::Sub, "ci");
        let mut tx = db.begin().await.unwrap();
        service_accounts::bind(&mut tx, one, world.lab, &ci, world.now).await.unwrap();
        service_accounts::bind(&mut tx, two, world.lab, &subject(SubjectClaim::Azp, "ci"), world.now).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = db.begin().await.unwrap();
        let taken = service_accounts::bind(&mut tx, two, world.lab, &ci, world.now).await;
        assert!(matches!(taken, Err(StoreError::Unique(_))), "{taken:?}");
        drop(tx);
        assert_eq!(service_accounts::by_subject(&db, world.lab, &ci).await.unwrap(), Some(one));
        let elsewhere = crate::identity::OrganizationKey::new(world.uuid());
        assert_eq!(service_accounts::by_subject(&db, elsewhere, &ci).await.unwrap(), None);
        let longer = subject(SubjectClaim::Sub, "ci ");
        assert_eq!(service_accounts::by_subject(&db, world.lab, &longer).await.unwrap(), None);
        let mut tx = db.begin().await.unwrap();
        let listed = service_accounts::subjects(&mut tx, world.lab).await.unwrap();
        assert_eq!(listed, [(two, subject(SubjectClaim::Azp, "ci")), (one, ci.clone())]);
        assert!(!service_accounts::unbind(&mut tx, two, world.lab, &ci).await.unwrap());
        assert!(service_accounts::unbind(&mut tx, one, world.lab, &ci).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(service_accounts::by_subject(&db, world.lab, &ci).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_token_for_applications_is_its_holders_and_goes_with_them() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let alice = world.user(&db, "alice").await;
        let identity = world.identity(&db, alice, "alice").await;
        let backup = world.service_account(&db, "service.lab.backup").await.id;
        let token = |user, identity, applications| ApplicationTokenRow {
            id: TokenId::new(world.uuid()),
            name: TokenName::parse("a token").unwrap(),
            user,
            identity,
            applications,
            made_by: Actor::CommandLine,
            created_at: world.now,
            expires_at: world.now.plus(DAY),
            last_used_at: None,
        };
        let hash = |name: &str| TokenHash::of(name.as_bytes());
        let hers = token(alice, Some(identity), None);
        let its = token(backup, None, Some(vec![ApplicationKey::new(world.uuid())]));
        let mut tx = db.begin().await.unwrap();
        application_tokens::insert(&mut tx, &hers, &hash("hers")).await.unwrap();
        application_tokens::insert(&mut tx, &its, &hash("its")).await.unwrap();
        assert_eq!(application_tokens::of_user(&mut tx, alice, 9).await.unwrap(), std::slice::from_ref(&hers));
        assert_eq!(application_tokens::count(&mut tx, backup).await.unwrap(), 1);
        assert_eq!(application_tokens::delete(&mut tx, its.id, alice).await.unwrap(), None);
        tx.commit().await.unwrap();

        let presented = async |name: &str, at| application_tokens::presented(&db, &hash(name), at).await.unwrap();
        assert_eq!(presented("its", world.now).await, Some(its.clone()));
        assert_eq!(presented("its", world.now.plus(DAY)).await, None, "it has run out");
        let later = world.now.plus(DAY / 2);
        application_tokens::touch_many(&db, &[(its.id, later), (hers.id, later)]).await.unwrap();
        application_tokens::touch_many(&db, &[(its.id, world.now)]).await.unwrap();
        let used = ApplicationTokenRow { last_used_at: Some(later), ..its.clone() };
        assert_eq!(presented("its", world.now).await, Some(used.clone()));
        let mut tx = db.begin().await.unwrap();
        assert_eq!(application_tokens::delete(&mut tx, its.id, backup).await.unwrap(), Some(used));
        tx.commit().await.unwrap();
        assert_eq!(presented("its", world.now).await, None);

        assert_eq!(application_tokens::sweep(&db, world.now.plus(DAY)).await.unwrap(), 0);
        assert!(presented("hers", world.now).await.is_some());
        run(&db, "delete from identities").await;
        assert!(presented("hers", world.now).await.is_none(), "it counted as a session of that identity");
    })
    .await;
}
