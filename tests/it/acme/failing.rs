//! Authorities that refuse, are away, or answer badly; and what admins are told.

use std::cell::Cell;
use std::net::Ipv4Addr;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use vestibule::base::{Clock as _, SystemClock};
use vestibule::directory::Actor;
use vestibule::identity::TokenName;

use super::{LOOKS, Stage, application, configuration};
use crate::kit::browser::Browser;
use crate::kit::pebble::{Pebble, pem};
use crate::kit::tls;
use crate::kit::world::{Places, World, eventually};
use crate::operations::metrics::numbers;

/// Longer than anything rests that has failed a few times.
const LATER: Duration = Duration::from_secs(2 * 60 * 60);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A world whose sign-in host and wiki have a certificate from files, with further ones and further tables; and its
/// configuration.
async fn with_files(pebble: &Pebble, more: &str, tables: impl Fn(&Places) -> String) -> (World, String) {
    let files = format!(
        "[[server.tls.certificate]]\nchain = \"{}\"\nkey = \"{}\"\n{more}\n[server.tls.acme]",
        tls::certificate().display(),
        tls::key().display()
    );
    let whole =
        |places: &Places| configuration(places, pebble, LOOKS[1], &tables(places)).replace("[server.tls.acme]", &files);
    let world = World::at("http://127.0.0.1:9", whole).await;
    let file = whole(&world.places);
    (world, file)
}

/// A program that watches the server, for longer than a session of the console lasts.
struct Watching {
    browser: Browser,
    token: String,
}

impl Watching {
    async fn of(world: &World) -> Self {
        let name = TokenName::parse("watching").unwrap();
        let directory = world.directory().await;
        let made = directory.server_admin(Actor::CommandLine).make_token(&name, DAY * 366).await.unwrap();
        Self { browser: by_tls(world), token: made.expose() }
    }

    /// What it is told of certificates.
    async fn told(&self) -> String {
        let request = Request::get("https://login.example.com/api/v1/overview");
        let request = request.header("Authorization", format!("Bearer {}", self.token)).body(Bytes::new()).unwrap();
        let answer = self.browser.send(request).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["certificates"].to_string()
    }
}

fn by_tls(world: &World) -> Browser {
    Browser::new().over_tls().route("login.example.com", ([127, 0, 0, 1], world.places.port).into())
}

/// An admin in the console.
async fn admin(world: &World, file: &str) -> Browser {
    let link = world.command(file, &["admin", "login-link"]).await.out.trim().to_owned();
    let browser = by_tls(world);
    let page = browser.navigate(&link).await;
    assert_eq!(browser.submit(&page.url, &link, &[]).await.status, 303);
    browser
}

async fn overview(browser: &Browser) -> String {
    browser.navigate("https://login.example.com/console").await.text()
}

#[tokio::test]
async fn a_host_that_the_authority_does_not_find_is_told_of_and_keeps_nobody_waiting() {
    let mut pebble = Pebble::prepare();
    pebble.start(&[]).await;
    // Nothing listens there.
    pebble.resolve("away.example.com", Ipv4Addr::new(127, 0, 0, 2)).await;
    let other_proxys = |places: &Places| {
        let asks = application(places, "asks").replace(&format!("\"http://{}\"", places.upstream), "\"none\"");
        application(places, "away") + &application(places, "tools") + &asks
    };
    let (world, file) = with_files(&pebble, "", other_proxys).await;
    let trusted = vec![pebble.root().await];
    let stage = Stage { pebble, world, trusted };
    let failed = async || numbers(&stage.world).await.get("vestibule_certificates_in_trouble") == Some(&1.0);
    eventually("it has failed", failed).await;
    stage.all_show(&["tools.example.com"]).await;
    // Neither those with a certificate from files, nor what another proxy has.
    assert_eq!(stage.pebble.orders(), 2);
    let admin = admin(&stage.world, &file).await;
    let page = overview(&admin).await;
    assert!(page.contains("away.example.com has no certificate") && page.contains("It is tried again at"), "{page}");
    assert!(page.contains("Failed to connect to 127.0.0.2") && !page.contains("tools.example.com"), "{page}");
    let counted = numbers(&stage.world).await;
    for (name, expected) in [("refused", 1.0), ("made", 1.0), ("authority", 0.0)] {
        let name = format!("vestibule_certificate_orders_total{{outcome=\"{name}\"}}");
        assert_eq!(counted.get(&name), Some(&expected), "{name} of {counted:#?}");
    }
    let ends = async |source: &str| {
        let name = format!("vestibule_certificate_end_seconds{{source=\"{source}\"}}");
        numbers(&stage.world).await.get(&name).copied()
    };
    // It is told of a moment after it is served.
    eventually("it is told when they end", async || ends("authority").await.is_some()).await;
    assert!(ends("file").await > ends("authority").await);

    // Once it is found, the next try succeeds, and all is well.
    stage.pebble.resolve("away.example.com", Ipv4Addr::LOCALHOST).await;
    stage.world.clock.advance(LATER);
    stage.all_show(&["away.example.com"]).await;
    let silent = async || !overview(&admin).await.contains("away.example.com");
    eventually("nothing is told of it", silent).await;
}

