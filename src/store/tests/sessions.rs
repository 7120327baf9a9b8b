mod there;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::{Timestamp, TokenHash};
use crate::identity::{Host, SessionId, UserId};
use crate::store::changes::{self, Change};
use crate::store::handoff::{self, Code};
use crate::store::kit::{World, count, on_each};
use crate::store::sessions::{self, AtProvider, SessionRow};
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
        for seen in [
            BTreeMap::from([(alice.id, later), (bob.id, earlier), (carol.id, later)]),
            BTreeMap::from([(alice.id, earlier)]),
            BTreeMap::from([(alice.id, world.now)]),
            BTreeMap::new(),
        ] {
            sessions::touch_many(&db, &seen).await.unwrap();
        }
        let last_seen = async |name: &str| {
            let row = sessions::by_token(&db, &hash(name), &host("login")).await.unwrap();
            row.map(|row| row.last_seen_at)
        };
        assert_eq!(last_seen("alice").await, Some(later));
        assert_eq!(last_seen("bob").await, Some(world.now));
        assert_eq!(last_seen("carol").await, None);
    })
    .await;
}

#[tokio::test]
async fn activity_of_many_sessions_is_few_statements() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let seen: BTreeMap<_, _> = (0..1_200).map(|_| (SessionId::new(world.uuid()), world.now)).collect();
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
        sessions::touch_many(&db, &BTreeMap::from([(alice.id, later), (carol.id, later)])).await.unwrap();
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
