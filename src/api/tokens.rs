//! The caller's own token, and the tokens of what it opens. None is made here: what leaked must end with its token.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::Api;
use super::answer::{Answer, Page, done, json};
use super::ask::At;
use super::guard::Caller;
use super::schema::{Id, Instant};
use crate::directory::ListedToken;
use crate::identity::{Opens, OrganizationId, TokenId, Username};

/// The token a request came with.
#[derive(Serialize, JsonSchema)]
pub(super) struct OwnToken {
    #[schemars(with = "Id")]
    id: TokenId,
    /// What people call it.
    name: String,
    /// What it opens.
    opens: Opened,
    /// The organization, if it opens one.
    organization: Option<String>,
    /// From when on it opens nothing.
    #[schemars(with = "Instant")]
    expires_at: String,
}

/// What a token opens.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Opened {
    /// The whole server.
    Server,
    /// One organization.
    Organization,
}

/// A token as a list shows it: never what is presented.
#[derive(Serialize, JsonSchema)]
pub(super) struct Token {
    #[schemars(with = "Id")]
    id: TokenId,
    /// What people call it.
    name: String,
    /// Who made it: `cli`, or `user:` and the id of a user.
    made_by: String,
    #[schemars(with = "Instant")]
    created_at: String,
    /// From when on it opens nothing.
    #[schemars(with = "Instant")]
    expires_at: String,
    /// When it was last presented, to the hour.
    #[schemars(with = "Option<Instant>")]
    last_used_at: Option<String>,
}

impl From<ListedToken> for Token {
    fn from(token: ListedToken) -> Self {
        Self {
            id: token.id,
            name: token.name.to_string(),
            made_by: token.made_by.to_string(),
            created_at: token.created_at.to_string(),
            expires_at: token.expires_at.to_string(),
            last_used_at: token.last_used_at.map(|at| at.to_string()),
        }
    }
}

fn listed(tokens: Vec<(ListedToken, Option<Username>)>) -> Answer {
    let items: Vec<Token> = tokens.into_iter().map(|(token, _)| token.into()).collect();
    // There are never more than one page of them.
    json(StatusCode::OK, &Page { items, next: None })
}

pub(super) async fn own(State(api): State<Arc<Api>>, caller: Caller) -> Answer {
    let Caller(bearer) = caller;
    let (opens, key) = match bearer.opens() {
        Opens::Server => (Opened::Server, None),
        Opens::Organization(key) => (Opened::Organization, Some(key)),
    };
    let live = api.live();
    let organization = key.and_then(|key| live.catalogue.organization(key)).map(|one| one.id.to_string());
    let (name, expires_at) = (bearer.name.to_string(), bearer.expires_at.to_string());
    json(StatusCode::OK, &OwnToken { id: bearer.token, name, opens, organization, expires_at })
}

pub(super) async fn list(State(api): State<Arc<Api>>, caller: Caller) -> Answer {
    listed(api.server_admin(&caller)?.tokens().await?)
}

pub(super) async fn end(State(api): State<Arc<Api>>, caller: Caller, At(token): At<TokenId>) -> Answer {
    api.server_admin(&caller)?.end_token(token).await?;
    done()
}

pub(super) async fn list_of_organization(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At(organization): At<OrganizationId>,
) -> Answer {
    listed(api.organization_admin(&caller, &api.live(), &organization)?.tokens().await?)
}

pub(super) async fn end_of_organization(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, token)): At<(OrganizationId, TokenId)>,
) -> Answer {
    api.organization_admin(&caller, &api.live(), &organization)?.end_token(token).await?;
    done()
}
