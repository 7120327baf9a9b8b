//! The certificates that are served, wherever they come from: files, read again when they change.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use arc_swap::ArcSwap;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::table::Table;
use super::{Certificate, Handshake};
use crate::listener::ListenError;

/// PEM files of one certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate chain, leaf first.
    pub chain: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// The certificates of a server. A handshake takes what is there at its moment; connections that are open stay as they
/// are.
#[derive(Debug)]
pub struct Certificates {
    table: ArcSwap<Table>,
    files: Mutex<Vec<Loaded>>,
}

/// Files, and what was in them when they were last good.
#[derive(Clone, Debug)]
struct Loaded {
    files: CertificateFiles,
    certificate: Arc<Certificate>,
    /// As they were when they were read, good or not.
    read: Seen,
    /// As they were when they were last looked at.
    looked: Seen,
}

/// What tells that a file is another than before.
type Seen = [Option<(SystemTime, u64, u64)>; 2];

impl Certificates {
    /// Reads the certificates. The first is for who asks for no name, or for one that none of them has.
    ///
    /// # Errors
    /// When a file cannot be read, holds neither certificate nor key, or the two do not go together.
    pub fn read(files: &[CertificateFiles]) -> Result<Arc<Self>, ListenError> {
        let loaded: Vec<_> = files.iter().map(Loaded::read).collect::<Result<_, _>>()?;
        Ok(Arc::new(Self { table: ArcSwap::from_pointee(table(&loaded)), files: Mutex::new(loaded) }))
    }

    /// Reads these files, all of them, in the place of the ones before. Of files that are not good the certificate that
    /// was in them stays, and the log says why. Blocks on the files.
    pub fn take(&self, files: &[CertificateFiles]) {
        let mut loaded = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let taken: Vec<_> = files.iter().filter_map(|files| Loaded::again(files, &loaded)).collect();
        *loaded = taken;
        self.table.store(Arc::new(table(&loaded)));
    }

    /// Reads those files again that have changed since, and not since the last look: a certificate and its key are not
    /// written at one instant. Blocks on the files.
    pub fn look(&self) {
        let mut loaded = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = false;
        for entry in loaded.iter_mut() {
            let now = seen(&entry.files);
            if now == entry.looked && now != entry.read {
                entry.reread();
                changed = true;
            }
            entry.looked = now;
        }
        if changed {
            self.table.store(Arc::new(table(&loaded)));
        }
    }

    /// Every certificate that is served.
    pub fn served(&self) -> Vec<Arc<Certificate>> {
        let loaded = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        loaded.iter().map(|entry| Arc::clone(&entry.certificate)).collect()
    }

    /// What a handshake settled in which `server_name` was asked for.
    pub(in crate::listener) fn handshake(&self, server_name: Option<&str>) -> Arc<Handshake> {
        Arc::new(Handshake::new(server_name, self.table.load().of(server_name)))
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let table = self.table.load();
        Some(Arc::clone(table.choose(hello.server_name(), hello.signature_schemes())?.key()))
    }
}

impl Loaded {
    fn read(files: &CertificateFiles) -> Result<Self, ListenError> {
        // Looked at before: what is written meanwhile is a change.
        let seen = seen(files);
        let certificate = Arc::new(Certificate::read(files)?);
        Ok(Self { files: files.clone(), certificate, read: seen, looked: seen })
    }

    /// What is in the files now, else what was among `before`.
    fn again(files: &CertificateFiles, before: &[Self]) -> Option<Self> {
        match before.iter().find(|entry| entry.files == *files).cloned() {
            Some(mut known) => {
                known.reread();
                Some(known)
            }
            None => Self::read(files).map_err(|error| refused(files, &error, "there is none before it")).ok(),
        }
    }

    fn reread(&mut self) {
        self.read = seen(&self.files);
        match Certificate::read(&self.files) {
            Ok(certificate) => {
                self.certificate = Arc::new(certificate);
                let (names, until) = (self.certificate.names().join(" "), self.certificate.ends_at());
                tracing::info!(chain = %self.files.chain.display(), names, %until, "a certificate was read again");
            }
            Err(error) => refused(&self.files, &error, "the one before stays"),
        }
    }
}

fn refused(files: &CertificateFiles, error: &ListenError, stays: &str) {
    let source = std::error::Error::source(error).map(ToString::to_string);
    let chain = files.chain.display();
    tracing::error!(%chain, cause = %error, source, "a certificate was read again and not taken in; {stays}");
}

fn table(loaded: &[Loaded]) -> Table {
    Table::new(loaded.iter().map(|entry| Arc::clone(&entry.certificate)))
}

fn seen(files: &CertificateFiles) -> Seen {
    let of = |path: &Path| {
        let metadata = std::fs::metadata(path).ok()?;
        Some((metadata.modified().ok()?, metadata.len(), metadata.ino()))
    };
    [of(&files.chain), of(&files.key)]
}
