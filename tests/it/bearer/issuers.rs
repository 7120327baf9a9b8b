//! Access tokens of other issuers: whom they speak of, and everything that is wrong with a token.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use vestibule::base::Ambient;
use vestibule::directory::Actor;
use vestibule::identity::{MachineSubject, SubjectClaim};

use super::{Hands, challenge};
use crate::kit::faulty::{Fault, Faulty};
use crate::kit::provider::CLIENT_ID;
use crate::kit::scene::docs;
use crate::kit::stage::Stage;
use crate::kit::upstream::received;
use crate::kit::world::{Places, eventually};

/// The IdP's issuer gives tokens for `apps`, which speak of its users, and for `robots`, which speak of programs.
fn configuration(places: &Places, people: &str) -> String {
    let issuer = &places.issuer;
    places.head(Places::SEED_POLICY)
        + &places.home_lab("[application.machines]\nissuers = [\"people\", \"robots\"]")
        + &places.garage()
        + "[application.machines]\nissuers = [\"robots\"]"
        + &docs(places, "[application.machines]\nissuers = [\"robots\"]")
        + &format!(
            r#"
[[token_issuer]]
id = "people"
issuer = "{issuer}"
audience = "apps"
algorithms = ["ES256"]
idp = "company"
{people}

[[token_issuer]]
id = "robots"
issuer = "{issuer}"
audience = "robots"
algorithms = ["ES256"]
service_accounts = "client_id"
"#
        )
}

fn usual(places: &Places) -> String {
    configuration(places, "")
}

/// The claims of a token that is right: of alice, for an hour.
fn claims(issuer: &str) -> Value {
    let now = Ambient::system().now().secs();
    json!({ "iss": issuer, "aud": "apps", "sub": "alice", "client_id": "cli", "iat": now, "exp": now + 3600, "jti": "1" })
}

fn with(claims: &Value, more: Value) -> Value {
    let mut changed = claims.clone();
    for (name, value) in more.as_object().expect("an object") {
        match value {
            Value::Null => drop(changed.as_object_mut().expect("an object").remove(name)),
            value => changed[name] = value.clone(),
        }
    }
    changed
}

/// A token of that issuer, marked as RFC 9068 asks.
fn token(provider: &Faulty, claims: &Value) -> String {
    let header = json!({ "alg": "ES256", "kid": provider.kid(), "typ": "at+jwt" });
    provider.sign(&header.to_string(), &claims.to_string())
}

async fn alice_has_signed_in(configuration: impl Fn(&Places) -> String) -> Stage {
    let stage = Stage::set(configuration).await;
    stage.sign_in(json!({})).await;
    stage
}

#[tokio::test]
async fn a_token_of_the_idps_issuer_enters_as_its_user_with_what_sign_ins_gave() {
    let stage = alice_has_signed_in(usual).await;
    let right = token(&stage.provider, &claims(&stage.provider.issuer));
    let answer = stage.world.call("wiki", "/", &right).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let seen = answer.json();
    assert_eq!(received(&seen, "remote-user"), ["alice"]);
    assert_eq!(received(&seen, "remote-groups"), ["Admin"]);
    assert!(received(&seen, "authorization").is_empty());
    // Another sign-in gives less, and so does the token.
    stage.sign_in(json!({ "groups": ["home-lab"] })).await;
    eventually("the token opens what is held now", async || {
        received(&stage.world.call("wiki", "/", &right).await.json(), "remote-groups") == ["Member"]
    })
    .await;
    let hands = stage.world.hands().await;
    let admin = hands.directory.server_admin(Actor::CommandLine);
    let alice = admin.user_called("alice").await.unwrap();
    admin.set_disabled(alice, true).await.unwrap();
    eventually("she may not enter", async || stage.world.call("wiki", "/", &right).await.status == 401).await;
    admin.set_disabled(alice, false).await.unwrap();
    eventually("she may again", async || stage.world.call("wiki", "/", &right).await.status == 200).await;
    stage.world.clock.advance(Duration::from_secs(3600));
    assert_eq!(stage.world.call("wiki", "/", &right).await.status, 401, "it has run out");
}

