//! The real provider: npm `oidc-provider`, one process per test that asks for one.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use vestibule::base::{HttpClient, HttpSettings};

use super::root;

/// Our client id at every test provider.
pub const CLIENT_ID: &str = "vestibule";
/// Our secret: with characters that tell a decoding token endpoint from one that does not.
pub const CLIENT_SECRET: &str = "s3cret~with-._reserved+/=%";

/// It starts in about a second; on a busy machine in a few.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the provider is to be like.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Where our client may be sent back to.
    pub redirect_uris: Vec<String>,
    /// How our client authenticates: `client_secret_basic`, `client_secret_post` or `none`.
    pub client_auth: &'static str,
    /// How ID tokens are signed.
    pub id_token_alg: &'static str,
    /// How userinfo is signed; absent: it is plain JSON.
    pub userinfo_alg: Option<&'static str>,
    /// Whether all claims are in the ID token; else `profile`, `email` and `groups` are in userinfo only.
    pub claims_in_id_token: bool,
    /// Whether there is a userinfo endpoint.
    pub userinfo: bool,
    /// Whether PKCE is required.
    pub pkce_required: bool,
    /// Whether it knows where our client wants to hear of people who sign out, and wants them back.
    pub signs_out: bool,
    /// More users: claims by username. Those of the provider are alice, bob and carol.
    pub users: Value,
    /// More clients, as client metadata (OpenID Connect Dynamic Client Registration 1.0, section 2).
    pub clients: Vec<Value>,
}

impl Default for Variant {
    fn default() -> Self {
        Self {
            redirect_uris: vec!["http://login.localhost:1/login/test/callback".to_owned()],
            client_auth: "client_secret_basic",
            id_token_alg: "RS256",
            userinfo_alg: None,
            claims_in_id_token: false,
            userinfo: true,
            pkce_required: false,
            signs_out: false,
            users: json!({}),
            clients: Vec::new(),
        }
    }
}

/// A running provider; it ends with this value.
pub struct Provider {
    /// Its issuer identifier.
    pub issuer: String,
    process: Child,
}

impl Provider {
    /// Starts a provider and waits until it is ready.
    pub fn start(variant: &Variant) -> Self {
        let folder = root().join("tests/provider");
        assert!(
            folder.join("node_modules/oidc-provider").is_dir(),
            "the test provider is not installed: run the repository's test command, ./test, which installs it"
        );
        let mut clients = variant.clients.clone();
        clients.push(client(variant));
        let settings = json!({
            "users": variant.users,
            "clients": clients,
            "claimsInIdToken": variant.claims_in_id_token,
            "userinfo": variant.userinfo,
            "pkceRequired": variant.pkce_required,
        });
        let mut process = Command::new("node")
            .arg("provider.mjs")
            .arg(settings.to_string())
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node runs; ./test says what is missing");
        let output = process.stdout.take().expect("piped");
        let (said, says) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            let _ = BufReader::new(output).read_line(&mut line);
            let _ = said.send(line);
        });
        let ready = says.recv_timeout(PATIENCE).unwrap_or_default();
        let Ok(ready) = serde_json::from_str::<Value>(&ready) else {
            let _ = process.kill();
            panic!("the provider did not start: {ready}");
        };
        Self { issuer: ready["issuer"].as_str().expect("an issuer").to_owned(), process }
    }

    /// New signing keys; the old ones are gone at once.
    pub async fn rotate_keys(&self) {
        self.post("/test/rotate", json!(null)).await;
    }

    /// One more client, as client metadata.
    pub async fn add_client(&self, metadata: Value) {
        self.post("/test/clients", metadata).await;
    }

    async fn post(&self, path: &str, body: Value) {
        let request =
            Request::post(format!("{}{path}", self.issuer)).body(Bytes::from(body.to_string())).expect("a request");
        let response = HttpClient::new(HttpSettings::default()).request(request).await.expect("the provider answers");
        assert_eq!(response.status(), 204, "{path}");
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn client(variant: &Variant) -> Value {
    let mut client = json!({
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "redirect_uris": variant.redirect_uris,
        "token_endpoint_auth_method": variant.client_auth,
        "id_token_signed_response_alg": variant.id_token_alg,
        "grant_types": ["authorization_code", "refresh_token"],
    });
    if let Some(alg) = variant.userinfo_alg {
        client["userinfo_signed_response_alg"] = json!(alg);
    }
    if let Some((base, idp)) = variant.redirect_uris[0].split_once("/login/").filter(|_| variant.signs_out) {
        client["post_logout_redirect_uris"] = json!([format!("{base}/signed-out")]);
        client["backchannel_logout_uri"] =
            json!(format!("{base}/login/{}", idp.replace("callback", "backchannel-logout")));
        client["backchannel_logout_session_required"] = json!(true);
    }
    if variant.client_auth == "none" {
        client.as_object_mut().expect("an object").remove("client_secret");
    }
    client
}
