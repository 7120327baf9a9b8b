//! Tokens issued here.

use serde_json::Value;
use vestibule::directory::ApplicationScope;

use super::{AUTHORIZATION, COOKIE, DAY, Hands, TOKENS, challenge, world};
use crate::kit::browser::Response;
use crate::kit::frames;
use crate::kit::provider::Variant;
use crate::kit::raw::{self, Raw};
use crate::kit::scene::{cookie, docs};
use crate::kit::upstream::received;
use crate::kit::world::{Places, World, eventually};

const EVERYWHERE: ApplicationScope = ApplicationScope::Everywhere;

async fn backup(hands: &Hands) -> (vestibule::identity::UserId, String) {
    let account = hands.account("backup", &["Member"]).await;
    (account, hands.token(account, &EVERYWHERE).await)
}

fn seen(response: &Response) -> Value {
    assert_eq!(response.status, 200, "{}", response.text());
    response.json()
}

#[tokio::test]
async fn a_service_accounts_token_enters_as_the_account_and_stays_here() {
    let world = world().await;
    let hands = world.hands().await;
    let (account, token) = backup(&hands).await;
    for scheme in ["Bearer", "bearer", "BEARER  "] {
        let answer = world.ask("wiki", "/notes?page=2", &[("authorization", &format!("{scheme} {token}"))]).await;
        let seen = seen(&answer);
        assert_eq!(received(&seen, "remote-user"), ["service.home-lab.backup"]);
        assert_eq!(received(&seen, "remote-groups"), ["Member"]);
        assert_eq!(received(&seen, "remote-name"), ["backup"]);
        assert!(received(&seen, "authorization").is_empty(), "{seen}");
        assert!(!seen.to_string().contains(&token[4..]), "{seen}");
        let assertion = received(&seen, "x-vestibule-assertion").concat();
        let claims = assertion.split('.').nth(1).expect("a JWT");
        let claims = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, claims).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!((claims["sub"].as_str(), claims["aud"].as_str()), (Some(&*account.to_string()), Some("wiki")));
    }
}

#[tokio::test]
async fn space_around_a_token_hides_it_in_neither_version() {
    let world = World::start(Variant::default(), |places| {
        let open = format!("[[application.rule]]\npath = \"/open/*\"\nallow = \"everyone\"\n{TOKENS}");
        places.head(Places::SEED_POLICY) + &places.home_lab(&open)
    })
    .await;
    let hands = world.hands().await;
    let (_, token) = backup(&hands).await;
    let (browser, _) = world.signed_in("alice").await;
    let cookie = raw::session(&world, &browser);
    let hits = world.upstream.hits();
    let path = [(":method", "GET"), (":scheme", "http"), (":path", "/open/a"), (":authority", "wiki.localhost")];
    for value in [format!(" Bearer {token}"), format!("\tBearer {token} "), format!("Bearer {token} ")] {
        let sent = [("authorization", value.as_str()), ("cookie", &cookie)];
        let both = frames::ask(raw::address(&world), &[&path[..], &sent].concat()).await;
        assert_eq!(both.status(), 400, "{value:?}: beside a session it is not clear who asks");
        assert_eq!(world.upstream.hits(), hits);
    }
    let sent = [("authorization", &*format!(" Bearer {token}"))];
    let alone = frames::ask(raw::address(&world), &[&path[..], &sent].concat()).await;
    assert_eq!(alone.status(), 200);
    let seen = alone.json();
    assert_eq!(received(&seen, "remote-user"), ["service.home-lab.backup"]);
    assert!(!seen.to_string().contains(&token[4..]), "{seen}");
}