#[tokio::test]
async fn a_token_makes_nobody() {
    let stage = alice_has_signed_in(usual).await;
    let bob = with(&claims(&stage.provider.issuer), json!({ "sub": "bob" }));
    for other in [bob.clone(), with(&bob, json!({ "sub": "Alice" })), with(&bob, json!({ "sub": "alice " }))] {
        let answer = stage.world.call("wiki", "/", &token(&stage.provider, &other)).await;
        assert_eq!((answer.status.as_u16(), challenge(&answer)), (401, "Bearer error=\"invalid_token\""));
    }
    let hands = stage.world.hands().await;
    let admin = hands.directory.server_admin(Actor::CommandLine);
    assert_eq!(admin.list_users(9, None).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_programs_token_is_the_account_that_its_organization_bound_it_to() {
    let stage = alice_has_signed_in(usual).await;
    let hands: Hands = stage.world.hands().await;
    let account = hands.account("ci", &["Member"]).await;
    let of_program = with(&claims(&stage.provider.issuer), json!({ "aud": "robots", "sub": "x", "client_id": "ci-1" }));
    let right = token(&stage.provider, &of_program);
    assert_eq!(stage.world.call("wiki", "/", &right).await.status, 401, "not bound yet");
    let issuer = stage.provider.issuer.parse().unwrap();
    let subject = MachineSubject { issuer, claim: SubjectClaim::ClientId, subject: "ci-1".to_owned() };
    hands.admin("home-lab").bind_subject(account, &subject).await.unwrap();
    let seen = stage.world.call("wiki", "/", &right).await.json();
    assert_eq!(received(&seen, "remote-user"), ["service.home-lab.ci"]);
    assert_eq!(stage.world.call("tools", "/", &right).await.status, 401, "another organization has not bound it");
    let people = token(&stage.provider, &claims(&stage.provider.issuer));
    assert_eq!(stage.world.call("tools", "/", &people).await.status, 401, "it takes programs alone");
    hands.admin("home-lab").unbind_subject(account, &subject).await.unwrap();
    eventually("it is bound no more", async || stage.world.call("wiki", "/", &right).await.status == 401).await;
}

#[tokio::test]
async fn whose_a_token_is_does_not_hang_on_where_it_was_used_before() {
    let stage = alice_has_signed_in(usual).await;
    let hands: Hands = stage.world.hands().await;
    let account = hands.account("ci", &["Member"]).await;
    let issuer = stage.provider.issuer.parse().unwrap();
    let subject = MachineSubject { issuer, claim: SubjectClaim::ClientId, subject: "cli".to_owned() };
    hands.admin("home-lab").bind_subject(account, &subject).await.unwrap();
    let ask = async |application: &str, token: &str| stage.world.call(application, "/", token).await;
    // It is good for both issuers: to one it speaks of alice, to the other of the program.
    let both = |jti: &str| {
        let more = json!({ "aud": ["apps", "robots"], "jti": jti });
        token(&stage.provider, &with(&claims(&stage.provider.issuer), more))
    };
    eventually("the program is known", async || ask("docs", &both("0")).await.status == 200).await;
    for order in [["docs", "wiki"], ["wiki", "docs"]] {
        let token = both(order[0]);
        for application in order {
            let expected = if application == "wiki" { "alice" } else { "service.home-lab.ci" };
            assert_eq!(received(&ask(application, &token).await.json(), "remote-user"), [expected], "{order:?}");
        }
    }
}

#[tokio::test]
async fn whatever_is_wrong_with_a_token_it_opens_nothing() {
    let stage = alice_has_signed_in(usual).await;
    let (provider, other) = (&stage.provider, Faulty::start(Fault::Honest).await);
    let right = claims(&provider.issuer);
    let now = Ambient::system().now().secs();
    let header = json!({ "alg": "ES256", "kid": provider.kid(), "typ": "at+jwt" });
    let changed = |more: Value| token(provider, &with(&right, more));
    let headed = |more: Value| provider.sign(&with(&header, more).to_string(), &right.to_string());
    let text = right.to_string();
    let twice = |name: &str, value: Value| format!("{{\"{name}\":{value},{}", &text[1..]);
    let signed = token(provider, &right);
    let (body, signature) = signed.rsplit_once('.').unwrap();
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let bare = |alg: &str| format!("{}.{}.", part(&json!({ "alg": alg, "typ": "at+jwt" })), part(&right));
    let tampered = |more: Value| format!("{}.{}.{signature}", part(&header), part(&with(&right, more)));
    let [by_pem, by_jwk] = provider.hmac(&json!({ "alg": "HS256", "kid": provider.kid(), "typ": "at+jwt" }), &right);
    let keys_elsewhere = format!("{}/jwks", other.issuer);
    let of_other = |more: Value| other.sign(&with(&header, more).to_string(), &right.to_string());
    let id_token = provider.issued().into_iter().rfind(|one| one.contains('.')).expect("an ID token");
    let faults = [
        ("alg none", bare("none")),
        ("alg None", bare("None")),
        ("alg nOnE with a signature", format!("{}{signature}", bare("nOnE"))),
        ("a header that says ES256 and no signature", bare("ES256")),
        ("signature stripped", format!("{body}.")),
        ("two parts", body.to_owned()),
        ("HS256 by the public key in PEM", by_pem),
        ("HS256 by the public key as JWK", by_jwk),
        ("RS256 over an EC key", headed(json!({ "alg": "RS256" }))),
        ("EdDSA over an EC key", headed(json!({ "alg": "EdDSA" }))),
        ("ES384 over a P-256 key", headed(json!({ "alg": "ES384" }))),
        ("no alg", headed(json!({ "alg": null }))),
        ("alg a list", headed(json!({ "alg": ["ES256"] }))),
        ("signed by another's key of the same kid", of_other(json!({ "kid": other.kid() }))),
        ("signed by another's key without a kid", of_other(json!({ "kid": null }))),
        ("jku", of_other(json!({ "jku": keys_elsewhere }))),
        ("x5u", of_other(json!({ "x5u": keys_elsewhere }))),
        ("jwk", of_other(json!({ "jwk": { "kty": "EC", "crv": "P-256" } }))),
        ("crit", headed(json!({ "crit": ["exp"] }))),
        ("crit b64", headed(json!({ "crit": ["b64"], "b64": false }))),
        ("typ JWT", headed(json!({ "typ": "JWT" }))),
        ("typ absent", headed(json!({ "typ": null }))),
        ("typ of our assertion", headed(json!({ "typ": "vestibule-assertion+jwt" }))),
        ("typ of a logout token", headed(json!({ "typ": "logout+jwt" }))),
        ("typ a list", headed(json!({ "typ": ["at+jwt"] }))),
        ("payload changed after signing", tampered(json!({ "sub": "root" }))),
        ("aud twice", provider.sign(&header.to_string(), &twice("aud", json!("other")))),
        ("sub twice", provider.sign(&header.to_string(), &twice("sub", json!("root")))),
        ("alg twice", provider.sign(&format!("{{\"alg\":\"none\",{}", &header.to_string()[1..]), &text)),
        ("claims a list", provider.sign(&header.to_string(), "[]")),
        ("aud another", changed(json!({ "aud": "other" }))),
        ("aud absent", changed(json!({ "aud": null }))),
        ("aud a number", changed(json!({ "aud": 1 }))),
        ("aud of another case", changed(json!({ "aud": "Apps" }))),
        ("aud our client id", changed(json!({ "aud": CLIENT_ID }))),
        ("aud ours and our client id", changed(json!({ "aud": ["apps", CLIENT_ID] }))),
        ("iss with a slash", changed(json!({ "iss": format!("{}/", provider.issuer) }))),
        ("exp past", changed(json!({ "exp": now - 1, "iat": now - 100 }))),
        ("exp absent", changed(json!({ "exp": null }))),
        ("exp a text", changed(json!({ "exp": (now + 60).to_string() }))),
        ("exp beyond all time", changed(json!({ "exp": 1e300 }))),
        ("iat absent", changed(json!({ "iat": null }))),
        ("iat to come", changed(json!({ "iat": now + 300 }))),
        ("nbf to come", changed(json!({ "nbf": now + 300 }))),
        ("too long a life", changed(json!({ "exp": now + 90_000 }))),
        ("iat before all time", changed(json!({ "iat": i64::MIN }))),
        ("nonce", changed(json!({ "nonce": "n" }))),
        ("at_hash", changed(json!({ "at_hash": "x" }))),
        ("typ ID among the claims", changed(json!({ "typ": "ID" }))),
        ("typ Refresh among the claims", changed(json!({ "typ": "Refresh" }))),
        ("token_use id", changed(json!({ "token_use": "id" }))),
        ("events", changed(json!({ "events": {} }))),
        ("bound to a key", changed(json!({ "cnf": { "jkt": "x" } }))),
        ("sub absent", changed(json!({ "sub": null }))),
        ("sub empty", changed(json!({ "sub": "" }))),
        ("sub a number", changed(json!({ "sub": 1 }))),
        ("sub a list", changed(json!({ "sub": ["alice"] }))),
        ("encrypted", format!("{}.AAAA.AAAA.AAAA.AAAA", part(&json!({ "alg": "dir", "enc": "A256GCM" })))),
        ("nested", provider.sign(&with(&header, json!({ "cty": "JWT" })).to_string(), &json!(signed).to_string())),
        ("the ID token of a sign-in", id_token),
        ("dots alone", "..".to_owned()),
    ];
    let before = stage.world.upstream.hits();
    for (fault, token) in faults {
        let answer = stage.world.call("wiki", "/", &token).await;
        let told = (answer.status.as_u16(), answer.header("www-authenticate"));
        assert_eq!(told, (401, Some("Bearer error=\"invalid_token\"")), "{fault}: {}", answer.text());
        assert!(answer.header("location").is_none(), "{fault}");
    }
    assert_eq!(stage.world.upstream.hits(), before);
    assert_eq!(other.hits("/jwks"), 0, "no key is looked for where a token says");
    for right in [signed.clone(), changed(json!({ "aud": ["x", "apps"] })), changed(json!({ "nbf": now }))] {
        assert_eq!(stage.world.call("wiki", "/", &right).await.status, 200);
    }
}

#[tokio::test]
async fn a_stream_of_unknown_keys_is_no_stream_of_questions() {
    let stage = alice_has_signed_in(usual).await;
    let right = claims(&stage.provider.issuer);
    for number in 0..40 {
        let header = json!({ "alg": "ES256", "kid": format!("k{number}"), "typ": "at+jwt" });
        let token = stage.provider.sign(&header.to_string(), &right.to_string());
        assert_eq!(stage.world.call("wiki", "/", &token).await.status, 401);
    }
    // Once at the sign-in, once for each of the two issuers, once because of an unknown key.
    assert!(stage.provider.hits("/jwks") <= 5, "{}", stage.provider.hits("/jwks"));
    stage.provider.rotate_key();
    stage.world.clock.advance(Duration::from_secs(11));
    assert_eq!(stage.world.call("wiki", "/", &token(&stage.provider, &right)).await.status, 200, "a new key is found");
}

#[tokio::test]
async fn an_issuer_that_does_not_mark_its_tokens_is_believed_when_the_file_says_so() {
    let stage = alice_has_signed_in(|places| configuration(places, "typ = \"any\"")).await;
    let right = claims(&stage.provider.issuer);
    let signed = |typ: Value, claims: &Value| {
        let header = with(&json!({ "alg": "ES256", "kid": stage.provider.kid() }), json!({ "typ": typ }));
        stage.provider.sign(&header.to_string(), &claims.to_string())
    };
    for typ in [Value::Null, json!("JWT"), json!("at+jwt")] {
        assert_eq!(stage.world.call("wiki", "/", &signed(typ.clone(), &right)).await.status, 200, "{typ}");
    }
    let bearer = with(&right, json!({ "typ": "Bearer" }));
    assert_eq!(stage.world.call("wiki", "/", &signed(json!("JWT"), &bearer)).await.status, 200);
    for bad in [
        signed(json!("logout+jwt"), &right),
        signed(json!("JWT"), &with(&right, json!({ "typ": "ID" }))),
        signed(json!("JWT"), &with(&right, json!({ "nonce": "n" }))),
        signed(json!("JWT"), &with(&right, json!({ "aud": ["apps", CLIENT_ID] }))),
    ] {
        assert_eq!(stage.world.call("wiki", "/", &bad).await.status, 401);
    }
}
