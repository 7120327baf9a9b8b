//! What a changed configuration would do, before it does it: `vestibule plan` and `apply`.

use serde_json::{Value, json};

use crate::kit::browser::Browser;
use crate::kit::command::Done;
use crate::kit::stage::Stage;
use crate::kit::world::{Places, eventually};

fn usual(places: &Places) -> String {
    places.head(Places::SEED_POLICY) + &places.home_lab("") + &places.garage()
}

const MEMBER: &str = "|| 'Member'";

impl Stage {
    async fn person(&self, person: &str, groups: &[&str]) -> Browser {
        self.sign_in(json!({ "sub": person, "preferred_username": person, "groups": groups })).await.0
    }

    /// An admin, and eleven members of the home lab.
    async fn crowd(&self) -> Vec<Browser> {
        let mut browsers = vec![self.person("alice", &["home-lab", "admin"]).await];
        for number in 0..11 {
            browsers.push(self.person(&format!("member-{number:02}"), &["home-lab"]).await);
        }
        browsers
    }

    /// Runs a command with the configuration, changed.
    async fn with(&self, from: &str, to: &str, arguments: &[&str]) -> Done {
        let changed = self.file.replace(from, to);
        assert_ne!(changed, self.file, "{from} is not in the configuration");
        self.world.command(&changed, arguments).await
    }

    async fn planned(&self, from: &str, to: &str) -> Value {
        let done = self.with(from, to, &["plan", "--json"]).await;
        assert_eq!(done.code, Some(0), "{done:?}");
        serde_json::from_str(&done.out).expect("JSON")
    }
}

#[tokio::test]
async fn a_plan_shows_what_differs_and_changes_nothing() {
    let stage = Stage::set(usual).await;
    let same = stage.world.command(&stage.file, &["plan", "--exit-code"]).await;
    assert_eq!((same.code, same.out.contains("Nothing differs")), (Some(0), true), "{same:?}");
    let before = stage.world.census().await;
    let changed = stage
        .file
        .replace("name = \"Garage\"", "name = \"The garage\"")
        .replace("\"Admin\", \"Member\"]", "\"Admin\", \"Member\", \"Guest\"]")
        + "\n[[organization]]\nid = \"attic\"\nname = \"Attic\"\nroles = [\"Member\"]\n[[organization.policy]]\nidp = \"company\"\norg = \"'attic'\"\n";
    let changed = changed.replace(MEMBER, "|| 'Guest'");
    let done = stage.world.command(&changed, &["plan", "--exit-code"]).await;
    assert_eq!(done.code, Some(1), "{done:?}");
    for line in [
        "  ~ organization garage\n      name\n        - \"Garage\"\n        + \"The garage\"\n",
        "  + organization attic\n",
        "  + role attic/Member\n",
        "  + role home-lab/Guest\n",
        "  + policy attic at company\n",
        "  ~ policy default of company\n      role\n",
    ] {
        assert!(done.out.contains(line), "{line} in {}", done.out);
    }
    assert_eq!(stage.world.census().await, before);
    assert!(stage.world.command(&stage.file, &["plan"]).await.out.contains("Nothing differs"));
    let gone = stage.file.replace(&stage.world.places.garage(), "");
    let done = stage.world.command(&gone, &["plan"]).await;
    assert!(done.out.contains("  - organization garage, no longer declared"), "{}", done.out);
}

#[tokio::test]
async fn a_plan_shows_who_gains_and_who_loses_what() {
    let stage = Stage::set(usual).await;
    stage.crowd().await;
    let told = stage.planned(MEMBER, "|| contains(groups, 'staff') && 'Member'").await;
    let losses = told["impact"]["losses"].as_array().expect("losses");
    assert_eq!((losses.len(), &losses[0]["organization"], &losses[0]["count"]), (1, &json!("home-lab"), &json!(11)));
    assert_eq!(losses[0]["users"][0], "member-00");
    assert_eq!((&told["impact"]["identities"], &told["impact"]["gains"]), (&json!(12), &json!([])));
    assert_eq!((&told["impact"]["losing"], &told["impact"]["holders"]), (&json!(11), &json!(12)));
    assert_eq!(told["dangers"][0]["meant_by"], "--allow-loss-of-roles");

    let told = stage.planned("contains(groups, '{{orgId}}')", "`true`").await;
    assert_eq!(told["impact"]["losses"], json!([]));
    let gains = told["impact"]["gains"].as_array().expect("gains");
    assert_eq!((gains.len(), &gains[0]["organization"], &gains[0]["count"]), (1, &json!("garage"), &json!(11)));

    let told = stage.planned("contains(groups, 'admin') && 'Admin'", "contains(nothing, 'x') && 'Admin'").await;
    assert_eq!(told["impact"]["failing"], json!([{ "organization": "home-lab", "identities": 12 }]));

    let told = stage.planned(MEMBER, "|| contains(preferred_username, 'member') && 'Member'").await;
    let text = json!([{ "idp": "company", "claim": "preferred_username", "identities": 12 }]);
    assert_eq!(told["impact"]["texts"], text);

    let done = stage.with(MEMBER, "|| contains(groups, 'staff') && 'Member'", &["plan"]).await;
    assert!(done.out.contains("- home-lab/Member: 11 (member-00, member-01"), "{}", done.out);
    assert!(done.out.contains("DANGEROUS: 11 of 12 users"), "{}", done.out);
}

