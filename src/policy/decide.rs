//! The decision: for each organization in reach, whether the person belongs there and with which roles, and why.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::reach::{Place, Reach};
use super::selector::{EvaluationError, PreparedClaims, Returned, Selector, shorten};
use super::snapshot::{Applied, Compiled, IdpPolicies, chooses};
use crate::claims::Claims;
use crate::identity::{OrganizationId, OrganizationKey, RoleId, RoleName};

/// Most role names of one verdict that are kept for the explanation, and most characters of each: a selector may
/// return a whole list claim, and verdicts are stored.
const KEPT_NAMES: usize = 20;
/// See [`KEPT_NAMES`].
const KEPT_NAME: usize = 128;

/// What became of one organization.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The person is in it.
    Granted {
        /// The roles held, each once, in the order they were returned; at least one.
        roles: Vec<Given>,
        /// What was asked for too, and not given.
        left_out: LeftOut,
    },
    /// The org selector did not choose it.
    NoMatch {
        /// What it returned, cut to a readable size; `null` without a selector.
        returned: Value,
    },
    /// The org selector chose it, but no role came of it.
    NoSuchRole {
        /// What was asked for.
        asked: LeftOut,
    },
    /// A selector gave no answer. Not the same as no: grants given before are subject to the IdP's `on_error`.
    Error {
        /// Why, for the admin. Never holds the content of a claim.
        reason: String,
    },
}

/// A role that a sign-in gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The role.
    pub id: RoleId,
    /// Its name.
    pub name: RoleName,
}

/// Names that a role selector returned and that gave nothing, each once; cut to a readable number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// No roles of this organization.
    pub unknown: Vec<String>,
    /// Roles that the policy may not give: beyond its ceiling.
    pub beyond: Vec<String>,
}

impl LeftOut {
    /// Whether nothing was left out.
    pub fn is_empty(&self) -> bool {
        self.unknown.is_empty() && self.beyond.is_empty()
    }
}

/// The decision about one organization.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The organization.
    pub organization: OrganizationKey,
    /// Its id.
    pub id: OrganizationId,
    /// Where its org selector came from.
    pub org_selector: Applied,
    /// Where its role selector came from; asked only after a match.
    pub role_selector: Applied,
    /// What became of it.
    pub outcome: Outcome,
}

/// The decision about a person, in the catalogue's order of organizations.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The version of the catalogue that decided.
    pub version: i64,
    /// Of [`decide`]: about the organizations that granted something or failed, so that a sign-in costs nothing for
    /// all the others. Of [`explain`]: about every organization in reach.
    pub verdicts: Vec<Verdict>,
}

impl Decision {
    /// All grants this sign-in gives.
    pub fn desired(&self) -> impl Iterator<Item = (OrganizationKey, RoleId)> {
        self.verdicts.iter().flat_map(|verdict| {
            let roles = match &verdict.outcome {
                Outcome::Granted { roles, .. } => roles.as_slice(),
                _ => &[],
            };
            roles.iter().map(|role| (verdict.organization, role.id))
        })
    }

    /// Organizations about which nothing could be decided.
    pub fn errored(&self) -> impl Iterator<Item = OrganizationKey> {
        let errors = self.verdicts.iter().filter(|verdict| matches!(verdict.outcome, Outcome::Error { .. }));
        errors.map(|verdict| verdict.organization)
    }
}

/// Decides about every organization that is both in `reach` and in the IdP's own reach, and tells of those where there
/// is something to tell: all but [`Outcome::NoMatch`]. Pure and total: a selector that fails is an error of its own
/// organization and of no other.
pub fn decide(policies: &IdpPolicies, reach: &Reach, claims: &Claims) -> Decision {
    let prepared = PreparedClaims::new(claims);
    let mut asking = Asking::new(policies, claims, &prepared);
    let told = |verdict: &Verdict| !matches!(verdict.outcome, Outcome::NoMatch { .. });
    let verdicts = if reach.is(policies.reach()) && asking.absent.is_none() {
        let candidates = policies.groups().candidates(reach, &prepared).into_iter();
        let places = candidates.filter_map(|at| reach.place(at));
        places.filter(|place| policies.covers(place.key)).map(|place| asking.verdict(place)).filter(told).collect()
    } else {
        let places = reach.places().filter(|place| policies.covers(place.key));
        places.map(|place| asking.verdict(place)).filter(told).collect()
    };
    Decision { version: policies.version(), verdicts }
}

