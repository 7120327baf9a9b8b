//! TLS towards others: by whose word we believe them who they are.

use std::sync::Arc;

use hyper_rustls::ConfigBuilderExt as _;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};

/// Longest cause kept of authorities that cannot be read, in characters: a log line, not a list of files.
const MAX_CAUSE: usize = 300;

/// Whom to believe, as a client of TLS. Clones have the certificate authorities in common, since a machine knows some
/// hundred and reading them takes milliseconds; and what resumes connections, which is kept by the name of each server.
#[derive(Clone, Debug)]
pub struct ClientTls {
    config: ClientConfig,
    no_authorities: Option<Arc<str>>,
}

impl ClientTls {
    /// The machine's trusted certificate authorities. Without any nobody is believed, see
    /// [`ClientTls::no_authorities`].
    pub fn of_machine() -> Self {
        let builder = builder();
        match builder.clone().with_native_roots() {
            Ok(builder) => Self { config: builder.with_no_client_auth(), no_authorities: None },
            Err(error) => {
                let cause: String = error.to_string().chars().take(MAX_CAUSE).collect();
                let reason = format!(
                    "this machine has no trusted certificate authorities ({cause}): install ca-certificates or set \
                     SSL_CERT_FILE"
                );
                let config = builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
                Self { config, no_authorities: Some(reason.into()) }
            }
        }
    }

    /// These certificate authorities and no other.
    pub fn trusting(authorities: impl IntoIterator<Item = CertificateDer<'static>>) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(authorities);
        Self { config: builder().with_root_certificates(roots).with_no_client_auth(), no_authorities: None }
    }

    /// What rustls takes.
    pub fn config(&self) -> ClientConfig {
        self.config.clone()
    }

    /// Why nobody is believed, if the machine has no authorities, and what to do about it.
    pub const fn no_authorities(&self) -> Option<&Arc<str>> {
        self.no_authorities.as_ref()
    }
}

fn builder() -> ConfigBuilder<ClientConfig, WantsVerifier> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    #[expect(clippy::expect_used, reason = "the provider we name supports the versions that rustls calls safe")]
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("aws-lc-rs speaks TLS 1.2 and 1.3")
}
