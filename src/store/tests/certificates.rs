use crate::base::Timestamp;
use crate::store::certificates::{
    ChallengeRow, HostRow, Leave, NewCertificate, account, begin, end, forget, put, put_account, put_challenge,
    put_failure, remove_account, rest, setbacks, since, version,
};
use crate::store::kit::on_each;

const HERE: &str = "https://ca.example/directory";
const WIKI: &str = "wiki.example.com";

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(secs)
}

fn new(chain: &str) -> NewCertificate<'_> {
    NewCertificate { chain, sealed: "sealed", not_again_before: at(50) }
}

fn leave(holder: &str, now: i64) -> Leave<'_> {
    Leave { holder, now: at(now), until: at(now + 100), hour_ago: at(now - 3600), most: 3 }
}

#[tokio::test]
async fn a_certificate_is_kept_with_how_ordering_goes() {
    on_each(async |db| {
        assert_eq!(version(&db).await.unwrap(), 0);
        put_failure(&db, HERE, WIKI, at(100), "refused").await.unwrap();
        put_failure(&db, HERE, WIKI, at(200), "refused again").await.unwrap();
        let (number, hosts, _) = since(&db, 0).await.unwrap();
        assert_eq!(number, version(&db).await.unwrap());
        let failed = HostRow {
            directory: HERE.to_owned(),
            host: WIKI.to_owned(),
            certificate: None,
            failures: 2,
            retry_at: at(200),
            cause: Some("refused again".to_owned()),
        };
        assert_eq!(hosts, std::slice::from_ref(&failed));
        put(&db, HERE, WIKI, new("chain")).await.unwrap();
        let certificate = Some(("chain".to_owned(), "sealed".to_owned()));
        let good = HostRow { certificate, failures: 0, retry_at: at(50), cause: None, ..failed };
        assert_eq!(since(&db, 0).await.unwrap().1, std::slice::from_ref(&good));
        // A renewal that fails leaves what is good.
        put_failure(&db, HERE, WIKI, at(300), "down").await.unwrap();
        let worse = HostRow { failures: 1, retry_at: at(300), cause: Some("down".to_owned()), ..good.clone() };
        assert_eq!(since(&db, 0).await.unwrap().1, [worse]);
        put(&db, HERE, WIKI, new("chain")).await.unwrap();
        assert_eq!(since(&db, 0).await.unwrap().1, std::slice::from_ref(&good));
        // Another directory knows nothing of it.
        put(&db, "https://other", WIKI, new("other")).await.unwrap();
        assert_eq!(since(&db, 0).await.unwrap().1.len(), 2);
        forget(&db, "https://other", WIKI).await.unwrap();
        let (last, hosts, _) = since(&db, 0).await.unwrap();
        assert!(last > number && hosts == [good]);
        // Whoever has read that far hears of nothing but news.
        assert!(since(&db, last).await.unwrap().1.is_empty());
        put_failure(&db, HERE, "tools.example.com", at(1), "no").await.unwrap();
        let news = since(&db, last).await.unwrap().1;
        assert_eq!(news.iter().map(|row| row.host.as_str()).collect::<Vec<_>>(), ["tools.example.com"]);
    })
    .await;
}

#[tokio::test]
async fn one_process_at_a_time_orders() {
    on_each(async |db| {
        assert!(begin(&db, leave("one", 0)).await.unwrap());
        assert!(!begin(&db, leave("two", 99)).await.unwrap(), "it is at it");
        assert!(begin(&db, leave("two", 100)).await.unwrap(), "it is gone");
        end(&db, "one").await.unwrap();
        assert!(!begin(&db, leave("one", 150)).await.unwrap(), "what is another's is not given back");
        end(&db, "two").await.unwrap();
        assert!(begin(&db, leave("one", 150)).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn so_many_orders_an_hour_and_no_more() {
    on_each(async |db| {
        let order = async |now: i64| {
            let begun = begin(&db, leave("one", now)).await.unwrap();
            end(&db, "one").await.unwrap();
            begun
        };
        assert!(order(0).await && order(1).await && order(3_000).await);
        assert!(!order(3_001).await && !order(3_599).await);
        assert!(order(3_600).await && order(3_601).await && order(3_602).await);
        assert!(!order(3_603).await);
    })
    .await;
}

#[tokio::test]
async fn an_authority_that_fails_is_left_in_peace() {
    on_each(async |db| {
        rest(&db, at(500)).await.unwrap();
        rest(&db, at(1_000)).await.unwrap();
        assert_eq!(setbacks(&db).await.unwrap(), 2);
        assert!(!begin(&db, leave("one", 999)).await.unwrap());
        assert!(begin(&db, leave("one", 1_000)).await.unwrap());
        put(&db, HERE, WIKI, new("chain")).await.unwrap();
        assert_eq!(setbacks(&db).await.unwrap(), 0);
        end(&db, "one").await.unwrap();
        assert!(begin(&db, leave("one", 999)).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn what_is_shown_for_a_host_goes_with_the_outcome() {
    on_each(async |db| {
        let row = |token: &str| ChallengeRow {
            host: WIKI.to_owned(),
            token: token.to_owned(),
            proof: format!("{token}.thumb"),
            expires_at: at(100),
        };
        put_challenge(&db, &row("one")).await.unwrap();
        let before = version(&db).await.unwrap();
        put_challenge(&db, &row("two")).await.unwrap();
        assert!(version(&db).await.unwrap() > before);
        assert_eq!(since(&db, 0).await.unwrap().2, [row("two")]);
        put_failure(&db, HERE, WIKI, at(1), "no").await.unwrap();
        assert!(since(&db, 0).await.unwrap().2.is_empty());
        put_challenge(&db, &row("three")).await.unwrap();
        put(&db, HERE, WIKI, new("chain")).await.unwrap();
        assert!(since(&db, 0).await.unwrap().2.is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_account_is_kept_for_each_directory() {
    on_each(async |db| {
        put_account(&db, HERE, "sealed", at(1)).await.unwrap();
        put_account(&db, HERE, "sealed again", at(2)).await.unwrap();
        assert_eq!(account(&db, HERE).await.unwrap().as_deref(), Some("sealed again"));
        assert_eq!(account(&db, "https://other").await.unwrap(), None);
        remove_account(&db, HERE).await.unwrap();
        assert_eq!(account(&db, HERE).await.unwrap(), None);
    })
    .await;
}
