//! What a certificate authority is shown that looks whether a host is ours (ACME): over plain HTTP an answer (RFC 8555
//! 8.3), in a TLS handshake a certificate made for it alone (RFC 8737 3).

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::CertifiedKey;

/// What an authority may ask for, because we have asked it for a certificate.
#[derive(Clone, PartialEq, Eq)]
pub struct Challenge {
    /// At which host.
    pub host: String,
    /// By what.
    pub token: String,
    /// What it is shown: the key authorization (RFC 8555 8.1).
    pub proof: String,
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Challenge").field("host", &self.host).finish_non_exhaustive()
    }
}

/// What is shown now, by host: to nobody who asks for another, or by another token.
#[derive(Debug, Default)]
pub(super) struct Shown(HashMap<String, (Challenge, Arc<CertifiedKey>)>);

impl Shown {
    pub(super) fn new(challenges: impl IntoIterator<Item = Challenge>) -> Self {
        let shown = challenges.into_iter().filter_map(|challenge| match certificate(&challenge) {
            Ok(certificate) => Some((challenge.host.clone(), (challenge, Arc::new(certificate)))),
            Err(cause) => {
                tracing::error!(host = challenge.host, %cause, "what the certificate authority asks for cannot be made");
                None
            }
        });
        Self(shown.collect())
    }

    pub(super) fn certificate(&self, host: &str) -> Option<Arc<CertifiedKey>> {
        self.0.get(host).map(|(_, certificate)| Arc::clone(certificate))
    }

    pub(super) fn proof(&self, host: &str, token: &str) -> Option<String> {
        self.0.get(host).filter(|(challenge, _)| challenge.token == token).map(|(challenge, _)| challenge.proof.clone())
    }
}

/// For the authority's eyes alone: signed by itself, with the proof's digest in an extension.
fn certificate(challenge: &Challenge) -> Result<CertifiedKey, Box<dyn std::error::Error>> {
    let key = KeyPair::generate()?;
    let mut wanted = CertificateParams::new(vec![challenge.host.clone()])?;
    wanted.distinguished_name = DistinguishedName::new();
    let digest = digest(&SHA256, challenge.proof.as_bytes());
    wanted.custom_extensions = vec![CustomExtension::new_acme_identifier(digest.as_ref())];
    let made = wanted.self_signed(&key)?;
    let key = default_provider().key_provider.load_private_key(PrivateKeyDer::try_from(key.serialize_der())?)?;
    // Not looked at any further: the extension is critical, and nobody but an authority knows it.
    Ok(CertifiedKey::new(vec![made.der().clone()], key))
}
