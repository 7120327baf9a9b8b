//! Going to a provider: the chooser, and the way straight on.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use http::{HeaderMap, Method, StatusCode};

use super::callback::Refusal;
use super::failed::{Answer, Failed};
use super::params::Params;
use super::pending::{Pending, Purpose};
use super::{Login, Scene};
use crate::identity::{Host, Idp, IdpId, SessionId};
use crate::oidc::{Ask, RelyingParty};
use crate::pages::{Assets, Choice, Choose};
use crate::session::HandoffRequest;
use crate::web::{self, Cause, SignInWish, see_other, with_cookie};

/// What a sign-in is asked for.
struct Asked {
    sealed: Option<String>,
    request: Option<HandoffRequest>,
    wish: SignInWish,
}

impl Login {
    /// Reads what is asked.
    fn asked(&self, method: &Method, query: Option<&str>, headers: &HeaderMap, scene: &Scene) -> Result<Asked, Failed> {
        if !web::is_navigation(method, headers) {
            return Err(Cause::SignInRequired.into());
        }
        let params = Params::parse(query).ok_or(Cause::BadRequest)?;
        let wish = SignInWish { as_someone_else: params.has("again"), login_hint: None };
        let wish = wish.hinted(params.get("login_hint"));
        let Some(sealed) = params.get("request") else {
            return Ok(Asked { sealed: None, request: None, wish });
        };
        // Only a host of ours may be handed a session: it may have gone since the request was sealed.
        let is_ours = |host: &Host| host == self.web.public_url.host() || scene.application(host).is_some();
        match self.keys.open(sealed).filter(|request| is_ours(&request.host)) {
            Some(request) => Ok(Asked { sealed: Some(sealed.to_owned()), request: Some(request), wish }),
            None => Err(Cause::SignInExpired.into()),
        }
    }

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
}

/// `GET /login`: straight to the application with a session, straight to the provider if only one applies, else the
/// chooser. Also the chooser, instead of an organization's own provider, for who is signed in and wants to be someone
/// else: anybody may have sent them here, and that provider might sign them in as whom it likes, in place of who they are.
pub(super) async fn choose(
    State(login): State<Arc<Login>>,
    Extension(host): Extension<Host>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
) -> Answer {
    let scene = login.scene();
    let asked = login.asked(&method, query.as_deref(), &headers, &scene)?;
    let principal = login.principal(&host, &headers).await?;
    let session = principal.as_ref().and_then(|(principal, _)| principal.session());
    if let Some(session) = session.filter(|_| !asked.wish.as_someone_else) {
        return match &asked.request {
            Some(request) => login.hand_off(session, request).await,
            None => Ok(see_other("/")),
        };
    }
    let offers = scene.offers(asked.request.as_ref());
    match offers.as_slice() {
        [idp] if idp.owner.is_none() || principal.is_none() => login.depart(&scene, idp, asked, &headers).await,
        offers => Ok(login.show_chooser(&scene, offers, &asked)),
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
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
) -> Answer {
    let scene = login.scene();
    let asked = login.asked(&method, query.as_deref(), &headers, &scene)?;
    if !is_own_choice(&headers) {
        return Ok(see_other(&asked.wish.path(None, asked.sealed.as_deref())));
    }
    let idp = IdpId::parse(&idp).ok().and_then(|id| scene.catalogue.idp_by_id(&id));
    let idp = idp.filter(|idp| scene.applies(idp, asked.request.as_ref())).ok_or(Cause::NotFound)?;
    login.depart(&scene, idp, asked, &headers).await
}

/// Our client at a provider.
pub(super) fn client_of<'s>(scene: &'s Scene, idp: &Idp) -> Result<&'s RelyingParty, Refusal> {
    let missing = || Refusal::new(Cause::SignInRefused, "no client could be made of the provider's settings");
    scene.provider(idp.key).ok_or_else(missing)
}

impl Login {
    async fn depart(&self, scene: &Scene, idp: &Idp, asked: Asked, headers: &HeaderMap) -> Answer {
        let ask = Ask { login_hint: asked.wish.login_hint.clone(), reauthenticate: asked.wish.as_someone_else };
        let purpose = Purpose::SignIn { request: asked.request.clone() };
        self.send_to_provider(scene, idp, ask, purpose, headers).await.map_err(|refusal| {
            let request = self.seal_anew(asked.request.as_ref());
            let again = asked.wish.path(Some(idp.spec.id.as_str()), request.as_deref());
            self.log_refusal(Some(idp), &refusal, None).with_link("Try again", again).into()
        })
    }

    /// Sends the browser to a provider, to come back for that purpose.
    pub(super) async fn send_to_provider(
        &self,
        scene: &Scene,
        idp: &Idp,
        ask: Ask,
        purpose: Purpose,
        headers: &HeaderMap,
    ) -> Result<Response, Refusal> {
        let (url, attempt) = client_of(scene, idp)?.authorize(ask).await?;
        let pending = Pending::new(idp.key, attempt, purpose, self.web.ambient.now());
        Ok(self.keep_pending(pending, headers).into_iter().fold(see_other(url.as_str()), with_cookie))
    }

    fn show_chooser(&self, scene: &Scene, offers: &[&Idp], asked: &Asked) -> Response {
        let application = asked.request.as_ref().and_then(|request| scene.application(&request.host));
        let owner = |idp: &Idp| scene.catalogue.organization(idp.owner?);
        let choice = |idp: &&Idp| Choice {
            name: idp.spec.name.clone(),
            href: asked.wish.path(Some(idp.spec.id.as_str()), asked.sealed.as_deref()),
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
