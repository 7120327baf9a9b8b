//! Verdicts in words, for people: one wording for the command line and for the console.

use super::Fate;
use crate::policy::{Applied, LeftOut, Outcome, Verdict};

/// What the outcome tells, on one line; `fates` is what a sign-in made of the organization's roles.
pub fn verdict_detail(verdict: &Verdict, fates: &[(String, Fate)]) -> String {
    let fate = |name: &str| fates.iter().find(|(role, _)| role == name).map(|(_, fate)| fate.word());
    let revoked = fates.iter().filter(|(_, fate)| *fate == Fate::Revoked).map(|(role, _)| format!("{role} (revoked)"));
    let mut parts: Vec<String> = match &verdict.outcome {
        Outcome::Granted { roles, left_out } => {
            let role = |name: &str| fate(name).map_or_else(|| name.to_owned(), |fate| format!("{name} ({fate})"));
            let roles = roles.iter().map(|given| role(given.name.as_str()));
            roles.chain(left_out_words(left_out)).collect()
        }
        Outcome::NoMatch { .. } if verdict.org_selector == Applied::None => vec!["there is no org selector".to_owned()],
        Outcome::NoMatch { returned } => vec![format!("the org selector returned {returned}")],
        Outcome::NoSuchRole { .. } if verdict.role_selector == Applied::None => {
            vec!["it matched, but there is no role selector".to_owned()]
        }
        Outcome::NoSuchRole { asked } if asked.is_empty() => {
            vec!["it matched, but the role selector named no role".to_owned()]
        }
        Outcome::NoSuchRole { asked } => left_out_words(asked).collect(),
        Outcome::Error { reason } => vec![reason.clone()],
    };
    parts.extend(revoked);
    parts.join(", ")
}

fn left_out_words(left_out: &LeftOut) -> impl Iterator<Item = String> {
    let named = |names: &[String], why: &str| (!names.is_empty()).then(|| format!("{why}: {}", names.join(", ")));
    let unknown = named(&left_out.unknown, "no role here");
    unknown.into_iter().chain(named(&left_out.beyond, "beyond the policy's ceiling"))
}

/// Which policies were asked.
pub fn verdict_source(verdict: &Verdict) -> String {
    let asked_role = !matches!(verdict.outcome, Outcome::NoMatch { .. });
    match (verdict.org_selector, verdict.role_selector) {
        (org, role) if asked_role && org.word() != role.word() => {
            format!("org selector: {}, role selector: {}", org.word(), role.word())
        }
        (org, _) => match org {
            Applied::Own(_) => "its own policy".to_owned(),
            Applied::Default(_) => "default policy".to_owned(),
            Applied::None => "no policy".to_owned(),
        },
    }
}
