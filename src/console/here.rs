//! Where a request is, and who is there. An address is of the whole server or below one organization; only who
//! administers that gets there, so a handler that has a [`Here`] has nothing left to check.

use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use http::request::Parts;

use super::Console;
use super::failed::Failed;
use super::guard::{Posted, Visitor};
use crate::directory::{Admin, OrganizationAdmin, ServerAdmin};
use crate::identity::Organization;
use crate::pages::Pages;
use crate::web::Fields;

/// An address of the console, with somebody at it who administers what it is of: the [`Server`], one [`Organization`],
/// or, where one page serves both, whichever the address names.
pub(super) struct Here<Of = Option<Organization>> {
    pub(super) console: Arc<Console>,
    pub(super) visitor: Visitor,
    /// The organization that the address is below; none on pages of the server.
    pub(super) organization: Of,
    /// What the address asks for.
    pub(super) query: Fields,
    parts: RawPathParams,
}

/// A form of ours that was sent there.
pub(super) struct Sent<Of = Option<Organization>> {
    pub(super) here: Here<Of>,
    /// What it says.
    pub(super) fields: Fields,
}

/// What pages of the whole server are of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Server;

/// What an address may be of.
pub(super) trait Administered: Sized + Send {
    /// It, if the visitor administers it. `organization`: the id that the address names.
    ///
    /// # Errors
    /// When they do not, or there is no such organization: the two look the same.
    fn by(visitor: &Visitor, console: &Console, organization: Option<&str>) -> Result<Self, Failed>;

    /// Where its pages begin.
    fn base(&self) -> String;
}

impl Administered for Server {
    fn by(visitor: &Visitor, _: &Console, _: Option<&str>) -> Result<Self, Failed> {
        if visitor.is_server_admin() { Ok(Self) } else { Err(Failed::NotAllowed) }
    }

    fn base(&self) -> String {
        "/console".to_owned()
    }
}

impl Administered for Organization {
    fn by(visitor: &Visitor, console: &Console, organization: Option<&str>) -> Result<Self, Failed> {
        let live = console.live();
        let found = live.catalogue.organizations.iter().find(|one| Some(one.id.as_str()) == organization);
        found.filter(|one| visitor.administers(one)).cloned().ok_or(Failed::NotFound)
    }

    fn base(&self) -> String {
        format!("/console/organizations/{}", self.id)
    }
}

impl Administered for Option<Organization> {
    fn by(visitor: &Visitor, console: &Console, organization: Option<&str>) -> Result<Self, Failed> {
        match organization {
            None => Server::by(visitor, console, None).map(|Server| None),
            Some(_) => Organization::by(visitor, console, organization).map(Some),
        }
    }

    fn base(&self) -> String {
        self.as_ref().map_or_else(|| Server.base(), Administered::base)
    }
}

impl<Of: Administered> FromRequestParts<Arc<Console>> for Here<Of> {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Self, Failed> {
        let visitor = Visitor::from_request_parts(parts, console).await?;
        let query = Fields::parse(parts.uri.query().unwrap_or_default().as_bytes()).ok_or(Failed::BadRequest)?;
        let parts = named_parts(parts).await?;
        Self::new(console, visitor, query, parts)
    }
}

impl<Of: Administered> FromRequest<Arc<Console>> for Sent<Of> {
    type Rejection = Failed;

    async fn from_request(request: Request, console: &Arc<Console>) -> Result<Self, Failed> {
        let (mut parts, body) = request.into_parts();
        let query = Fields::parse(parts.uri.query().unwrap_or_default().as_bytes()).ok_or(Failed::BadRequest)?;
        let named = named_parts(&mut parts).await?;
        let Posted { visitor, fields } = Posted::from_request(Request::from_parts(parts, body), console).await?;
        Ok(Self { here: Here::new(console, visitor, query, named)?, fields })
    }
}

/// What the address names, part by part. What is no text names nothing.
async fn named_parts(parts: &mut Parts) -> Result<RawPathParams, Failed> {
    RawPathParams::from_request_parts(parts, &()).await.map_err(|_| Failed::NotFound)
}

impl<Of: Administered> Here<Of> {
    fn new(console: &Arc<Console>, visitor: Visitor, query: Fields, parts: RawPathParams) -> Result<Self, Failed> {
        let id = parts.iter().find(|(name, _)| *name == "organization").map(|(_, id)| id);
        let organization = Of::by(&visitor, console, id)?;
        Ok(Self { console: Arc::clone(console), visitor, organization, query, parts })
    }

    /// What the address names so.
    ///
    /// # Errors
    /// When it can be no such thing: then there is none.
    pub(super) fn named<T: FromStr>(&self, what: &str) -> Result<T, Failed> {
        let text = self.parts.iter().find(|(name, _)| *name == what).map(|(_, text)| text);
        text.and_then(|text| text.parse().ok()).ok_or(Failed::NotFound)
    }

    /// The address of something below what this is of.
    pub(super) fn path(&self, below: &str) -> String {
        self.organization.base() + below
    }

    /// The pages there are.
    pub(super) fn pages(&self) -> &Pages {
        &self.console.web.pages
    }

    fn server_admin(&self) -> ServerAdmin<'_> {
        self.console.directory.server_admin(self.visitor.actor())
    }

    fn admin_of(&self, organization: &Organization) -> OrganizationAdmin<'_> {
        self.console.directory.organization_admin(self.visitor.actor(), organization.key)
    }

    /// Who changes the catalogue there: server admins do as such, also below an organization.
    fn editor_of(&self, organization: Option<&Organization>) -> Admin<'_> {
        match organization {
            Some(organization) if !self.visitor.is_server_admin() => Admin::Organization(self.admin_of(organization)),
            _ => Admin::Server(self.server_admin()),
        }
    }
}

impl Here<Server> {
    /// The handle for everything.
    pub(super) fn admin(&self) -> ServerAdmin<'_> {
        self.server_admin()
    }
}

impl Here<Organization> {
    /// The handle for this organization alone, whoever is here.
    pub(super) fn admin(&self) -> OrganizationAdmin<'_> {
        self.admin_of(&self.organization)
    }

    /// The handle that changes the catalogue: a server admin's, or its own admin's.
    pub(super) fn editor(&self) -> Admin<'_> {
        self.editor_of(Some(&self.organization))
    }
}

impl Here {
    /// The handle for what the address is of, whoever is here.
    pub(super) fn admin(&self) -> Admin<'_> {
        match &self.organization {
            None => Admin::Server(self.server_admin()),
            Some(organization) => Admin::Organization(self.admin_of(organization)),
        }
    }

    /// The handle that changes the catalogue: a server admin's, or the organization's own admin's.
    pub(super) fn editor(&self) -> Admin<'_> {
        self.editor_of(self.organization.as_ref())
    }
}
