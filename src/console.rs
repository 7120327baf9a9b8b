//! The console: where admins see and change everything, and where people see what is theirs.
//!
//! This page has the routes. Who asks becomes a handle of `directory` ([`guard`]): pages for the whole server work with
//! a `ServerAdmin`, pages below an organization with an `OrganizationAdmin`, which knows nothing of any other. No SQL and no HTML
//! here: `directory` reads and writes, `pages` shows. A handler fails by returning [`failed::Failed`]; what the person is
//! told of it is decided in one place.

mod answer;
mod applications;
mod audit;
mod break_glass;
mod explain;
mod failed;
mod guard;
mod idps;
mod organizations;
mod overview;
mod people;
mod policies;
mod service_accounts;
mod propose;
mod shell;
mod tokens;
mod typed;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use crate::base::HttpClients;
use crate::directory::{Current, Directory, Live, StoreError};
use crate::identity::IdpId;
use crate::session::{HandoffKeys, Sessions};
use crate::upstream::Forwarder;
use crate::web::Web;

/// Tells which providers did not answer when they were last asked, with why not.
pub type Troubles = Box<dyn Fn() -> Vec<(IdpId, String)> + Send + Sync>;

/// Tells which certificates need attention: what, and why or what to do.
pub type Notices = Box<dyn Fn() -> Vec<(String, String)> + Send + Sync>;

/// Everything the console works with.
pub struct Console {
    /// Pages, cookies, where we are.
    pub web: Arc<Web>,
    /// Sessions.
    pub sessions: Arc<Sessions>,
    /// Seals the way back from a sign-in.
    pub keys: Arc<HandoffKeys>,
    /// Everything there is.
    pub directory: Directory,
    /// The way upstream, for tests and samples.
    pub forwarder: Arc<Forwarder>,
    current: Arc<Current>,
    http: HttpClients,
    troubles: Troubles,
    notices: Notices,
}

impl Console {
    /// The console over what is live now.
    #[expect(clippy::too_many_arguments, reason = "the rooms it works with, handed over once where the house is built")]
    pub fn new(
        web: Arc<Web>,
        sessions: Arc<Sessions>,
        keys: Arc<HandoffKeys>,
        directory: Directory,
        forwarder: Arc<Forwarder>,
        current: Arc<Current>,
        http: HttpClients,
        troubles: Troubles,
        notices: Notices,
    ) -> Self {
        Self { web, sessions, keys, directory, forwarder, current, http, troubles, notices }
    }

    /// What is live.
    fn live(&self) -> Arc<Live> {
        self.current.get()
    }

    /// Reads what is live anew, after a change that was made here: whoever made it must see it on the next page.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    async fn refresh(&self) -> Result<(), StoreError> {
        self.current.refresh(&self.directory).await
    }
}

