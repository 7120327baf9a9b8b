//! Applications: those of an organization, and one of them with what its upstream will receive.

use serde::Serialize;

use super::Shell;
use crate::pages::{Page, PageError, Pages};

/// The applications of an organization.
#[derive(Clone, Debug, Serialize)]
pub struct Applications {
    /// What stands around it.
    pub shell: Shell,
    /// All of them, in order of id.
    pub rows: Vec<ListedApplication>,
    /// Where one is published, for who may.
    pub publish: Option<String>,
}

/// An application in the list.
#[derive(Clone, Debug, Serialize)]
pub struct ListedApplication {
    /// Where its page is.
    pub href: String,
    /// Its slug.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its public hosts.
    pub hosts: Vec<String>,
    /// Where its requests go.
    pub upstreams: Vec<String>,
    /// The roles that may enter; none named: all.
    pub roles: Vec<String>,
    /// Whether the file declares it.
    pub declared: bool,
}

/// One application.
#[derive(Clone, Debug, Serialize)]
pub struct ApplicationPage {
    /// What stands around it.
    pub shell: Shell,
    /// Where it is, as a path.
    pub base: String,
    /// Its slug.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its public hosts.
    pub hosts: Vec<ServedHost>,
    /// Where its requests go.
    pub upstreams: Vec<UpstreamFacts>,
    /// Whether it has to keep to what is allotted to its organization.
    pub allotted: bool,
    /// The roles that may enter; none named: all.
    pub roles: Vec<String>,
    /// What differs by path and method, in order.
    pub rules: Vec<RuleFacts>,
    /// Whether CORS preflights pass where no rule matches.
    pub preflight: bool,
    /// The header preset, in words.
    pub headers: &'static str,
    /// Whether the upstream sees the public host in `Host`.
    pub pass_host: bool,
    /// Origins beside its own that may open WebSockets.
    pub origins: Vec<String>,
    /// What the upstream would receive.
    pub sample: Option<RequestSample>,
    /// What became of a test of its upstreams.
    pub tested: Vec<Tested>,
    /// Whether the file declares it.
    pub declared: bool,
}

/// A public host.
#[derive(Clone, Debug, Serialize)]
pub struct ServedHost {
    /// The host.
    pub host: String,
    /// Where browsers find it.
    pub href: String,
    /// Whether it is served; one that is not allotted any more is not.
    pub served: bool,
}

/// An upstream, as this process knows it.
#[derive(Clone, Debug, Serialize)]
pub struct UpstreamFacts {
    /// Where it is.
    pub url: String,
    /// How it is.
    pub state: UpstreamWord,
}

/// How an upstream is.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum UpstreamWord {
    /// Nothing is known of it.
    Unknown,
    /// It takes part.
    Up,
    /// It is left out as long as another one is up.
    Down {
        /// Why.
        why: String,
    },
}

/// A rule.
#[derive(Clone, Debug, Serialize)]
pub struct RuleFacts {
    /// The paths.
    pub path: String,
    /// The methods; none named: all.
    pub methods: Vec<String>,
    /// The networks that clients must be in; none named: everywhere.
    pub from: Vec<String>,
    /// Whether CORS preflights pass.
    pub preflight: bool,
    /// The roles that may enter; none named: everyone.
    pub roles: Vec<String>,
}

/// A request as the upstream would receive it.
#[derive(Clone, Debug, Serialize)]
pub struct RequestSample {
    /// Its first line.
    pub line: String,
    /// Names and values of its headers.
    pub headers: Vec<(String, String)>,
    /// The name of the header with the assertion, and what that says, as JSON.
    pub assertion: Option<(String, String)>,
}

/// What became of a test of an upstream.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Tested {
    /// It answered.
    Answered {
        /// Which one.
        upstream: String,
        /// With which status.
        status: String,
        /// How long that took, in milliseconds.
        millis: u64,
    },
    /// It did not.
    Failed {
        /// Which one.
        upstream: String,
        /// Why, and what to do.
        why: String,
    },
    /// Nothing was asked: this admin tries too much in too little time.
    TooSoon {
        /// After how many seconds the next test will do.
        seconds: u64,
    },
}

