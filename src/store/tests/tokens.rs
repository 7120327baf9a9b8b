use std::time::Duration;

use crate::base::{Timestamp, TokenHash};
use crate::identity::{Actor, Opens, Origin, TokenId, TokenName, UserId};
use crate::store::kit::{World, on_each, run};
use crate::store::tokens::{self, TokenRow};
use crate::store::{Db, StoreError, grants, users};

const DAY: Duration = Duration::from_secs(86_400);

fn hash(name: &str) -> TokenHash {
    TokenHash::of(name.as_bytes())
}

impl World {
    async fn token(&self, db: &Db, name: &str, opens: Opens, made_by: Actor) -> TokenRow {
        let token = TokenRow {
            id: TokenId::new(self.uuid()),
            name: TokenName::parse(name).unwrap(),
            opens,
            made_by,
            created_at: self.now,
            expires_at: self.now.plus(DAY),
            last_used_at: None,
        };
        let mut tx = db.begin().await.unwrap();
        tokens::insert(&mut tx, &token, &hash(name)).await.unwrap();
        tx.commit().await.unwrap();
        token
    }

    async fn opens(&self, db: &Db, name: &str) -> bool {
        tokens::presented(db, &hash(name), self.now).await.unwrap().is_some()
    }
}

#[tokio::test]
async fn tokens_are_listed_found_and_ended_by_what_they_open() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let alice = world.user(&db, "alice").await;
        let lab = Opens::Organization(world.lab);
        let one = world.token(&db, "one", Opens::Server, Actor::CommandLine).await;
        let two = world.token(&db, "two", lab, Actor::User(alice)).await;
        let three = world.token(&db, "three", lab, Actor::CommandLine).await;
        tokens::touch(&db, two.id, world.now.plus(DAY)).await.unwrap();
        let two = TokenRow { last_used_at: Some(world.now.plus(DAY)), ..two };

        let mut tx = db.begin().await.unwrap();
        assert_eq!(tokens::of(&mut tx, Opens::Server, 9).await.unwrap(), [(one.clone(), None)]);
        let listed = tokens::of(&mut tx, lab, 9).await.unwrap();
        assert_eq!(listed, [(three.clone(), None), (two.clone(), Some("alice".parse().unwrap()))]);
        assert_eq!(tokens::of(&mut tx, lab, 1).await.unwrap().len(), 1);
        assert_eq!(tokens::count(&mut tx, lab).await.unwrap(), 2);
        assert_eq!(tokens::get(&mut tx, two.id, lab).await.unwrap(), Some(two.clone()));
        assert_eq!(tokens::get(&mut tx, two.id, Opens::Server).await.unwrap(), None);
        assert!(!tokens::delete(&mut tx, one.id, lab).await.unwrap());
        assert!(tokens::delete(&mut tx, three.id, lab).await.unwrap());
        assert_eq!(tokens::count(&mut tx, lab).await.unwrap(), 1);
        tx.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_token_opens_until_it_runs_out() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let token = world.token(&db, "one", Opens::Server, Actor::CommandLine).await;
        let at = async |now: Timestamp| tokens::presented(&db, &hash("one"), now).await.unwrap();
        assert_eq!(at(token.expires_at.minus(Duration::from_micros(1))).await, Some(token.clone()));
        assert_eq!(at(token.expires_at).await, None);
        assert_eq!(tokens::presented(&db, &hash("two"), world.now).await.unwrap(), None);
        assert_eq!(tokens::sweep(&db, token.expires_at).await.unwrap(), 0);
        assert_eq!(tokens::sweep(&db, token.expires_at.plus(DAY)).await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_token_opens_as_long_as_who_made_it_may() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let alice = world.user(&db, "alice").await;
        let identity = world.identity(&db, alice, "alice").await;
        world.token(&db, "server", Opens::Server, Actor::User(alice)).await;
        world.token(&db, "lab", Opens::Organization(world.lab), Actor::User(alice)).await;
        let both = async || (world.opens(&db, "server").await, world.opens(&db, "lab").await);
        let grant = async |origin, role| {
            let mut tx = db.begin().await.unwrap();
            grants::insert(&mut tx, alice, origin, &[role], world.now).await.unwrap();
            tx.commit().await.unwrap();
        };
        assert_eq!(both().await, (false, false));
        grant(Origin::Manual, world.member).await;
        assert_eq!(both().await, (false, false), "a member administers nothing");
        grant(Origin::Policy(identity), world.admin).await;
        assert_eq!(both().await, (false, true));
        let mut tx = db.begin().await.unwrap();
        grants::keep(&mut tx, alice, Origin::Policy(identity), &[(world.admin, world.now.minus(DAY))]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(both().await, (false, false), "a grant that was kept for a while has ended");
        grant(Origin::Manual, world.admin).await;
        assert_eq!(both().await, (false, true));

        let admin = async |origin, admin| {
            let mut tx = db.begin().await.unwrap();
            grants::set_server_admin(&mut tx, alice, origin, admin, world.now).await.unwrap();
            tx.commit().await.unwrap();
        };
        admin(Origin::Policy(identity), true).await;
        assert_eq!(both().await, (true, true));
        run(&db, "update idps set undeclared_at = 1").await;
        assert_eq!(both().await, (false, true), "an IdP that is off makes no server admins");
        admin(Origin::Manual, true).await;
        assert_eq!(both().await, (true, true));
        let disabled = async |since| {
            let mut tx = db.begin().await.unwrap();
            users::set_disabled(&mut tx, alice, since).await.unwrap();
            tx.commit().await.unwrap();
        };
        disabled(Some(world.now)).await;
        assert_eq!(both().await, (false, false));
        disabled(None).await;
        run(&db, "update organizations set undeclared_at = 1").await;
        assert_eq!(both().await, (true, false));
    })
    .await;
}

#[tokio::test]
async fn a_token_goes_with_its_maker() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let alice = world.user(&db, "alice").await;
        world.token(&db, "one", Opens::Server, Actor::User(alice)).await;
        let mut tx = db.begin().await.unwrap();
        users::delete(&mut tx, alice).await.unwrap();
        assert_eq!(tokens::count(&mut tx, Opens::Server).await.unwrap(), 0);
        let nobody = Actor::User(UserId::new(world.uuid()));
        let token = TokenRow {
            id: TokenId::new(world.uuid()),
            name: TokenName::parse("two").unwrap(),
            opens: Opens::Server,
            made_by: nobody,
            created_at: world.now,
            expires_at: world.now,
            last_used_at: None,
        };
        let refused = tokens::insert(&mut tx, &token, &hash("two")).await;
        assert!(matches!(refused, Err(StoreError::ForeignKey(_))), "{refused:?}");
    })
    .await;
}
