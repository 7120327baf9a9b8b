//! Any text as a selector, over fixed claims, for any organization: an answer or an error, never a crash. And as an org
//! selector: what is decided for all organizations at once is what each of them gets when it is asked alone.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use uuid::Uuid;
use vestibule::claims::{ClaimLimits, ClaimRules, Claims};
use vestibule::config;
use vestibule::identity::{Catalogue, Declaration};
use vestibule::policy::{Outcome, PreparedClaims, Selector, Snapshot, decide, explain};

static CLAIMS: LazyLock<Claims> = LazyLock::new(|| {
    let claims = serde_json::json!({
        "sub": "1", "email": "user@example.com", "n": 1.5, "groups": ["home-lab", "admin", "a"], "t": "other",
        "realm_access": {"roles": ["a", "b"]}, "m": [[1, 2], [3], {"a": "b"}], "a": {"a": {"a": [{"a": 1}]}},
    });
    let lists = ["groups".to_owned()];
    let claims = claims.as_object().expect("an object").clone();
    Claims::merge(claims, None, &ClaimRules { list_claims: &lists }, &ClaimLimits::default()).expect("claims")
});

static PREPARED: LazyLock<PreparedClaims> = LazyLock::new(|| PreparedClaims::new(&CLAIMS));

/// Three organizations, two of which the claims name, and one IdP.
static DECLARATION: LazyLock<Declaration> = LazyLock::new(|| {
    let organization = |id| format!("[[organization]]\nid = \"{id}\"\nname = \"{id}\"\nroles = [\"Member\"]\n");
    let idp = r#"
        [server]
        public_url = "http://localhost:1"
        [[idp]]
        id = "company"
        name = "Company"
        issuer = "http://localhost:2"
        client_id = "fuzz"
        client_auth = "none"
        auto_provision = true
        default_policy.role = "'Member'"
    "#;
    let organizations: String = ["home-lab", "other", "third"].map(organization).concat();
    config::parse("fuzz", &format!("{idp}\n{organizations}"), []).expect("a configuration").declaration
});

fuzz_target!(|input: (&str, &str)| {
    let (text, organization) = input;
    match Selector::parse(text) {
        Ok(selector) => {
            let _ = selector.evaluate(&PREPARED, organization).map(|returned| returned.to_json());
            all_at_once_is_one_by_one(text);
        }
        Err(error) => {
            let _ = (error.to_string(), error.in_full(text));
        }
    }
});

fn all_at_once_is_one_by_one(text: &str) {
    let mut declaration = DECLARATION.clone();
    declaration.idps[0].default_policy.org = Some(text.to_owned());
    let mut last = 0;
    let catalogue = Catalogue::of(&declaration, || {
        last += 1;
        Uuid::from_u128(last)
    });
    let snapshot = Snapshot::compile(&catalogue);
    let policies = snapshot.idp(catalogue.idps[0].key).expect("the IdP");
    let mut explained = explain(policies, policies.reach(), &CLAIMS);
    explained.verdicts.retain(|verdict| !matches!(verdict.outcome, Outcome::NoMatch { .. }));
    assert_eq!(decide(policies, policies.reach(), &CLAIMS), explained);
}
