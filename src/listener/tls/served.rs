//! The certificates that are served, wherever they come from: files, read again when they change, and an authority.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::challenge::Shown;
use super::files::{CertificateFiles, Loaded};
use super::table::Table;
use super::{Certificate, Challenge, Handshake, PROOF};
use crate::listener::ListenError;

/// The certificates of a server. A handshake takes what is there at its moment; connections that are open stay as they
/// are.
#[derive(Debug)]
pub struct Certificates {
    table: ArcSwap<Table>,
    sources: Mutex<Sources>,
    shown: ArcSwap<Shown>,
}

/// Where they come from.
#[derive(Debug, Default)]
struct Sources {
    files: Vec<Loaded>,
    /// From an authority.
    ordered: Vec<Arc<Certificate>>,
}

impl Certificates {
    /// Reads the certificates. The first is for who asks for no name, or for one that none of them has.
    ///
    /// # Errors
    /// When a file cannot be read, holds neither certificate nor key, or the two do not go together.
    pub fn read(files: &[CertificateFiles]) -> Result<Arc<Self>, ListenError> {
        let files = files.iter().map(Loaded::read).collect::<Result<_, _>>()?;
        let sources = Sources { files, ordered: Vec::new() };
        let table = ArcSwap::from_pointee(sources.table());
        Ok(Arc::new(Self { table, sources: Mutex::new(sources), shown: ArcSwap::default() }))
    }

    /// Reads these files, all of them, in the place of the ones before. Of files that are not good the certificate that
    /// was in them stays, and the log says why. Blocks on the files.
    pub fn take(&self, files: &[CertificateFiles]) {
        let mut sources = self.sources();
        sources.files = files.iter().filter_map(|files| Loaded::again(files, &sources.files)).collect();
        self.table.store(Arc::new(sources.table()));
    }

    /// Reads those files again that have changed and are at rest. Blocks on the files.
    pub fn look(&self) {
        let mut sources = self.sources();
        let mut changed = false;
        for entry in &mut sources.files {
            changed |= entry.look();
        }
        if changed {
            self.table.store(Arc::new(sources.table()));
        }
    }

    /// Serves these, ordered from an authority, in the place of those ordered before: behind those of files, and the first
    /// is for who asks for none if there are no files.
    pub fn take_ordered(&self, ordered: Vec<Arc<Certificate>>) {
        let mut sources = self.sources();
        sources.ordered = ordered;
        self.table.store(Arc::new(sources.table()));
    }

    /// Shows this to an authority that asks, in the place of what was shown before.
    pub fn show(&self, challenges: impl IntoIterator<Item = Challenge>) {
        self.shown.store(Arc::new(Shown::new(challenges)));
    }

    /// What an authority is answered with that asks by `token` over plain HTTP (RFC 8555 8.3).
    pub fn proof(&self, host: &str, token: &str) -> Option<String> {
        self.shown.load().proof(host, token)
    }

    /// Of these hosts, those that no certificate from files is for.
    pub fn without_file(&self, mut hosts: Vec<String>) -> Vec<String> {
        let sources = self.sources();
        let names: HashSet<&str> =
            sources.files.iter().flat_map(|entry| entry.certificate.names()).map(String::as_str).collect();
        let wildcard = |host: &str| host.split_once('.').map(|(_, domain)| format!("*.{domain}"));
        let covers = |host: &str| {
            names.contains(host) || wildcard(host).is_some_and(|wildcard| names.contains(wildcard.as_str()))
        };
        hosts.retain(|host| !covers(host));
        hosts
    }

    /// The certificates from files, each with the file of its chain.
    pub fn of_files(&self) -> Vec<(PathBuf, Arc<Certificate>)> {
        let of = |entry: &Loaded| (entry.files.chain.clone(), Arc::clone(&entry.certificate));
        self.sources().files.iter().map(of).collect()
    }

    fn sources(&self) -> MutexGuard<'_, Sources> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a handshake settled in which `server_name` was asked for.
    pub(in crate::listener) fn handshake(&self, server_name: Option<&str>) -> Arc<Handshake> {
        Arc::new(Handshake::new(server_name, self.table.load().of(server_name)))
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // An authority offers nothing else (RFC 8737 3), and what it is shown is for nobody else.
        if hello.alpn().is_some_and(|mut offered| offered.next() == Some(PROOF) && offered.next().is_none()) {
            return self.shown.load().certificate(hello.server_name()?);
        }
        let table = self.table.load();
        Some(Arc::clone(table.choose(hello.server_name(), hello.signature_schemes())?.key()))
    }
}

impl Sources {
    fn table(&self) -> Table {
        let files = self.files.iter().map(|entry| &entry.certificate);
        Table::new(files.chain(&self.ordered).map(Arc::clone))
    }
}
