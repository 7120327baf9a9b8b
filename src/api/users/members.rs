//! The people of one organization, as it knows them.

use std::sync::Arc;

use axum::extract::State;
use http::{HeaderMap, StatusCode};

use super::sent::{MemberQuery, MemberToMake, RolesByHand};
use super::shown::User;
use super::{seen, sessions, sign_ins, who};
use crate::api::Api;
use crate::api::answer::{Answer, Page, done, json, one};
use crate::api::ask::{At, Cursor, Query, Sent, limit};
use crate::api::guard::Caller;
use crate::api::refusal::Refusal;
use crate::directory::{NewUser, Sought, SoughtState};
use crate::identity::{OrganizationId, SessionId, UserId};

pub(in crate::api) async fn list(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At(organization): At<OrganizationId>,
    Query(query): Query<MemberQuery>,
) -> Answer {
    let live = api.live();
    let admin = api.organization_admin(&caller, &live, &organization)?;
    let after = query.cursor.map(|cursor| cursor.place()).transpose()?;
    let state = query.state.map(SoughtState::from);
    let sought = Sought { text: query.q, idp: query.idp, organization: None, role: query.role, state };
    let found = admin.find_people(&live.catalogue, &sought, after.as_ref(), limit(query.limit)).await?;
    let items = found.users.into_iter().map(User::from).collect();
    json(StatusCode::OK, &Page { items, next: found.next.as_ref().map(Cursor::of) })
}

pub(in crate::api) async fn make(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At(organization): At<OrganizationId>,
    Sent(new): Sent<MemberToMake>,
) -> Answer {
    let admin = api.organization_admin(&caller, &api.live(), &organization)?;
    let roles = new.roles.into_iter().map(|role| (organization.clone(), role)).collect();
    let new = NewUser { idp: new.idp, who: who(new.identifier, new.email)?, name: new.name, roles };
    let user = admin.pre_provision(&new).await?;
    one(&User::from(api.member(&caller, &organization, user).await?.user))
}

pub(in crate::api) async fn show(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, user)): At<(OrganizationId, UserId)>,
) -> Answer {
    one(&User::from(api.member(&caller, &organization, user).await?.user))
}

pub(in crate::api) async fn set_roles(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, user)): At<(OrganizationId, UserId)>,
    headers: HeaderMap,
    Sent(by_hand): Sent<RolesByHand>,
) -> Answer {
    let person = api.member(&caller, &organization, user).await?.user;
    let admin = api.organization_admin(&caller, &api.live(), &organization)?;
    admin.on(seen(&headers, &person)?).set_roles(user, &by_hand.roles).await?;
    match api.member(&caller, &organization, user).await {
        Ok(person) => one(&User::from(person.user)),
        // Without a role they are no longer of this organization.
        Err(Refusal::NotFound) => done(),
        Err(refusal) => Err(refusal),
    }
}

pub(in crate::api) async fn list_sessions(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, user)): At<(OrganizationId, UserId)>,
) -> Answer {
    sessions(api.member(&caller, &organization, user).await?)
}

pub(in crate::api) async fn end_sessions(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, user)): At<(OrganizationId, UserId)>,
) -> Answer {
    api.organization_admin(&caller, &api.live(), &organization)?.end_sessions(user, None).await?;
    done()
}

pub(in crate::api) async fn end_session(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, user, session)): At<(OrganizationId, UserId, SessionId)>,
) -> Answer {
    let admin = api.organization_admin(&caller, &api.live(), &organization)?;
    let ended = admin.end_sessions(user, Some(session)).await?;
    if ended == 0 { Err(Refusal::NotFound) } else { done() }
}

pub(in crate::api) async fn list_sign_ins(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, user)): At<(OrganizationId, UserId)>,
) -> Answer {
    sign_ins(&api.member(&caller, &organization, user).await?)
}
