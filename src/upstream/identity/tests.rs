use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::*;
use crate::assertion::SigningKey;
use crate::base::{Ambient, Clock, SystemChance, Timestamp};
use crate::decision::{Decision, Profile, RouteTable, sample};
use crate::identity::{Application, HeaderPreset};
use crate::telemetry::Metrics;

#[derive(Clone)]
struct Hand(Arc<AtomicI64>);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(self.0.load(Ordering::Relaxed))
    }
}

struct Bench {
    hand: Hand,
    identities: Identities,
}

impl Bench {
    fn new() -> Self {
        let hand = Hand(Arc::new(AtomicI64::new(1_800_000_000)));
        let ambient = Ambient::new(hand.clone(), SystemChance::default());
        let key = SigningKey::generate(&ambient).unwrap();
        let assertions = Assertions::new(key, "https://login.example.com".parse().unwrap(), ambient);
        Self { hand, identities: Identities::new(Arc::new(assertions)) }
    }

    fn later(&self, secs: i64) {
        self.hand.0.fetch_add(secs, Ordering::Relaxed);
    }

    fn headers(&self, permit: &Permit) -> HeaderMap {
        let mut headers = HeaderMap::new();
        self.identities.add(&mut headers, permit).unwrap();
        headers
    }

    /// Whom the headers name, whom the assertion, and the assertion.
    fn told(&self, number: u64) -> (String, String, String) {
        let mut who = Arc::into_inner(sample::alice(&[(sample::HOME, sample::MEMBER)])).unwrap();
        who.generation = Generation::of(number);
        who.profile = Profile::new(&format!("user-{number}").parse().unwrap(), None, None);
        let permit = sample::permitted(sample::wiki("http://127.0.0.1:1", Vec::new()), "/", Some(&Arc::new(who)));
        let headers = self.headers(&permit);
        let assertion = headers[ASSERTION_HEADER].to_str().unwrap().to_owned();
        let name = claims(&headers)["preferred_username"].as_str().unwrap().to_owned();
        (headers["remote-user"].to_str().unwrap().to_owned(), name, assertion)
    }
}

fn claims(headers: &HeaderMap) -> Value {
    let claims = headers[ASSERTION_HEADER].to_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

#[test]
fn everybody_is_told_of_as_themselves_however_many_ask() {
    let bench = Bench::new();
    let everybody = 0..3 * ready::PLACES as u64;
    let first: Vec<_> = everybody.clone().map(|number| bench.told(number)).collect();
    for (number, told) in everybody.zip(&first) {
        let name = format!("user-{number}");
        assert_eq!((&told.0, &told.1), (&name, &name));
        assert_eq!(bench.told(number), *told, "the same assertion, whether it was ready or not");
    }
}

#[test]
fn each_application_is_told_in_its_own_words_of_roles_as_they_are_called_now() {
    let bench = Bench::new();
    let alice = sample::alice(&[(sample::HOME, sample::MEMBER)]);
    let permit = |application: Application, version: i64, role: &str| {
        let host = application.spec.hosts[0].clone();
        let mut catalogue = sample::catalogue(vec![application]);
        catalogue.version = version;
        let renamed = catalogue.organizations[0].roles.iter_mut().find(|role| role.id == sample::MEMBER);
        renamed.unwrap().name = role.parse().unwrap();
        let table = RouteTable::compile(&catalogue, &Metrics::default());
        match sample::decide(&table, &host, "/", Some(&alice)) {
            Decision::Permit(permit) => permit,
            other => panic!("no permit: {other:?}"),
        }
    };
    let wiki = || {
        let mut wiki = sample::wiki("http://127.0.0.1:1", Vec::new());
        wiki.spec.roles = None;
        wiki
    };
    let shop = || {
        let mut shop = wiki();
        shop.key = ApplicationKey::new(uuid::Uuid::from_u128(101));
        shop.spec.id = "shop".parse().unwrap();
        shop.spec.headers = HeaderPreset::XForwarded;
        shop
    };
    for (application, version, role, header) in [
        (wiki(), 1, "Member", "remote-groups"),
        (shop(), 1, "Member", "x-forwarded-groups"),
        (wiki(), 1, "Member", "remote-groups"),
        (wiki(), 2, "Reader", "remote-groups"),
        (shop(), 2, "Reader", "x-forwarded-groups"),
    ] {
        let (id, permit) = (application.spec.id.to_string(), permit(application, version, role));
        let headers = bench.headers(&permit);
        let claims = claims(&headers);
        assert_eq!((headers[header].to_str().unwrap(), headers.len()), (role, 5), "{id} {version}");
        assert_eq!((&claims["aud"], &claims["groups"][0]), (&id.as_str().into(), &role.into()), "{id} {version}");
    }
}

#[test]
fn an_assertion_is_signed_anew_when_half_its_life_is_over() {
    let bench = Bench::new();
    let everybody = 0..3 * ready::PLACES as u64;
    let first: Vec<_> = everybody.clone().map(|number| bench.told(number).2).collect();
    bench.later(149);
    assert!(everybody.clone().all(|number| bench.told(number).2 == first[number as usize]));
    bench.later(1);
    assert!(everybody.clone().all(|number| bench.told(number).2 != first[number as usize]));
}

#[tokio::test]
async fn what_would_be_signed_anew_is_forgotten() {
    let bench = Bench::new();
    let (early, late) = (bench.told(1), 2);
    bench.later(100);
    bench.told(late);
    bench.later(50);
    bench.identities.sweep().await;
    assert_eq!((bench.identities.signed.count(), bench.identities.ready.count()), (1, 1));
    assert_ne!(bench.told(1), early);
}

#[test]
fn a_place_is_left_to_whoever_asks_often() {
    let ready = Ready::default();
    let permit = sample::permitted(
        sample::wiki("http://127.0.0.1:1", Vec::new()),
        "/",
        Some(&sample::alice(&[(sample::HOME, sample::MEMBER)])),
    );
    let subject = subject(permit.route(), permit.identity().unwrap());
    let whom = |number| Whom { generation: Generation::of(number), application: permit.route().key(), version: 1 };
    let (first, start) = (whom(0), Timestamp::from_secs(1));
    let rival = (1..).map(whom).find(|other| Ready::place_of(other) == Ready::place_of(&first)).unwrap();
    let told = || Told::of(permit.route().spec().headers, &subject, |_| Ok::<_, ()>(())).unwrap();
    let (is_ready, ends) = (|whom, now| ready.look(whom, now, |_| ()).is_some(), Timestamp::from_secs(100));
    ready.offer(first, start, told(), ends);
    for half_seconds in 1..4 {
        let now = start.plus(Duration::from_millis(500) * half_seconds);
        ready.offer(rival, now, told(), ends);
        assert!(is_ready(&first, now) && !is_ready(&rival, now));
    }
    let now = start.plus(Duration::from_secs(3));
    ready.offer(rival, now, told(), ends);
    assert!(!is_ready(&first, now) && is_ready(&rival, now));
    assert!(!is_ready(&rival, ends), "it runs out as its assertion does");
}
