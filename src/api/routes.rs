//! Every operation of the API. The router and the document are both made of this table.

mod catalogue;
mod people;

use super::answer::Page;
use super::operation::{Operation, Rights, delete, get};
use super::{audit, openapi, overview, tokens};
use catalogue::{applications, idps, organizations, policies};
use people::{programs, users_of_organization, users_of_server};

/// All of them, in the order of the document.
pub(super) fn operations() -> Vec<Operation> {
    let server = about().into_iter().chain(organizations()).chain(users_of_server());
    let catalogue = applications().into_iter().chain(idps()).chain(policies());
    server.chain(users_of_organization()).chain(programs()).chain(catalogue).chain(audit()).collect()
}

const TOKENS: &str = "Tokens";
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
