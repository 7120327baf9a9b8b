//! `/console/organizations/{organization}/applications`: those of an organization, and one, with what its upstream will
//! receive.

pub(super) mod delete;
mod draft;
pub(super) mod form;
mod trial;

use super::Console;
use super::answer::{Answer, page};
use super::failed::Failed;
use super::here::{Here, Sent};
use super::shell::Corner;
use crate::identity::{Allow, Application, ApplicationId, Destination, HeaderPreset, Organization, Reach, Rule};
use crate::pages::{
    ApplicationPage, Applications, ListedApplication, RequestSample, RuleFacts, ServedHost, Tested, UpstreamFacts,
    UpstreamWord,
};
use crate::upstream::{ASSERTION_HEADER, Sample, UpstreamHealth, UpstreamState};

use trial::Trial;

/// Where an organization's applications are, below it.
const BELOW: &str = "/applications";

/// `GET /console/organizations/{organization}/applications`
pub(super) async fn show_all(here: Here<Organization>) -> Answer {
    let base = here.path(BELOW);
    let live = here.console.live();
    let own = live.catalogue.applications.iter().filter(|one| one.organization == here.organization.key);
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
        shell: here.shell(Corner::Applications),
        rows: own.map(row).collect(),
        publish: here.may_publish().then(|| format!("{base}/_new")),
    };
    Ok(page(here.pages().applications(&shown)))
}

/// `GET /console/organizations/{organization}/applications/{application}`
pub(super) async fn show(here: Here<Organization>) -> Answer {
    Ok(page(here.pages().application(&here.about(&here.application()?, Vec::new()))))
}

/// `POST /console/organizations/{organization}/applications/{application}/test`. It changes nothing, so it answers with
/// the page itself.
pub(super) async fn test(Sent { here, .. }: Sent<Organization>) -> Answer {
    let application = here.application()?;
    let spec = &application.spec;
    let destinations = Destination::all_of(spec, &here.organization.allotment);
    let trial = Trial::of(&here, &destinations, spec.hosts.first(), spec.pass_host).await;
    let about = here.about(&application, trial.tested);
    Ok(trial::answer(trial.wait, here.pages().application(&about)))
}

impl Here<Organization> {
    /// Whether there is a place where the application could be.
    fn may_publish(&self) -> bool {
        self.editor().is_of_server() || !self.organization.allotment.is_empty()
    }

    /// The application that the address names.
    ///
    /// # Errors
    /// When there is none, or it is another organization's: the two look the same.
    fn application(&self) -> Result<Application, Failed> {
        let id: ApplicationId = self.named("application")?;
        let live = self.console.live();
        let mut own = live.catalogue.applications.iter().filter(|one| one.organization == self.organization.key);
        own.find(|one| one.spec.id == id).cloned().ok_or(Failed::NotFound)
    }

    fn about(&self, application: &Application, tested: Vec<Tested>) -> ApplicationPage {
        let Console { web, forwarder, .. } = &*self.console;
        let (spec, allotment) = (&application.spec, &self.organization.allotment);
        let served: Vec<_> = application.served(allotment).collect();
        let host = |host| ServedHost {
            host: ToString::to_string(host),
            href: web.public_url.origin_of(host) + &spec.entrance(),
            served: served.contains(&host),
        };
        let health = forwarder.health(&Destination::all_of(spec, allotment));
        ApplicationPage {
            shell: self.shell(Corner::Applications),
            base: self.path(BELOW),
            id: spec.id.to_string(),
            name: spec.name.clone(),
            hosts: spec.hosts.iter().map(host).collect(),
            upstreams: health.into_iter().map(upstream).collect(),
            allotted: spec.reach == Reach::Allotted,
            roles: spec.roles.iter().flatten().map(ToString::to_string).collect(),
            rules: spec.rules.iter().map(rule).collect(),
            preflight: spec.preflight,
            headers: words(spec.headers),
            pass_host: spec.pass_host,
            origins: spec.allowed_origins.clone(),
            sample: forwarder.sample_of(&self.organization, application).map(shown),
            tested,
            declared: application.declared,
        }
    }
}

fn shown(sample: Sample) -> RequestSample {
    let assertion = sample.claims.map(|claims| (ASSERTION_HEADER.to_string(), claims));
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
