//! `/console/audit`, and the same below an organization: what happened, and where a reference leads.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use futures_util::stream;
use http::header::CONTENT_DISPOSITION;
use http::{HeaderValue, StatusCode};
use url::form_urlencoded;

use super::answer::{Answer, page};
use super::guard::Visitor;
use super::idps::place_of;
use super::shell::{Corner, Place};
use super::{Console, Live};
use crate::audit::Action;
use crate::base::Timestamp;
use crate::directory::{Actor, AuditLine, Directory, LogPage, LogPlace};
use crate::identity::{AuditId, UserId, Username};
use crate::pages::{AuditItem, AuditLink, AuditLog, Field, Shell};
use crate::web::{self, Fields};

/// Lines of a page.
const PAGE: u32 = 50;
/// Lines read at once for an export.
const CHUNK: u32 = 1_000;

/// What of the log is asked for.
struct Wanted {
    who: String,
    action: String,
    before: Option<LogPlace>,
}

impl Wanted {
    fn of(query: Option<&str>) -> Self {
        let fields = query.and_then(|query| Fields::parse(query.as_bytes())).unwrap_or_default();
        let action = Action::ALL.iter().find(|action| action.word() == fields.typed("action"));
        Self {
            who: fields.text("who").unwrap_or_default().to_owned(),
            action: action.map(|action| action.word().to_owned()).unwrap_or_default(),
            before: fields.text("before").and_then(place),
        }
    }

    fn action(&self) -> Option<&str> {
        Some(self.action.as_str()).filter(|action| !action.is_empty())
    }

    /// The address of this log with these filters, before a line.
    fn href(&self, path: &str, before: Option<LogPlace>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("who", &self.who), ("action", &self.action)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if let Some((at, id)) = before {
            query.append_pair("before", &format!("{}-{id}", at.micros()));
        }
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

fn place(text: &str) -> Option<LogPlace> {
    let (at, id) = text.split_once('-')?;
    Some((Timestamp::from_micros(at.parse().ok()?), id.parse::<AuditId>().ok()?))
}

/// `GET /console/audit`
pub(super) async fn show(State(console): State<Arc<Console>>, visitor: Visitor, RawQuery(query): RawQuery) -> Answer {
    let admin = console.server_admin(&visitor)?;
    let wanted = Wanted::of(query.as_deref());
    let mut who = Field::of(wanted.who.clone());
    let user = match Username::parse(&wanted.who) {
        Ok(username) => admin.user_named(&username).await?,
        Err(_) => None,
    };
    let asked_for = !wanted.who.is_empty();
    if asked_for && user.is_none() {
        who.error = Some("There is nobody of this username.".to_owned());
    }
    let log = if asked_for && user.is_none() {
        LogPage::default()
    } else {
        admin.latest(user, wanted.action(), wanted.before, PAGE).await?
    };
    let shell = console.shell(&visitor, Place::Audit, query.as_deref());
    let shown = AuditLog {
        who: Some(who),
        export: Some("/console/audit/export".to_owned()),
        ..console.log_page(shell, "/console/audit", &wanted, &log, true)
    };
    Ok(page(console.web.pages.audit_log(&shown)))
}

/// `GET /console/organizations/{organization}/audit`
pub(super) async fn show_of_organization(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let (organization, admin) = console.organization_admin(&visitor, &id)?;
    let wanted = Wanted { who: String::new(), ..Wanted::of(query.as_deref()) };
    let log = admin.latest(wanted.action(), wanted.before, PAGE).await?;
    let shell = console.shell_of(&visitor, &organization, Corner::Audit, query.as_deref());
    let path = format!("/console/organizations/{}/audit", organization.id);
    Ok(page(console.web.pages.audit_log(&console.log_page(shell, &path, &wanted, &log, false))))
}

/// `GET /console/audit/export`: everything as JSON lines, oldest first, read as it is sent.
pub(super) async fn export(State(console): State<Arc<Console>>, visitor: Visitor) -> Answer {
    console.server_admin(&visitor)?;
    let start = (console.directory.clone(), visitor.actor(), None);
    let chunks = stream::try_unfold(start, |(directory, actor, after)| async move {
        let chunk = chunk(&directory, actor, after).await?;
        Ok::<_, std::io::Error>(chunk.map(|(text, last)| (text, (directory, actor, Some(last)))))
    });
    let mut response = web::answer(StatusCode::OK, "application/jsonl", Body::from_stream(chunks));
    let name = HeaderValue::from_static("attachment; filename=\"audit.jsonl\"");
    response.headers_mut().insert(CONTENT_DISPOSITION, name);
    Ok(response)
}

/// The next lines as text, and where they end.
async fn chunk(
    directory: &Directory,
    actor: Actor,
    after: Option<LogPlace>,
) -> Result<Option<(String, LogPlace)>, std::io::Error> {
    let always = Timestamp::from_micros(i64::MIN)..Timestamp::from_micros(i64::MAX);
    let lines = directory.server_admin(actor).audit_log(after, always, CHUNK).await;
    let lines = lines.map_err(std::io::Error::other)?;
    let text = lines.iter().map(|line| format!("{}\n", line.to_json())).collect();
    Ok(lines.last().map(|last| (text, (last.at, last.id))))
}

impl Console {
    /// A page of a log. `everywhere`: whether what it names may be gone to wherever it is.
    fn log_page(&self, shell: Shell, path: &str, wanted: &Wanted, log: &LogPage, everywhere: bool) -> AuditLog {
        let live = self.live();
        let everything = (String::new(), "Everything".to_owned());
        let actions = Action::ALL.iter().map(|action| (action.word().to_owned(), words(action.word())));
        AuditLog {
            shell,
            path: path.to_owned(),
            explain: path.replace("/audit", "/explain"),
            who: None,
            action: Field::of(wanted.action.clone()),
            actions: std::iter::once(everything).chain(actions).collect(),
            lines: log.lines.iter().map(|line| item(line, log, &live, everywhere)).collect(),
            older: log.next.map(|next| wanted.href(path, Some(next))),
            newest: wanted.before.map(|_| wanted.href(path, None)),
            export: None,
        }
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
        about: about(line, &name, live, everywhere),
        count: Some(line.count).filter(|count| *count > 1),
        detail: line.detail.clone(),
        reference: line.reference.clone().map(|reference| AuditLink {
            href: everywhere.then(|| format!("/console/explain/{reference}")),
            name: reference,
        }),
        change: change.and_then(|change| serde_json::to_string_pretty(&change).ok()),
    }
}

fn about(line: &AuditLine, name: &dyn Fn(UserId) -> String, live: &Live, everywhere: bool) -> Vec<AuditLink> {
    let organization = line.about.organization.and_then(|key| live.catalogue.organization(key));
    let idp = line.about.idp.and_then(|key| live.catalogue.idp(key));
    let application = live.catalogue.applications.iter().find(|one| Some(one.key) == line.about.application);
    let link = |name: String, href: String| AuditLink { name, href: everywhere.then_some(href) };
    let user = line.about.user.map(|user| link(name(user), format!("/console/people/{user}")));
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
