//! Every version of a policy: when, by whom, and what differs from the one in force, which any of them can become again.

use super::desk::Desk;
use crate::base::Timestamp;
use crate::console::answer::{Answer, page};
use crate::console::audit;
use crate::console::here::Here;
use crate::directory::{Author, PolicyVersion};
use crate::identity::PolicyId;
use crate::pages::{HistoryLine, PolicyComparison, PolicyHistory, SelectorPieces, TextPiece};
use crate::policy::{Piece, compare};

/// Versions of a page.
const PAGE: u32 = 50;

/// `GET …/history`: every version.
pub(in crate::console) async fn list_versions(here: Here) -> Answer {
    let desk = Desk::at(&here)?;
    let before = here.query.text("before").and_then(place);
    let versions = desk.versions(before, PAGE).await?;
    let path = desk.path();
    let more = versions.last().filter(|_| versions.len() == PAGE as usize);
    let shown = PolicyHistory {
        shell: desk.shell(),
        title: desk.title(),
        older: more.map(|last| format!("{path}/history?before={}-{}", last.at.micros(), last.id)),
        newest: before.map(|_| format!("{path}/history")),
        versions: versions.iter().map(|version| line(version, &path)).collect(),
        path,
    };
    Ok(page(here.pages().policy_history(&shown)))
}

/// `GET …/history/{version}`: one of them, beside the one in force.
pub(in crate::console) async fn compare_version(here: Here) -> Answer {
    let desk = Desk::at(&here)?;
    let version = desk.version(here.named("version")?).await?;
    let standing = desk.standing().await?;
    let path = desk.path();
    let may = version.retired_at.is_some() && !standing.declared;
    let shown = PolicyComparison {
        shell: desk.shell(),
        title: desk.title(),
        version: HistoryLine { href: None, ..line(&version, &path) },
        org: pieces(version.text.org.as_deref(), standing.text.org.as_deref()),
        role: pieces(version.text.role.as_deref(), standing.text.role.as_deref()),
        restore: may.then(|| format!("{path}?version={}", version.id)),
        path,
    };
    Ok(page(here.pages().policy_comparison(&shown)))
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

fn pieces(old: Option<&str>, new: Option<&str>) -> SelectorPieces {
    let piece = |piece: Piece| match piece {
        Piece::Same(text) => TextPiece { kind: "same", text },
        Piece::Removed(text) => TextPiece { kind: "removed", text },
        Piece::Added(text) => TextPiece { kind: "added", text },
    };
    let all = compare(old.unwrap_or_default(), new.unwrap_or_default());
    SelectorPieces { same: old == new, pieces: all.into_iter().map(piece).collect() }
}
