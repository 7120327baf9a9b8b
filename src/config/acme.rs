//! `[server.tls.acme]`.

use http::Uri;
use secrecy::ExposeSecret as _;
use url::Url;

use super::list::values as plain;
use super::section::Section;
use super::values;
use crate::certificates::{AcmeSettings, ChallengeKind, ExternalAccount};

/// The authority that is asked if none is named.
const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// Reads `[server.tls.acme]`.
pub(super) fn acme(mut section: Section<'_>) -> Option<AcmeSettings> {
    let before = section.report.count();
    let directory = section.text("directory", directory).unwrap_or_else(|| LETS_ENCRYPT.to_owned());
    let contact = plain(&section.list("contact", contact).unwrap_or_default());
    if !section.flag("accept_terms", false) {
        section.refuse("accept_terms", "must be true; read the authority's terms of service, and accept them");
    }
    let kinds = [("tls-alpn-01", ChallengeKind::TlsAlpn01), ("http-01", ChallengeKind::Http01)];
    let challenge = section.choice("challenge", &kinds, ChallengeKind::default());
    let ca_file = section.text("ca_file", values::file);
    let external_account = external_account(&mut section);
    let good = section.report.count() == before;
    section.finish();
    good.then_some(AcmeSettings { directory, contact, challenge, ca_file, external_account })
}

fn external_account(section: &mut Section<'_>) -> Option<ExternalAccount> {
    let id = section.text("external_account_id", some_text);
    let key = section.secret("external_account_key", "external_account_key_file");
    match (id, key) {
        (Some(id), Some(key)) => ExternalAccount::new(id, key.expose_secret())
            .map_err(|error| section.refuse("external_account_key", error))
            .ok(),
        (None, None) => None,
        _ => {
            section.refuse("external_account_id", "belongs to external_account_key; write both, or neither");
            None
        }
    }
}

fn directory(text: &str) -> Result<String, &'static str> {
    // As it is sent: what one of the two takes and the other does not is no address.
    let url = Url::parse(text).ok().filter(|url| url.scheme() == "https" && url.username().is_empty());
    let url = url.filter(|url| url.password().is_none() && url.as_str().parse::<Uri>().is_ok());
    url.map(String::from).ok_or("a directory is an https URL, without user or password")
}

fn contact(text: &str) -> Result<String, &'static str> {
    let address = text.strip_prefix("mailto:").and_then(|address| address.split_once('@'));
    let good = address.is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty())
        && text.bytes().all(|byte| byte.is_ascii_graphic());
    if good { Ok(text.to_owned()) } else { Err("a contact is written mailto:admin@example.com") }
}

fn some_text(text: &str) -> Result<String, &'static str> {
    if text.is_empty() { Err("it is empty") } else { Ok(text.to_owned()) }
}
