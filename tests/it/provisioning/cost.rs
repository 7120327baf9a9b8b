//! What a sign-in costs the database: the same, however many organizations there are.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::response::IntoResponse as _;
use http::Request;
use hyper::body::Incoming;
use serde_json::json;
use tempfile::TempDir;
use tower::ServiceExt as _;
use vestibule::base::{Ambient, ClientTls, HttpClients, HttpSettings, SealingKey};
use vestibule::directory::{Approval, Directory};
use vestibule::identity::Host;
use vestibule::listener::{Limits, Listener, Tracked, TrustedProxies};
use vestibule::login::{self, Login};
use vestibule::session::{Changes, HandoffKeys, Sessions};
use vestibule::store::Db;
use vestibule::web::Web;

use super::organization;
use crate::kit::attempt::Departure;
use crate::kit::browser::Browser;
use crate::kit::faulty::{Fault, Faulty};
use crate::kit::world::{Places, settings};

/// Most statements of a callback that changes nothing.
const MOST: u64 = 15;

/// Most further statements of one that changes hundreds of grants.
const BATCHES: u64 = 4;

/// The sign-in host without anything that goes on beside requests, so that every statement is a request's.
struct Alone {
    provider: Faulty,
    db: Db,
    login: String,
    ids: Vec<String>,
    _folder: TempDir,
}

impl Alone {
    async fn with_organizations(count: usize) -> Self {
        let provider = Faulty::start(Fault::Honest).await;
        let listener = Listener::bind(([127, 0, 0, 1], 0).into(), None).await.expect("a free port");
        let folder = tempfile::tempdir().expect("a folder");
        let places = Places {
            port: listener.address().port(),
            issuer: provider.issuer.clone(),
            upstream: ([127, 0, 0, 1], 1).into(),
            database: format!("sqlite://{}", folder.path().join("vestibule.db").display()),
        };
        let ids: Vec<String> = (0..count).map(|number| format!("org-{number}")).collect();
        let text = ids.iter().fold(places.head(Places::SEED_POLICY), |text, id| text + &organization(&places, id, ""));
        let settings = settings(&text);
        let ambient = Ambient::system();
        let db = Db::open(&settings.database.url).await.expect("a database");
        let directory = Directory::new(db.clone(), ambient.clone());
        directory.declare(&settings.declaration, &Approval::default()).await.expect("declared");
        let web = Web::new(settings.server.public_url.clone(), None, ambient.clone());
        let changes = Arc::new(Changes::follow(db.clone()).await.expect("a change log"));
        let sessions = Sessions::new(db.clone(), ambient.clone(), settings.session, changes);
        let keys = HandoffKeys { sealing: SealingKey::new(&[7; 32]), ambient };
        let http = HttpClients::over(HttpSettings::default(), &ClientTls::of_machine());
        let login = Login::new(web.into(), sessions.into(), keys.into(), directory, http, settings.secrets);
        let router = login::sign_in_host(Arc::new(login.await.expect("a catalogue")));
        let host = Host::parse("login.localhost").expect("a host");
        let router = router.layer(Extension(host));
        let answers = move |request: Request<Tracked<Incoming>>, _| {
            let answer = router.clone().oneshot(request.map(Body::new));
            async { answer.await.into_response() }
        };
        let trusted = TrustedProxies::new(Vec::new()).into();
        tokio::spawn(listener.serve(answers, Limits::default(), trusted, std::future::pending()));
        let login = format!("http://login.localhost:{}/login/company", places.port);
        Self { provider, db, login, ids, _folder: folder }
    }

    /// The statements of the callback of one sign-in, with these groups.
    async fn callback(&self, groups: &[String]) -> u64 {
        self.provider.set_claims(json!({ "sub": "alice", "groups": groups }));
        let browser = Browser::new();
        let departure = Departure::from(&browser, &self.login, &self.provider.issuer).await;
        let callback = browser.navigate(departure.to.as_str()).await.location().expect("the way back");
        let before = self.db.statements();
        let page = browser.navigate(callback.as_str()).await;
        assert_eq!(page.status.as_u16(), if groups.is_empty() { 403 } else { 303 }, "{}", page.text());
        self.db.statements() - before
    }

    /// One person's sign-ins: the first, which puts them into every organization, one that changes nothing, and one
    /// that takes everything back.
    async fn sign_ins(&self) -> [u64; 3] {
        [self.callback(&self.ids).await, self.callback(&self.ids).await, self.callback(&[]).await]
    }
}

#[tokio::test]
async fn a_whole_callback_takes_the_same_few_statements_however_many_organizations_there_are() {
    let few = Alone::with_organizations(2).await.sign_ins().await;
    let many = Alone::with_organizations(300).await.sign_ins().await;
    let ([first, steady, last], [_, among_many, _]) = (few, many);
    assert_eq!(steady, among_many, "statements of a callback that changes nothing");
    assert!(steady <= MOST, "{steady} statements");
    // What changes three hundred organizations is written in batches of rows, never one by one.
    assert!(many[0] <= first + BATCHES && many[2] <= last + BATCHES, "first, steady, last: {few:?}, {many:?}");
}
