//! Everything at once: a provider, an application, and the server between them, built by the production `App::bind` from
//! a configuration file's text, on free ports of loopback.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::interval;
use vestibule::app::{App, AppError, Options};
use vestibule::base::{Ambient, Clock, SystemChance, SystemClock, Timestamp};
use vestibule::config::{self, Settings};
use vestibule::directory::Approval;

use super::browser::{Browser, Response};
use super::provider::{CLIENT_ID, CLIENT_SECRET, Provider, Variant};
use super::upstream::Upstream;

/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// The machine's clock, moved by a test.
#[derive(Clone, Default)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    /// Moves time on.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_micros()).expect("a short time"), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(SystemClock.now().micros() + self.0.load(Ordering::SeqCst))
    }
}

/// Where things are, for writing a configuration.
pub struct Places {
    /// The port of the server.
    pub port: u16,
    /// The issuer of the provider.
    pub issuer: String,
    /// `host:port` of the application.
    pub upstream: SocketAddr,
    /// The database's URL.
    pub database: String,
}

impl Places {
    /// `[server]`, `[database]` and the global IdP `company`, with `extra` lines in the IdP.
    pub fn head(&self, extra: &str) -> String {
        let Self { port, database, .. } = self;
        format!(
            r#"
[server]
public_url = "http://login.localhost:{port}"
listen = ["127.0.0.1:{port}"]
operations_listen = "127.0.0.1:0"

[database]
url = "{database}"
"#
        ) + &self.idp("company", &self.issuer, extra)
    }

    /// An IdP called `<id> login` at this issuer, with `extra` lines in it.
    pub fn idp(&self, id: &str, issuer: &str, extra: &str) -> String {
        format!(
            r#"
[[idp]]
id = "{id}"
name = "{} login"
issuer = "{issuer}"
client_id = "{CLIENT_ID}"
client_secret = "{CLIENT_SECRET}"
scopes = ["openid", "profile", "email", "groups"]
{extra}
"#,
            id[..1].to_uppercase() + &id[1..]
        )
    }

    /// The organization `home-lab` with roles Admin and Member, and its application `wiki` at `wiki.localhost`, with
    /// `extra` lines in the application.
    pub fn home_lab(&self, extra: &str) -> String {
        format!(
            r#"
[[organization]]
id = "home-lab"
name = "Home lab"
roles = ["Admin", "Member"]
admin_roles = ["Admin"]

[[application]]
id = "wiki"
organization = "home-lab"
name = "Wiki"
hosts = ["wiki.localhost"]
upstream = "http://{}"
{extra}
"#,
            self.upstream
        )
    }

    /// The organization `garage` with the role Member, and its application `tools` at `tools.localhost`.
    pub fn garage(&self) -> String {
        format!(
            r#"
[[organization]]
id = "garage"
name = "Garage"
roles = ["Member"]

[[application]]
id = "tools"
organization = "garage"
name = "Tools"
hosts = ["tools.localhost"]
upstream = "http://{}"
"#,
            self.upstream
        )
    }

    /// The policy of the documents: organizations by group, Admin for the group `admin`, else Member.
    pub const SEED_POLICY: &'static str = r#"
auto_provision = true
[idp.default_policy]
org = "contains(groups, '{{orgId}}')"
role = "contains(groups, 'admin') && 'Admin' || 'Member'"
"#;

    /// The whole configuration most tests want.
    pub fn usual(&self) -> String {
        self.head(Self::SEED_POLICY) + &self.home_lab("")
    }
}

/// A running world.
pub struct World {
    /// The provider, real, unless the test brings its own.
    pub provider: Option<Provider>,
    /// The application.
    pub upstream: Upstream,
    /// Moves the server's time.
    pub clock: TestClock,
    /// Where things are.
    pub places: Places,
    /// `/healthz` and `/readyz`.
    pub operations: SocketAddr,
    /// Holds the database and whatever a test puts there.
    pub folder: TempDir,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<Result<(), AppError>>>,
}

impl World {
    /// The usual world.
    pub async fn usual() -> Self {
        Self::start(Variant::default(), Places::usual).await
    }

    /// The usual world with its own provider variant and configuration.
    pub async fn start(mut variant: Variant, configuration: impl FnOnce(&Places) -> String) -> Self {
        let port = free_port();
        let callback = |idp: &str| format!("http://login.localhost:{port}/login/{idp}/callback");
        variant.redirect_uris = ["company", "second", "own"].map(callback).to_vec();
        let provider = Provider::start(&variant);
        let issuer = provider.issuer.clone();
        Self::with_issuer(port, issuer, Some(provider), configuration).await
    }