/// The same decision, told in full: one verdict for each organization.
pub fn explain(policies: &IdpPolicies, reach: &Reach, claims: &Claims) -> Decision {
    let prepared = PreparedClaims::new(claims);
    let mut asking = Asking::new(policies, claims, &prepared);
    let places = reach.places().filter(|place| policies.covers(place.key));
    let verdicts = places.map(|place| asking.verdict(place)).collect();
    Decision { version: policies.version(), verdicts }
}

/// With so many organizations at most, each is shown, also without a match.
const FEW_ORGANIZATIONS: usize = 50;
/// Most verdicts on a page: a default selector that fails does so in every organization.
pub const MAX_SHOWN: usize = 200;

/// The same decision for whoever looks at it: told in full where there are few organizations.
pub fn show(policies: &IdpPolicies, reach: &Reach, claims: &Claims) -> Decision {
    if reach.count() <= FEW_ORGANIZATIONS { explain(policies, reach, claims) } else { decide(policies, reach, claims) }
}

/// One decision under way.
struct Asking<'a> {
    policies: &'a IdpPolicies,
    claims: &'a PreparedClaims,
    /// A required claim that is not there.
    absent: Option<&'a String>,
    /// Answers that are the same for every organization, by the address of their selector, which the snapshot shares
    /// among all policies of the same text.
    known: HashMap<*const Selector, Result<Returned, EvaluationError>>,
}

impl<'a> Asking<'a> {
    fn new(policies: &'a IdpPolicies, claims: &Claims, prepared: &'a PreparedClaims) -> Self {
        let absent = policies.required_claims().iter().find(|name| claims.is_absent(name));
        Self { policies, claims: prepared, absent, known: HashMap::new() }
    }

    fn verdict(&mut self, place: &Place) -> Verdict {
        let (org_selector, org) = self.policies.org_selector(place.key);
        let (role_selector, role) = self.policies.role_selector(place.key);
        let outcome = self.outcome(place, org, role, role_selector).unwrap_or_else(|reason| Outcome::Error { reason });
        Verdict { organization: place.key, id: place.id.clone(), org_selector, role_selector, outcome }
    }

    fn outcome(
        &mut self,
        place: &Place,
        org: Option<&Compiled>,
        role: Option<&Compiled>,
        role_from: Applied,
    ) -> Result<Outcome, String> {
        if let Some(name) = self.absent {
            return Err(format!("the required claim `{name}` is absent"));
        }
        let Some(org) = org else { return Ok(Outcome::NoMatch { returned: Value::Null }) };
        let chosen = self.ask(org, place).map_err(|reason| format!("org selector: {reason}"))?;
        if !chooses(&chosen, place.id.as_str()) {
            return Ok(Outcome::NoMatch { returned: chosen.to_json() });
        }
        let Some(role) = role else { return Ok(Outcome::NoSuchRole { asked: LeftOut::default() }) };
        let asked = self.ask(role, place).map_err(|reason| format!("role selector: {reason}"))?;
        Ok(give(place, &asked, |role| self.policies.allows(place.key, role_from, role)))
    }

    fn ask(&mut self, selector: &Compiled, place: &Place) -> Result<Returned, String> {
        let selector = selector.as_ref().map_err(ToString::to_string)?;
        let evaluate = || selector.evaluate(self.claims, place.id.as_str());
        let returned = if selector.uses_organization() {
            evaluate()
        } else {
            self.known.entry(Arc::as_ptr(selector)).or_insert_with(evaluate).clone()
        };
        returned.map_err(|error| error.to_string())
    }
}

/// The roles of those names, by exact name, as far as `allowed`.
fn give(place: &Place, asked: &Returned, allowed: impl Fn(RoleId) -> bool) -> Outcome {
    let mut roles: Vec<Given> = Vec::new();
    let mut left_out = LeftOut::default();
    for name in asked.texts() {
        match place.roles.get_key_value(name) {
            Some((name, id)) if allowed(*id) => {
                if !roles.iter().any(|role| role.id == *id) {
                    roles.push(Given { id: *id, name: name.clone() });
                }
            }
            Some(_) => note(&mut left_out.beyond, name),
            None => note(&mut left_out.unknown, name),
        }
    }
    if roles.is_empty() { Outcome::NoSuchRole { asked: left_out } } else { Outcome::Granted { roles, left_out } }
}

fn note(names: &mut Vec<String>, name: &str) {
    if names.len() < KEPT_NAMES {
        let name = shorten(name, KEPT_NAME);
        if !names.contains(&name) {
            names.push(name);
        }
    }
}
