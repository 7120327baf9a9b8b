//! Applications: public hosts in front of an upstream, and who may enter.

mod connection;
mod time_limit;
mod upstreams;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use url::{Origin, Url};

mod machines;

pub use machines::Machines;

use super::{
    Allotment, ApplicationId, ApplicationKey, Host, Invalid, OrganizationId, OrganizationKey, RoleName, text_noun,
};

pub use connection::Connection;
pub use time_limit::TimeLimit;
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

/// The paths a rule speaks of: exactly one path, or everything below a prefix that ends in `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPattern(Arc<str>);

impl PathPattern {
    /// Parses `/exact/path` or `/prefix/*`.
    ///
    /// # Errors
    /// When it does not start with `/`, has `*` elsewhere than as its last segment, or is no path a request can have.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let fixed = text.strip_suffix('*').unwrap_or(text);
        if fixed.contains('*') || (fixed.len() != text.len() && !fixed.ends_with('/')) {
            return Err(Invalid::new("`*` stands only as the last segment, as in /admin/*"));
        }
        let printable = |c: char| c.is_ascii_graphic() && !matches!(c, '?' | '#' | '\\' | '%' | ';');
        let dotted = fixed.split('/').any(|segment| matches!(segment, "." | ".."));
        if !fixed.starts_with('/') || dotted || fixed.contains("//") || !fixed.chars().all(printable) {
            return Err(Invalid::new(
                "a path starts with / and is written plainly: no query, percent-encoding, `//`, `.` or `..` segment, \
                 backslash, semicolon or space",
            ));
        }
        Ok(Self(text.into()))
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the pattern speaks of `path`, a percent-decoded path. Case counts.
    pub fn matches(&self, path: &[u8]) -> bool {
        match self.0.strip_suffix('*') {
            Some(prefix) => path.starts_with(prefix.as_bytes()),
            None => path == self.0.as_bytes(),
        }
    }

    /// Whether it speaks of every path that `later` speaks of, so that a rule behind it is never reached.
    pub fn covers(&self, later: &Self) -> bool {
        match self.0.strip_suffix('*') {
            Some(prefix) => later.0.starts_with(prefix),
            None => self == later,
        }
    }
}

text_noun!(PathPattern);

/// Who may enter where a rule matches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Allow {
    /// Everyone, signed in or not.
    Everyone,
    /// Holders of one of these roles, all of them among the application's.
    Roles(Vec<RoleName>),
}

/// What holds on some of an application's paths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The paths.
    pub path: PathPattern,
    /// Who may enter.
    pub allow: Allow,
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
    /// What differs by path; the first match wins.
    pub rules: Vec<Rule>,
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
