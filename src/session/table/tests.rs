use super::*;
use crate::identity::UserId;
use crate::session::{AtProvider, SignedIn};
use crate::store::Change;
use crate::store::kit::{TestClock, World, count, on_each};

const IDLE: Duration = Duration::from_secs(60);

struct Fixture {
    sessions: Sessions,
    changes: Arc<Changes>,
    db: Db,
    clock: TestClock,
    signed_in: SignedIn,
}

fn host(name: &str) -> Host {
    Host::parse(name).unwrap()
}

/// A user who has signed in, with sessions that idle for a minute.
async fn on_each_with_sessions(test: impl AsyncFn(Fixture)) {
    on_each(async |db| {
        let world = World::new(&db).await;
        let user = world.user(&db, "alice").await;
        let identity = world.identity(&db, user, "alice").await;
        let (clock, ambient) = TestClock::new();
        let settings = SessionSettings { idle_timeout: IDLE, absolute_timeout: 100 * IDLE };
        let changes = Arc::new(Changes::follow(db.clone()).await.unwrap());
        let sessions = Sessions::new(db.clone(), ambient, settings, Arc::clone(&changes));
        let signed_in = SignedIn { user, identity, idp: world.idp, there: AtProvider::default() };
        test(Fixture { sessions, changes, db, clock, signed_in }).await;
    })
    .await;
}

impl Fixture {
    async fn open(&self) -> Token {
        self.sessions.open(self.signed_in.clone(), &host("login"), None).await.unwrap().unwrap().1
    }

    async fn knows(&self, on: &str, token: &Token) -> bool {
        self.sessions.recognise(&host(on), token).await.unwrap().is_some()
    }

    /// Makes a change of that user, and follows it.
    async fn change(&self, user: UserId) {
        let mut tx = self.db.begin().await.unwrap();
        changes::append(&mut tx, Timestamp::from_secs(1), &[Change::User(user)]).await.unwrap();
        tx.commit().await.unwrap();
        self.changes.catch_up().await.unwrap();
    }
}

#[tokio::test]
async fn a_session_in_use_outlives_being_read_anew_however_short_it_may_idle() {
    on_each_with_sessions(async |it| {
        let token = it.open().await;
        assert!(it.knows("login", &token).await);
        for _ in 0..4 {
            it.clock.advance(Duration::from_secs(40));
            it.change(it.signed_in.user).await;
            assert!(it.knows("login", &token).await, "used 40 seconds ago");
            it.sessions.write_activity().await.unwrap();
        }
        it.clock.advance(IDLE);
        it.change(it.signed_in.user).await;
        assert!(!it.knows("login", &token).await, "nobody used it for a minute");
    })
    .await;
}

#[tokio::test]
async fn a_token_that_opens_nothing_is_asked_for_once_until_something_changes() {
    on_each_with_sessions(async |it| {
        let junk = Token::new([7; 32]);
        let asked = async |on: &str, token: &Token| {
            it.changes.catch_up().await.unwrap();
            let before = it.db.statements();
            assert!(!it.knows(on, token).await);
            it.db.statements() - before
        };
        assert_eq!((asked("login", &junk).await, asked("login", &junk).await), (1, 0));
        it.change(it.signed_in.user).await;
        assert_eq!((asked("login", &junk).await, asked("login", &junk).await), (1, 0));
        // What is nothing on one host is not thereby nothing on another.
        let token = it.open().await;
        assert_eq!(asked("wiki.example.com", &token).await, 1);
        assert_eq!(asked("wiki.example.com", &token).await, 0);
        assert!(it.knows("login", &token).await);
        assert_eq!(count(&it.db, "select count(*) from session_tokens").await, 1);
    })
    .await;
}

#[tokio::test]
async fn whoever_was_read_later_does_not_speak_for_a_token_that_may_have_been_replaced() {
    on_each_with_sessions(async |it| {
        let token = it.open().await;
        let now = it.sessions.ambient.now();
        let read = it.sessions.recognise(&host("login"), &token).await.unwrap().unwrap();
        let later = Principal {
            evidence: read.evidence,
            user: read.user,
            profile: read.profile.clone(),
            holdings: Arc::clone(&read.holdings),
            generation: it.changes.generation(),
            liveness: Liveness::new(it.changes.number() + 1, now.plus(IDLE), now, now),
        };
        it.sessions.principals.insert(Arc::new(later));
        it.sessions.tokens.remove(&token.hash());
        assert!(it.knows("login", &token).await, "the store has it");
        assert_eq!(it.sessions.tokens.count(), 0, "but as of an earlier change");
        it.change(UserId::new(uuid::Uuid::from_u128(1))).await;
        assert!(it.knows("login", &token).await);
        assert_eq!(it.sessions.tokens.count(), 1);
    })
    .await;
}
