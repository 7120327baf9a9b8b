//! Stored cases: beside a policy in the configuration, where they are checked whenever it is loaded, or in a file of
//! their own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use uuid::Uuid;

use super::environment::Environment;
use super::nearest::nearest;
use super::problem::{Problems, Report};
use super::section::Section;
use super::{document, read_file};
use crate::claims::Recorded;
use crate::identity::{Catalogue, Declaration, IdpId, OrganizationId, RoleName, text};
use crate::policy::{Case, Snapshot, in_short};

/// Most cases in a configuration, all together: each is tried whenever it is read.
const MAX_CASES: usize = 10_000;

/// A case, and the IdP whose policies it is about.
#[derive(Clone, Debug)]
pub struct CaseOf {
    /// The IdP.
    pub idp: IdpId,
    /// The case.
    pub case: Case,
    /// Its key path.
    path: String,
}

/// Reads the cases of a file: `[[case]]`, each with its `idp`. Names in them must be those of `declaration`.
///
/// # Errors
/// Everything that is wrong with the file.
pub fn cases(path: &Path, declaration: &Declaration) -> Result<Vec<CaseOf>, Problems> {
    let name = path.display().to_string();
    let text = read_file(path).map_err(|message| Problems::of_file(&name, message))?;
    let report = Report::default();
    let environment = Environment::of([]);
    let mut cases = Vec::new();
    if let Some(table) = document(&report, &text) {
        let mut root = Section::root(&report, &table, &environment);
        for mut section in root.entries("case", None) {
            let hint = "name the IdP that sends these claims";
            let idp = section.required("idp", hint, IdpId::parse);
            let case = of_all(section);
            cases.extend(idp.zip(case).map(|(idp, (path, case))| CaseOf { idp, case, path }));
        }
        root.finish();
    }
    for CaseOf { idp, case, path } in &cases {
        names(&report, declaration, idp, case, path);
    }
    if cases.is_empty() && report.count() == 0 {
        report.refuse("case", "there is none; write each as [[case]]");
    }
    if report.count() == 0 { Ok(cases) } else { Err(report.into_problems(&name, &text)) }
}

/// Reads `[[idp.case]]`.
pub(super) fn of_idp(section: &mut Section<'_>) -> Vec<(String, Case)> {
    section.entries("case", None).into_iter().filter_map(of_all).collect()
}

/// Reads `[[organization.policy.case]]`: what one organization's own policy gives.
pub(super) fn of_policy(section: &mut Section<'_>, organization: Option<&OrganizationId>) -> Vec<(String, Case)> {
    let case = |mut section: Section<'_>| {
        let common = common(&mut section);
        let roles = section.list("roles", RoleName::parse).unwrap_or_default();
        let error = section.flag("error", false);
        if error && !roles.is_empty() {
            section.refuse("error", "is true although roles are expected; a selector that fails gives none");
        }
        let path = section.path.clone();
        section.finish();
        let ((name, claims), organization) = common.zip(organization.cloned())?;
        let roles: BTreeSet<RoleName> = roles.into_iter().map(|role| role.value).collect();
        let errors = if error { BTreeSet::from([organization.clone()]) } else { BTreeSet::new() };
        let grants = BTreeMap::from([(organization.clone(), roles)]);
        Some((path, Case { name, claims, only: Some(organization), grants, errors }))
    };
    section.entries("case", None).into_iter().filter_map(case).collect()
}

fn common(section: &mut Section<'_>) -> Option<(String, Recorded)> {
    let name = section.required("name", "say in a few words what is expected", text::label);
    let claims = section.object("claims");
    if claims.is_none() && section.is_absent("claims") {
        section.refuse("claims", "is missing; write those of the ID token, such as { sub = \"1\", groups = [\"a\"] }");
    }
    let userinfo = section.object("userinfo");
    let (name, id_token) = name.zip(claims)?;
    Some((name, Recorded { id_token, userinfo }))
}

