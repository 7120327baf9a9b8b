use std::time::Duration;

use serde_json::json;

use crate::base::Timestamp;
use crate::identity::{Actor, AuditId, IdentityId, IdpKey, SignInId};
use crate::store::audit::{self, About, AuditRow, Order, Sought};
use crate::store::kit::{World, count, on_each, run};
use crate::store::sign_ins::{self, SignInRow};
use crate::store::{Db, StoreError};

fn sign_in(world: &World, identity: Option<IdentityId>, identifier: &str, reference: &str) -> SignInRow {
    SignInRow {
        id: SignInId::new(world.uuid()),
        idp: world.idp,
        identity,
        identifier: identifier.to_owned(),
        reference: reference.to_owned(),
        refused: identity.is_none().then(|| "nobody is known".to_owned()),
        at: world.now,
        catalogue_version: 3,
        claims: Some(json!({ "id_token": { "sub": identifier } })),
        redacted: vec!["salary".to_owned()],
        verdicts: json!([{ "organization": "lab" }]),
    }
}

async fn put(db: &Db, row: &SignInRow) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    sign_ins::put(&mut tx, row).await?;
    tx.commit().await
}

#[tokio::test]
async fn of_an_identity_the_last_sign_in_is_kept_and_of_a_stranger_too() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let user = world.user(&db, "alice").await;
        let identity = world.identity(&db, user, "alice").await;
        let other = world.identity(&db, user, "alice-2").await;
        for (identity, identifier, reference) in [
            (Some(identity), "alice", "A1"),
            (Some(identity), "alice", "A2"),
            (None, "alice", "A3"),
            (None, "eve", "E1"),
            (None, "eve", "E2"),
            (Some(other), "alice-2", "B1"),
        ] {
            put(&db, &sign_in(&world, identity, identifier, reference)).await.unwrap();
        }
        assert_eq!(count(&db, "select count(*) from sign_ins").await, 4);
        let mut tx = db.snapshot().await.unwrap();
        assert_eq!(sign_ins::by_reference(&mut tx, "A1").await.unwrap(), None);
        let last = sign_ins::by_reference(&mut tx, "A2").await.unwrap().unwrap();
        assert_eq!(last, SignInRow { id: last.id, ..sign_in(&world, Some(identity), "alice", "A2") });
        assert_eq!(sign_ins::last(&mut tx, identity).await.unwrap(), Some(last.id));
        assert!(sign_ins::by_reference(&mut tx, "E2").await.unwrap().unwrap().refused.is_some());
        let of_user = sign_ins::of_user(&mut tx, user).await.unwrap();
        assert_eq!(of_user.iter().map(|row| row.reference.as_str()).collect::<Vec<_>>(), ["A2", "B1"]);
        drop(tx);
        // A reference leads to one sign-in.
        let error = put(&db, &sign_in(&world, None, "mallory", "A2")).await.unwrap_err();
        assert!(matches!(error, StoreError::Unique(_)), "{error}");
    })
    .await;
}

