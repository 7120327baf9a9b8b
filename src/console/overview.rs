//! `GET /console`: what happens, and what needs attention.

use std::sync::Arc;

use axum::extract::{RawQuery, State};

use super::Console;
use super::answer::{Answer, page};
use super::failed::Failed;
use super::guard::Visitor;
use super::shell::Place;
use crate::pages::Overview;
use crate::web::see_other;

/// The overview of the server; who administers organizations alone goes to the first of them.
pub(super) async fn show(State(console): State<Arc<Console>>, visitor: Visitor, RawQuery(query): RawQuery) -> Answer {
    let shell = console.shell(&visitor, Place::Overview, query.as_deref());
    if !visitor.is_server_admin() {
        return Ok(see_other(&shell.nav.first().ok_or(Failed::NotAllowed)?.href));
    }
    Ok(page(console.web.pages.overview(&Overview { shell })))
}
