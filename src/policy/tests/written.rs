use std::time::Duration;

use super::House;
use crate::identity::{OnError, PolicyText};
use crate::policy::idp_flaws;

#[test]
fn each_part_that_is_wrong_is_named() {
    let mut spec = House::new(PolicyText::default()).catalogue.idps.remove(0).spec;
    assert_eq!(idp_flaws(&spec), []);
    spec.name = " ".to_owned();
    spec.client_id = "ü".to_owned();
    spec.scopes = vec!["profile email".to_owned()];
    spec.profile.identifier = "sub[".to_owned();
    spec.profile.username = "'{{orgId}}'".to_owned();
    spec.profile.server_admin = Some(String::new());
    spec.list_claims = vec![String::new()];
    spec.required_claims = vec!["x".to_owned(); 51];
    spec.new_accounts_per_hour = 0;
    spec.on_error = OnError::Keep { keep_for: Duration::ZERO };
    spec.owner = Some("lab".parse().unwrap());
    spec.delegate_to = vec!["lab".parse().unwrap()];
    spec.default_policy.role = Some("'Admin".to_owned());
    let parts: Vec<_> = idp_flaws(&spec).into_iter().map(|flaw| flaw.part).collect();
    assert_eq!(
        parts,
        [
            "name",
            "client_id",
            "scopes",
            "scopes",
            "identifier",
            "username",
            "server_admin",
            "list_claims",
            "required_claims",
            "new_accounts_per_hour",
            "keep_for",
            "server_admin",
            "delegate_to",
            "default_policy",
        ]
    );
}
