//! On an application's host: taking the hand-off code, and asking for another sign-in.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{RawQuery, State};
use http::{HeaderMap, Method};

use super::Login;
use super::failed::Answer;
use super::params::Params;
use crate::base::Token;
use crate::identity::Host;
use crate::session::{HandoffError, HandoffRequest, MAX_ATTEMPTS};
use crate::web::{self, Cause, SESSION_COOKIE, SignInWish, see_other, with_cookie};

/// `GET /.vestibule/session`: redeems the code and strips it from the address.
pub(super) async fn arrive(
    State(login): State<Arc<Login>>,
    Extension(host): Extension<Host>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Answer {
    let params = Params::parse(query.as_deref());
    let param = |name: &str| params.as_ref().and_then(|params| params.get(name));
    let request = param("request").and_then(|sealed| login.keys.open(sealed)).filter(|request| request.host == host);
    let verifiers = login.web.verifiers(&headers);
    let asked_with = |verifier: &&Token| request.as_ref().is_some_and(|request| request.is_of(verifier));
    let verifier = verifiers.iter().find(asked_with).or(verifiers.first()).cloned();
    let code: Token = param("code").and_then(|code| code.parse().ok()).ok_or(Cause::BadRequest)?;
    // A browser without a verifier redeems nothing, and still burns the code.
    let presented = verifier.clone().unwrap_or_else(|| login.web.ambient.token());
    let origin = login.web.public_url.origin_of(&host);
    match login.sessions.redeem(&host, &code, &presented).await {
        Ok(token) => {
            let back = request.map_or_else(|| "/".to_owned(), |request| request.return_path);
            let age = login.sessions.absolute_timeout();
            let cookie = login.web.cookies.set(SESSION_COOKIE, &token.expose(), Some(age));
            Ok(with_cookie(see_other(&format!("{origin}{back}")), cookie))
        }
        Err(HandoffError::Unavailable(error)) => Err(error.into()),
        Err(error) => login.start_over(&host, &error, request, verifier, &headers),
    }
}

impl Login {
    /// Another tab may have signed in anew and ended the session that this code was for: then this browser's own
    /// request is sent once more. Any other browser is told no.
    fn start_over(
        &self,
        host: &Host,
        error: &HandoffError,
        request: Option<HandoffRequest>,
        verifier: Option<Token>,
        headers: &HeaderMap,
    ) -> Answer {
        let own = request.zip(verifier).filter(|(request, verifier)| request.is_of(verifier));
        let spent = matches!(error, HandoffError::Spent);
        match own {
            Some((mut request, verifier)) if spent && request.attempt < MAX_ATTEMPTS => {
                request.attempt += 1;
                Ok(self.web.send_request(&self.keys, &request, &verifier, &SignInWish::default(), headers))
            }
            _ => {
                let failure = self.web.failure(Cause::SignInExpired).with_link("Start again", "/");
                tracing::warn!(reference = %failure.reference, %host, cause = %error, "hand-off refused");
                Err(failure.into())
            }
        }
    }
}

/// `GET /.vestibule/sign-in`: signs in as someone else, or with a hint, and comes back to `return`, a path on this host.
pub(super) async fn sign_in(
    State(login): State<Arc<Login>>,
    Extension(host): Extension<Host>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
) -> Answer {
    if !web::is_navigation(&method, &headers) {
        return Err(Cause::SignInRequired.into());
    }
    let params = Params::parse(query.as_deref()).ok_or(Cause::BadRequest)?;
    let back = params.get("return").filter(|path| is_local_path(path)).unwrap_or("/");
    let wish = SignInWish { as_someone_else: params.has("again"), login_hint: None };
    let wish = wish.hinted(params.get("login_hint"));
    Ok(login.web.send_to_sign_in(&login.keys, &host, back, &wish, &headers))
}

/// Whether this is a path on the same host and nothing else. It is always put behind our own origin, so the check is
/// the second lock on that door.
fn is_local_path(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && !path.starts_with("/.vestibule")
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::is_local_path;

    #[test]
    fn only_paths_of_the_same_host_are_returned_to() {
        assert!(is_local_path("/a/b?c=d"));
        for foreign in
            ["", "//evil.example", "/\\evil.example", "https://evil.example", "a", "/a\r\nb", "/.vestibule/sign-out"]
        {
            assert!(!is_local_path(foreign), "{foreign:?}");
        }
    }
}
