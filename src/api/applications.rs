//! Applications of an organization.

mod connection;
pub(super) mod health;
mod machines;
mod rule;

use std::sync::Arc;

use axum::extract::State;
use http::{HeaderMap, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::connection::ConnectionText;
use self::machines::MachinesText;
use self::rule::RuleText;
use super::Api;
use super::answer::{Answer, Page, json, one};
use super::ask::{At, Cursor, PageQuery, Query, Sent, limit};
use super::edit::ChangeQuery;
use super::guard::Caller;
use super::refusal::Refusal;
use super::schema::{RoleText, Slug, UpstreamsText};
use crate::directory::{Admin, Edit, Live};
use crate::identity::{
    self, ApplicationId, ApplicationSpec, HeaderPreset, Host, OrganizationId, Reach, RoleName, Upstreams,
};

/// An application.
#[derive(Serialize, JsonSchema)]
pub(super) struct Application {
    #[schemars(with = "Slug")]
    id: ApplicationId,
    #[schemars(with = "Slug")]
    organization: OrganizationId,
    #[serde(flatten)]
    text: ApplicationText,
    /// Whether it may be anywhere: a server admin or the configuration file put it there. Else it is served only within
    /// what is allotted to the organization.
    anywhere: bool,
    /// Whether the configuration file declares it: then it is read-only here.
    declared: bool,
}

/// What is written down of an application.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ApplicationText {
    /// What people call it.
    name: String,
    /// Its public hosts.
    #[schemars(with = "Vec<String>")]
    hosts: Vec<Host>,
    /// Where its requests go, such as `http://127.0.0.1:3000`; a list of several that do the same, each of which gets
    /// its turn.
    #[schemars(with = "UpstreamsText")]
    upstream: Upstreams,
    /// The roles that may enter; null: every role of the organization.
    #[serde(default)]
    #[schemars(with = "Option<Vec<RoleText>>")]
    roles: Option<Vec<RoleName>>,
    /// How it is told who its user is.
    #[serde(default)]
    headers: Headers,
    /// Whether the upstream sees the public host in `Host`, or its own authority.
    #[serde(default = "yes")]
    pass_host: bool,
    /// Origins beside its own whose pages may open WebSockets with a session.
    #[serde(default)]
    allowed_origins: Vec<String>,
    /// What differs by path and method; the first match wins.
    #[serde(default)]
    rules: Vec<RuleText>,
    /// Whether CORS preflights pass where no rule matches, without cookies and as nobody's.
    #[serde(default)]
    preflight: bool,
    /// How its upstream is spoken to.
    #[serde(default)]
    connection: ConnectionText,
    /// Which bearer tokens it takes of programs.
    #[serde(default)]
    machines: MachinesText,
}

const fn yes() -> bool {
    true
}

/// Which headers tell an application who its user is; the signed assertion goes along with each.
#[derive(Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Headers {
    /// `Remote-User` and others.
    #[default]
    Remote,
    /// `X-Forwarded-User` and others.
    XForwarded,
    /// `X-Auth-Request-User` and others.
    XAuthRequest,
    /// The assertion alone.
    None,
}

impl From<&ApplicationSpec> for ApplicationText {
    fn from(spec: &ApplicationSpec) -> Self {
        Self {
            name: spec.name.clone(),
            hosts: spec.hosts.clone(),
            upstream: spec.upstream.clone(),
            roles: spec.roles.clone(),
            headers: match spec.headers {
                HeaderPreset::Remote => Headers::Remote,
                HeaderPreset::XForwarded => Headers::XForwarded,
                HeaderPreset::XAuthRequest => Headers::XAuthRequest,
                HeaderPreset::None => Headers::None,
            },
            pass_host: spec.pass_host,
            allowed_origins: spec.allowed_origins.clone(),
            rules: spec.rules.iter().map(RuleText::from).collect(),
            preflight: spec.preflight,
            connection: ConnectionText::from(&spec.connection),
            machines: MachinesText::from(&spec.machines),
        }
    }
}

impl ApplicationText {
    fn spec(self, id: ApplicationId, organization: OrganizationId, reach: Reach) -> ApplicationSpec {
        ApplicationSpec {
            id,
            organization,
            name: self.name,
            hosts: self.hosts,
            upstream: self.upstream,
            roles: self.roles,
            headers: match self.headers {
                Headers::Remote => HeaderPreset::Remote,
                Headers::XForwarded => HeaderPreset::XForwarded,
                Headers::XAuthRequest => HeaderPreset::XAuthRequest,
                Headers::None => HeaderPreset::None,
            },
            pass_host: self.pass_host,
            allowed_origins: self.allowed_origins,
            rules: self.rules.into_iter().map(RuleText::rule).collect(),
            preflight: self.preflight,
            reach,
            connection: self.connection.into(),
            machines: self.machines.into(),
        }
    }
}

