//! What a change would do to people, in words.

use crate::directory::{Effect, Impact};
use crate::pages::{EffectLine, ImpactLines};

/// Who gains and who loses what, in lines.
pub(super) fn lines(impact: &Impact) -> ImpactLines {
    let line = |effect: &Effect| EffectLine {
        what: effect.what.to_string(),
        count: effect.count,
        users: effect.users.iter().map(ToString::to_string).collect(),
        more: effect.count.saturating_sub(effect.users.len() as u64),
    };
    ImpactLines {
        gains: impact.gains.iter().map(line).collect(),
        losses: impact.losses.iter().map(line).collect(),
        remarks: remarks(impact),
    }
}

fn remarks(impact: &Impact) -> Vec<String> {
    let mut remarks = Vec::new();
    if impact.beyond {
        remarks.push(format!(
            "These are the first {} who signed in there, and every admin; there are more, who are not counted here.",
            people(impact.identities)
        ));
    }
    if impact.shut_out > 0 {
        remarks.push(format!("{} can no longer sign in there; their sessions end.", people(impact.shut_out)));
    }
    if impact.unknown > 0 {
        let known = impact.unknown_users.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        remarks.push(format!(
            "{} cannot be foreseen, since their claims are not kept: {known}{}",
            people(impact.unknown),
            if impact.unknown > impact.unknown_users.len() as u64 { " and more." } else { "." }
        ));
    }
    for (organization, count) in &impact.failing {
        remarks.push(format!("The selectors of {organization} would fail for {}.", people(*count)));
    }
    for (idp, claim, count) in &impact.texts {
        remarks.push(format!(
            "At {idp} the claim {claim} comes as a text for {}: contains() then finds parts of it. Name it among the \
             list claims.",
            people(*count)
        ));
    }
    remarks
}

fn people(count: u64) -> String {
    if count == 1 { "1 person".to_owned() } else { format!("{count} people") }
}
