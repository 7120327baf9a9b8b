//! Why somebody holds what they hold, or was refused: `vestibule explain`, `policy try` and `audit export`.

use std::time::Duration;

use serde_json::{Value, json};

use crate::kit::stage::Stage;
use crate::kit::world::{Places, eventually};

impl Stage {
    async fn explained(&self, arguments: &[&str]) -> Value {
        let told = self.told(&[&["explain", "--json"], arguments].concat()).await;
        serde_json::from_str(&told).expect("JSON")
    }

    /// The lines of the audit log with that action.
    pub async fn audit(&self, action: &str) -> Vec<Value> {
        let lines = self.told(&["audit", "export"]).await;
        let lines = lines.lines().map(|line| serde_json::from_str(line).expect("a JSON line"));
        lines.filter(|line: &Value| line["action"] == action).collect()
    }
}

fn usual(places: &Places) -> String {
    places.head(Places::SEED_POLICY)
        + &places.home_lab("[[application.rule]]\npath = \"/admin/*\"\nroles = [\"Admin\"]")
        + &places.garage()
}

fn strict(places: &Places) -> String {
    usual(places).replace("auto_provision = true", "auto_provision = true\nrequire_match = true")
}

fn redacting(places: &Places) -> String {
    usual(places) + "\n[records]\nredact_claims = [\"groups\"]\n"
}

fn forgetful(places: &Places) -> String {
    usual(places) + "\n[records]\nkeep_claims = false\n"
}

fn verdict<'a>(sign_in: &'a Value, organization: &str) -> &'a Value {
    let verdicts = sign_in["now"].as_array().expect("verdicts");
    verdicts.iter().find(|verdict| verdict["organization"] == organization).expect("a verdict")
}

#[tokio::test]
async fn every_organization_says_which_policy_applied_what_it_returned_and_what_came_of_it() {
    let stage = Stage::set(usual).await;
    stage.sign_in(json!({ "groups": ["home-lab"] })).await;
    let told = stage.explained(&["--user", "alice"]).await;
    let sign_in = &told["sign_ins"][0];
    let (lab, garage) = (verdict(sign_in, "home-lab"), verdict(sign_in, "garage"));
    assert_eq!((&lab["verdict"], &lab["roles"]), (&json!("granted"), &json!(["Member"])));
    assert_eq!((&lab["org_selector"]["from"], &lab["changed"]), (&json!("default"), &json!({ "Member": "added" })));
    assert_eq!((&garage["verdict"], &garage["returned"]), (&json!("no match"), &json!(false)));
    assert_eq!((&sign_in["idp"], &sign_in["identifier"]), (&json!("company"), &json!("alice")));
    assert_eq!(
        told["user"]["holds"],
        json!([
            { "organization": "home-lab", "role": "Member", "by": "policy", "idp": "company" }
        ])
    );

    // The next sign-in keeps one role; the one after changes it.
    stage.sign_in(json!({ "groups": ["home-lab"] })).await;
    let told = stage.explained(&["--user", "ALICE"]).await;
    assert_eq!(verdict(&told["sign_ins"][0], "home-lab")["changed"], json!({ "Member": "kept" }));
    stage.sign_in(json!({ "groups": ["home-lab", "admin"] })).await;
    let told = stage.explained(&["--user", "alice"]).await;
    let changed = &verdict(&told["sign_ins"][0], "home-lab")["changed"];
    assert_eq!(*changed, json!({ "Admin": "added", "Member": "revoked" }));
    let text = stage.told(&["explain", "--user", "alice"]).await;
    assert!(text.contains("home-lab  granted       Admin (added), Member (revoked)  (default policy)"), "{text}");
    assert!(text.contains("garage    no match      the org selector returned false  (default policy)"), "{text}");
}

#[tokio::test]
async fn the_reference_of_a_denied_page_leads_to_what_was_refused_and_why() {
    let stage = Stage::set(usual).await;
    let (browser, _) = stage.sign_in(json!({ "groups": ["home-lab"] })).await;
    let page = browser.follow(&stage.world.url("wiki", "/admin/page?token=s3cret")).await.pop().expect("a page");
    assert_eq!(page.status, 403);
    let again = browser.follow(&stage.world.url("wiki", "/admin/other")).await.pop().expect("a page");
    let reference = page.reference();
    // The line is written a moment later; a new minute may have begun in between.
    let counted = i64::from(again.reference() == reference) + 1;
    let ask = ["explain", "--json", "--reference", &reference];
    eventually("the line is written", async || {
        let done = stage.world.command(&stage.file, &ask).await;
        done.out.contains(&format!("\"count\":{counted}"))
    })
    .await;
    let told = stage.explained(&["--reference", &reference.to_lowercase()]).await;
    let event = &told["event"];
    assert_eq!((&event["action"], &event["application"]["id"]), (&json!("entry-denied"), &json!("wiki")));
    let why = "/admin/page: none of the user's roles is among those of the path's rule";
    assert_eq!(event["detail"], why);
    assert_eq!(verdict(&told["sign_ins"][0], "home-lab")["roles"], json!(["Member"]));
    let text = stage.told(&["explain", "--reference", &reference]).await;
    assert!(text.contains("wiki belongs to home-lab; may enter: Admin, Member"), "{text}");
    assert!(text.contains("held there now: Member"), "{text}");
    assert!(!text.contains("s3cret"), "{text}");
    let [line] = stage.audit("entry-denied").await.try_into().expect("one line in the minute");
    assert_eq!((&line["count"], &line["detail"]), (&json!(counted), &json!(why)));
}

