use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::body::Body;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{Request, header};
use http_body_util::BodyExt as _;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use tower::ServiceExt as _;
use url::{Url, form_urlencoded};

use super::tickets::MAX_TICKETS;
use super::*;
use crate::base::{Clock, SystemChance, Timestamp};

const ISSUER: &str = "http://idp.localhost:8080";
const REDIRECT: &str = "http://login.localhost:8080/login/demo/callback";
/// The pair of RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

#[derive(Clone, Default)]
struct Hands(Arc<AtomicI64>);

impl Hands {
    fn forward(&self, secs: i64) {
        self.0.fetch_add(secs * 1_000_000, Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(1_800_000_000).plus(Duration::from_micros(self.0.load(Ordering::SeqCst) as u64))
    }
}

/// A provider, and the hands of its clock.
struct Kit {
    router: Router,
    hands: Hands,
}

impl Kit {
    fn new() -> Self {
        let hands = Hands::default();
        let client = Client { id: "vestibule".into(), secret: "s:cret &+".into(), redirect_uri: REDIRECT.into() };
        let ambient = Ambient::new(hands.clone(), SystemChance::default());
        Self { router: router(ISSUER.into(), client, ambient).unwrap(), hands }
    }

    async fn send(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn ask(&self, changes: &[(&str, &str)]) -> Response {
        let query = encoded(&authorization(changes));
        self.send(Request::get(format!("/authorize?{query}")).body(Body::empty()).unwrap()).await
    }

    async fn choose(&self, changes: &[(&str, &str)]) -> Response {
        self.send(form("/choose", &authorization(changes)).body_of()).await
    }

    /// A fresh code for this person.
    async fn code(&self, person: &str) -> String {
        location(&self.choose(&[("person", person)]).await)["code"].clone()
    }

    async fn exchange(&self, code: &str, changes: &[(&str, &str)]) -> (StatusCode, Value) {
        let mut fields = fields(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ]);
        change(&mut fields, changes);
        let mut post = form("/token", &fields);
        // The halves are form-encoded before they are joined (RFC 6749 2.3.1).
        let secret: String = form_urlencoded::byte_serialize(b"s:cret &+").collect();
        post.authorization = Some(format!("Basic {}", STANDARD.encode(format!("vestibule:{secret}"))));
        json_of(self.send(post.body_of()).await).await
    }
}

type Fields = BTreeMap<String, String>;

fn fields(pairs: &[(&str, &str)]) -> Fields {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn change(fields: &mut Fields, changes: &[(&str, &str)]) {
    fields.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
}

fn authorization(changes: &[(&str, &str)]) -> Fields {
    let mut all = fields(&[
        ("client_id", "vestibule"),
        ("redirect_uri", REDIRECT),
        ("response_type", "code"),
        ("scope", "openid profile email groups"),
        ("state", "the state"),
        ("nonce", "the-nonce"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]);
    change(&mut all, changes);
    all
}

fn encoded(fields: &Fields) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

struct Post {
    path: &'static str,
    body: String,
    authorization: Option<String>,
}

fn form(path: &'static str, fields: &Fields) -> Post {
    Post { path, body: encoded(fields), authorization: None }
}

impl Post {
    fn body_of(self) -> Request<Body> {
        let mut request = Request::post(self.path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(authorization) = self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        request.body(Body::from(self.body)).unwrap()
    }
}

fn location(response: &Response) -> Fields {
    assert_eq!(response.status(), StatusCode::FOUND);
    let text = response.headers()[header::LOCATION].to_str().unwrap();
    assert!(text.starts_with(&format!("{REDIRECT}?")), "{text}");
    Url::parse(text).unwrap().query_pairs().into_owned().collect()
}

async fn text_of(response: Response) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

async fn json_of(response: Response) -> (StatusCode, Value) {
    let status = response.status();
    (status, serde_json::from_str(&text_of(response).await).unwrap())
}

async fn get_json(kit: &Kit, path: &str, bearer: Option<&str>) -> (StatusCode, Value) {
    let mut request = Request::get(path);
    if let Some(bearer) = bearer {
        request = request.header(header::AUTHORIZATION, format!("Bearer {bearer}"));
    }
    json_of(kit.send(request.body(Body::empty()).unwrap()).await).await
}

#[tokio::test]
async fn a_whole_sign_in() {
    let kit = Kit::new();
    let page = kit.ask(&[("prompt", "login")]).await;
    assert_eq!(page.status(), StatusCode::OK);
    let page = text_of(page).await;
    assert!(page.contains("Demonstration provider") && page.contains("value=\"carol\""), "{page}");

    let answer = location(&kit.choose(&[("person", "alice")]).await);
    assert_eq!((answer["state"].as_str(), answer["iss"].as_str()), ("the state", ISSUER));
    let (status, tokens) = kit.exchange(&answer["code"], &[]).await;
    assert_eq!(status, StatusCode::OK, "{tokens}");

    let (_, keys) = get_json(&kit, "/jwks", None).await;
    assert_eq!(keys["keys"][0].get("d"), None);
    let key: jsonwebtoken::jwk::Jwk = serde_json::from_value(keys["keys"][0].clone()).unwrap();
    let mut rules = Validation::new(Algorithm::ES256);
    rules.set_audience(&["vestibule"]);
    rules.set_issuer(&[ISSUER]);
    rules.validate_exp = false;
    let id_token = tokens["id_token"].as_str().unwrap();
    let token = jsonwebtoken::decode::<Value>(id_token, &DecodingKey::from_jwk(&key).unwrap(), &rules).unwrap();
    assert_eq!(token.header.kid, key.common.key_id);
    let claims = token.claims;
    assert_eq!(claims["nonce"], "the-nonce");
    assert_eq!(claims["groups"], json!(["admin", "home-lab"]));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 300);
    let access_token = tokens["access_token"].as_str().unwrap();
    assert_eq!(claims["at_hash"], URL_SAFE_NO_PAD.encode(&aws_digest(access_token)[..16]));

    let (status, userinfo) = get_json(&kit, "/userinfo", Some(access_token)).await;
    assert_eq!((status, &userinfo["sub"]), (StatusCode::OK, &claims["sub"]));
    kit.hands.forward(300);
    assert_eq!(get_json(&kit, "/userinfo", Some(access_token)).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(get_json(&kit, "/userinfo", None).await.0, StatusCode::UNAUTHORIZED);
}

fn aws_digest(text: &str) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes()).as_ref().to_vec()
}

#[tokio::test]
async fn a_code_is_spent_once_and_soon() {
    let kit = Kit::new();
    let code = kit.code("bob").await;
    assert_eq!(kit.exchange(&code, &[]).await.0, StatusCode::OK);
    assert_eq!(kit.exchange(&code, &[]).await.1["error"], "invalid_grant");

    let code = kit.code("bob").await;
    kit.hands.forward(59);
    assert_eq!(kit.exchange(&code, &[]).await.0, StatusCode::OK);
    let code = kit.code("bob").await;
    kit.hands.forward(60);
    assert_eq!(kit.exchange(&code, &[]).await.1["error"], "invalid_grant");
}

#[tokio::test]
async fn a_code_shown_wrongly_is_burnt() {
    let kit = Kit::new();
    let other = "x".repeat(43);
    for wrong in [
        ("code_verifier", ""),
        ("code_verifier", other.as_str()),
        ("code_verifier", CHALLENGE),
        ("redirect_uri", "http://login.localhost:8080/elsewhere"),
        ("redirect_uri", ""),
    ] {
        let code = kit.code("bob").await;
        assert_eq!(kit.exchange(&code, &[wrong]).await.1["error"], "invalid_grant", "{wrong:?}");
        assert_eq!(kit.exchange(&code, &[]).await.1["error"], "invalid_grant", "{wrong:?}");
    }
    let code = kit.code("bob").await;
    assert_eq!(kit.exchange(&code, &[("grant_type", "password")]).await.1["error"], "unsupported_grant_type");
}

#[tokio::test]
async fn only_the_client_exchanges_codes() {
    let kit = Kit::new();
    let code = kit.code("bob").await;
    let pair = |pair: &str| Some(format!("Basic {}", STANDARD.encode(pair)));
    for authorization in
        [None, pair("vestibule:wrong"), pair("other:s%3Acret+%26%2B"), pair("vestibule"), Some("Basic %%".into())]
    {
        let body = fields(&[
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
            ("client_id", "vestibule"),
            ("client_secret", "s:cret &+"),
        ]);
        let response = kit.send(Post { authorization, ..form("/token", &body) }.body_of()).await;
        assert!(response.headers().contains_key(header::WWW_AUTHENTICATE));
        let (status, body) = json_of(response).await;
        assert_eq!((status, body["error"].as_str()), (StatusCode::UNAUTHORIZED, Some("invalid_client")));
    }
    // None of them touched the code.
    assert_eq!(kit.exchange(&code, &[]).await.0, StatusCode::OK);
}

#[tokio::test]
async fn nothing_is_sent_to_a_stranger() {
    let kit = Kit::new();
    let longer = format!("{REDIRECT}/");
    for wrong in
        [("client_id", "other"), ("client_id", ""), ("redirect_uri", "http://evil.example/"), ("redirect_uri", &longer)]
    {
        for response in [kit.ask(&[wrong]).await, kit.choose(&[wrong, ("person", "alice")]).await] {
            assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{wrong:?}");
            assert!(!response.headers().contains_key(header::LOCATION), "{wrong:?}");
            assert!(text_of(response).await.contains("Demonstration provider"));
        }
    }
    let twice = format!("/authorize?{}&client_id=vestibule", encoded(&authorization(&[])));
    assert_eq!(kit.send(Request::get(twice).body(Body::empty()).unwrap()).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_client_is_told_what_it_did_wrong() {
    let kit = Kit::new();
    for (wrong, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("scope", "profile"), "invalid_scope"),
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge", "short"), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
    ] {
        for response in [kit.ask(&[wrong]).await, kit.choose(&[wrong, ("person", "alice")]).await] {
            let answer = location(&response);
            assert_eq!(answer["error"], error);
            assert_eq!((answer["state"].as_str(), answer["iss"].as_str()), ("the state", ISSUER));
            assert!(!answer.contains_key("code"));
        }
    }
    assert_eq!(location(&kit.ask(&[("prompt", "none")]).await)["error"], "login_required");
    for nobody in ["", "mallory"] {
        assert_eq!(location(&kit.choose(&[("person", nobody)]).await)["error"], "access_denied");
    }
}

#[tokio::test]
async fn what_the_client_sends_stays_text() {
    let kit = Kit::new();
    let page = text_of(kit.ask(&[("state", "\"><script>'&"), ("login_hint", "<script>")]).await).await;
    assert!(!page.contains("<script") && page.contains("&quot;&gt;&lt;script&gt;&#x27;&amp;"), "{page}");
}

#[tokio::test]
async fn discovery_names_what_is_there() {
    let kit = Kit::new();
    let (_, document) = get_json(&kit, "/.well-known/openid-configuration", None).await;
    assert_eq!(document["issuer"], ISSUER);
    for key in ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"] {
        let path = document[key].as_str().unwrap().strip_prefix(ISSUER).unwrap();
        let response = kit.send(Request::get(path).body(Body::empty()).unwrap()).await;
        assert_ne!(response.status(), StatusCode::NOT_FOUND, "{key}");
    }
}

#[test]
fn tickets_are_bounded_and_the_oldest_go_first() {
    let ambient = Ambient::new(Hands::default(), SystemChance::default());
    let tickets = Tickets::new(CODE_LIFE);
    let issued: Vec<String> = (0..=MAX_TICKETS).map(|number| tickets.issue(&ambient, number)).collect();
    assert_eq!(tickets.take(&ambient, &issued[0]), None);
    assert_eq!(tickets.take(&ambient, &issued[1]), Some(1));
    assert_eq!(tickets.take(&ambient, &issued[1]), None);
    assert_eq!(tickets.look(&ambient, &issued[MAX_TICKETS]), Some(MAX_TICKETS));
    assert_eq!(tickets.look(&ambient, &issued[MAX_TICKETS]), Some(MAX_TICKETS));
    assert_eq!(tickets.take(&ambient, "not a ticket"), None);
}
