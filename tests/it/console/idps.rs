//! Identity providers by hand: added, changed, turned off, deleted; by server admins, and by an organization's for its own.

use serde_json::json;

use crate::kit::browser::{Browser, Response};
use crate::kit::provider::CLIENT_SECRET;
use crate::kit::scene::hidden;
use crate::kit::stage::Stage;
use crate::kit::world::{Places, eventually};

/// Who has the group `chiefs` is a server admin.
fn configuration(places: &Places) -> String {
    let policy = format!("server_admin = \"contains(groups, 'chiefs')\"\n{}", Places::SEED_POLICY);
    places.head(&policy) + &places.home_lab("") + &places.garage()
}

/// What a form says beside what a test cares about.
const USUAL: [(&str, &str); 13] = [
    ("name", "Partners"),
    ("client_id", "vestibule"),
    ("client_auth", "basic"),
    ("scopes", "openid profile"),
    ("identifier", "sub"),
    ("email", "email"),
    ("display_name", "name"),
    ("username", "preferred_username"),
    ("list_claims", "groups"),
    ("on_error", "revoke"),
    ("keep_for", "24"),
    ("new_accounts_per_hour", "1000"),
    ("step", "save"),
];

struct Desk {
    stage: Stage,
    /// A server admin's.
    chief: Browser,
}

impl Desk {
    async fn new() -> Self {
        let stage = Stage::set(configuration).await;
        let (chief, _) = stage.sign_in(json!({ "sub": "chief", "groups": ["chiefs"] })).await;
        Self { stage, chief }
    }

    /// An admin of the home lab.
    async fn alice(&self) -> Browser {
        self.stage.sign_in(json!({ "sub": "alice", "groups": ["home-lab", "admin"] })).await.0
    }

    async fn open(&self, browser: &Browser, path: &str) -> Response {
        browser.follow(&self.stage.world.login(path)).await.pop().expect("a page")
    }

    /// Sends a form to `path`, with the token of this browser's session and these fields in place of the usual ones.
    async fn post(&self, browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Response {
        let base = path.split("/idps").next().unwrap();
        let csrf = hidden(&self.open(browser, &format!("{base}/idps")).await, "csrf");
        let mut form = vec![("csrf", csrf.as_str())];
        form.extend(fields);
        let url = self.stage.world.login(path);
        browser.submit(&url.parse().unwrap(), &url, &form).await
    }

    /// Adds `partners`, whose provider is that of the world.
    async fn add(&self, browser: &Browser, base: &str, with: &[(&str, &str)]) -> Response {
        let issuer = self.stage.world.places.issuer.clone();
        let own = [("id", "partners"), ("issuer", issuer.as_str()), ("client_secret", CLIENT_SECRET)];
        self.post(browser, &format!("{base}/_new"), &over(&own, with)).await
    }

    /// Changes `partners`, as it was seen.
    async fn change(&self, browser: &Browser, with: &[(&str, &str)]) -> Response {
        let page = self.open(browser, "/console/idps/partners/edit").await;
        let (revision, issuer) = (hidden(&page, "revision"), self.stage.world.places.issuer.clone());
        let own = [("revision", revision.as_str()), ("issuer", issuer.as_str())];
        self.post(browser, "/console/idps/partners/edit", &over(&own, with)).await
    }

    /// Whether somebody can sign in at `partners` now.
    async fn signs_in(&self, sub: &str) -> bool {
        self.stage.provider.set_claims(json!({ "sub": sub }));
        let page = Browser::new().follow(&self.stage.world.login("/login/partners")).await.pop().expect("a page");
        page.status != 404
    }
}

/// The usual fields, with others in place of those of the same names, and beside them.
fn over<'a>(own: &[(&'a str, &'a str)], with: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields: Vec<_> = with.to_vec();
    for field in own.iter().chain(&USUAL) {
        if !fields.iter().any(|(name, _)| name == &field.0) {
            fields.push(*field);
        }
    }
    fields
}