#[tokio::test]
async fn the_reference_of_a_refused_sign_in_leads_to_its_claims_although_there_is_no_account() {
    let stage = Stage::set(strict).await;
    let (_, page) = stage.sign_in(json!({ "groups": ["elsewhere"] })).await;
    assert_eq!(page.title(), "You have no account here");
    let told = stage.explained(&["--reference", &page.reference()]).await;
    assert_eq!((&told["user"], &told["event"]["action"]), (&Value::Null, &json!("sign-in-refused")));
    assert_eq!(told["sign_ins"][0]["refused"], "no organization takes this identity");
    assert_eq!(verdict(&told["sign_ins"][0], "home-lab")["verdict"], "no match");
    let [line] = stage.audit("sign-in-refused").await.try_into().expect("one line");
    assert_eq!((&line["actor"], &line["reference"]), (&json!("stranger"), &json!(page.reference())));
    assert_eq!(stage.world.census().await.users, 0);
    // Whoever knocks again and again fills one row.
    stage.sign_in(json!({ "groups": ["elsewhere"] })).await;
    assert_eq!(stage.audit("sign-in-refused").await.len(), 2);
}

#[tokio::test]
async fn the_reference_of_the_page_for_people_without_organization_leads_to_their_sign_in() {
    let stage = Stage::set(usual).await;
    let (_, page) = stage.sign_in(json!({ "groups": [] })).await;
    assert_eq!(page.title(), "You are not in any organization yet");
    let text = stage.told(&["explain", "--reference", &page.reference()]).await;
    assert!(text.contains("nothing: they are in no organization"), "{text}");
    assert!(text.contains("home-lab  no match"), "{text}");
}

#[tokio::test]
async fn an_explanation_says_when_the_policies_have_changed_since() {
    let mut stage = Stage::set(usual).await;
    stage.sign_in(json!({ "groups": ["home-lab"] })).await;
    let changed = |places: &Places| usual(places).replace("|| 'Member'", "|| 'Guest'");
    stage.world.restart(changed).await;
    stage.file = changed(&stage.world.places);
    let told = stage.explained(&["--user", "alice"]).await;
    let sign_in = &told["sign_ins"][0];
    assert_eq!(sign_in["changed_since"], true);
    assert_eq!(verdict(sign_in, "home-lab")["verdict"], "no such role");
    assert_eq!(verdict(sign_in, "home-lab")["unknown"], json!(["Guest"]));
    assert_eq!(sign_in["then"][0]["roles"], json!(["Member"]));
    let text = stage.told(&["explain", "--user", "alice"]).await;
    assert!(text.contains("The configuration has changed since"), "{text}");
    assert!(text.contains("no such role  no role here: Guest"), "{text}");
}

#[tokio::test]
async fn claims_that_are_not_kept_are_unknown_and_never_a_no() {
    for (configuration, unknown) in [(redacting as fn(&Places) -> String, false), (forgetful, true)] {
        let stage = Stage::set(configuration).await;
        stage.sign_in(json!({ "groups": ["home-lab", "a-group-nobody-shall-know"] })).await;
        let told = stage.explained(&["--user", "alice"]).await;
        let sign_in = &told["sign_ins"][0];
        if unknown {
            assert_eq!(sign_in["unknown"], "its claims are not kept");
        } else {
            let lab = verdict(sign_in, "home-lab");
            let reason = lab["reason"].as_str().expect("a reason");
            assert!(reason.contains("the claim `groups` is not kept"), "{reason}");
        }
        let path = stage.world.database_path();
        drop(stage.world);
        for file in [path.clone(), path.with_extension("db-wal")] {
            let bytes = std::fs::read(&file).unwrap_or_default();
            let needle = b"a-group-nobody-shall-know";
            assert!(!bytes.windows(needle.len()).any(|window| window == needle), "kept in {}", file.display());
        }
    }
}

#[tokio::test]
async fn claims_are_forgotten_when_their_time_is_over() {
    let kept = |places: &Places| usual(places) + "\n[records]\nclaims_retention = \"30d\"\n";
    let mut stage = Stage::set(kept).await;
    stage.sign_in(json!({ "groups": ["home-lab"] })).await;
    assert_eq!(stage.explained(&["--user", "alice"]).await["sign_ins"][0]["unknown"], Value::Null);
    stage.world.clock.advance(Duration::from_secs(30 * 24 * 60 * 60 + 1));
    // What is over is swept when we start, and every few minutes.
    stage.world.restart(kept).await;
    let forgotten =
        async || stage.explained(&["--user", "alice"]).await["sign_ins"][0]["unknown"] == "its claims are not kept";
    eventually("they are forgotten", forgotten).await;
}

