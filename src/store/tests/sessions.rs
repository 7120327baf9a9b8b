use std::time::Duration;

use crate::base::{Timestamp, TokenHash};
use crate::identity::{Host, SessionId, UserId};
use crate::store::changes::{self, Change};
use crate::store::handoff::{self, Code};
use crate::store::kit::{World, count, on_each};
use crate::store::sessions::{self, AtProvider, EndedThere, Refresh, SessionRow};
use crate::store::{Db, StoreError, users};

fn hash(text: &str) -> TokenHash {
    TokenHash::of(text.as_bytes())
}

fn host(name: &str) -> Host {
    Host::parse(name).unwrap()
}

async fn row(world: &World, db: &Db, name: &str) -> SessionRow {
    let user = world.user(db, name).await;
    let identity = world.identity(db, user, name).await;
    another(
        world,
        &SessionRow {
            id: SessionId::new(world.uuid()),
            user,
            identity,
            idp: world.idp,
            created_at: world.now,
            last_seen_at: world.now,
            expires_at: world.now.plus(Duration::from_secs(3_600)),
        },
    )
}

fn another(world: &World, like: &SessionRow) -> SessionRow {
    SessionRow { id: SessionId::new(world.uuid()), ..like.clone() }
}

async fn made(world: &World, db: &Db, name: &str) -> SessionRow {
    let session = row(world, db, name).await;
    assert!(sessions::create(db, &session, &AtProvider::default(), &hash(name), &host("login"), None).await.unwrap());
    session
}

async fn log(db: &Db) -> Vec<Change> {
    changes::after(db, 0).await.unwrap().into_iter().map(|(_, change)| change).collect()
}

#[tokio::test]
async fn a_session_opens_by_its_token_on_exactly_its_host() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let session = made(&world, &db, "alice").await;
        let before = db.statements();
        assert_eq!(sessions::by_token(&db, &hash("alice"), &host("login")).await.unwrap(), Some(session));
        assert_eq!(db.statements() - before, 1);
        assert_eq!(sessions::by_token(&db, &hash("alice"), &host("wiki")).await.unwrap(), None);
        assert_eq!(sessions::by_token(&db, &hash("bob"), &host("login")).await.unwrap(), None);
        assert_eq!(log(&db).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_new_session_ends_the_one_before() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let old = made(&world, &db, "alice").await;
        let new = another(&world, &old);
        assert!(
            sessions::create(&db, &new, &AtProvider::default(), &hash("new"), &host("login"), Some(old.id))
                .await
                .unwrap()
        );
        assert_eq!(sessions::by_token(&db, &hash("alice"), &host("login")).await.unwrap(), None);
        assert_eq!(sessions::by_token(&db, &hash("new"), &host("login")).await.unwrap(), Some(new));
        assert_eq!(log(&db).await, [Change::Session(old.id)]);
    })
    .await;
}

#[tokio::test]
async fn nobody_disabled_or_gone_gets_a_session() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let old = made(&world, &db, "alice").await;
        let mut tx = db.begin().await.unwrap();
        assert!(users::set_disabled(&mut tx, old.user, Some(world.now)).await.unwrap());
        tx.commit().await.unwrap();
        let new = another(&world, &old);
        assert!(
            !sessions::create(&db, &new, &AtProvider::default(), &hash("new"), &host("login"), Some(old.id))
                .await
                .unwrap()
        );
        assert_eq!(sessions::by_token(&db, &hash("alice"), &host("login")).await.unwrap(), Some(old.clone()));
        assert_eq!(count(&db, "select count(*) from sessions").await, 1);
        let nobody = SessionRow { user: UserId::new(world.uuid()), ..new };
        assert!(
            !sessions::create(&db, &nobody, &AtProvider::default(), &hash("new"), &host("login"), None).await.unwrap()
        );
    })
    .await;
}

