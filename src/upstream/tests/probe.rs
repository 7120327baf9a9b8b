use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;

use super::kit::*;
use crate::decision::{Permit, sample};
use crate::identity::HeaderPreset;
use crate::upstream::{ForwardError, Forwarder, Probed, Settings};

async fn probe(forwarder: &Forwarder, permit: &Permit) -> Result<Probed, ForwardError> {
    forwarder.probe(&permit.route().destinations()[0], permit.host(), permit.route().spec().pass_host).await
}

#[tokio::test]
async fn a_probe_says_what_the_upstream_answers_to_nobody() {
    let (url, mut seen) = observing().await;
    let forwarder = forwarder(Settings::default());
    assert_eq!(probe(&forwarder, &permit(&url)).await.unwrap().status, 200);
    let seen = seen.recv().await.unwrap();
    assert_eq!((seen.parts.method.as_str(), seen.parts.uri.path()), ("GET", "/"));
    assert_eq!(seen.all("host"), ["wiki.example.com"]);
    assert!(seen.all("remote-user").is_empty() && seen.all("x-vestibule-assertion").is_empty());
    let teapot = serve(|_: Request<Incoming>| {
        Box::pin(async { Response::builder().status(418).body(Body::from("short and stout")).unwrap() })
    });
    assert_eq!(probe(&forwarder, &permit(&teapot.await)).await.unwrap().status, 418);
}

#[tokio::test]
async fn a_probe_goes_where_requests_would_and_no_further() {
    let forwarder = forwarder_beside(Settings::default(), &["127.0.0.1:9".parse().unwrap()]);
    let error = probe(&forwarder, &permit("http://127.0.0.1:9")).await.unwrap_err();
    assert!(matches!(error, ForwardError::Ourselves), "{error:?}");
    let error = probe(&forwarder, &permit("http://127.0.0.1:1")).await.unwrap_err();
    assert!(matches!(error, ForwardError::Unreachable(_)), "{error:?}");
}

#[tokio::test]
async fn a_sample_is_what_the_upstream_receives() {
    for preset in [HeaderPreset::Remote, HeaderPreset::XForwarded, HeaderPreset::XAuthRequest, HeaderPreset::None] {
        for pass_host in [true, false] {
            let (url, mut seen) = observing().await;
            let mut application = sample::wiki(&url, Vec::new());
            (application.spec.headers, application.spec.pass_host) = (preset, pass_host);
            let forwarder = forwarder(Settings::default());
            let permit = || sample::permitted(application.clone(), "/page", Some(&member()));
            let shown = forwarder.sample(&permit(), CLIENT);
            forwarder.forward(permit(), &mut Request::new(Body::empty()), chain(), always()).await.unwrap();
            let seen = seen.recv().await.unwrap();
            let received = seen.parts.headers.iter().filter(|(name, _)| *name != "x-vestibule-assertion");
            let mut received: Vec<_> =
                received.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
            let mut told = shown.headers.clone();
            received.sort();
            told.sort();
            assert_eq!(told, received);
            assert_eq!(shown.line, "GET /page HTTP/1.1");
            let claims: serde_json::Value = serde_json::from_str(&shown.claims.unwrap()).unwrap();
            assert_eq!((&claims["aud"], &claims["groups"]), (&"wiki".into(), &serde_json::json!(["Member"])));
        }
    }
}

#[tokio::test]
async fn a_sample_of_an_open_path_names_nobody() {
    let open = sample::wiki("http://127.0.0.1:1", vec![sample::everyone("/*")]);
    let shown = forwarder(Settings::default()).sample(&sample::permitted(open, "/", None), CLIENT);
    assert!(shown.claims.is_none());
    assert!(shown.headers.iter().all(|(name, _)| !name.starts_with("remote-")));
}
