//! From a change by hand to a plan: the rows it writes, and the ones it removes.

mod policies;

use uuid::Uuid;

use super::{Edit, EditError, Expected, Reach, Revision, SecretEdit, publish};
use crate::base::Addresses;
use crate::directory::danger::DangerKind;
use crate::directory::plan::{Audience, Plan, Stored};
use crate::identity::{
    Allotment, ApplicationId, ApplicationKey, ApplicationSpec, ClientAuth, IdpId, IdpKey, IdpSpec, OrganizationId,
    OrganizationKey, RoleId, RoleName,
};
use crate::policy;
use crate::store::declared::{ApplicationRow, IdpRow, OrganizationRow, RoleRow};

/// The plan of `edit`, if whoever has `reach` may make it on what is `stored`.
pub(super) fn plan(
    edit: &Edit,
    stored: &Stored,
    reach: Reach,
    expected: &Expected,
    key: impl FnMut() -> Uuid,
) -> Result<Plan, EditError> {
    let audience = match reach {
        Reach::Server => Audience::Everybody,
        Reach::Organization(organization) => Audience::Members(organization),
    };
    let mut outline = Outline { stored, reach, expected, key, plan: Plan { audience, ..Plan::default() } };
    match edit {
        Edit::Organization { id, name, roles, allotment } => outline.organization(id, name, roles, allotment)?,
        Edit::Idp { spec, secret } => outline.idp(spec, secret)?,
        Edit::IdpInForce { idp, live } => outline.idp_in_force(idp, *live)?,
        Edit::Policy { idp, organization, text } => outline.policy(idp, organization.as_ref(), text.as_ref())?,
        Edit::Application(spec) => outline.application(spec)?,
        Edit::RemoveOrganization(id) => outline.remove_organization(id)?,
        Edit::RemoveIdp(id) => outline.remove_idp(id)?,
        Edit::RemoveApplication(id) => outline.remove_application(id)?,
    }
    Ok(outline.plan)
}

struct Outline<'a, K> {
    stored: &'a Stored,
    reach: Reach,
    expected: &'a Expected,
    key: K,
    plan: Plan,
}

impl<'a, K: FnMut() -> Uuid> Outline<'a, K> {
    fn organization(
        &mut self,
        id: &OrganizationId,
        name: &str,
        roles: &[(RoleName, bool)],
        allotment: &Allotment,
    ) -> Result<(), EditError> {
        let what = || format!("the organization {id}");
        let stored = self.stored.organizations.iter().find(|row| row.id == *id);
        let own = stored.filter(|row| publish::is_own(self.stored, row, roles, allotment));
        self.needs(own.map_or(Reach::Server, |row| Reach::Organization(row.key)), what)?;
        publish::organization(name, roles)?;
        let revision = stored.map(|row| Revision::of_organization_row(row, &self.roles_of(row.key)));
        self.fits(revision, stored.is_some_and(|row| row.declared), what)?;
        let key = stored.map_or_else(|| OrganizationKey::new((self.key)()), |row| row.key);
        let row = OrganizationRow {
            key,
            id: id.clone(),
            name: name.to_owned(),
            allotment: allotment.clone(),
            declared: false,
            live: true,
        };
        if stored != Some(&row) {
            self.plan.organizations.push(row);
        }
        for (name, admin) in roles {
            let stored = self.stored.roles.iter().find(|row| row.organization == key && row.name == *name);
            let id = stored.map_or_else(|| RoleId::new((self.key)()), |row| row.id);
            let row = RoleRow { id, organization: key, name: name.clone(), admin: *admin, live: true };
            if stored != Some(&row) {
                self.plan.roles.push(row);
            }
        }
        let gone = self.roles_of(key).into_iter().filter(|row| !roles.iter().any(|(name, _)| *name == row.name));
        self.plan.removed.roles = gone.map(|row| row.id).collect();
        Ok(())
    }

