use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

/// Answers every connection with these bytes, then keeps it open.
async fn server(answer: Vec<u8>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut request = [0; 1024];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(&answer).await;
                std::future::pending::<()>().await;
            });
        }
    });
    port
}

fn response(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

async fn get(settings: HttpSettings, url: String) -> Result<Response<Bytes>, HttpError> {
    HttpClient::new(settings).request(Request::get(url).body(Bytes::new()).unwrap()).await
}

#[tokio::test]
async fn names_below_localhost_are_this_machine() {
    let port = server(response("here")).await;
    for host in ["127.0.0.1", "localhost", "anything.at.all.localhost"] {
        let response = get(HttpSettings::default(), format!("http://{host}:{port}/")).await.unwrap();
        assert_eq!(response.body(), "here", "{host}");
    }
}

#[tokio::test]
async fn whoever_may_reach_the_public_alone_does_not_reach_this_machine() {
    let port = server(response("inside")).await;
    let settings = HttpSettings { addresses: Addresses::Public, ..HttpSettings::default() };
    for host in ["127.0.0.1", "localhost", "a.localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"] {
        let error = get(settings, format!("http://{host}:{port}/")).await.unwrap_err();
        assert!(matches!(&error, HttpError::Connect(_)), "{host}: {error:?}");
    }
}

#[tokio::test]
async fn a_response_is_taken_up_to_the_limit() {
    let port = server(response("12345678")).await;
    let url = format!("http://127.0.0.1:{port}/");
    assert!(get(HttpSettings { max_response: 8, ..HttpSettings::default() }, url.clone()).await.is_ok());
    let error = get(HttpSettings { max_response: 7, ..HttpSettings::default() }, url).await.unwrap_err();
    assert_eq!(error, HttpError::TooLarge(7));
}

#[tokio::test]
async fn a_response_that_does_not_end_is_a_timeout() {
    let port = server(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123".to_vec()).await;
    let limit = Duration::from_millis(50);
    let settings = HttpSettings { total_timeout: limit, ..HttpSettings::default() };
    let error = get(settings, format!("http://127.0.0.1:{port}/")).await.unwrap_err();
    assert_eq!(error, HttpError::Timeout(limit));
}

#[tokio::test]
async fn redirects_are_given_back() {
    let port = server(b"HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n".to_vec()).await;
    let response = get(HttpSettings::default(), format!("http://127.0.0.1:{port}/")).await.unwrap();
    assert_eq!(response.status(), 302);
}

#[tokio::test]
async fn errors_say_what_and_never_the_query() {
    let url = "http://127.0.0.1:1/?code=hidden";
    let error = get(HttpSettings::default(), url.to_owned()).await.unwrap_err();
    assert!(matches!(error, HttpError::Connect(_)), "{error:?}");
    assert!(error.to_string().contains("refused") && !error.to_string().contains("hidden"), "{error}");

    let port = server(b"this is no HTTP\r\n\r\n".to_vec()).await;
    let error = get(HttpSettings::default(), format!("http://127.0.0.1:{port}/?code=hidden")).await.unwrap_err();
    assert!(matches!(&error, HttpError::Exchange(cause) if !cause.contains("hidden")), "{error:?}");
}

#[tokio::test]
async fn a_machine_without_authorities_speaks_http_and_says_why_not_https() {
    let port = server(response("plain")).await;
    let mut client = HttpClient::new(HttpSettings::default());
    client.no_authorities = Some("no authorities here".into());
    let request = |url: String| Request::get(url).body(Bytes::new()).unwrap();
    assert!(client.request(request(format!("http://127.0.0.1:{port}/"))).await.is_ok());
    let error = client.request(request("https://127.0.0.1:1/".to_owned())).await.unwrap_err();
    assert_eq!(error, HttpError::Connect("no authorities here".to_owned()));
}
