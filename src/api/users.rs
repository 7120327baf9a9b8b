//! Users: of the whole server, and as one organization knows them. Both are shown the same; an organization's handle
//! leaves out what is another's.

use std::sync::Arc;

use axum::extract::State;
use http::{HeaderMap, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Api;
use super::answer::{Answer, Page, done, json, matches, one};
use super::ask::{Asked, At, Cursor, Limit, Sent, limit};
use super::guard::Caller;
use super::refusal::Refusal;
use super::schema::{Id, Instant, RoleText, Slug};
use crate::directory::{
    ListedIdentity, ListedRole, ListedUser, NewUser, Person, PersonSession, Sought, SoughtState, UserSelector,
    UserState, Who,
};
use crate::identity::{IdpId, OrganizationId, Origin, RoleName, SessionId, UserId};

/// A user.
#[derive(Serialize, JsonSchema)]
pub(super) struct User {
    #[schemars(with = "Id")]
    id: UserId,
    /// What applications call them; provisional while they wait for their first sign-in.
    username: String,
    /// The name people go by.
    name: Option<String>,
    /// The address last heard of.
    email: Option<String>,
    state: UserStanding,
    /// Whether they are a server admin.
    server_admin: bool,
    #[schemars(with = "Instant")]
    created_at: String,
    /// Where they sign in.
    identities: Vec<Identity>,
    /// Where and as whom they are waited for.
    awaited: Vec<Awaited>,
    /// The roles they hold, with who gave them.
    roles: Vec<Held>,
}

/// How it stands with a user.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum UserStanding {
    /// May not enter.
    Disabled,
    /// Has never signed in.
    Waiting,
    /// Signs in, and holds a role.
    Active,
    /// Signs in, and holds none.
    WithoutOrganization,
}

/// A user's account at an IdP.
#[derive(Serialize, JsonSchema)]
struct Identity {
    #[schemars(with = "Slug")]
    idp: IdpId,
    /// The key there.
    identifier: String,
    /// The address told there.
    email: Option<String>,
    /// Whether that IdP says that it is theirs.
    email_verified: bool,
    #[schemars(with = "Instant")]
    last_sign_in_at: String,
}

/// Somebody who has not signed in yet: one of `identifier` and `email` is there.
#[derive(Serialize, JsonSchema)]
struct Awaited {
    #[schemars(with = "Slug")]
    idp: IdpId,
    #[serde(skip_serializing_if = "Option::is_none")]
    identifier: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

/// A role that somebody holds.
#[derive(Serialize, JsonSchema)]
struct Held {
    #[schemars(with = "Slug")]
    organization: OrganizationId,
    #[schemars(with = "RoleText")]
    role: RoleName,
    origin: GivenBy,
    /// Present while it outlives a selector that failed: how long it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    kept_until: Option<String>,
}

/// Who gave a role.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum GivenBy {
    /// A person or a token. Only these are changed here.
    Manual,
    /// The policies, at a sign-in.
    Policy,
}

/// A session that may be ended.
#[derive(Serialize, JsonSchema)]
pub(super) struct Session {
    #[schemars(with = "Id")]
    id: SessionId,
    /// The IdP it was opened through.
    #[schemars(with = "Slug")]
    idp: IdpId,
    /// The sign-in.
    #[schemars(with = "Instant")]
    created_at: String,
    /// The last activity that is written down.
    #[schemars(with = "Instant")]
    last_seen_at: String,
}

/// The last sign-in of an identity, and what the policies of now make of it, organization by organization.
#[derive(Serialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct SignIn(Map<String, Value>);

impl From<ListedUser> for User {
    fn from(user: ListedUser) -> Self {
        let identity = |identity: ListedIdentity| Identity {
            idp: identity.idp,
            identifier: identity.identifier,
            email: identity.email,
            email_verified: identity.email_verified,
            last_sign_in_at: identity.last_sign_in_at.to_string(),
        };
        let awaited = |(idp, who)| match who {
            Who::Identifier(identifier) => Awaited { idp, identifier: Some(identifier), email: None },
            Who::Email(email) => Awaited { idp, identifier: None, email: Some(email) },
        };
        let held = |role: ListedRole| Held {
            organization: role.organization,
            role: role.role,
            origin: if role.origin == Origin::Manual { GivenBy::Manual } else { GivenBy::Policy },
            kept_until: role.kept_until.map(|until| until.to_string()),
        };
        Self {
            id: user.id,
            username: user.username.to_string(),
            name: user.display_name,
            email: user.email,
            state: match user.state {
                UserState::Disabled => UserStanding::Disabled,
                UserState::Waiting => UserStanding::Waiting,
                UserState::Active => UserStanding::Active,
                UserState::WithoutOrganization => UserStanding::WithoutOrganization,
            },
            server_admin: user.server_admin,
            created_at: user.created_at.to_string(),
            identities: user.identities.into_iter().map(identity).collect(),
            awaited: user.awaited.into_iter().map(awaited).collect(),
            roles: user.roles.into_iter().map(held).collect(),
        }
    }
}

impl From<PersonSession> for Session {
    fn from(session: PersonSession) -> Self {
        Self {
            id: session.id,
            idp: session.idp,
            created_at: session.created_at.to_string(),
            last_seen_at: session.last_seen_at.to_string(),
        }
    }
}

/// Which users.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UserQuery {
    /// The beginnings of words of name, username or address.
    #[serde(default)]
    q: String,
    /// Signs in there, or is awaited there.
    #[schemars(with = "Option<Slug>")]
    idp: Option<IdpId>,
    /// Holds a role there.
    #[schemars(with = "Option<Slug>")]
    organization: Option<OrganizationId>,
    /// Holds this role of that organization.
    #[schemars(with = "Option<RoleText>")]
    role: Option<RoleName>,
    /// How it stands with them.
    state: Option<StateAsked>,
    /// `next` of the page before.
    cursor: Option<Cursor>,
    /// Most users on the page; one may hold fewer and still not be the last.
    limit: Option<Limit>,
}