#[tokio::test]
async fn a_session_has_one_token_for_each_host() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let session = made(&world, &db, "alice").await;
        let find = async |token: &str| sessions::by_token(&db, &hash(token), &host("wiki")).await.unwrap();
        assert!(sessions::add_token(&db, session.id, &hash("one"), &host("wiki"), world.now).await.unwrap());
        assert_eq!(log(&db).await, []);
        assert!(find("one").await.is_some());
        assert!(sessions::add_token(&db, session.id, &hash("two"), &host("wiki"), world.now).await.unwrap());
        assert!(find("one").await.is_none());
        assert!(find("two").await.is_some());
        assert_eq!(log(&db).await, [Change::Session(session.id)]);
        assert!(sessions::by_token(&db, &hash("alice"), &host("login")).await.unwrap().is_some());
        let gone = SessionId::new(world.uuid());
        assert!(!sessions::add_token(&db, gone, &hash("three"), &host("wiki"), world.now).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn activity_only_rises_and_never_brings_a_session_back() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let (alice, bob) = (made(&world, &db, "alice").await, made(&world, &db, "bob").await);
        let carol = made(&world, &db, "carol").await;
        assert!(sessions::end(&db, carol.id, world.now).await.unwrap().is_some());
        let (later, earlier) = (world.now.plus(Duration::from_secs(9)), world.now.minus(Duration::from_secs(9)));
        let seen =
            [(alice.id, earlier), (alice.id, later), (alice.id, world.now), (bob.id, earlier), (carol.id, later)];
        sessions::touch_many(&db, &seen).await.unwrap();
        let last_seen = async |name: &str| {
            let row = sessions::by_token(&db, &hash(name), &host("login")).await.unwrap();
            row.map(|row| row.last_seen_at)
        };
        assert_eq!(last_seen("alice").await, Some(later));
        assert_eq!(last_seen("bob").await, Some(world.now));
        assert_eq!(last_seen("carol").await, None);
        sessions::touch_many(&db, &[]).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn activity_of_many_sessions_is_few_statements() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let seen: Vec<_> = (0..1_200).map(|_| (SessionId::new(world.uuid()), world.now)).collect();
        let before = db.statements();
        sessions::touch_many(&db, &seen).await.unwrap();
        assert_eq!(db.statements() - before, 3);
    })
    .await;
}

#[tokio::test]
async fn ending_a_session_ends_every_token_and_code() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let session = made(&world, &db, "alice").await;
        sessions::add_token(&db, session.id, &hash("wiki"), &host("wiki"), world.now).await.unwrap();
        handoff::create_code(&db, &hash("code"), &code(&world, session.id)).await.unwrap();
        assert!(sessions::end(&db, session.id, world.now).await.unwrap().is_some());
        assert!(sessions::end(&db, session.id, world.now).await.unwrap().is_none());
        assert_eq!(sessions::by_token(&db, &hash("wiki"), &host("wiki")).await.unwrap(), None);
        assert_eq!(handoff::take_code(&db, &hash("code")).await.unwrap(), None);
        assert_eq!(log(&db).await, [Change::Session(session.id)]);
    })
    .await;
}

#[tokio::test]
async fn all_sessions_of_a_user_or_an_identity_end_together() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let one = made(&world, &db, "alice").await;
        let two = another(&world, &one);
        sessions::create(&db, &two, &AtProvider::default(), &hash("two"), &host("login"), None).await.unwrap();
        let bob = made(&world, &db, "bob").await;
        assert_eq!(sessions::end_of_user(&db, one.user, world.now).await.unwrap(), 2);
        assert_eq!(sessions::end_of_user(&db, one.user, world.now).await.unwrap(), 0);
        let mut ended = log(&db).await;
        ended.sort();
        assert_eq!(ended, [Change::Session(one.id), Change::Session(two.id)]);
        let mut tx = db.begin().await.unwrap();
        let ended = sessions::delete_of_identity(&mut tx, bob.identity).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(ended, [Change::Session(bob.id)]);
        assert_eq!(count(&db, "select count(*) from session_tokens").await, 0);
        made(&world, &db, "carol").await;
        let mut tx = db.begin().await.unwrap();
        sessions::delete_of_idp(&mut tx, crate::identity::IdpKey::new(world.uuid())).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(count(&db, "select count(*) from sessions").await, 1);
        let mut tx = db.begin().await.unwrap();
        sessions::delete_of_idp(&mut tx, world.idp).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(count(&db, "select count(*) from session_tokens").await, 0);
    })
    .await;
}

