//! Verdicts in words, for people.

use super::decide::{LeftOut, Outcome, Verdict};
use super::snapshot::Applied;

impl Verdict {
    /// Why nothing came of it, or what of what was asked for was not given; empty if all was.
    pub fn why(&self) -> String {
        match &self.outcome {
            Outcome::Granted { left_out, .. } => left_out.words(),
            Outcome::NoMatch { .. } if self.org_selector == Applied::None => "there is no org selector".to_owned(),
            Outcome::NoMatch { returned } => format!("the org selector returned {returned}"),
            Outcome::NoSuchRole { .. } if self.role_selector == Applied::None => {
                "it matched, but there is no role selector".to_owned()
            }
            Outcome::NoSuchRole { asked } if asked.is_empty() => {
                "it matched, but the role selector named no role".to_owned()
            }
            Outcome::NoSuchRole { asked } => asked.words(),
            Outcome::Error { reason } => reason.clone(),
        }
    }

    /// The names of the roles that are given.
    pub fn roles(&self) -> Vec<String> {
        match &self.outcome {
            Outcome::Granted { roles, .. } => roles.iter().map(|role| role.name.to_string()).collect(),
            _ => Vec::new(),
        }
    }

    /// Which policies gave the selectors.
    pub fn source(&self) -> String {
        let asked_role = !matches!(self.outcome, Outcome::NoMatch { .. });
        match (self.org_selector, self.role_selector) {
            (org, role) if asked_role && org.word() != role.word() => {
                format!("org selector: {}, role selector: {}", org.word(), role.word())
            }
            (Applied::Own(_), _) => "its own policy".to_owned(),
            (Applied::Default(_), _) => "default policy".to_owned(),
            (Applied::None, _) => "no policy".to_owned(),
        }
    }
}

impl LeftOut {
    fn words(&self) -> String {
        let named = |names: &[String], why: &str| (!names.is_empty()).then(|| format!("{why}: {}", names.join(", ")));
        let parts = [named(&self.unknown, "no role here"), named(&self.beyond, "beyond the policy's ceiling")];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}
