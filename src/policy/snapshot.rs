//! All policies of one version of the catalogue, compiled once and shared by every sign-in until the next.

mod groups;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::profile::ProfilePaths;
use super::reach::Reach;
use super::selector::{Selector, SelectorError};
use crate::identity::{
    Catalogue, Ceiling, Idp, IdpKey, OrganizationKey, OrganizationPolicy, PolicyId, PolicyText, RoleId,
};

use groups::Groups;
pub(super) use groups::chooses;

/// A selector of a live policy. A text that is none (saved under other limits, or changed behind our back) fails
/// whenever it is asked, and so costs only the organization it is asked for.
pub(super) type Compiled = Result<Arc<Selector>, SelectorError>;

/// Selectors by their texts.
type Selectors = HashMap<String, Compiled>;

/// Parses each distinct text once: a thousand organizations that write the same share one selector, and so does the next
/// version of the catalogue.
struct Compiler<'b> {
    before: &'b Selectors,
    now: Selectors,
}

impl Compiler<'_> {
    fn selector(&mut self, text: &str) -> Compiled {
        if let Some(known) = self.now.get(text) {
            return known.clone();
        }
        let known = self.before.get(text).cloned();
        let compiled = known.unwrap_or_else(|| Selector::parse(text).map(Arc::new));
        self.now.insert(text.to_owned(), compiled.clone());
        compiled
    }

    fn pair(&mut self, id: PolicyId, text: &PolicyText, ceiling: &Ceiling) -> Pair {
        let mut compiled = |text: &Option<String>| text.as_deref().map(|text| self.selector(text));
        Pair { id, org: compiled(&text.org), role: compiled(&text.role), ceiling: ceiling.clone() }
    }
}

/// One version of a policy, compiled.
#[derive(Debug)]
struct Pair {
    id: PolicyId,
    org: Option<Compiled>,
    role: Option<Compiled>,
    ceiling: Ceiling,
}

/// Where the selector that was asked came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// The organization's own policy.
    Own(PolicyId),
    /// The IdP's default policy.
    Default(PolicyId),
    /// Neither has one.
    None,
}

/// Everything one IdP decides by.
#[derive(Debug)]
pub struct IdpPolicies {
    key: IdpKey,
    owner: Option<OrganizationKey>,
    version: i64,
    profile: ProfilePaths,
    required_claims: Vec<String>,
    default: Pair,
    own: HashMap<OrganizationKey, Pair>,
    reach: Reach,
    groups: Groups,
}

impl IdpPolicies {
    fn compile(
        idp: &Idp,
        own: Vec<&OrganizationPolicy>,
        everywhere: &Reach,
        version: i64,
        compiler: &mut Compiler<'_>,
    ) -> Self {
        let own = own
            .into_iter()
            .map(|policy| (policy.organization, compiler.pair(policy.id, &policy.text, &policy.ceiling)));
        let mut compiled = Self {
            own: own.collect(),
            key: idp.key,
            owner: idp.owner,
            version,
            profile: ProfilePaths::compile(idp),
            required_claims: idp.spec.required_claims.clone(),
            default: compiler.pair(idp.default_policy, &idp.spec.default_policy, &idp.default_ceiling),
            reach: everywhere.of_idp(idp),
            groups: Groups::default(),
        };
        compiled.groups = Groups::new(&compiled.reach, |place| compiled.org_selector(place.key).1);
        compiled
    }

    /// The top-level claims that its selectors look into with `contains()`: where one comes as a text, that looks for a
    /// part of it.
    pub fn contained_claims(&self) -> BTreeSet<String> {
        let pairs = self.own.values().chain([&self.default]);
        let selectors = pairs.flat_map(|pair| pair.org.iter().chain(&pair.role)).flatten();
        selectors.flat_map(|selector| selector.contained()).collect()
    }

    /// The organizations it decides about, by what they are asked.
    pub(super) const fn groups(&self) -> &Groups {
        &self.groups
    }

    /// The IdP.
    pub const fn key(&self) -> IdpKey {
        self.key
    }

    /// The version of the catalogue it was compiled from.
    pub const fn version(&self) -> i64 {
        self.version
    }

    /// How it reads a person out of the claims.
    pub const fn profile(&self) -> &ProfilePaths {
        &self.profile
    }

    /// The organizations it decides about.
    pub const fn reach(&self) -> &Reach {
        &self.reach
    }

    /// Whether it may decide about this organization, whatever reach a caller holds.
    pub(super) fn covers(&self, organization: OrganizationKey) -> bool {
        self.owner.is_none_or(|owner| owner == organization)
    }

    pub(super) fn required_claims(&self) -> &[String] {
        &self.required_claims
    }

    /// The org selector for an organization: its own, else the default one.
    pub(super) fn org_selector(&self, organization: OrganizationKey) -> (Applied, Option<&Compiled>) {
        self.applied(organization, |pair| pair.org.as_ref())
    }

    /// The role selector for an organization: its own, else the default one.
    pub(super) fn role_selector(&self, organization: OrganizationKey) -> (Applied, Option<&Compiled>) {
        self.applied(organization, |pair| pair.role.as_ref())
    }

    /// Whether the policy that a role selector came from may give this role.
    pub(super) fn allows(&self, organization: OrganizationKey, from: Applied, role: RoleId) -> bool {
        match from {
            Applied::Own(_) => self.own.get(&organization).is_some_and(|pair| pair.ceiling.allows(role)),
            Applied::Default(_) => self.default.ceiling.allows(role),
            Applied::None => false,
        }
    }

    fn applied(
        &self,
        organization: OrganizationKey,
        part: impl Fn(&Pair) -> Option<&Compiled>,
    ) -> (Applied, Option<&Compiled>) {
        let own = self.own.get(&organization);
        if let Some((pair, selector)) = own.and_then(|pair| Some((pair, part(pair)?))) {
            return (Applied::Own(pair.id), Some(selector));
        }
        match part(&self.default) {
            Some(selector) => (Applied::Default(self.default.id), Some(selector)),
            None => (Applied::None, None),
        }
    }
}

/// All policies at one version.
#[derive(Debug, Default)]
pub struct Snapshot {
    version: i64,
    idps: HashMap<IdpKey, IdpPolicies>,
    selectors: Selectors,
}

impl Snapshot {
    /// Compiles what is live. Never fails: a text that is no selector fails when it is asked, for its organization
    /// alone.
    pub fn compile(catalogue: &Catalogue) -> Self {
        Self::compile_after(&Self::default(), catalogue)
    }

    /// The same, with the selectors that `before` has already.
    pub fn compile_after(before: &Self, catalogue: &Catalogue) -> Self {
        let everywhere = Reach::everywhere(catalogue);
        let mut own: HashMap<IdpKey, Vec<&OrganizationPolicy>> = HashMap::new();
        for policy in &catalogue.policies {
            own.entry(policy.idp).or_default().push(policy);
        }
        let mut compiler = Compiler { before: &before.selectors, now: Selectors::new() };
        let mut idp = |idp: &Idp| {
            let own = own.remove(&idp.key).unwrap_or_default();
            (idp.key, IdpPolicies::compile(idp, own, &everywhere, catalogue.version, &mut compiler))
        };
        let idps = catalogue.idps.iter().map(&mut idp).collect();
        Self { version: catalogue.version, idps, selectors: compiler.now }
    }

    /// The version of the catalogue it was compiled from.
    pub const fn version(&self) -> i64 {
        self.version
    }

    /// What an IdP decides by.
    pub fn idp(&self, key: IdpKey) -> Option<&IdpPolicies> {
        self.idps.get(&key)
    }
}