#[tokio::test]
async fn a_renewal_that_fails_is_told_of_with_the_time_that_is_left() {
    let mut pebble = Pebble::prepare();
    pebble.start(&[]).await;
    let (world, _) = with_files(&pebble, "", |places| application(places, "tools")).await;
    let trusted = vec![pebble.root().await];
    let mut stage = Stage { pebble, world, trusted };
    stage.all_show(&["tools.example.com"]).await;
    let program = Watching::of(&stage.world).await;
    assert_eq!(program.told().await, "[]");
    stage.pebble.stop();
    stage.world.clock.advance(DAY * 84 - Duration::from_secs(3_600));
    let told = async || {
        let told = program.told().await;
        told.contains("The certificate of tools.example.com could not be renewed; it ends in 6 days")
            && told.contains("cannot connect")
    };
    eventually("it is told", told).await;
    assert!(stage.shown("tools.example.com").await.is_some(), "what is good stays");
}

#[tokio::test]
async fn files_that_end_are_told_of_too() {
    let pebble = Pebble::prepare();
    let folder = tempfile::tempdir().unwrap();
    // It ends a hundred days from now.
    let end = SystemClock.now().plus(DAY * 100).to_string();
    let mut date = end.split(['-', 'T']).map(|part| part.parse::<i32>().unwrap_or_default());
    let (year, month, day) = (date.next().unwrap(), date.next().unwrap(), date.next().unwrap());
    let key = rcgen::KeyPair::generate().unwrap();
    let mut wanted = rcgen::CertificateParams::new(vec!["files.example.com".to_owned()]).unwrap();
    wanted.not_after = rcgen::date_time_ymd(year, u8::try_from(month).unwrap(), u8::try_from(day).unwrap());
    let [chain, secret] = ["files.crt", "files.key"].map(|name| folder.path().join(name));
    std::fs::write(&chain, pem("CERTIFICATE", wanted.self_signed(&key).unwrap().der())).unwrap();
    std::fs::write(&secret, pem("PRIVATE KEY", key.serialized_der())).unwrap();
    let file = format!("[[server.tls.certificate]]\nchain = \"{}\"\nkey = \"{}\"", chain.display(), secret.display());

    let (world, _) = with_files(&pebble, &file, |_| String::new()).await;
    let program = Watching::of(&world).await;
    assert_eq!(program.told().await, "[]");
    world.clock.advance(DAY * 90);
    let told = program.told().await;
    assert!(told.contains("The certificate for files.example.com ends in 9 days"), "{told}");
    assert!(told.contains("files.crt") && !told.contains("login.example.com"), "{told}");
    world.clock.advance(DAY * 11);
    assert!(program.told().await.contains("files.example.com ended at"), "{}", program.told().await);
}

#[tokio::test]
async fn nobody_waits_for_an_authority_that_is_away_or_has_forgotten_us() {
    let pebble = Pebble::prepare();
    let mut stage = Stage::with(pebble, LOOKS[1], |_| String::new()).await;
    let failed = async || numbers(&stage.world).await.get("vestibule_certificates_in_trouble") >= Some(&1.0);
    eventually("ordering has failed", failed).await;
    // Started twice, so that it has forgotten whoever it knew.
    for pause in [LATER, super::TO_RENEWAL] {
        stage.pebble.stop();
        stage.pebble.start(&[]).await;
        stage.trusted = vec![stage.pebble.root().await];
        stage.world.clock.advance(pause);
        shown_in_the_end(&stage).await;
    }
}

#[tokio::test]
async fn an_authority_that_rejects_what_is_right_is_asked_until_it_takes_it() {
    let mut pebble = Pebble::prepare();
    pebble.start(&[("PEBBLE_WFE_NONCEREJECT", "40"), ("PEBBLE_AUTHZREUSE", "100")]).await;
    let stage = Stage::with(pebble, LOOKS[0], |_| String::new()).await;
    shown_in_the_end(&stage).await;
}

/// Waits until both hosts show a certificate; whenever an order has ended, time goes on to the next.
async fn shown_in_the_end(stage: &Stage) {
    let ended = Cell::new(-1.0);
    let shown = async || {
        let counted = numbers(&stage.world).await;
        let orders = counted.iter().filter(|(name, _)| name.starts_with("vestibule_certificate_orders_total"));
        let orders: f64 = orders.map(|(_, count)| count).sum();
        if ended.replace(orders) < orders {
            stage.world.clock.advance(LATER);
        }
        stage.shown("login.example.com").await.is_some() && stage.shown("wiki.example.com").await.is_some()
    };
    eventually("there are certificates", shown).await;
}
