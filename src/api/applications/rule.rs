//! What holds on some of an application's paths, as text.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::schema::RoleText;
use crate::identity::{Allow, Network, PathPattern, RoleName, Rule, RuleMethod};

/// What holds on some paths. A rule matches by path and method alone.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleText {
    /// `/exact/path` or `/prefix/*`.
    #[schemars(with = "String")]
    path: PathPattern,
    /// The methods, in upper case; `GET` is `HEAD` too. None named: every method.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    methods: Vec<RuleMethod>,
    /// The networks that clients must be in, such as `10.0.0.0/8`; from elsewhere nobody passes. None named: everywhere.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    from: Vec<Network>,
    /// Whether CORS preflights about these paths and methods pass, without cookies and as nobody's.
    #[serde(default)]
    preflight: bool,
    /// The roles that may enter; null: everyone, signed in or not.
    #[schemars(with = "Option<Vec<RoleText>>")]
    roles: Option<Vec<RoleName>>,
}

impl From<&Rule> for RuleText {
    fn from(rule: &Rule) -> Self {
        let Rule { path, methods, from, preflight, allow } = rule.clone();
        let roles = match allow {
            Allow::Everyone => None,
            Allow::Roles(roles) => Some(roles),
        };
        Self { path, methods, from, preflight, roles }
    }
}

impl RuleText {
    /// The rule that it says.
    pub(super) fn rule(self) -> Rule {
        let Self { path, methods, from, preflight, roles } = self;
        Rule { path, methods, from, preflight, allow: roles.map_or(Allow::Everyone, Allow::Roles) }
    }
}
