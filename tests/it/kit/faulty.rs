//! A provider that misbehaves in one chosen way and is right in every other. It asks nobody anything: whoever is sent to
//! it comes back signed in as alice.

mod fault;
mod tokens;

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use url::Url;
use vestibule::base::Ambient;

pub use fault::{Endpoint, Fault, Trouble};
use tokens::Mint;

/// Larger than any response a client should take.
const HUGE: usize = 3 * 1024 * 1024;

/// A running misbehaving provider; it ends with the test's runtime.
pub struct Faulty {
    /// Its issuer identifier.
    pub issuer: String,
    state: Arc<State>,
}

struct State {
    issuer: String,
    /// The path below which everything is.
    below: String,
    fault: Mutex<Fault>,
    extra: Mutex<Map<String, Value>>,
    /// Nonces by code; a code is good once.
    codes: Mutex<HashMap<String, Pending>>,
    /// Clients by refresh token; each is good once, and another takes its place.
    refreshes: Mutex<HashMap<String, String>>,
    hits: Mutex<HashMap<String, usize>>,
    /// Every code and token ever given out.
    issued: Mutex<Vec<String>>,
    mint: Mutex<Mint>,
    ambient: Ambient,
}

/// An authorization that waits for its code to be exchanged.
#[derive(Clone)]
struct Pending {
    nonce: String,
    client_id: String,
}

type Answer = Response<Full<Bytes>>;

impl Faulty {
    /// Starts a provider with this fault.
    pub async fn start(fault: Fault) -> Self {
        Self::at(0, fault).await
    }

    /// Starts a provider with this fault on this port.
    pub async fn at(port: u16, fault: Fault) -> Self {
        Self::serve(port, "", fault).await
    }

    /// Starts an honest provider whose issuer has this path. With a slash at its end, endpoints hold two in a row.
    pub async fn below(path: &str) -> Self {
        Self::serve(0, path, Fault::Honest).await
    }

    async fn serve(port: u16, path: &str, fault: Fault) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("a free port");
        let issuer = format!("http://{}{path}", listener.local_addr().expect("an address"));
        let state = Arc::new(State {
            issuer: issuer.clone(),
            below: path.trim_end_matches('/').to_owned(),
            fault: Mutex::new(fault),
            extra: Mutex::default(),
            codes: Mutex::default(),
            refreshes: Mutex::default(),
            hits: Mutex::default(),
            issued: Mutex::default(),
            mint: Mutex::new(Mint::new("key-1")),
            ambient: Ambient::system(),
        });
        let served = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&served);
                let service = service_fn(move |request| answer(Arc::clone(&state), request));
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Self { issuer, state }
    }

    /// Misbehaves in another way from now on.
    pub fn set_fault(&self, fault: Fault) {
        *lock(&self.state.fault) = fault;
    }

    /// Claims put into ID tokens and userinfo beside, or in place of, its own.
    pub fn set_claims(&self, claims: Value) {
        *lock(&self.state.extra) = claims.as_object().expect("claims are an object").clone();
    }

    /// A new signing key; the old one is gone.
    pub fn rotate_key(&self) {
        let mut mint = lock(&self.state.mint);
        let kid = format!("{}-next", mint.kid);
        *mint = Mint::new(&kid);
    }

    /// Takes back every refresh token: it vouches for nobody any more.
    pub fn forget_everybody(&self) {
        lock(&self.state.refreshes).clear();
    }

    /// What its signing key is called.
    pub fn kid(&self) -> String {
        lock(&self.state.mint).kid.clone()
    }

    /// A token of this header and these claims, whatever they say, signed with its key.
    pub fn sign(&self, header: &str, claims: &str) -> String {
        lock(&self.state.mint).sign_text(header, claims)
    }

    /// Tokens whose HMAC is by its public key, as PEM and as JWK.
    pub fn hmac(&self, header: &Value, claims: &Value) -> [String; 2] {
        lock(&self.state.mint).hmacs(header, claims)
    }

    /// Every code and token it has given out.
    pub fn issued(&self) -> Vec<String> {
        lock(&self.state.issued).clone()
    }

    /// How often a path has been asked for.
    pub fn hits(&self, path: &str) -> usize {
        lock(&self.state.hits).get(path).copied().unwrap_or_default()
    }
}

async fn answer(state: Arc<State>, request: Request<Incoming>) -> Result<Answer, Infallible> {
    let (head, body) = request.into_parts();
    let path = head.uri.path().strip_prefix(&state.below).unwrap_or_default().replace("//", "/");
    *lock(&state.hits).entry(path.clone()).or_default() += 1;
    let fault = *lock(&state.fault);
    match fault.at_endpoint(&path) {
        Some(fault::Trouble::Silent) => std::future::pending().await,
        Some(fault::Trouble::Fails) => return Ok(plain(StatusCode::INTERNAL_SERVER_ERROR, "out of order")),
        Some(fault::Trouble::NotJson) => return Ok(plain(StatusCode::OK, "<html>It works!</html>")),
        Some(fault::Trouble::Huge) => return Ok(plain(StatusCode::OK, &" ".repeat(HUGE))),
        Some(fault::Trouble::Redirects) => return Ok(redirect("http://127.0.0.1:1/elsewhere")),
        None => {}
    }
    Ok(match (head.method, path.as_str()) {
        (Method::GET, "/.well-known/openid-configuration") => json_answer(&state.metadata(fault)),
        (Method::GET, "/jwks") => json_answer(&json!({ "keys": [lock(&state.mint).jwk()] })),
        (Method::GET, "/authorize") => state.authorize(fault, head.uri.query().unwrap_or_default()),
        (Method::POST, "/token") => {
            let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
            state.token(fault, &body)
        }
        (Method::GET, "/userinfo") => state.userinfo(fault),
        _ => plain(StatusCode::NOT_FOUND, "nothing here"),
    })
}

