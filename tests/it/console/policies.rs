//! Policies by hand: written, tried, foreseen, saved, looked back on; by server admins, and by an organization's for it alone.

use serde_json::json;

use vestibule::base::Ambient;
use vestibule::directory::{Actor, Directory, Edit, SecretEdit, Terms};
use vestibule::identity::{ClientAuth, PolicyText};
use vestibule::store::{DatabaseUrl, Db};

use crate::kit::attempt::Attempt;
use crate::kit::browser::{Browser, Response};
use crate::kit::scene::hidden;
use crate::kit::stage::Stage;
use crate::kit::world::{Places, eventually};

/// Who has the group `chiefs` is a server admin.
fn configuration(places: &Places) -> String {
    let policy = format!("server_admin = \"contains(groups, 'chiefs')\"\n{}", Places::SEED_POLICY);
    places.head(&policy) + &places.home_lab("") + &places.garage()
}

const DEFAULT: &str = "/console/idps/partners/policy";
const OWN: &str = "/console/organizations/club/policies/partners";
const BY_GROUP: &str = "contains(groups, '{{orgId}}')";

struct Desk {
    stage: Stage,
    /// A server admin's.
    chief: Browser,
}

impl Desk {
    /// Beside the file: the organization `club`, and the provider `partners`, opened to it with the claim `groups`.
    async fn new() -> Self {
        let stage = Stage::set(configuration).await;
        let (chief, _) =
            stage.sign_in(json!({ "sub": "chief", "preferred_username": "chief", "groups": ["chiefs"] })).await;
        let db = Db::open(&DatabaseUrl::sqlite(stage.world.database_path())).await.unwrap();
        let directory = Directory::new(db.clone(), Ambient::system());
        let admin = directory.server_admin(Actor::CommandLine);
        let roles = vec![("Admin".parse().unwrap(), true), ("Guest".parse().unwrap(), false)];
        let (id, name) = ("club".parse().unwrap(), "The club".to_owned());
        let club = Edit::Organization { id, name, roles, allotment: Default::default() };
        admin.edit(&club, &Terms::default()).await.unwrap();
        let live = directory.catalogue().await.unwrap();
        let mut spec = live.idp_by_id(&"company".parse().unwrap()).unwrap().spec.clone();
        (spec.id, spec.name) = ("partners".parse().unwrap(), "Partners".to_owned());
        (spec.client_auth, spec.profile.server_admin) = (ClientAuth::None, None);
        (spec.delegate_to, spec.delegated_claims) = (vec!["club".parse().unwrap()], vec!["groups".to_owned()]);
        let role = "contains(groups, 'admin') && 'Admin' || 'Guest'".to_owned();
        spec.default_policy = PolicyText { org: Some(BY_GROUP.to_owned()), role: Some(role) };
        let partners = Edit::Idp { spec: Box::new(spec), secret: SecretEdit::Keep };
        admin.edit(&partners, &Terms::default()).await.unwrap();
        db.close().await;
        let desk = Self { stage, chief };
        eventually("the provider is known", async || desk.open(&desk.chief, DEFAULT).await.status == 200).await;
        desk
    }

    /// Somebody who signs in at `partners` with these groups, and a claim that the club's admins do not see.
    async fn partner(&self, sub: &str, groups: &[&str]) -> Browser {
        self.stage
            .provider
            .set_claims(json!({ "sub": sub, "preferred_username": sub, "groups": groups, "salary": "4711" }));
        let browser = Browser::new();
        Attempt::at(&self.stage.world, &browser, &self.stage.world.login("/login/partners"), "").await;
        browser
    }

    async fn open(&self, browser: &Browser, path: &str) -> Response {
        browser.follow(&self.stage.world.login(path)).await.pop().expect("a page")
    }

