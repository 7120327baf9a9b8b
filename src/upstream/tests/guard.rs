use std::net::SocketAddr;

use axum::body::Body;
use http::Request;
use tokio::net::TcpListener;

use super::kit::*;
use crate::decision::{Permit, sample};
use crate::identity::{Allotment, Application, Reach};
use crate::upstream::{ForwardError, Forwarder, Settings};

fn get() -> Request<Body> {
    Request::new(Body::empty())
}

/// The wiki at `url`, published by admins of an organization that is allotted its host and these networks.
fn allotted(url: &str, networks: &[&str]) -> Permit {
    let allotment = Allotment {
        hosts: vec!["example.com".parse().unwrap()],
        upstreams: networks.iter().map(|network| network.parse().unwrap()).collect(),
    };
    sample::permitted_within(published(url), allotment, "/page", Some(&member()))
}

fn published(url: &str) -> Application {
    let mut application = sample::wiki(url, Vec::new());
    application.spec.reach = Reach::Allotted;
    application
}

async fn refused(forwarder: &Forwarder, permit: Permit) -> ForwardError {
    forwarder.forward(permit, &mut get(), chain(), always()).await.unwrap_err()
}

#[tokio::test]
async fn what_organizations_publish_is_connected_to_only_within_their_networks() {
    let (url, mut seen) = observing().await;
    let by_name = url.replace("127.0.0.1", "app.localhost");
    let mapped = url.replace("127.0.0.1", "[::ffff:127.0.0.1]");
    let forwarder = forwarder(Settings::default());
    for networks in [&[][..], &["10.0.0.0/8"], &["0.0.0.0/0", "::/0"]] {
        for url in [&url, &by_name, &mapped] {
            let error = refused(&forwarder, allotted(url, networks)).await;
            assert!(matches!(error, ForwardError::NotAllotted), "{url} within {networks:?}: {error:?}");
            assert_eq!(error.status(), 502);
        }
    }
    assert!(seen.try_recv().is_err(), "nothing was sent");
    for url in [&url, &by_name, &mapped] {
        forwarder.forward(allotted(url, &["127.0.0.0/8"]), &mut get(), chain(), always()).await.unwrap();
        assert_eq!(seen.recv().await.unwrap().parts.uri, "/page");
    }
}

#[tokio::test]
async fn a_kept_connection_serves_nobody_whom_its_address_is_not_allotted_to() {
    let (url, mut seen) = observing().await;
    let forwarder = forwarder(Settings::default());
    for permit in [permit(&url), allotted(&url, &["127.0.0.1"])] {
        let answer = forwarder.forward(permit, &mut get(), chain(), always()).await.unwrap();
        axum::body::to_bytes(answer.into_body(), 10).await.unwrap();
        seen.recv().await.unwrap();
    }
    let narrowed = refused(&forwarder, allotted(&url, &["10.0.0.0/8"])).await;
    assert!(matches!(narrowed, ForwardError::NotAllotted), "{narrowed:?}");
    let nothing = refused(&forwarder, allotted(&url, &[])).await;
    assert!(matches!(nothing, ForwardError::NotAllotted), "{nothing:?}");
}

#[tokio::test]
async fn our_own_listeners_are_no_upstream_whoever_published_it() {
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let spellings = ["127.0.0.1", "127.9.9.9", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "localhost"];
    for own in [format!("0.0.0.0:{port}"), format!("[::]:{port}")] {
        let own: SocketAddr = own.parse().unwrap();
        let forwarder = forwarder_beside(Settings::default(), &[own]);
        for host in spellings {
            let url = format!("http://{host}:{port}");
            for permit in [permit(&url), allotted(&url, &["127.0.0.0/8", "0.0.0.0/8", "::/127"])] {
                let error = refused(&forwarder, permit).await;
                assert!(matches!(error, ForwardError::Ourselves), "{host}: {error:?}");
            }
        }
    }
    let own: SocketAddr = format!("127.0.0.1:{port}").parse().unwrap();
    let error =
        refused(&forwarder_beside(Settings::default(), &[own]), permit(&format!("http://0.0.0.0:{port}"))).await;
    assert!(matches!(error, ForwardError::Ourselves), "{error:?}");
}

#[tokio::test]
async fn another_port_of_this_machine_is_no_listener_of_ours() {
    let (url, mut seen) = observing().await;
    let own: SocketAddr = "0.0.0.0:1".parse().unwrap();
    forwarder_beside(Settings::default(), &[own]).forward(permit(&url), &mut get(), chain(), always()).await.unwrap();
    seen.recv().await.unwrap();
}