impl From<&identity::Application> for Application {
    fn from(application: &identity::Application) -> Self {
        Self {
            id: application.spec.id.clone(),
            organization: application.spec.organization.clone(),
            text: ApplicationText::from(&application.spec),
            anywhere: application.spec.reach == Reach::Anywhere,
            declared: application.declared,
        }
    }
}

fn find(live: &Live, organization: &OrganizationId, id: &ApplicationId) -> Result<Application, Refusal> {
    let is_it = |other: &&identity::Application| other.spec.id == *id && other.spec.organization == *organization;
    live.catalogue.applications.iter().find(is_it).map(Application::from).ok_or(Refusal::NotFound)
}

impl Api {
    /// The change that writes an application down like this. What stays where it is keeps to what it kept to; else a
    /// server admin publishes anywhere, and whoever administers the organization alone within what is allotted to it.
    fn written(
        &self,
        editor: Admin<'_>,
        live: &Live,
        (organization, id): (&OrganizationId, &ApplicationId),
        text: ApplicationText,
    ) -> Result<Edit, Refusal> {
        let known = live.catalogue.applications.iter().find(|other| other.spec.id == *id);
        let reach = match (editor, known) {
            (_, Some(known)) if known.spec.hosts == text.hosts && known.spec.upstream == text.upstream => {
                known.spec.reach
            }
            (Admin::Server(_), _) => Reach::Anywhere,
            (Admin::Organization(_), _) => Reach::Allotted,
        };
        for host in &text.hosts {
            self.web.public_url.admits(host).map_err(|invalid| Refusal::Invalid(format!("hosts: {invalid}")))?;
        }
        Ok(Edit::Application(Box::new(text.spec(id.clone(), organization.clone(), reach))))
    }
}

pub(super) async fn list(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At(organization): At<OrganizationId>,
    Query(query): Query<PageQuery>,
) -> Answer {
    let live = api.live();
    let key = api.organization_admin(&caller, &live, &organization)?.organization();
    let after: Option<ApplicationId> = query.cursor.map(|cursor| cursor.place()).transpose()?;
    let limit = limit(query.limit) as usize;
    // In order of id.
    let own = live.catalogue.applications.iter().filter(|application| application.organization == key);
    let mut rest = own.filter(|application| after.as_ref().is_none_or(|after| application.spec.id > *after)).peekable();
    let items: Vec<Application> = rest.by_ref().take(limit).map(Application::from).collect();
    let next = rest.peek().and(items.last()).map(|last| Cursor::of(&last.id));
    json(StatusCode::OK, &Page { items, next })
}

pub(super) async fn show(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, application)): At<(OrganizationId, ApplicationId)>,
) -> Answer {
    let live = api.live();
    api.organization_admin(&caller, &live, &organization)?;
    one(&find(&live, &organization, &application)?)
}

pub(super) async fn put(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, application)): At<(OrganizationId, ApplicationId)>,
    Query(query): Query<ChangeQuery>,
    headers: HeaderMap,
    Sent(text): Sent<ApplicationText>,
) -> Answer {
    let live = api.live();
    let editor = api.editor(&caller, &live, &organization)?;
    let edit = api.written(editor, &live, (&organization, &application), text)?;
    let shown = |live: &Live| Ok(serde_json::json!(find(live, &organization, &application)?));
    let made = api.make_on(editor, &edit, &query, &headers, shown).await?;
    let path = format!("/organizations/{organization}/applications/{application}");
    made.told(&path, || find(&api.live(), &organization, &application))
}

pub(super) async fn remove(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, application)): At<(OrganizationId, ApplicationId)>,
    Query(query): Query<ChangeQuery>,
    headers: HeaderMap,
) -> Answer {
    let live = api.live();
    let editor = api.editor(&caller, &live, &organization)?;
    find(&live, &organization, &application)?;
    let edit = Edit::RemoveApplication(application.clone());
    let shown = |live: &Live| Ok(serde_json::json!(find(live, &organization, &application)?));
    api.make_on(editor, &edit, &query, &headers, shown).await?.gone()
}
