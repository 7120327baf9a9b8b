//! Every operation of the API. The router and the document are both made of this table.

use super::answer::Page;
use super::ask::PageQuery;
use super::operation::{Operation, Precondition, Rights, delete, get, patch, post, put};
use super::{
    applications, attempts, audit, idps, openapi, organizations, overview, policies, service_accounts, tokens, users,
};

/// All of them, in the order of the document.
pub(super) fn operations() -> Vec<Operation> {
    let server = about().into_iter().chain(organizations()).chain(users_of_server());
    let catalogue = applications().into_iter().chain(idps()).chain(policies());
    server.chain(users_of_organization()).chain(programs()).chain(catalogue).chain(audit()).collect()
}

const TOKENS: &str = "Tokens";
const ORGANIZATIONS: &str = "Organizations";
const USERS: &str = "Users";
const SERVICE_ACCOUNTS: &str = "Service accounts";
const APPLICATIONS: &str = "Applications";
const IDPS: &str = "Identity providers";
const POLICIES: &str = "Policies";
const AUDIT: &str = "Audit";

/// The API itself, and the tokens that open it.
fn about() -> [Operation; 7] {
    [
        get("/openapi.json", "getOpenApi", openapi::show)
            .summary("About", "This document")
            .rights(Rights::Public)
            .gives::<serde_json::Map<String, serde_json::Value>>(200, "This document."),
        get("/token", "getOwnToken", tokens::own)
            .summary(TOKENS, "The token of this request")
            .rights(Rights::Any)
            .gives::<tokens::OwnToken>(200, "The token, and what it opens."),
        get("/overview", "getOverview", overview::show)
            .summary("About", "What happens, and what needs attention")
            .gives::<overview::Overview>(200, "The overview."),
        get("/tokens", "listTokens", tokens::list)
            .summary(TOKENS, "The tokens that open the server")
            .details(
                "Tokens are made in the console and on the command line alone: what leaked must end with its token.",
            )
            .gives::<Page<tokens::Token>>(200, "All of them, the newest first."),
        delete("/tokens/{token}", "endToken", tokens::end).summary(TOKENS, "End a token that opens the server"),
        get("/organizations/{organization}/tokens", "listOrganizationTokens", tokens::list_of_organization)
            .summary(TOKENS, "The tokens that open an organization")
            .gives::<Page<tokens::Token>>(200, "All of them, the newest first."),
        delete("/organizations/{organization}/tokens/{token}", "endOrganizationToken", tokens::end_of_organization)
            .summary(TOKENS, "End a token that opens an organization"),
    ]
}

