//! The rules in the form: added, moved and removed by buttons that send the form and get it back.

use super::names;
use crate::console::typed::{checked, ticked};
use crate::identity::flaw::MAX_RULES;
use crate::identity::{Allow, Invalid, Network, Organization, PathPattern, RoleName, Rule, RuleMethod};
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
        methods: Field::of(words(&rule.methods)),
        from: Field::of(words(&rule.from)),
        preflight: rule.preflight,
        allow: Picked::of(if rule.allow == Allow::Everyone { EVERYONE } else { ROLES }),
        roles: ticked(organization, named),
    }
}

/// The rules as they were typed; one more than there may be, so that it is told.
pub(super) fn read(fields: &Fields, organization: &Organization) -> Vec<RuleFields> {
    let rule = |index: usize| {
        let (path, role) = (format!("rule-path-{index}"), format!("rule-role-{index}"));
        let everyone = fields.typed(&format!("rule-allow-{index}")) == EVERYONE;
        let typed = |what: &str| fields.typed(&format!("rule-{what}-{index}")).trim();
        let (methods, from, preflight) = (typed("methods"), typed("from"), !typed("preflight").is_empty());
        fields.ticked(&path).then(|| RuleFields {
            path: Field::of(typed("path")),
            methods: Field::of(methods),
            from: Field::of(from),
            preflight,
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
            methods: Field::default(),
            from: Field::default(),
            preflight: false,
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

/// The rules; else what is wrong stands beside their fields.
pub(super) fn parsed(rules: &mut [RuleFields]) -> Option<Vec<Rule>> {
    let parsed: Vec<Option<Rule>> = rules.iter_mut().map(rule).collect();
    parsed.into_iter().collect()
}

fn rule(fields: &mut RuleFields) -> Option<Rule> {
    let path = checked(&mut fields.path, PathPattern::parse);
    // Nobody writes a method in two ways, so it is not asked for in the one that is meant.
    let methods = each_word(&mut fields.methods, |word| RuleMethod::parse(&word.to_ascii_uppercase()));
    let from = each_word(&mut fields.from, Network::parse);
    let allow = if fields.allow.kind == EVERYONE { Allow::Everyone } else { Allow::Roles(names(&fields.roles)) };
    Some(Rule { path: path?, methods: methods?, from: from?, preflight: fields.preflight, allow })
}

/// The nouns in a field, one a word; else what is wrong with the first that is none stands beside it.
fn each_word<T>(field: &mut Field, parse: impl Fn(&str) -> Result<T, Invalid>) -> Option<Vec<T>> {
    let words = field.value.split([' ', ',']).filter(|word| !word.is_empty());
    let read: Result<Vec<T>, String> = words.map(|word| parse(word).map_err(|why| format!("{word}: {why}"))).collect();
    read.map_err(|why| field.error = Some(why)).ok()
}

fn words(items: &[impl ToString]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}
