//! A certificate in files, and when they are read again.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::Certificate;
use crate::listener::ListenError;

/// PEM files of one certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate chain, leaf first.
    pub chain: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Files, and what was in them when they were last good.
#[derive(Clone, Debug)]
pub(super) struct Loaded {
    pub(super) files: CertificateFiles,
    pub(super) certificate: Arc<Certificate>,
    /// As they were when they were read, good or not.
    read: Seen,
    /// As they were when they were last looked at.
    looked: Seen,
}

/// What tells that a file is another than before.
type Seen = [Option<(SystemTime, u64, u64)>; 2];

impl Loaded {
    pub(super) fn read(files: &CertificateFiles) -> Result<Self, ListenError> {
        // Looked at before: what is written meanwhile is a change.
        let seen = seen(files);
        let certificate = Arc::new(Certificate::read(files)?);
        Ok(Self { files: files.clone(), certificate, read: seen, looked: seen })
    }

    /// What is in the files now, else what was among `before`.
    pub(super) fn again(files: &CertificateFiles, before: &[Self]) -> Option<Self> {
        match before.iter().find(|entry| entry.files == *files).cloned() {
            Some(mut known) => {
                known.reread();
                Some(known)
            }
            None => Self::read(files).map_err(|error| refused(files, &error, "there is none before it")).ok(),
        }
    }

    /// Reads them again if they have changed since, and not since the last look: a certificate and its key are not
    /// written at one instant. Says whether it did.
    pub(super) fn look(&mut self) -> bool {
        let now = seen(&self.files);
        let changed = now == self.looked && now != self.read;
        if changed {
            self.reread();
        }
        self.looked = now;
        changed
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

fn seen(files: &CertificateFiles) -> Seen {
    let of = |path: &Path| {
        let metadata = std::fs::metadata(path).ok()?;
        Some((metadata.modified().ok()?, metadata.len(), metadata.ino()))
    };
    [of(&files.chain), of(&files.key)]
}
