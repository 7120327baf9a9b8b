//! What one sign-in's decision costs, over 1,000, 10,000 and 100,000 organizations with a token of 100 groups, beside
//! npm `jmespath` used as a peer does: the id pasted into the text, parsed and searched, organization by organization.
//!
//! ```sh
//! npm ci --prefix benches/provisioning && cargo bench --bench provisioning
//! ```
//!
//! Milliseconds of CPU, medians of rounds that alternate; the ratio is the figure to trust.
#![expect(clippy::expect_used, reason = "a benchmark that is set up wrongly shall say so and stop")]

use std::process::Command;
use std::time::Instant;

use serde_json::json;
use vestibule::base::Ambient;
use vestibule::claims::{ClaimLimits, ClaimRules, Claims};
use vestibule::identity::{
    Catalogue, ClientAuth, DEFAULT_NEW_ACCOUNTS, Declaration, IdpId, IdpSpec, Issuer, OnError, OrganizationId,
    OrganizationPolicySpec, OrganizationSpec, PolicyText, ProfilePaths, RoleName,
};
use vestibule::policy::{Snapshot, decide};

const ROUNDS: usize = 5;
const ROLE: &str = "contains(groups, 'admin') && 'Admin' || 'Member'";

/// How the organizations choose.
#[derive(Clone, Copy)]
enum Shape {
    /// By membership, all in the same words.
    Membership,
    /// In words that no index answers, all the same.
    Arbitrary,
    /// In words of its own, each.
    Own,
}

fn selector(shape: Shape, number: usize) -> String {
    match shape {
        Shape::Membership => "contains(groups, '{{orgId}}')".to_owned(),
        Shape::Arbitrary => "length(groups[?ends_with(@, '{{orgId}}')]) > `0`".to_owned(),
        Shape::Own => format!("contains(groups, 'org-{number}') && sub != 'nobody-{number}'"),
    }
}

fn catalogue(organizations: usize, shape: Shape) -> Catalogue {
    let role = |name| RoleName::parse(name).expect("a name");
    let id = IdpId::parse("company").expect("an id");
    let organization = |number| OrganizationSpec {
        id: OrganizationId::parse(&format!("org-{number}")).expect("an id"),
        name: format!("Organization {number}"),
        roles: vec![role("Admin"), role("Member")],
        admin_roles: vec![role("Admin")],
        policies: match shape {
            Shape::Own => {
                let text = PolicyText { org: Some(selector(shape, number)), role: None };
                vec![OrganizationPolicySpec { idp: id.clone(), text }]
            }
            _ => Vec::new(),
        },
    };
    let idp = IdpSpec {
        id: id.clone(),
        name: "Company".to_owned(),
        owner: None,
        issuer: Issuer::parse("https://id.example.com").expect("an issuer"),
        client_id: "vestibule".to_owned(),
        client_auth: ClientAuth::None,
        scopes: vec!["openid".to_owned()],
        profile: ProfilePaths {
            identifier: "sub".to_owned(),
            email: "email".to_owned(),
            display_name: "name".to_owned(),
            username: "preferred_username".to_owned(),
            server_admin: None,
        },
        email_trusted: false,
        required_claims: Vec::new(),
        list_claims: vec!["groups".to_owned()],
        auto_provision: true,
        new_accounts_per_hour: DEFAULT_NEW_ACCOUNTS,
        require_match: false,
        on_error: OnError::Revoke,
        default_policy: PolicyText { org: Some(selector(shape, 0)), role: Some(ROLE.to_owned()) },
    };
    let organizations = (0..organizations).map(organization).collect();
    let ambient = Ambient::system();
    Catalogue::of(&Declaration { idps: vec![idp], organizations, applications: Vec::new() }, || ambient.uuid())
}

/// Milliseconds of one decision. It runs on this thread alone, so time passed is time used.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn ours(organizations: usize, shape: Shape) -> f64 {
    let catalogue = catalogue(organizations, shape);
    let snapshot = Snapshot::compile(&catalogue);
    let policies = snapshot.idp(catalogue.idps[0].key).expect("policies");
    let mut groups: Vec<String> = (0..99).map(|number| format!("group-{number}")).collect();
    groups.push(format!("org-{}", organizations - 1));
    let sent = json!({ "sub": "1", "email": "user@example.com", "groups": groups });
    let list_claims = ["groups".to_owned()];
    let rules = ClaimRules { list_claims: &list_claims };
    let sent = sent.as_object().expect("an object").clone();
    let claims = Claims::merge(sent, None, &rules, &ClaimLimits::default()).expect("claims");
    let one = || assert_eq!(decide(policies, policies.reach(), &claims).desired().count(), 1);
    one();
    let (begun, mut rounds) = (Instant::now(), 0_u32);
    while begun.elapsed().as_millis() < 200 || rounds < 3 {
        one();
        rounds += 1;
    }
    begun.elapsed().as_secs_f64() * 1_000.0 / f64::from(rounds)
}

fn theirs(organizations: usize) -> Option<f64> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/provisioning");
    let output = Command::new("node").arg("paste.mjs").arg(organizations.to_string()).current_dir(folder).output();
    String::from_utf8(output.ok()?.stdout).ok()?.trim().parse().ok()
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn main() {
    println!(
        "{:>14} {:>12} {:>12} {:>12} {:>14} {:>10}",
        "organizations", "membership", "arbitrary", "own text", "npm jmespath", "ratio"
    );
    for organizations in [1_000, 10_000, 100_000] {
        let (mut mine, mut peers, mut arbitrary, mut own) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            mine.push(ours(organizations, Shape::Membership));
            arbitrary.push(ours(organizations, Shape::Arbitrary));
            own.push(ours(organizations, Shape::Own));
            peers.extend(theirs(organizations));
        }
        let (mine, arbitrary, own) = (median(mine), median(arbitrary), median(own));
        let (peer, ratio) = match peers.len() {
            ROUNDS => (format!("{:.1} ms", median(peers.clone())), format!("{:.0} x", median(peers) / mine)),
            _ => ("not installed".to_owned(), String::new()),
        };
        println!("{organizations:>14} {mine:>9.4} ms {arbitrary:>9.2} ms {own:>9.2} ms {peer:>14} {ratio:>10}");
    }
}
