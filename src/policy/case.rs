//! Stored cases: claims, and what policies shall give for them. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::decide::{Decision, Outcome, Verdict, decide, explain};
use super::snapshot::IdpPolicies;
use crate::claims::{ClaimLimits, ClaimRules, ClaimsError, Recorded};
use crate::identity::{Idp, OrganizationId, RoleName};

/// What is expected of a sign-in at one IdP.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// What the case is about, for people.
    pub name: String,
    /// What the provider says.
    pub claims: Recorded,
    /// The only organization it speaks of; absent: of all.
    pub only: Option<OrganizationId>,
    /// The roles it gives, by organization; whatever is not named is not given.
    pub grants: BTreeMap<OrganizationId, BTreeSet<RoleName>>,
    /// The organizations whose selectors fail.
    pub errors: BTreeSet<OrganizationId>,
}

/// An organization where something else came out.
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch {
    /// What was expected there.
    pub expected: Expected,
    /// What came out, and why.
    pub verdict: Verdict,
}

/// What a case expects in one organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Exactly these roles; none of them: not to be in it.
    Roles(BTreeSet<RoleName>),
    /// That a selector fails.
    Error,
}

impl Expected {
    fn holds(&self, outcome: &Outcome) -> bool {
        match (self, outcome) {
            (Self::Error, Outcome::Error { .. }) => true,
            (Self::Roles(roles), Outcome::Granted { roles: given, .. }) => {
                given.len() == roles.len() && given.iter().all(|given| roles.contains(&given.name))
            }
            (Self::Roles(roles), Outcome::NoMatch { .. } | Outcome::NoSuchRole { .. }) => roles.is_empty(),
            _ => false,
        }
    }
}

impl std::fmt::Display for Expected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Error => f.write_str("an error"),
            Self::Roles(roles) if roles.is_empty() => f.write_str("nothing"),
            Self::Roles(roles) => f.write_str(&roles.iter().map(RoleName::as_str).collect::<Vec<_>>().join(", ")),
        }
    }
}

/// The roles of an outcome, or what it is instead, in a few words.
pub fn in_short(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Granted { roles, .. } => roles.iter().map(|given| given.name.as_str()).collect::<Vec<_>>().join(", "),
        Outcome::Error { reason } => format!("an error: {reason}"),
        Outcome::NoMatch { returned } => format!("no match: the org selector returned {returned}"),
        Outcome::NoSuchRole { asked } if asked.is_empty() => "no role: the role selector named none".to_owned(),
        Outcome::NoSuchRole { asked } => {
            format!("no such role: {}", [asked.unknown.as_slice(), &asked.beyond].concat().join(", "))
        }
    }
}

impl Case {
    /// Where the policies give something else, in the order of organizations; nothing: all is as expected.
    ///
    /// # Errors
    /// When the claims exceed a limit.
    pub fn check(&self, idp: &Idp, policies: &IdpPolicies) -> Result<Vec<Mismatch>, ClaimsError> {
        let rules = ClaimRules { list_claims: &idp.spec.list_claims };
        let claims = self.claims.clone().claims(Vec::new(), &rules, &ClaimLimits::default())?;
        let narrow = self.only.as_ref().map(|only| policies.reach().only_named(only));
        let reach = narrow.as_ref().unwrap_or_else(|| policies.reach());
        // Most cases hold, and what holds needs no telling in full.
        if self.holds(&decide(policies, reach, &claims)) {
            return Ok(Vec::new());
        }
        let mismatch = |verdict: Verdict| {
            let expected = self.expected(&verdict.id);
            (!expected.holds(&verdict.outcome)).then_some(Mismatch { expected, verdict })
        };
        Ok(explain(policies, reach, &claims).verdicts.into_iter().filter_map(mismatch).collect())
    }

    fn expected(&self, organization: &OrganizationId) -> Expected {
        if self.errors.contains(organization) {
            return Expected::Error;
        }
        Expected::Roles(self.grants.get(organization).cloned().unwrap_or_default())
    }

    /// Organizations of which nothing is told give nothing.
    fn holds(&self, decision: &Decision) -> bool {
        let told: BTreeSet<&OrganizationId> = decision.verdicts.iter().map(|verdict| &verdict.id).collect();
        let mut something = self.grants.iter().filter(|(_, roles)| !roles.is_empty()).map(|(id, _)| id);
        decision.verdicts.iter().all(|verdict| self.expected(&verdict.id).holds(&verdict.outcome))
            && self.errors.iter().all(|id| told.contains(id))
            && something.all(|id| told.contains(id))
    }
}
