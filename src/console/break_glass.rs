//! `/break-glass/{link}`: the way in that `vestibule admin login-link` prints. Looking at it spends nothing; its button
//! does.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};

use super::Console;
use super::answer::Answer;
use super::failed::Failed;
use crate::base::Token;
use crate::directory::BREAK_GLASS_LIFETIME;
use crate::pages::{Assets, BreakGlass};
use crate::web::{self, BREAK_GLASS_COOKIE, is_same_origin, see_other, with_cookie};

/// The page with the button, or why there is none. Looking spends nothing.
pub(super) async fn show(State(console): State<Arc<Console>>, Path(link): Path<String>) -> Answer {
    let good = match link.parse::<Token>() {
        Ok(link) => console.directory.is_good_login_link(&link).await?,
        Err(_) => false,
    };
    Ok(if good {
        console.break_glass_page(StatusCode::OK, false)
    } else {
        console.break_glass_page(StatusCode::GONE, true)
    })
}

/// Spends the link and opens the console.
pub(super) async fn spend(State(console): State<Arc<Console>>, Path(link): Path<String>, headers: HeaderMap) -> Answer {
    console.own_origin(&headers)?;
    let session = match link.parse::<Token>() {
        Ok(link) => console.directory.break_glass(&link).await?,
        Err(_) => None,
    };
    let Some(session) = session else { return Ok(console.break_glass_page(StatusCode::GONE, true)) };
    let cookie = console.web.cookies.set(BREAK_GLASS_COOKIE, &session.expose(), Some(BREAK_GLASS_LIFETIME));
    Ok(with_cookie(see_other("/console"), cookie))
}

/// Ends the session.
pub(super) async fn end(State(console): State<Arc<Console>>, headers: HeaderMap) -> Answer {
    console.own_origin(&headers)?;
    for session in console.web.break_glass_tokens(&headers) {
        console.directory.end_break_glass(&session).await?;
    }
    Ok(with_cookie(see_other("/signed-out"), console.web.cookies.expire(BREAK_GLASS_COOKIE)))
}

impl Console {
    fn break_glass_page(&self, status: StatusCode, spent: bool) -> Response {
        let page = BreakGlass { frame: self.web.frame(Assets::SignIn), spent };
        web::html(status, self.web.pages.break_glass(&page))
    }

    /// # Errors
    /// When the form stood on a page of somebody else.
    fn own_origin(&self, headers: &HeaderMap) -> Result<(), Failed> {
        let origin = self.web.public_url.origin_of(self.web.public_url.host());
        if is_same_origin(headers, &origin) { Ok(()) } else { Err(Failed::ForeignForm) }
    }
}
