//! The configuration: file, then environment, then the files that secrets are in. All that is wrong is told at once,
//! each with its key path and what to do, and then nothing of it is used. Reads files; nobody but `app` and `cli`
//! imports it.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::net::SocketAddr;
use std::path::Path;

use toml::de::DeTable;

use crate::identity::Declaration;

mod acme;
mod application;
mod case;
mod environment;
mod idp;
mod json;
mod list;
mod nearest;
mod operations;
mod organization;
mod problem;
mod references;
mod scalar;
mod secret;
mod section;
mod server;
mod settings;
mod token_issuer;
#[cfg(test)]
mod tests;
mod tls;
mod values;
mod warnings;

pub use case::{CaseOf, cases};
pub use problem::{Problem, Problems};
pub use settings::{DatabaseSettings, ForwardAuthSettings, ServerSettings, Settings, TlsSettings};

use environment::Environment;
use problem::{Place, Report};
use references::Drafts;
use section::Section;

/// Largest configuration file, in bytes: room for ten thousand of everything.
const MAX_FILE: u64 = 16 * 1024 * 1024;

/// Loads the configuration from a file and environment variables.
///
/// # Errors
/// Everything that is wrong with it.
pub fn load(path: &Path, environment: impl IntoIterator<Item = (String, String)>) -> Result<Settings, Problems> {
    let name = path.display().to_string();
    let text = read_file(path).map_err(|message| Problems::of_file(&name, message))?;
    parse(&name, &text, environment)
}

/// Reads the configuration from a file's text; `name` is what problems call the file.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse(
    name: &str,
    text: &str,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Settings, Problems> {
    let report = Report::default();
    let environment = Environment::of(environment);
    let settings = read(&report, text, &environment);
    match settings {
        Some(settings) if report.count() == 0 => Ok(settings),
        _ if report.count() == 0 => Err(Problems::of_file(name, "cannot be understood; please report it".to_owned())),
        _ => Err(report.into_problems(name, text)),
    }
}

/// The address of `/healthz` and `/readyz` alone, however wrong the rest may be: a mistake in the file must not make a
/// process look ill that runs well with what it read before.
///
/// # Errors
/// When the file cannot be read, or this key is wrong.
pub fn operations_listen(
    path: &Path,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<SocketAddr, Problems> {
    let name = path.display().to_string();
    let text = read_file(path).map_err(|message| Problems::of_file(&name, message))?;
    let report = Report::default();
    let environment = Environment::of(environment);
    let address = document(&report, &text).map(|table| {
        let mut root = Section::root(&report, &table, &environment);
        server::operations_listen(&mut root.section("server"))
    });
    match address {
        Some(address) if report.count() == 0 => Ok(address),
        _ => Err(report.into_problems(&name, &text)),
    }
}

fn read_file(path: &Path) -> Result<String, String> {
    let file = File::open(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => "there is no such file; copy vestibule.example.toml to begin with, name another with \
                                --config, or run `vestibule demo`, which needs none"
            .to_owned(),
        _ => format!("cannot be opened: {error}; check its permissions"),
    })?;
    let mut text = String::new();
    match file.take(MAX_FILE + 1).read_to_string(&mut text) {
        Err(error) if error.kind() == ErrorKind::InvalidData => Err("is not UTF-8; save it as UTF-8 text".to_owned()),
        Err(error) => Err(format!("cannot be read: {error}")),
        Ok(length) if length as u64 > MAX_FILE => {
            Err(format!("is larger than {MAX_FILE} bytes; is it the right file?"))
        }
        Ok(_) => Ok(text),
    }
}

/// Parses the text as TOML. Only the first error is told: behind it a parser guesses, and one open bracket would give a
/// hundred.
fn document<'a>(report: &Report, text: &'a str) -> Option<DeTable<'a>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let start = |error: &toml::de::Error| error.span().map(|span| span.start);
    let Some(first) = errors.iter().min_by_key(|error| start(error)) else { return Some(table.into_inner()) };
    // The parser's own rendering quotes the line, and a secret may stand in it.
    let message = format!("not TOML: {}; the rest is read once this is right", first.message());
    report.refuse_at(start(first).map(Place::File), "", message);
    None
}

fn read(report: &Report, text: &str, environment: &Environment) -> Option<Settings> {
    let table = document(report, text)?;
    let mut root = Section::root(report, &table, environment);
    let server = server::server(&mut root);
    let database = server::database(&mut root);
    let session = server::session(&mut root);
    let records = server::records(&mut root);
    let log = operations::log(&mut root);
    let traces = operations::traces(&mut root);
    let drafts = Drafts {
        idps: idp::idps(&mut root),
        organizations: organization::organizations(&mut root),
        applications: application::applications(&mut root),
        token_issuers: token_issuer::token_issuers(&mut root),
    };
    root.finish();
    refuse_strays(report, environment);
    references::check(report, &drafts, server.public_url.as_ref());
    let cases = drafts.cases();
    let secrets = drafts.idps.iter().filter_map(|idp| Some((idp.id.clone()?, idp.secret.clone()?))).collect();
    let token_issuers: Option<_> = drafts.token_issuers.iter().map(|draft| draft.spec.clone()).collect();
    let declaration = declaration(drafts)?;
    case::check(report, &declaration, &cases);
    Some(Settings {
        server: server.settings?,
        database: database?,
        session,
        records,
        log,
        traces,
        declaration,
        token_issuers: token_issuers?,
        secrets,
    })
}

fn declaration(drafts: Drafts) -> Option<Declaration> {
    Some(Declaration {
        idps: drafts.idps.into_iter().map(|draft| draft.spec).collect::<Option<_>>()?,
        organizations: drafts.organizations.into_iter().map(|draft| draft.spec).collect::<Option<_>>()?,
        applications: drafts.applications.into_iter().map(|draft| draft.spec).collect::<Option<_>>()?,
    })
}

/// Reports every variable of ours that no key asked for.
fn refuse_strays(report: &Report, environment: &Environment) {
    let known = report.variables();
    for variable in environment.iter().filter(|variable| variable.is_unused()) {
        let advice = match nearest::nearest(&variable.name, known.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean {meant}?"),
            None => "names are VESTIBULE_SECTION__KEY, after the keys of vestibule.example.toml".to_owned(),
        };
        let place = Some(Place::Variable(variable.name.clone()));
        report.refuse_at(place, &variable.name, format!("no key has this name; {advice}"));
    }
}
