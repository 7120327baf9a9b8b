//! Signing out at the provider ends sessions here, and the other way round: back-channel, front-channel and RP-initiated
//! logout.

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use vestibule::base::Ambient;

use crate::kit::browser::{Browser, Response};
use crate::kit::database::Database;
use crate::kit::provider::{CLIENT_ID, Variant};
use crate::kit::scene::{docs, hidden, is_let_in};
use crate::kit::stage::Stage;
use crate::kit::world::{Places, World, eventually};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

async fn stage() -> Stage {
    Stage::set(|places| places.usual() + &docs(places, "")).await
}

/// Somebody with a session there, signed in at both applications.
async fn signed_in(stage: &Stage, sub: &str, sid: &str) -> Browser {
    let claims = json!({ "sub": sub, "sid": sid, "preferred_username": sub, "groups": ["home-lab"] });
    let (browser, _) = stage.sign_in(claims).await;
    for application in ["wiki", "docs"] {
        assert!(stage.roles_at(&browser, application).await.is_some());
    }
    browser
}

/// Whether somebody is in at both applications, or at neither.
async fn is_in(stage: &Stage, browser: &Browser) -> bool {
    let wiki = is_let_in(browser, &stage.world.url("wiki", "/")).await;
    assert_eq!(wiki, is_let_in(browser, &stage.world.url("docs", "/")).await, "either everywhere or nowhere");
    wiki
}

/// Waits until nobody is in any more in these browsers, anywhere.
async fn are_out(stage: &Stage, browsers: &[&Browser]) {
    for browser in browsers {
        for application in ["wiki", "docs"] {
            let url = stage.world.url(application, "/");
            eventually("the session has ended", async || !is_let_in(browser, &url).await).await;
        }
    }
}

fn claims(stage: &Stage, changed: Value) -> Value {
    let now = Ambient::system().now().secs();
    let mut claims = json!({
        "iss": stage.provider.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 120,
        "jti": Ambient::system().uuid().to_string(), "events": { EVENT: {} },
    });
    for (name, value) in changed.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

fn token(stage: &Stage, changed: Value) -> String {
    let header = json!({ "alg": "ES256", "kid": stage.provider.kid(), "typ": "logout+jwt" });
    stage.provider.sign(&header.to_string(), &claims(stage, changed).to_string())
}

/// What the provider's server is answered.
async fn tell(stage: &Stage, idp: &str, token: &str) -> Response {
    let request = Request::post(stage.world.login(&format!("/login/{idp}/backchannel-logout")))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Bytes::from(format!("logout_token={token}")))
        .unwrap();
    Browser::new().send(request).await
}

#[tokio::test]
async fn a_logout_token_ends_one_session_or_all_of_somebody_on_every_host() {
    let stage = stage().await;
    let first = signed_in(&stage, "alice", "s1").await;
    let second = signed_in(&stage, "alice", "s2").await;
    let third = signed_in(&stage, "alice", "s3").await;
    let other = signed_in(&stage, "bob", "s4").await;
    let answer = tell(&stage, "company", &token(&stage, json!({ "sid": "s1", "sub": "alice" }))).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.headers["cache-control"], "no-store");
    are_out(&stage, &[&first]).await;
    for browser in [&second, &third, &other] {
        assert!(is_in(&stage, browser).await);
    }
    assert_eq!(tell(&stage, "company", &token(&stage, json!({ "sub": "alice" }))).await.status, 200);
    are_out(&stage, &[&second, &third]).await;
    assert!(is_in(&stage, &other).await);
    let told = stage.told(&["audit", "export"]).await;
    let ended = told.lines().filter(|line| line.contains("sessions-ended") && line.contains("\"provider\""));
    assert_eq!(ended.count(), 2, "{told}");
}

#[tokio::test]
async fn a_logout_token_is_found_by_the_sub_even_where_somebody_is_known_by_another_claim() {
    let by_oid = |places: &Places| {
        places.usual().replace("auto_provision = true", "auto_provision = true\nidentifier = \"oid\"")
    };
    let stage = Stage::set(by_oid).await;
    let (browser, _) = stage.sign_in(json!({ "oid": "4711", "groups": ["home-lab"] })).await;
    assert!(stage.roles_at(&browser, "wiki").await.is_some());
    tell(&stage, "company", &token(&stage, json!({ "sub": "4711" }))).await;
    tell(&stage, "company", &token(&stage, json!({ "sub": "alice" }))).await;
    let wiki = stage.world.url("wiki", "/");
    eventually("the session has ended", async || !is_let_in(&browser, &wiki).await).await;
}

