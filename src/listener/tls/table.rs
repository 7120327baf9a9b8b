//! Which certificate is shown to whom.

use std::collections::HashMap;
use std::sync::Arc;

use rustls::SignatureScheme;

use super::Certificate;

/// Certificates by name.
#[derive(Debug, Default)]
pub(super) struct Table {
    named: HashMap<String, Vec<Arc<Certificate>>>,
    first: Option<Arc<Certificate>>,
}

impl Table {
    /// The earlier of two with one name goes before the later.
    pub(super) fn new(certificates: impl IntoIterator<Item = Arc<Certificate>>) -> Self {
        let mut table = Self::default();
        for certificate in certificates {
            table.first.get_or_insert_with(|| Arc::clone(&certificate));
            for name in certificate.names() {
                table.named.entry(name.clone()).or_default().push(Arc::clone(&certificate));
            }
        }
        table
    }

    /// The certificates for a name: its own, else those of its wildcard, else the first there is.
    pub(super) fn of(&self, name: Option<&str>) -> &[Arc<Certificate>] {
        let wildcard = |name: &str| Some(format!("*.{}", name.split_once('.')?.1));
        let own = name.and_then(|name| self.named.get(name).or_else(|| self.named.get(&wildcard(name)?)));
        own.map_or(self.first.as_slice(), Vec::as_slice)
    }

    /// The certificate shown to who asks for `name` and can verify these signatures: of several for one name, such as
    /// one with RSA beside one with ECDSA, the first that fits.
    pub(super) fn choose(&self, name: Option<&str>, schemes: &[SignatureScheme]) -> Option<&Arc<Certificate>> {
        let all = self.of(name);
        let fits = |certificate: &&Arc<Certificate>| certificate.key().key.choose_scheme(schemes).is_some();
        all.iter().find(fits).or(all.first())
    }
}