#[tokio::test]
async fn a_provider_is_looked_up_added_tested_and_signed_in_at() {
    let desk = Desk::new().await;
    let kinds = desk.open(&desk.chief, "/console/idps/_new").await.text();
    for kind in ["Keycloak", "Microsoft Entra ID", "Google", "Okta", "Auth0", "Authentik", "Zitadel", "GitLab"] {
        assert!(kinds.contains(kind), "{kind}: {kinds}");
    }
    let issuer = desk.stage.world.places.issuer.clone();
    let start =
        [("step", "start"), ("preset", "keycloak"), ("name", "Partners"), ("id", "partners"), ("issuer", &issuer)];
    let found = desk.post(&desk.chief, "/console/idps/_new", &start).await;
    assert_eq!(found.status, 200, "{}", found.text());
    let text = found.text().replace("&#x2f;", "/");
    for shown in ["What the provider tells of itself", "/login/partners/callback", "Valid redirect URIs", "/token"] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    let added = desk.add(&desk.chief, "/console/idps", &[("auto_provision", "on")]).await;
    assert_eq!(
        added.location().map(|to| to.path().to_owned()).as_deref(),
        Some("/console/idps/partners"),
        "{}",
        added.text()
    );
    let page = desk.open(&desk.chief, "/console/idps/partners?done=created").await.text();
    assert!(page.contains("Created.") && page.contains("Test sign-in") && !page.contains(CLIENT_SECRET), "{page}");
    eventually("people sign in there", async || desk.signs_in("paula").await).await;
    let tested = desk.open(&desk.chief, "/login/partners/test").await;
    assert_eq!(tested.title(), "Test of Partners");
    for file in std::fs::read_dir(desk.stage.world.folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(CLIENT_SECRET.len()).any(|window| window == CLIENT_SECRET.as_bytes()), "sealed at rest");
    }
}

#[tokio::test]
async fn what_is_wrong_stands_beside_its_field_and_what_was_typed_stays() {
    let desk = Desk::new().await;
    for (field, typed, why) in [
        ("name", " ", "a name is one line"),
        ("issuer", "http://id.example.com", "an issuer is an https URL"),
        ("client_id", "ü", "printable ASCII"),
        ("scopes", "profile", "openid is missing"),
        ("identifier", "sub[", "ends too early"),
        ("username", "'{{orgId}}'", "no meaning here"),
        ("list_claims", "\u{1}", "exact name"),
        ("new_accounts_per_hour", "many", "write a number"),
        ("delegate_to", "nowhere", "there is no organization nowhere"),
        ("server_admin", "groups[", "ends too early"),
        ("client_secret", "", "Type the client secret"),
    ] {
        let page = desk.add(&desk.chief, "/console/idps", &[(field, typed)]).await;
        let text = page.text();
        assert_eq!(page.status, 422, "{field}: {text}");
        let error = text.split(&format!("id=\"{field}-error\">")).nth(1).unwrap_or_else(|| panic!("{field}: {text}"));
        assert!(error.split("</p>").next().unwrap().contains(why), "{field}: {text}");
        assert!(text.contains("value=\"vestibule\"") || field == "client_id", "{text}");
    }
    assert_eq!(desk.open(&desk.chief, "/console/idps/partners").await.status, 404, "nothing was kept");
}

#[tokio::test]
async fn a_form_that_is_sent_as_it_is_shown_changes_nothing() {
    let desk = Desk::new().await;
    let odd = [
        ("client_auth", "post"),
        ("scopes", "openid email"),
        ("identifier", "join('-', [sub, iss])"),
        ("list_claims", "groups\r\nhttps://example.com/roles"),
        ("required_claims", "amr"),
        ("email_trusted", "on"),
        ("auto_provision", "on"),
        ("require_match", "on"),
        ("on_error", "keep"),
        ("keep_for", "7"),
        ("new_accounts_per_hour", "12"),
        ("refresh_claims", "20"),
        ("sign_out_at_provider", "on"),
        ("server_admin", "contains(groups, 'chiefs')"),
        ("delegate_to", "garage"),
        ("delegated_claims", "groups"),
    ];
    assert_eq!(desk.add(&desk.chief, "/console/idps", &odd).await.status, 303);
    let path = "/console/idps/partners/edit";
    let version = desk.stage.world.directory().await.version().await.unwrap();
    let page = desk.open(&desk.chief, path).await;
    let form = page.form(path);
    for (name, value) in odd {
        let shown = form.iter().find(|(field, _)| field == name).map(|(_, shown)| shown.replace('\n', "\r\n"));
        assert_eq!(shown.as_deref(), Some(value), "{name}");
    }
    let fields: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let url = desk.stage.world.login(path);
    let sent = desk.chief.submit(&url.parse().unwrap(), &url, &[&fields[..], &[("step", "save")]].concat()).await;
    assert_eq!(sent.status, 303, "{}", sent.text());
    assert_eq!(desk.stage.world.directory().await.version().await.unwrap(), version);
}