#[tokio::test]
async fn nothing_else_is_a_logout_token() {
    let stage = stage().await;
    let browser = signed_in(&stage, "alice", "s1").await;
    let good = json!({ "sub": "alice", "sid": "s1" });
    let with = |name: &str, value: Value| {
        let mut changed = good.clone();
        changed[name] = value;
        token(&stage, changed)
    };
    let now = Ambient::system().now().secs();
    let id_token = stage.provider.issued().into_iter().rfind(|issued| issued.starts_with("eyJ")).unwrap();
    let [pem, jwk] = stage.provider.hmac(&json!({ "alg": "HS256" }), &claims(&stage, good.clone()));
    let signed = token(&stage, good.clone());
    let (head, _) = signed.rsplit_once('.').unwrap();
    let tampered = format!("{head}.{}", id_token.rsplit_once('.').unwrap().1);
    for (what, token) in [
        ("an ID token", id_token.clone()),
        ("HMAC by the public key", pem),
        ("HMAC by the JWK", jwk),
        ("no signature", format!("{head}.")),
        ("another's signature", tampered),
        ("a nonce", with("nonce", json!("n"))),
        ("another issuer", with("iss", json!("https://other.example.com"))),
        ("another client", with("aud", json!("another"))),
        ("no event", with("events", Value::Null)),
        ("another event", with("events", json!({ "https://example.com/event": {} }))),
        ("expired", with("exp", json!(now - 61))),
        ("never expires", with("exp", Value::Null)),
        ("long ago", with("iat", json!(now - 7_200))),
        ("no name", with("jti", Value::Null)),
        ("nobody", token(&stage, json!({}))),
        ("text", "alice".to_owned()),
        ("nothing", String::new()),
    ] {
        let answer = tell(&stage, "company", &token).await;
        assert_eq!(answer.status, 400, "{what}: {}", answer.text());
        assert_eq!(answer.json()["error"], "invalid_request", "{what}");
    }
    assert_eq!(tell(&stage, "nobody", &signed).await.status, 400, "which IdPs there are is nobody's business");
    let twice = format!("{signed}&logout_token={signed}");
    assert_eq!(tell(&stage, "company", &twice).await.status, 400);
    let page = Browser::new().navigate(&stage.world.login("/login/company/backchannel-logout")).await;
    assert_eq!(page.status, 405);
    assert!(is_in(&stage, &browser).await);
}

#[tokio::test]
async fn an_organizations_own_idp_ends_no_session_of_another() {
    let own = |places: &Places| {
        let own = places.idp("own", &places.issuer, "owner = \"home-lab\"\nauto_provision = true");
        places.usual() + &docs(places, "") + &own
    };
    let stage = Stage::set(own).await;
    let browser = signed_in(&stage, "alice", "s1").await;
    assert_eq!(tell(&stage, "own", &token(&stage, json!({ "sub": "alice", "sid": "s1" }))).await.status, 200);
    assert_eq!(Database::open(&stage.world.database_path()).await.sessions().await, 1);
    assert!(is_in(&stage, &browser).await);
}

#[tokio::test]
async fn a_logout_token_counts_once() {
    let stage = stage().await;
    let browser = signed_in(&stage, "alice", "s1").await;
    let token = token(&stage, json!({ "sub": "alice" }));
    assert_eq!(tell(&stage, "company", &token).await.status, 200);
    are_out(&stage, &[&browser]).await;
    let again = signed_in(&stage, "alice", "s2").await;
    assert_eq!(tell(&stage, "company", &token).await.status, 200, "it has been done");
    assert_eq!(Database::open(&stage.world.database_path()).await.sessions().await, 1);
    assert!(is_in(&stage, &again).await);
}

