//! Users: of the whole server, and as one organization knows them. Both are shown the same; an organization's handle
//! leaves out what is another's.

pub(super) mod members;
mod sent;
mod shown;

use std::sync::Arc;

use axum::extract::State;
use http::header::IF_MATCH;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::Api;
use super::answer::{Answer, Page, done, is_any, json, matches, one};
use super::ask::{At, Cursor, Query, Sent, limit};
use super::guard::Caller;
use super::refusal::Refusal;
use crate::directory::{ListedUser, NewUser, Person, Sought, SoughtState, UserSelector, Who};
use crate::identity::{OrganizationId, SessionId, UserId};

pub(super) use sent::{MemberQuery, MemberToMake, Merge, RolesByHand, UserChange, UserQuery, UserToMake};
pub(super) use shown::{Session, SignIn, User};

fn who(identifier: Option<String>, email: Option<String>) -> Result<Who, Refusal> {
    match (identifier, email) {
        (Some(identifier), None) => Ok(Who::Identifier(identifier)),
        (None, Some(email)) => Ok(Who::Email(email)),
        _ => Err(Refusal::Invalid("say who: either identifier or email".to_owned())),
    }
}

impl Api {
    async fn person(&self, caller: &Caller, user: UserId) -> Result<Person, Refusal> {
        let live = self.live();
        Ok(self.server_admin(caller)?.person(&live.catalogue, &live.policies, user).await?)
    }

    async fn member(&self, caller: &Caller, organization: &OrganizationId, user: UserId) -> Result<Person, Refusal> {
        let live = self.live();
        let admin = self.organization_admin(caller, &live, organization)?;
        Ok(admin.person(&live.catalogue, &live.policies, user).await?)
    }

    async fn user(&self, caller: &Caller, user: UserId) -> Result<User, Refusal> {
        Ok(self.person(caller, user).await?.user.into())
    }
}

/// The user that `If-Match` means, if it means one: to be held to when something is written.
///
/// # Errors
/// When it means another state than the one shown.
fn seen<'a>(headers: &HeaderMap, shown: &'a ListedUser) -> Result<Option<&'a ListedUser>, Refusal> {
    matches(headers, &User::from(shown.clone()))?;
    Ok(Some(shown).filter(|_| headers.contains_key(IF_MATCH) && !is_any(headers)))
}

fn sessions(person: Person) -> Answer {
    json(StatusCode::OK, &Page { items: person.sessions.into_iter().map(Session::from).collect(), next: None })
}

fn sign_ins(person: &Person) -> Answer {
    let explained = person.sign_ins.iter().filter_map(|sign_in| match sign_in.to_json() {
        Value::Object(told) => Some(SignIn(told)),
        _ => None,
    });
    json(StatusCode::OK, &Page { items: explained.collect(), next: None })
}

pub(super) async fn list(State(api): State<Arc<Api>>, caller: Caller, Query(query): Query<UserQuery>) -> Answer {
    let admin = api.server_admin(&caller)?;
    let after = query.cursor.map(|cursor| cursor.place()).transpose()?;
    let sought = Sought {
        text: query.q,
        idp: query.idp,
        organization: query.organization,
        role: query.role,
        state: query.state.map(SoughtState::from),
    };
    let found = admin.find_people(&api.live().catalogue, &sought, after.as_ref(), limit(query.limit)).await?;
    let items = found.users.into_iter().map(User::from).collect();
    json(StatusCode::OK, &Page { items, next: found.next.as_ref().map(Cursor::of) })
}

pub(super) async fn make(State(api): State<Arc<Api>>, caller: Caller, Sent(new): Sent<UserToMake>) -> Answer {
    let admin = api.server_admin(&caller)?;
    let roles = new.roles.into_iter().map(|role| (role.organization, role.role)).collect();
    let new = NewUser { idp: new.idp, who: who(new.identifier, new.email)?, name: new.name, roles };
    one(&api.user(&caller, admin.pre_provision(&new).await?).await?)
}

pub(super) async fn show(State(api): State<Arc<Api>>, caller: Caller, At(user): At<UserId>) -> Answer {
    one(&api.user(&caller, user).await?)
}

pub(super) async fn change(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At(user): At<UserId>,
    headers: HeaderMap,
    Sent(change): Sent<UserChange>,
) -> Answer {
    let person = api.person(&caller, user).await?.user;
    api.server_admin(&caller)?.on(seen(&headers, &person)?).set_disabled(user, change.disabled).await?;
    one(&api.user(&caller, user).await?)
}

pub(super) async fn remove(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At(user): At<UserId>,
    headers: HeaderMap,
) -> Answer {
    let person = api.person(&caller, user).await?.user;
    api.server_admin(&caller)?.on(seen(&headers, &person)?).remove_user(&UserSelector::Id(user)).await?;
    done()
}

pub(super) async fn set_roles(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((user, organization)): At<(UserId, OrganizationId)>,
    headers: HeaderMap,
    Sent(by_hand): Sent<RolesByHand>,
) -> Answer {
    let admin = api.server_admin(&caller)?;
    let key = api.organization_admin(&caller, &api.live(), &organization)?.organization();
    let person = api.person(&caller, user).await?.user;
    admin.on(seen(&headers, &person)?).set_roles(user, key, &by_hand.roles).await?;
    one(&api.user(&caller, user).await?)
}

pub(super) async fn merge(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At(user): At<UserId>,
    headers: HeaderMap,
    Sent(merge): Sent<Merge>,
) -> Answer {
    let person = api.person(&caller, user).await?.user;
    api.server_admin(&caller)?.on(seen(&headers, &person)?).merge_users(user, merge.into).await?;
    one(&api.user(&caller, merge.into).await?)
}

pub(super) async fn list_sessions(State(api): State<Arc<Api>>, caller: Caller, At(user): At<UserId>) -> Answer {
    sessions(api.person(&caller, user).await?)
}

pub(super) async fn end_sessions(State(api): State<Arc<Api>>, caller: Caller, At(user): At<UserId>) -> Answer {
    api.server_admin(&caller)?.end_sessions(user, None).await?;
    done()
}

pub(super) async fn end_session(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((user, session)): At<(UserId, SessionId)>,
) -> Answer {
    let ended = api.server_admin(&caller)?.end_sessions(user, Some(session)).await?;
    if ended == 0 { Err(Refusal::NotFound) } else { done() }
}

pub(super) async fn list_sign_ins(State(api): State<Arc<Api>>, caller: Caller, At(user): At<UserId>) -> Answer {
    sign_ins(&api.person(&caller, user).await?)
}
