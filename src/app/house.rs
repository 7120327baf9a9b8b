//! Everything that needs the database, built in one go.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret as _;
use tokio::sync::watch;
use tokio::time::timeout;

use super::AppError;
use super::certificates::Tls;
use crate::api::{self, Api};
use crate::assertion::{Assertions, SigningKey};
use crate::audit::Denials;
use crate::base::{Addresses, Ambient, ClientTls, HttpClients, HttpSettings, SealingKey};
use crate::bearer::Bearers;
use crate::config::Settings;
use crate::console::{self, Console};
use crate::directory::{Approval, Current, DeclareError, Declared, Directory, Live};
use crate::gateway::Gateway;
use crate::gateway::forward_auth::ForwardAuth;
use crate::login::{self, Login, Scene};
use crate::session::{Changes, HandoffKeys, MAX_SILENCE, Sessions, Unavailable};
use crate::store::Db;
use crate::store::server_keys::{self, ServerKeys, ServerKeysError};
use crate::telemetry::{Metrics, Moment};
use crate::upstream::Forwarder;
use crate::web::{self, Web};

/// How long the database may take to say that it is there: whoever asks gives up after a second or two.
const READY_PATIENCE: Duration = Duration::from_secs(1);

/// How long whoever changed something waits until it is taken in.
const CATCHING_UP: Duration = Duration::from_secs(2);

/// The rooms, furnished.
pub struct House {
    /// Signing in and out.
    pub login: Arc<Login>,
    /// The doors of the sign-in host.
    pub sign_in_host: Router,
    /// Our own doors on every application's host.
    pub application_host: Router,
    /// What is live, as the doors for admins know it.
    pub current: Arc<Current>,
    /// The way to the applications.
    pub gateway: Arc<Gateway>,
    /// The change log.
    pub changes: Arc<Changes>,
    /// Sessions.
    pub sessions: Arc<Sessions>,
    /// Programs.
    pub bearers: Arc<Bearers>,
    /// Refused requests, on their way to the audit log.
    pub denials: Arc<Denials>,
    /// The keys that applications verify assertions with.
    pub jwks: serde_json::Value,
    db: Db,
    /// Up to which number of the change log the catalogue has been taken in.
    taken_in: watch::Sender<i64>,
}

/// Why the house was not built.
pub(super) enum BuildError {
    /// Trying again may help.
    Unavailable(String),
    /// Trying again cannot help.
    Refused(AppError),
}

fn unavailable(error: impl ToString) -> BuildError {
    BuildError::Unavailable(error.to_string())
}

impl House {
    /// Opens the database, applies the declaration, and builds every room on it.
    /// `own` is where this process listens.
    pub(super) async fn build(
        settings: &Settings,
        approval: &Approval,
        web: &Arc<Web>,
        own: &[SocketAddr],
        metrics: &Arc<Metrics>,
        tls: &Tls,
    ) -> Result<Self, BuildError> {
        let (web, ambient) = (Arc::clone(web), &web.ambient);
        let db = Db::open(&settings.database.url).await.map_err(unavailable)?;
        let (sealing, signing) = own_keys(&db, settings, ambient).await?;
        let directory = Directory::new(db.clone(), ambient.clone()).keeping(settings.records.clone());
        // Followed from before the declaration is applied, so that nothing falls in between.
        let changes = Arc::new(Changes::follow(db.clone()).await.map_err(unavailable)?);
        directory.declare(&settings.declaration, approval).await.map_err(|error| match error {
            DeclareError::Store(error) => unavailable(error),
            refused => BuildError::Refused(refused.into()),
        })?;
        let keys = Arc::new(HandoffKeys { sealing, ambient: ambient.clone() });
        let assertions = Arc::new(Assertions::new(signing, settings.server.public_url.clone(), ambient.clone()));
        let sessions = Sessions::new(db.clone(), ambient.clone(), settings.session, Arc::clone(&changes));
        let sessions = Arc::new(sessions.counted_in(Arc::clone(metrics)));
        // Read once, for all that these rooms ask.
        let to_others = ClientTls::of_machine();
        let http = HttpClients::over(HttpSettings::default(), &to_others);
        let to_issuers = http.to(Addresses::Any).clone();
        let bearers = Arc::new(Bearers::new(db.clone(), ambient.clone(), Arc::clone(&changes), to_issuers));
        bearers.take(&settings.token_issuers);
        let secrets = settings.secrets.clone();
        let login = Login::new(
            Arc::clone(&web),
            Arc::clone(&sessions),
            Arc::clone(&keys),
            directory.clone(),
            http.clone(),
            secrets,
        );
        let login = Arc::new(login.await.map_err(unavailable)?.counted_in(Arc::clone(metrics)));
        let public_url = settings.server.public_url.clone();
        let forwarder =
            Forwarder::new(Default::default(), &to_others, Arc::clone(&assertions), &public_url, own, ambient.clone());
        let forwarder = Arc::new(forwarder);
        let current = Arc::new(Current::default());
        current.take(live(&login.scene()));
        let api = Api::new(
            Arc::clone(&web),
            directory.clone(),
            Arc::clone(&current),
            Arc::clone(&keys),
            Arc::clone(&forwarder),
            http.clone(),
            troubles(&login),
            tls.notices(),
        );
        let console = Console::new(
            Arc::clone(&web),
            Arc::clone(&sessions),
            Arc::clone(&keys),
            directory,
            Arc::clone(&forwarder),
            Arc::clone(&current),
            http,
            troubles(&login),
            tls.notices(),
        );
        let denials = Arc::new(Denials::new(db.clone(), ambient.clone()));
        let gateway = Gateway {
            web,
            sessions: Arc::clone(&sessions),
            bearers: Arc::clone(&bearers),
            keys,
            forwarder,
            denials: Arc::clone(&denials),
            forward_auth: ForwardAuth { secret: settings.server.forward_auth.secret.clone() },
            routes: Default::default(),
            metrics: Arc::clone(metrics),
        };
        gateway.reload(&login.scene().catalogue);
        bearers.reload(&login.scene().catalogue);
        Ok(Self {
            sign_in_host: login::sign_in_host(Arc::clone(&login))
                .merge(console::router(Arc::new(console)))
                .merge(api::router(Arc::new(api))),
            current,
            application_host: login::application_host(Arc::clone(&login)),
            login,
            gateway: Arc::new(gateway),
            changes,
            sessions,
            bearers,
            denials,
            jwks: assertions.jwks(),
            taken_in: watch::Sender::new(0),
            db,
        })
    }