#[tokio::test]
async fn every_identity_is_paged_through_with_its_last_sign_in() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let user = world.user(&db, "alice").await;
        let mut identities = Vec::new();
        for number in 0..5 {
            identities.push(world.identity(&db, user, &format!("alice-{number}")).await);
        }
        put(&db, &sign_in(&world, Some(identities[1]), "alice-1", "A1")).await.unwrap();
        let mut tx = db.snapshot().await.unwrap();
        let first = sign_ins::page(&mut tx, None, 2).await.unwrap();
        let rest = sign_ins::page(&mut tx, Some(first[1].identity), 10).await.unwrap();
        let seen: Vec<_> = first.iter().chain(&rest).map(|row| row.identity).collect();
        assert_eq!(seen, identities);
        assert_eq!((first[0].claims.clone(), first[0].redacted.len(), first[0].sign_in), (None, 0, None));
        assert_eq!(first[1].claims, Some(json!({ "id_token": { "sub": "alice-1" } })));
        assert_eq!(
            (first[1].user, first[1].idp, first[1].redacted.as_slice()),
            (user, world.idp, &["salary".to_owned()][..])
        );
        assert_eq!(sign_ins::page(&mut tx, Some(identities[4]), 10).await.unwrap(), []);
        let at = sign_ins::page_at(&mut tx, world.idp, None, 2).await.unwrap();
        assert_eq!(at, first);
        assert_eq!(sign_ins::page_at(&mut tx, world.idp, Some(at[1].identity), 10).await.unwrap(), rest);
        assert_eq!(sign_ins::page_at(&mut tx, IdpKey::new(world.uuid()), None, 10).await.unwrap(), []);
        let whole: Vec<_> = first.into_iter().chain(rest).collect();
        assert_eq!(sign_ins::of_users(&mut tx, &[user]).await.unwrap(), whole);
        assert_eq!(sign_ins::of_users(&mut tx, &[]).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn what_is_asked_for_again_keeps_its_reference() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let user = world.user(&db, "alice").await;
        let identity = world.identity(&db, user, "alice").await;
        let first = sign_in(&world, Some(identity), "alice", "A1");
        put(&db, &first).await.unwrap();
        let again = SignInRow { claims: Some(json!({ "later": 1 })), ..sign_in(&world, Some(identity), "alice", "A2") };
        let mut tx = db.begin().await.unwrap();
        sign_ins::renew(&mut tx, &again).await.unwrap();
        assert_eq!(sign_ins::by_reference(&mut tx, "A2").await.unwrap(), None);
        let kept = sign_ins::by_reference(&mut tx, "A1").await.unwrap().unwrap();
        assert_eq!((kept.id, kept.claims), (first.id, again.claims.clone()));
        tx.commit().await.unwrap();
        // Of a refusal before there was an identity nothing is known of anybody.
        put(&db, &sign_in(&world, None, "eve", "E1")).await.unwrap();
        let known = sign_ins::claims_of(&db, world.idp, "alice").await.unwrap();
        assert_eq!(known, Some((again.claims.unwrap(), again.redacted)));
        assert_eq!(sign_ins::claims_of(&db, world.idp, "eve").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn claims_are_forgotten_in_time_and_refusals_altogether() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let user = world.user(&db, "alice").await;
        let identity = world.identity(&db, user, "alice").await;
        put(&db, &sign_in(&world, Some(identity), "alice", "A1")).await.unwrap();
        put(&db, &sign_in(&world, None, "eve", "E1")).await.unwrap();
        let unkept =
            SignInRow { claims: None, ..sign_in(&world, Some(world.identity(&db, user, "bob").await), "bob", "B1") };
        put(&db, &unkept).await.unwrap();
        assert_eq!(sign_ins::sweep(&db, world.now).await.unwrap(), 0);
        assert_eq!(sign_ins::sweep(&db, world.now.plus(Duration::from_secs(1))).await.unwrap(), 3);
        let mut tx = db.snapshot().await.unwrap();
        for reference in ["A1", "B1"] {
            let row = sign_ins::by_reference(&mut tx, reference).await.unwrap().unwrap();
            assert_eq!((row.claims, row.verdicts), (None, json!([])), "{reference}");
        }
        assert_eq!(sign_ins::by_reference(&mut tx, "E1").await.unwrap(), None);
        drop(tx);
        assert_eq!(sign_ins::sweep(&db, world.now.plus(Duration::from_secs(1))).await.unwrap(), 0, "once");
    })
    .await;
}

fn line(world: &World, at: Timestamp, reference: Option<&str>) -> AuditRow {
    AuditRow {
        id: AuditId::new(world.uuid()),
        at,
        action: "sign-in".to_owned(),
        actor: Actor::CommandLine,
        reference: reference.map(str::to_owned),
        about: About { idp: Some(world.idp), organization: Some(world.lab), ..About::default() },
        count: 1,
        detail: Some("why".to_owned()),
        before: None,
        after: Some(json!({ "roles": {} })),
    }
}

