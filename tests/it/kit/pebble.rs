//! Pebble: the certificate authority (ACME) that others rehearse with, and the names that it resolves.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Request;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpStream;
use vestibule::base::{HttpClient, HttpSettings};

use super::world::{eventually, free_port};

/// The key that a bound account is known by, and its secret in base64url.
pub const EXTERNAL_ACCOUNT: (&str, &str) =
    ("kid-1", "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W");

/// An authority. It runs between [`Pebble::start`] and [`Pebble::stop`], on the same ports each time; whatever it knew is
/// gone with each start.
pub struct Pebble {
    folder: TempDir,
    port: u16,
    management: u16,
    /// Where names are resolved, and where that is told what to answer.
    names: (u16, u16),
    /// Where it looks at port 80.
    pub plain: u16,
    /// Where it looks at port 443.
    pub tls: u16,
    http: HttpClient,
    running: Option<Child>,
    resolver: Child,
}

impl Pebble {
    /// One that is not started. Every name leads to this machine.
    pub fn prepare() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let key = rcgen::KeyPair::generate().expect("a key");
        let own = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("a name");
        let own = own.self_signed(&key).expect("a certificate");
        std::fs::write(folder.path().join("own.crt"), pem("CERTIFICATE", own.der())).expect("written");
        std::fs::write(folder.path().join("own.key"), pem("PRIVATE KEY", key.serialized_der())).expect("written");
        let [port, management, names, told, plain, tls] = std::array::from_fn(|_| free_port());
        let mut resolver = Command::new("pebble-challtestsrv");
        resolver.args(["-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""]);
        resolver.args(["-dns01", &format!("127.0.0.1:{names}"), "-management", &format!("127.0.0.1:{told}")]);
        let resolver = resolver.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Self {
            folder,
            port,
            management,
            names: (names, told),
            plain,
            tls,
            http: HttpClient::trusting(HttpSettings::default(), vec![own.der().clone()]),
            running: None,
            resolver: resolver.expect("pebble-challtestsrv runs; see ./test"),
        }
    }

    /// Starts it with these variables, such as `PEBBLE_AUTHZREUSE`.
    pub async fn start(&mut self, variables: &[(&str, &str)]) {
        self.start_as(variables, false).await;
    }

    /// Starts it as one that takes nobody without an account elsewhere.
    pub async fn start_bound(&mut self) {
        self.start_as(&[], true).await;
    }

    async fn start_as(&mut self, variables: &[(&str, &str)], bound: bool) {
        let (id, key) = EXTERNAL_ACCOUNT;
        let settings = json!({ "pebble": {
            "listenAddress": format!("127.0.0.1:{}", self.port),
            "managementListenAddress": format!("127.0.0.1:{}", self.management),
            "certificate": self.folder.path().join("own.crt"),
            "privateKey": self.folder.path().join("own.key"),
            "httpPort": self.plain,
            "tlsPort": self.tls,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": bound,
            "externalAccountMACKeys": { id: key },
            "certificateValidityPeriod": 90 * 24 * 60 * 60,
        }});
        let path = self.folder.path().join("pebble.json");
        std::fs::write(&path, settings.to_string()).expect("written");
        let mut command = Command::new("pebble");
        command.arg("-config").arg(path).args(["-dnsserver", &format!("127.0.0.1:{}", self.names.0)]);
        // It rejects good nonces and forgets valid authorizations by chance, unless told otherwise.
        command.env("PEBBLE_VA_NOSLEEP", "1").env("PEBBLE_WFE_NONCEREJECT", "0").env("PEBBLE_AUTHZREUSE", "0");
        command.envs(variables.iter().copied()).stdin(Stdio::null()).stderr(Stdio::null());
        let log = File::options().append(true).create(true).open(self.log()).expect("a log");
        self.running = Some(command.stdout(log).spawn().expect("pebble runs; see ./test"));
        for port in [self.port, self.management] {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            eventually("pebble listens", async || TcpStream::connect(address).await.is_ok()).await;
        }
    }

    /// Stops it.
    pub fn stop(&mut self) {
        if let Some(mut running) = self.running.take() {
            let _ = running.kill();
            let _ = running.wait();
        }
    }

    /// Whether it runs.
    pub const fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Its directory.
    pub fn directory(&self) -> String {
        format!("https://127.0.0.1:{}/dir", self.port)
    }

    /// Who vouches for the directory.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("own.crt")
    }

    /// Who vouches for the certificates it makes.
    pub async fn root(&self) -> CertificateDer<'static> {
        let url = format!("https://127.0.0.1:{}/roots/0", self.management);
        let answer = self.http.request(Request::get(url).body(Bytes::new()).expect("a request")).await;
        CertificateDer::from_pem_slice(answer.expect("an answer").body()).expect("a root").into_owned()
    }

    /// Has a name lead to another address from now on.
    pub async fn resolve(&self, name: &str, address: Ipv4Addr) {
        for path in ["clear-a", "add-a"] {
            let told = json!({ "host": format!("{name}."), "addresses": [address] }).to_string();
            let url = format!("http://127.0.0.1:{}/{path}", self.names.1);
            let answer = self.http.request(Request::post(url).body(told.into()).expect("a request")).await;
            assert_eq!(answer.expect("an answer").status(), 200);
        }
    }

    /// How many certificates it has made.
    pub fn made(&self) -> usize {
        self.count("Issued certificate serial")
    }

    /// How many orders it has taken.
    pub fn orders(&self) -> usize {
        self.count("Added order")
    }

    fn count(&self, text: &str) -> usize {
        std::fs::read_to_string(self.log()).unwrap_or_default().lines().filter(|line| line.contains(text)).count()
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}

/// Something in PEM, on one line.
pub fn pem(what: &str, der: &[u8]) -> String {
    format!("-----BEGIN {what}-----\n{}\n-----END {what}-----\n", STANDARD.encode(der))
}

impl Drop for Pebble {
    fn drop(&mut self) {
        self.stop();
        let _ = self.resolver.kill();
        let _ = self.resolver.wait();
    }
}
