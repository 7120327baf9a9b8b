//! Programs behind another proxy: let in by their tokens where the application says that its proxy keeps those to itself.

use vestibule::directory::ApplicationScope;

use crate::kit::fronting::Fronting;
use crate::kit::raw::Answer;
use crate::kit::scene::{cookie, left_to_a_proxy};
use crate::kit::upstream::received;
use crate::kit::world::World;

async fn world(machines: &str) -> World {
    let rules = "[[application.rule]]\npath = \"/public/*\"\nallow = \"everyone\"\n\
                 [[application.rule]]\npath = \"/admin/*\"\nroles = [\"Admin\"]\n[application.machines]\n";
    left_to_a_proxy("trusted_proxies = [\"127.0.0.1/32\"]", &format!("{rules}{machines}\n")).await
}

/// A token of a member of the home lab that is no person.
async fn token(world: &World) -> String {
    let hands = world.hands().await;
    let account = hands.account("backup", &["Member"]).await;
    hands.token(account, &ApplicationScope::Everywhere).await
}

async fn ask(proxy: &Fronting, path: &str, lines: &str) -> Answer {
    proxy.ask(format!("GET {path} HTTP/1.1\r\nHost: wiki.example.com\r\n{lines}Connection: close\r\n\r\n")).await
}

async fn programs_enter_and_their_tokens_do_not(proxy: &Fronting, world: &World) {
    let bearer = format!("Authorization: Bearer {}\r\n", token(world).await);
    let forged = format!("{bearer}Remote-User: root\r\n");
    for path in ["/notes?page=2", "/public/a"] {
        let answer = ask(proxy, path, &forged).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.head);
        let seen = answer.json();
        assert_eq!(received(&seen, "remote-user"), ["service.home-lab.backup"], "{path}");
        assert_eq!((received(&seen, "authorization").len(), received(&seen, "x-vestibule-assertion").len()), (0, 1));
    }
    let browser = proxy.browser();
    world.enter(&browser, "https://wiki.example.com/", "bob").await;
    let session = cookie(&browser, "https://wiki.example.com/", "session").expect("a session");
    let session = format!("Cookie: __Host-vestibule-session={session}\r\n");
    let hits = world.upstream.hits();
    for (what, path, lines, statuses) in [
        ("not this program", "/admin/", bearer.clone(), &[403][..]),
        ("no token of ours", "/", "Authorization: Bearer vsa_nothing\r\n".to_owned(), &[401]),
        ("somebody else's token", "/", "Authorization: Bearer abc\r\n".to_owned(), &[401]),
        ("two tokens", "/", bearer.repeat(2), &[400, 401, 403]),
        ("a session besides", "/", format!("{bearer}{session}"), &[400, 403]),
    ] {
        let answer = ask(proxy, path, &lines).await;
        assert!(statuses.contains(&answer.status), "{what}: {}", answer.head);
        assert!(!answer.head.to_lowercase().contains("\nlocation:"), "{what}: nobody signs in here: {}", answer.head);
    }
    assert_eq!(world.upstream.hits(), hits, "none of them passes");
    // A person's session counts beside a token that is none of ours, and that is kept back with all others.
    let answer = ask(proxy, "/", &format!("{session}Authorization: Bearer abc\r\n")).await;
    assert_eq!(answer.status, 200, "{}", answer.head);
    assert_eq!(
        (received(&answer.json(), "remote-user"), received(&answer.json(), "authorization").len()),
        (vec!["bob"], 0)
    );
}

#[tokio::test]
async fn behind_nginx() {
    let world = world("tokens = true\nbehind_proxy = true").await;
    programs_enter_and_their_tokens_do_not(&Fronting::nginx_for_programs(&world).await, &world).await;
}

#[tokio::test]
async fn behind_caddy() {
    let world = world("tokens = true\nbehind_proxy = true").await;
    programs_enter_and_their_tokens_do_not(&Fronting::caddy_for_programs(&world).await, &world).await;
}

#[tokio::test]
async fn unless_the_application_says_so_no_token_counts() {
    let world = world("tokens = true").await;
    let proxy = Fronting::nginx(&world).await;
    let bearer = format!("Authorization: Bearer {}\r\n", token(&world).await);
    assert_eq!(ask(&proxy, "/", &bearer).await.status, 401);
    assert_eq!(world.upstream.hits(), 0);
}
