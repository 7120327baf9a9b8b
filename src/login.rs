//! The login path on one page.
//!
//! On the sign-in host: [`start`] (choose a provider, go there), [`callback`] (come back with a code), [`admit`]
//! (claims, decision, account), [`finish`] (session), [`home`] and [`sign_out`]; what a provider says later,
//! [`provider_logout`] and [`refresh`]; an admin's [`test`] ends before [`admit`]. On an application's host, under
//! `/.vestibule/`: [`arrival`] (take the hand-off code) and [`sign_out`]. No SQL and no policy here: `directory`
//! writes, `policy` decides.
//! A handler fails by returning [`failed::Failed`].

mod account;
mod admit;
mod arrival;
mod callback;
mod counted;
mod failed;
mod finish;
mod home;
mod params;
mod pending;
mod provider_logout;
mod refresh;
mod refusal;
mod scene;
mod sign_out;
mod start;
mod test;
mod tokens;

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;
use axum::extract::Path;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use http::HeaderMap;
use tokio::sync::Mutex;

use crate::base::{HttpClients, Token};
use crate::directory::{Directory, SealedSecrets, StoreError};
use crate::identity::{Catalogue, Host};
use crate::pages::{self, Assets};
use crate::session::{HandoffKeys, Principal, Sessions, Unavailable};
use crate::telemetry::Metrics;
use crate::web::{self, Cause, Evaluations, Web};
use failed::Answer;
use scene::Lines;
pub use scene::{IdpSecrets, Scene};

/// Everything the login path works with.
pub struct Login {
    /// Pages, cookies, where we are.
    pub web: Arc<Web>,
    /// Sessions.
    pub sessions: Arc<Sessions>,
    /// Seals hand-off requests and pending sign-ins.
    pub keys: Arc<HandoffKeys>,
    /// Users and grants.
    pub directory: Directory,
    http: HttpClients,
    secrets: ArcSwap<IdpSecrets>,
    scene: ArcSwap<Scene>,
    reloading: Mutex<()>,
    evaluations: Evaluations,
    metrics: Arc<Metrics>,
}

impl Login {
    /// The login path over the directory's present catalogue.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn new(
        web: Arc<Web>,
        sessions: Arc<Sessions>,
        keys: Arc<HandoffKeys>,
        directory: Directory,
        http: HttpClients,
        secrets: IdpSecrets,
    ) -> Result<Self, StoreError> {
        let scene = ArcSwap::from_pointee(Scene::default());
        let secrets = ArcSwap::from_pointee(secrets);
        let (reloading, evaluations) = (Mutex::default(), Evaluations::default());
        let metrics = Arc::default();
        let login = Self { web, sessions, keys, directory, http, secrets, scene, reloading, evaluations, metrics };
        login.reload().await?;
        Ok(login)
    }

    /// This login path, counted in `metrics`.
    #[must_use]
    pub fn counted_in(self, metrics: Arc<Metrics>) -> Self {
        Self { metrics, ..self }
    }

    /// Reads the catalogue and compiles policies and providers anew; what did not change is kept.
    ///
    /// # Errors
    /// When the catalogue cannot be read; the old scene stays.
    pub async fn reload(&self) -> Result<Arc<Scene>, StoreError> {
        // One at a time: of two that overlap, the one that read first must not have the last word.
        let _reloading = self.reloading.lock().await;
        let (catalogue, sealed) = self.directory.catalogue_with_secrets().await?;
        let scene = Arc::new(self.compile(catalogue, &sealed));
        self.metrics.keep_idps(&scene.catalogue.idps.iter().map(|idp| idp.spec.id.as_str()).collect());
        self.scene.store(Arc::clone(&scene));
        Ok(scene)
    }

    fn compile(&self, catalogue: Catalogue, sealed: &SealedSecrets) -> Scene {
        let declared = self.secrets.load();
        let lines =
            Lines { declared: &declared, sealed, sealing: &self.keys.sealing, http: &self.http, web: &self.web };
        Scene::compile(catalogue, &self.scene.load(), &lines)
    }

    /// Uses these client secrets from the next [`Login::reload`] on.
    pub fn take_secrets(&self, secrets: IdpSecrets) {
        self.secrets.store(Arc::new(secrets));
    }

    /// The catalogue, policies and providers of this moment.
    pub fn scene(&self) -> Arc<Scene> {
        self.scene.load_full()
    }

    /// Who is signed in on `host`, by its session cookie, and with which token.
    async fn principal(
        &self,
        host: &Host,
        headers: &HeaderMap,
    ) -> Result<Option<(Arc<Principal>, Token)>, Unavailable> {
        for token in self.web.session_tokens(headers) {
            if let Some(principal) = self.sessions.recognise(host, &token).await? {
                return Ok(Some((principal, token)));
            }
        }
        Ok(None)
    }
}

/// The routes of the sign-in host.
pub fn sign_in_host(login: Arc<Login>) -> Router {
    Router::new()
        .route("/", get(home::home))
        .route("/account", get(account::show))
        .route("/account/sessions", post(account::end_sessions))
        .route("/account/tokens", post(tokens::make))
        .route("/account/tokens/end", post(tokens::end))
        .route("/login", get(start::choose))
        .route("/login/{idp}", get(start::start))
        .route("/login/{idp}/test", get(test::start))
        // What spends a code or ends a session answers no HEAD: who only looks at a link must not use it up.
        .route("/login/{idp}/callback", get(callback::callback).head(failed::wrong_method))
        .route("/login/{idp}/backchannel-logout", post(provider_logout::back_channel))
        .route("/login/{idp}/frontchannel-logout", get(provider_logout::front_channel).head(failed::wrong_method))
        .route("/logout", get(sign_out::confirm).post(sign_out::sign_out))
        .route("/signed-out", get(sign_out::signed_out))
        // The same address ends a session on every host.
        .route("/.vestibule/sign-out", get(sign_out::confirm).post(sign_out::sign_out))
        .route("/static/{*path}", get(asset))
        .fallback(failed::nothing_here)
        .method_not_allowed_fallback(failed::wrong_method)
        .layer(from_fn_with_state((Arc::clone(&login), Assets::SignIn), failed::tell))
        .with_state(login)
}

/// The routes under `/.vestibule/` on every application's host.
pub fn application_host(login: Arc<Login>) -> Router {
    Router::new()
        .route("/.vestibule/session", get(arrival::arrive).head(failed::wrong_method))
        .route("/.vestibule/sign-in", get(arrival::sign_in))
        .route("/.vestibule/sign-out", get(sign_out::confirm_on_application).post(sign_out::sign_out_on_application))
        .route("/.vestibule/signed-out", get(sign_out::signed_out_on_application))
        .fallback(failed::nothing_here)
        .method_not_allowed_fallback(failed::wrong_method)
        .layer(from_fn_with_state((Arc::clone(&login), Assets::Application), failed::tell))
        .with_state(login)
}

/// A stylesheet or image of ours.
async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Answer {
    let asset = pages::asset(&path).ok_or(Cause::NotFound)?;
    Ok(web::asset(asset, &headers))
}
