//! *Tokens* on `/account`: what somebody's own programs present at applications, made and ended by themselves.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;

use super::account::Posted;
use super::failed::{Answer, Failed};
use super::{Login, Scene};
use crate::directory::{ApplicationScope, ListedApplicationToken, MachineError, TokenError};
use crate::identity::{Application, TokenId};
use crate::pages::{AccountPage, Done, Field, TokenLineOfPrograms, TokensOfPrograms};
use crate::session::Principal;
use crate::web::{self, Cause, TokenWish, see_other, to_the_minute};

/// `POST /account/tokens`: makes one. Answers with the page itself: the token is nowhere but in this answer.
pub(super) async fn make(State(login): State<Arc<Login>>, posted: Posted) -> Answer {
    let Posted { principal, token, fields } = posted;
    let identity = principal.evidence.identity().ok_or(Cause::SignInRequired)?;
    let scene = login.scene();
    let wish = TokenWish::read(&fields, &takers(&scene, &principal));
    let own = login.directory.own(principal.user);
    let made = match &wish {
        Ok(TokenWish { name, lifetime, place }) => {
            let scope = ApplicationScope::of(place.as_ref());
            own.make_token(&scene.catalogue, identity, name, *lifetime, &scope).await
        }
        Err(_) => Err(TokenError::Lifetime.into()),
    };
    let page = login.account_page(&principal, &token).await?;
    let mut tokens = page.tokens.unwrap_or_default();
    let status = match (made, wish) {
        (Ok(made), _) => {
            tokens.made = Some(made.expose());
            StatusCode::OK
        }
        (Err(MachineError::Store(error) | MachineError::Token(TokenError::Store(error))), _) => {
            return Err(error.into());
        }
        (Err(refused), wish) => {
            tokens.name = Field::of(fields.typed("name"));
            match wish {
                Err(wrong) => tokens.name.error = Some(wrong),
                Ok(_) => tokens.refused = Some(refused.to_string()),
            }
            StatusCode::UNPROCESSABLE_ENTITY
        }
    };
    let page = AccountPage { tokens: Some(tokens), done: None, ..page };
    Ok(web::html(status, login.web.pages.account(&page)))
}

/// `POST /account/tokens/end`: ends the one that the form names.
pub(super) async fn end(State(login): State<Arc<Login>>, posted: Posted) -> Answer {
    let Posted { principal, fields, .. } = posted;
    let token: TokenId = fields.text("token").and_then(|id| id.parse().ok()).ok_or(Cause::BadRequest)?;
    match login.directory.own(principal.user).end_token(token).await {
        // Ended twice is ended.
        Ok(()) | Err(MachineError::Token(TokenError::NoSuchToken)) => {
            Ok(see_other(&format!("/account?done={}", Done::TokenEnded.code())))
        }
        Err(error) => Err(Failed::Unavailable(error.to_string())),
    }
}

/// The applications that they may enter and that take tokens.
fn takers<'s>(scene: &'s Scene, principal: &Principal) -> Vec<&'s Application> {
    let enters = |application: &&Application| {
        let organization = scene.catalogue.organization(application.organization);
        organization.is_some_and(|organization| super::home::may_enter(application, organization, principal))
    };
    scene.catalogue.applications.iter().filter(|one| one.spec.machines.tokens).filter(enters).collect()
}

impl Login {
    /// The section: nothing where no application takes any and none was made.
    pub(super) fn tokens(
        &self,
        scene: &Scene,
        principal: &Principal,
        tokens: Vec<ListedApplicationToken>,
    ) -> Option<TokensOfPrograms> {
        let takers = takers(scene, principal);
        if takers.is_empty() && tokens.is_empty() {
            return None;
        }
        let now = self.web.ambient.now();
        let called =
            |key| scene.catalogue.applications.iter().find(|one| one.key == key).map(|one| one.spec.name.clone());
        let line = |ListedApplicationToken { token, applications }| TokenLineOfPrograms {
            id: token.id.to_string(),
            name: token.name.to_string(),
            places: applications.map(|keys| keys.into_iter().filter_map(called).collect()),
            over: token.expires_at <= now,
            ends: to_the_minute(token.expires_at),
            used: token.last_used_at.map(to_the_minute),
        };
        Some(web::token_section(&takers, tokens.into_iter().map(line).collect()))
    }
}
