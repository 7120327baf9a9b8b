//! The REST API through real HTTP: who gets in, what it says, and what it refuses.

mod attack;
mod catalogue;
mod entry;
mod users;

use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request};
use serde_json::Value;
use vestibule::directory::Actor;
use vestibule::identity::{OrganizationId, TokenName};

use crate::kit::browser::{Browser, Response};
use crate::kit::world::World;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A program that holds a token.
pub struct Program<'w> {
    world: &'w World,
    token: String,
}

impl World {
    /// A program whose token opens the server.
    pub async fn program(&self) -> Program<'_> {
        let name = TokenName::parse("a test").unwrap();
        let directory = self.directory().await;
        let made = directory.server_admin(Actor::CommandLine).make_token(&name, DAY).await.expect("a token");
        Program { world: self, token: made.expose() }
    }

    /// A program whose token opens one organization.
    pub async fn program_of(&self, organization: &str) -> Program<'_> {
        let name = TokenName::parse("a test").unwrap();
        let directory = self.directory().await;
        let id: OrganizationId = organization.parse().unwrap();
        let live = directory.catalogue().await.expect("a catalogue");
        let key = live.organizations.iter().find(|one| one.id == id).expect("an organization").key;
        let admin = directory.server_admin(Actor::CommandLine).organization(key);
        Program { world: self, token: admin.make_token(&name, DAY).await.expect("a token").expose() }
    }
}

impl Program<'_> {
    /// Sends a request to a path below the API's beginning, with JSON if there is any, and more headers.
    pub async fn send(&self, method: &str, path: &str, body: Option<Value>, headers: &[(&str, &str)]) -> Response {
        let url = self.world.login(&format!("/api/v1{path}"));
        let body = body.map(|body| body.to_string());
        let mut request = Request::new(Bytes::from(body.clone().unwrap_or_default()));
        *request.method_mut() = Method::from_bytes(method.as_bytes()).expect("a method");
        *request.uri_mut() = url.parse().expect("a URL");
        let bearer = format!("Bearer {}", self.token);
        request.headers_mut().insert(AUTHORIZATION, HeaderValue::from_str(&bearer).expect("a header"));
        if body.is_some() {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        for (name, value) in headers {
            let name: http::HeaderName = name.parse().expect("a header");
            request.headers_mut().insert(name, HeaderValue::from_str(value).expect("a header"));
        }
        Browser::new().send(request).await
    }

    pub async fn get(&self, path: &str) -> Response {
        self.send("GET", path, None, &[]).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Response {
        self.send("PUT", path, Some(body), &[]).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Response {
        self.send("POST", path, Some(body), &[]).await
    }

    pub async fn delete(&self, path: &str) -> Response {
        self.send("DELETE", path, None, &[]).await
    }
}

/// The last part of a problem's type, with its status checked.
fn problem(response: &Response) -> String {
    assert_eq!(response.header("content-type"), Some("application/problem+json"), "{}", response.text());
    let told = response.json();
    assert_eq!(told["status"], response.status.as_u16(), "{told}");
    assert!(told["reference"].as_str().is_some_and(|reference| reference.len() == 11), "{told}");
    let kind = told["type"].as_str().expect("a type").to_owned();
    kind.strip_prefix("urn:vestibule:problem:").expect("one of ours").to_owned()
}
