//! Organizations, IdPs, policies and applications by the API.

use serde_json::{Value, json};

use super::{Program, problem};
use crate::kit::attempt::Attempt;
use crate::kit::browser::{Browser, Response};
use crate::kit::stage::Stage;
use crate::kit::world::{Places, World, eventually};

const NEW: (&str, &str) = ("if-none-match", "*");

impl Program<'_> {
    async fn make(&self, path: &str, body: Value) -> Response {
        let made = self.send("PUT", path, Some(body), &[NEW]).await;
        assert_eq!(made.status, 201, "{path}: {}", made.text());
        made
    }

    async fn change(&self, path: &str, body: Value, etag: &str) -> Response {
        self.send("PUT", path, Some(body), &[("if-match", etag)]).await
    }
}

fn club() -> Value {
    json!({ "name": "The club", "roles": [{ "name": "Boss", "admin": true }, { "name": "Guest" }] })
}

fn etag(response: &Response) -> String {
    response.header("etag").expect("an ETag").to_owned()
}

#[tokio::test]
async fn an_organization_is_made_once_changed_as_it_was_read_and_removed() {
    let world = World::usual().await;
    let program = world.program().await;
    let path = "/organizations/club";
    let made = program.make(path, club()).await;
    assert_eq!(made.header("location"), Some("/api/v1/organizations/club"));
    let again = program.send("PUT", path, Some(club()), &[NEW]).await;
    assert_eq!((again.status.as_u16(), problem(&again).as_str()), (409, "taken"));
    let unsaid = program.put(path, club()).await;
    assert_eq!((unsaid.status.as_u16(), problem(&unsaid).as_str()), (428, "if-match-required"));

    let read = program.get(path).await;
    assert_eq!(read.json()["roles"], json!([{ "name": "Boss", "admin": true }, { "name": "Guest", "admin": false }]));
    assert_eq!(etag(&read), etag(&made));
    let mut other = club();
    other["name"] = json!("Another");
    let changed = program.change(path, other.clone(), &etag(&read)).await;
    assert_eq!((changed.status.as_u16(), &changed.json()["name"]), (200, &json!("Another")), "{}", changed.text());
    let stale = program.change(path, club(), &etag(&read)).await;
    assert_eq!((stale.status.as_u16(), problem(&stale).as_str()), (412, "changed"));
    let listed = program.change(path, club(), "\"another\", *").await;
    assert_eq!(listed.status, 412, "`*` is no member of a list");

    // What changes elsewhere does not stand in the way.
    program.make("/organizations/other", club()).await;
    assert_eq!(program.change(path, club(), &etag(&changed)).await.status, 200);

    let listed = program.get("/organizations?limit=1").await.json();
    assert_eq!(listed["items"][0]["id"], "club");
    let next = program.get(&format!("/organizations?cursor={}", listed["next"].as_str().unwrap())).await.json();
    let ids: Vec<&str> = next["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["home-lab", "other"]);

    let removed = program.send("DELETE", path, None, &[("if-match", "*")]).await;
    assert_eq!(removed.status, 204, "{}", removed.text());
    assert_eq!(program.get(path).await.status, 404);
    assert_eq!(program.send("DELETE", path, None, &[("if-match", "*")]).await.status, 404);
}

#[tokio::test]
async fn what_the_file_declares_is_read_only_and_says_so() {
    let world = World::usual().await;
    let program = world.program().await;
    assert_eq!(program.get("/organizations/home-lab").await.json()["declared"], true);
    assert_eq!(program.get("/organizations/home-lab/applications/wiki").await.json()["declared"], true);
    assert_eq!(program.get("/idps/company").await.json()["declared"], true);
    assert_eq!(program.get("/idps/company/policy").await.json()["declared"], true);
    for (path, body) in [
        ("/organizations/home-lab", club()),
        (
            "/organizations/home-lab/applications/wiki",
            json!({ "name": "W", "hosts": ["w.localhost"], "upstream": "http://127.0.0.1:1" }),
        ),
        ("/idps/company/policy", json!({ "org": "`true`", "role": "'Member'" })),
        ("/organizations/home-lab/policies/company", json!({ "org": "`true`", "role": "'Member'" })),
    ] {
        let header = if path.ends_with("policies/company") { NEW } else { ("if-match", "*") };
        let refused = program.send("PUT", path, Some(body), &[header]).await;
        assert_eq!((refused.status.as_u16(), problem(&refused).as_str()), (409, "declared"), "{path}");
        assert!(refused.text().contains("configuration file"), "{}", refused.text());
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_part_by_part() {
    let world = World::usual().await;
    let program = world.program().await;
    program.make("/organizations/club", club()).await;
    let application = json!({
        "name": "Desk", "hosts": ["wiki.localhost"], "upstream": "http://127.0.0.1:1", "roles": ["Nobody"],
        "rules": [{ "path": "/*", "roles": null }, { "path": "/admin/*", "roles": ["Boss"] }],
    });
    let path = "/organizations/club/applications/desk";
    let refused = program.send("PUT", path, Some(application), &[NEW]).await;
    assert_eq!((refused.status.as_u16(), problem(&refused).as_str()), (422, "invalid"), "{}", refused.text());
    let told = refused.json()["errors"].clone();
    let parts: Vec<&str> = told.as_array().unwrap().iter().map(|error| error["part"].as_str().unwrap()).collect();
    assert!(parts.contains(&"hosts") && parts.contains(&"roles") && parts.contains(&"rule[1]"), "{told}");
    let idp = json!({ "name": " ", "issuer": "https://id.example.com", "client_id": "", "scopes": ["email"] });
    let refused = program.send("PUT", "/idps/other", Some(idp), &[NEW]).await;
    let told = refused.json()["errors"].clone();
    let parts: Vec<&str> = told.as_array().unwrap().iter().map(|error| error["part"].as_str().unwrap()).collect();
    assert_eq!(parts, ["name", "client_id", "scopes"], "{told}");
    assert_eq!(problem(&program.send("PUT", "/idps/x--y", Some(json!({})), &[NEW]).await), "not-found");
    let ours = json!({ "name": "Desk", "hosts": ["login.localhost"], "upstream": "http://127.0.0.1:1" });
    let refused = program.send("PUT", path, Some(ours), &[NEW]).await;
    assert!(refused.text().contains("is the sign-in host"), "{}", refused.text());
}

#[tokio::test]
async fn what_has_names_is_not_read_from_a_list() {
    let world = World::usual().await;
    let program = world.program().await;
    program.make("/organizations/club", club()).await;
    let with = |part: &str, value: Value| {
        let mut desk = json!({ "name": "Desk", "hosts": ["desk.localhost"], "upstream": "http://127.0.0.1:1" });
        desk[part] = value;
        desk
    };
    for body in [
        with("connection", json!([])),
        with("connection", json!([null, null])),
        with("rules", json!([["/", ["Boss"]]])),
        json!(["Desk", ["desk.localhost"], "http://127.0.0.1:1"]),
    ] {
        let refused = program.send("PUT", "/organizations/club/applications/desk", Some(body.clone()), &[NEW]).await;
        assert_eq!((refused.status.as_u16(), problem(&refused).as_str()), (422, "invalid"), "{body}");
        assert!(refused.text().contains("invalid type: sequence"), "{}", refused.text());
    }
    program.make("/organizations/club/applications/desk", with("connection", json!({}))).await;
}

#[tokio::test]
async fn an_application_made_here_is_served_and_gone_when_it_is_removed() {
    let world = World::usual().await;
    let program = world.program().await;
    program.make("/organizations/club", club()).await;
    let desk = json!({
        "name": "Desk", "hosts": ["desk.localhost"], "upstream": format!("http://{}", world.places.upstream),
        "rules": [{ "path": "/", "roles": null }],
    });
    let path = "/organizations/club/applications/desk";
    let made = program.make(path, desk).await;
    let browser = Browser::new();
    assert_eq!(browser.navigate(&world.url("desk", "/")).await.status, 200, "it is served once that is said");
    assert_eq!(made.json()["headers"], "remote");
    let tested = program.send("POST", &format!("{path}/test"), None, &[]).await;
    assert_eq!(tested.json()["upstreams"][0]["status"], 200, "{}", tested.text());
    let received = program.get(&format!("{path}/sample")).await.json();
    assert_eq!((&received["line"], &received["assertion"]["aud"]), (&json!("GET / HTTP/1.1"), &json!("desk")));
    let told = received["headers"].as_array().unwrap();
    assert!(told.contains(&json!({ "name": "remote-groups", "value": "Boss,Guest" })), "{received}");
    assert!(!received.to_string().contains("x-vestibule-assertion"), "{received}");
    assert_eq!(program.get("/organizations/home-lab/applications/desk").await.status, 404);
    assert_eq!(
        program.send("DELETE", "/organizations/home-lab/applications/desk", None, &[("if-match", "*")]).await.status,
        404
    );
    let removed = program.send("DELETE", path, None, &[("if-match", &etag(&made))]).await;
    assert_eq!(removed.status, 204, "{}", removed.text());
    assert_eq!(browser.navigate(&world.url("desk", "/")).await.status, 421, "it is gone");
}

#[tokio::test]
async fn an_idp_and_its_policies_made_here_let_people_in() {
    let stage = Stage::set(Places::usual).await;
    let (world, program) = (&stage.world, stage.world.program().await);
    program.make("/organizations/club", club()).await;
    let found = program.post("/discovery", json!({ "issuer": stage.provider.issuer })).await;
    assert_eq!(found.json()["issuer"], stage.provider.issuer, "{}", found.text());
    let inside = json!({ "issuer": stage.provider.issuer });
    let club = world.program_of("club").await;
    let refused = club.post("/organizations/club/discovery", inside).await;
    assert_eq!(problem(&refused), "invalid", "an organization's admins do not look around in here");
    let text = json!({
        "name": "Guests", "issuer": stage.provider.issuer, "client_id": crate::kit::provider::CLIENT_ID,
        "client_secret": crate::kit::provider::CLIENT_SECRET, "auto_provision": true,
    });
    let made = program.make("/idps/guests", text.clone()).await;
    let idp = made.json();
    assert_eq!(
        (&idp["has_secret"], &idp["enabled"], &idp["list_claims"]),
        (&json!(true), &json!(true), &json!(["groups", "roles"]))
    );
    assert_eq!(idp["redirect_uri"], world.login("/login/guests/callback"));
    assert!(!made.text().contains(crate::kit::provider::CLIENT_SECRET), "{}", made.text());

    let own = "/organizations/club/policies/guests";
    let standing = program.get(own).await;
    assert_eq!(standing.json()["version"], Value::Null, "{}", standing.text());
    let policy = json!({ "org": "contains(groups, '{{orgId}}')", "role": "'Boss'" });
    let preview = program.send("PUT", &format!("{own}?preview=true"), Some(policy.clone()), &[]).await;
    assert_eq!(preview.json()["differences"][0]["what"], "policy", "{}", preview.text());
    assert_eq!(program.get(own).await.json()["version"], Value::Null);
    program.make(own, policy).await;
    let wrong = program.send("PUT", own, Some(json!({ "org": "contains(" })), &[("if-match", "*")]).await;
    assert_eq!(problem(&wrong), "invalid", "{}", wrong.text());

    let decided = program.post(&format!("{own}/decision"), json!({ "id_token": { "groups": "club" } })).await.json();
    assert_eq!(
        (&decided["verdicts"][0]["verdict"], &decided["verdicts"][0]["roles"]),
        (&json!("granted"), &json!(["Boss"]))
    );
    let all = program.post("/idps/guests/decision", json!({ "id_token": { "groups": ["club"] } })).await.json();
    assert_eq!(all["verdicts"].as_array().unwrap().len(), 1, "{all}");
    let one = json!({ "id_token": {}, "organization": "home-lab" });
    let one = program.post("/idps/guests/decision", one).await.json();
    assert_eq!(one["verdicts"][0]["verdict"], "no match", "{one}");

    stage.provider.set_claims(json!({ "sub": "greta", "preferred_username": "greta", "groups": ["club"] }));
    let browser = Browser::new();
    eventually("greta is let in", async || {
        browser.follow(&world.login("/login/guests")).await;
        world.people().await.iter().any(|user| user.username.as_str() == "greta")
    })
    .await;
    assert_eq!(program.get("/users?q=greta").await.json()["items"][0]["roles"][0]["role"], "Boss");

    // What takes the last admin away has to be meant.
    let weaker = json!({ "org": "contains(groups, '{{orgId}}')", "role": "'Guest'" });
    let refused = program.change(own, weaker.clone(), "*").await;
    assert_eq!((refused.status.as_u16(), problem(&refused).as_str()), (409, "dangerous"), "{}", refused.text());
    let dangers = refused.json()["dangers"].clone();
    assert_eq!((&dangers[0]["kind"], &dangers[0]["organizations"]), (&json!("loss_of_admins"), &json!(["club"])));
    let meant = program.change(&format!("{own}?loss_of_admins=true&loss_of_roles=true"), weaker, "*").await;
    assert_eq!(meant.status, 200, "{}", meant.text());
    // What it means for her is asked by name, and need not wait for her next sign-in.
    for path in [own, "/idps/guests"] {
        let hers = program.post(&format!("{path}/decision"), json!({ "username": "greta" })).await.json();
        assert_eq!(hers["verdicts"][0]["roles"], json!(["Guest"]), "{hers}");
    }
    for unsaid in [json!({}), json!({ "username": "nobody" }), json!({ "username": "greta", "id_token": {} })] {
        assert_eq!(problem(&program.post(&format!("{own}/decision"), unsaid).await), "invalid");
    }
    for taken in [1, 0] {
        let losses = program.send("POST", &format!("{own}/losses"), None, &[]).await;
        assert_eq!(losses.json(), json!({ "grants": taken }));
    }
    assert_eq!(program.get("/users?q=greta").await.json()["items"][0]["roles"], json!([]));
    let versions = program.get(&format!("{own}/versions?limit=1")).await.json();
    assert_eq!(versions["items"][0]["until"], Value::Null);
    assert_eq!((&versions["items"][0]["by"], &versions["items"][0]["token"]), (&json!("token"), &json!("a test")));
    let overview = program.get("/overview").await.json();
    assert_eq!(overview["days"].as_array().unwrap().len(), 14, "{overview}");
    assert!(overview["days"][13]["sign_ins"].as_u64().is_some_and(|count| count > 0), "{overview}");
    assert!(overview["without_admin"].as_array().unwrap().contains(&json!("club")), "{overview}");
    let older = format!("{own}/versions?cursor={}", versions["next"].as_str().unwrap());
    assert_eq!(program.get(&older).await.json()["items"][0]["role"], "'Boss'");

    // Another issuer is another provider: its secret is not sent there, and its people are not these.
    let mut moved = text.clone();
    moved["client_secret"] = Value::Null;
    moved["issuer"] = json!("https://elsewhere.example.com");
    let refused = program.change("/idps/guests", moved, "*").await;
    assert_eq!(refused.json()["errors"][0]["part"], "client_secret", "{}", refused.text());
    let path = "/idps/guests?loss_of_admins=true&loss_of_roles=true";
    let disabled = program.send("PATCH", path, Some(json!({ "enabled": false })), &[]).await;
    assert_eq!((disabled.status.as_u16(), &disabled.json()["enabled"]), (200, &json!(false)), "{}", disabled.text());
    let gone = program.send("DELETE", "/idps/guests", None, &[("if-match", "*")]).await;
    assert_eq!(problem(&gone), "dangerous", "{}", gone.text());
    let query = "identities=forget&loss_of_admins=true&loss_of_roles=true";
    let gone = program.send("DELETE", &format!("/idps/guests?{query}"), None, &[("if-match", "*")]).await;
    assert_eq!(gone.status, 204, "{}", gone.text());
    assert_eq!(program.get("/idps/guests").await.status, 404);
}

#[tokio::test]
async fn an_organizations_token_changes_what_is_its_own_and_nothing_else() {
    let world = World::usual().await;
    let server = world.program().await;
    let mut text = club();
    text["publish"] = json!({ "hosts": ["club.localhost"], "upstreams": ["127.0.0.0/8"] });
    let made = server.make("/organizations/club", text.clone()).await;
    let own = world.program_of("club").await;
    assert_eq!(etag(&own.get("/organizations/club").await), etag(&made));

    let mut roles = text.clone();
    roles["roles"] = json!([{ "name": "Boss", "admin": true }, { "name": "Guest" }, { "name": "Friend" }]);
    let changed = own.change("/organizations/club", roles.clone(), "*").await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    for wider in [
        json!({ "publish": { "hosts": ["localhost"], "upstreams": ["127.0.0.0/8"] } }),
        json!({ "roles": [{ "name": "Boss", "admin": true }, { "name": "Guest", "admin": true }] }),
    ] {
        let mut wide = roles.clone();
        wide.as_object_mut().unwrap().extend(wider.as_object().unwrap().clone());
        let refused = own.change("/organizations/club", wide, "*").await;
        assert_eq!(problem(&refused), "out-of-reach", "{}", refused.text());
    }
    assert_eq!(own.send("DELETE", "/organizations/club", None, &[("if-match", "*")]).await.status, 403);

    let upstream = format!("http://{}", world.places.upstream);
    let at = |host: &str| json!({ "name": "Desk", "hosts": [host], "upstream": upstream });
    let path = "/organizations/club/applications/desk";
    let beyond = own.send("PUT", path, Some(at("desk.localhost")), &[NEW]).await;
    assert_eq!(problem(&beyond), "invalid", "{}", beyond.text());
    let within = own.make(path, at("desk.club.localhost")).await;
    assert_eq!(within.json()["anywhere"], false);

    let policy = json!({ "org": "`true`", "role": "'Boss'" });
    // Not delegated.
    assert_eq!(own.send("PUT", "/organizations/club/policies/company", Some(policy), &[NEW]).await.status, 404);
    let idp = json!({ "name": "Ours", "issuer": "https://id.example.com", "client_id": "x", "client_auth": "none" });
    let made = own.make("/organizations/club/idps/ours", idp).await;
    assert_eq!(made.json()["organization"], "club");
    assert_eq!(server.get("/idps/ours").await.status, 404);
    assert_eq!(server.get("/organizations/club/idps/ours").await.status, 200);
    let log = own.get("/organizations/club/audit?action=catalogue-edited").await.json();
    assert!(
        log["items"].as_array().unwrap().iter().any(|line| line["actor"].as_str().unwrap().starts_with("token:")),
        "{log}"
    );
}

#[tokio::test]
async fn the_log_is_paged_filtered_and_leads_from_a_reference_to_its_reason() {
    let world = World::usual().await;
    let program = world.program().await;
    let browser = Browser::new();
    Attempt::at(&world, &browser, &world.login("/login/company"), "alice").await;
    let log = program.get("/audit?action=sign-in").await.json();
    assert_eq!(log["items"][0]["username"], "alice", "{log}");
    let reference = log["items"][0]["reference"].as_str().unwrap();
    let explained = program.get(&format!("/references/{reference}")).await.json();
    assert_eq!(explained["user"]["username"], "alice", "{explained}");
    let first = program.get("/audit?limit=1").await.json();
    let second = program.get(&format!("/audit?limit=1&cursor={}", first["next"].as_str().unwrap())).await.json();
    assert_ne!(first["items"][0]["id"], second["items"][0]["id"]);
    let count = async |query: &str| {
        let log = program.get(&format!("/audit?{query}")).await;
        assert_eq!(log.status, 200, "{query}: {}", log.text());
        log.json()["items"].as_array().unwrap().len()
    };
    assert_eq!(count("action=sign-in&who=alice&idp=company&from=2020-01-01").await, 1);
    for none in
        ["action=sign-in-refused&who=alice", "organization=home-lab&idp=company", "to=2020-01-01", "from=2126-01-01"]
    {
        assert_eq!(count(none).await, 0, "{none}");
    }
    for (unfit, told) in [
        ("action=moon", "sign-in-refused"),
        ("who=moon", "who: there is nobody of this username"),
        ("idp=moon&from=noon", "idp: there is no identity provider of this id; from: an instant is written"),
        ("organization=moon", "organization: there is no organization"),
        ("who=alice&user=00000000-0000-0000-0000-000000000000", "either user or who"),
        ("whom=alice", "unknown field"),
        ("to=", "to: it is empty"),
        ("action=sign-in&who=", "who: it is empty"),
    ] {
        let refused = program.get(&format!("/audit?{unfit}")).await;
        assert_eq!((refused.status.as_u16(), problem(&refused).as_str()), (400, "bad-query"), "{unfit}");
        assert!(refused.text().contains(told), "{unfit}: {}", refused.text());
    }
    assert_eq!(program.get("/references/nonsense").await.status, 404);
    let of_lab = world.program_of("home-lab").await;
    let explained = of_lab.get(&format!("/organizations/home-lab/references/{reference}")).await;
    assert_eq!(explained.status, 200, "{}", explained.text());
    let log = of_lab.get("/organizations/home-lab/audit?to=2020-01-01").await.json();
    assert_eq!(log["items"], json!([]));
    // Neither a person nor another organization is asked about there.
    for unfit in ["who=alice", "organization=home-lab", "idp=moon", "idp=", "from="] {
        assert_eq!(of_lab.get(&format!("/organizations/home-lab/audit?{unfit}")).await.status, 400, "{unfit}");
    }
}

#[tokio::test]
async fn what_the_file_leaves_to_an_organizations_admins_stays_as_they_wrote_it() {
    let delegating = |places: &Places| {
        let opened = format!("delegate_to = [\"home-lab\"]\ndelegated_claims = [\"groups\"]\n{}", Places::SEED_POLICY);
        places.head(&opened) + &places.home_lab("") + &places.garage()
    };
    let mut world = World::start(Default::default(), delegating).await;
    let admin = world.program().await;
    let idp = json!({ "name": "Lab", "issuer": "https://lab.example.com", "client_id": "lab", "client_auth": "none" });
    admin.make("/organizations/home-lab/idps/lab-own", idp).await;
    let policy = json!({ "org": "contains(groups, '{{orgId}}')", "role": "'Member'" });
    let places = ["company", "lab-own"].map(|idp| format!("/organizations/home-lab/policies/{idp}"));
    let standing = async |world: &World| {
        let program = world.program().await;
        let mut shown = Vec::new();
        for place in &places {
            let policy = program.get(place).await.json();
            shown.push((policy["version"].clone(), policy["declared"].clone()));
        }
        shown
    };
    let lab = world.program_of("home-lab").await;
    for place in &places {
        lab.make(place, policy.clone()).await;
    }
    let written = standing(&world).await;
    assert!(written.iter().all(|(version, declared)| version.is_string() && *declared == json!(false)), "{written:?}");
    world.restart(delegating).await;
    assert_eq!(standing(&world).await, written, "the file says nothing of them");

    // What the file takes back is its own again.
    world.restart(Places::usual).await;
    let taken_back = standing(&world).await;
    assert_eq!(taken_back, [(Value::Null, json!(true)), written[1].clone()]);
    let refused = world.program_of("home-lab").await.send("PUT", &places[0], Some(policy), &[NEW]).await;
    assert!(matches!(refused.status.as_u16(), 403 | 404 | 409), "{}", refused.text());
}

#[tokio::test]
async fn a_policy_gives_no_role_that_its_author_could_not_give_when_saving() {
    let stage = Stage::set(Places::usual).await;
    let (world, program) = (&stage.world, stage.world.program().await);
    program.make("/organizations/club", club()).await;
    let idp = json!({
        "name": "Guests", "issuer": stage.provider.issuer, "client_id": crate::kit::provider::CLIENT_ID,
        "client_secret": crate::kit::provider::CLIENT_SECRET, "auto_provision": true, "delegate_to": ["club"],
    });
    program.make("/idps/guests", idp).await;
    let (admins, own) = (world.program_of("club").await, "/organizations/club/policies/guests");
    let policy = json!({ "org": "'club'", "role": "['Guest', 'Later']" });
    let save = async |condition| admins.send("PUT", own, Some(policy.clone()), &[condition]).await;
    assert_eq!(save(NEW).await.status, 201);
    let read = program.get("/organizations/club").await;
    let mut more = club();
    more["roles"].as_array_mut().unwrap().push(json!({ "name": "Later" }));
    assert_eq!(program.change("/organizations/club", more, &etag(&read)).await.status, 200);
    stage.provider.set_claims(json!({ "sub": "greta", "preferred_username": "greta" }));
    let holds = async |roles: &[&str]| {
        Browser::new().follow(&world.login("/login/guests")).await;
        let found = program.get("/users?q=greta").await.json()["items"][0]["roles"].clone();
        let held = found.as_array().into_iter().flatten().filter_map(|held| held["role"].as_str());
        held.collect::<Vec<_>>() == roles
    };
    eventually("greta is let in", async || holds(&["Guest"]).await).await;
    assert!(holds(&["Guest"]).await, "the role came after the policy");
    assert_eq!(save(("if-match", "*")).await.status, 200);
    eventually("saved again it gives both", async || holds(&["Guest", "Later"]).await).await;
}
