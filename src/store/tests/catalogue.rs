use crate::base::Addresses;
use crate::identity::{Actor, Allotment, Ceiling, Origin, PolicyId, PolicyText};
use crate::store::declared::{self, PolicyRow};
use crate::store::forget::{self, Source};
use crate::store::identities::{self, Awaited};
use crate::store::kit::{World, application_spec, count, idp_spec, on_each, run};
use crate::store::{Db, StoreError, catalogue, client_secrets, grants};

async fn load(db: &Db) -> crate::identity::Catalogue {
    catalogue::load(&mut db.snapshot().await.unwrap()).await.unwrap()
}

#[tokio::test]
async fn the_catalogue_is_read_in_six_statements() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let before = db.statements();
        let live = load(&db).await;
        assert_eq!(db.statements() - before, 6);
        assert_eq!(live.version, 0);
        let lab = live.organization(world.lab).unwrap();
        let roles: Vec<_> = lab.roles.iter().map(|role| (role.id, role.name.as_str(), role.admin)).collect();
        assert_eq!(roles, [(world.admin, "Admin", true), (world.member, "Member", false)]);
        assert_eq!(live.idp(world.idp).unwrap().spec, idp_spec("company"));
        assert_eq!(live.applications[0].spec, application_spec("wiki", "lab"));
        assert_eq!(live.applications[0].organization, world.lab);
    })
    .await;
}

#[tokio::test]
async fn what_is_gone_is_not_in_the_catalogue() {
    on_each(async |db| {
        let world = World::new(&db).await;
        run(&db, "update roles set undeclared_at = 1 where name = 'Admin'").await;
        let live = load(&db).await;
        assert_eq!(live.organizations[0].roles.len(), 1);
        run(&db, "update idps set owner_key = (select key from organizations), public_only = true").await;
        let idp = load(&db).await.idps.remove(0);
        assert_eq!((idp.owner, idp.addresses), (Some(world.lab), Addresses::Public));
        run(&db, "update organizations set undeclared_at = 1").await;
        let live = load(&db).await;
        assert_eq!((live.organizations.len(), live.idps.len(), live.applications.len()), (0, 0, 0));
    })
    .await;
}

#[tokio::test]
async fn an_idp_without_a_default_policy_is_an_error() {
    on_each(async |db| {
        World::new(&db).await;
        run(&db, "update policies set retired_at = 1").await;
        let error = catalogue::load(&mut db.snapshot().await.unwrap()).await.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn the_head_shows_version_and_idp() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let mut tx = db.begin().await.unwrap();
        assert_eq!(catalogue::bump(&mut tx).await.unwrap(), 1);
        assert_eq!(catalogue::version(&mut tx).await.unwrap(), 1);
        catalogue::hold_idp(&mut tx, world.idp).await.unwrap();
        let head = catalogue::head(&mut tx, world.idp).await.unwrap();
        assert_eq!((head.version, head.idp), (1, Some((idp_spec("company"), None))));
        let other = crate::identity::IdpKey::new(world.uuid());
        assert!(catalogue::head(&mut tx, other).await.unwrap().idp.is_none());
        tx.commit().await.unwrap();
        run(&db, "update idps set undeclared_at = 1").await;
        let mut tx = db.begin().await.unwrap();
        assert!(catalogue::head(&mut tx, world.idp).await.unwrap().idp.is_none());
    })
    .await;
}

#[tokio::test]
async fn rows_are_written_over_and_read_back() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let mut tx = db.begin().await.unwrap();
        let mut organization = declared::organizations(&mut tx).await.unwrap().remove(0);
        (organization.name, organization.live, organization.declared) = ("Other".to_owned(), false, false);
        organization.allotment = Allotment {
            hosts: vec!["lab.example.com".parse().unwrap()],
            upstreams: vec!["10.1.0.0/16".parse().unwrap()],
        };
        declared::put_organization(&mut tx, &organization, world.now).await.unwrap();
        assert_eq!(declared::organizations(&mut tx).await.unwrap(), [organization.clone()]);
        organization.live = true;
        declared::put_organization(&mut tx, &organization, world.now).await.unwrap();
        assert_eq!(catalogue::load(&mut tx).await.unwrap().organizations[0].allotment, organization.allotment);
        let mut role = declared::roles(&mut tx).await.unwrap().remove(0);
        (role.admin, role.live) = (!role.admin, false);
        declared::put_role(&mut tx, &role, world.now).await.unwrap();
        assert!(declared::roles(&mut tx).await.unwrap().contains(&role));
        let mut idp = declared::idps(&mut tx).await.unwrap().remove(0);
        (idp.spec.name, idp.live, idp.owner) = ("Other".to_owned(), false, Some(world.lab));
        (idp.delegates, idp.addresses) = (vec![world.lab], Addresses::Public);
        declared::put_idp(&mut tx, &idp, world.now).await.unwrap();
        assert_eq!(declared::idp(&mut tx, &idp.spec.id).await.unwrap().as_ref(), Some(&idp));
        assert_eq!(declared::idp(&mut tx, &"other".parse().unwrap()).await.unwrap(), None);
        assert_eq!(declared::idps_of(&mut tx, None).await.unwrap(), []);
        assert_eq!(declared::idps_of(&mut tx, Some(world.lab)).await.unwrap(), [idp.clone()]);
        assert_eq!(declared::idps(&mut tx).await.unwrap(), [idp]);
        let mut application = declared::applications(&mut tx).await.unwrap().remove(0);
        (application.spec.name, application.live) = ("Other".to_owned(), false);
        declared::put_application(&mut tx, &application, world.now).await.unwrap();
        assert_eq!(declared::applications(&mut tx).await.unwrap(), [application]);
    })
    .await;
}

