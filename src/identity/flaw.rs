//! What is wrong with an application that no part of it can know of itself: whether all it says fits together, and
//! beside everything else that is live. The same for the console, the API, and the directory that keeps it.

use std::collections::HashSet;
use std::fmt;

use super::{Allow, ApplicationSpec, Host, Invalid, Organization, PublicUrl, Reach, RoleName, Rule, UpstreamUrl};

/// Most public hosts of one application: each is an entry in the table that every request is looked up in.
pub const MAX_HOSTS: usize = 32;
/// Most rules of one application: a request is held against them one after the other.
pub const MAX_RULES: usize = 64;
/// Most methods and networks of one rule: they are gone through as the rules are.
pub const MAX_METHODS: usize = 32;
/// See [`MAX_METHODS`].
pub const MAX_NETWORKS: usize = 64;
/// Most origins allowed beside its own.
pub const MAX_ORIGINS: usize = 32;

/// The part of an application that something is wrong with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Its public hosts.
    Hosts,
    /// Its upstream.
    Upstream,
    /// The roles that may enter.
    Roles,
    /// The origins allowed beside its own.
    AllowedOrigins,
    /// All its rules.
    Rules,
    /// One of its rules, counted from 0.
    Rule(usize),
}

/// Something that is wrong with an application, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// With which part.
    pub part: Part,
    /// What, in words for whoever wrote it.
    pub what: String,
}

/// As the file writes it.
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hosts => f.write_str("hosts"),
            Self::Upstream => f.write_str("upstream"),
            Self::Roles => f.write_str("roles"),
            Self::AllowedOrigins => f.write_str("allowed_origins"),
            Self::Rules => f.write_str("rule"),
            Self::Rule(index) => write!(f, "rule[{index}]"),
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.part, self.what)
    }
}

/// Where an application is to be.
#[derive(Clone, Debug)]
pub struct Site<'a> {
    /// The organization it belongs to.
    pub organization: &'a Organization,
    /// Every other application that is live.
    pub others: Vec<&'a ApplicationSpec>,
}

impl Site<'_> {
    /// Everything that is wrong with an application here; nothing is told of other organizations but that a name is
    /// taken.
    pub fn flaws(&self, spec: &ApplicationSpec) -> Vec<Flaw> {
        let mut flaws = Flaws(Vec::new());
        self.hosts(spec, &mut flaws);
        if spec.reach == Reach::Allotted {
            let outside = |upstream: &&UpstreamUrl| !self.organization.allotment.may_hold(upstream);
            for upstream in spec.upstream.iter().filter(outside) {
                flaws.add(Part::Upstream, format!("`{upstream}`: {}", self.allotted_networks()));
            }
        }
        if spec.allowed_origins.len() > MAX_ORIGINS {
            flaws.add(Part::AllowedOrigins, format!("at most {MAX_ORIGINS} origins"));
        }
        let all: Vec<&RoleName> = self.organization.roles.iter().map(|role| &role.name).collect();
        let entering: Vec<&RoleName> = match &spec.roles {
            None => all,
            Some(roles) => {
                if roles.is_empty() {
                    flaws.add(Part::Roles, "choose at least one role, or let in every role".to_owned());
                }
                for role in roles.iter().filter(|role| !all.contains(role)) {
                    let organization = &self.organization.name;
                    flaws.add(Part::Roles, format!("there is no role `{role}` in {organization}; add it there first"));
                }
                roles.iter().collect()
            }
        };
        rules(&spec.rules, &entering, &mut flaws);
        flaws.0
    }

    fn hosts(&self, spec: &ApplicationSpec, flaws: &mut Flaws) {
        if spec.hosts.is_empty() || spec.hosts.len() > MAX_HOSTS {
            flaws.add(Part::Hosts, format!("name 1 to {MAX_HOSTS} public hosts, such as wiki.example.com"));
        }
        let taken: HashSet<&Host> = self.others.iter().flat_map(|other| &other.hosts).collect();
        let mut seen = HashSet::new();
        for host in &spec.hosts {
            if !seen.insert(host) {
                flaws.add(Part::Hosts, format!("`{host}` stands twice"));
            } else if spec.reach == Reach::Allotted && !self.organization.allotment.holds_host(host) {
                // Whether others have it, nobody learns who could not have it anyway.
                flaws.add(Part::Hosts, format!("`{host}` is not {}", self.allotted_hosts()));
            } else if taken.contains(host) {
                flaws.add(Part::Hosts, format!("`{host}` is taken; each host leads to one application"));
            }
        }
    }

    fn allotted_hosts(&self) -> String {
        match &*self.organization.allotment.hosts {
            [] => "allotted: a server admin has to allot hosts to the organization first".to_owned(),
            hosts => format!("below a host allotted to the organization: {}", listed(hosts)),
        }
    }

    fn allotted_networks(&self) -> String {
        match &*self.organization.allotment.upstreams {
            [] => "a server admin has to allot networks to the organization first".to_owned(),
            networks => format!("has to be in a network allotted to the organization: {}", listed(networks)),
        }
    }
}

impl PublicUrl {
    /// Whether an application can be served at that host beside us.
    ///
    /// # Errors
    /// When it is ours, or would be served over plain http where others can read.
    pub fn admits(&self, host: &Host) -> Result<(), Invalid> {
        if host == self.host() {
            return Err(Invalid::new(format!("`{host}` is the sign-in host; give the application its own host")));
        }
        if !self.is_https() && !host.is_loopback() {
            let why = format!("`{host}` would be served over plain http like the sign-in host; use *.localhost");
            return Err(Invalid::new(why));
        }
        Ok(())
    }
}

struct Flaws(Vec<Flaw>);

impl Flaws {
    fn add(&mut self, part: Part, what: String) {
        self.0.push(Flaw { part, what });
    }
}

fn rules(rules: &[Rule], entering: &[&RoleName], flaws: &mut Flaws) {
    if rules.len() > MAX_RULES {
        flaws.add(Part::Rules, format!("at most {MAX_RULES} rules"));
    }
    for (index, rule) in rules.iter().enumerate().take(MAX_RULES) {
        let part = Part::Rule(index);
        let before = || rules[..index].iter();
        if let Some(earlier) = before().find(|earlier| rule.is_hidden_behind([*earlier].into_iter())) {
            let what = format!("is never reached, since {} matches all of it; put this rule before it", earlier.path);
            flaws.add(part, what);
        } else if rule.is_hidden_behind(before()) {
            flaws.add(
                part,
                "is never reached: those before it match all its methods; put this rule before them".to_owned(),
            );
        }
        if rule.methods.len() > MAX_METHODS || rule.from.len() > MAX_NETWORKS {
            flaws.add(part, format!("at most {MAX_METHODS} methods and {MAX_NETWORKS} networks"));
        }
        if let Allow::Roles(roles) = &rule.allow {
            if roles.is_empty() {
                flaws.add(part, "choose the roles that may enter".to_owned());
            }
            for role in roles.iter().filter(|role| !entering.contains(role)) {
                flaws.add(part, format!("`{role}` may not enter the application at all: a rule only narrows"));
            }
        }
    }
}

fn listed(items: &[impl fmt::Display]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