    fn idp(&mut self, spec: &IdpSpec, secret: &SecretEdit) -> Result<(), EditError> {
        let what = || format!("the IdP {}", spec.id);
        let owner = spec.owner.as_ref().map(|id| self.live_organization(id)).transpose()?;
        self.needs(owner.map_or(Reach::Server, Reach::Organization), what)?;
        let stored = self.stored.idps.iter().find(|row| row.spec.id == spec.id);
        if let Some(stored) = stored {
            self.needs(stored.owner.map_or(Reach::Server, Reach::Organization), what)?;
        }
        self.fits(stored.map(Revision::of_idp), stored.is_some_and(|row| row.declared), what)?;
        if let Some(flaw) = policy::idp_flaws(spec).first() {
            return Err(EditError::Invalid(format!("{}: {}", flaw.part, flaw.what)));
        }
        let key = stored.map_or_else(|| IdpKey::new((self.key)()), |row| row.key);
        let same_issuer = stored.filter(|row| row.spec.issuer == spec.issuer);
        let delegate = |id| {
            let unknown = |_| EditError::Invalid(format!("delegate_to: there is no organization {id}"));
            self.live_organization(id).map_err(unknown)
        };
        let delegates = spec.delegate_to.iter().map(delegate).collect::<Result<_, _>>()?;
        let addresses = match (same_issuer, self.reach) {
            (Some(stored), _) => stored.addresses,
            (None, Reach::Server) => Addresses::Any,
            // Nobody but who runs this server sends it to what only it can reach.
            (None, Reach::Organization(_)) => Addresses::Public,
        };
        self.secret(key, spec.client_auth, secret, same_issuer.is_some())?;
        let live = stored.is_none_or(|row| row.live);
        let mut row = IdpRow { key, owner, delegates, addresses, spec: spec.clone(), declared: false, live };
        match stored {
            Some(stored) => {
                row.spec.default_policy = stored.spec.default_policy.clone();
                self.plan.danger(self.stored, stored, &row);
            }
            // What has no policy of its own is judged by this one.
            None => {
                self.check(&row, &spec.default_policy)?;
                self.version(key, None, &spec.default_policy, &self.ceiling());
            }
        }
        if stored != Some(&row) {
            self.plan.idps.push(row);
        }
        Ok(())
    }

    /// A secret is one issuer's: another is never sent what was typed for this one.
    fn secret(
        &mut self,
        key: IdpKey,
        auth: ClientAuth,
        secret: &SecretEdit,
        same_issuer: bool,
    ) -> Result<(), EditError> {
        let known = self.stored.secrets.contains(&key);
        match (auth, secret) {
            (ClientAuth::None, SecretEdit::Set(_)) => {
                Err(EditError::Invalid("a public client has no secret: leave it out".to_owned()))
            }
            (ClientAuth::None, SecretEdit::Keep) => {
                self.plan.secrets.extend(known.then_some((key, None)));
                Ok(())
            }
            (_, SecretEdit::Set(sealed)) => {
                self.plan.secrets.push((key, Some(sealed.clone())));
                Ok(())
            }
            (_, SecretEdit::Keep) if known && same_issuer => Ok(()),
            (_, SecretEdit::Keep) => {
                Err(EditError::Invalid("the client secret is missing: type the one of this issuer".to_owned()))
            }
        }
    }

    fn idp_in_force(&mut self, id: &IdpId, live: bool) -> Result<(), EditError> {
        let row = self.own_idp(id)?;
        if row.live != live {
            self.plan.idps.push(IdpRow { live, ..row.clone() });
        }
        Ok(())
    }

    fn application(&mut self, spec: &ApplicationSpec) -> Result<(), EditError> {
        let what = || format!("the application {}", spec.id);
        let organization = self.live_organization(&spec.organization)?;
        self.needs(Reach::Organization(organization), what)?;
        let stored = self.stored.applications.iter().find(|row| row.spec.id == spec.id);
        if let Some(stored) = stored {
            if *self.expected == Expected::Absent {
                return Err(EditError::Taken(what()));
            }
            self.needs(Reach::Organization(stored.organization), what)?;
        }
        self.fits(stored.map(Revision::of_application_row), stored.is_some_and(|row| row.declared), what)?;
        publish::application(self.stored, organization, spec, self.reach)?;
        let key = stored.map_or_else(|| ApplicationKey::new((self.key)()), |row| row.key);
        let row = ApplicationRow { key, organization, spec: spec.clone(), declared: false, live: true };
        if stored != Some(&row) {
            self.plan.applications.push(row);
        }
        Ok(())
    }