#[tokio::test]
async fn a_secret_that_was_typed_is_carried_sealed_and_never_shown() {
    let desk = Desk::new().await;
    let page = desk.add(&desk.chief, "/console/idps", &[("name", "")]).await;
    let sealed = hidden(&page, "sealed_secret");
    assert!(!page.text().contains(CLIENT_SECRET));
    let again = [("client_secret", ""), ("sealed_secret", sealed.as_str())];
    assert_eq!(desk.add(&desk.chief, "/console/idps", &again).await.status, 303);
    // It opens for that provider alone.
    let elsewhere = [("id", "others"), ("client_secret", ""), ("sealed_secret", sealed.as_str())];
    let page = desk.add(&desk.chief, "/console/idps", &elsewhere).await;
    assert!(page.status == 422 && page.text().contains("Type the client secret"), "{}", page.text());
}

#[tokio::test]
async fn another_issuer_asks_what_becomes_of_people_and_wants_its_own_secret() {
    let desk = Desk::new().await;
    desk.add(&desk.chief, "/console/idps", &[("auto_provision", "on")]).await;
    eventually("paula signs in", async || desk.signs_in("paula").await).await;
    let other = [("issuer", "https://id.example.com")];
    let page = desk.change(&desk.chief, &other).await;
    assert!(page.status == 422 && page.text().contains("Type the client secret"), "{}", page.text());
    let with_secret = [("issuer", "https://id.example.com"), ("client_secret", "another")];
    let page = desk.change(&desk.chief, &with_secret).await;
    let text = page.text();
    assert!(page.status == 200 && text.contains("concerns 1 person") && !text.contains("value=\"another\""), "{text}");
    let (shown, sealed, revision) = (hidden(&page, "shown"), hidden(&page, "sealed_secret"), hidden(&page, "revision"));
    let carried = [
        ("issuer", "https://id.example.com"),
        ("shown", shown.as_str()),
        ("sealed_secret", sealed.as_str()),
        ("revision", revision.as_str()),
    ];
    let unsaid = desk.post(&desk.chief, "/console/idps/partners/edit", &over(&[], &carried)).await;
    assert!(unsaid.text().contains("Say what is meant"), "{}", unsaid.text());
    let said = over(&carried, &[("identities-partners", "keep")]);
    let done = desk.post(&desk.chief, "/console/idps/partners/edit", &said).await;
    assert_eq!(done.status, 303, "{}", done.text());
    let page = desk.open(&desk.chief, "/console/idps/partners").await.text();
    assert!(page.contains("id.example.com") && page.contains("1 person"), "{page}");
}

#[tokio::test]
async fn turned_off_it_signs_nobody_in_and_turned_on_it_does_again() {
    let desk = Desk::new().await;
    desk.add(&desk.chief, "/console/idps", &[("auto_provision", "on")]).await;
    eventually("paula signs in", async || desk.signs_in("paula").await).await;
    let paula = Browser::new();
    desk.open(&paula, "/login/partners").await;
    let is_in = async || paula.fetch(&desk.stage.world.login("/account")).await.status == 200;
    assert!(is_in().await);
    let asked = desk.open(&desk.chief, "/console/idps/partners/disable").await;
    assert!(asked.text().contains("1 person is known"), "{}", asked.text());
    let mut shown = vec![("shown".to_owned(), hidden(&asked, "shown"))];
    if asked.text().contains("meant-roles") {
        shown.push(("meant-roles".to_owned(), "yes".to_owned()));
    }
    let fields: Vec<_> = shown.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let off = desk.post(&desk.chief, "/console/idps/partners/disable", &fields).await;
    assert_eq!(off.status, 303, "{}", off.text());
    eventually("nobody signs in", async || !desk.signs_in("paula").await).await;
    eventually("sessions have ended", async || !is_in().await).await;
    let page = desk.open(&desk.chief, "/console/idps/partners").await.text();
    assert!(page.contains("Turn on") && page.contains("Test sign-in"), "{page}");
    let on = desk.post(&desk.chief, "/console/idps/partners/enable", &[]).await;
    assert_eq!(on.status, 303, "{}", on.text());
    eventually("paula signs in again", async || desk.signs_in("paula").await).await;
    assert!(!is_in().await, "the old session stays over");
}

