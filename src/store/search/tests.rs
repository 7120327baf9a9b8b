use super::*;
use crate::store::kit::{World, count, on_each, run};

#[tokio::test]
async fn the_index_follows_what_users_are() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let alice = world.user(&db, "alice").await;
        let refreshed = async |expected: &[&str]| {
            let mut tx = db.begin().await.unwrap();
            refresh(&mut tx, &[alice]).await.unwrap();
            let scopes: BTreeSet<String> =
                super::found(&mut tx, &[alice]).await.unwrap().into_iter().map(|row| row.0).collect();
            tx.commit().await.unwrap();
            let lab = world.lab.to_string();
            let expected: BTreeSet<String> =
                expected.iter().map(|scope| if *scope == "lab" { lab.clone() } else { (*scope).to_owned() }).collect();
            assert_eq!(scopes, expected);
        };
        refreshed(&["", "waiting"]).await;
        world.identity(&db, alice, "alice").await;
        refreshed(&["", "without"]).await;
        let grant = async |until: Option<i64>| {
            let mut tx = db.begin().await.unwrap();
            let origin = crate::identity::Origin::Manual;
            crate::store::grants::insert(&mut tx, alice, origin, &[world.member], world.now).await.unwrap();
            if let Some(until) = until {
                let until = crate::base::Timestamp::from_micros(until);
                crate::store::grants::keep(&mut tx, alice, origin, &[(world.member, until)]).await.unwrap();
            }
            tx.commit().await.unwrap();
        };
        grant(None).await;
        refreshed(&["", "lab"]).await;
        // A grant that ends by itself does so without a word.
        grant(Some(1)).await;
        refreshed(&["", "lab", "without"]).await;
        run(&db, "delete from grants").await;
        run(&db, "update users set disabled_at = 1").await;
        refreshed(&["", "disabled", "without"]).await;
        run(&db, "delete from users").await;
        assert_eq!(count(&db, "select count(*) from search_terms").await, 0);
    })
    .await;
}

/// A member who has signed in, in the index.
async fn member(db: &Db, world: &World) -> UserId {
    let alice = world.user(db, "alice").await;
    world.identity(db, alice, "alice").await;
    let mut tx = db.begin().await.unwrap();
    crate::store::grants::insert(&mut tx, alice, crate::identity::Origin::Manual, &[world.member], world.now)
        .await
        .unwrap();
    refresh(&mut tx, &[alice]).await.unwrap();
    tx.commit().await.unwrap();
    alice
}

async fn scopes(tx: &mut Tx, user: UserId) -> Vec<String> {
    let scopes: BTreeSet<String> = super::found(tx, &[user]).await.unwrap().into_iter().map(|row| row.0).collect();
    scopes.into_iter().collect()
}

#[tokio::test]
async fn whoever_loses_the_last_role_with_the_role_itself_is_without_organization() {
    use crate::store::declared;
    on_each(async |db| {
        let world = World::new(&db).await;
        let alice = member(&db, &world).await;
        let role = declared::RoleRow {
            id: world.member,
            organization: world.lab,
            name: crate::identity::RoleName::parse("Member").unwrap(),
            admin: false,
            live: false,
        };
        let mut tx = db.begin().await.unwrap();
        declared::put_role(&mut tx, &role, world.now).await.unwrap();
        assert_eq!(scopes(&mut tx, alice).await, [String::new(), world.lab.to_string(), "without".to_owned()]);
        drop(tx);
        let mut tx = db.begin().await.unwrap();
        declared::remove_roles(&mut tx, &[world.admin], world.now).await.unwrap();
        assert_eq!(scopes(&mut tx, alice).await, [String::new(), world.lab.to_string()]);
        declared::remove_roles(&mut tx, &[world.member], world.now).await.unwrap();
        assert_eq!(scopes(&mut tx, alice).await, ["", "without"]);
        drop(tx);
        let mut tx = db.begin().await.unwrap();
        declared::remove_organizations(&mut tx, &[world.lab]).await.unwrap();
        assert_eq!(scopes(&mut tx, alice).await, ["", "without"]);
    })
    .await;
}

#[tokio::test]
async fn whoever_is_forgotten_at_an_idp_waits_again() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let alice = member(&db, &world).await;
        run(&db, "update grants set origin = 'policy:' || (select id from identities)").await;
        let mut tx = db.begin().await.unwrap();
        crate::store::forget::forget(&mut tx, world.idp).await.unwrap();
        assert_eq!(scopes(&mut tx, alice).await, ["", "waiting"]);
    })
    .await;
}

#[tokio::test]
async fn an_organization_finds_who_waits_by_what_they_wait_for_and_not_by_what_another_calls_them() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let user = world.user(&db, "Secret Project").await;
        let mut tx = db.begin().await.unwrap();
        let awaited = crate::store::identities::Awaited::Email("bob@example.com".to_owned());
        crate::store::identities::expect(&mut tx, world.idp, &awaited, user, world.now).await.unwrap();
        let origin = crate::identity::Origin::Manual;
        crate::store::grants::insert(&mut tx, user, origin, &[world.member], world.now).await.unwrap();
        refresh(&mut tx, &[user]).await.unwrap();
        let rows = super::found(&mut tx, &[user]).await.unwrap();
        let within = |scope: Scope, word: &str| {
            let word = &Prefix::of(word)[0];
            rows.iter().any(|row| row.0 == scope.text() && row.1.starts_with(word.first()))
        };
        let lab = Scope::Organization(world.lab);
        assert!(within(lab, "bob") && !within(lab, "secret"));
        assert!(within(Scope::Everyone, "bob") && within(Scope::Everyone, "secret"));
    })
    .await;
}

#[tokio::test]
async fn users_of_before_the_index_are_taken_into_it() {
    on_each(async |db| {
        let world = World::new(&db).await;
        world.user(&db, "alice").await;
        run(&db, "update users set searchable = false").await;
        fill(&db).await.unwrap();
        assert_eq!(count(&db, "select count(*) from search_terms where scope = ''").await, 2);
        let before = db.statements();
        fill(&db).await.unwrap();
        assert_eq!(db.statements() - before, 1);
    })
    .await;
}
