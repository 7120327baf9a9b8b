//! What others write, one click away.

use crate::identity::PolicyText;
use crate::pages::Example;

struct Recipe {
    title: &'static str,
    org: Option<&'static str>,
    role: Option<&'static str>,
    /// Whether it says something in an organization's own policy.
    own: bool,
}

/// The recipes of the manual that need no explanation.
const RECIPES: [Recipe; 8] = [
    Recipe {
        title: "Groups are named like organizations; a group makes admins",
        org: Some("contains(groups, '{{orgId}}')"),
        role: Some("contains(groups, 'admin') && 'Admin' || 'Member'"),
        own: true,
    },
    Recipe {
        title: "One group opens one organization",
        org: Some("contains(groups, 'engineering') && 'home-lab'"),
        role: Some("'Member'"),
        own: false,
    },
    Recipe {
        title: "One group belongs",
        org: Some("contains(groups, 'engineering')"),
        role: Some("'Member'"),
        own: true,
    },
    Recipe {
        title: "The role is part of the group's name",
        org: Some("contains(groups, 'team:{{orgId}}') || contains(groups, 'team:{{orgId}}:admin')"),
        role: Some("contains(groups, 'team:{{orgId}}:admin') && 'Admin' || 'Member'"),
        own: true,
    },
    Recipe {
        title: "Several roles at once",
        org: Some("contains(groups, '{{orgId}}')"),
        role: Some("['Member', contains(groups, 'admin') && 'Admin', contains(groups, 'writers') && 'Editor']"),
        own: true,
    },
    Recipe {
        title: "By the domain of a verified address",
        org: Some("email_verified == `true` && matches_domain(email, 'example.com')"),
        role: Some("'Member'"),
        own: true,
    },
    Recipe {
        title: "The provider names the roles",
        org: Some("contains(groups, '{{orgId}}')"),
        role: Some("roles"),
        own: true,
    },
    Recipe { title: "Everybody who signs in", org: Some("`true`"), role: Some("'Member'"), own: true },
];

/// Those that make sense there.
pub(super) fn shown(own: bool) -> Vec<Example> {
    let shown = RECIPES.iter().filter(|recipe| recipe.own || !own);
    let example = |recipe: &Recipe| Example {
        title: recipe.title.to_owned(),
        org: recipe.org.map(str::to_owned),
        role: recipe.role.map(str::to_owned),
    };
    shown.map(example).collect()
}

/// The one of that number among those shown.
pub(super) fn text(number: &str, own: bool) -> Option<PolicyText> {
    let example = shown(own).into_iter().nth(number.parse().ok()?)?;
    Some(PolicyText { org: example.org, role: example.role })
}