#[tokio::test]
async fn deleting_names_what_goes_and_has_to_be_meant() {
    let desk = Desk::new().await;
    desk.add(&desk.chief, "/console/idps", &[("auto_provision", "on")]).await;
    eventually("paula signs in", async || desk.signs_in("paula").await).await;
    let asked = desk.open(&desk.chief, "/console/idps/partners/delete").await;
    assert!(asked.text().contains("go the identities of 1 person"), "{}", asked.text());
    let shown = hidden(&asked, "shown");
    let unsaid = desk.post(&desk.chief, "/console/idps/partners/delete", &[("shown", &shown)]).await;
    assert!(unsaid.text().contains("Say what is meant"), "{}", unsaid.text());
    let said = [("shown", shown.as_str()), ("identities-partners", "forget")];
    let gone = desk.post(&desk.chief, "/console/idps/partners/delete", &said).await;
    assert_eq!(gone.location().map(|to| to.path().to_owned()).as_deref(), Some("/console/idps"), "{}", gone.text());
    assert_eq!(desk.open(&desk.chief, "/console/idps/partners").await.status, 404);
    eventually("nobody signs in", async || !desk.signs_in("paula").await).await;
}

#[tokio::test]
async fn what_the_file_declares_is_shown_and_not_changed() {
    let desk = Desk::new().await;
    let page = desk.open(&desk.chief, "/console/idps/company").await.text();
    assert!(page.contains("Managed by the configuration file") && !page.contains("/edit"), "{page}");
    for act in ["disable", "delete", "enable"] {
        let refused = desk.post(&desk.chief, &format!("/console/idps/company/{act}"), &[]).await;
        assert_eq!(refused.status, 400, "{act}: {}", refused.text());
    }
    let refused = desk
        .post(
            &desk.chief,
            "/console/idps/company/edit",
            &over(&[], &[("client_auth", "none"), ("issuer", "https://x.example.com")]),
        )
        .await;
    assert!(refused.status == 422 && refused.text().contains("configuration file declares"), "{}", refused.text());
}

#[tokio::test]
async fn an_organizations_admin_has_its_own_providers_and_no_others() {
    let desk = Desk::new().await;
    let alice = desk.alice().await;
    desk.add(&desk.chief, "/console/idps", &[]).await;
    let own = "/console/organizations/home-lab/idps";
    let page = desk.open(&alice, own).await;
    assert!(page.status == 200 && page.text().contains("No provider of your own yet"), "{}", page.text());
    for path in ["", "/_new", "/partners", "/partners/edit", "/partners/disable", "/partners/delete", "/company"] {
        let global = desk.open(&alice, &format!("/console/idps{path}")).await.status;
        assert_eq!(global, 403, "{path}");
        let foreign = desk.open(&alice, &format!("/console/organizations/garage/idps{path}")).await.status;
        assert_eq!(foreign, 404, "{path}");
        if path.contains("partners") || path.contains("company") {
            assert_eq!(desk.open(&alice, &format!("{own}{path}")).await.status, 404, "{path}");
        }
    }
}

