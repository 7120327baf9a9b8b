//! `vestibule demo`: everything on loopback with nothing to configure. The provider and the applications are strangers
//! to the proxy: it reaches them over HTTP and trusts them no more than any other.

pub mod apps;
mod html;
pub mod provider;

use std::fs::DirBuilder;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use axum::Router;
use secrecy::SecretString;
use tokio::net::TcpListener;

use self::provider::{Client, PEOPLE};
use super::{Outcome, Terminal, serve, telemetry};
use crate::app::{App, Options};
use crate::base::Ambient;
use crate::config;

/// Try Vestibule: a demonstration provider, two sample applications, and the proxy before them, on this machine only.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The one port everything is reached on.
    #[arg(long, default_value_t = 8080)]
    port: u16,
}

const NOTICE: &str = "Demonstration: anyone can sign in as anyone here. Nothing is kept.";

impl Arguments {
    pub(super) fn run(self, terminal: &mut Terminal<'_>) -> anyhow::Result<Outcome> {
        telemetry::start();
        let ambient = Ambient::system();
        let folder = Folder::new(&ambient)?;
        run(self.port, &folder.0, ambient, terminal)
    }
}

/// Runs the demonstration until it is told to stop.
#[tokio::main]
async fn run(port: u16, folder: &Path, ambient: Ambient, terminal: &mut Terminal<'_>) -> anyhow::Result<Outcome> {
    // From here on a signal ends the demonstration in order, with its folder.
    let stop = serve::stop()?;
    let secret = ambient.token().expose();
    let client = Client {
        id: "vestibule-demo".to_owned(),
        secret: SecretString::from(secret.clone()),
        redirect_uri: format!("http://localhost:{port}/login/demo/callback"),
    };
    let provider = provider::router(format!("http://id.localhost:{port}"), client, ambient.clone())?;
    let upstreams = Upstreams {
        provider: publish(provider).await?,
        wiki: publish(apps::wiki()).await?,
        control_room: publish(apps::control_room()).await?,
    };
    let text = configuration(port, folder, &secret, &upstreams);
    let settings = config::parse("the demonstration", &text, [])?;
    let options = Options { notice: Some(NOTICE.to_owned()), ..Options::default() };
    let app = App::bind(settings, options, ambient).await;
    let app = app.with_context(|| format!("port {port} cannot be used; choose another with --port"))?;
    terminal.say(greeting(port));
    app.run(stop).await?;
    Ok(Outcome::Done)
}

struct Upstreams {
    provider: SocketAddr,
    wiki: SocketAddr,
    control_room: SocketAddr,
}

/// Serves a part of the demonstration on a free loopback port, for as long as this process lives.
async fn publish(router: Router) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(serve_router(listener, router));
    Ok(address)
}

async fn serve_router(listener: TcpListener, router: Router) {
    use hyper_util::rt::{TokioExecutor, TokioIo};
    use hyper_util::server::conn::auto::Builder;
    use hyper_util::service::TowerToHyperService;
    while let Ok((stream, _)) = listener.accept().await {
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(async move {
            let builder = Builder::new(TokioExecutor::new());
            // A browser that hangs up is no news.
            let _ = builder.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// A configuration as a user would write it.
fn configuration(port: u16, folder: &Path, secret: &str, upstreams: &Upstreams) -> String {
    let database = folder.join("vestibule.db");
    let Upstreams { provider, wiki, control_room } = upstreams;
    format!(
        r#"
[server]
public_url = "http://localhost:{port}"
listen = ["127.0.0.1:{port}"]
operations_listen = "127.0.0.1:0"

[database]
url = "sqlite://{database}"

[[idp]]
id = "demo"
name = "Demonstration provider"
issuer = "http://id.localhost:{port}"
client_id = "vestibule-demo"
client_secret = "{secret}"
scopes = ["openid", "profile", "email", "groups"]
auto_provision = true

[idp.default_policy]
org = "contains(groups, '{{{{orgId}}}}')"
role = "contains(groups, 'admin') && 'Admin' || 'Member'"

[[organization]]
id = "home-lab"
name = "Home lab"
roles = ["Admin", "Member"]
admin_roles = ["Admin"]

[[application]]
id = "wiki"
organization = "home-lab"
name = "Wiki"
hosts = ["wiki.localhost"]
upstream = "http://{wiki}"

[[application.rule]]
path = "/public"
allow = "everyone"

[[application.rule]]
path = "/public/*"
allow = "everyone"

[[application.rule]]
path = "/admin"
roles = ["Admin"]

[[application.rule]]
path = "/admin/*"
roles = ["Admin"]

[[application]]
id = "control-room"
organization = "home-lab"
name = "Control room"
hosts = ["control.localhost"]
upstream = "http://{control_room}"
roles = ["Admin"]

# The provider is reached on the same port, as a page that is open to everyone.
[[organization]]
id = "demonstration"
name = "Demonstration"
roles = ["Nobody"]

[[application]]
id = "provider"
organization = "demonstration"
name = "Demonstration provider"
hosts = ["id.localhost"]
upstream = "http://{provider}"

[[application.rule]]
path = "/*"
allow = "everyone"
"#,
        database = database.display()
    )
}

fn greeting(port: u16) -> String {
    let people: String =
        PEOPLE.iter().map(|person| format!("  {:<8}{}\n", person.username, sees(person.username))).collect();
    format!(
        "Vestibule demonstration, on this machine only. Anyone can sign in as anyone; nothing is kept.\n\n\
         Open one of these:\n\
         \x20 http://wiki.localhost:{port}      an application of the organization Home lab\n\
         \x20 http://control.localhost:{port}   another one, for its admins\n\
         \x20 http://localhost:{port}           who am I, and where may I go\n\n\
         Sign in as:\n{people}\n\
         Who is refused gets a reference; the log below says why, under the same reference.\n\
         Stop with Ctrl-C."
    )
}

/// What each of the people gets to see.
fn sees(person: &str) -> &'static str {
    match person {
        "alice" => "Admin of Home lab: all of the wiki, and the control room",
        "bob" => "Member of Home lab: the wiki without its admin pages",
        _ => "in no organization: the wiki's public page alone",
    }
}

/// A folder that goes with the demonstration.
struct Folder(PathBuf);

impl Folder {
    fn new(ambient: &Ambient) -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("vestibule-demo-{}", ambient.uuid()));
        let made = DirBuilder::new().mode(0o700).create(&folder);
        made.with_context(|| format!("cannot make the folder {}", folder.display()))?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(folder = %self.0.display(), %error, "the demonstration's folder is left behind");
        }
    }
}
