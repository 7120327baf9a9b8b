//! The rules in the form: added, moved and removed by buttons that send the form and get it back.

use super::{names, ticked};
use crate::identity::flaw::MAX_RULES;
use crate::identity::{Allow, Organization, PathPattern, RoleName, Rule};
use crate::pages::{Field, Picked, RuleFields};
use crate::web::Fields;

/// Whom a rule lets in: the words of the form.
const EVERYONE: &str = "everyone";
const ROLES: &str = "roles";

/// A rule as it is.
pub(super) fn of(rule: &Rule, organization: &Organization) -> RuleFields {
    let named = |name: &RoleName| matches!(&rule.allow, Allow::Roles(roles) if roles.contains(name));
    RuleFields {
        path: Field::of(rule.path.as_str()),
        allow: Picked::of(if rule.allow == Allow::Everyone { EVERYONE } else { ROLES }),
        roles: ticked(organization, named),
    }
}

/// The rules as they were typed; one more than there may be, so that it is told.
pub(super) fn read(fields: &Fields, organization: &Organization) -> Vec<RuleFields> {
    let rule = |index: usize| {
        let (path, role) = (format!("rule-path-{index}"), format!("rule-role-{index}"));
        let everyone = fields.typed(&format!("rule-allow-{index}")) == EVERYONE;
        fields.ticked(&path).then(|| RuleFields {
            path: Field::of(fields.typed(&path).trim()),
            allow: Picked::of(if everyone { EVERYONE } else { ROLES }),
            roles: ticked(organization, |name| fields.all(&role).any(|role| role == name.as_str())),
        })
    };
    (0..=MAX_RULES).map_while(rule).collect()
}

/// Does what a button says: `add`, `up-1`, `down-1`, `remove-1`.
pub(super) fn arrange(rules: &mut Vec<RuleFields>, button: &str, organization: &Organization) {
    let (word, index) = button.split_once('-').unwrap_or((button, ""));
    match (word, index.parse::<usize>()) {
        ("add", _) if rules.len() < MAX_RULES => rules.push(RuleFields {
            path: Field::default(),
            allow: Picked::of(ROLES),
            roles: ticked(organization, |_| false),
        }),
        ("up", Ok(index)) if (1..rules.len()).contains(&index) => rules.swap(index - 1, index),
        ("down", Ok(index)) if index.checked_add(1).is_some_and(|next| next < rules.len()) => {
            rules.swap(index, index + 1);
        }
        ("remove", Ok(index)) if index < rules.len() => drop(rules.remove(index)),
        _ => {}
    }
}

/// The rules; else what is wrong stands beside their paths.
pub(super) fn parsed(rules: &mut [RuleFields]) -> Option<Vec<Rule>> {
    let parsed: Vec<Option<Rule>> = rules.iter_mut().map(rule).collect();
    parsed.into_iter().collect()
}

fn rule(fields: &mut RuleFields) -> Option<Rule> {
    match PathPattern::parse(&fields.path.value) {
        Ok(path) => {
            let allow =
                if fields.allow.kind == EVERYONE { Allow::Everyone } else { Allow::Roles(names(&fields.roles)) };
            Some(Rule { path, allow })
        }
        Err(invalid) => {
            fields.path.error = Some(invalid.to_string());
            None
        }
    }
}
