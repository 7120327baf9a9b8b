//! Users, of the server and of one organization, and programs.

use crate::api::answer::Page;
use crate::api::operation::{Operation, Precondition, delete, get, patch, post, put};
use crate::api::{service_accounts, users};

const USERS: &str = "Users";
const SERVICE_ACCOUNTS: &str = "Service accounts";

/// Everybody.
pub(super) fn users_of_server() -> [Operation; 11] {
    [
        get("/users", "listUsers", users::list)
            .summary(USERS, "Users, found by words and filters")
            .details("Without `q` the newest first.")
            .asks::<users::UserQuery>()
            .gives::<Page<users::User>>(200, "A page of users."),
        post("/users", "makeUser", users::make)
            .summary(USERS, "Make a user before their first sign-in")
            .details("Who is known by that identifier already, or waits for the same, is given the roles.")
            .takes::<users::UserToMake>()
            .gives_one::<users::User>(200, "The user, made or found."),
        get("/users/{user}", "getUser", users::show)
            .summary(USERS, "A user")
            .gives_one::<users::User>(200, "The user."),
        patch("/users/{user}", "changeUser", users::change)
            .summary(USERS, "Disable or enable a user")
            .details("Disabling ends their sessions.")
            .takes::<users::UserChange>()
            .precondition(Precondition::Optional)
            .gives_one::<users::User>(200, "The user as they are now."),
        delete("/users/{user}", "removeUser", users::remove)
            .summary(USERS, "Remove a user with everything that is theirs")
            .precondition(Precondition::Optional),
        put("/users/{user}/roles/{organization}", "setUserRoles", users::set_roles)
            .summary(USERS, "The roles of an organization that a user holds by hand")
            .takes::<users::RolesByHand>()
            .precondition(Precondition::Optional)
            .gives_one::<users::User>(200, "The user as they are now."),
        post("/users/{user}/merge", "mergeUser", users::merge)
            .summary(USERS, "Merge a user into another")
            .details("Identities, grants and what they are awaited by go to the other; this one is no more.")
            .takes::<users::Merge>()
            .precondition(Precondition::Optional)
            .gives_one::<users::User>(200, "Who stays."),
        get("/users/{user}/sessions", "listUserSessions", users::list_sessions)
            .summary(USERS, "The sessions of a user")
            .gives::<Page<users::Session>>(200, "The newest of them."),
        delete("/users/{user}/sessions", "endUserSessions", users::end_sessions)
            .summary(USERS, "End every session of a user"),
        delete("/users/{user}/sessions/{session}", "endUserSession", users::end_session)
            .summary(USERS, "End a session"),
        get("/users/{user}/sign-ins", "listUserSignIns", users::list_sign_ins)
            .summary(USERS, "The last sign-in of each identity, explained")
            .gives::<Page<users::SignIn>>(200, "What each gave then, and would give now."),
    ]
}

/// The people of one organization, as it knows them.
pub(super) fn users_of_organization() -> [Operation; 8] {
    use users::members;
    const ALL: &str = "/organizations/{organization}/users";
    const ONE: &str = "/organizations/{organization}/users/{user}";
    const ROLES: &str = "/organizations/{organization}/users/{user}/roles";
    const SESSIONS: &str = "/organizations/{organization}/users/{user}/sessions";
    const SESSION: &str = "/organizations/{organization}/users/{user}/sessions/{session}";
    const SIGN_INS: &str = "/organizations/{organization}/users/{user}/sign-ins";
    const WAITING: &str = "At a shared IdP or one of the organization. Who is known already is given the roles.";
    [
        get(ALL, "listOrganizationUsers", members::list)
            .summary(USERS, "The people of an organization, found by words and filters")
            .asks::<users::MemberQuery>()
            .gives::<Page<users::User>>(200, "A page of users."),
        post(ALL, "makeOrganizationUser", members::make)
            .summary(USERS, "Make a user of an organization before their first sign-in")
            .details(WAITING)
            .takes::<users::MemberToMake>()
            .gives_one::<users::User>(200, "The user, made or found."),
        get(ONE, "getOrganizationUser", members::show)
            .summary(USERS, "A user of an organization")
            .gives_one::<users::User>(200, "The user, as the organization knows them."),
        put(ROLES, "setOrganizationUserRoles", members::set_roles)
            .summary(USERS, "The roles that a user of an organization holds by hand")
            .takes::<users::RolesByHand>()
            .precondition(Precondition::Optional)
            .gives_one::<users::User>(200, "The user as they are now.")
            .or_nothing("The user is no longer of this organization."),
        get(SESSIONS, "listOrganizationUserSessions", members::list_sessions)
            .summary(USERS, "The sessions that a user opened through the organization's own IdP")
            .gives::<Page<users::Session>>(200, "The newest of them."),
        delete(SESSIONS, "endOrganizationUserSessions", members::end_sessions)
            .summary(USERS, "End every session that a user opened through the organization's own IdP"),
        delete(SESSION, "endOrganizationUserSession", members::end_session)
            .summary(USERS, "End a session that a user opened through the organization's own IdP"),
        get(SIGN_INS, "listOrganizationUserSignIns", members::list_sign_ins)
            .summary(USERS, "The last sign-in of each identity, explained as far as it concerns the organization")
            .gives::<Page<users::SignIn>>(200, "What each gave then, and would give now."),
    ]
}

/// Programs that an organization lets into its applications.
pub(super) fn programs() -> [Operation; 7] {
    use service_accounts::{ApplicationToken, ServiceAccount, ServiceAccountText, ServiceAccountToMake};
    const ALL: &str = "/organizations/{organization}/service-accounts";
    const ONE: &str = "/organizations/{organization}/service-accounts/{account}";
    const TOKENS: &str = "/organizations/{organization}/service-accounts/{account}/tokens";
    const TOKEN: &str = "/organizations/{organization}/service-accounts/{account}/tokens/{token}";
    [
        get(ALL, "listServiceAccounts", service_accounts::list)
            .summary(SERVICE_ACCOUNTS, "The service accounts of an organization")
            .gives::<Page<ServiceAccount>>(200, "All of them, in the order they were made."),
        post(ALL, "makeServiceAccount", service_accounts::make)
            .summary(SERVICE_ACCOUNTS, "Make a service account")
            .clashes()
            .takes::<ServiceAccountToMake>()
            .gives_one::<ServiceAccount>(201, "The account."),
        get(ONE, "getServiceAccount", service_accounts::show)
            .summary(SERVICE_ACCOUNTS, "A service account")
            .gives_one::<ServiceAccount>(200, "The account."),
        put(ONE, "putServiceAccount", service_accounts::put)
            .summary(SERVICE_ACCOUNTS, "Change what a service account holds and is known by")
            .precondition(Precondition::Optional)
            .clashes()
            .takes::<ServiceAccountText>()
            .gives_one::<ServiceAccount>(200, "The account as it is now."),
        delete(ONE, "removeServiceAccount", service_accounts::remove)
            .summary(SERVICE_ACCOUNTS, "Remove a service account with its tokens"),
        get(TOKENS, "listServiceAccountTokens", service_accounts::list_tokens)
            .summary(SERVICE_ACCOUNTS, "The tokens of a service account")
            .details(
                "Tokens are made in the console and on the command line alone: what leaked must end with its token.",
            )
            .gives::<Page<ApplicationToken>>(200, "All of them, the newest first."),
        delete(TOKEN, "endServiceAccountToken", service_accounts::end_token)
            .summary(SERVICE_ACCOUNTS, "End a token of a service account"),
    ]
}