/// Which users of an organization.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MemberQuery {
    /// The beginnings of words of name, username or address.
    #[serde(default)]
    q: String,
    /// Signs in there, or is awaited there.
    #[schemars(with = "Option<Slug>")]
    idp: Option<IdpId>,
    /// Holds this role.
    #[schemars(with = "Option<RoleText>")]
    role: Option<RoleName>,
    /// How it stands with them.
    state: Option<StateAsked>,
    /// `next` of the page before.
    cursor: Option<Cursor>,
    /// Most users on the page; one may hold fewer and still not be the last.
    limit: Option<Limit>,
}

/// How it stands with users that a list asks for.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum StateAsked {
    /// May not enter.
    Disabled,
    /// Has never signed in.
    Waiting,
    /// Signs in, and holds no role that counts.
    WithoutOrganization,
}

impl From<StateAsked> for SoughtState {
    fn from(state: StateAsked) -> Self {
        match state {
            StateAsked::Disabled => Self::Disabled,
            StateAsked::Waiting => Self::Waiting,
            StateAsked::WithoutOrganization => Self::WithoutOrganization,
        }
    }
}

/// A user to be made before their first sign-in: one of `identifier` and `email`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UserToMake {
    /// The IdP they will sign in at.
    #[schemars(with = "Slug")]
    idp: IdpId,
    /// The identity with exactly this identifier.
    identifier: Option<String>,
    /// The first identity that shows this address as verified; case does not count.
    email: Option<String>,
    /// The name people go by.
    name: Option<String>,
    /// The roles they hold from the start.
    #[serde(default)]
    roles: Vec<RoleToGive>,
}

/// The same in one organization.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MemberToMake {
    /// The IdP they will sign in at.
    #[schemars(with = "Slug")]
    idp: IdpId,
    /// The identity with exactly this identifier.
    identifier: Option<String>,
    /// The first identity that shows this address as verified; case does not count.
    email: Option<String>,
    /// The name people go by.
    name: Option<String>,
    /// The roles they hold from the start; at least one.
    #[schemars(with = "Vec<RoleText>")]
    roles: Vec<RoleName>,
}

/// A role of an organization.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RoleToGive {
    #[schemars(with = "Slug")]
    organization: OrganizationId,
    #[schemars(with = "RoleText")]
    role: RoleName,
}

/// What changes of a user.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UserChange {
    /// Whether they may not enter.
    disabled: bool,
}

/// The roles of one organization that somebody holds by hand.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RolesByHand {
    /// These; none takes back what was given by hand. What sign-ins gave stays.
    #[schemars(with = "Vec<RoleText>")]
    roles: Vec<RoleName>,
}

/// Into whom a user is merged.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Merge {
    /// Who stays, with their name and username.
    #[schemars(with = "Id")]
    into: UserId,
}

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

pub(super) async fn list(State(api): State<Arc<Api>>, caller: Caller, Asked(query): Asked<UserQuery>) -> Answer {
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
    matches(&headers, &api.user(&caller, user).await?)?;
    api.server_admin(&caller)?.set_disabled(user, change.disabled).await?;
    one(&api.user(&caller, user).await?)
}

pub(super) async fn remove(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At(user): At<UserId>,
    headers: HeaderMap,
) -> Answer {
    matches(&headers, &api.user(&caller, user).await?)?;
    api.server_admin(&caller)?.remove_user(&UserSelector::Id(user)).await?;
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
    matches(&headers, &api.user(&caller, user).await?)?;
    admin.set_roles(user, key, &by_hand.roles).await?;
    one(&api.user(&caller, user).await?)
}

pub(super) async fn merge(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At(user): At<UserId>,
    headers: HeaderMap,
    Sent(merge): Sent<Merge>,
) -> Answer {
    matches(&headers, &api.user(&caller, user).await?)?;
    api.server_admin(&caller)?.merge_users(user, merge.into).await?;
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

pub(super) async fn list_members(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At(organization): At<OrganizationId>,
    Asked(query): Asked<MemberQuery>,
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

pub(super) async fn make_member(
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

pub(super) async fn show_member(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, user)): At<(OrganizationId, UserId)>,
) -> Answer {
    one(&User::from(api.member(&caller, &organization, user).await?.user))
}

pub(super) async fn set_member_roles(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, user)): At<(OrganizationId, UserId)>,
    headers: HeaderMap,
    Sent(by_hand): Sent<RolesByHand>,
) -> Answer {
    matches(&headers, &User::from(api.member(&caller, &organization, user).await?.user))?;
    api.organization_admin(&caller, &api.live(), &organization)?.set_roles(user, &by_hand.roles).await?;
    match api.member(&caller, &organization, user).await {
        Ok(person) => one(&User::from(person.user)),
        // Without a role they are no longer of this organization.
        Err(Refusal::NotFound) => done(),
        Err(refusal) => Err(refusal),
    }
}

pub(super) async fn list_member_sessions(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, user)): At<(OrganizationId, UserId)>,
) -> Answer {
    sessions(api.member(&caller, &organization, user).await?)
}

pub(super) async fn end_member_sessions(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, user)): At<(OrganizationId, UserId)>,
) -> Answer {
    api.organization_admin(&caller, &api.live(), &organization)?.end_sessions(user, None).await?;
    done()
}

pub(super) async fn list_member_sign_ins(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, user)): At<(OrganizationId, UserId)>,
) -> Answer {
    sign_ins(&api.member(&caller, &organization, user).await?)
}