impl State {
    fn metadata(&self, fault: Fault) -> Value {
        let issuer = &self.issuer;
        let named = if fault == Fault::DiscoveryIssuer { format!("{issuer}/") } else { issuer.clone() };
        let authorization = match fault {
            Fault::DiscoveryScheme => "javascript:alert(1)".to_owned(),
            _ => format!("{issuer}/authorize"),
        };
        json!({
            "issuer": named,
            "authorization_endpoint": authorization,
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/jwks"),
            "userinfo_endpoint": format!("{issuer}/userinfo"),
            "end_session_endpoint": format!("{issuer}/logout"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
            "authorization_response_iss_parameter_supported": true,
        })
    }

    fn authorize(&self, fault: Fault, query: &str) -> Answer {
        let asked: HashMap<String, String> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let value = |name: &str| asked.get(name).cloned().unwrap_or_default();
        let code = self.ambient.token().expose();
        let pending = Pending { nonce: value("nonce"), client_id: value("client_id") };
        lock(&self.issued).push(code.clone());
        lock(&self.codes).insert(code.clone(), pending);
        let Ok(mut back) = Url::parse(&value("redirect_uri")) else {
            return plain(StatusCode::BAD_REQUEST, "no redirect_uri");
        };
        back.query_pairs_mut().append_pair("code", &code).append_pair("state", &value("state"));
        match fault {
            Fault::CallbackIssMissing => {}
            Fault::CallbackIss => {
                back.query_pairs_mut().append_pair("iss", "https://other.example.com");
            }
            _ => {
                back.query_pairs_mut().append_pair("iss", &self.issuer);
            }
        }
        redirect(back.as_str())
    }

    fn token(&self, fault: Fault, body: &[u8]) -> Answer {
        let form: HashMap<String, String> = url::form_urlencoded::parse(body).into_owned().collect();
        let code = form.get("code").cloned().unwrap_or_default();
        let mut codes = lock(&self.codes);
        let pending = if fault == Fault::CodesForever { codes.get(&code).cloned() } else { codes.remove(&code) };
        drop(codes);
        let shown = form.get("refresh_token").and_then(|token| lock(&self.refreshes).remove(token));
        let again = shown.map(|client_id| Pending { nonce: String::new(), client_id });
        let refreshed = again.is_some();
        let pending = pending.or(again);
        let Some(pending) = pending.filter(|_| fault != Fault::TokenError) else {
            let description = format!("bad code {code}\r\nsecret {}", super::provider::CLIENT_SECRET);
            let mut answer = json_answer(&json!({ "error": "invalid_grant", "error_description": description }));
            *answer.status_mut() = StatusCode::BAD_REQUEST;
            return answer;
        };
        let access_token = self.ambient.token().expose();
        let extra = lock(&self.extra).clone();
        let claims = tokens::Claims {
            issuer: &self.issuer,
            client_id: &pending.client_id,
            nonce: &pending.nonce,
            access_token: &access_token,
            now: self.ambient.now().secs(),
            extra,
        };
        let id_token = lock(&self.mint).id_token(fault, &claims);
        let refresh_token = self.ambient.token().expose();
        lock(&self.refreshes).insert(refresh_token.clone(), pending.client_id.clone());
        lock(&self.issued).extend([access_token.clone(), id_token.clone(), refresh_token.clone()]);
        let mut response = json!({
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": "600",
            "refresh_token": refresh_token,
            "id_token": id_token,
        });
        if fault == Fault::IdTokenMissing || (refreshed && fault == Fault::RefreshWithoutIdToken) {
            response.as_object_mut().expect("an object").remove("id_token");
        }
        json_answer(&response)
    }

    fn userinfo(&self, fault: Fault) -> Answer {
        let mut claims = json!({ "sub": "alice", "email": "alice@example.com", "email_verified": true });
        let object = claims.as_object_mut().expect("an object");
        object.extend(lock(&self.extra).clone());
        match fault {
            Fault::UserinfoSub => object["sub"] = json!("bob"),
            Fault::UserinfoSubMissing => drop(object.remove("sub")),
            Fault::UserinfoOversized => drop(object.insert("groups".into(), json!("x".repeat(70 * 1024)))),
            Fault::UserinfoUnsigned => return jwt_answer(tokens::unsigned(&claims)),
            Fault::UserinfoIssuer => {
                object.insert("iss".into(), json!("https://other.example.com"));
                return jwt_answer(lock(&self.mint).signed(&claims));
            }
            _ => {}
        }
        json_answer(&claims)
    }
}

fn json_answer(body: &Value) -> Answer {
    Response::builder().header(CONTENT_TYPE, "application/json").body(Full::from(body.to_string())).expect("a response")
}

fn jwt_answer(jwt: String) -> Answer {
    Response::builder().header(CONTENT_TYPE, "application/jwt").body(Full::from(jwt)).expect("a response")
}

fn plain(status: StatusCode, body: &str) -> Answer {
    Response::builder().status(status).body(Full::from(body.to_owned())).expect("a response")
}

fn redirect(to: &str) -> Answer {
    Response::builder().status(StatusCode::FOUND).header(LOCATION, to).body(Full::default()).expect("a response")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no test thread panicked here")
}
