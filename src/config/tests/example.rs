use std::collections::BTreeSet;

use super::{good, variables};
use crate::config::environment::Environment;
use crate::config::problem::Report;
use crate::config::{Settings, read};
use crate::identity::Host;

const EXAMPLE: &str = include_str!("../../../vestibule.example.toml");

/// Stands in for the secret's file, which no test machine has.
const SECRET: (&str, &str) = ("VESTIBULE_IDP__COMPANY__CLIENT_SECRET", "correct horse");

fn example() -> Settings {
    good(EXAMPLE, &[SECRET])
}

#[test]
fn the_example_is_right() {
    let settings = example();
    assert_eq!(settings.declaration.idps.len(), 1);
    assert_eq!(settings.declaration.organizations[0].policies.len(), 1);
    assert_eq!(settings.declaration.applications[0].hosts, [Host::parse("wiki.example.com").unwrap()]);
    assert_eq!(settings.declaration.applications[0].rules.len(), 2);
}

/// The section of token issuers, with what stands before and behind it.
fn token_issuer(text: &str) -> (&str, &str, &str) {
    let (before, section) = text.split_at(text.find("# [[token_issuer]]").unwrap());
    let (section, behind) = section.split_at(section.find("\n\n").unwrap());
    (before, section, behind)
}

/// Every `key =` of the example, commented or not, below the section it stands in.
fn shown() -> BTreeSet<String> {
    let mut section = None;
    let mut keys = BTreeSet::new();
    for line in EXAMPLE.lines() {
        let bare = line.trim_start_matches("# ");
        if bare.starts_with('[') {
            let header = bare.split(']').next().unwrap();
            section = Some(header.trim_start_matches('[').to_owned());
        }
        let Some(section) = &section else { continue };
        // Keys in a table that is written on one line are the user's own.
        let line = line.split('{').next().unwrap();
        let words: Vec<&str> = line.split([' ', '(']).filter(|word| !word.is_empty()).collect();
        let assigned = words.windows(2).filter(|pair| pair[1] == "=");
        keys.extend(assigned.map(|pair| format!("{section}.{}", pair[0])));
    }
    keys
}

#[test]
fn the_example_shows_every_key_and_no_other() {
    let report = Report::default();
    // Without certificates there is no TLS, and none of its keys is asked for.
    let (head, tail) = EXAMPLE.split_once("# [server.tls]").unwrap();
    let (tls, tail) = tail.split_once("\n\n").unwrap();
    let tls = tls.replace("\n# ", "\n").replace("accept_terms = false", "accept_terms = true");
    let tls = tls.replace("external_account_key_file = \"…\"", "").replace("_key = \"…\"", "_key = \"c2VjcmV0\"");
    // Nor has everybody programs with tokens.
    let (tail, issuer, rest) = token_issuer(tail);
    let issuer: String = issuer.lines().map(|line| line.strip_prefix("# ").unwrap_or(line).to_owned() + "\n").collect();
    let tail = format!("{tail}{issuer}{rest}");
    let health = ("VESTIBULE_APPLICATION__WIKI__CONNECTION__HEALTH__PATH", "/healthz");
    let environment = Environment::of(variables(&[SECRET, health]));
    read(&report, &format!("{head}[server.tls]{tls}\n\n{tail}"), &environment).unwrap();
    assert_eq!(report.keys(), shown());
}

#[test]
fn a_commented_key_shows_its_default() {
    // These show what may be said, not what holds when nothing is.
    let mut offers = vec!["owner", "client_secret", "chain", "key", "role", "url_file", "[server.tls]", "secret"];
    offers.extend(["idp = ", "jwks_url", "endpoint", "redirect_listen", "encryption_key", "previous_encryption_key"]);
    offers.extend(["[server.tls.acme]", "accept_terms", "directory", "contact", "challenge", "external_account_"]);
    // Nothing said is as all others, which is what these show.
    offers.extend(["connect_timeout", "first_byte_timeout", "idle_timeout", "strip_prefix", "ca", "server_name"]);
    offers.extend(["[application.connection.health]", "path", "interval", "timeout", "fall", "rise"]);
    offers.extend(["methods", "from", "refresh_claims"]);
    let uncomment = |line: &str| match line.strip_prefix("# ") {
        Some(bare) if bare.contains(" = ") && !offers.iter().any(|offer| bare.starts_with(offer)) => bare.to_owned(),
        _ => line.to_owned(),
    };
    let (before, _, behind) = token_issuer(EXAMPLE);
    let example_without = format!("{before}{behind}");
    let (head, body) = example_without.split_at(example_without.find("[server]").unwrap());
    let whole: String = body.lines().map(|line| uncomment(line) + "\n").collect();
    assert!(whole.lines().count() > 50 && whole.contains("\nemail_trusted = false") && !head.contains("[["));
    let settings = good(&whole, &[SECRET]);
    assert_eq!(settings.declaration, example().declaration);
    let session = (settings.session, settings.server.operations_listen);
    assert_eq!(session, (example().session, example().server.operations_listen));
}
