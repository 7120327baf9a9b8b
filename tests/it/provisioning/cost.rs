//! What a sign-in costs the database: the same, however many organizations there are.

use serde_json::{Value, json};
use vestibule::base::Ambient;
use vestibule::claims::{ClaimLimits, ClaimRules, Claims};
use vestibule::directory::{Desired, Directory, IdentityChoices, Record, SignIn};
use vestibule::identity::Catalogue;
use vestibule::policy::{self, Snapshot};
use vestibule::store::Db;

use super::organization;
use crate::kit::world::{Places, settings};

/// Most statements of a sign-in that changes nothing.
const MOST: u64 = 10;

/// The statements of one person's sign-ins in a directory of so many organizations: the first, which puts them into all
/// of these, one that changes nothing, and one that takes everything back.
async fn statements(organizations: usize) -> [u64; 3] {
    let folder = tempfile::tempdir().expect("a folder");
    let places = Places {
        port: 1,
        issuer: "http://127.0.0.1:1".to_owned(),
        upstream: ([127, 0, 0, 1], 1).into(),
        database: format!("sqlite://{}", folder.path().join("vestibule.db").display()),
    };
    let ids: Vec<String> = (0..organizations).map(|number| format!("org-{number}")).collect();
    let text = ids.iter().fold(places.head(Places::SEED_POLICY), |text, id| text + &organization(&places, id, ""));
    let settings = settings(&text);
    let db = Db::open(&settings.database.url).await.expect("a database");
    let directory = Directory::new(db.clone(), Ambient::system());
    directory.declare(&settings.declaration, &IdentityChoices::default()).await.expect("declared");
    let catalogue = directory.catalogue().await.expect("a catalogue");

    let mut costs = [0; 3];
    for (cost, groups) in costs.iter_mut().zip([json!(ids), json!(ids), json!([])]) {
        let before = db.statements();
        let held = sign_in(&directory, &catalogue, &groups).await;
        *cost = db.statements() - before;
        assert_eq!(held, groups.as_array().expect("a list").len());
    }
    costs
}

/// A sign-in as the server does it; gives the number of organizations the person is in then.
async fn sign_in(directory: &Directory, catalogue: &Catalogue, groups: &Value) -> usize {
    let idp = &catalogue.idps[0];
    let rules = ClaimRules { list_claims: &idp.spec.list_claims };
    let claims = json!({ "sub": "alice", "groups": groups }).as_object().expect("an object").clone();
    let claims = Claims::merge(claims, None, &rules, &ClaimLimits::default()).expect("claims");
    let snapshot = Snapshot::compile(catalogue);
    let policies = snapshot.idp(idp.key).expect("policies");
    let profile = policies.profile().read(&claims).expect("a profile");
    let decision = policy::decide(policies, policies.reach(), &claims);
    let desired = Desired {
        version: decision.version,
        roles: decision.desired().collect(),
        errored: decision.errored().collect(),
    };
    let mut record = Record::new(&Ambient::system());
    record.take_verdicts(decision.version, policy::to_json(&decision.verdicts));
    let sign_in = SignIn { idp, profile, decision: Some(desired), record: &record };
    directory.provision(&sign_in).await.expect("provisioned").organizations
}

#[tokio::test]
async fn a_steady_sign_in_takes_at_most_ten_statements_however_many_organizations_there_are() {
    let (few, many) = (statements(2).await, statements(300).await);
    assert_eq!(few, many, "with 2 and with 300 organizations: first, steady, last");
    let [_, steady, _] = many;
    assert!(steady <= MOST, "{steady} statements");
}
