//! What is allowed and yet seldom meant.

use http::Method;

use crate::identity::{Allow, ApplicationSpec, IdpSpec, PolicyText, Rule};

use super::problem::Problem;
use super::settings::Settings;
use crate::policy::{Judged, lint_org, lint_role};

impl Settings {
    /// What an admin should know of a configuration that is right. Nothing here keeps it from being used.
    pub fn warnings(&self) -> Vec<Problem> {
        let everybody = self.server.trusted_proxies.iter().any(|network| network.prefix_len() == 0);
        let proxies = everybody.then(|| {
            warning(
                "server.trusted_proxies",
                "holds every address, so anybody can pretend to be another; name the proxies",
            )
        });
        let nobody_asks = self.server.trusted_proxies.is_empty() && self.server.forward_auth.secret.is_none();
        let unasked = self.declaration.applications.iter().filter(|one| nobody_asks && one.upstream.is_none());
        let unasked = unasked.map(|one| {
            warning(
                &format!("application.{}.upstream", one.id),
                "is none, yet no other proxy may ask who may pass; name it in server.trusted_proxies",
            )
        });
        let idps = self.declaration.idps.iter().filter_map(|idp| self.of_idp(idp));
        let applications = self.declaration.applications.iter().flat_map(of_application);
        proxies.into_iter().chain(unasked).chain(idps).chain(self.of_policies()).chain(applications).collect()
    }

    /// What is odd about selectors, each asked for the organizations that it decides about.
    fn of_policies(&self) -> Vec<Problem> {
        let organizations = &self.declaration.organizations;
        let mut warnings = Vec::new();
        for idp in &self.declaration.idps {
            let reached = organizations.iter().filter(|o| idp.owner.as_ref().is_none_or(|owner| *owner == o.id));
            let (mut org, mut role) = (Vec::new(), Vec::new());
            for organization in reached {
                let about: Judged<'_> = (&organization.id, &organization.roles);
                let own = organization.policies.iter().find(|policy| policy.idp == idp.id).map(|policy| &policy.text);
                let path = format!("organization.{}.policy.{}", organization.id, idp.id);
                match own.and_then(|text| text.org.as_ref()) {
                    Some(text) => warnings.extend(odd_org(&path, text, &[about])),
                    None => org.push(about),
                }
                match own.and_then(|text| text.role.as_ref()) {
                    Some(text) => warnings.extend(odd_role(&path, text, &[about])),
                    None => role.push(about),
                }
            }
            let path = format!("idp.{}.default_policy", idp.id);
            let default = &idp.default_policy;
            warnings.extend(default.org.iter().filter(|_| !org.is_empty()).flat_map(|text| odd_org(&path, text, &org)));
            let texts = default.role.iter().filter(|_| !role.is_empty());
            warnings.extend(texts.flat_map(|text| odd_role(&path, text, &role)));
        }
        warnings
    }

    fn of_idp(&self, idp: &IdpSpec) -> Option<Problem> {
        let policies = self.declaration.organizations.iter().flat_map(|organization| &organization.policies);
        let own = policies.filter(|policy| policy.idp == idp.id).map(|policy| &policy.text);
        let texts: Vec<&PolicyText> = own.chain([&idp.default_policy]).collect();
        let org = texts.iter().any(|text| text.org.is_some());
        let role = texts.iter().any(|text| text.role.is_some());
        let message = match (idp.auto_provision, org, role) {
            (true, false, _) => {
                "auto_provision is on, yet no policy has an org selector: nobody comes into an \
                                 organization; write default_policy.org or an [[organization.policy]]"
            }
            (true, true, false) => {
                "auto_provision is on, yet no policy has a role selector: nobody holds a role; write \
                                    default_policy.role or one in an [[organization.policy]]"
            }
            (false, false, false) | (true, true, true) => return None,
            (false, _, _) => {
                "its policies are not run while auto_provision is off; write auto_provision = true to use \
                              them"
            }
        };
        Some(warning(&format!("idp.{}", idp.id), message))
    }
}

/// The methods that change something in nearly every application.
const WRITING: [Method; 4] = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// Rules that narrow some methods of a path, where nothing is said of others that write.
fn of_application(application: &ApplicationSpec) -> Vec<Problem> {
    let left = |rule: &Rule| {
        let spoken_of = |method: &Method| {
            application.rules.iter().any(|other| other.path.covers(&rule.path) && other.speaks_of(method))
        };
        WRITING.into_iter().filter(|method| !spoken_of(method)).collect::<Vec<_>>()
    };
    let narrow = application.rules.iter().enumerate().filter(|(_, rule)| rule.allow != Allow::Everyone);
    let odd = narrow.filter(|(_, rule)| !rule.methods.is_empty()).filter_map(|(index, rule)| {
        let left = left(rule);
        let names: Vec<&str> = left.iter().map(Method::as_str).collect();
        let message = format!(
            "narrows some methods of {} and leaves {} to every role of the application; name them too, or write a rule \
             without methods behind it",
            rule.path,
            names.join(", ")
        );
        (!left.is_empty()).then(|| warning(&format!("application.{}.rule[{index}].methods", application.id), &message))
    });
    odd.collect()
}

fn odd_org(path: &str, text: &str, about: &[Judged<'_>]) -> Option<Problem> {
    lint_org(text, about).map(|odd| warning(&format!("{path}.org"), &odd))
}

fn odd_role(path: &str, text: &str, about: &[Judged<'_>]) -> Vec<Problem> {
    lint_role(text, about).iter().map(|odd| warning(&format!("{path}.role"), odd)).collect()
}

fn warning(path: &str, message: &str) -> Problem {
    Problem { path: path.to_owned(), place: String::new(), message: message.to_owned() }
}