#[cfg(test)]
impl Tested {
    /// One that answered, and one that did not.
    pub(super) fn samples() -> Vec<Self> {
        let answered = Self::Answered { upstream: "http://10.1.2.3:3000".into(), status: "200 OK".into(), millis: 12 };
        let failed = Self::Failed { upstream: "http://10.1.2.4:3000".into(), why: "it is not there".into() };
        vec![answered, failed, Self::TooSoon { seconds: 12 }]
    }
}

impl Pages {
    /// The applications of an organization.
    ///
    /// # Errors
    /// When the template fails.
    pub fn applications(&self, page: &Applications) -> Result<String, PageError> {
        self.render(page)
    }

    /// One application.
    ///
    /// # Errors
    /// When the template fails.
    pub fn application(&self, page: &ApplicationPage) -> Result<String, PageError> {
        self.render(page)
    }
}

impl Page for Applications {
    const TEMPLATE: &'static str = "console/applications.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let row = |id: &str, roles: Vec<String>, declared| ListedApplication {
            href: format!("/console/organizations/home-lab/applications/{id}"),
            id: id.into(),
            name: format!("The {id}"),
            hosts: vec![format!("{id}.example.com"), format!("{id}.example.org")],
            upstreams: vec!["http://10.1.2.3:3000".into(), "http://10.1.2.4:3000".into()],
            roles,
            declared,
        };
        let full = Self {
            shell: Shell::sample_of_organization(),
            rows: vec![row("wiki", vec!["Admin".into(), "Member".into()], false), row("vault", Vec::new(), true)],
            publish: Some("/console/organizations/home-lab/applications/_new".into()),
        };
        let none = Self { rows: Vec::new(), ..full.clone() };
        vec![Self { publish: None, ..full.clone() }, Self { publish: None, ..none.clone() }, full, none]
    }
}

impl Page for ApplicationPage {
    const TEMPLATE: &'static str = "console/application.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let host = |host: &str, served| ServedHost { host: host.into(), href: format!("https://{host}"), served };
        let rule = |path: &str, roles| RuleFacts {
            path: path.into(),
            methods: Vec::new(),
            from: Vec::new(),
            preflight: false,
            roles,
        };
        let office = RuleFacts {
            methods: vec!["GET".into(), "POST".into()],
            from: vec!["10.0.0.0/8".into(), "fd00::/8".into()],
            preflight: true,
            ..rule("/api/*", vec!["Member".into()])
        };
        let full = Self {
            shell: Shell::sample_of_organization(),
            base: "/console/organizations/home-lab/applications".into(),
            id: "wiki".into(),
            name: "Wiki".into(),
            hosts: vec![host("wiki.example.com", true), host("wiki.example.org", false)],
            upstreams: vec![
                UpstreamFacts { url: "http://10.1.2.3:3000".into(), state: UpstreamWord::Up },
                UpstreamFacts {
                    url: "http://10.1.2.4:3000".into(),
                    state: UpstreamWord::Down { why: "it is gone".into() },
                },
            ],
            allotted: true,
            roles: vec!["Admin".into(), "Member".into()],
            rules: vec![rule("/public/*", Vec::new()), rule("/admin/*", vec!["Admin".into()]), office],
            preflight: true,
            headers: "Remote-User, Remote-Groups, Remote-Email, Remote-Name",
            pass_host: true,
            origins: vec!["https://app.example.com".into()],
            sample: Some(RequestSample {
                line: "GET / HTTP/1.1".into(),
                headers: vec![("host".into(), "wiki.example.com".into()), ("remote-user".into(), "alice".into())],
                assertion: Some(("x-vestibule-assertion".into(), "{ sub: 1 }".into())),
            }),
            tested: Tested::samples(),
            declared: false,
        };
        let sample = full.sample.clone().map(|sample| RequestSample { assertion: None, ..sample });
        let anonymous = Self { sample, tested: Vec::new(), ..full.clone() };
        let bare = Self {
            roles: Vec::new(),
            rules: Vec::new(),
            origins: Vec::new(),
            sample: None,
            tested: Tested::samples().split_off(1),
            upstreams: vec![UpstreamFacts { url: "http://10.1.2.4:3000".into(), state: UpstreamWord::Unknown }],
            allotted: false,
            pass_host: false,
            declared: true,
            ..full.clone()
        };
        vec![full, anonymous, bare]
    }
}