    /// Sends the form of the page at `path`, with its token.
    async fn post(&self, browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Response {
        let csrf = hidden(&self.open(browser, "/account").await, "csrf");
        let form: Vec<(&str, &str)> = [("csrf", csrf.as_str())].into_iter().chain(fields.iter().copied()).collect();
        let url = self.stage.world.login(path);
        browser.submit(&url.parse().unwrap(), &url, &form).await
    }

    /// Says on the page that asked, that it is meant.
    async fn confirm(&self, browser: &Browser, path: &str, asked: &Response, also: &[(&str, &str)]) -> Response {
        let text = asked.text();
        let form = text.split("<form class=\"form\"").nth(1).unwrap_or_else(|| panic!("nothing is asked: {text}"));
        let mut fields = Vec::new();
        for field in form.split("type=\"hidden\" name=\"").skip(1) {
            let (name, rest) = field.split_once("\" value=\"").unwrap();
            fields.push((name.to_owned(), plain(rest.split('"').next().unwrap())));
        }
        let mut all: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        all.retain(|(name, _)| *name != "csrf");
        all.extend(also);
        self.post(browser, path, &all).await
    }
}

/// A text of a page as it was before it was escaped.
fn plain(text: &str) -> String {
    let pairs = [("&#x27;", "'"), ("&#x2f;", "/"), ("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

fn expressions<'a>(org: &'a str, role: &'a str, act: &'a str) -> [(&'a str, &'a str); 5] {
    [("org-kind", "text"), ("org-text", org), ("role-kind", "text"), ("role-text", role), ("do", act)]
}

const MEANT: [(&str, &str); 2] = [("meant-admins", "yes"), ("meant-roles", "yes")];

#[tokio::test]
async fn a_policy_is_foreseen_saved_taken_into_effect_and_rolled_back() {
    let desk = Desk::new().await;
    desk.partner("greta", &["club"]).await;
    let page = desk.open(&desk.chief, DEFAULT).await;
    let text = plain(&page.text());
    assert_eq!(page.title(), "Default policy of Partners");
    assert!(text.contains("value=\"{{orgId}}\"") && text.contains("value=\"Guest\""), "in rows: {text}");

    let stricter = "contains(groups, 'staff')";
    let asked = desk.post(&desk.chief, DEFAULT, &expressions(stricter, "'Guest'", "preview")).await;
    let shown = plain(&asked.text());
    assert_eq!(asked.status, 200, "{shown}");
    for part in ["club/Guest", "loses", "greta", stricter, "more than a tenth"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    // Nothing is saved before it is said to be meant.
    let again = desk.confirm(&desk.chief, DEFAULT, &asked, &[]).await;
    assert!(again.text().contains("Say what is meant"), "{}", again.text());
    let saved = desk.confirm(&desk.chief, DEFAULT, &again, &MEANT).await;
    assert_eq!(saved.status, 303, "{}", saved.text());
    let page = desk.chief.follow_from(saved).await.pop().unwrap();
    assert!(page.text().contains("Saved.") && page.text().contains("Take them away now"), "{}", page.text());
    let taken = desk.post(&desk.chief, DEFAULT, &[("do", "losses")]).await;
    assert!(taken.location().unwrap().query().unwrap().contains("losses-taken"));
    let list = desk.stage.told(&["user", "list"]).await;
    assert!(list.contains("greta") && !list.contains("club"), "{list}");

    let history = plain(&desk.open(&desk.chief, &format!("{DEFAULT}/history")).await.text());
    assert!(history.contains("in force") && history.contains(BY_GROUP) && history.contains("chief"), "{history}");
    let versions: Vec<&str> = history
        .split(&format!("href=\"{DEFAULT}/history/"))
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert_eq!(versions.len(), 2, "{history}");
    let compared = plain(&desk.open(&desk.chief, &format!("{DEFAULT}/history/{}", versions[1])).await.text());
    assert!(compared.contains("<del>") && compared.contains("<ins>"), "{compared}");
    let restored = plain(&desk.open(&desk.chief, &format!("{DEFAULT}?version={}", versions[1])).await.text());
    assert!(restored.contains("put it in force again") && restored.contains(BY_GROUP), "{restored}");
    let role = "contains(groups, 'admin') && 'Admin' || 'Guest'";
    let asked = desk.post(&desk.chief, DEFAULT, &expressions(BY_GROUP, role, "preview")).await;
    assert!(asked.text().contains("gains"), "{}", asked.text());
    assert_eq!(desk.confirm(&desk.chief, DEFAULT, &asked, &MEANT).await.status, 303);
}

#[tokio::test]
async fn what_was_foreseen_is_shown_again_if_anything_moved() {
    let desk = Desk::new().await;
    desk.partner("greta", &["club"]).await;
    let first = desk.post(&desk.chief, DEFAULT, &expressions("`true`", "'Guest'", "preview")).await;
    let other = desk.post(&desk.chief, OWN, &expressions("`true`", "'Admin'", "preview")).await;
    assert_eq!(desk.confirm(&desk.chief, OWN, &other, &MEANT).await.status, 303);
    let moved = desk.confirm(&desk.chief, DEFAULT, &first, &MEANT).await;
    assert!(moved.status == 200 && moved.text().contains("Something changed meanwhile"), "{}", moved.text());
    assert_eq!(desk.confirm(&desk.chief, DEFAULT, &moved, &MEANT).await.status, 303);
    // A stale page of the same policy changes nothing.
    let stale = desk.confirm(&desk.chief, DEFAULT, &first, &MEANT).await;
    assert_ne!(stale.status, 303, "{}", stale.text());
}

#[tokio::test]
async fn rows_are_written_as_an_expression_and_tried_on_claims_before_anything_is_saved() {
    let desk = Desk::new().await;
    desk.partner("greta", &["club"]).await;
    let rows = [
        ("org-kind", "rows"),
        ("org-when", "lists"),
        ("org-claim", "groups"),
        ("org-value", "staff"),
        ("org-then", "club"),
        ("org-when", "domain"),
        ("org-claim", ""),
        ("org-value", "example.org"),
        ("org-then", ""),
        ("role-kind", "rows"),
        ("gives", "first"),
        ("role-when", "everybody"),
        ("role-claim", ""),
        ("role-value", ""),
        ("role-then", "Guest"),
    ];
    let with = |also: &[(&'static str, &'static str)]| [&rows[..], also].concat();
    let claims = [("do", "check"), ("claims", "{\"groups\": [\"staff\"]}"), ("organization", "club")];
    let tried = plain(&desk.post(&desk.chief, DEFAULT, &with(&claims)).await.text());
    let written = "[contains(groups, 'staff') && 'club', email_verified == `true` && matches_domain(email, \
                   'example.org') && '{{orgId}}']";
    assert!(tried.contains(written) && tried.contains("granted") && tried.contains("<bdi>Guest</bdi>"), "{tried}");
    let somebody = [("do", "check"), ("user", "greta"), ("organization", "club")];
    let tried = plain(&desk.post(&desk.chief, DEFAULT, &with(&somebody)).await.text());
    assert!(tried.contains("no match") && tried.contains("4711"), "{tried}");
    // A row more, a row less, and the expression itself.
    let more = desk.post(&desk.chief, DEFAULT, &with(&[("do", "add-org")])).await.text();
    assert_eq!(more.matches("name=\"org-when\"").count(), 3, "{more}");
    let less = desk.post(&desk.chief, DEFAULT, &with(&[("do", "drop-org-0")])).await.text();
    assert_eq!(less.matches("name=\"org-when\"").count(), 1, "{less}");
    let text = plain(&desk.post(&desk.chief, DEFAULT, &with(&[("do", "write-org")])).await.text());
    assert!(text.contains(&format!("\n{written}</textarea>")), "{text}");
    let rows = [("org-kind", "text"), ("org-text", "contains(groups, 'x')"), ("do", "read-org")];
    let read = desk.post(&desk.chief, DEFAULT, &rows).await.text();
    assert!(read.contains("value=\"x\""), "{read}");
    let example = plain(&desk.post(&desk.chief, DEFAULT, &[("do", "example-0")]).await.text());
    assert!(example.contains("contains(groups, 'admin') && 'Admin' || 'Member'"), "{example}");
    let list = desk.stage.told(&["user", "list"]).await;
    assert!(list.contains("club/Guest"), "nothing was saved: {list}");
}

#[tokio::test]
async fn what_is_wrong_stands_beside_its_field_and_what_was_typed_stays() {
    let desk = Desk::new().await;
    let wrong = desk.post(&desk.chief, DEFAULT, &expressions("contains(groups", "'Guest'", "preview")).await;
    assert_eq!(wrong.status, 422);
    let text = plain(&wrong.text());
    assert!(text.contains("Line 1, column") && text.contains("\ncontains(groups</textarea>"), "{text}");
    let rows = [("org-kind", "rows"), ("org-when", "lists"), ("org-claim", ""), ("org-value", ""), ("do", "preview")];
    let wrong = desk.post(&desk.chief, DEFAULT, &rows).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.text().matches("aria-invalid=\"true\"").count(), 2, "{}", wrong.text());
    for (claims, why) in [("[1]", "no JSON object"), ("{\"a\": ", "no JSON object")] {
        let fields = [&expressions("`true`", "'Guest'", "check")[..], &[("claims", claims)]].concat();
        let text = desk.post(&desk.chief, DEFAULT, &fields).await.text();
        assert!(text.contains(why), "{text}");
    }
    // A text that is allowed and yet seldom meant.
    let text = desk.post(&desk.chief, OWN, &expressions("`true`", "'Boss'", "check")).await.text();
    assert!(text.contains("Always matches") && text.contains("no such role"), "{text}");
}

#[tokio::test]
async fn an_organizations_admin_writes_its_own_policy_and_learns_of_present_members_alone() {
    let desk = Desk::new().await;
    let alice = desk.partner("alice", &["club", "admin"]).await;
    desk.partner("olaf", &[]).await;
    let list = desk.open(&alice, "/console/organizations/club/policies").await.text();
    assert!(list.contains("Partners") && !list.contains("Company"), "{list}");
    let text = desk.open(&alice, OWN).await.text();
    assert!(text.contains("<bdi>groups</bdi>"), "which claims: {text}");

    let everybody = expressions("`true`", "'Admin'", "preview");
    let seen = desk.post(&alice, OWN, &everybody).await;
    let whole = desk.post(&desk.chief, OWN, &everybody).await;
    assert!(whole.text().contains("olaf") && !seen.text().contains("olaf"), "{}", seen.text());
    for (org, role) in [("salary == '4711'", "'Guest'"), ("`true`", "@.salary"), ("*", "'Guest'")] {
        let refused = desk.post(&alice, OWN, &expressions(org, role, "preview")).await;
        assert!(refused.status == 422 && refused.text().contains("only groups may be used"), "{}", refused.text());
    }
    let try_on = |user| [&expressions("`true`", "'Guest'", "check")[..], &[("user", user)]].concat();
    let member = desk.post(&alice, OWN, &try_on("alice")).await.text();
    assert!(member.contains("granted") && member.contains("groups") && !member.contains("4711"), "{member}");
    for nobody in ["olaf", "nobody"] {
        let text = desk.post(&alice, OWN, &try_on(nobody)).await.text();
        assert!(text.contains("There is nobody of that username here."), "{text}");
    }
    let saved = desk.confirm(&alice, OWN, &seen, &MEANT).await;
    assert_eq!(saved.status, 303, "{}", saved.text());
    let list = desk.open(&alice, "/console/organizations/club/policies").await.text();
    assert!(list.contains("its own policy"), "{list}");
    let removal = desk.post(&alice, OWN, &[("do", "remove")]).await;
    assert!(removal.text().contains("The default policy decides"), "{}", removal.text());
    assert_eq!(desk.confirm(&alice, OWN, &removal, &MEANT).await.status, 303);
    desk.partner("olaf", &[]).await;
    let list = desk.stage.told(&["user", "list"]).await;
    assert!(list.contains("club/Admin") && !list.lines().any(|line| line.contains("olaf") && line.contains("club")));
}

#[tokio::test]
async fn no_other_policy_is_theirs_to_see_or_to_write() {
    let desk = Desk::new().await;
    let alice = desk.partner("alice", &["club", "admin"]).await;
    let elsewhere = [
        (DEFAULT, 403),
        ("/console/playground", 403),
        ("/console/organizations/home-lab/policies", 404),
        ("/console/organizations/home-lab/policies/partners", 404),
        ("/console/organizations/club/policies/company", 404),
        ("/console/organizations/club/policies/nowhere", 404),
    ];
    for (path, status) in elsewhere {
        assert_eq!(desk.open(&alice, path).await.status, status, "{path}");
        if !path.ends_with("policies") {
            let posted = desk.post(&alice, path, &expressions("`true`", "'Admin'", "preview")).await;
            assert_eq!(posted.status, status, "{path}");
        }
    }
    for path in [format!("{DEFAULT}/history"), format!("{OWN}/history/{}", uuid::Uuid::nil())] {
        assert!(desk.open(&alice, &path).await.status.is_client_error(), "{path}");
    }
    // A version of another place is none of this one's.
    let history = plain(&desk.open(&desk.chief, &format!("{DEFAULT}/history")).await.text());
    let version = history.split(&format!("{DEFAULT}/history/")).nth(1).unwrap().split('"').next().unwrap();
    for path in [format!("{OWN}/history/{version}"), format!("{OWN}?version={version}")] {
        assert_eq!(desk.open(&alice, &path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn what_the_file_declares_is_shown_and_tried_and_changed_there() {
    let desk = Desk::new().await;
    for path in ["/console/idps/company/policy", "/console/organizations/home-lab/policies/company"] {
        let page = desk.open(&desk.chief, path).await.text();
        assert!(page.contains("Managed by the configuration file") && !page.contains("Preview and save"), "{page}");
        let refused = desk.post(&desk.chief, path, &expressions("`true`", "'Admin'", "preview")).await;
        assert!(refused.status == 422 && refused.text().contains("change it there"), "{}", refused.text());
        let tried = [&expressions("`true`", "'Admin'", "check")[..], &[("claims", "{\"groups\": []}")]].concat();
        assert!(desk.post(&desk.chief, path, &tried).await.text().contains("granted"));
    }
}

#[tokio::test]
async fn the_playground_decides_by_the_policies_of_now() {
    let desk = Desk::new().await;
    desk.partner("greta", &["club"]).await;
    let page = desk.open(&desk.chief, "/console/playground").await.text();
    assert!(page.contains("Partners") && page.contains("Company login"), "{page}");
    let ask = |also: &[(&'static str, &'static str)]| [&[("provider", "partners")], also].concat();
    let pasted = ask(&[("claims", "{\"id_token\": {\"groups\": [\"garage\"]}, \"userinfo\": {}}")]);
    let text = plain(&desk.post(&desk.chief, "/console/playground", &pasted).await.text());
    assert!(text.contains("<bdi>Garage</bdi>") && text.contains("no role here: Guest"), "{text}");
    let known = desk.post(&desk.chief, "/console/playground", &ask(&[("user", "greta")])).await.text();
    assert!(known.contains("<bdi>Guest</bdi>") && known.contains("4711"), "{known}");
    let unknown = desk.post(&desk.chief, "/console/playground", &ask(&[("user", "nobody")])).await.text();
    assert!(unknown.contains("There is nobody of that username here."), "{unknown}");
    let nowhere = ask(&[("claims", "{}"), ("organization", "nowhere")]);
    let text = desk.post(&desk.chief, "/console/playground", &nowhere).await.text();
    assert!(text.contains("There is no organization of this id."), "{text}");
}

#[tokio::test]
async fn whatever_is_typed_stays_text() {
    const HOSTILE: &str = "\"><script>alert('{{7*7}}')</script>";
    let desk = Desk::new().await;
    let fields = [
        "org-kind",
        "org-text",
        "role-text",
        "org-claim",
        "org-value",
        "org-then",
        "role-claim",
        "role-value",
        "role-then",
        "claims",
        "user",
        "organization",
        "gives",
        "seen",
    ];
    for kind in ["text", "rows"] {
        let mut form: Vec<(&str, &str)> = fields.iter().map(|field| (*field, HOSTILE)).collect();
        form.retain(|(name, _)| *name != "org-kind");
        form.extend([("org-kind", kind), ("role-kind", kind), ("org-when", "lists"), ("role-when", "is")]);
        for act in ["check", "preview", "write-org", "read-role", "drop-org-99", "example-99", HOSTILE] {
            let page = desk.post(&desk.chief, DEFAULT, &[&form[..], &[("do", act)]].concat()).await;
            let text = page.text();
            assert!(page.status == 200 || page.status == 422, "{act}: {text}");
            assert!(!text.contains("<script>alert") && !text.contains("'49'"), "{act}: {text}");
        }
    }
    let asked = desk.post(&desk.chief, OWN, &expressions("'<b>bold</b>'", "'<i>x</i>'", "preview")).await.text();
    assert!(!asked.contains("<b>bold") && asked.contains("&lt;b&gt;bold"), "{asked}");
    let claims = "{\"groups\": [\"<script>alert(1)</script>\"], \"sub\": \"{{7*7}}\"}";
    let form = [("provider", "partners"), ("claims", claims), ("user", ""), ("organization", HOSTILE)];
    let text = desk.post(&desk.chief, "/console/playground", &form).await.text();
    assert!(!text.contains("<script>alert"), "{text}");
}

#[tokio::test]
async fn a_selector_that_is_warned_of_is_not_praised_as_well() {
    let desk = Desk::new().await;
    let says = |text: &str| text.split("id=\"role-says\"").nth(1).unwrap().split("</div>").next().unwrap().to_owned();
    let warned = desk.post(&desk.chief, OWN, &expressions("`true`", "'Owner'", "check")).await.text();
    assert!(says(&warned).contains("no such role") && !says(&warned).contains("no mistake"), "{}", says(&warned));
    let fine = desk.post(&desk.chief, OWN, &expressions("`true`", "'Guest'", "check")).await.text();
    assert!(says(&fine).contains("There is no mistake in it."), "{}", says(&fine));
}
