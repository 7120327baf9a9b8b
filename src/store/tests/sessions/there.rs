//! The provider's side of sessions.

use std::time::Duration;

use super::{another, hash, host, row};
use crate::identity::IdpKey;
use crate::store::changes::Change;
use crate::store::handoff;
use crate::store::kit::{World, on_each};
use crate::store::sessions::{self, AtProvider, EndedThere, Refresh};

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
        let elsewhere = IdpKey::new(world.uuid());
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
