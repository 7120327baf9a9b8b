//! The audit log, and where a reference leads.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Api;
use super::answer::{Answer, Page, json};
use super::ask::{At, Cursor, Limit, Query, limit, said};
use super::guard::Caller;
use super::refusal::Refusal;
use super::schema::{Id, Instant, InstantOrDay, Said, Slug};
use crate::base::{Reference, Timestamp};
use crate::directory::{AuditLine, BadFilters, Explanation, LogFilters, LogPage, LogPlace, Subject};
use crate::identity::{AuditId, IdentityId, OrganizationId, SessionId, UserId};

/// A line of the log. Ids are those of then; of what is still there, the id people write.
#[derive(Serialize, JsonSchema)]
pub(super) struct Line {
    #[schemars(with = "Id")]
    id: AuditId,
    /// When; of counted lines, the first time.
    #[schemars(with = "Instant")]
    at: String,
    /// What, such as `sign-in`.
    action: String,
    /// Who did it: `cli`, `file`, `break-glass`, `provider`, `stranger`, or `user:` or `token:` with an id.
    actor: String,
    /// How often.
    count: i64,
    /// What the page showed, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Id>")]
    user: Option<UserId>,
    /// What that user is called, if they are still there.
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Id>")]
    identity: Option<IdentityId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Id>")]
    session: Option<SessionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    idp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    application: Option<String>,
    /// Why, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// What was, of what changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Value>,
    /// What is now, of what changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Value>,
}

/// A query of a log: filters of its own, and those of every log. A macro, since serde does not refuse unknown names where a
/// part is flattened.
macro_rules! log_query {
    ($(#[$about:meta])* $name:ident { $($own:tt)* }) => {
        $(#[$about])*
        #[derive(Default, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name {
            $($own)*
            /// Those of this action, such as `roles-changed`.
            #[serde(default, deserialize_with = "said")]
            #[schemars(with = "Option<Said>")]
            action: String,
            /// Those about this identity provider.
            #[serde(default, deserialize_with = "said")]
            #[schemars(with = "Option<Slug>")]
            idp: String,
            /// Those from this instant on; a date will do, in UTC.
            #[serde(default, deserialize_with = "said")]
            #[schemars(with = "Option<InstantOrDay>")]
            from: String,
            /// Those before this instant.
            #[serde(default, deserialize_with = "said")]
            #[schemars(with = "Option<InstantOrDay>")]
            to: String,
            /// `next` of the page before.
            cursor: Option<Cursor>,
            /// Most lines on the page.
            limit: Option<Limit>,
        }

        impl $name {
            /// The filters of every log.
            fn filters(&self) -> LogFilters<'_> {
                let Self { action, idp, from, to, .. } = self;
                LogFilters { action, idp, from, to, ..LogFilters::default() }
            }
        }
    };
}

log_query! {
    /// Which lines.
    LogQuery {
        /// Those about this user.
        #[schemars(with = "Option<Id>")]
        user: Option<UserId>,
        /// Those about the user of this name: instead of `user`.
        #[serde(default, deserialize_with = "said")]
        #[schemars(with = "Option<Said>")]
        who: String,
        /// Those about this organization.
        #[serde(default, deserialize_with = "said")]
        #[schemars(with = "Option<Slug>")]
        organization: String,
    }
}

log_query! {
    /// Which lines of an organization.
    OrganizationLogQuery {}
}

/// What became of a request or a sign-in: `event`, `user` and `sign_ins`.
#[derive(Serialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct Explained(Map<String, Value>);

impl Api {
    fn line(&self, line: AuditLine, log: &LogPage) -> Line {
        let live = self.live();
        let (idps, applications) = (&live.catalogue.idps, &live.catalogue.applications);
        let about = line.about;
        let organization = about.organization.and_then(|key| live.catalogue.organization(key));
        Line {
            id: line.id,
            at: line.at.to_string(),
            action: line.action,
            actor: line.actor.to_string(),
            count: line.count,
            reference: line.reference,
            user: about.user,
            username: about.user.and_then(|user| log.names.get(&user)).map(ToString::to_string),
            identity: about.identity,
            session: about.session,
            idp: idps.iter().find(|idp| Some(idp.key) == about.idp).map(|idp| idp.spec.id.to_string()),
            organization: organization.map(|organization| organization.id.to_string()),
            application: (applications.iter().find(|one| Some(one.key) == about.application))
                .map(|application| application.spec.id.to_string()),
            detail: line.detail,
            before: line.before,
            after: line.after,
        }
    }

    fn log(&self, mut log: LogPage) -> Answer {
        let lines = std::mem::take(&mut log.lines);
        let next = log.next.map(|(at, id)| Cursor::of(&format!("{}-{id}", at.micros())));
        json(StatusCode::OK, &Page { items: lines.into_iter().map(|line| self.line(line, &log)).collect(), next })
    }
}

/// Where a page ended.
struct Place(LogPlace);

impl std::str::FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (at, id) = text.split_once('-').ok_or(())?;
        Ok(Self((Timestamp::from_micros(at.parse().map_err(|_| ())?), id.parse().map_err(|_| ())?)))
    }
}

fn before(cursor: Option<Cursor>) -> Result<Option<LogPlace>, Refusal> {
    Ok(cursor.map(|cursor| cursor.place::<Place>()).transpose()?.map(|place| place.0))
}

fn unfit(bad: BadFilters) -> Refusal {
    let all: Vec<String> = bad.iter().map(|(filter, why)| format!("{filter}: {why}")).collect();
    Refusal::Query(all.join("; "))
}

fn explained(explanation: &Explanation) -> Answer {
    match explanation.to_json() {
        Value::Object(told) => json(StatusCode::OK, &Explained(told)),
        _ => Err(Refusal::NotFound),
    }
}

fn reference(text: &str) -> Result<Subject, Refusal> {
    Reference::parse(text).map(Subject::Reference).ok_or(Refusal::NotFound)
}

pub(super) async fn list(State(api): State<Arc<Api>>, caller: Caller, Query(query): Query<LogQuery>) -> Answer {
    let admin = api.server_admin(&caller)?;
    let LogQuery { who, organization, .. } = &query;
    let filters = LogFilters { who, organization, ..query.filters() };
    let mut sought = admin.sought(&api.live().catalogue, &filters).await?.map_err(unfit)?;
    if query.user.is_some() && !who.is_empty() {
        return Err(Refusal::Query("say who it is: either user or who".to_owned()));
    }
    sought.user = sought.user.or(query.user);
    let limit = limit(query.limit);
    api.log(admin.latest(&sought, before(query.cursor)?, limit).await?)
}

pub(super) async fn list_of_organization(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At(organization): At<OrganizationId>,
    Query(query): Query<OrganizationLogQuery>,
) -> Answer {
    let admin = api.organization_admin(&caller, &api.live(), &organization)?;
    let sought = admin.sought(&api.live().catalogue, &query.filters()).map_err(unfit)?;
    let limit = limit(query.limit);
    api.log(admin.latest(&sought, before(query.cursor)?, limit).await?)
}

pub(super) async fn explain(State(api): State<Arc<Api>>, caller: Caller, At(text): At<String>) -> Answer {
    let (admin, live) = (api.server_admin(&caller)?, api.live());
    explained(&admin.explain_by(&live.catalogue, &live.policies, &reference(&text)?).await?)
}

pub(super) async fn explain_of_organization(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, text)): At<(OrganizationId, String)>,
) -> Answer {
    let live = api.live();
    let admin = api.organization_admin(&caller, &live, &organization)?;
    explained(&admin.explain_by(&live.catalogue, &live.policies, &reference(&text)?).await?)
}
