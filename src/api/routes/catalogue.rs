//! What is configured: organizations, applications, identity providers and policies.

use crate::api::answer::Page;
use crate::api::ask::PageQuery;
use crate::api::operation::{Operation, Precondition, delete, get, patch, post, put};
use crate::api::{applications, attempts, idps, organizations, policies};

const ORGANIZATIONS: &str = "Organizations";
const APPLICATIONS: &str = "Applications";
const IDPS: &str = "Identity providers";
const POLICIES: &str = "Policies";

/// Organizations and their roles.
pub(super) fn organizations() -> [Operation; 4] {
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
pub(super) fn applications() -> [Operation; 7] {
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

/// Identity providers.
pub(super) fn idps() -> [Operation; 12] {
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
pub(super) fn policies() -> [Operation; 12] {
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