#[tokio::test]
async fn the_audit_log_is_read_by_reference_and_in_the_order_of_time() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let second = |number| world.now.plus(Duration::from_secs(number));
        // Several of one instant, as a page may end among them.
        let lines: Vec<AuditRow> = [0, 1, 1, 1, 2]
            .into_iter()
            .enumerate()
            .map(|(number, at)| line(&world, second(at), Some(&format!("R{number}"))))
            .collect();
        let mut tx = db.begin().await.unwrap();
        for line in &lines {
            audit::insert(&mut tx, line).await.unwrap();
        }
        audit::insert(&mut tx, &line(&world, second(9), None)).await.unwrap();
        audit::insert(&mut tx, &line(&world, second(9), None)).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = db.snapshot().await.unwrap();
        assert_eq!(audit::by_reference(&mut tx, "R2").await.unwrap().as_ref(), Some(&lines[2]));
        assert_eq!(audit::by_reference(&mut tx, "R9").await.unwrap(), None);
        let found = audit::by_references(&mut tx, &["R0", "R4", "R9"]).await.unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(audit::by_references(&mut tx, &[]).await.unwrap(), []);
        let (mut read, mut after) = (Vec::new(), None);
        let within = |interval| Sought { interval, ..Sought::default() };
        loop {
            let sought = within(second(0)..second(9));
            let page = audit::lines(&mut tx, &sought, Order::OldestFirst, after, 2).await.unwrap();
            read.extend(page.rows);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(read, lines);
        let sought = within(second(1)..second(2));
        let page = audit::lines(&mut tx, &sought, Order::OldestFirst, None, 10).await.unwrap();
        assert_eq!((page.rows.as_slice(), page.next), (&lines[1..4], None));
        drop(tx);
        assert_eq!(audit::sweep(&db, second(2)).await.unwrap(), 4);
        assert_eq!(count(&db, "select count(*) from audit").await, 3);
    })
    .await;
}

#[tokio::test]
async fn the_newest_lines_come_first_of_everything_and_of_what_is_asked_for() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let alice = world.user(&db, "alice").await;
        let second = |number| world.now.plus(Duration::from_secs(number));
        let mut lines: Vec<AuditRow> = [3, 2, 2, 1].map(|at| line(&world, second(at), None)).into();
        // Of one instant the later id comes first.
        lines.sort_by_key(|line| std::cmp::Reverse((line.at, line.id)));
        lines[1].action = "sign-in-refused".to_owned();
        lines[2].about = About { user: Some(alice), ..About::default() };
        let mut tx = db.begin().await.unwrap();
        for line in &lines {
            audit::insert(&mut tx, line).await.unwrap();
        }
        tx.commit().await.unwrap();
        let mut tx = db.snapshot().await.unwrap();
        let (mut read, mut before) = (Vec::new(), None);
        while let page = audit::lines(&mut tx, &Sought::default(), Order::NewestFirst, before, 1).await.unwrap()
            && page.next.is_some()
        {
            read.extend(page.rows);
            before = page.next;
        }
        assert_eq!(read, lines);
        let mut ask = async |sought: Sought| {
            let page = audit::lines(&mut tx, &sought, Order::NewestFirst, None, 10).await.unwrap();
            assert_eq!(page.next, None);
            page.rows
        };
        let (everything, refused) = (Sought::default(), Some("sign-in-refused".to_owned()));
        assert_eq!(ask(everything.clone()).await, lines);
        assert_eq!(ask(Sought { user: Some(alice), ..everything.clone() }).await, lines[2..3]);
        let labs = Sought { organization: Some(world.lab), ..everything.clone() };
        assert_eq!(ask(Sought { action: refused.clone(), ..labs.clone() }).await, lines[1..2]);
        assert_eq!(ask(Sought { user: Some(alice), action: refused.clone(), ..everything.clone() }).await, []);
        let its = Sought { idp: Some(world.idp), ..labs };
        assert_eq!(ask(its.clone()).await.len(), 3);
        assert_eq!(ask(Sought { action: refused, ..its.clone() }).await, lines[1..2]);
        assert_eq!(ask(Sought { interval: second(3)..second(9), ..its }).await, lines[..1]);
    })
    .await;
}

