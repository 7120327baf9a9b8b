//! `[[application]]` with its rules.

mod connection;
mod rule;

use crate::identity::{
    ApplicationId, ApplicationSpec, HeaderPreset, Host, Machines, OrganizationId, Reach, RoleName, TokenIssuerId,
    Upstreams, application::web_origin, text,
};

use super::list::{At, values as plain};
use super::section::Section;

pub(super) use rule::RuleDraft;

/// One `[[application]]`, as far as it could be read.
pub(super) struct ApplicationDraft {
    pub(super) path: String,
    pub(super) organization: Option<OrganizationId>,
    pub(super) hosts: Vec<At<Host>>,
    pub(super) roles: Option<Vec<At<RoleName>>>,
    pub(super) rules: Vec<RuleDraft>,
    pub(super) issuers: Vec<At<TokenIssuerId>>,
    pub(super) spec: Option<ApplicationSpec>,
}

/// Reads every `[[application]]`.
pub(super) fn applications(root: &mut Section<'_>) -> Vec<ApplicationDraft> {
    root.entries("application", Some("id")).into_iter().map(application).collect()
}

fn application(mut section: Section<'_>) -> ApplicationDraft {
    let path = section.path.clone();
    let id = section.required("id", "give it a short name, such as wiki", ApplicationId::parse);
    let organization = section.required("organization", "name the organization that owns it", OrganizationId::parse);
    let name = section.required("name", "write what people call it", text::label);
    let hint = "name the public hosts it answers on, such as [\"wiki.example.com\"]";
    let hosts = section.required_list("hosts", hint, Host::parse);
    let upstream = upstream(&mut section);
    let roles = section.full_list("roles", "leave it out to let in every role of the organization", RoleName::parse);
    let headers = headers(&mut section);
    let pass_host = section.flag("pass_host", true);
    let preflight = section.flag("preflight", false);
    let allowed_origins = section.list("allowed_origins", web_origin).unwrap_or_default();
    let (machines, issuers) = machines(&mut section);
    let rules: Vec<_> = section.entries("rule", None).into_iter().map(rule::rule).collect();
    let connection = connection::connection(section.section("connection"));
    section.finish();
    let spec = (|| {
        Some(ApplicationSpec {
            id: id?,
            organization: organization.clone()?,
            name: name?,
            hosts: plain(&hosts),
            upstream: upstream?,
            roles: roles.as_deref().map(plain),
            headers,
            pass_host,
            allowed_origins: plain(&allowed_origins),
            rules: rules.iter().map(|draft| draft.rule.clone()).collect::<Option<_>>()?,
            preflight,
            reach: Reach::Anywhere,
            machines,
            connection,
        })
    })();
    ApplicationDraft { path, organization, hosts, roles, rules, issuers, spec }
}

/// One upstream as a text, several as a list, or `none`.
fn upstream(section: &mut Section<'_>) -> Option<Upstreams> {
    let hint = "write where its requests go, such as http://127.0.0.1:3000, or none if another proxy passes them on";
    let before = section.report.count();
    let upstreams = section.one_or_several("upstream", hint, str::parse::<Upstreams>);
    if section.report.count() > before {
        return None;
    }
    Upstreams::of_entries(&plain(&upstreams))
        .map_err(|invalid| section.refuse("upstream", format!("not accepted; {invalid}")))
        .ok()
}

fn headers(section: &mut Section<'_>) -> HeaderPreset {
    let presets = [
        ("remote", HeaderPreset::Remote),
        ("x-forwarded", HeaderPreset::XForwarded),
        ("x-auth-request", HeaderPreset::XAuthRequest),
        ("none", HeaderPreset::None),
    ];
    section.choice("headers", &presets, HeaderPreset::default())
}

fn machines(section: &mut Section<'_>) -> (Machines, Vec<At<TokenIssuerId>>) {
    let mut section = section.section("machines");
    let tokens = section.flag("tokens", false);
    let issuers = section.list("issuers", TokenIssuerId::parse).unwrap_or_default();
    let behind_proxy = section.flag("behind_proxy", false);
    section.finish();
    (Machines { tokens, issuers: plain(&issuers), behind_proxy }, issuers)
}
