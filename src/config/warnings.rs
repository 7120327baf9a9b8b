//! What is allowed and yet seldom meant.

use crate::identity::{IdpSpec, PolicyText};

use super::problem::Problem;
use super::settings::Settings;

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
        let idps = self.declaration.idps.iter().filter_map(|idp| self.of_idp(idp));
        proxies.into_iter().chain(idps).collect()
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

fn warning(path: &str, message: &str) -> Problem {
    Problem { path: path.to_owned(), place: String::new(), message: message.to_owned() }
}
