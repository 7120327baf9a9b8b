//! Applications: public hosts in front of an upstream, and who may enter.

mod authorities;
mod connection;
mod health_check;
mod machines;
mod path_pattern;
mod path_prefix;
mod rule;
mod time_limit;
mod upgrade_protocol;
mod upstream_protocol;
mod upstreams;

use serde::{Deserialize, Serialize};
use url::{Origin, Url};

use super::{Allotment, ApplicationId, ApplicationKey, Host, Invalid, OrganizationId, OrganizationKey, RoleName};

pub use authorities::{Authorities, MAX_AUTHORITIES};
pub use connection::Connection;
pub use health_check::{CheckPath, HealthCheck, in_a_row};
pub use machines::Machines;
pub use path_pattern::{PathPattern, PathPatterns};
pub use path_prefix::PathPrefix;
pub use rule::{Allow, Rule, RuleMethod};
pub use time_limit::TimeLimit;
pub use upgrade_protocol::UpgradeProtocol;
pub use upstream_protocol::UpstreamProtocol;
pub use upstreams::{UpstreamUrl, Upstreams};

/// Which headers tell an application who its user is. The signed assertion goes along with each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeaderPreset {
    /// `Remote-User`, `Remote-Groups`, `Remote-Email`, `Remote-Name`.
    #[default]
    Remote,
    /// `X-Forwarded-User`, `-Groups`, `-Email`, `-Preferred-Username`.
    XForwarded,
    /// `X-Auth-Request-User`, `-Groups`, `-Email`, `-Preferred-Username`.
    XAuthRequest,
    /// The assertion alone.
    None,
}

/// An origin in the form browsers send it (RFC 6454, 6.2).
///
/// # Errors
/// When it is none.
pub fn web_origin(text: &str) -> Result<String, Invalid> {
    let invalid = || Invalid::new("an origin is a scheme and a host, such as https://app.example.com, without a path");
    let url = Url::parse(text).map_err(|_| invalid())?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if !bare || !url.username().is_empty() || url.password().is_some() {
        return Err(invalid());
    }
    match url.origin() {
        origin @ Origin::Tuple(..) if matches!(url.scheme(), "http" | "https") => Ok(origin.ascii_serialization()),
        _ => Err(invalid()),
    }
}

/// Where an application may be, and its upstream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// Wherever it says: a server admin or the configuration file published it.
    #[default]
    Anywhere,
    /// Within what is allotted to its organization, whose admins published it. Its hosts are served, and its upstream
    /// connected to, only as far as the allotment holds them at that moment.
    Allotted,
}

/// An application as it is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationSpec {
    /// Its slug.
    pub id: ApplicationId,
    /// The organization that owns it.
    pub organization: OrganizationId,
    /// What people call it.
    pub name: String,
    /// Its public hosts.
    pub hosts: Vec<Host>,
    /// Where its requests go.
    pub upstream: Upstreams,
    /// The roles that may enter; absent: every role of the organization.
    pub roles: Option<Vec<RoleName>>,
    /// How it is told who its user is.
    pub headers: HeaderPreset,
    /// Whether the upstream sees the public host in `Host`, or its own authority.
    pub pass_host: bool,
    /// Origins beside its own whose pages may open WebSockets with a session, such as `https://app.example.com`.
    pub allowed_origins: Vec<String>,
    /// What differs by path and method; the first match wins.
    pub rules: Vec<Rule>,
    /// Whether a CORS preflight passes where no rule holds.
    #[serde(default)]
    pub preflight: bool,
    /// Where it may be.
    #[serde(default)]
    pub reach: Reach,
    /// How its upstream is spoken to.
    #[serde(default)]
    pub connection: Connection,
    /// How programs may enter.
    #[serde(default)]
    pub machines: Machines,
}

impl ApplicationSpec {
    /// The path at which browsers find it.
    pub fn entrance(&self) -> String {
        format!("{}/", self.connection.strip_prefix.as_ref().map_or("", PathPrefix::as_str))
    }
}

/// A live application.
#[derive(Clone, Debug)]
pub struct Application {
    /// Its row.
    pub key: ApplicationKey,
    /// The organization that owns it.
    pub organization: OrganizationKey,
    /// What is written down of it.
    pub spec: ApplicationSpec,
    /// Whether the configuration file declares it.
    pub declared: bool,
}

impl Application {
    /// The hosts it is served at, where that is allotted to its organization.
    pub fn served<'a>(&'a self, allotment: &'a Allotment) -> impl Iterator<Item = &'a Host> {
        let may = |host: &&Host| match self.spec.reach {
            Reach::Anywhere => true,
            Reach::Allotted => allotment.holds_host(host),
        };
        self.spec.hosts.iter().filter(may)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_what_browsers_send() {
        let told = web_origin("https://App.Example.com:443/");
        assert_eq!(told.as_deref(), Ok("https://app.example.com"));
        for bad in ["null", "app.example.com", "https://a/b", "https://u@a", "ftp://a", "file:///a", "https://a?b"] {
            assert!(web_origin(bad).is_err(), "{bad}");
        }
    }
}
