//! Roles that end, of many people: nobody holds them from then on, and the rest is done bit by bit.

use crate::identity::RoleName;
use crate::store::declared::{self, RoleRow};
use crate::store::kit::{World, count, on_each, run};
use crate::store::{Db, grants, holders, search};

/// More people than are settled at once.
const PEOPLE: i64 = 701;

/// So many members of the lab, in the index of people.
async fn members(db: &Db, world: &World) {
    let id = "'00000000-0000-0000-0003-000000' || substr(cast(1000000 + i as text), 2)";
    let numbers = format!("with recursive n (i) as (select 1 union all select i + 1 from n where i < {PEOPLE})");
    for (into, select) in [
        (
            "users (id, username, username_folded, version, searchable, created_at)",
            format!("{id}, 'u' || i, 'u' || i, 1, false, 0"),
        ),
        (
            "grants (user_id, role_id, origin, created_at, evaluated_at)",
            format!("{id}, '{}', 'manual', 0, 0", world.member),
        ),
    ] {
        let sql = format!("insert into {into} {numbers} select {select} from n");
        db.writer().execute(sql, vec![]).await.unwrap();
    }
    search::fill(db).await.unwrap();
}

async fn settle(db: &Db) -> usize {
    let mut rounds = 0;
    loop {
        let mut tx = db.begin().await.unwrap();
        let more = declared::settle(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        if !more {
            return rounds;
        }
        rounds += 1;
    }
}

fn role(world: &World, live: bool) -> RoleRow {
    RoleRow { id: world.member, organization: world.lab, name: RoleName::parse("Member").unwrap(), admin: false, live }
}

const LEFT: &str = "select count(*) from grants";
const IN_LAB: &str = "select count(*) from search_terms s join organizations o on o.key = s.scope where s.term = ''";

#[tokio::test]
async fn a_role_of_many_is_nobodys_at_once_and_its_grants_go_bit_by_bit() {
    on_each(async |db| {
        let world = World::new(&db).await;
        members(&db, &world).await;
        assert_eq!(count(&db, IN_LAB).await, PEOPLE);
        let mut tx = db.begin().await.unwrap();
        let before = db.statements();
        declared::remove_roles(&mut tx, &[world.member], world.now).await.unwrap();
        let few = db.statements() - before;
        assert!(few < 60, "{few} statements");
        assert_eq!(holders::count(&mut tx, None, world.now, 1_000).await.unwrap(), 0);
        assert_eq!(holders::live_of_roles(&mut tx, &[world.member], world.now, 1_000).await.unwrap(), []);
        assert!(grants::live_roles(&mut tx, world.lab).await.unwrap().iter().all(|(role, _)| *role != world.member));
        assert!(declared::roles(&mut tx).await.unwrap().iter().all(|row| row.id != world.member));
        // The name is free, and another role of that name is nobody's.
        let other = RoleRow { id: crate::identity::RoleId::new(world.uuid()), ..role(&world, true) };
        declared::put_role(&mut tx, &other, world.now).await.unwrap();
        tx.commit().await.unwrap();
        let left = count(&db, LEFT).await;
        assert!(0 < left && left < PEOPLE, "{left}");
        assert!(settle(&db).await >= 1);
        assert_eq!((count(&db, LEFT).await, count(&db, IN_LAB).await), (0, 0));
        assert_eq!(count(&db, "select count(*) from roles where removed_at is not null").await, 0);
        assert_eq!(settle(&db).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_role_of_many_that_is_declared_no_longer_keeps_its_grants_and_the_index_learns_of_it() {
    on_each(async |db| {
        let world = World::new(&db).await;
        members(&db, &world).await;
        run(
            &db,
            "insert into identities (id, user_id, idp_key, identifier, issuer, identifier_path, email_verified, \
             created_at, last_sign_in_at) select 'i' || u.id, u.id, p.key, u.id, 'x', 'sub', false, 0, 0 \
             from users u cross join idps p",
        )
        .await;
        let without = "select count(*) from search_terms where scope = 'without' and term = ''";
        let mut tx = db.begin().await.unwrap();
        declared::put_role(&mut tx, &role(&world, false), world.now).await.unwrap();
        assert_eq!(holders::count(&mut tx, None, world.now, 1_000).await.unwrap(), 0);
        tx.commit().await.unwrap();
        let some = count(&db, without).await;
        assert!(0 < some && some < PEOPLE, "{some}");
        assert!(settle(&db).await >= 1);
        assert_eq!((count(&db, LEFT).await, count(&db, without).await), (PEOPLE, PEOPLE));
        // It comes back to whom it was.
        let mut tx = db.begin().await.unwrap();
        declared::put_role(&mut tx, &role(&world, true), world.now).await.unwrap();
        assert_eq!(holders::count(&mut tx, None, world.now, 1_000).await.unwrap(), PEOPLE.unsigned_abs());
    })
    .await;
}
