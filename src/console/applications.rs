//! `/console/organizations/{organization}/applications`: those of an organization, and one, with what its upstream will
//! receive.

pub(super) mod delete;
mod draft;
pub(super) mod form;
mod trial;

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};

use super::Console;
use super::answer::{Answer, page};
use super::failed::Failed;
use super::guard::{Posted, Visitor};
use super::propose::Hands;
use super::shell::Corner;
use crate::identity::{Allow, Application, Destination, HeaderPreset, Organization, Reach, Rule};
use crate::pages::{
    ApplicationPage, Applications, ListedApplication, RequestSample, RuleFacts, ServedHost, Shell, Tested,
    UpstreamFacts, UpstreamWord,
};
use crate::upstream::{ASSERTION_HEADER, Sample, UpstreamHealth, UpstreamState};

use trial::Trial;

/// `GET /console/organizations/{organization}/applications`
pub(super) async fn show_all(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let (organization, hands) = console.hands(&visitor, &id)?;
    let base = base(&organization);
    let live = console.live();
    let own = live.catalogue.applications.iter().filter(|one| one.organization == organization.key);
    let row = |application: &Application| ListedApplication {
        href: format!("{base}/{}", application.spec.id),
        id: application.spec.id.to_string(),
        name: application.spec.name.clone(),
        hosts: application.spec.hosts.iter().map(ToString::to_string).collect(),
        upstreams: application.spec.upstream.iter().map(ToString::to_string).collect(),
        roles: application.spec.roles.iter().flatten().map(ToString::to_string).collect(),
        declared: application.declared,
    };
    let shown = Applications {
        shell: console.shell_of(&visitor, &organization, Corner::Applications, query.as_deref()),
        rows: own.map(row).collect(),
        publish: may_publish(&organization, hands).then(|| format!("{base}/_new")),
    };
    Ok(page(console.web.pages.applications(&shown)))
}

/// `GET /console/organizations/{organization}/applications/{application}`
pub(super) async fn show(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path((organization, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Answer {
    let (organization, _) = console.hands(&visitor, &organization)?;
    let application = console.application(&organization, &id)?;
    let shell = console.shell_of(&visitor, &organization, Corner::Applications, query.as_deref());
    Ok(page(console.web.pages.application(&console.about(shell, &organization, &application, Vec::new()))))
}

/// `POST /console/organizations/{organization}/applications/{application}/test`. It changes nothing, so it answers with
/// the page itself.
pub(super) async fn test(
    State(console): State<Arc<Console>>,
    Path((organization, id)): Path<(String, String)>,
    posted: Posted,
) -> Answer {
    let (organization, _) = console.hands(&posted.visitor, &organization)?;
    let application = console.application(&organization, &id)?;
    let spec = &application.spec;
    let destinations = Destination::all_of(spec, &organization.allotment);
    let trial = Trial::of(&console, &posted.visitor, &destinations, spec.hosts.first(), spec.pass_host).await;
    let shell = console.shell_of(&posted.visitor, &organization, Corner::Applications, None);
    let about = console.about(shell, &organization, &application, trial.tested);
    Ok(trial::answer(trial.wait, console.web.pages.application(&about)))
}

/// Where an organization's applications are.
fn base(organization: &Organization) -> String {
    format!("/console/organizations/{}/applications", organization.id)
}

/// Whether there is a place where the application could be.
fn may_publish(organization: &Organization, hands: Hands<'_>) -> bool {
    hands.are_whole() || !organization.allotment.is_empty()
}

impl Console {
    /// An application of that organization.
    ///
    /// # Errors
    /// When there is none, or it is another organization's: the two look the same.
    fn application(&self, organization: &Organization, id: &str) -> Result<Application, Failed> {
        let live = self.live();
        let mut own = live.catalogue.applications.iter().filter(|one| one.organization == organization.key);
        own.find(|one| one.spec.id.as_str() == id).cloned().ok_or(Failed::NotFound)
    }

    fn about(
        &self,
        shell: Shell,
        organization: &Organization,
        application: &Application,
        tested: Vec<Tested>,
    ) -> ApplicationPage {
        let spec = &application.spec;
        let destinations = Destination::all_of(spec, &organization.allotment);
        let served: Vec<_> = application.served(&organization.allotment).collect();
        let host = |host| ServedHost {
            host: ToString::to_string(host),
            href: self.web.public_url.origin_of(host) + &spec.entrance(),
            served: served.contains(&host),
        };
        ApplicationPage {
            shell,
            base: base(organization),
            id: spec.id.to_string(),
            name: spec.name.clone(),
            hosts: spec.hosts.iter().map(host).collect(),
            upstreams: self.forwarder.health(&destinations).into_iter().map(upstream).collect(),
            allotted: spec.reach == Reach::Allotted,
            roles: spec.roles.iter().flatten().map(ToString::to_string).collect(),
            rules: spec.rules.iter().map(rule).collect(),
            preflight: spec.preflight,
            headers: words(spec.headers),
            pass_host: spec.pass_host,
            origins: spec.allowed_origins.clone(),
            sample: self.forwarder.sample_of(organization, application).map(shown),
            tested,
            declared: application.declared,
        }
    }
}

fn shown(sample: Sample) -> RequestSample {
    let claims = sample.claims.and_then(|claims| serde_json::to_string_pretty(&claims).ok());
    let assertion = claims.map(|claims| (ASSERTION_HEADER.to_string(), claims));
    RequestSample { line: sample.line, headers: sample.headers, assertion }
}

fn upstream(UpstreamHealth { upstream, state }: UpstreamHealth) -> UpstreamFacts {
    let state = match state {
        UpstreamState::Unknown => UpstreamWord::Unknown,
        UpstreamState::Up => UpstreamWord::Up,
        UpstreamState::Down(why) => UpstreamWord::Down { why: why.to_string() },
    };
    UpstreamFacts { url: upstream.to_string(), state }
}

fn rule(rule: &Rule) -> RuleFacts {
    RuleFacts {
        path: rule.path.to_string(),
        methods: rule.methods.iter().map(ToString::to_string).collect(),
        from: rule.from.iter().map(ToString::to_string).collect(),
        preflight: rule.preflight,
        roles: match &rule.allow {
            Allow::Everyone => Vec::new(),
            Allow::Roles(roles) => roles.iter().map(ToString::to_string).collect(),
        },
    }
}

const fn words(preset: HeaderPreset) -> &'static str {
    match preset {
        HeaderPreset::Remote => "Remote-User, Remote-Groups, Remote-Email, Remote-Name, and the signed assertion",
        HeaderPreset::XForwarded => "X-Forwarded-User, -Groups, -Email, -Preferred-Username, and the signed assertion",
        HeaderPreset::XAuthRequest => {
            "X-Auth-Request-User, -Groups, -Email, -Preferred-Username, and the signed assertion"
        }
        HeaderPreset::None => "the signed assertion alone",
    }
}
