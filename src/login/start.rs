//! Going to a provider: the chooser, and the way straight on.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{FromRequestParts, Path, State};
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, StatusCode};

use super::failed::{Answer, Failed};
use super::params::Params;
use super::pending::{Pending, Purpose};
use super::refusal::Refusal;
use super::{Login, Scene};
use crate::identity::{Host, Idp, IdpId, SessionId};
use crate::oidc::Hints;
use crate::pages::{Assets, Choice, Choose};
use crate::session::HandoffRequest;
use crate::web::{self, Cause, SignInWish, see_other, with_cookie};

/// What a navigation asks of the sign-in, in the scene of that moment.
pub(super) struct Navigation {
    scene: Arc<Scene>,
    sealed: Option<String>,
    request: Option<HandoffRequest>,
    wish: SignInWish,
}

impl FromRequestParts<Arc<Login>> for Navigation {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, login: &Arc<Login>) -> Result<Self, Failed> {
        if !web::is_navigation(&parts.method, &parts.headers) {
            return Err(Cause::SignInRequired.into());
        }
        let params = Params::parse(parts.uri.query()).ok_or(Cause::BadRequest)?;
        let wish = SignInWish { as_someone_else: params.has("again"), login_hint: None };
        let (scene, wish) = (login.scene(), wish.hinted(params.get("login_hint")));
        let Some(sealed) = params.get("request") else {
            return Ok(Self { scene, sealed: None, request: None, wish });
        };
        // Only a host of ours may be handed a session: it may have gone since the request was sealed.
        let is_ours = |host: &Host| host == login.web.public_url.host() || scene.application(host).is_some();
        let request = login.keys.open(sealed).filter(|request| is_ours(&request.host)).ok_or(Cause::SignInExpired)?;
        Ok(Self { scene, sealed: Some(sealed.to_owned()), request: Some(request), wish })
    }
}

impl Login {
    /// Carries a session to the host that asked for it. The sign-in host, where the console asks, has it already.
    pub(super) async fn hand_off(&self, session: SessionId, request: &HandoffRequest) -> Answer {
        let origin = self.web.public_url.origin_of(&request.host);
        if request.host == *self.web.public_url.host() {
            return Ok(see_other(&format!("{origin}{}", request.return_path)));
        }
        let sealed = self.seal_anew(Some(request)).ok_or(Cause::Unavailable)?;
        let code = self.sessions.hand_off(session, request).await?;
        Ok(see_other(&format!("{origin}/.vestibule/session?code={}&request={sealed}", code.expose())))
    }

    /// Where the person was going, for a link on a page that they may take their time to read.
    pub(super) fn seal_anew(&self, request: Option<&HandoffRequest>) -> Option<String> {
        self.keys.seal(&request?.renewed(self.web.ambient.now()))
    }
}

/// `GET /login`: straight to the application with a session, straight to the provider if only one applies, else the
/// chooser. Also the chooser, instead of an organization's own provider, for who is signed in and wants to be someone
/// else: anybody may have sent them here, and that provider might sign them in as whom it likes, in place of who they are.
pub(super) async fn choose(
    State(login): State<Arc<Login>>,
    Extension(host): Extension<Host>,
    navigation: Navigation,
    headers: HeaderMap,
) -> Answer {
    let principal = login.principal(&host, &headers).await?;
    let session = principal.as_ref().and_then(|(principal, _)| principal.session());
    if let Some(session) = session.filter(|_| !navigation.wish.as_someone_else) {
        return match &navigation.request {
            Some(request) => login.hand_off(session, request).await,
            None => Ok(see_other("/")),
        };
    }
    let offers = navigation.scene.offers(navigation.request.as_ref());
    match offers.as_slice() {
        [idp] if idp.owner.is_none() || principal.is_none() => login.depart(&navigation, idp, &headers).await,
        offers => Ok(login.show_chooser(offers, &navigation)),
    }
}

/// Whether the person chose a provider on our own page, or typed its address. Another site must not choose it: it could
/// send people to a provider it runs, which signs them in as somebody else without asking.
pub(super) fn is_own_choice(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none")
}

/// `GET /login/{idp}`: to that provider.
pub(super) async fn start(
    State(login): State<Arc<Login>>,
    Path(idp): Path<String>,
    navigation: Navigation,
    headers: HeaderMap,
) -> Answer {
    if !is_own_choice(&headers) {
        return Ok(see_other(&navigation.wish.path(None, navigation.sealed.as_deref())));
    }
    let idp = IdpId::parse(&idp).ok().and_then(|id| navigation.scene.catalogue.idp_by_id(&id));
    let idp = idp.filter(|idp| navigation.scene.applies(idp, navigation.request.as_ref())).ok_or(Cause::NotFound)?;
    login.depart(&navigation, idp, &headers).await
}

impl Login {
    async fn depart(&self, navigation: &Navigation, idp: &Idp, headers: &HeaderMap) -> Answer {
        let hints =
            Hints { login_hint: navigation.wish.login_hint.clone(), reauthenticate: navigation.wish.as_someone_else };
        let purpose = Purpose::SignIn { request: navigation.request.clone() };
        self.send_to_provider(&navigation.scene, idp, hints, purpose, headers).await.map_err(|refusal| {
            let request = self.seal_anew(navigation.request.as_ref());
            let again = navigation.wish.path(Some(idp.spec.id.as_str()), request.as_deref());
            self.log_refusal(Some(idp), &refusal, None).with_link("Try again", again).into()
        })
    }

    /// Sends the browser to a provider, to come back for that purpose.
    pub(super) async fn send_to_provider(
        &self,
        scene: &Scene,
        idp: &Idp,
        hints: Hints,
        purpose: Purpose,
        headers: &HeaderMap,
    ) -> Result<Response, Refusal> {
        let (url, attempt) = scene.client(idp)?.authorize(hints).await?;
        let pending = Pending::new(idp.key, attempt, purpose, self.web.ambient.now());
        Ok(self.keep_pending(pending, headers).into_iter().fold(see_other(url.as_str()), with_cookie))
    }

    fn show_chooser(&self, offers: &[&Idp], navigation: &Navigation) -> Response {
        let scene = &navigation.scene;
        let application = navigation.request.as_ref().and_then(|request| scene.application(&request.host));
        let owner = |idp: &Idp| scene.catalogue.organization(idp.owner?);
        let choice = |idp: &&Idp| Choice {
            name: idp.spec.name.clone(),
            href: navigation.wish.path(Some(idp.spec.id.as_str()), navigation.sealed.as_deref()),
            owner: owner(idp).map(|owner| owner.name.clone()),
            issuer_host: owner(idp).map(|_| idp.spec.issuer.host().to_owned()),
        };
        let page = self.web.pages.choose(&Choose {
            frame: self.web.frame(Assets::SignIn),
            application: application.map(|application| application.spec.name.clone()),
            choices: offers.iter().map(choice).collect(),
        });
        web::html(StatusCode::OK, page)
    }
}
