//! The console: where admins see and change everything, and where people see what is theirs.
//!
//! This page has the routes. Each handler begins with a [`Here`](here::Here): an address, with somebody at it ([`guard`])
//! who administers what it is of. It gives the handle of `directory` for that: for the whole server a `ServerAdmin`, below
//! an organization an `OrganizationAdmin`, which knows nothing of any other. No SQL and no HTML here: `directory` reads and
//! writes, `pages` shows. A handler fails by returning [`failed::Failed`]; what the person is told of it is decided in one
//! place.

mod answer;
mod applications;
mod audit;
mod break_glass;
mod explain;
mod failed;
mod guard;
mod here;
mod idp_names;
mod idps;
mod organizations;
mod overview;
mod people;
mod policies;
mod propose;
mod service_accounts;
mod shell;
mod tokens;
mod typed;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get, post};

use crate::base::HttpClients;
use crate::directory::{Current, Directory, Live, StoreError};
use crate::session::{HandoffKeys, Sessions};
use crate::upstream::Forwarder;
use crate::web::{Notices, Troubles, Web};

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

/// What answers at an address.
type Page = MethodRouter<Arc<Console>>;

/// Where the pages of the whole server begin.
const SERVER: &str = "/console";
/// Where the pages of one organization begin.
const ORGANIZATION: &str = "/console/organizations/{organization}";

/// The console's routes on the sign-in host.
pub fn router(console: Arc<Console>) -> Router {
    let entry = Router::new()
        // The way in without an IdP. Who only looks at a link does not use it up.
        .route("/break-glass/{link}", get(break_glass::show).post(break_glass::spend))
        .route("/break-glass/end", post(break_glass::end));
    let of_server = of_server().into_iter().chain(of_either()).map(|(below, page)| (format!("{SERVER}{below}"), page));
    let of_organization = of_organization().into_iter().chain(of_either());
    let of_organization = of_organization.map(|(below, page)| (format!("{ORGANIZATION}{below}"), page));
    of_server
        .chain(of_organization)
        .fold(entry, |router, (path, page)| router.route(&path, page))
        .layer(from_fn_with_state(Arc::clone(&console), failed::tell))
        .with_state(console)
}

/// What there is of the whole server alone.
fn of_server() -> Vec<(&'static str, Page)> {
    vec![
        ("", get(overview::show)),
        ("/organizations", get(organizations::show_all)),
        ("/organizations/_new", get(organizations::form::show_new).post(organizations::form::make)),
        ("/people/{user}/disable", get(people::confirm_disable).post(people::disable)),
        ("/people/{user}/enable", post(people::enable)),
        ("/people/{user}/delete", get(people::confirm_delete).post(people::delete)),
        ("/people/{user}/merge", get(people::merge_form).post(people::merge)),
        ("/idps/{idp}/policy", get(policies::show).post(policies::take)),
        ("/idps/{idp}/policy/history", get(policies::list_versions)),
        ("/idps/{idp}/policy/history/{version}", get(policies::compare_version)),
        ("/playground", get(policies::show_playground).post(policies::ask_playground)),
    ]
}

/// What there is of the whole server and, as far as it concerns one, below each organization.
fn of_either() -> Vec<(&'static str, Page)> {
    vec![
        ("/people", get(people::list)),
        ("/people/_new", get(people::add_form).post(people::add)),
        ("/people/{user}", get(people::person)),
        ("/people/{user}/roles", get(people::roles_form).post(people::set_roles)),
        ("/people/{user}/sessions", get(people::confirm_end).post(people::end)),
        ("/idps", get(idps::list)),
        ("/idps/_new", get(idps::kinds).post(idps::add)),
        ("/idps/{idp}", get(idps::show)),
        ("/idps/{idp}/edit", get(idps::edit).post(idps::change)),
        ("/idps/{idp}/disable", get(idps::ask_disable).post(idps::disable)),
        ("/idps/{idp}/enable", post(idps::enable)),
        ("/idps/{idp}/delete", get(idps::ask_delete).post(idps::delete)),
        ("/audit", get(audit::show)),
        ("/audit/export", get(audit::export)),
        ("/explain", get(explain::ask)),
        ("/explain/{reference}", get(explain::show)),
        ("/tokens", get(tokens::show).post(tokens::make)),
        ("/tokens/{token}/end", get(tokens::confirm).post(tokens::end)),
    ]
}

/// What there is of organizations alone.
fn of_organization() -> Vec<(&'static str, Page)> {
    vec![
        ("", get(organizations::show)),
        ("/edit", get(organizations::form::show).post(organizations::form::save)),
        ("/delete", get(organizations::delete::show).post(organizations::delete::delete)),
        ("/applications", get(applications::show_all)),
        ("/applications/_new", get(applications::form::show_new).post(applications::form::make)),
        ("/applications/{application}", get(applications::show)),
        ("/applications/{application}/edit", get(applications::form::show).post(applications::form::save)),
        ("/applications/{application}/test", post(applications::test)),
        ("/applications/{application}/delete", get(applications::delete::show).post(applications::delete::delete)),
        ("/policies", get(policies::list)),
        ("/policies/{idp}", get(policies::show).post(policies::take)),
        ("/policies/{idp}/history", get(policies::list_versions)),
        ("/policies/{idp}/history/{version}", get(policies::compare_version)),
        ("/service-accounts", get(service_accounts::list).post(service_accounts::add)),
        ("/service-accounts/{account}", get(service_accounts::show)),
        ("/service-accounts/{account}/roles", post(service_accounts::set_roles)),
        ("/service-accounts/{account}/state", post(service_accounts::set_disabled)),
        ("/service-accounts/{account}/tokens", post(service_accounts::make_token)),
        ("/service-accounts/{account}/tokens/end", post(service_accounts::end_token)),
        ("/service-accounts/{account}/subjects", post(service_accounts::bind)),
        ("/service-accounts/{account}/subjects/remove", post(service_accounts::unbind)),
        ("/service-accounts/{account}/delete", get(service_accounts::ask_remove).post(service_accounts::remove)),
    ]
}