#[tokio::test]
async fn lines_are_counted_by_day_and_action_with_what_each_counts() {
    on_each(async |db| {
        let world = World::new(&db).await;
        use audit::DAY;
        let at = |day: i64| Timestamp::from_micros(DAY * day + 5);
        let mut tx = db.begin().await.unwrap();
        for (day, action, count) in [(1, "a", 1), (2, "a", 1), (2, "a", 4), (2, "b", 1), (2, "other", 1), (0, "a", 1)] {
            let row = AuditRow { action: action.to_owned(), count, ..line(&world, at(day), None) };
            audit::insert(&mut tx, &row).await.unwrap();
        }
        tx.commit().await.unwrap();
        let by_day = async |since: i64| {
            let mut tx = db.snapshot().await.unwrap();
            let since = Timestamp::from_micros(DAY * since);
            let mut counted = audit::by_day(&mut tx, ["a", "b", "c"], since).await.unwrap();
            counted.sort();
            counted
        };
        let first = [(1, "a".to_owned(), 1), (2, "a".to_owned(), 5), (2, "b".to_owned(), 1)];
        assert_eq!(by_day(1).await, first);
        // What is counted again is one line, and counts as much as both.
        let denied = AuditRow { action: "b".to_owned(), count: 3, ..line(&world, at(2), Some("R")) };
        audit::count(&db, std::slice::from_ref(&denied)).await.unwrap();
        audit::count(&db, &[AuditRow { count: 4, ..denied }]).await.unwrap();
        let counted = [first[0].clone(), first[1].clone(), (2, "b".to_owned(), 8)];
        assert_eq!(by_day(1).await, counted);
        // Added up it is the same, and so it is beside what comes meanwhile.
        assert_eq!(count(&db, "select count(*) from audit_counts").await, 8);
        audit::add_up(&db, Timestamp::from_micros(0)).await.unwrap();
        assert_eq!(count(&db, "select count(*) from audit_counts").await, 5);
        assert_eq!(by_day(1).await, counted);
        audit::add_up(&db, at(2)).await.unwrap();
        assert_eq!(by_day(0).await, counted[1..]);
        // A line that is not written is not counted.
        let mut tx = db.begin().await.unwrap();
        audit::insert(&mut tx, &AuditRow { action: "a".to_owned(), ..line(&world, at(2), None) }).await.unwrap();
        drop(tx);
        assert_eq!(by_day(0).await, counted[1..]);
    })
    .await;
}

#[tokio::test]
async fn the_latest_decisions_come_first_of_sign_ins_of_which_something_is_kept() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let user = world.user(&db, "alice").await;
        for (number, name) in ["one", "two", "three"].into_iter().enumerate() {
            let identity = world.identity(&db, user, name).await;
            let mut row = sign_in(&world, Some(identity), name, name);
            row.at = world.now.plus(Duration::from_secs(number as u64));
            row.verdicts = json!([{ "organization": name }]);
            if name == "two" {
                (row.claims, row.verdicts) = (None, json!([]));
            }
            put(&db, &row).await.unwrap();
        }
        let mut tx = db.snapshot().await.unwrap();
        let recent = sign_ins::recent_verdicts(&mut tx, world.now, 10).await.unwrap();
        assert_eq!(recent, [json!([{ "organization": "three" }]), json!([{ "organization": "one" }])]);
        assert_eq!(sign_ins::recent_verdicts(&mut tx, world.now, 1).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn of_what_has_no_index_a_page_looks_at_so_many_lines_and_leads_on() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let mut tx = db.begin().await.unwrap();
        let rare = AuditRow { action: "rare".to_owned(), ..line(&world, world.now, None) };
        audit::insert(&mut tx, &rare).await.unwrap();
        tx.commit().await.unwrap();
        // Younger, and more of them than are looked at.
        run(
            &db,
            "insert into audit (id, at, action, actor, idp_key, count) \
             with recursive n (i) as (select 1 union all select i + 1 from n where i < 5001) \
             select '00000000-0000-7000-8000-' || substr(cast(1000000000000 + i as text), 2), \
             9000000000000000 + i, 'usual', 'cli', key, 1 from n cross join idps",
        )
        .await;
        let mut tx = db.snapshot().await.unwrap();
        let sought = Sought { idp: Some(world.idp), action: Some("rare".to_owned()), ..Sought::default() };
        let first = audit::lines(&mut tx, &sought, Order::NewestFirst, None, 10).await.unwrap();
        assert!(first.rows.is_empty() && first.next.is_some());
        let second = audit::lines(&mut tx, &sought, Order::NewestFirst, first.next, 10).await.unwrap();
        assert_eq!((second.rows, second.next), (vec![rare.clone()], None));
        let oldest = audit::lines(&mut tx, &sought, Order::OldestFirst, None, 1).await.unwrap();
        assert_eq!(oldest.rows, [rare]);
        let rest = audit::lines(&mut tx, &sought, Order::OldestFirst, oldest.next, 1).await.unwrap();
        assert!(rest.rows.is_empty() && rest.next.is_some());
    })
    .await;
}
