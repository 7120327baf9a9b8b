//! How a foreseen change is shown to people.

use serde_json::{Value, json};

use super::Terminal;
use super::check::count;
use super::meant::remedy;
use crate::directory::{Becomes, Difference, Effect, Foresight};
use crate::identity::Username;

/// As JSON: `version`, `differences`, `impact`, `dangers`.
pub(super) fn to_json(foresight: &Foresight) -> Value {
    let dangers: Vec<Value> = foresight
        .dangers
        .iter()
        .map(|danger| json!({ "danger": danger.to_string(), "meant_by": remedy(danger) }))
        .collect();
    json!({
        "version": foresight.version,
        "differences": foresight.differences.iter().map(Difference::to_json).collect::<Vec<_>>(),
        "impact": foresight.impact.to_json(),
        "dangers": dangers,
    })
}

/// Prints what differs, who gains and loses, and what is dangerous.
pub(super) fn print(foresight: &Foresight, terminal: &mut Terminal<'_>) {
    if foresight.differences.is_empty() {
        terminal.say("Nothing differs: the database holds what the file says.");
        return;
    }
    terminal.say(format_args!("{}:", count(foresight.differences.len(), "change")));
    for Difference { what, name, becomes } in &foresight.differences {
        terminal.say(format_args!("  {} {what} {name}{}", mark(becomes), told(becomes)));
        if let Becomes::Changed(keys) = becomes {
            for (key, from, to) in keys {
                terminal.say(format_args!("      {key}"));
                terminal.say(format_args!("        - {from}"));
                terminal.say(format_args!("        + {to}"));
            }
        }
    }
    terminal.say("");
    people(foresight, terminal);
    for danger in &foresight.dangers {
        terminal.say(format_args!("DANGEROUS: {danger}; say that it is meant with {}", remedy(danger)));
    }
}

fn people(foresight: &Foresight, terminal: &mut Terminal<'_>) {
    let impact = &foresight.impact;
    if impact.is_empty() {
        terminal.say("Nobody gains or loses anything, as far as the last sign-ins tell.");
        terminal.say("");
        return;
    }
    let identities = usize::try_from(impact.identities).unwrap_or(usize::MAX);
    terminal.say(format_args!("By what the last sign-ins of {} said:", count_of(identities, "identity", "identities")));
    for (mark, effects) in [("+", &impact.gains), ("-", &impact.losses)] {
        for Effect { what, count, users } in effects {
            terminal.say(format_args!("  {mark} {what}: {}", named(*count, users)));
        }
    }
    for (organization, count) in &impact.failing {
        terminal.say(format_args!("  ! selectors of {organization} would fail for {count}"));
    }
    for (idp, claim, count) in &impact.texts {
        terminal.say(format_args!(
            "  ! contains({claim}, …) looks for a part of a text: at {idp} the claim is one for {count}; name it in \
             list_claims if a list is meant"
        ));
    }
    if impact.beyond {
        terminal.say(format_args!("  ? of the first {} identities and every admin; there are more", impact.identities));
    }
    if impact.unknown > 0 {
        let users = named(impact.unknown, &impact.unknown_users);
        terminal.say(format_args!("  ? unknown, their claims are not kept: {users}"));
    }
    if impact.shut_out > 0 {
        terminal.say(format_args!("  ! {} can sign in no longer: their IdP is declared no longer", impact.shut_out));
    }
    terminal.say("A changed policy counts from each person's next sign-in.");
    terminal.say("");
}

/// `3 (alice, bob, and 1 more)`
fn named(count: u64, users: &[Username]) -> String {
    let mut names: Vec<String> = users.iter().map(ToString::to_string).collect();
    let more = count.saturating_sub(names.len() as u64);
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    if names.is_empty() { count.to_string() } else { format!("{count} ({})", names.join(", ")) }
}

fn count_of(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

const fn mark(becomes: &Becomes) -> &'static str {
    match becomes {
        Becomes::Added | Becomes::Restored => "+",
        Becomes::Undeclared | Becomes::Removed => "-",
        Becomes::Changed(_) => "~",
    }
}

const fn told(becomes: &Becomes) -> &'static str {
    match becomes {
        Becomes::Restored => ", restored",
        Becomes::Undeclared => ", no longer declared: kept, but of no effect",
        Becomes::Added | Becomes::Removed | Becomes::Changed(_) => "",
    }
}