/// The console's routes on the sign-in host.
pub fn router(console: Arc<Console>) -> Router {
    Router::new()
        // The way in without an IdP. Who only looks at a link does not use it up.
        .route("/break-glass/{link}", get(break_glass::show).post(break_glass::spend))
        .route("/break-glass/end", post(break_glass::end))
        .route("/console", get(overview::show))
        .route("/console/idps", get(idps::list))
        .route("/console/idps/_new", get(idps::kinds).post(idps::add))
        .route("/console/idps/{idp}", get(idps::show))
        .route("/console/idps/{idp}/edit", get(idps::edit).post(idps::change))
        .route("/console/idps/{idp}/disable", get(idps::ask_disable).post(idps::disable))
        .route("/console/idps/{idp}/enable", post(idps::enable))
        .route("/console/idps/{idp}/delete", get(idps::ask_delete).post(idps::delete))
        .route("/console/organizations/{organization}/idps", get(idps::list))
        .route("/console/organizations/{organization}/idps/_new", get(idps::kinds).post(idps::add))
        .route("/console/organizations/{organization}/idps/{idp}", get(idps::show))
        .route("/console/organizations/{organization}/idps/{idp}/edit", get(idps::edit).post(idps::change))
        .route("/console/organizations/{organization}/idps/{idp}/disable", get(idps::ask_disable).post(idps::disable))
        .route("/console/organizations/{organization}/idps/{idp}/enable", post(idps::enable))
        .route("/console/organizations/{organization}/idps/{idp}/delete", get(idps::ask_delete).post(idps::delete))
        .route("/console/people", get(people::list))
        .route("/console/people/_new", get(people::add_form).post(people::add))
        .route("/console/people/{user}", get(people::person))
        .route("/console/people/{user}/roles", get(people::roles_form).post(people::set_roles))
        .route("/console/people/{user}/sessions", get(people::confirm_end).post(people::end))
        .route("/console/people/{user}/disable", get(people::confirm_disable).post(people::disable))
        .route("/console/people/{user}/enable", post(people::enable))
        .route("/console/people/{user}/delete", get(people::confirm_delete).post(people::delete))
        .route("/console/people/{user}/merge", get(people::merge_form).post(people::merge))
        .route("/console/organizations/{organization}/people", get(people::list_in))
        .route("/console/organizations/{organization}/people/_new", get(people::add_form_in).post(people::add_in))
        .route("/console/organizations/{organization}/people/{user}", get(people::person_in))
        .route(
            "/console/organizations/{organization}/people/{user}/roles",
            get(people::roles_form_in).post(people::set_roles_in),
        )
        .route(
            "/console/organizations/{organization}/people/{user}/sessions",
            get(people::confirm_end_in).post(people::end_in),
        )
        .route("/console/audit", get(audit::show))
        .route("/console/audit/export", get(audit::export))
        .route("/console/explain", get(explain::ask))
        .route("/console/explain/{reference}", get(explain::show))
        .route("/console/organizations/{organization}/explain", get(explain::ask_in))
        .route("/console/organizations/{organization}/explain/{reference}", get(explain::show_in))
        .route("/console/organizations", get(organizations::show_all))
        .route("/console/organizations/_new", get(organizations::form::show_new).post(organizations::form::make))
        .route("/console/organizations/{organization}", get(organizations::show))
        .route(
            "/console/organizations/{organization}/edit",
            get(organizations::form::show).post(organizations::form::save),
        )
        .route(
            "/console/organizations/{organization}/delete",
            get(organizations::delete::show).post(organizations::delete::delete),
        )
        .route("/console/organizations/{organization}/applications", get(applications::show_all))
        .route(
            "/console/organizations/{organization}/applications/_new",
            get(applications::form::show_new).post(applications::form::make),
        )
        .route("/console/organizations/{organization}/applications/{application}", get(applications::show))
        .route(
            "/console/organizations/{organization}/applications/{application}/edit",
            get(applications::form::show).post(applications::form::save),
        )
        .route("/console/organizations/{organization}/applications/{application}/test", post(applications::test))
        .route(
            "/console/organizations/{organization}/applications/{application}/delete",
            get(applications::delete::show).post(applications::delete::delete),
        )
        .route(
            "/console/organizations/{organization}/service-accounts",
            get(service_accounts::list).post(service_accounts::add),
        )
        .route("/console/organizations/{organization}/service-accounts/{account}", get(service_accounts::show))
        .route(
            "/console/organizations/{organization}/service-accounts/{account}/roles",
            post(service_accounts::set_roles),
        )
        .route(
            "/console/organizations/{organization}/service-accounts/{account}/state",
            post(service_accounts::set_disabled),
        )
        .route(
            "/console/organizations/{organization}/service-accounts/{account}/tokens",
            post(service_accounts::make_token),
        )
        .route(
            "/console/organizations/{organization}/service-accounts/{account}/tokens/end",
            post(service_accounts::end_token),
        )
        .route(
            "/console/organizations/{organization}/service-accounts/{account}/subjects",
            post(service_accounts::bind),
        )
        .route(
            "/console/organizations/{organization}/service-accounts/{account}/subjects/remove",
            post(service_accounts::unbind),
        )
        .route(
            "/console/organizations/{organization}/service-accounts/{account}/delete",
            get(service_accounts::ask_remove).post(service_accounts::remove),
        )
        .route("/console/organizations/{organization}/audit", get(audit::show_of_organization))
        .route("/console/organizations/{organization}/audit/export", get(audit::export_of_organization))
        .route("/console/idps/{idp}/policy", get(policies::show_default).post(policies::take_default))
        .route("/console/idps/{idp}/policy/history", get(policies::list_default))
        .route("/console/idps/{idp}/policy/history/{version}", get(policies::compare_default))
        .route("/console/organizations/{organization}/policies", get(policies::list))
        .route("/console/organizations/{organization}/policies/{idp}", get(policies::show_own).post(policies::take_own))
        .route("/console/organizations/{organization}/policies/{idp}/history", get(policies::list_own))
        .route("/console/organizations/{organization}/policies/{idp}/history/{version}", get(policies::compare_own))
        .route("/console/playground", get(policies::show_playground).post(policies::ask_playground))
        .route("/console/tokens", get(tokens::show).post(tokens::make))
        .route("/console/tokens/{token}/end", get(tokens::confirm).post(tokens::end))
        .route(
            "/console/organizations/{organization}/tokens",
            get(tokens::show_of_organization).post(tokens::make_of_organization),
        )
        .route(
            "/console/organizations/{organization}/tokens/{token}/end",
            get(tokens::confirm_of_organization).post(tokens::end_of_organization),
        )
        .layer(from_fn_with_state(Arc::clone(&console), failed::tell))
        .with_state(console)
}
