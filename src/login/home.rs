//! `GET /` on the sign-in host: who am I, and where may I go.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use http::{HeaderMap, StatusCode};

use super::failed::Answer;
use super::{Login, Scene};
use crate::base::Reference;
use crate::identity::{Application, Host, Organization, Role};
use crate::pages::{Assets, Home, HomeApplication, HomeOrganization, Welcome};
use crate::session::Principal;
use crate::web;

/// The page of whoever asks.
pub(super) async fn home(
    State(login): State<Arc<Login>>,
    Extension(host): Extension<Host>,
    headers: HeaderMap,
) -> Answer {
    let frame = login.web.frame(Assets::SignIn);
    let page = match login.principal(&host, &headers).await? {
        Some((principal, token)) => login.web.pages.home(&Home {
            frame,
            csrf: web::form_token(&token),
            ..login.about(&login.scene(), &principal)
        }),
        None => login.web.pages.welcome(&Welcome { frame, sign_in: "/login".to_owned() }),
    };
    Ok(web::html(StatusCode::OK, page))
}

impl Login {
    /// Who they are, what they hold, and where they may go.
    pub(super) fn about(&self, scene: &Scene, principal: &Principal) -> Home {
        let organizations: Vec<_> =
            scene.catalogue.organizations.iter().filter(|one| principal.roles_in(one.key).next().is_some()).collect();
        let applications = scene.catalogue.applications.iter().filter_map(|application| {
            let organization = organizations.iter().find(|one| one.key == application.organization)?;
            may_enter(application, organization, principal).then(|| self.entry(application, organization))?
        });
        Home {
            frame: self.web.frame(Assets::SignIn),
            account: web::account(principal),
            reference: organizations.is_empty().then(|| self.reference_of(principal)),
            applications: applications.collect(),
            organizations: organizations.iter().map(|one| membership(one, principal)).collect(),
            console: self.administers(scene, principal).then(|| "/console".to_owned()),
            sign_out: "/logout".to_owned(),
            csrf: String::new(),
        }
    }

    /// Whether there is anything in the console for them.
    fn administers(&self, scene: &Scene, principal: &Principal) -> bool {
        principal.holdings.server_admin || scene.catalogue.organizations.iter().any(|one| principal.administers(one))
    }

    /// Leads an admin from the page of somebody without organization to who it was.
    fn reference_of(&self, principal: &Principal) -> String {
        let reference = Reference::new(&self.web.ambient);
        tracing::warn!(%reference, user = %principal.user, cause = "no grant is held", "signed in without organization");
        reference.to_string()
    }

    fn entry(&self, application: &Application, organization: &Organization) -> Option<HomeApplication> {
        let host = application.served(&organization.allotment).next()?;
        Some(HomeApplication {
            name: application.spec.name.clone(),
            href: self.web.public_url.origin_of(host) + &application.spec.entrance(),
            host: host.to_string(),
            organization: organization.name.clone(),
        })
    }
}

fn held<'a>(organization: &'a Organization, principal: &Principal) -> impl Iterator<Item = &'a Role> {
    let ids: Vec<_> = principal.roles_in(organization.key).collect();
    organization.roles.iter().filter(move |role| ids.contains(&role.id))
}

fn membership(organization: &Organization, principal: &Principal) -> HomeOrganization {
    let roles = held(organization, principal).map(|role| role.name.to_string()).collect();
    HomeOrganization { name: organization.name.clone(), roles }
}

/// Whether to show a link. What opens the door is the gateway's decision, not this.
pub(super) fn may_enter(application: &Application, organization: &Organization, principal: &Principal) -> bool {
    let admits = |role: &Role| application.spec.roles.as_ref().is_none_or(|roles| roles.contains(&role.name));
    held(organization, principal).any(admits)
}