    /// Takes in what another configuration declares, with its client secrets, how long sessions live and what is kept.
    /// Nothing dangerous: nobody is there to say that it is meant.
    pub(super) async fn take(&self, settings: &Settings) -> Result<Declared, DeclareError> {
        let declared = self.login.directory.declare(&settings.declaration, &Approval::default()).await?;
        self.login.take_secrets(settings.secrets.clone());
        self.login.directory.keep(settings.records.clone());
        self.sessions.take(settings.session);
        self.bearers.take(&settings.token_issuers);
        self.reload().await;
        Ok(declared)
    }

    /// Takes in a change of the catalogue. Says whether it could; if not, the last one stays until the next try.
    pub(super) async fn reload(&self) -> bool {
        let number = self.changes.number();
        match self.login.reload().await {
            Ok(scene) => {
                self.gateway.reload(&scene.catalogue);
                self.bearers.reload(&scene.catalogue);
                self.current.take(live(&scene));
            }
            Err(error) => {
                tracing::error!(cause = %error, "cannot read the catalogue; the last one stays until it can be read");
                return false;
            }
        }
        self.taken_in.send_modify(|known| *known = number.max(*known));
        true
    }

    /// Waits until this process has taken in what has been written so far: whoever changed something must find it changed
    /// with their next request. Others follow the log in their own time, as does this process if that takes too long.
    pub(super) async fn catch_up(&self) {
        let caught_up = timeout(CATCHING_UP, async {
            self.changes.catch_up().await?;
            let number = *self.changes.catalogue().borrow();
            let _ = self.taken_in.subscribe().wait_for(|known| *known >= number).await;
            Ok::<_, Unavailable>(())
        });
        if !matches!(caught_up.await, Ok(Ok(()))) {
            tracing::debug!("a change was answered before it was taken in");
        }
    }

    /// Whether people can enter: the database answers.
    pub(super) async fn is_ready(&self) -> Result<(), String> {
        let asked = timeout(READY_PATIENCE, self.db.ping()).await;
        asked.map_err(|_| format!("no answer within {READY_PATIENCE:?}"))?.map_err(|error| error.to_string())
    }

    /// The database.
    pub(super) fn db(&self) -> Db {
        self.db.clone()
    }

    /// What operators see of this moment, from memory.
    pub(super) fn moment(&self) -> Moment {
        let silence = self.changes.silence();
        Moment {
            ready: silence <= MAX_SILENCE,
            stopping: false,
            catalogue_version: self.login.scene().catalogue.version,
            change_log_age: silence,
            sessions: self.sessions.in_memory(),
        }
    }

    /// Writes what is still in memory and closes the database.
    pub(super) async fn close(&self) {
        if let Err(error) = self.sessions.write_activity().await {
            tracing::warn!(cause = %error, "the last activity of some sessions was not written");
        }
        if let Err(error) = self.bearers.write_uses().await {
            tracing::warn!(cause = %error, "the last uses of some tokens were not written");
        }
        if let Err(error) = self.denials.write().await {
            tracing::warn!(cause = %error, "the last refused requests are not in the audit log");
        }
        self.db.close().await;
    }
}

fn troubles(login: &Arc<Login>) -> web::Troubles {
    let login = Arc::clone(login);
    Box::new(move || login.scene().troubles())
}

fn live(scene: &Scene) -> Live {
    Live { catalogue: Arc::clone(&scene.catalogue), policies: Arc::clone(&scene.policies) }
}

/// What seals, and what signs assertions.
async fn own_keys(db: &Db, settings: &Settings, ambient: &Ambient) -> Result<(SealingKey, SigningKey), BuildError> {
    let fresh = ServerKeys {
        sealing: STANDARD.encode(ambient.bytes::<32>()).into(),
        assertion: SigningKey::generate(ambient).map_err(unavailable)?.to_stored(),
    };
    let encryption = settings.database.encryption.as_ref();
    let stored = server_keys::get_or_insert(db, &fresh, encryption, ambient).await.map_err(|error| match error {
        ServerKeysError::Sealed(_) | ServerKeysError::Foreign(_) => BuildError::Refused(error.into()),
        ServerKeysError::Store(_) | ServerKeysError::Unsealable | ServerKeysError::Contended => unavailable(error),
    })?;
    let mut bytes = [0; 32];
    let Ok(32) = STANDARD.decode_slice(stored.sealing.expose_secret(), &mut bytes) else {
        return Err(unavailable("the sealing key in the database is not one"));
    };
    Ok((SealingKey::new(&bytes), SigningKey::from_stored(&stored.assertion).map_err(unavailable)?))
}