#[tokio::test]
async fn an_organizations_admin_cannot_send_us_to_what_only_we_reach() {
    let desk = Desk::new().await;
    let alice = desk.alice().await;
    let own = "/console/organizations/home-lab/idps";
    let issuer = desk.stage.world.places.issuer.clone();
    let before = desk.stage.provider.hits("/.well-known/openid-configuration");
    for issuer in [issuer.as_str(), "http://localhost:9", "https://169.254.169.254"] {
        let start = [("step", "start"), ("name", "Own"), ("id", "own"), ("issuer", issuer)];
        let page = desk.post(&alice, &format!("{own}/_new"), &start).await;
        assert!(page.status == 422 && page.text().contains("no address of the public internet"), "{}", page.text());
    }
    // Saved all the same, nobody is sent there: the provider is never asked.
    let saved = desk.add(&alice, own, &[("id", "own")]).await;
    assert_eq!(saved.status, 303, "{}", saved.text());
    eventually("it is known", async || desk.open(&alice, "/login/own/test").await.status == 200).await;
    let text = desk.open(&alice, "/login/own/test").await.text();
    assert!(text.contains("no address of the public internet"), "{text}");
    assert_eq!(desk.stage.provider.hits("/.well-known/openid-configuration"), before);
    // A server admin may, below the organization too.
    let start = [("step", "start"), ("name", "Own"), ("id", "own-2"), ("issuer", issuer.as_str())];
    assert_eq!(desk.post(&desk.chief, &format!("{own}/_new"), &start).await.status, 200);
}

#[tokio::test]
async fn hostile_texts_stay_text() {
    let desk = Desk::new().await;
    const HOSTILE: &str = "<script>alert(1)</script>{{7*7}}\"'";
    let name = [("name", HOSTILE), ("client_id", HOSTILE)];
    let added = desk.add(&desk.chief, "/console/idps", &name).await;
    assert_eq!(added.status, 303, "{}", added.text());
    for path in ["", "/partners", "/partners/edit", "/partners/delete", "/partners/disable"] {
        let text = desk.open(&desk.chief, &format!("/console/idps{path}")).await.text();
        assert!(
            !text.contains("<script>alert") && text.contains("&lt;script&gt;alert(1)") && text.contains("{{7*7}}"),
            "{path}: {text}"
        );
    }
    let fields = [
        "issuer",
        "scopes",
        "identifier",
        "email",
        "display_name",
        "username",
        "list_claims",
        "required_claims",
        "delegate_to",
        "delegated_claims",
        "server_admin",
        "keep_for",
        "on_error",
        "client_auth",
        "id",
        "preset",
    ];
    for field in fields {
        let text = desk.add(&desk.chief, "/console/idps", &[("id", "other"), (field, HOSTILE)]).await.text();
        assert!(!text.contains("<script>alert"), "{field}: {text}");
    }
}

#[tokio::test]
async fn another_sites_form_changes_nothing() {
    let desk = Desk::new().await;
    let csrf = hidden(&desk.open(&desk.chief, "/console/idps").await, "csrf");
    let url = desk.stage.world.login("/console/idps/_new");
    let issuer = desk.stage.world.places.issuer.clone();
    let own =
        [("id", "partners"), ("issuer", issuer.as_str()), ("client_secret", CLIENT_SECRET), ("csrf", csrf.as_str())];
    let evil = "https://evil.example.com/".parse().unwrap();
    assert_eq!(desk.chief.submit(&evil, &url, &over(&own, &[])).await.status, 403);
    let foreign = over(&[("csrf", "0")], &own[..3]);
    assert_eq!(desk.chief.submit(&url.parse().unwrap(), &url, &foreign).await.status, 403);
    assert_eq!(desk.open(&desk.chief, "/console/idps/partners").await.status, 404);
}

