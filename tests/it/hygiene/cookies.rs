//! Our cookies stay between the browser and us.

use super::{address, alice, get};
use crate::kit::raw::ask;
use crate::kit::upstream::received;

#[tokio::test]
async fn our_cookies_never_reach_the_upstream_and_others_do() {
    let (world, session) = alice().await;
    let (name, value) = session.split_once('=').unwrap();
    let handoff = name.replace("session", "handoff");
    for (cookies, kept) in [
        (vec![session.clone()], ""),
        (vec![format!("a=1; {session}; b=2")], "a=1; b=2"),
        (vec![format!("{session};a=1;b=2")], "a=1; b=2"),
        (vec![format!("a=1;;  {session} ;b=2;")], "a=1; b=2"),
        (vec!["a=1".to_owned(), session.clone(), "b=2".to_owned()], "a=1; b=2"),
        (vec![format!("a=1; {name} = {value}"), "b=2".to_owned()], "a=1; b=2"),
        (vec![session.clone(), format!("{handoff}=abc; __Host-vestibule-session=x; a=1")], "a=1"),
        (vec![session.clone(), format!("{}=x; __host-Vestibule-session=x", name.to_uppercase())], ""),
        (vec![session.clone(), format!("a=\"; {name}={value}; b=\"")], "a=\"; b=\""),
        (vec![session.clone(), format!("={name}={value}; a=1")], "a=1"),
        (vec![session.clone(), format!("{name}; a=1")], "a=1"),
        // Folded into one by whoever knows no better.
        (vec![session.clone(), format!("a=1, {session}; b=2,3")], "b=2,3"),
        (vec![session.clone(), format!("a=1,{name} = {value}")], ""),
        (vec![session.clone(), format!("a=1 {session}; b=2 3")], "b=2 3"),
    ] {
        let lines: String = cookies.iter().map(|cookie| format!("Cookie: {cookie}\r\n")).collect();
        let answer = ask(address(&world), get("/", &lines)).await;
        assert_eq!(answer.status, 200, "{cookies:?}");
        let seen = answer.json();
        assert_eq!(received(&seen, "cookie").join("; "), kept, "{cookies:?}");
        assert!(!seen["headers"].to_string().contains(value), "{cookies:?}: {seen}");
    }
}

#[tokio::test]
async fn an_upstream_can_set_its_cookies_and_none_of_ours() {
    let (world, session) = alice().await;
    let name = session.split('=').next().unwrap();
    let mut lines = format!("Cookie: {session}\r\nX-Answer-Set-Cookie: theirs=1; Path=/\r\n");
    for cookie in [
        format!("{name}=planted; Path=/"),
        format!(" {name} =planted"),
        format!("{name}=; Max-Age=0"),
        format!("{}=planted", name.to_uppercase()),
        format!("={name}=planted"),
        "__Host-vestibule-session=planted; Secure; Path=/".to_owned(),
        "__HOST-Vestibule-handoff=planted".to_owned(),
        "vestibule-pending-0123-01234567=planted".to_owned(),
    ] {
        lines += &format!("X-Answer-Set-Cookie: {cookie}\r\n");
    }
    let answer = ask(address(&world), get("/", &lines)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.all("set-cookie"), ["theirs=1; Path=/"]);
}