    fn remove_organization(&mut self, id: &OrganizationId) -> Result<(), EditError> {
        let what = || format!("the organization {id}");
        self.needs(Reach::Server, what)?;
        let stored = self.stored.organizations.iter().find(|row| row.id == *id);
        let row = stored.ok_or_else(|| EditError::NoSuch(what()))?;
        self.fits(Some(Revision::of_organization_row(row, &self.roles_of(row.key))), row.declared, what)?;
        self.plan.remove_organization(self.stored, row.key, id);
        Ok(())
    }

    fn remove_idp(&mut self, id: &IdpId) -> Result<(), EditError> {
        let key = self.own_idp(id)?.key;
        self.plan.dangers.push((key, id.clone(), DangerKind::Removal));
        self.plan.removed.idps.push(key);
        Ok(())
    }

    fn remove_application(&mut self, id: &ApplicationId) -> Result<(), EditError> {
        let what = || format!("the application {id}");
        let stored = self.stored.applications.iter().find(|row| row.spec.id == *id);
        let row = stored.ok_or_else(|| EditError::NoSuch(what()))?;
        self.needs(Reach::Organization(row.organization), what)?;
        self.fits(Some(Revision::of_application_row(row)), row.declared, what)?;
        self.plan.removed.applications.push((row.key, row.organization));
        Ok(())
    }

    /// The IdP, if this admin may change it.
    fn own_idp(&self, id: &IdpId) -> Result<&'a IdpRow, EditError> {
        let what = || format!("the IdP {id}");
        let row = self.find_idp(id)?;
        self.needs(row.owner.map_or(Reach::Server, Reach::Organization), what)?;
        self.fits(Some(Revision::of_idp(row)), row.declared, what)?;
        Ok(row)
    }

    fn find_idp(&self, id: &IdpId) -> Result<&'a IdpRow, EditError> {
        let row = self.stored.idps.iter().find(|row| row.spec.id == *id);
        row.ok_or_else(|| EditError::NoSuch(format!("IdP {id}")))
    }

    fn live_organization(&self, id: &OrganizationId) -> Result<OrganizationKey, EditError> {
        let row = self.stored.organizations.iter().find(|row| row.id == *id && row.live);
        row.map(|row| row.key).ok_or_else(|| EditError::NoSuch(format!("organization {id}")))
    }

    fn roles_of(&self, organization: OrganizationKey) -> Vec<&'a RoleRow> {
        self.stored.roles.iter().filter(|row| row.organization == organization).collect()
    }

    /// Whether whoever acts may act on what has that reach.
    fn needs(&self, reach: Reach, what: impl Fn() -> String) -> Result<(), EditError> {
        match self.reach {
            Reach::Server => Ok(()),
            own if own == reach => Ok(()),
            Reach::Organization(_) => Err(EditError::OutOfReach(what())),
        }
    }

    /// Whether what is there is what was expected, and no business of the file.
    fn fits(&self, revision: Option<Revision>, declared: bool, what: impl Fn() -> String) -> Result<(), EditError> {
        if declared {
            return Err(EditError::Declared(what()));
        }
        match (self.expected, revision) {
            (Expected::Any, _) | (Expected::Absent, None) => Ok(()),
            (Expected::Absent, Some(_)) => Err(EditError::Taken(what())),
            (Expected::Seen(_), None) => Err(EditError::NoSuch(what())),
            (Expected::Seen(seen), Some(revision)) if *seen == revision => Ok(()),
            (Expected::Seen(_), Some(_)) => Err(EditError::Moved),
        }
    }
}