#[tokio::test]
async fn where_no_tokens_are_taken_the_header_is_the_upstreams_own_business() {
    let world = world().await;
    let hands = world.hands().await;
    let (_, token) = backup(&hands).await;
    let answer = world.call("docs", "/", &token).await;
    assert_eq!((answer.status.as_u16(), answer.header("www-authenticate")), (401, None), "nobody is signed in");
    let (browser, _) = world.signed_in("alice").await;
    let url = world.url("docs", "/");
    world.enter(&browser, &url, "alice").await;
    let session =
        browser.cookies(&url).iter().map(|c| format!("{}={}", c.name, c.value)).collect::<Vec<_>>().join("; ");
    let headers = [("cookie", &*session), ("authorization", "Bearer of-its-own")];
    let told = seen(&world.ask("docs", "/", &headers).await);
    assert_eq!(received(&told, "authorization"), ["Bearer of-its-own"]);
    assert_eq!(received(&told, "remote-user"), ["alice"]);
}

#[tokio::test]
async fn what_opens_nothing_is_refused_and_never_sent_to_sign_in() {
    let world = world().await;
    let hands = world.hands().await;
    let (_, token) = backup(&hands).await;
    let api = world.program().await;
    drop(api);
    let changed = format!("{}{}", &token[..token.len() - 1], if token.ends_with('0') { '1' } else { '0' });
    let invented = "vsa_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA00000000".to_owned();
    for bad in [changed, invented, token.to_uppercase(), "vst_x".to_owned(), "of-somebody-else".to_owned()] {
        let navigation = [
            ("authorization", &*format!("Bearer {bad}")),
            ("accept", "text/html"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ];
        let answer = world.ask("wiki", "/", &navigation).await;
        assert_eq!(answer.status, 401, "{bad}");
        assert_eq!(challenge(&answer), "Bearer error=\"invalid_token\"", "{bad}");
        assert!(!answer.text().contains(&bad), "{}", answer.text());
    }
    assert_eq!(world.upstream.hits(), 0);
}

#[tokio::test]
async fn a_token_is_read_from_one_clear_header_and_nowhere_else() {
    let world = world().await;
    let hands = world.hands().await;
    let (_, token) = backup(&hands).await;
    let bearer = format!("Bearer {token}");
    let (joined, spaced) = (format!("{bearer}, {bearer}"), format!("{bearer} x"));
    let huge = format!("Bearer {}", "a".repeat(17 * 1024));
    for headers in [
        vec![("authorization", &*bearer), ("authorization", &*bearer)],
        vec![("authorization", "Basic eDp5"), ("authorization", &*bearer)],
        vec![("authorization", &*joined)],
        vec![("authorization", &*spaced)],
        vec![("authorization", &*huge)],
        vec![("authorization", "Bearer")],
    ] {
        let answer = world.ask("wiki", "/", &headers).await;
        assert_eq!((answer.status.as_u16(), challenge(&answer)), (400, "Bearer error=\"invalid_request\""));
    }
    for (path, header) in [
        (format!("/?access_token={token}"), ("accept", "*/*")),
        ("/".to_owned(), ("x-authorization", &*bearer)),
        ("/".to_owned(), ("proxy-authorization", &*bearer)),
        ("/".to_owned(), ("authorization", &*format!("Basic {token}"))),
        ("/".to_owned(), ("cookie", &*format!("access_token={token}"))),
    ] {
        assert_eq!(world.ask("wiki", &path, &[header]).await.status, 401, "{path} {header:?}");
    }
    assert_eq!(world.upstream.hits(), 0);
}

#[tokio::test]
async fn a_token_beside_a_session_is_refused_and_one_of_the_upstreams_own_is_not() {
    let world = world().await;
    let hands = world.hands().await;
    let (_, token) = backup(&hands).await;
    let (browser, _) = world.signed_in("alice").await;
    let url = world.url("wiki", "/");
    let session =
        browser.cookies(&url).iter().map(|c| format!("{}={}", c.name, c.value)).collect::<Vec<_>>().join("; ");
    assert!(cookie(&browser, &url, "session").is_some());
    let both = [(COOKIE.as_str(), &*session), (AUTHORIZATION.as_str(), &*format!("Bearer {token}"))];
    let answer = world.ask("wiki", "/", &both).await;
    assert_eq!((answer.status.as_u16(), challenge(&answer)), (400, "Bearer error=\"invalid_request\""));
    let own = [(COOKIE.as_str(), &*session), (AUTHORIZATION.as_str(), "Bearer eyJhbGciOiJub25lIn0.e30.")];
    let told = seen(&world.ask("wiki", "/", &own).await);
    assert_eq!(received(&told, "remote-user"), ["alice"]);
    assert_eq!(received(&told, "authorization"), ["Bearer eyJhbGciOiJub25lIn0.e30."]);
}

#[tokio::test]
async fn a_token_opens_what_its_holder_may_enter_and_says_insufficient_scope_elsewhere() {
    let world = World::start(Default::default(), |places| {
        let rule = "[[application.rule]]\npath = \"/admin/*\"\nroles = [\"Admin\"]";
        places.head(Places::SEED_POLICY)
            + &places.home_lab(&format!("{TOKENS}\n{rule}"))
            + &docs(places, TOKENS)
            + &places.garage()
            + TOKENS
    })
    .await;
    let hands = world.hands().await;
    let account = hands.account("backup", &["Member"]).await;
    let everywhere = hands.token(account, &EVERYWHERE).await;
    let docs_alone = hands.token(account, &ApplicationScope::Only(vec!["docs".parse().unwrap()])).await;
    let roleless = hands.token(hands.account("idle", &[]).await, &EVERYWHERE).await;
    for (application, path, token, status) in [
        ("wiki", "/", &everywhere, 200),
        ("docs", "/", &everywhere, 200),
        ("docs", "/", &docs_alone, 200),
        ("wiki", "/admin/users", &everywhere, 403),
        ("wiki", "/", &docs_alone, 403),
        ("tools", "/", &everywhere, 403),
        ("wiki", "/", &roleless, 403),
    ] {
        let answer = world.call(application, path, token).await;
        assert_eq!(answer.status, status, "{application}{path}");
        if status == 403 {
            assert_eq!(challenge(&answer), "Bearer error=\"insufficient_scope\"");
        }
    }
}

#[tokio::test]
async fn neither_kind_of_token_is_ever_taken_for_the_other() {
    let world = world().await;
    let hands = world.hands().await;
    let (_, token) = backup(&hands).await;
    let headers = [("authorization", &*format!("Bearer {token}"))];
    for path in ["/api/v1/token", "/api/v1/organizations", "/console"] {
        let answer = world.ask("login", path, &headers).await;
        assert!(!answer.status.is_success(), "{path}: {}", answer.status);
    }
    let name = vestibule::identity::TokenName::parse("a test").unwrap();
    let admin = hands.directory.server_admin(vestibule::directory::Actor::CommandLine);
    let api = admin.make_token(&name, DAY).await.unwrap().expose();
    assert_eq!(world.call("wiki", "/", &api).await.status, 401);
    assert_eq!(world.upstream.hits(), 0);
}

#[tokio::test]
async fn what_is_taken_away_is_felt_at_once() {
    let world = world().await;
    let hands = world.hands().await;
    let (account, token) = backup(&hands).await;
    let admin = hands.admin("home-lab");
    let status = async |token: &str| world.call("wiki", "/", token).await.status.as_u16();
    let becomes = async |token: &str, wanted: u16| {
        eventually(&format!("it answers {wanted}"), async || status(token).await == wanted).await;
    };
    assert_eq!(status(&token).await, 200);
    admin.set_service_disabled(account, true).await.unwrap();
    becomes(&token, 401).await;
    admin.set_service_disabled(account, false).await.unwrap();
    becomes(&token, 200).await;
    admin.set_service_roles(account, &[]).await.unwrap();
    becomes(&token, 403).await;
    admin.set_service_roles(account, &["Member".parse().unwrap()]).await.unwrap();
    becomes(&token, 200).await;
    let second = hands.token(account, &EVERYWHERE).await;
    assert_eq!(status(&second).await, 200);
    let listed = admin.service_tokens(account).await.unwrap();
    admin.end_service_token(account, listed[1].token.id).await.unwrap();
    becomes(&token, 401).await;
    assert_eq!(status(&second).await, 200, "the other goes on");
    world.clock.advance(DAY);
    assert_eq!(status(&second).await, 401, "it has run out");
    let third = hands.token(account, &EVERYWHERE).await;
    assert_eq!(status(&third).await, 200);
    admin.remove_service_account(account).await.unwrap();
    becomes(&third, 401).await;
}

#[tokio::test]
async fn a_tunnel_opened_with_a_token_closes_with_it() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = listener.local_addr().unwrap();
    tokio::spawn(crate::hygiene::echo(listener));
    let world = World::start(Default::default(), |places| {
        let wiki = places.home_lab(TOKENS).replace(&places.upstream.to_string(), &here.to_string());
        places.head(Places::SEED_POLICY) + &wiki
    })
    .await;
    let hands = world.hands().await;
    let (account, token) = backup(&hands).await;
    let mut socket = Raw::connect(([127, 0, 0, 1], world.places.port).into()).await;
    socket
        .send(format!(
            "GET /socket HTTP/1.1\r\nHost: wiki.localhost:{}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Authorization: Bearer {token}\r\n\r\n",
            world.places.port
        ))
        .await;
    assert!(socket.read_until("\r\n\r\n").await.starts_with("HTTP/1.1 101"));
    socket.send("hello").await;
    socket.read_until("hello").await;
    let admin = hands.admin("home-lab");
    let listed = admin.service_tokens(account).await.unwrap();
    admin.end_service_token(account, listed[0].token.id).await.unwrap();
    socket.read_to_end().await;
}