#[tokio::test]
async fn what_is_turned_off_can_be_tested_by_its_admins_and_nobody_signs_in_there() {
    let desk = Desk::new().await;
    desk.add(&desk.chief, "/console/idps", &[("auto_provision", "on")]).await;
    let page = desk.open(&desk.chief, "/console/idps/partners/disable").await;
    let shown = hidden(&page, "shown");
    let off = desk.post(&desk.chief, "/console/idps/partners/disable", &[("shown", &shown)]).await;
    assert_eq!(off.status, 303, "{}", off.text());
    eventually("nobody signs in there", async || !desk.signs_in("paula").await).await;
    let users = desk.stage.world.census().await.users;
    let tested = desk.open(&desk.chief, "/login/partners/test").await;
    let text = tested.text();
    assert_eq!(tested.title(), "Test of Partners", "{text}");
    assert!(text.contains("paula") && text.contains("This provider is turned off"), "{text}");
    assert!(!desk.signs_in("paula").await);
    assert_eq!(desk.stage.world.census().await.users, users);
    let (alice, stranger) = (desk.alice().await, Browser::new());
    assert_eq!(desk.open(&alice, "/login/partners/test").await.status, 404, "it is not hers");
    assert_eq!(desk.open(&stranger, "/login/partners/test").await.status, 404);
    // Each has us read and ask anew, so there is an end to it.
    let mut last = tested;
    for _ in 0..40 {
        last = desk.chief.navigate(&desk.stage.world.login("/login/partners/test")).await;
        if last.status == 429 {
            break;
        }
    }
    assert_eq!(last.status, 429, "{}", last.text());
    assert!(last.header("retry-after").is_some_and(|seconds| seconds.parse::<u64>().is_ok_and(|it| it > 0)));
}

#[tokio::test]
async fn a_policy_says_that_it_gives_nothing_while_auto_provision_is_off_and_where_it_is_switched_on() {
    let desk = Desk::new().await;
    desk.add(&desk.chief, "/console/idps", &[]).await;
    let path = "/console/idps/partners/policy";
    let page = desk.open(&desk.chief, path).await.text().replace("&#x2f;", "/");
    assert!(page.contains("Auto provision is off at <bdi>Partners</bdi>"), "{page}");
    assert!(page.contains("<a href=\"/console/idps/partners\">Switch it on"), "{page}");
    let everybody = [("org-kind", "text"), ("org-text", "`true`"), ("role-kind", "text"), ("role-text", "'Member'")];
    let fields = [&everybody[..], &[("do", "preview")]].concat();
    let asked = desk.post(&desk.chief, path, &fields).await.text();
    assert!(asked.contains("It gives nothing until auto provision is on there."), "{asked}");
    assert!(!asked.contains("It counts from"), "{asked}");
    let form = desk.open(&desk.chief, "/console/idps/partners/edit").await.text();
    assert!(form.contains("Auto provision: a first sign-in"), "{form}");
    desk.change(&desk.chief, &[("auto_provision", "on")]).await;
    let page = desk.open(&desk.chief, path).await.text();
    assert!(!page.contains("Auto provision is off"), "{page}");
}

#[tokio::test]
async fn an_organizations_own_provider_is_led_to_where_it_stands() {
    let desk = Desk::new().await;
    let base = "/console/organizations/home-lab/idps";
    desk.add(&desk.chief, base, &[]).await;
    let mut led = Vec::new();
    for page in ["/console/audit", "/console/idps/partners/policy"] {
        let text = desk.open(&desk.chief, page).await.text().replace("&#x2f;", "/");
        let links = text.split("href=\"").filter_map(|rest| rest.split('"').next());
        led.extend(links.filter(|link| link.ends_with("/idps/partners")).map(str::to_owned));
    }
    assert!(led.len() >= 2, "{led:?}");
    for link in led {
        assert_eq!(desk.open(&desk.chief, &link).await.status, 200, "{link}");
    }
}

#[tokio::test]
async fn what_to_do_at_a_provider_and_the_redirect_uri_are_told_before_its_issuer_is_known() {
    let desk = Desk::new().await;
    let page = desk.open(&desk.chief, "/console/idps/_new?preset=authentik").await.text().replace("&#x2f;", "/");
    let uri = desk.stage.world.login("/login/authentik/callback");
    assert!(page.contains("Redirect URIs, strict") && page.contains(&uri), "{page}");
}

#[tokio::test]
async fn a_sign_in_is_tried_from_the_form_that_edits_its_provider() {
    let desk = Desk::new().await;
    desk.add(&desk.chief, "/console/idps", &[]).await;
    let page = desk.open(&desk.chief, "/console/idps/partners/edit").await.text().replace("&#x2f;", "/");
    assert!(page.contains("href=\"/login/partners/test\""), "{page}");
    let new = desk.open(&desk.chief, "/console/idps/_new?preset=other").await.text();
    assert!(!new.contains("Test sign-in"), "{new}");
}