#[tokio::test]
async fn one_version_of_a_policy_is_in_force() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let text = PolicyText { org: Some("true".to_owned()), role: None };
        let policy = |organization| PolicyRow {
            id: PolicyId::new(world.uuid()),
            idp: world.idp,
            organization,
            text: text.clone(),
            // In force, the second is bounded.
            ceiling: organization.map_or(Ceiling::None, |_| Ceiling::Roles([world.member].into())),
        };
        for place in [None, Some(world.lab)] {
            let mut tx = db.begin().await.unwrap();
            let stored = declared::policies(&mut tx).await.unwrap();
            for old in stored.iter().filter(|row| row.organization == place) {
                declared::retire_policy(&mut tx, old.id, world.now).await.unwrap();
            }
            let new = policy(place);
            declared::insert_policy(&mut tx, &new, Actor::File, world.now).await.unwrap();
            assert!(declared::policies(&mut tx).await.unwrap().contains(&new));
            tx.commit().await.unwrap();
            let mut tx = db.begin().await.unwrap();
            let again = declared::insert_policy(&mut tx, &policy(place), Actor::File, world.now).await;
            assert!(matches!(again, Err(StoreError::Unique(_))));
        }
        let live = load(&db).await;
        assert_eq!(live.idps[0].spec.default_policy, text);
        assert_eq!(live.policies.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn sealed_secrets_are_kept_until_their_idp_goes() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let mut tx = db.begin().await.unwrap();
        assert_eq!(client_secrets::all(&mut tx).await.unwrap(), []);
        for sealed in ["first", "second"] {
            client_secrets::put(&mut tx, world.idp, sealed, world.now).await.unwrap();
            assert_eq!(client_secrets::all(&mut tx).await.unwrap(), [(world.idp, sealed.to_owned())]);
            assert!(client_secrets::is_there(&mut tx, world.idp).await.unwrap());
            assert_eq!(client_secrets::holders(&mut tx).await.unwrap(), [world.idp].into());
        }
        client_secrets::remove(&mut tx, world.idp).await.unwrap();
        assert!(!client_secrets::is_there(&mut tx, world.idp).await.unwrap());
        assert_eq!(client_secrets::all(&mut tx).await.unwrap(), []);
        client_secrets::put(&mut tx, world.idp, "third", world.now).await.unwrap();
        tx.commit().await.unwrap();
        run(&db, "delete from idps").await;
        assert_eq!(count(&db, "select count(*) from client_secrets").await, 0);
    })
    .await;
}

#[tokio::test]
async fn keeping_people_rewrites_where_they_came_from() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let user = world.user(&db, "alice").await;
        world.identity(&db, user, "alice").await;
        let source = |issuer: &str, path: &str| Source {
            idp: world.idp,
            issuer: issuer.to_owned(),
            identifier_path: path.to_owned(),
        };
        let mut tx = db.begin().await.unwrap();
        assert_eq!(forget::sources(&mut tx).await.unwrap(), [source("https://company.example.com", "sub")]);
        forget::keep(&mut tx, world.idp, "https://new.example.com", "oid").await.unwrap();
        assert_eq!(forget::sources(&mut tx).await.unwrap(), [source("https://new.example.com", "oid")]);
    })
    .await;
}

#[tokio::test]
async fn forgetting_people_takes_what_their_identities_gave() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let (alice, waiting) = (world.user(&db, "alice").await, world.user(&db, "bob").await);
        let policy = Origin::Policy(world.identity(&db, alice, "alice").await);
        let mut tx = db.begin().await.unwrap();
        grants::insert(&mut tx, alice, policy, &[world.admin], world.now).await.unwrap();
        grants::insert(&mut tx, alice, Origin::Manual, &[world.member], world.now).await.unwrap();
        grants::set_server_admin(&mut tx, alice, policy, true, world.now).await.unwrap();
        let awaited = Awaited::Identifier("bob".to_owned());
        identities::expect(&mut tx, world.idp, &awaited, waiting, world.now).await.unwrap();
        assert_eq!(forget::people(&mut tx, world.idp).await.unwrap().len(), 2);
        forget::forget(&mut tx, world.idp).await.unwrap();
        assert!(forget::people(&mut tx, world.idp).await.unwrap().is_empty());
        let left: Vec<_> = grants::of_user(&mut tx, alice).await.unwrap();
        assert_eq!(left.iter().map(|row| (row.role, row.origin)).collect::<Vec<_>>(), [(world.member, Origin::Manual)]);
        tx.commit().await.unwrap();
        assert_eq!(count(&db, "select count(*) from users").await, 1);
        assert_eq!(count(&db, "select count(*) from server_admins").await, 0);
    })
    .await;
}
