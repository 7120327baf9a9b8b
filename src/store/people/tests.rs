use super::*;
use crate::identity::{Origin, Username};
use crate::store::kit::{World, on_each, run};
use crate::store::users::UserRow;
use crate::store::{Db, grants, identities, search};

/// `count` users, the even ones with an identity, every fourth a member, every fifth disabled.
async fn crowd(db: &Db, world: &World, count: u32) -> Vec<UserId> {
    let mut users = Vec::new();
    for n in 0..count {
        let user = UserId::new(world.uuid());
        let row = UserRow {
            id: user,
            username: Username::parse(&format!("user{n:04}")).unwrap(),
            display_name: Some(format!("Ann Number{n}")),
            email: Some(format!("user{n:04}@example.com")),
            disabled_at: (n % 5 == 0).then_some(world.now),
            created_at: world.now,
        };
        let mut tx = db.begin().await.unwrap();
        users::insert(&mut tx, &row).await.unwrap();
        tx.commit().await.unwrap();
        if n % 2 == 0 {
            world.identity(db, user, &format!("id{n}")).await;
        } else {
            let mut tx = db.begin().await.unwrap();
            let awaited = identities::Awaited::Identifier(format!("id{n}"));
            identities::expect(&mut tx, world.idp, &awaited, user, world.now).await.unwrap();
            tx.commit().await.unwrap();
        }
        if n % 4 == 0 {
            let mut tx = db.begin().await.unwrap();
            grants::insert(&mut tx, user, Origin::Manual, &[world.member], world.now).await.unwrap();
            tx.commit().await.unwrap();
        }
        users.push(user);
    }
    let mut tx = db.begin().await.unwrap();
    search::refresh(&mut tx, &users).await.unwrap();
    tx.commit().await.unwrap();
    users
}

async fn all(db: &Db, filter: &Filter, limit: u32, now: Timestamp) -> Vec<UserId> {
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let mut tx = db.snapshot().await.unwrap();
        let page = super::page(&mut tx, filter, after.as_ref(), limit, now).await.unwrap();
        seen.extend(page.users.iter().map(|user| user.id));
        let Some(next) = page.next else { return seen };
        assert_ne!(Some(&next), after.as_ref());
        after = Some(next.to_string().parse().unwrap());
    }
}

fn words(text: &str) -> Vec<Prefix> {
    Prefix::of(text)
}

#[tokio::test]
async fn every_filter_finds_whom_it_means_page_by_page_and_once_each() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let users = crowd(&db, &world, 40).await;
        let expect = |fits: &dyn Fn(usize) -> bool| -> Vec<UserId> {
            users.iter().enumerate().filter(|(n, _)| fits(*n)).map(|(_, user)| *user).collect()
        };
        let base = Filter::default;
        let state = |state| Filter { state: Some(state), ..base() };
        let member = Filter { organization: Some(world.lab), ..base() };
        let role = Filter { role: Some(world.member), ..base() };
        type Case<'a> = (Filter, &'a dyn Fn(usize) -> bool);
        let cases: [Case<'_>; 12] = [
            (base(), &|_| true),
            (Filter { words: words("ann"), ..base() }, &|_| true),
            (Filter { words: words("user001"), ..base() }, &|n| (10..20).contains(&n)),
            (Filter { words: words("number3 ANN"), ..base() }, &|n| n == 3 || (30..40).contains(&n)),
            (Filter { words: words("example user003"), ..base() }, &|n| (30..40).contains(&n)),
            (state(State::Disabled), &|n| n % 5 == 0),
            (state(State::Waiting), &|n| n % 2 == 1 && n % 5 != 0),
            (state(State::WithoutOrganization), &|n| n % 2 == 0 && n % 4 != 0 && n % 5 != 0),
            (member.clone(), &|n| n % 4 == 0),
            (Filter { words: words("number2"), state: Some(State::Disabled), ..member.clone() }, &|n| n == 20),
            (role, &|n| n % 4 == 0),
            (Filter { idp: Some(world.idp), role: Some(world.member), ..base() }, &|n| n % 4 == 0),
        ];
        for (filter, fits) in cases {
            for limit in [3, 100] {
                let mut found = all(&db, &filter, limit, world.now).await;
                let by_newest = filter.words.is_empty();
                assert!(!by_newest || found.is_sorted_by(|one, other| one > other), "{filter:?}");
                found.sort_unstable();
                assert_eq!(found, expect(fits), "{filter:?}");
                let mut tx = db.snapshot().await.unwrap();
                assert_eq!(
                    super::count(&mut tx, &filter, world.now).await.unwrap() as usize,
                    found.len(),
                    "{filter:?}"
                );
            }
        }
        assert_eq!(all(&db, &Filter { idp: Some(world.idp), ..base() }, 7, world.now).await.len(), 40);
        let nobody = Filter { role: Some(world.admin), ..base() };
        assert_eq!(all(&db, &nobody, 7, world.now).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_role_that_counts_no_more_finds_nobody() {
    on_each(async |db| {
        let world = World::new(&db).await;
        crowd(&db, &world, 8).await;
        let member = Filter { organization: Some(world.lab), ..Filter::default() };
        let role = Filter { role: Some(world.member), ..Filter::default() };
        let found = async || (all(&db, &member, 10, world.now).await.len(), all(&db, &role, 10, world.now).await.len());
        assert_eq!(found().await, (2, 2));
        for (goes, comes) in [
            ("update grants set kept_until = 1", "update grants set kept_until = null"),
            ("update roles set undeclared_at = 1", "update roles set undeclared_at = null"),
            ("update organizations set undeclared_at = 1", "update organizations set undeclared_at = null"),
        ] {
            run(&db, goes).await;
            assert_eq!(found().await, (0, 0), "{goes}");
            run(&db, comes).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_page_looks_at_so_many_and_the_next_goes_on() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let oldest = world.user(&db, "oldest").await;
        // A crowd that the words find and the filter does not.
        run(
            &db,
            "with recursive n (n) as (select 1 union all select n + 1 from n where n < 1500) \
             insert into users (id, username, username_folded, version, created_at, searchable) \
             select '00000000-0000-7000-8000-00000010' || (n + 1000), 'x' || n, 'x' || n, 1, 1, true from n",
        )
        .await;
        run(
            &db,
            "insert into search_terms (scope, term, user_id) select '', '', id from users where username <> 'oldest'",
        )
        .await;
        let mut tx = db.begin().await.unwrap();
        grants::insert(&mut tx, oldest, Origin::Manual, &[world.admin], world.now).await.unwrap();
        search::refresh(&mut tx, &[oldest]).await.unwrap();
        tx.commit().await.unwrap();
        let filter = Filter { idp: None, ..Filter::default() };
        let mut tx = db.snapshot().await.unwrap();
        let first =
            page(&mut tx, &Filter { words: words("oldest"), ..filter.clone() }, None, 10, world.now).await.unwrap();
        assert_eq!((first.users.len(), first.next), (1, None));
        run(&db, "update search_terms set scope = 'disabled' where scope = ''").await;
        run(&db, "update users set disabled_at = 1 where username = 'oldest'").await;
        let rare = Filter { state: Some(State::Disabled), ..filter };
        let mut tx = db.snapshot().await.unwrap();
        let first = page(&mut tx, &rare, None, 10, world.now).await.unwrap();
        assert_eq!(first.users, []);
        let second = page(&mut tx, &rare, first.next.as_ref(), 10, world.now).await.unwrap();
        assert_eq!(second.users.iter().map(|user| user.id).collect::<Vec<_>>(), [oldest]);
        assert_eq!(second.next, None);
    })
    .await;
}