fn of_all(mut section: Section<'_>) -> Option<(String, Case)> {
    let common = common(&mut section);
    let expected = section.lists("organizations");
    if expected.is_none() && section.is_absent("organizations") {
        let hint = "is missing; write the roles expected, such as { home-lab = [\"Member\"] }, or {} for none";
        section.refuse("organizations", hint);
    }
    let errors = section.list("error", OrganizationId::parse).unwrap_or_default();
    let mut grants = BTreeMap::new();
    for (organization, roles) in expected.into_iter().flatten() {
        let parsed = OrganizationId::parse(&organization.value);
        let roles: Option<BTreeSet<RoleName>> = roles
            .into_iter()
            .map(|role| {
                let parsed = RoleName::parse(&role.value);
                parsed.map_err(|error| section.report.refuse(&role.path, format!("not accepted; {error}"))).ok()
            })
            .collect();
        match (parsed, roles) {
            (Ok(organization), Some(roles)) => drop(grants.insert(organization, roles)),
            (Err(error), _) => section.report.refuse(&organization.path, format!("not accepted; {error}")),
            (Ok(_), None) => {}
        }
    }
    for error in &errors {
        if grants.get(&error.value).is_some_and(|roles: &BTreeSet<RoleName>| !roles.is_empty()) {
            section.report.refuse(&error.path, "roles are expected there too; a selector that fails gives none");
        }
    }
    let path = section.path.clone();
    section.finish();
    let (name, claims) = common?;
    let errors = errors.into_iter().map(|error| error.value).collect();
    Some((path, Case { name, claims, only: None, grants, errors }))
}

/// Reports names that the configuration does not have: such a case could never fail, or never hold.
fn names(report: &Report, declaration: &Declaration, idp: &IdpId, case: &Case, path: &str) {
    let known = declaration.idps.iter().map(|spec| spec.id.as_str());
    let owner = match declaration.idps.iter().find(|spec| spec.id == *idp) {
        Some(spec) => spec.owner.as_ref(),
        None => {
            report.refuse(&format!("{path}.idp"), unknown("IdP", idp.as_str(), known));
            None
        }
    };
    for id in case.grants.keys().chain(&case.errors) {
        let Some(organization) = declaration.organizations.iter().find(|spec| spec.id == *id) else {
            let known = declaration.organizations.iter().map(|spec| spec.id.as_str());
            report.refuse(&format!("{path}.organizations"), unknown("organization", id.as_str(), known));
            continue;
        };
        if let Some(owner) = owner.filter(|owner| *owner != id) {
            report.refuse(
                &format!("{path}.organizations"),
                format!("IdP `{idp}` is {owner}'s own and gives nothing in {id}"),
            );
        }
        for role in case.grants.get(id).into_iter().flatten().filter(|role| !organization.roles.contains(role)) {
            let known = organization.roles.iter().map(RoleName::as_str);
            report.refuse(&format!("{path}.organizations.{id}"), unknown("role", role.as_str(), known));
        }
    }
}

fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> String {
    match nearest(name, known) {
        Some(near) => format!("there is no {what} `{name}`; did you mean `{near}`?"),
        None => format!("there is no {what} `{name}` in the configuration"),
    }
}

/// Runs the cases that stand in the configuration, and reports those that do not hold.
pub(super) fn check(report: &Report, declaration: &Declaration, cases: &[CaseOf]) {
    if let Some(CaseOf { path, .. }) = cases.get(MAX_CASES) {
        let count = cases.len();
        report.refuse(path, format!("too many: {count} cases; at most {MAX_CASES} are taken, put others into a file"));
    }
    for CaseOf { idp, case, path } in cases {
        names(report, declaration, idp, case, path);
    }
    if cases.is_empty() || report.count() > 0 {
        return;
    }
    let mut number = 0;
    let catalogue = Catalogue::of(declaration, || {
        number += 1;
        Uuid::from_u128(number)
    });
    let snapshot = Snapshot::compile(&catalogue);
    for CaseOf { idp, case, path } in cases {
        let Some(idp) = catalogue.idp_by_id(idp) else { continue };
        let Some(policies) = snapshot.idp(idp.key) else { continue };
        let name = &case.name;
        match case.check(idp, policies) {
            Ok(mismatches) => {
                for mismatch in mismatches {
                    let (id, expected, got) = (mismatch.verdict.id, mismatch.expected, mismatch.verdict.outcome);
                    let got = in_short(&got);
                    report.refuse(path, format!("\"{name}\" does not hold: in {id} expected {expected}, got {got}"));
                }
            }
            Err(error) => report.refuse(path, format!("\"{name}\" cannot be tried: {error}")),
        }
    }
}

impl CaseOf {
    pub(super) fn new(idp: IdpId, (path, case): (String, Case)) -> Self {
        Self { idp, case, path }
    }
}
