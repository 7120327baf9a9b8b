//! `vestibule policy test`, and the cases that stand in a configuration.

use serde_json::Value;

use crate::kit::command::{Done, run};

const HEAD: &str = r#"
[server]
public_url = "https://login.example.com"

[[idp]]
id = "company"
name = "Company"
issuer = "https://id.example.com"
client_id = "vestibule"
client_auth = "none"
auto_provision = true
[idp.default_policy]
org = "contains(groups, '{{orgId}}')"
role = "contains(groups, 'admin') && 'Admin' || 'Member'"

"#;

const ORGANIZATIONS: &str = r#"
[[organization]]
id = "home-lab"
name = "Home lab"
roles = ["Admin", "Member"]

[[organization]]
id = "garage"
name = "Garage"
roles = ["Member"]

[[idp]]
id = "own"
owner = "home-lab"
name = "The lab's own"
issuer = "https://lab.example.com"
client_id = "vestibule"
client_auth = "none"
"#;

async fn test(cases: &str, json: bool) -> Done {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, configuration) = (folder.path().join("cases.toml"), folder.path().join("vestibule.toml"));
    std::fs::write(&file, cases).expect("written");
    std::fs::write(&configuration, format!("{HEAD}{ORGANIZATIONS}")).expect("written");
    let file = file.display().to_string();
    let json: &[&str] = if json { &["--json"] } else { &[] };
    run(&[&["policy", "test", &file], json].concat(), &configuration).await
}

const HOLDS: &str = r#"
[[case]]
name = "a member"
idp = "company"
claims = { sub = "1", groups = ["home-lab"] }
organizations = { home-lab = ["Member"] }
"#;

const DOES_NOT: &str = r#"
[[case]]
name = "an admin of both"
idp = "company"
claims = { sub = "1" }
userinfo = { sub = "1", groups = ["home-lab", "garage", "admin"] }
organizations = { home-lab = ["Admin"], garage = ["Member"] }

[[case]]
name = "withheld groups"
idp = "company"
claims = { sub = "1", hasgroups = true }
organizations = { home-lab = ["Member"] }
error = ["garage"]
"#;

#[tokio::test]
async fn cases_that_hold_end_with_0_and_others_with_1_and_a_difference_to_read() {
    let done = test(HOLDS, false).await;
    assert_eq!(
        (done.code, done.out.as_str()),
        (Some(0), "ok      a member (company)\nall of 1 case hold\n"),
        "{done:?}"
    );

    let done = test(&format!("{HOLDS}{DOES_NOT}"), false).await;
    assert_eq!(done.code, Some(1), "{done:?}");
    let expected = "\
ok      a member (company)
FAILED  an admin of both (company)
        garage
          - expected Member
          + got no such role: Admin  (default policy)
FAILED  withheld groups (company)
        home-lab
          - expected Member
          + got an error: org selector: the provider withheld the claim `groups` (too many entries to send?)  (default policy)
2 of 3 cases do not hold
";
    assert_eq!(done.out, expected);

    let done = test(&format!("{HOLDS}{DOES_NOT}"), true).await;
    let told: Value = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!((&told["count"], &told["failed"], done.code), (&3.into(), &2.into(), Some(1)));
    assert_eq!(told["cases"][1]["mismatches"][0]["got"]["verdict"], "no such role");
}

#[tokio::test]
async fn a_wrong_file_of_cases_tells_all_that_is_wrong_and_ends_with_2() {
    let wrong = r#"
[[case]]
name = "an unknown IdP"
idp = "compani"
claims = { sub = "1" }
organizations = {}

[[case]]
name = "unknown names"
idp = "company"
claims = { sub = "1", since = 2026-11-25 }
organizations = { home-lob = ["Member"], garage = ["Admin"], "Not an id" = ["Member"] }
colour = "green"

[[case]]
idp = "company"

[[case]]
name = "expectations that nothing can meet"
idp = "own"
claims = { sub = "1" }
organizations = { garage = ["Member"], home-lab = ["Member"] }
error = ["home-lab"]
"#;
    let done = test(wrong, false).await;
    assert_eq!(done.code, Some(2), "{done:?}");
    for says in [
        "case[0].idp (line 4): there is no IdP `compani`; did you mean `company`?",
        "case[1].claims (line 11): holds a date",
        "case[1].colour (line 13): unknown key",
        "an id is 1 to 64 lower-case letters",
        "case[2].name (line 15): is missing",
        "case[2].claims (line 15): is missing",
        "case[2].organizations (line 15): is missing",
        "case[3].organizations (line 22): IdP `own` is home-lab's own and gives nothing in garage",
        "case[3].error[0] (line 23): roles are expected there too",
    ] {
        assert!(done.err.contains(says), "{says} in {}", done.err);
    }
    let done = test(&HOLDS.repeat(10_001), false).await;
    assert!(done.err.contains("case (line 2): too many: 10001 entries"), "{}", done.err);
    let done = test("", false).await;
    assert_eq!(done.code, Some(2));
    assert!(done.err.contains("there is none; write each as [[case]]"), "{}", done.err);
}

#[tokio::test]
async fn a_configuration_that_breaks_its_own_cases_is_refused() {
    let case = |expected: &str| {
        format!(
            "{HEAD}[[idp.case]]\nname = \"members\"\nclaims = {{ sub = \"1\", groups = [\"garage\"] }}\n\
             organizations = {{ garage = [\"{expected}\"] }}\n{ORGANIZATIONS}\n[[organization.policy]]\n\
             idp = \"company\"\norg = \"`true`\"\n[[organization.policy.case]]\nname = \"all of garage\"\n\
             claims = {{ sub = \"2\" }}\nroles = [\"Member\"]\n"
        )
    };
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("vestibule.toml");
    std::fs::write(&file, case("Member")).expect("written");
    let done = run(&["check"], &file).await;
    assert_eq!(done.code, Some(0), "{}", done.err);
    let broken = case("Member").replace("org = \"`true`\"", "org = \"`false`\"");
    std::fs::write(&file, broken).expect("written");
    let done = run(&["check"], &file).await;
    assert_eq!(done.code, Some(2), "{}", done.out);
    let idp = "\"members\" does not hold: in garage expected Member, got no match: the org selector returned false";
    let own = "\"all of garage\" does not hold: in garage expected Member, got no match";
    assert!(done.err.contains(idp) && done.err.contains(own), "{}", done.err);
    // Many at one place and one more elsewhere are too many together.
    let plain = "[[idp.case]]\nname = \"nobody\"\nclaims = { sub = \"1\" }\norganizations = {}\n";
    std::fs::write(&file, case("Member").replacen("[[idp.case]]", &(plain.repeat(9_999) + "[[idp.case]]"), 1))
        .expect("written");
    let done = run(&["check"], &file).await;
    assert!(done.err.contains("too many: 10001 cases; at most 10000 are taken"), "{}", done.err);
    // A role that is none is named before anything is tried.
    std::fs::write(&file, case("Boss")).expect("written");
    let done = run(&["check"], &file).await;
    assert!(done.err.contains("there is no role `Boss`"), "{}", done.err);
}
