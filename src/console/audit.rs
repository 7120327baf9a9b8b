//! `/console/audit`, and the same below an organization: what happened, and where a reference leads.

mod asked;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use futures_util::stream;
use http::header::CONTENT_DISPOSITION;
use http::{HeaderValue, StatusCode};

use self::asked::Asked;
use super::answer::{Answer, page};
use super::failed::Failed;
use super::guard::Visitor;
use super::idps::place_of;
use super::shell::{Corner, Place};
use super::{Console, Live};
use crate::base::Timestamp;
use crate::directory::{Actor, AuditLine, LogPage, SoughtLines};
use crate::identity::{OrganizationKey, UserId};
use crate::pages::{AuditItem, AuditLink, AuditLog, Shell};
use crate::web;

/// Lines of a page.
const PAGE: u32 = 50;
/// Lines read at once for an export.
const CHUNK: u32 = 1_000;

/// `GET /console/audit`
pub(super) async fn show(State(console): State<Arc<Console>>, visitor: Visitor, RawQuery(query): RawQuery) -> Answer {
    let admin = console.server_admin(&visitor)?;
    let (live, mut asked) = (console.live(), Asked::of(query.as_deref()));
    let sought = asked.sought(&admin, &live.catalogue).await?;
    let log = match &sought {
        Some(sought) => admin.latest(sought, asked.before(), PAGE).await?,
        None => LogPage::default(),
    };
    let shell = console.shell(&visitor, Place::Audit, query.as_deref());
    let shown = log_page(shell, &live, "/console/audit", &asked, &log, None);
    Ok(page(console.web.pages.audit_log(&AuditLog { export: shown.export.filter(|_| sought.is_some()), ..shown })))
}

/// `GET /console/organizations/{organization}/audit`
pub(super) async fn show_of_organization(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let (organization, admin) = console.organization_admin(&visitor, &id)?;
    let (live, mut asked) = (console.live(), Asked::of(query.as_deref()));
    let sought = asked.sought_within(&admin, &live.catalogue);
    let log = match &sought {
        Some(sought) => admin.latest(sought, asked.before(), PAGE).await?,
        None => LogPage::default(),
    };
    let shell = console.shell_of(&visitor, &organization, Corner::Audit, query.as_deref());
    let path = format!("/console/organizations/{}/audit", organization.id);
    let shown = log_page(shell, &live, &path, &asked, &log, Some(organization.key));
    Ok(page(console.web.pages.audit_log(&AuditLog { export: shown.export.filter(|_| sought.is_some()), ..shown })))
}

/// `GET /console/audit/export`: what is asked for as JSON lines, oldest first, read as it is sent.
pub(super) async fn export(State(console): State<Arc<Console>>, visitor: Visitor, RawQuery(query): RawQuery) -> Answer {
    let admin = console.server_admin(&visitor)?;
    let sought = Asked::of(query.as_deref()).sought(&admin, &console.live().catalogue).await?;
    Ok(exported(&console, visitor.actor(), None, sought.ok_or(Failed::BadRequest)?))
}

/// `GET /console/organizations/{organization}/audit/export`: the same of what is about the organization.
pub(super) async fn export_of_organization(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let (organization, admin) = console.organization_admin(&visitor, &id)?;
    let sought = Asked::of(query.as_deref()).sought_within(&admin, &console.live().catalogue);
    Ok(exported(&console, visitor.actor(), Some(organization.key), sought.ok_or(Failed::BadRequest)?))
}

fn exported(console: &Console, actor: Actor, within: Option<OrganizationKey>, sought: SoughtLines) -> Response {
    let start = Some((console.directory.clone(), sought, None));
    let chunks = stream::try_unfold(start, move |state| async move {
        let Some((directory, sought, after)) = state else { return Ok(None) };
        let lines = match within {
            None => directory.server_admin(actor).audit_log(&sought, after, CHUNK).await,
            Some(key) => directory.organization_admin(actor, key).audit_log(&sought, after, CHUNK).await,
        };
        let lines = lines.map_err(std::io::Error::other)?;
        let text: String = lines.rows.iter().map(|line| format!("{}\n", line.to_json())).collect();
        Ok::<_, std::io::Error>(Some((text, lines.next.map(|next| (directory, sought, Some(next))))))
    });
    let mut response = web::answer(StatusCode::OK, "application/jsonl", Body::from_stream(chunks));
    let name = HeaderValue::from_static("attachment; filename=\"audit.jsonl\"");
    response.headers_mut().insert(CONTENT_DISPOSITION, name);
    response
}

/// A page of a log; `within`: of an organization's, whose admins may not go to wherever its lines lead.
fn log_page(
    shell: Shell,
    live: &Live,
    path: &str,
    asked: &Asked,
    log: &LogPage,
    within: Option<OrganizationKey>,
) -> AuditLog {
    AuditLog {
        shell,
        path: path.to_owned(),
        explain: path.replace("/audit", "/explain"),
        filters: asked.form(&live.catalogue, within),
        lines: log.lines.iter().map(|line| item(line, log, live, within.is_none())).collect(),
        older: log.next.map(|next| asked.href(path, Some(next))),
        newest: asked.before().map(|_| asked.href(path, None)),
        export: Some(asked.href(&format!("{path}/export"), None)),
    }
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
    let idp = idp.map(|one| link(one.spec.name.clone(), place_of(&live.catalogue, one)));
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
