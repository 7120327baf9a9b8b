use tokio::net::TcpListener;

use super::wiki;
use crate::kit::browser::Browser;

#[tokio::test]
async fn what_cannot_be_answered_is_told_as_a_page_or_as_json_and_when_to_come_again() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for (upstream, status, code, again) in
        [(silent.local_addr().unwrap(), 504, "upstream-timeout", "30"), (gone, 502, "upstream-unavailable", "5")]
    {
        let world = wiki(&[&format!("http://{upstream}")], "first_byte_timeout = \"1s\"").await;
        let browser = Browser::new();
        let url = world.url("wiki", "/report");
        let page = browser.navigate(&url).await;
        assert_eq!((page.status.as_u16(), page.header("retry-after")), (status, Some(again)));
        assert!(page.header("content-type").unwrap().starts_with("text/html"));
        assert!(!page.text().contains(&upstream.to_string()), "where it is, is no business of a browser's");
        let problem = browser.fetch(&url).await;
        assert_eq!((problem.status.as_u16(), problem.header("retry-after")), (status, Some(again)));
        assert_eq!(problem.header("content-type"), Some("application/problem+json"));
        assert!(problem.json()["type"].as_str().unwrap().ends_with(code), "{}", problem.text());
    }
}
