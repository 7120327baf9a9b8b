//! Who is asking, and the handle that gives them. Every route but the public ones begins here.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::header::AUTHORIZATION;
use http::request::Parts;

use super::Api;
use super::refusal::Refusal;
use crate::directory::{Bearer, Live, OrganizationAdmin, ServerAdmin};
use crate::identity::{Application, ApplicationId, Organization, OrganizationId};

/// Whoever presented a token that opens something, and is not too busy.
#[derive(Clone, Debug)]
pub(super) struct Caller(pub(super) Bearer);

impl FromRequestParts<Arc<Api>> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Refusal> {
        let mut sent = parts.headers.get_all(AUTHORIZATION).iter();
        let (Some(value), None) = (sent.next(), sent.next()) else { return Err(Refusal::NoToken) };
        let (scheme, token) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(Refusal::NoToken)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Refusal::NoToken);
        }
        let bearer = api.directory.bearer(token.trim()).await?.ok_or(Refusal::BadToken)?;
        api.pace.take(bearer.token, 1).map_err(Refusal::TooMany)?;
        Ok(Self(bearer))
    }
}

impl Api {
    /// Counts that the caller has us connect to so many places of their choice. All tokens that somebody made count
    /// together, and with what they do in the console.
    ///
    /// # Errors
    /// When it comes too soon.
    pub(super) fn errand(&self, caller: &Caller, places: usize) -> Result<(), Refusal> {
        let places = u32::try_from(places).unwrap_or(u32::MAX);
        self.web.errands.take(caller.0.made_by, places).map_err(Refusal::TooMany)
    }

    /// The handle for the whole server.
    ///
    /// # Errors
    /// When the token opens one organization alone.
    pub(super) fn server_admin(&self, caller: &Caller) -> Result<ServerAdmin<'_>, Refusal> {
        caller.0.server_admin(&self.directory).ok_or(Refusal::OneOrganization)
    }

    /// The organization of that id and the handle for it.
    ///
    /// # Errors
    /// When there is none, or none that the token opens: the two look the same.
    pub(super) fn organization_admin(
        &self,
        caller: &Caller,
        live: &Live,
        id: &OrganizationId,
    ) -> Result<OrganizationAdmin<'_>, Refusal> {
        let organization = live.catalogue.organizations.iter().find(|organization| organization.id == *id);
        let organization = organization.ok_or(Refusal::NotFound)?;
        caller.0.organization_admin(&self.directory, organization.key).ok_or(Refusal::NotFound)
    }

    /// An application of an organization that the token opens.
    ///
    /// # Errors
    /// When there is none, or the organization's is not the caller's to see.
    pub(super) fn application<'l>(
        &self,
        caller: &Caller,
        live: &'l Live,
        organization: &OrganizationId,
        application: &ApplicationId,
    ) -> Result<(&'l Organization, &'l Application), Refusal> {
        let key = self.organization_admin(caller, live, organization)?.organization();
        let organization = live.catalogue.organization(key).ok_or(Refusal::NotFound)?;
        let own = live.catalogue.applications.iter().find(|one| one.organization == key && one.spec.id == *application);
        Ok((organization, own.ok_or(Refusal::NotFound)?))
    }
}