#[tokio::test]
async fn a_frame_of_the_providers_page_ends_the_session_that_it_names() {
    let stage = stage().await;
    let browser = signed_in(&stage, "alice", "s1").await;
    let other = signed_in(&stage, "alice", "s2").await;
    let frame = async |query: &str| {
        Browser::new().navigate(&stage.world.login(&format!("/login/company/frontchannel-logout?{query}"))).await
    };
    let issuer = &stage.provider.issuer;
    for bad in
        ["".to_owned(), "sid=s1".to_owned(), format!("iss={issuer}"), "iss=https://other.example.com&sid=s1".to_owned()]
    {
        assert_eq!(frame(&bad).await.status, 400, "{bad}");
    }
    let look = Request::head(stage.world.login(&format!("/login/company/frontchannel-logout?iss={issuer}&sid=s1")));
    let looked = Browser::new().send(look.body(Bytes::new()).unwrap()).await;
    assert_eq!(looked.status, 405);
    assert!(is_in(&stage, &browser).await);
    let unknown = frame(&format!("iss={issuer}&sid=guessed")).await;
    let known = frame(&format!("iss={issuer}&sid=s1")).await;
    assert_eq!((unknown.status, &unknown.body), (known.status, &known.body), "whoever guesses is told nothing");
    assert_eq!(known.status, 200);
    assert!(known.headers.get("x-frame-options").is_none());
    assert!(!known.headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors"));
    are_out(&stage, &[&browser]).await;
    assert!(is_in(&stage, &other).await);
}

#[tokio::test]
async fn signing_out_here_leads_on_to_the_provider_where_the_idp_says_so() {
    let there = |places: &Places| {
        places.usual().replace("auto_provision = true", "auto_provision = true\nsign_out_at_provider = true")
    };
    let stage = Stage::set(there).await;
    let (browser, _) = stage.sign_in(json!({ "groups": ["home-lab"] })).await;
    assert!(stage.roles_at(&browser, "wiki").await.is_some());
    let database = Database::open(&stage.world.database_path()).await;
    let id_token = stage.provider.issued().into_iter().rfind(|issued| issued.starts_with("eyJ")).unwrap();
    let dump = format!("{:?}", database.dump().await);
    assert!(!dump.contains(&id_token), "it is kept sealed");
    let wiki = stage.world.url("wiki", "/");
    let page = browser.submit(&wiki.parse().unwrap(), &stage.world.url("wiki", "/.vestibule/sign-out"), &[]).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert_eq!(database.sessions().await, 0);
    assert!(page.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    let on: url::Url = page.link("Go on").parse().unwrap();
    assert_eq!(page.headers["refresh"], format!("0; url={on}"));
    assert!(on.as_str().starts_with(&format!("{}/logout?", stage.provider.issuer)), "{on}");
    let asked = |name: &str| on.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    assert_eq!(asked("id_token_hint"), Some(id_token));
    assert_eq!(asked("client_id").as_deref(), Some(CLIENT_ID));
    assert_eq!(asked("post_logout_redirect_uri"), Some(stage.world.login("/signed-out")));
}

#[tokio::test]
async fn an_id_token_with_a_claim_that_is_never_kept_is_not_kept() {
    for records in ["keep_claims = false", "redact_claims = [\"groups\"]"] {
        let configuration = |places: &Places| {
            let there = "auto_provision = true\nsign_out_at_provider = true";
            format!("{}\n[records]\n{records}\n", places.usual().replace("auto_provision = true", there))
        };
        let stage = Stage::set(configuration).await;
        let (browser, _) = stage.sign_in(json!({ "groups": ["home-lab"] })).await;
        let database = Database::open(&stage.world.database_path()).await;
        assert_eq!(database.number("select count(*) from sessions where id_token is not null").await, 0, "{records}");
        let asked = browser.navigate(&stage.world.login("/logout")).await;
        let fields = [("csrf", hidden(&asked, "csrf"))];
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        let page = browser.submit(&asked.url, &stage.world.login("/logout"), &fields).await;
        let on = page.link("Go on");
        assert!(on.contains("client_id=") && !on.contains("id_token_hint"), "{on}");
    }
}

#[tokio::test]
async fn a_real_provider_is_signed_out_of_and_tells_who_signed_out_there() {
    let variant = Variant { signs_out: true, ..Variant::default() };
    let there = |places: &Places| {
        places.usual().replace("auto_provision = true", "auto_provision = true\nsign_out_at_provider = true")
    };
    let world = World::start(variant, there).await;
    // Two sessions here behind one there.
    let (browser, _) = world.signed_in("alice").await;
    let asked = browser.navigate(&world.login("/logout")).await;
    let page = browser.submit(&asked.url, &world.login("/logout"), &[("csrf", &hidden(&asked, "csrf"))]).await;
    let asked = browser.follow(&page.link("Go on")).await.pop().unwrap();
    let action = format!("{}/session/end/confirm", world.places.issuer);
    let fields = [("xsrf", hidden(&asked, "xsrf")), ("logout", "yes".to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let page = browser.submit(&asked.url, &action, &fields).await;
    let page = browser.follow_from(page).await.pop().unwrap();
    assert_eq!((page.status.as_u16(), page.url.as_str()), (200, world.login("/signed-out").as_str()));
    // Signed out there alone: its server tells ours.
    let (browser, _) = world.signed_in("alice").await;
    let asked = browser.navigate(&format!("{}/session/end", world.places.issuer)).await;
    let xsrf = hidden(&asked, "xsrf");
    browser.submit(&asked.url, &action, &[("xsrf", &xsrf), ("logout", "yes")]).await;
    let wiki = world.url("wiki", "/");
    eventually("the session here has ended", async || !is_let_in(&browser, &wiki).await).await;
}
