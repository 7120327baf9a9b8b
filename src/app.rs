//! The composition root: the only place that builds everything, and where a request is told which door is its own.

mod certificates;
mod dispatch;
mod house;
mod operations;
mod tasks;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use axum::body::Body;
use axum::response::IntoResponse as _;
use http::Request;
use http_body::Body as _;
use hyper::body::Incoming;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use crate::base::Ambient;
use crate::config::Settings;
use crate::directory::{Approval, DeclareError, Declared};
use crate::listener::{Arrival, Certificates, Limits, ListenError, Listener, Tracked, TrustedProxies};
use crate::store::server_keys::ServerKeysError;
use crate::telemetry::{AccessError, Metrics, Telemetry};
use crate::web::Web;
use certificates::Tls;
pub use house::House;

/// How long to wait before the database is tried again; doubles up to the maximum.
const RETRY: Duration = Duration::from_millis(250);
const MAX_RETRY: Duration = Duration::from_secs(10);
/// How long answers to operators may take once all else has ended.
const OPERATIONS_DRAIN: Duration = Duration::from_secs(1);

/// What the command line adds to the settings.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What an admin has said about dangerous changes.
    pub approval: Approval,
    /// Shown on every page of ours.
    pub notice: Option<String>,
    /// How many files this process may have open at once, if there is a limit.
    pub files: Option<u64>,
}

/// Why we cannot run at all. A database that does not answer is no such reason: we answer 503 and try again.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// An address cannot be listened on, or a certificate cannot be read.
    #[error(transparent)]
    Listener(#[from] ListenError),
    /// The configuration does not fit what the database holds.
    #[error(transparent)]
    Declare(#[from] DeclareError),
    /// The server's own keys cannot be opened with the key that the configuration gives.
    #[error(transparent)]
    Keys(#[from] ServerKeysError),
    /// There is no database yet that anything could be applied to.
    #[error("the database has not been opened yet; try again when it has")]
    NotReady,
    /// The access log cannot be opened.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Something built in is broken.
    #[error("{0}")]
    Internal(String),
}

/// Lets a running server take in another configuration.
#[derive(Clone)]
pub struct Reloader {
    house: Arc<ArcSwapOption<House>>,
    certificates: Option<Arc<Certificates>>,
    telemetry: Arc<Telemetry>,
}

impl Reloader {
    /// Applies what these settings declare, uses their client secrets and certificates, lets sessions live and keeps
    /// records as they say, and tells requests to whom they say. The other sections count at the next start. A
    /// certificate that is not good is told in the log, and keeps nothing else from being taken in.
    ///
    /// # Errors
    /// When it is dangerous, or cannot be written: then nothing has changed but certificates.
    pub async fn take(&self, settings: &Settings) -> Result<Declared, AppError> {
        if let (Some(certificates), Some(tls)) = (self.certificates.clone(), &settings.server.tls) {
            let files = tls.certificates.clone();
            let read = tokio::task::spawn_blocking(move || certificates.take(&files)).await;
            read.map_err(|error| AppError::Internal(error.to_string()))?;
        }
        let house = self.house.load_full().ok_or(AppError::NotReady)?;
        let watching = self.telemetry.prepare(&settings.log, settings.traces.as_ref())?;
        let declared = house.take(settings).await?;
        self.telemetry.tell(watching);
        Ok(declared)
    }

    /// Opens the access log again where it was opened before.
    ///
    /// # Errors
    /// When it cannot be opened: then the old file is written on.
    pub fn reopen(&self) -> Result<(), AppError> {
        Ok(self.telemetry.reopen()?)
    }

    /// Notes for operators whether the configuration was taken in when it was last read.
    pub fn note(&self, taken: bool) {
        self.telemetry.metrics.configuration_taken.set(taken.into());
    }
}

/// A running server: its listeners are bound, its rooms are being built.
pub struct App {
    settings: Settings,
    approval: Approval,
    files: Option<u64>,
    web: Arc<Web>,
    public: Vec<Listener>,
    redirecting: Vec<Listener>,
    tls: Tls,
    operations: Listener,
    house: Arc<ArcSwapOption<House>>,
    telemetry: Arc<Telemetry>,
}

impl App {
    /// Binds every listener. Nothing is served before [`App::run`].
    ///
    /// # Errors
    /// When an address cannot be listened on, or a certificate cannot be read.
    pub async fn bind(settings: Settings, options: Options, ambient: Ambient) -> Result<Self, AppError> {
        let tls = Tls::read(&settings, &ambient)?;
        let telemetry = Telemetry::new(ambient.clone());
        telemetry.tell(telemetry.prepare(&settings.log, settings.traces.as_ref())?);
        let mut public = Vec::new();
        for address in &settings.server.listen {
            let listener = Listener::bind(*address, tls.certificates.as_ref()).await?;
            let listener = listener.behind_proxies(settings.server.proxy_protocol);
            public.push(listener.counted_in(telemetry.metrics.connections.clone()));
        }
        let mut redirecting = Vec::new();
        for address in settings.server.tls.iter().flat_map(|tls| &tls.redirect_listen) {
            redirecting.push(Listener::bind(*address, None).await?.behind_proxies(settings.server.proxy_protocol));
        }
        let operations = Listener::bind(settings.server.operations_listen, None).await?;
        let web = Web::new(settings.server.public_url.clone(), options.notice, ambient);
        Ok(Self {
            settings,
            approval: options.approval,
            files: options.files,
            web: Arc::new(web),
            public,
            redirecting,
            tls,
            operations,
            house: Arc::default(),
            telemetry: Arc::new(telemetry),
        })
    }

    /// Where browsers and fronting proxies reach us.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.public.iter().map(Listener::address).collect()
    }

    /// Where plain HTTP is sent on to https.
    pub fn redirecting_addresses(&self) -> Vec<SocketAddr> {
        self.redirecting.iter().map(Listener::address).collect()
    }

    /// Where `/healthz`, `/readyz` and `/metrics` answer.
    pub fn operations_address(&self) -> SocketAddr {
        self.operations.address()
    }

    /// What lets it take in another configuration while it runs.
    pub fn reloader(&self) -> Reloader {
        Reloader {
            house: Arc::clone(&self.house),
            certificates: self.tls.certificates.clone(),
            telemetry: Arc::clone(&self.telemetry),
        }
    }

    /// Serves until `stop` resolves, then lets requests under way finish. While the database cannot be opened every
    /// request is answered 503.
    ///
    /// # Errors
    /// When the configuration does not fit what the database holds: then nothing of what it declares was changed.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), AppError> {
        let (stopping, stopped) = watch::channel(false);
        let (house, telemetry) = (Arc::clone(&self.house), Arc::clone(&self.telemetry));
        let door = dispatch::Door::new(&self.settings, Arc::clone(&self.web), house, telemetry, &self.tls)?;
        let door = Arc::new(door);
        let trusted = Arc::new(TrustedProxies::new(self.settings.server.trusted_proxies.clone()));
        let redirecting = self.redirecting_addresses();
        let own = self.addresses().into_iter().chain(redirecting).chain([self.operations_address()]);
        let own: Vec<SocketAddr> = own.collect();
        let usual = Limits::default();
        let limits = usual.clone().within(self.files, self.public.len() + self.redirecting.len());
        if limits != usual {
            let (files, connections) = (self.files, limits.connections);
            tracing::warn!(files, connections, "few files may be open: fewer connections are taken at once than usual");
        }
        let mut serving = JoinSet::new();
        for listener in self.public {
            let (door, stopped) = (Arc::clone(&door), stopped.clone());
            let answers = move |request: Request<Tracked<Incoming>>, arrival: Arrival| {
                let (door, mut request) = (Arc::clone(&door), request.map(boxed));
                // Boxed, and the request lent from here on: what a future holds is moved along with it several times.
                Box::pin(async move { door.answer(&mut request, &arrival).await })
            };
            serving.spawn(listener.serve(answers, limits.clone(), Arc::clone(&trusted), until(stopped)));
        }
        for listener in self.redirecting {
            let (door, stopped) = (Arc::clone(&door), stopped.clone());
            let answers = move |request: Request<Tracked<Incoming>>, _| std::future::ready(door.to_https(&request));
            serving.spawn(listener.serve(answers, limits.clone(), Arc::clone(&trusted), until(stopped)));
        }
        let operations = operations::router(Arc::new(operations::Desk {
            house: Arc::clone(&self.house),
            metrics: Arc::clone(&self.telemetry.metrics),
            stopped: stopped.clone(),
        }));
        if let Some(certificates) = self.tls.certificates.clone() {
            serving.spawn(tasks::look_at_files(certificates, Arc::clone(&self.telemetry.metrics), stopped.clone()));
        }
        // Whoever asks whether we are ready is answered to the end.
        let (closing, closed) = watch::channel(false);
        let limits = Limits { drain: OPERATIONS_DRAIN, ..Limits::default() };
        let answers = move |request: Request<Tracked<Incoming>>, _| {
            let answer = operations.clone().oneshot(request.map(Body::new));
            async { answer.await.into_response() }
        };
        let operations = tokio::spawn(self.operations.serve(answers, limits, trusted, until(closed)));
        let outcome = tokio::select! {
            () = stop => Ok(()),
            refused = live(&self.settings, &self.approval, &self.web, &own, &self.house, &self.telemetry.metrics, &self.tls, stopped) => refused,
        };
        stopping.send_replace(true);
        while serving.join_next().await.is_some() {}
        closing.send_replace(true);
        let _ = operations.await;
        if let Some(house) = self.house.swap(None) {
            house.close().await;
        }
        self.telemetry.close().await;
        outcome
    }
}

