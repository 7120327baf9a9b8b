//! `vestibule demo`: everything on loopback with nothing to configure. The provider and the applications are strangers
//! to the proxy: it reaches them over HTTP and trusts them no more than any other.

pub mod apps;
mod files;
mod html;
pub mod provider;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::Context as _;
use axum::Router;
use secrecy::SecretString;
use tokio::net::TcpListener;

use self::files::Folder;
use self::provider::{Client, PEOPLE};
use super::logs::Logs;
use super::{Outcome, Terminal, serve};
use crate::app::{App, Options};
use crate::base::Ambient;
use crate::config;
use crate::telemetry::LogSettings;

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
        let _logs = Logs::start(&LogSettings::default());
        let ambient = Ambient::system();
        let folder = Folder::new(&ambient)?;
        run(self.port, &folder, ambient, terminal)
    }
}

/// Runs the demonstration until it is told to stop.
#[tokio::main]
async fn run(port: u16, folder: &Folder, ambient: Ambient, terminal: &mut Terminal<'_>) -> anyhow::Result<Outcome> {
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
    let text = folder.fill(port, &secret, &upstreams)?;
    let settings = config::parse("the demonstration", &text, [])?;
    let options = Options { notice: Some(NOTICE.to_owned()), ..Options::default() };
    let app = App::bind(settings, options, ambient).await;
    let app = app.with_context(|| format!("port {port} cannot be used; choose another with --port"))?;
    terminal.say(greeting(port, folder.path()));
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

fn greeting(port: u16, folder: &Path) -> String {
    let program = std::env::current_exe().unwrap_or_else(|_| "vestibule".into());
    let people: String =
        PEOPLE.iter().map(|person| format!("  {:<8}{}\n", person.username, sees(person.username))).collect();
    format!(
        "Vestibule demonstration, on this machine only. Anyone can sign in as anyone; nothing is kept.\n\n\
         Open one of these:\n\
         \x20 http://wiki.localhost:{port}      an application of the organization Home lab\n\
         \x20 http://control.localhost:{port}   another one, for its admins\n\
         \x20 http://localhost:{port}           who am I, and where may I go\n\
         \x20 http://localhost:{port}/console   everything there is, for admins: be alice\n\n\
         Sign in as:\n{people}\n\
         Look behind it, from a second terminal:\n\
         \x20 cd {folder}\n\
         \x20 alias vestibule={program}\n\
         \x20 vestibule explain --user bob            why he holds what he holds, once he has signed in\n\
         \x20 vestibule explain --reference …         why somebody was refused: the page shows the reference\n\
         \x20 vestibule policy test cases.toml        what the policies shall give, kept as a file\n\
         \x20 vestibule plan --config stricter.toml   who would lose what, were only admins let in\n\n\
         Stop with Ctrl-C.",
        folder = folder.display(),
        program = program.display(),
    )
}

/// What each of the people gets to see.
fn sees(person: &str) -> &'static str {
    match person {
        "alice" => "Admin of Home lab: all of the wiki, the control room, and the console",
        "bob" => "Member of Home lab: the wiki without its admin pages",
        _ => "in no organization: the wiki's public page alone",
    }
}
