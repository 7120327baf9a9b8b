//! Every version of a policy: when, by whom, and what differs from the one in force, which any of them can become again.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};

use super::desk::Desk;
use crate::base::Timestamp;
use crate::console::answer::{Answer, page};
use crate::console::guard::Visitor;
use crate::console::{Console, audit};
use crate::directory::{Author, PolicyVersion};
use crate::identity::PolicyId;
use crate::pages::{HistoryLine, PolicyComparison, PolicyHistory, SelectorPieces, TextPiece};
use crate::policy::{Piece, compare};
use crate::web::Fields;

/// Versions of a page.
const PAGE: u32 = 50;

/// `GET /console/idps/{idp}/policy/history`
pub(in crate::console) async fn list_default(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(idp): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    list(&Desk::of_idp(&console, &visitor, &idp)?, &console, query.as_deref()).await
}

/// `GET /console/organizations/{organization}/policies/{idp}/history`
pub(in crate::console) async fn list_own(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path((organization, idp)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Answer {
    list(&Desk::of_organization(&console, &visitor, &organization, &idp)?, &console, query.as_deref()).await
}

/// `GET /console/idps/{idp}/policy/history/{version}`
pub(in crate::console) async fn compare_default(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path((idp, version)): Path<(String, String)>,
) -> Answer {
    compare_versions(&Desk::of_idp(&console, &visitor, &idp)?, &console, &version).await
}

/// `GET /console/organizations/{organization}/policies/{idp}/history/{version}`
pub(in crate::console) async fn compare_own(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path((organization, idp, version)): Path<(String, String, String)>,
) -> Answer {
    compare_versions(&Desk::of_organization(&console, &visitor, &organization, &idp)?, &console, &version).await
}

async fn list(desk: &Desk<'_>, console: &Console, query: Option<&str>) -> Answer {
    let asked = query.and_then(|query| Fields::parse(query.as_bytes())).unwrap_or_default();
    let before = asked.text("before").and_then(place);
    let versions = desk.versions(before, PAGE).await?;
    let path = desk.path();
    let more = versions.last().filter(|_| versions.len() == PAGE as usize);
    let shown = PolicyHistory {
        shell: desk.shell(query),
        title: desk.title(),
        older: more.map(|last| format!("{path}/history?before={}-{}", last.at.micros(), last.id)),
        newest: before.map(|_| format!("{path}/history")),
        versions: versions.iter().map(|version| line(version, &path)).collect(),
        path,
    };
    Ok(page(console.web.pages.policy_history(&shown)))
}

fn place(text: &str) -> Option<(Timestamp, PolicyId)> {
    let (at, id) = text.split_once('-')?;
    Some((Timestamp::from_micros(at.parse().ok()?), id.parse().ok()?))
}

fn line(version: &PolicyVersion, path: &str) -> HistoryLine {
    let moment = |at: Timestamp| format!("{} UTC", audit::shown(at));
    HistoryLine {
        at: moment(version.at),
        by: match &version.by {
            Author::File => "the configuration file".to_owned(),
            Author::Operator => "whoever runs the server".to_owned(),
            Author::BreakGlass => "break-glass".to_owned(),
            Author::User(username) => username.to_string(),
            Author::Token { name, maker: Some(maker) } => format!("the token {name} of {maker}"),
            Author::Token { name, maker: None } => format!("the token {name}"),
            Author::Somebody => "another admin".to_owned(),
        },
        until: version.retired_at.map(moment),
        org: version.text.org.clone(),
        role: version.text.role.clone(),
        href: Some(format!("{path}/history/{}", version.id)),
    }
}

async fn compare_versions(desk: &Desk<'_>, console: &Console, version: &str) -> Answer {
    let version = desk.version(version).await?;
    let standing = desk.standing().await?;
    let path = desk.path();
    let may = version.retired_at.is_some() && !standing.declared;
    let shown = PolicyComparison {
        shell: desk.shell(None),
        title: desk.title(),
        version: HistoryLine { href: None, ..line(&version, &path) },
        org: pieces(version.text.org.as_deref(), standing.text.org.as_deref()),
        role: pieces(version.text.role.as_deref(), standing.text.role.as_deref()),
        restore: may.then(|| format!("{path}?version={}", version.id)),
        path,
    };
    Ok(page(console.web.pages.policy_comparison(&shown)))
}

fn pieces(old: Option<&str>, new: Option<&str>) -> SelectorPieces {
    let piece = |piece: Piece| match piece {
        Piece::Same(text) => TextPiece { kind: "same", text },
        Piece::Removed(text) => TextPiece { kind: "removed", text },
        Piece::Added(text) => TextPiece { kind: "added", text },
    };
    let all = compare(old.unwrap_or_default(), new.unwrap_or_default());
    SelectorPieces { same: old == new, pieces: all.into_iter().map(piece).collect() }
}