#[tokio::test]
async fn whoever_holds_a_role_by_hand_too_does_not_lose_it() {
    let stage = Stage::set(usual).await;
    stage.person("alice", &["home-lab"]).await;
    let who = ["--idp", "company", "--identifier", "alice", "--organization", "home-lab", "--role", "Member"];
    stage.world.command(&stage.file, &[&["user", "add"], &who[..]].concat()).await;
    let told = stage.planned(MEMBER, "").await;
    assert_eq!((&told["impact"]["losses"], &told["dangers"]), (&json!([]), &json!([])));
    // A role that is declared no longer goes from everybody, whoever gave it.
    let told = stage.planned("roles = [\"Admin\", \"Member\"]", "roles = [\"Admin\", \"Reader\"]").await;
    assert_eq!(
        (&told["impact"]["losses"][0]["role"], &told["impact"]["losses"][0]["count"]),
        (&json!("Member"), &json!(1))
    );
}

#[tokio::test]
async fn a_part_of_a_text_that_a_policy_would_look_for_is_told_of() {
    let stage = Stage::set(usual).await;
    stage.sign_in(json!({ "groups": ["home-lab"], "team": "administration" })).await;
    let within = "contains(team, 'admin') && 'Admin'";
    let done = stage.with("contains(groups, 'admin') && 'Admin'", within, &["plan"]).await;
    let told = "contains(team, …) looks for a part of a text: at company the claim is one for 1";
    assert!(done.out.contains(told), "{}", done.out);
    assert!(done.out.contains("+ home-lab/Admin: 1 (alice)"), "{}", done.out);
}

#[tokio::test]
async fn people_whose_claims_are_not_kept_are_told_as_unknown() {
    for records in ["keep_claims = false", "redact_claims = [\"groups\"]"] {
        let configuration = |places: &Places| format!("{}\n[records]\n{records}\n", usual(places));
        let stage = Stage::set(configuration).await;
        stage.person("alice", &["home-lab"]).await;
        let told = stage.planned(MEMBER, "").await;
        assert_eq!((&told["impact"]["unknown"], &told["impact"]["losses"]), (&json!(1), &json!([])), "{records}");
        assert_eq!(told["impact"]["unknown_users"], json!(["alice"]));
        // Nor is anything taken from them.
        let done = stage.with(MEMBER, "", &["apply", "--yes", "--apply-losses"]).await;
        assert!(done.out.contains("Taken away: 0 roles."), "{records}: {done:?}");
        assert_eq!(stage.world.census().await.grants, 1);
    }
}

#[tokio::test]
async fn applying_asks_first_and_counts_from_the_next_sign_in_or_at_once() {
    let stage = Stage::set(usual).await;
    let browsers = stage.crowd().await;
    let (from, to) = ("contains(groups, '{{orgId}}')", "contains(groups, '{{orgId}}') && !contains(groups, 'nobody')");
    let unasked = stage.with(from, to, &["apply"]).await;
    assert_eq!(unasked.code, Some(1), "{unasked:?}");
    assert!(unasked.err.contains("nobody to ask; say --yes"), "{}", unasked.err);
    assert!(stage.world.command(&stage.file, &["plan"]).await.out.contains("Nothing differs"));
    assert_eq!(stage.with(from, to, &["apply", "--yes"]).await.code, Some(0));

    let stricter = "|| contains(groups, 'staff') && 'Member'";
    let refused = stage.with(MEMBER, stricter, &["apply", "--yes"]).await;
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.err.contains("apply with --allow-loss-of-roles"), "{}", refused.err);
    let done = stage.with(MEMBER, stricter, &["apply", "--yes", "--allow-loss-of-roles"]).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(stage.roles_at(&browsers[1], "wiki").await.as_deref(), Some("Member"), "until the next sign-in");

    let stricter_file = stage.file.replace(MEMBER, stricter);
    let done = stage.world.command(&stricter_file, &["apply", "--yes", "--apply-losses"]).await;
    assert!(done.out.contains("Taken away: 11 roles."), "{done:?}");
    eventually("the open session feels it", async || {
        browsers[1].fetch(&stage.world.url("wiki", "/")).await.status == 403
    })
    .await;
    assert_eq!(stage.roles_at(&browsers[0], "wiki").await.as_deref(), Some("Admin"));
    let again = stage.world.command(&stricter_file, &["apply", "--yes", "--apply-losses"]).await;
    assert!(again.out.contains("Taken away: 0 roles."), "{again:?}");
    let audit = stage.world.command(&stricter_file, &["audit", "export"]).await.out;
    assert_eq!(audit.lines().filter(|line| line.contains("\"losses-applied\"")).count(), 11, "{audit}");
}

#[tokio::test]
async fn an_organization_is_not_left_without_an_admin_unless_that_is_meant() {
    let mut stage = Stage::set(usual).await;
    stage.crowd().await;
    let no_admin = ("contains(groups, 'admin') && 'Admin'", "contains(groups, 'boss') && 'Admin'");
    let told = stage.planned(no_admin.0, no_admin.1).await;
    assert_eq!(told["impact"]["without_admin"], json!(["home-lab"]));
    let refused = stage.with(no_admin.0, no_admin.1, &["apply", "--yes"]).await;
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.err.contains("nobody would be left to administer home-lab"), "{}", refused.err);
    // A role that administers no longer leaves nobody either.
    let told = stage.planned("admin_roles = [\"Admin\"]", "").await;
    assert_eq!(told["impact"]["without_admin"], json!(["home-lab"]));
    // At start it is the same.
    stage.world.stop().await;
    let served = stage.with(no_admin.0, no_admin.1, &["serve"]).await;
    assert_eq!(served.code, Some(2), "{served:?}");
    assert!(served.err.contains("start once with --allow-loss-of-admins"), "{}", served.err);
    let flags = ["apply", "--yes", "--allow-loss-of-admins"];
    let done = stage.with(no_admin.0, no_admin.1, &flags).await;
    assert_eq!(done.code, Some(0), "{done:?}");
}
