use super::*;
use crate::directory::kit::{Fixture, declaration, on_each_with};
use crate::store::kit::{count, run};

const DAY: Duration = Duration::from_secs(86_400);

fn name(text: &str) -> TokenName {
    TokenName::parse(text).unwrap()
}

#[tokio::test]
async fn a_token_opens_what_its_maker_administers_and_nothing_else() {
    on_each_with(declaration(), async |it: Fixture| {
        let ((lab, _), (office, _)) = (it.role("lab/Admin").await, it.role("office/Admin").await);
        let server = it.directory.server_admin(Actor::CommandLine);
        let made = server.make_token(&name("deploy"), DAY).await.unwrap();
        let bearer = it.directory.bearer(&made.expose()).await.unwrap().unwrap();
        assert!(bearer.server_admin(&it.directory).is_some());
        assert!(bearer.organization_admin(&it.directory, office).is_some());

        let made = server.organization(lab).make_token(&name("lab"), DAY).await.unwrap();
        let bearer = it.directory.bearer(&made.expose()).await.unwrap().unwrap();
        assert!(bearer.server_admin(&it.directory).is_none());
        assert!(bearer.organization_admin(&it.directory, office).is_none());
        let narrowed = bearer.organization_admin(&it.directory, lab).unwrap();
        let again = narrowed.make_token(&name("more"), DAY).await;
        assert!(matches!(again, Err(TokenError::ByToken)), "{again:?}");
        assert_eq!(narrowed.tokens().await.unwrap().len(), 1);
        assert_eq!(server.tokens().await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_ended_token_opens_nothing_and_both_acts_are_recorded() {
    on_each_with(declaration(), async |it: Fixture| {
        let (lab, _) = it.role("lab/Admin").await;
        let server = it.directory.server_admin(Actor::CommandLine);
        let made = server.make_token(&name("deploy"), DAY).await.unwrap();
        let elsewhere = server.organization(lab).end_token(made.id).await;
        assert!(matches!(elsewhere, Err(TokenError::NoSuchToken)), "{elsewhere:?}");
        assert!(it.directory.bearer(&made.expose()).await.unwrap().is_some());
        server.end_token(made.id).await.unwrap();
        assert!(it.directory.bearer(&made.expose()).await.unwrap().is_none());
        assert!(matches!(server.end_token(made.id).await, Err(TokenError::NoSuchToken)));
        let lines = "select count(*) from audit where action in ('token-made', 'token-ended') and actor = 'cli'";
        assert_eq!(count(&it.db, lines).await, 2);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_token_asks_the_database_nothing() {
    on_each_with(declaration(), async |it: Fixture| {
        let made = it.directory.server_admin(Actor::CommandLine).make_token(&name("deploy"), DAY).await.unwrap();
        let bare = made.expose().replace(API_PREFIX, "");
        let before = it.db.statements();
        for text in ["", "vst_", &bare, &format!("{} ", made.expose()), &format!("VST_{bare}")] {
            assert!(it.directory.bearer(text).await.unwrap().is_none(), "{text}");
        }
        assert_eq!(it.db.statements(), before);
        assert!(!format!("{made:?}").contains(&bare));
    })
    .await;
}

#[tokio::test]
async fn the_last_use_is_written_once_an_hour() {
    on_each_with(declaration(), async |it: Fixture| {
        let server = it.directory.server_admin(Actor::CommandLine);
        let made = server.make_token(&name("deploy"), DAY).await.unwrap();
        let first = it.ambient.now();
        it.directory.bearer(&made.expose()).await.unwrap().unwrap();
        it.clock.advance(USE_INTERVAL - Duration::from_secs(1));
        let before = it.db.statements();
        it.directory.bearer(&made.expose()).await.unwrap().unwrap();
        assert_eq!(it.db.statements(), before + 1);
        assert_eq!(server.tokens().await.unwrap()[0].0.last_used_at, Some(first));
        it.clock.advance(Duration::from_secs(1));
        it.directory.bearer(&made.expose()).await.unwrap().unwrap();
        assert_eq!(server.tokens().await.unwrap()[0].0.last_used_at, Some(it.ambient.now()));
    })
    .await;
}

#[tokio::test]
async fn tokens_are_limited_in_time_and_number() {
    on_each_with(declaration(), async |it: Fixture| {
        let server = it.directory.server_admin(Actor::CommandLine);
        for lifetime in [Duration::ZERO, MAX_TOKEN_LIFETIME + Duration::from_secs(1)] {
            let made = server.make_token(&name("deploy"), lifetime).await;
            assert!(matches!(made, Err(TokenError::Lifetime)), "{made:?}");
        }
        let made = server.make_token(&name("deploy"), MAX_TOKEN_LIFETIME).await.unwrap();
        it.clock.advance(MAX_TOKEN_LIFETIME);
        assert!(it.directory.bearer(&made.expose()).await.unwrap().is_none());
        it.directory.sweep().await.unwrap();
        assert_eq!(server.tokens().await.unwrap().len(), 1, "listed for a while");
        it.clock.advance(EXPIRED_RETENTION + Duration::from_secs(1));
        it.directory.sweep().await.unwrap();
        assert_eq!(server.tokens().await.unwrap().len(), 0);
        run(
            &it.db,
            "with recursive n (i) as (select 1 union all select i + 1 from n where i < 200) insert into api_tokens \
             (id, name, hash, made_by, created_at, expires_at) select 'i' || i, 'n', 'h' || i, 'cli', 0, 0 from n",
        )
        .await;
        assert!(matches!(server.make_token(&name("one more"), DAY).await, Err(TokenError::TooMany)));
    })
    .await;
}