    /// A world whose provider is the test's own, at `issuer`.
    pub async fn at(issuer: &str, configuration: impl FnOnce(&Places) -> String) -> Self {
        Self::with_issuer(free_port(), issuer.to_owned(), None, configuration).await
    }

    async fn with_issuer(
        port: u16,
        issuer: String,
        provider: Option<Provider>,
        configuration: impl FnOnce(&Places) -> String,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let upstream = Upstream::start().await;
        let database = format!("sqlite://{}", folder.path().join("vestibule.db").display());
        let places = Places { port, issuer, upstream: upstream.address, database };
        let settings = settings(&configuration(&places));
        let clock = TestClock::default();
        let operations = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut world = Self { provider, upstream, clock, places, operations, folder, stop: None, server: None };
        world.serve(settings).await;
        world
    }

    /// Stops the server and starts it again on the same database, with another configuration.
    pub async fn restart(&mut self, configuration: impl FnOnce(&Places) -> String) {
        self.stop().await;
        let settings = settings(&configuration(&self.places));
        self.serve(settings).await;
    }

    /// Stops the server.
    pub async fn stop(&mut self) {
        if let (Some(stop), Some(server)) = (self.stop.take(), self.server.take()) {
            let _ = stop.send(());
            server.await.expect("the server does not panic").expect("the server stops in order");
        }
    }

    async fn serve(&mut self, settings: Settings) {
        super::logs::keep();
        let ambient = Ambient::new(self.clock.clone(), SystemChance::default());
        // Most tests take roles from all there are: the one person.
        let approval = Approval { loss_of_admins: true, loss_of_roles: true, ..Approval::default() };
        let options = Options { approval, ..Options::default() };
        let app = App::bind(settings, options, ambient).await.expect("free ports");
        self.operations = app.operations_address();
        let (stop, stopped) = oneshot::channel();
        self.stop = Some(stop);
        self.server = Some(tokio::spawn(app.run(async {
            let _ = stopped.await;
        })));
        let browser = Browser::new();
        let ready = format!("http://{}/readyz", self.operations);
        eventually("the server is ready", async || browser.fetch(&ready).await.status == 200).await;
    }

    /// The URL of a path on an application's host, such as `wiki`.
    pub fn url(&self, application: &str, path: &str) -> String {
        format!("http://{application}.localhost:{}{path}", self.places.port)
    }

    /// The URL of a path on the sign-in host.
    pub fn login(&self, path: &str) -> String {
        self.url("login", path)
    }

    /// Opens `url` with `browser`, signs in as `username` when the provider asks, and gives the last page.
    pub async fn enter(&self, browser: &Browser, url: &str, username: &str) -> Response {
        let mut hops = browser.follow(url).await;
        let page = hops.pop().expect("a page");
        if !page.url.as_str().starts_with(&self.places.issuer) {
            return page;
        }
        browser.sign_in_as(&page, username).await.pop().expect("a page")
    }

    /// A new browser that has signed in as `username` at the wiki, and the page it landed on.
    pub async fn signed_in(&self, username: &str) -> (Browser, Response) {
        let browser = Browser::new();
        let page = self.enter(&browser, &self.url("wiki", "/"), username).await;
        (browser, page)
    }

    /// Runs a statement-free look into the database: the number a query gives.
    pub fn database_path(&self) -> std::path::PathBuf {
        self.folder.path().join("vestibule.db")
    }
}

/// Settings of a configuration's text, which must be good.
pub fn settings(text: &str) -> Settings {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    config::parse("the test's configuration", text, []).unwrap_or_else(|problems| panic!("{problems}\n{text}"))
}

/// Waits until a condition holds.
pub async fn eventually(what: &str, holds: impl AsyncFn() -> bool) {
    let wait = async {
        let mut ticks = interval(Duration::from_millis(10));
        while !holds().await {
            ticks.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("never: {what}"));
}

/// A port that was free a moment ago, and that no connection takes meanwhile: it is below those that the system picks
/// from for them. Each test process begins at another one.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    const PORTS: u32 = 20_000;
    let mut tries = (0..PORTS).map(|_| {
        let next = std::process::id().wrapping_mul(7_919).wrapping_add(NEXT.fetch_add(1, Ordering::SeqCst));
        u16::try_from(12_000 + next % PORTS).expect("a port")
    });
    tries.find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()).expect("a free port")
}
