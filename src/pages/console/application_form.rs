//! The form that publishes or changes an application.

mod connection;

use serde::Serialize;

use super::{Field, Picked, Shell, Tested};
use crate::pages::{Page, PageError, Pages};

pub use connection::ConnectionFields;

/// The form of an application.
#[derive(Clone, Debug, Serialize)]
pub struct ApplicationForm {
    /// What stands around it.
    pub shell: Shell,
    /// The state it was made from.
    pub seen: Option<String>,
    /// The id, where it is still to be chosen.
    pub id: Option<Field>,
    /// The name.
    pub name: Field,
    /// Public hosts, one a line.
    pub hosts: Field,
    /// The upstreams, one a line.
    pub upstream: Field,
    /// How that is spoken to.
    pub connection: ConnectionFields,
    /// Where it may be, for who may say so.
    pub reach: Option<Picked>,
    /// What became of a test of the upstreams.
    pub tested: Vec<Tested>,
    /// `every` role, or `some`.
    pub who: Picked,
    /// The organization's roles, and which are ticked.
    pub roles: Vec<TickedRole>,
    /// What differs by path, in order.
    pub rules: Vec<RuleFields>,
    /// What is wrong with the rules as a whole.
    pub rules_error: Option<String>,
    /// Whether CORS preflights pass where no rule matches.
    pub preflight: bool,
    /// The header preset.
    pub headers: Picked,
    /// Whether the upstream sees the public host in `Host`.
    pub pass_host: bool,
    /// Origins beside its own, one a line.
    pub origins: Field,
    /// Whether it takes tokens issued here.
    pub tokens: bool,
    /// The issuers whose access tokens it takes, one a line.
    pub issuers: Field,
    /// Whether programs may enter where another proxy asks, too.
    pub behind_proxy: bool,
    /// Where it is sent.
    pub action: String,
    /// Where to go instead.
    pub cancel: String,
}

/// A role that can be ticked.
#[derive(Clone, Debug, Serialize)]
pub struct TickedRole {
    /// Its name.
    pub name: String,
    /// Whether it is.
    pub ticked: bool,
}

/// The fields of a rule.
#[derive(Clone, Debug, Serialize)]
pub struct RuleFields {
    /// The paths.
    pub path: Field,
    /// The methods, one a word; none: every method.
    pub methods: Field,
    /// The networks, one a word; none: everywhere.
    pub from: Field,
    /// Whether CORS preflights about them pass.
    pub preflight: bool,
    /// `everyone`, or holders of `roles`.
    pub allow: Picked,
    /// The organization's roles, and which are ticked.
    pub roles: Vec<TickedRole>,
}

impl Pages {
    /// The form of an application.
    ///
    /// # Errors
    /// When the template fails.
    pub fn application_form(&self, page: &ApplicationForm) -> Result<String, PageError> {
        self.render(page)
    }
}

impl Page for ApplicationForm {
    const TEMPLATE: &'static str = "console/application_form.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let roles = |ticked: &str| {
            let role = |name: &str| TickedRole { name: name.into(), ticked: ticked == name };
            vec![role("Admin"), role("Member")]
        };
        let rule = |path, allow, ticked| RuleFields {
            path,
            methods: Field::default(),
            from: Field::default(),
            preflight: false,
            allow: Picked::of(allow),
            roles: roles(ticked),
        };
        let office = RuleFields {
            methods: Field::of("POST PUT"),
            from: Field::wrong("10.0.0.0/33", "a network is an IP address or a CIDR"),
            preflight: true,
            ..rule(Field::of("/api/*"), "roles", "Member")
        };
        let new = Self {
            shell: Shell::sample_of_organization(),
            seen: None,
            id: Some(Field::wrong("Wiki", "an id is lower-case letters")),
            name: Field::of("Wiki"),
            hosts: Field::wrong("wiki.example.com", "is taken"),
            upstream: Field::wrong("http://10.1.2.3:3000", "is not allotted"),
            connection: ConnectionFields::sample(),
            reach: Some(Picked::of("anywhere")),
            tested: Tested::samples(),
            who: Picked::of("some"),
            roles: roles("Member"),
            rules: vec![
                rule(Field::wrong("/admin", "is never reached"), "roles", "Admin"),
                rule(Field::of("/public/*"), "everyone", ""),
                office,
            ],
            rules_error: Some("at most 64 rules".into()),
            preflight: true,
            headers: Picked::of("remote"),
            pass_host: true,
            origins: Field::of("https://app.example.com"),
            tokens: true,
            behind_proxy: true,
            issuers: Field::wrong("CI", "an id is lower-case letters"),
            action: "/console/organizations/home-lab/applications/_new".into(),
            cancel: "/console/organizations/home-lab/applications".into(),
        };
        let edit = Self {
            seen: Some("0a1b".into()),
            id: None,
            reach: None,
            rules: Vec::new(),
            rules_error: None,
            preflight: false,
            connection: ConnectionFields::default(),
            pass_host: false,
            tokens: false,
            behind_proxy: false,
            tested: Tested::samples(),
            who: Picked { error: Some("choose".into()), ..Picked::of("every") },
            ..new.clone()
        };
        vec![new, Self { tested: Vec::new(), ..edit.clone() }, edit]
    }
}
