//! Verdicts in words, for people: one wording for the command line and for the console.

use super::Fate;
use crate::policy::{Outcome, Verdict};

/// What the outcome tells, on one line; `fates` is what a sign-in made of the organization's roles.
pub fn verdict_detail(verdict: &Verdict, fates: &[(String, Fate)]) -> String {
    let fate = |name: &str| fates.iter().find(|(role, _)| role == name).map(|(_, fate)| fate.word());
    let role = |name: &str| fate(name).map_or_else(|| name.to_owned(), |fate| format!("{name} ({fate})"));
    let mut parts: Vec<String> = match &verdict.outcome {
        Outcome::Granted { roles, .. } => roles.iter().map(|given| role(given.name.as_str())).collect(),
        _ => Vec::new(),
    };
    parts.extend(Some(verdict.why()).filter(|why| !why.is_empty()));
    parts.extend(fates.iter().filter(|(_, fate)| *fate == Fate::Revoked).map(|(role, _)| format!("{role} (revoked)")));
    parts.join(", ")
}
