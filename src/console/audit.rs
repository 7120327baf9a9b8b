//! `/console/audit`, and the same below an organization: what happened, and where a reference leads.

mod filters;

use axum::body::Body;
use futures_util::stream;
use http::header::CONTENT_DISPOSITION;
use http::{HeaderValue, StatusCode};

use self::filters::Filters;
use super::Live;
use super::answer::{Answer, page};
use super::failed::Failed;
use super::here::Here;
use super::shell::{Corner, Place};
use crate::base::Timestamp;
use crate::directory::{Actor, AuditLine, LogPage};
use crate::identity::UserId;
use crate::pages::{AuditItem, AuditLink, AuditLog};
use crate::web;

/// Lines of a page.
const PAGE: u32 = 50;
/// Lines read at once for an export.
const CHUNK: u32 = 1_000;

/// `GET …/audit`
pub(super) async fn show(here: Here) -> Answer {
    let (live, mut filters) = (here.console.live(), Filters::of(&here.query));
    let sought = filters.sought(&here, &live.catalogue).await?;
    let log = match &sought {
        Some(sought) => here.admin().latest(sought, filters.before(), PAGE).await?,
        None => LogPage::default(),
    };
    let (path, everywhere) = (here.path("/audit"), here.organization.is_none());
    Ok(page(here.pages().audit_log(&AuditLog {
        shell: here.shell(Place::Audit, Corner::Audit),
        explain: here.path("/explain"),
        filters: filters.form(&live.catalogue, here.organization.as_ref().map(|organization| organization.key)),
        lines: log.lines.iter().map(|line| item(line, &log, &live, everywhere)).collect(),
        older: log.next.map(|next| filters.href(&path, Some(next))),
        newest: filters.before().map(|_| filters.href(&path, None)),
        export: sought.map(|_| filters.href(&format!("{path}/export"), None)),
        path,
    })))
}

/// `GET …/audit/export`: what is asked for as JSON lines, oldest first, read as it is sent.
pub(super) async fn export(here: Here) -> Answer {
    let sought = Filters::of(&here.query).sought(&here, &here.console.live().catalogue).await?;
    let start = Some((here, sought.ok_or(Failed::BadRequest)?, None));
    let chunks = stream::try_unfold(start, move |state| async move {
        let Some((here, sought, after)) = state else { return Ok(None) };
        let lines = here.admin().audit_log(&sought, after, CHUNK).await.map_err(std::io::Error::other)?;
        let text: String = lines.rows.iter().map(|line| format!("{}\n", line.to_json())).collect();
        Ok::<_, std::io::Error>(Some((text, lines.next.map(|next| (here, sought, Some(next))))))
    });
    let mut response = web::answer(StatusCode::OK, "application/jsonl", Body::from_stream(chunks));
    let name = HeaderValue::from_static("attachment; filename=\"audit.jsonl\"");
    response.headers_mut().insert(CONTENT_DISPOSITION, name);
    Ok(response)
}

/// One line as people read it. `everywhere`: whether what it names may be gone to wherever it is.
pub(super) fn item(line: &AuditLine, log: &LogPage, live: &Live, everywhere: bool) -> AuditItem {
    let called = |user: UserId| log.names.get(&user).map(ToString::to_string);
    // Whom an organization's admins do not know has no name and no id there.
    let name = |user: UserId| {
        called(user).unwrap_or_else(|| if everywhere { format!("user {user}") } else { "somebody".to_owned() })
    };
    let changed = line.before.as_ref().or(line.after.as_ref());
    let change = changed.map(|_| serde_json::json!({ "before": line.before, "after": line.after }));
    AuditItem {
        at: shown(line.at),
        action: words(&line.action),
        actor: match line.actor {
            Actor::User(user) if !everywhere => called(user).unwrap_or_else(|| "an admin".to_owned()),
            Actor::User(user) => name(user),
            other => other.to_string(),
        },
        about: about(line, log, &name, live, everywhere),
        count: Some(line.count).filter(|count| *count > 1),
        detail: line.detail.clone(),
        reference: line.reference.clone().map(|reference| AuditLink {
            href: everywhere.then(|| format!("/console/explain/{reference}")),
            name: reference,
        }),
        change: change.and_then(|change| serde_json::to_string_pretty(&change).ok()),
    }
}

fn about(
    line: &AuditLine,
    log: &LogPage,
    name: &dyn Fn(UserId) -> String,
    live: &Live,
    everywhere: bool,
) -> Vec<AuditLink> {
    let organization = line.about.organization.and_then(|key| live.catalogue.organization(key));
    let idp = line.about.idp.and_then(|key| live.catalogue.idp(key));
    let application = live.catalogue.applications.iter().find(|one| Some(one.key) == line.about.application);
    let link = |name: String, href: String| AuditLink { name, href: everywhere.then_some(href) };
    // Who is gone has no page.
    let user = line.about.user.map(|user| AuditLink {
        name: name(user),
        href: (everywhere && log.names.contains_key(&user)).then(|| format!("/console/people/{user}")),
    });
    let organization = organization.map(|one| link(one.name.clone(), format!("/console/organizations/{}", one.id)));
    let idp = idp.map(|one| link(one.spec.name.clone(), web::idp_page(&live.catalogue, one)));
    let application = application.map(|one| AuditLink { name: one.spec.name.clone(), href: None });
    [user, organization, idp, application].into_iter().flatten().collect()
}

/// `sign-in-refused` as people read it.
pub(super) fn words(action: &str) -> String {
    let mut words = action.replace('-', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

/// An instant as people read it: to the second, in UTC.
pub(super) fn shown(at: Timestamp) -> String {
    at.to_string().replace('T', " ").chars().take(19).collect()
}