#[tokio::test]
async fn sessions_past_their_time_are_swept() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let (alice, bob) = (made(&world, &db, "alice").await, made(&world, &db, "bob").await);
        let carol = row(&world, &db, "carol").await;
        let carol = SessionRow { expires_at: world.now.plus(Duration::from_secs(5)), ..carol };
        sessions::create(&db, &carol, &AtProvider::default(), &hash("carol"), &host("login"), None).await.unwrap();
        let later = world.now.plus(Duration::from_secs(10));
        sessions::touch_many(&db, &[(alice.id, later), (carol.id, later)]).await.unwrap();
        assert_eq!(sessions::count(&db, world.now).await.unwrap(), 2, "bob was last seen then, the others later");
        assert_eq!(sessions::sweep(&db, world.now, world.now.minus(Duration::from_secs(1))).await.unwrap(), 0);
        assert_eq!(sessions::sweep(&db, later, world.now).await.unwrap(), 2);
        assert_eq!(sessions::count(&db, world.now).await.unwrap(), 1);
        assert!(sessions::by_token(&db, &hash("alice"), &host("login")).await.unwrap().is_some());
        let mut swept = log(&db).await;
        swept.sort();
        assert_eq!(swept, [Change::Session(bob.id), Change::Session(carol.id)]);
    })
    .await;
}

fn code(world: &World, session: SessionId) -> Code {
    Code { host: host("wiki"), binding: hash("verifier"), session, expires_at: world.now.plus(Duration::from_secs(30)) }
}

#[tokio::test]
async fn a_code_is_taken_once_however_many_ask() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let session = made(&world, &db, "alice").await;
        let code = code(&world, session.id);
        handoff::create_code(&db, &hash("code"), &code).await.unwrap();
        let before = db.statements();
        let asked: Vec<_> = (0..8)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move { handoff::take_code(&db, &hash("code")).await.unwrap() })
            })
            .collect();
        let mut taken = Vec::new();
        for asked in asked {
            taken.extend(asked.await.unwrap());
        }
        assert_eq!(taken, [code]);
        assert_eq!(db.statements() - before, 8);
    })
    .await;
}

