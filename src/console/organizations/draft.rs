//! What the form of an organization says, and what is wrong with it.

use crate::console::typed::{SEEN, checked, each, lines};
use crate::directory::{Edit, Revision};
use crate::identity::{Allotment, HostSuffix, Network, Organization, OrganizationId, RoleName, text};
use crate::pages::{AllotmentFields, Field, OrganizationForm, RoleRow, Shell};
use crate::web::Fields;

/// What the form says, as far as it could be read.
pub(super) struct Draft {
    seen: Option<String>,
    id: Option<Field>,
    name: Field,
    roles: Vec<(RoleName, bool)>,
    role: Field,
    allotment: Option<AllotmentFields>,
}

impl Draft {
    /// An organization to be made, with the roles that most have.
    pub(super) fn new() -> Self {
        let usual = [("Admin", true), ("Member", false)];
        let usual = usual.iter().filter_map(|(name, admin)| Some((RoleName::parse(name).ok()?, *admin)));
        Self {
            seen: None,
            id: Some(Field::default()),
            name: Field::default(),
            roles: usual.collect(),
            role: Field::default(),
            allotment: Some(AllotmentFields { hosts: Field::default(), networks: Field::default() }),
        }
    }

    /// An organization as it is; without what only server admins say, unless it is `whole`.
    pub(super) fn of(organization: &Organization, whole: bool) -> Self {
        let Allotment { hosts, upstreams } = &organization.allotment;
        let allotment = AllotmentFields { hosts: Field::of(lines(hosts)), networks: Field::of(lines(upstreams)) };
        Self {
            seen: Some(Revision::of_organization(organization).to_string()),
            id: None,
            name: Field::of(&*organization.name),
            roles: organization.roles.iter().map(|role| (role.name.clone(), role.admin)).collect(),
            role: Field::default(),
            allotment: whole.then_some(allotment),
        }
    }

    /// What was typed. `before` is the organization that is changed.
    pub(super) fn read(fields: &Fields, before: Option<&Organization>, whole: bool) -> Self {
        let is_admin = |index: usize, name: &RoleName| {
            let kept = before.is_some_and(|before| before.roles.iter().any(|role| role.admin && role.name == *name));
            if whole { fields.ticked(&format!("admin-{index}")) } else { kept }
        };
        let names = fields.all("role").filter_map(|name| RoleName::parse(name).ok());
        let mut draft = Self {
            seen: fields.text(SEEN).map(str::to_owned),
            id: before.is_none().then(|| Field::of(fields.typed("id").trim())),
            name: Field::of(fields.typed("name").trim()),
            roles: names.enumerate().map(|(index, name)| (name.clone(), is_admin(index, &name))).collect(),
            role: Field::of(fields.typed("new-role").trim()),
            allotment: whole.then(|| AllotmentFields {
                hosts: Field::of(fields.typed("hosts")),
                networks: Field::of(fields.typed("networks")),
            }),
        };
        if let Some(index) = fields.typed("do").strip_prefix("remove-").and_then(|index| index.parse::<usize>().ok())
            && index < draft.roles.len()
        {
            draft.roles.remove(index);
        }
        draft
    }

    /// Puts the role that was typed among the others.
    pub(super) fn add_role(&mut self) {
        if self.role.value.is_empty() {
            return;
        }
        match RoleName::parse(&self.role.value) {
            Ok(name) if self.roles.iter().any(|(other, _)| *other == name) => {
                self.role.error = Some("there is a role of that name already".to_owned());
            }
            Ok(name) => {
                self.roles.push((name, false));
                self.role = Field::default();
            }
            Err(invalid) => self.role.error = Some(invalid.to_string()),
        }
    }

    /// The change it asks for, and of which organization; else what is wrong stands beside the fields.
    pub(super) fn edit(&mut self, before: Option<&Organization>) -> Option<(OrganizationId, Edit)> {
        self.add_role();
        let id = match (&mut self.id, before) {
            (Some(field), _) => checked(field, OrganizationId::parse),
            (None, Some(before)) => Some(before.id.clone()),
            (None, None) => None,
        };
        let name = checked(&mut self.name, text::label);
        if self.roles.is_empty() && self.role.error.is_none() {
            self.role.error = Some("add at least one role: being in it is holding one of them".to_owned());
        }
        let allotment = match (&mut self.allotment, before) {
            (Some(fields), _) => {
                let hosts = each(&mut fields.hosts, HostSuffix::parse);
                let upstreams = each(&mut fields.networks, Network::parse);
                hosts.zip(upstreams).map(|(hosts, upstreams)| Allotment { hosts, upstreams })
            }
            (None, before) => Some(before.map(|before| before.allotment.clone()).unwrap_or_default()),
        };
        let (id, roles) = (id?, self.roles.clone());
        let edit = Edit::Organization { id: id.clone(), name: name?, roles, allotment: allotment? };
        Some((id, edit)).filter(|_| self.role.error.is_none())
    }

    /// Says that the id is taken.
    pub(super) fn taken(&mut self) {
        if let Some(id) = &mut self.id {
            id.error = Some("another organization has this id; choose another".to_owned());
        }
    }

    /// Says what is wrong with it as a whole.
    pub(super) fn refused(&mut self, why: String) {
        self.name.error = Some(why);
    }

    /// The form.
    pub(super) fn form(self, shell: Shell, action: String, cancel: String) -> OrganizationForm {
        let roles = self.roles.iter().map(|(name, admin)| RoleRow { name: name.to_string(), admin: *admin });
        OrganizationForm {
            shell,
            seen: self.seen,
            id: self.id,
            name: self.name,
            roles: roles.collect(),
            role: self.role,
            whole: self.allotment,
            action,
            cancel,
        }
    }
}
