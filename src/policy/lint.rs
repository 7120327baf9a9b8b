//! What is allowed in a policy and yet seldom meant. Pure; nothing here keeps a policy from being used.

use super::selector::Selector;
use crate::identity::{OrganizationId, RoleName};

/// An organization that a selector decides about, and its roles.
pub type Judged<'a> = (&'a OrganizationId, &'a [RoleName]);

/// What is odd about an org selector that decides about these organizations.
pub fn lint_org(text: &str, about: &[Judged<'_>]) -> Option<String> {
    let constant = Selector::parse(text).ok()?.constant()?;
    if constant.is_true() {
        return Some("always matches: everybody who signs in belongs; is that meant?".to_owned());
    }
    let names: Vec<&str> = constant.texts().collect();
    if names.iter().any(|name| about.iter().any(|(id, _)| id.as_str() == *name)) {
        return None;
    }
    Some(match names.first() {
        Some(name) => format!("never matches: there is no organization `{name}` that it is asked for"),
        None => "never matches: it is neither true nor an organization's id, whatever the claims are".to_owned(),
    })
}

/// What is odd about a role selector that decides about these organizations: names it may return that none of them has.
pub fn lint_role(text: &str, about: &[Judged<'_>]) -> Vec<String> {
    let Ok(selector) = Selector::parse(text) else { return Vec::new() };
    let is_role = |name: &String| about.iter().any(|(_, roles)| roles.iter().any(|role| role.as_str() == name));
    let unknown = selector.literals().into_iter().filter(|name| !is_role(name));
    let of = match about {
        [(id, _)] => format!("{id} has no such role"),
        _ => "no organization that it is asked for has such a role".to_owned(),
    };
    unknown.map(|name| format!("may return `{name}`, but {of}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_and_names_that_nobody_has_are_told() {
        let id = OrganizationId::parse("home-lab").unwrap();
        let roles = [RoleName::parse("Admin").unwrap(), RoleName::parse("Member").unwrap()];
        let about = [(&id, roles.as_slice())];
        let org = |text| lint_org(text, &about);
        assert!(org("`true`").unwrap().starts_with("always matches"));
        assert!(org("'home'").unwrap().contains("no organization `home`"));
        assert!(org("`false`").unwrap().starts_with("never matches"));
        for fine in
            ["'home-lab'", "['x', 'home-lab']", "groups", "contains(groups, '{{orgId}}')", "'{{orgId}}'", "no ("]
        {
            assert_eq!(org(fine), None, "{fine}");
        }
        let role = |text| lint_role(text, &about);
        assert_eq!(role("contains(groups, 'x') && 'Boss' || 'Member'").len(), 1);
        assert_eq!(role("['Admin', a && 'Owner', `[\"Guest\"]`]").len(), 1);
        assert_eq!(role("`[\"Guest\", \"Owner\"]`").len(), 2);
        for fine in ["'Admin'", "roles", "contains(groups, 'admin') && 'Admin'", "'Boss' && 'Admin'"] {
            assert_eq!(role(fine), Vec::<String>::new(), "{fine}");
        }
        assert!(role("'Boss'")[0].contains("home-lab has no such role"));
    }
}