#[tokio::test]
async fn whoever_guesses_waits_and_whoever_knows_does_not() {
    let world = world().await;
    let hands = world.hands().await;
    let (_, token) = backup(&hands).await;
    assert_eq!(world.call("wiki", "/", &token).await.status, 200);
    let mut refused = Vec::new();
    for _ in 0..400 {
        let answer = world.call("wiki", "/", "vsa_guess").await;
        refused.push(answer.status.as_u16());
        if answer.status == 429 {
            assert!(answer.header("retry-after").is_some_and(|seconds| seconds.parse::<u64>().is_ok()));
            break;
        }
    }
    assert_eq!(refused.last(), Some(&429));
    assert!(refused.iter().filter(|status| **status == 401).count() >= 100);
    assert_eq!(world.call("wiki", "/", &token).await.status, 200);
}

#[tokio::test]
async fn on_a_path_open_to_everyone_a_token_that_opens_nothing_is_refused_all_the_same() {
    let world = World::start(Default::default(), |places| {
        let rule = "[[application.rule]]\npath = \"/public/*\"\nallow = \"everyone\"";
        places.head(Places::SEED_POLICY) + &places.home_lab(&format!("{TOKENS}\n{rule}"))
    })
    .await;
    let hands = world.hands().await;
    let (_, token) = backup(&hands).await;
    assert_eq!(world.call("wiki", "/public/a", "vsa_no").await.status, 401);
    let told = seen(&world.call("wiki", "/public/a", "of-its-own").await);
    assert_eq!(received(&told, "authorization"), ["Bearer of-its-own"], "the upstream's own business");
    assert!(received(&told, "remote-user").is_empty());
    let told = seen(&world.call("wiki", "/public/a", &token).await);
    assert_eq!(received(&told, "remote-user"), ["service.home-lab.backup"]);
    let roleless = hands.token(hands.account("idle", &[]).await, &EVERYWHERE).await;
    let told = seen(&world.call("wiki", "/public/a", &roleless).await);
    assert!(received(&told, "remote-user").is_empty(), "admitted nowhere: anonymous");
    assert!(received(&told, "authorization").is_empty());
}