/// Programs that an organization lets into its applications.
fn programs() -> [Operation; 7] {
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

/// Everybody.
fn users_of_server() -> [Operation; 11] {
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
fn users_of_organization() -> [Operation; 8] {
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

/// Organizations and their roles.
fn organizations() -> [Operation; 4] {
    [
        get("/organizations", "listOrganizations", organizations::list)
            .summary(ORGANIZATIONS, "Organizations, in order of id")
            .asks::<PageQuery>()
            .gives::<Page<organizations::Organization>>(200, "A page of organizations."),
        get("/organizations/{organization}", "getOrganization", organizations::show)
            .summary(ORGANIZATIONS, "An organization")
            .gives_one::<organizations::Organization>(200, "The organization."),
        put("/organizations/{organization}", "putOrganization", organizations::put)
            .summary(ORGANIZATIONS, "Make or change an organization")
            .details(
                "Its own admins name its roles; who administers and where they publish is for server admins to say.",
            )
            .takes::<organizations::OrganizationText>()
            .changes_catalogue()
            .makes()
            .gives_one::<organizations::Organization>(200, "The organization as it is now."),
        delete("/organizations/{organization}", "removeOrganization", organizations::remove)
            .summary(ORGANIZATIONS, "Remove an organization")
            .details("With it go its roles, applications, IdPs and policies, and every grant.")
            .changes_catalogue(),
    ]
}

/// Applications.
fn applications() -> [Operation; 7] {
    use applications::{Application, ApplicationText, health};
    const ALL: &str = "/organizations/{organization}/applications";
    const ONE: &str = "/organizations/{organization}/applications/{application}";
    const HEALTH: &str = "/organizations/{organization}/applications/{application}/health";
    const TEST: &str = "/organizations/{organization}/applications/{application}/test";
    const SAMPLE: &str = "/organizations/{organization}/applications/{application}/sample";
    [
        get(ALL, "listApplications", applications::list)
            .summary(APPLICATIONS, "The applications of an organization, in order of id")
            .asks::<PageQuery>()
            .gives::<Page<Application>>(200, "A page of applications."),
        get(ONE, "getApplication", applications::show)
            .summary(APPLICATIONS, "An application")
            .gives_one::<Application>(200, "The application."),
        put(ONE, "putApplication", applications::put)
            .summary(APPLICATIONS, "Make or change an application")
            .details("An organization's own admins publish within what is allotted to it.")
            .takes::<ApplicationText>()
            .changes_catalogue()
            .makes()
            .gives_one::<Application>(200, "The application as it is now."),
        delete(ONE, "removeApplication", applications::remove)
            .summary(APPLICATIONS, "Remove an application")
            .changes_catalogue(),
        get(HEALTH, "applicationHealth", health::show)
            .summary(APPLICATIONS, "How an application's upstreams are")
            .gives::<health::Health>(200, "What this process knows of them."),
        post(TEST, "testApplication", attempts::test)
            .summary(APPLICATIONS, "Ask an application's upstreams whether they answer")
            .gives::<attempts::Tested>(200, "What became of it."),
        get(SAMPLE, "sampleRequest", attempts::sample)
            .summary(APPLICATIONS, "What an application's upstream receives of somebody who may enter")
            .details("The person is made up, and nothing is signed.")
            .gives::<attempts::Received>(200, "The request."),
    ]
}

/// What happened, and why.
fn audit() -> [Operation; 4] {
    [
        get("/audit", "listAudit", audit::list)
            .summary(AUDIT, "The audit log, the newest first")
            .asks::<audit::LogQuery>()
            .gives::<Page<audit::Line>>(200, "A page of lines."),
        get("/references/{reference}", "explainReference", audit::explain)
            .summary(AUDIT, "What a page told of that showed this reference")
            .gives::<audit::Explained>(200, "What happened, to whom, and what the policies make of it."),
        get("/organizations/{organization}/audit", "listOrganizationAudit", audit::list_of_organization)
            .summary(AUDIT, "What the audit log holds about an organization, the newest first")
            .asks::<audit::OrganizationLogQuery>()
            .gives::<Page<audit::Line>>(200, "A page of lines."),
        get(
            "/organizations/{organization}/references/{reference}",
            "explainOrganizationReference",
            audit::explain_of_organization,
        )
        .summary(AUDIT, "The same, of a present member and as far as it concerns the organization")
        .gives::<audit::Explained>(200, "What happened, to whom, and what the policies make of it."),
    ]
}

/// Identity providers.
fn idps() -> [Operation; 12] {
    use idps::{Idp, IdpChange, IdpLine, IdpText};
    const ONE: &str = "/idps/{idp}";
    const OF_ORGANIZATION: &str = "/organizations/{organization}/idps";
    const ONE_OF_ORGANIZATION: &str = "/organizations/{organization}/idps/{idp}";
    const SECRET: &str = "The client secret is kept sealed, for this issuer alone, and never shown. The default policy has \
        an address of its own.";
    [
        post("/discovery", "discover", attempts::discover)
            .summary(IDPS, "Ask a provider what it is, before anything is saved")
            .takes::<attempts::ProviderToDiscover>()
            .gives::<attempts::Discovered>(200, "What it tells of itself."),
        post("/organizations/{organization}/discovery", "discoverForOrganization", attempts::discover_for_organization)
            .summary(IDPS, "Ask a provider what it is, for an organization: on the public internet alone")
            .takes::<attempts::ProviderToDiscover>()
            .gives::<attempts::Discovered>(200, "What it tells of itself."),
        get("/idps", "listIdps", idps::list)
            .summary(IDPS, "The IdPs that are for all, in order of name")
            .gives::<Page<IdpLine>>(200, "All of them."),
        get(ONE, "getIdp", idps::show).summary(IDPS, "An IdP that is for all").gives_one::<Idp>(200, "The IdP."),
        put(ONE, "putIdp", idps::put)
            .summary(IDPS, "Make or change an IdP that is for all")
            .details(SECRET)
            .takes::<IdpText>()
            .changes_catalogue()
            .makes()
            .gives_one::<Idp>(200, "The IdP as it is now."),
        patch(ONE, "changeIdp", idps::change)
            .summary(IDPS, "Disable or enable an IdP that is for all")
            .takes::<IdpChange>()
            .changes_catalogue()
            .precondition(Precondition::Optional)
            .gives_one::<Idp>(200, "The IdP as it is now."),
        delete(ONE, "removeIdp", idps::remove)
            .summary(IDPS, "Remove an IdP that is for all")
            .details("With it go its policies, its identities, what those gave, and their sessions.")
            .changes_catalogue(),
        get(OF_ORGANIZATION, "listOrganizationIdps", idps::list_of_organization)
            .summary(IDPS, "An organization's own IdPs, in order of name")
            .gives::<Page<IdpLine>>(200, "All of them."),
        get(ONE_OF_ORGANIZATION, "getOrganizationIdp", idps::show_of_organization)
            .summary(IDPS, "An organization's own IdP")
            .gives_one::<Idp>(200, "The IdP."),
        put(ONE_OF_ORGANIZATION, "putOrganizationIdp", idps::put_of_organization)
            .summary(IDPS, "Make or change an organization's own IdP")
            .details(SECRET)
            .takes::<IdpText>()
            .changes_catalogue()
            .makes()
            .gives_one::<Idp>(200, "The IdP as it is now."),
        patch(ONE_OF_ORGANIZATION, "changeOrganizationIdp", idps::change_of_organization)
            .summary(IDPS, "Disable or enable an organization's own IdP")
            .takes::<IdpChange>()
            .changes_catalogue()
            .precondition(Precondition::Optional)
            .gives_one::<Idp>(200, "The IdP as it is now."),
        delete(ONE_OF_ORGANIZATION, "removeOrganizationIdp", idps::remove_of_organization)
            .summary(IDPS, "Remove an organization's own IdP")
            .details("With it go its policies, its identities, what those gave, and their sessions.")
            .changes_catalogue(),
    ]
}

/// Policies, and what they decide.
fn policies() -> [Operation; 12] {
    const SAVED: &str = "It counts from each identity's next sign-in on.";
    const LOSSES: &str = "Nothing is given. Of whom no claims are kept, nothing is known and nothing is taken.";
    [
        get("/idps/{idp}/policy", "getDefaultPolicy", policies::show)
            .summary(POLICIES, "The default policy of an IdP")
            .gives_one::<policies::Policy>(200, "The policy."),
        put("/idps/{idp}/policy", "putDefaultPolicy", policies::put)
            .summary(POLICIES, "Change the default policy of an IdP")
            .details(SAVED)
            .takes::<policies::PolicyText>()
            .changes_catalogue()
            .gives_one::<policies::Policy>(200, "The policy as it is now."),
        get("/idps/{idp}/policy/versions", "listDefaultPolicyVersions", policies::list_versions)
            .summary(POLICIES, "The versions of the default policy of an IdP, the last first")
            .asks::<PageQuery>()
            .gives::<Page<policies::Version>>(200, "A page of versions."),
        post("/idps/{idp}/decision", "decide", policies::decide_at)
            .summary(POLICIES, "What the policies decide about claims")
            .takes::<policies::Claimed>()
            .gives::<policies::Decision>(200, "The verdicts, with their reasons."),
        post("/idps/{idp}/policy/losses", "takeLosses", policies::take_losses)
            .summary(POLICIES, "Take away at once what last sign-ins no longer give")
            .details(LOSSES)
            .gives::<policies::Taken>(200, "What was taken away."),
        get("/organizations/{organization}/policies", "listPolicies", policies::list_own)
            .summary(POLICIES, "An organization's own policies")
            .gives::<Page<policies::PolicyLine>>(200, "All of them."),
        get("/organizations/{organization}/policies/{idp}", "getPolicy", policies::show_own)
            .summary(POLICIES, "An organization's own policy at an IdP")
            .gives_one::<policies::Policy>(200, "The policy."),
        put("/organizations/{organization}/policies/{idp}", "putPolicy", policies::put_own)
            .summary(POLICIES, "Make or change an organization's own policy at an IdP")
            .details(SAVED)
            .takes::<policies::PolicyText>()
            .changes_catalogue()
            .makes()
            .gives_one::<policies::Policy>(200, "The policy as it is now."),
        delete("/organizations/{organization}/policies/{idp}", "removePolicy", policies::remove_own)
            .summary(POLICIES, "End an organization's own policy at an IdP")
            .details("From then on the default policy judges.")
            .changes_catalogue(),
        get("/organizations/{organization}/policies/{idp}/versions", "listPolicyVersions", policies::list_own_versions)
            .summary(POLICIES, "The versions of an organization's own policy at an IdP, the last first")
            .asks::<PageQuery>()
            .gives::<Page<policies::Version>>(200, "A page of versions."),
        post("/organizations/{organization}/policies/{idp}/decision", "decideForOrganization", policies::decide_own)
            .summary(POLICIES, "What the policies decide about claims for an organization")
            .takes::<policies::ClaimedHere>()
            .gives::<policies::Decision>(200, "The verdict, with its reason."),
        post("/organizations/{organization}/policies/{idp}/losses", "takeOwnLosses", policies::take_own_losses)
            .summary(POLICIES, "Take away at once what last sign-ins no longer give in an organization")
            .details(LOSSES)
            .gives::<policies::Taken>(200, "What was taken away."),
    ]
}