#[tokio::test]
async fn a_sign_in_is_one_line_of_the_audit_log_with_what_it_changed() {
    let stage = Stage::set(usual).await;
    stage.sign_in(json!({ "groups": ["home-lab"] })).await;
    stage.sign_in(json!({ "groups": ["home-lab"] })).await;
    stage.sign_in(json!({ "groups": ["garage"] })).await;
    let [first, steady, moved] = stage.audit("sign-in").await.try_into().expect("three lines");
    assert_eq!(first["before"], json!({ "account": "none", "roles": {}, "server_admin": false }));
    let after = json!({ "account": "known", "roles": { "home-lab": ["Member"] }, "server_admin": false });
    assert_eq!(first["after"], after);
    assert!(steady.get("before").is_none(), "{steady}");
    assert_eq!(moved["before"]["roles"], json!({ "home-lab": ["Member"] }));
    assert_eq!(moved["after"]["roles"], json!({ "garage": ["Member"] }));
    assert_eq!(first["actor"], format!("user:{}", first["user"].as_str().expect("a user")));

    let who = ["--idp", "company", "--identifier", "bob", "--organization", "garage", "--role", "Member"];
    stage.told(&[&["user", "add"], &who[..]].concat()).await;
    stage.told(&["user", "remove", "--idp", "company", "--identifier", "bob"]).await;
    let ([added], [removed]) = (
        <[Value; 1]>::try_from(stage.audit("user-added").await).expect("one"),
        <[Value; 1]>::try_from(stage.audit("user-removed").await).expect("one"),
    );
    assert_eq!((&added["actor"], &added["after"]), (&json!("cli"), &json!({ "roles": { "garage": ["Member"] } })));
    assert_eq!(removed["before"]["roles"], json!({ "garage": ["Member"] }));
    assert_eq!(stage.audit("configuration-applied").await.len(), 1);
}

#[tokio::test]
async fn policies_are_tried_on_claims_without_a_database() {
    let stage = Stage::set(usual).await;
    let claims = stage.world.folder.path().join("claims.json");
    let file = claims.display().to_string();
    let ask = ["policy", "try", "--idp", "company", "--claims", &file];
    let unreadable = stage.world.command(&stage.file, &ask).await;
    assert_eq!(unreadable.code, Some(2), "{unreadable:?}");
    std::fs::write(&claims, json!({ "sub": "\u{1b}[31m1", "groups": ["garage", "admin"] }).to_string())
        .expect("written");
    let text = stage.told(&ask).await;
    assert!(text.contains("garage    no such role  no role here: Admin  (default policy)"), "{text}");
    assert!(text.contains("home-lab  no match"), "{text}");
    assert!(!text.contains('\u{1b}'), "{text:?}");
    let both = json!({ "id_token": { "sub": "1" }, "userinfo": { "sub": "1", "groups": "home-lab" } });
    std::fs::write(&claims, both.to_string()).expect("written");
    let told: Value = serde_json::from_str(&stage.told(&[&ask[..], &["--json"]].concat()).await).expect("JSON");
    assert_eq!(told["verdicts"][1]["roles"], json!(["Member"]));
    assert_eq!(stage.world.census().await.users, 0);
    let wrong = stage.world.command(&stage.file, &["policy", "try", "--idp", "nobody", "--claims", &file]).await;
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.contains("there are: company"), "{}", wrong.err);
}

#[tokio::test]
async fn new_accounts_are_limited_per_hour_and_known_people_never() {
    let limited =
        |places: &Places| usual(places).replace("auto_provision", "new_accounts_per_hour = 2\nauto_provision");
    let stage = Stage::set(limited).await;
    for (person, status) in [("one", 200), ("two", 200), ("three", 503), ("one", 200)] {
        let (_, page) = stage.sign_in(json!({ "sub": person, "groups": ["home-lab"] })).await;
        assert_eq!(page.status, status, "{person}: {}", page.text());
        if status == 503 {
            assert_eq!(page.title(), "Too many new people at once");
            assert_eq!(page.header("retry-after"), Some("3600"));
            let told = stage.explained(&["--reference", &page.reference()]).await;
            assert_eq!(told["sign_ins"][0]["unknown"], "its claims are not kept");
        }
    }
    assert_eq!(stage.world.census().await.users, 2);
}

#[tokio::test]
async fn who_cannot_be_explained_is_said_so() {
    let stage = Stage::set(usual).await;
    for (arguments, code, says) in [
        (["explain", "--user", "nobody"], 1, "there is no such user"),
        (["explain", "--reference", "7F3KQ-9QXM2"], 1, "nothing is kept under this reference"),
        (["explain", "--reference", "short"], 2, "ten letters and digits"),
    ] {
        let done = stage.world.command(&stage.file, &arguments).await;
        assert_eq!(done.code, Some(code), "{done:?}");
        assert!(done.err.contains(says), "{}", done.err);
    }
}
