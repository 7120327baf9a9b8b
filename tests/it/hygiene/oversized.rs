//! Too much of anything is refused before anybody upstream sees it, and harms nobody else.

use super::{address, alice, get};
use crate::kit::logs;
use crate::kit::raw::ask;
use crate::kit::world::eventually;

#[tokio::test]
async fn too_much_of_anything_is_refused() {
    let (world, session) = alice().await;
    let cookie = format!("Cookie: {session}\r\n");
    let name = session.split('=').next().unwrap();
    let many = |count: usize, line: &dyn Fn(usize) -> String| (0..count).map(line).collect::<String>();
    let chunked = "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n1\r\nx\r\n0\r\n";
    let trailers = many(20_000, &|number| format!("X-{number}: 1\r\n"));
    let hits = world.upstream.hits();
    for (what, request) in [
        ("a path", get(&format!("/{}", "a".repeat(1 << 20)), &cookie)),
        ("a query", get(&format!("/?{}", "a".repeat(100_000)), &cookie)),
        ("a method", get("/", &cookie).replacen("GET", &"G".repeat(100_000), 1)),
        ("a value", get("/", &format!("{cookie}X-A: {}\r\n", "a".repeat(1 << 20)))),
        ("a name", get("/", &format!("{cookie}{}: 1\r\n", "a".repeat(100_000)))),
        ("a host", get("/", &cookie).replacen("wiki.localhost", &"a".repeat(100_000), 1)),
        ("fields", get("/", &(cookie.clone() + &many(10_000, &|number| format!("X-{number}: 1\r\n"))))),
        ("cookies", get("/", &format!("{cookie}Cookie: {}\r\n", many(30_000, &|number| format!("c{number}=1; "))))),
        ("cookies of ours", get("/", &format!("{cookie}Cookie: {}\r\n", format!("{name}=x; ").repeat(5_000)))),
        ("empty lines", format!("{}{}", "\r\n".repeat(200_000), get("/", &cookie))),
    ] {
        let answer = ask(address(&world), request).await;
        assert!(matches!(answer.status, 0 | 400 | 414 | 431), "{what}: {}", answer.head);
        assert_eq!(world.upstream.hits(), hits, "{what} went through");
    }
    let request = format!("POST / HTTP/1.1\r\nHost: wiki.localhost\r\n{cookie}{chunked}{trailers}\r\n");
    assert_ne!(ask(address(&world), request).await.status, 200, "trailers");
    assert_eq!(ask(address(&world), get("/", &cookie)).await.status, 200, "and all is as before");
}

#[tokio::test]
async fn a_head_that_is_too_large_is_told_of_in_the_log() {
    logs::keep();
    let (world, session) = alice().await;
    let large = get("/", &format!("Cookie: {session}\r\nX-A: {}\r\n", "a".repeat(1 << 17)));
    assert_eq!(ask(address(&world), large).await.status, 431);
    eventually("it stands there", async || !logs::holding("the head of a request was too large").is_empty()).await;
}

#[tokio::test]
async fn cookies_of_ours_that_others_planted_are_tried_a_few_times_and_go_no_further() {
    let (world, session) = alice().await;
    let (name, token) = session.split_once('=').unwrap();
    let planted = |count: usize| (0..count).map(|number| format!("{name}={number:043}; ")).collect::<String>();
    for (cookies, status) in [
        (format!("{}{session}", planted(1)), 200),
        (format!("{session}; {}", planted(500)), 200),
        (planted(500), 401),
        (format!("{}{session}", planted(500)), 401),
    ] {
        let answer = ask(address(&world), get("/", &format!("Cookie: {cookies}\r\n"))).await;
        assert_eq!(answer.status, status, "{}", cookies.len());
        let body = String::from_utf8_lossy(&answer.body);
        assert!(!body.contains(name) && !body.contains(token), "{body}");
    }
}
