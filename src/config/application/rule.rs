//! `[[application.rule]]`.

use crate::config::list::{At, values as plain};
use crate::config::section::Section;
use crate::identity::{Allow, Network, PathPattern, RoleName, Rule, RuleMethod};

/// One rule, as far as it could be read.
pub(in crate::config) struct RuleDraft {
    pub(in crate::config) path: String,
    pub(in crate::config) roles: Vec<At<RoleName>>,
    pub(in crate::config) rule: Option<Rule>,
}

/// Reads a rule.
pub(super) fn rule(mut section: Section<'_>) -> RuleDraft {
    let path = section.path.clone();
    let pattern = section.required("path", "write the path it is about, such as /admin/*", PathPattern::parse);
    let before = section.report.count();
    let everyone = section.text("allow", |text| match text {
        "everyone" => Ok(()),
        _ => Err("`everyone` is the only word here; to let in some, write roles = […] instead"),
    });
    let roles =
        section.full_list("roles", "name the roles that may enter, or write allow = \"everyone\"", RoleName::parse);
    if section.report.count() == before {
        match (&everyone, &roles) {
            (Some(()), Some(_)) => section.refuse("allow", "stands beside `roles`; keep one of them"),
            (None, None) => {
                section.report.refuse(&path, "does not say who may enter; write roles = […] or allow = \"everyone\"");
            }
            _ => {}
        }
    }
    let methods = section.full_list("methods", "leave it out for every method", RuleMethod::parse);
    let from = section.full_list("from", "leave it out for clients from everywhere", Network::parse);
    let preflight = section.flag("preflight", false);
    section.finish();
    let allow = match (everyone, &roles) {
        (Some(()), None) => Some(Allow::Everyone),
        (None, Some(roles)) => Some(Allow::Roles(plain(roles))),
        _ => None,
    };
    let rule = pattern.zip(allow).map(|(path, allow)| Rule {
        path,
        methods: plain(&methods.unwrap_or_default()),
        from: plain(&from.unwrap_or_default()),
        preflight,
        allow,
    });
    RuleDraft { path, roles: roles.unwrap_or_default(), rule }
}