#[tokio::test]
async fn a_code_needs_a_session() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let code = code(&world, SessionId::new(world.uuid()));
        let error = handoff::create_code(&db, &hash("code"), &code).await.unwrap_err();
        assert!(matches!(error, StoreError::ForeignKey(_)), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn a_state_is_spent_once_and_swept_with_the_codes() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let session = made(&world, &db, "alice").await;
        let until = |secs: i64| Timestamp::from_secs(world.now.secs() + secs);
        assert!(handoff::spend_state(&db, &hash("one"), until(30)).await.unwrap());
        assert!(!handoff::spend_state(&db, &hash("one"), until(60)).await.unwrap());
        assert!(handoff::spend_state(&db, &hash("two"), until(31)).await.unwrap());
        handoff::create_code(&db, &hash("code"), &code(&world, session.id)).await.unwrap();
        assert_eq!(handoff::sweep(&db, until(29)).await.unwrap(), 0);
        assert_eq!(handoff::sweep(&db, until(30)).await.unwrap(), 2);
        assert!(!handoff::spend_state(&db, &hash("two"), until(60)).await.unwrap());
        assert!(handoff::spend_state(&db, &hash("one"), until(60)).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn sessions_end_as_their_provider_says_by_its_session_or_its_person() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let there = |sid: &str, sub: &str| AtProvider {
            sid: Some(sid.to_owned()),
            sub: Some(sub.to_owned()),
            id_token: Some(format!("sealed of {sid}")),
            refresh: None,
        };
        let alice = row(&world, &db, "alice").await;
        let mut made = Vec::new();
        for (name, sid, sub) in [("one", "s1", "a"), ("two", "s2", "a"), ("three", "s3", "a"), ("four", "s1", "b")] {
            let session = another(&world, &alice);
            let there = there(sid, sub);
            assert!(sessions::create(&db, &session, &there, &hash(name), &host("login"), None).await.unwrap());
            made.push(session);
        }
        let end = async |idp, ended| {
            let mut tx = db.begin().await.unwrap();
            let before = db.statements();
            let ended = sessions::delete_ended_there(&mut tx, idp, ended).await.unwrap();
            assert_eq!(db.statements() - before, 1);
            tx.commit().await.unwrap();
            ended
        };
        let ended = |index: usize| (alice.user, Change::Session(made[index].id));
        assert!(sessions::is_known_there(&db, world.idp, "s1").await.unwrap());
        assert!(!sessions::is_known_there(&db, world.idp, "s4").await.unwrap());
        let elsewhere = crate::identity::IdpKey::new(world.uuid());
        assert_eq!(end(elsewhere, EndedThere::Person { sub: "a" }).await, []);
        assert_eq!(end(world.idp, EndedThere::Session { sid: "s1", sub: Some("a") }).await, [ended(0)]);
        assert_eq!(end(world.idp, EndedThere::Session { sid: "s2", sub: None }).await, [ended(1)]);
        assert_eq!(end(world.idp, EndedThere::Person { sub: "a" }).await, [ended(2)]);
        let last = sessions::end(&db, made[3].id, world.now).await.unwrap().unwrap();
        assert_eq!((last.idp, last.id_token.as_deref()), (world.idp, Some("sealed of s1")));
        // What is done once is done once, as part of whatever it belongs to.
        let mut tx = db.begin().await.unwrap();
        assert!(handoff::spend(&mut tx, &hash("said"), world.now).await.unwrap());
        assert!(!handoff::spend(&mut tx, &hash("said"), world.now).await.unwrap());
        drop(tx);
        assert!(handoff::spend_state(&db, &hash("said"), world.now).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn claims_of_sessions_in_use_are_fetched_when_their_time_has_come_by_one_alone() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let alice = row(&world, &db, "alice").await;
        let at = |seconds: u64| world.now.plus(Duration::from_secs(seconds));
        let mut made = Vec::new();
        for (name, due) in [("never", None), ("soon", Some(10)), ("sooner", Some(5)), ("later", Some(20))] {
            let session = another(&world, &alice);
            let refresh = due.map(|due| Refresh { token: format!("sealed of {name}"), at: at(due) });
            let there = AtProvider { sub: Some("a".to_owned()), refresh, ..AtProvider::default() };
            assert!(sessions::create(&db, &session, &there, &hash(name), &host("login"), None).await.unwrap());
            made.push(session.id);
        }
        let idle_since = world.now.minus(Duration::from_secs(1));
        let due = async |now: u64, limit: u32| {
            let before = db.statements();
            let mut due = sessions::due(&db, at(now), idle_since, at(now + 100), limit).await.unwrap();
            assert!(db.statements() - before <= 2);
            due.sort_by_key(|due| made.iter().position(|made| *made == due.session));
            due.into_iter().map(|due| (due.session, due.token)).collect::<Vec<_>>()
        };
        let of = |index: usize, name: &str| (made[index], format!("sealed of {name}"));
        assert_eq!(due(4, 9).await, []);
        assert_eq!(due(10, 1).await, [of(2, "sooner")]);
        assert_eq!(due(10, 9).await, [of(1, "soon")]);
        assert_eq!(due(10, 9).await, [], "they are somebody's");
        assert_eq!(due(111, 9).await, [of(1, "soon"), of(2, "sooner"), of(3, "later")], "nobody came back");
        let next = Refresh { token: "another".to_owned(), at: at(300) };
        sessions::refresh_later(&db, made[1], &next).await.unwrap();
        sessions::refresh_no_more(&db, made[2]).await.unwrap();
        assert_eq!(due(299, 9).await, [of(3, "later")]);
        assert_eq!(due(300, 9).await, [(made[1], "another".to_owned())]);
        // Who has not been seen, or is over, is nobody to ask about.
        sessions::refresh_later(&db, made[1], &next).await.unwrap();
        let seen = sessions::due(&db, at(300), at(1), at(400), 9).await.unwrap();
        assert_eq!(seen.len(), 0);
        let over = sessions::due(&db, at(3_600), idle_since, at(4_000), 9).await.unwrap();
        assert_eq!(over.len(), 0);
        let told = sessions::due(&db, at(300), idle_since, at(400), 9).await.unwrap();
        assert_eq!((told[0].idp, told[0].sub.as_str(), told[0].identifier.as_str()), (world.idp, "a", "alice"));
    })
    .await;
}