/// Builds the house, as often as it takes, and keeps it going. Returns only if it is refused.
#[expect(clippy::too_many_arguments, reason = "what the house is built from, handed over once")]
async fn live(
    settings: &Settings,
    approval: &Approval,
    web: &Arc<Web>,
    own: &[SocketAddr],
    place: &ArcSwapOption<House>,
    metrics: &Arc<Metrics>,
    tls: &Tls,
    stopped: watch::Receiver<bool>,
) -> Result<(), AppError> {
    let mut wait = RETRY;
    let house = loop {
        match House::build(settings, approval, web, own, metrics, tls).await {
            Ok(house) => break Arc::new(house),
            Err(house::BuildError::Refused(error)) => return Err(error),
            Err(house::BuildError::Unavailable(cause)) => {
                tracing::error!(%cause, "the database cannot be used; answering 503 until it can");
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(MAX_RETRY);
            }
        }
    };
    place.store(Some(Arc::clone(&house)));
    metrics.configuration_taken.set(1);
    tracing::info!(public_url = %settings.server.public_url, "ready");
    tokio::select! {
        () = tls.order(settings, &house, &web.ambient, metrics) => {}
        () = tasks::run(Arc::clone(&house), stopped) => {}
    }
    Ok(())
}

/// A body as all doors take it. Most requests have none.
fn boxed(body: Tracked<Incoming>) -> Body {
    if body.is_end_stream() { Body::empty() } else { Body::new(body) }
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // The sender lives as long as the server: an error means that it is gone, which is a stop too.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}
