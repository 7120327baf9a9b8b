//! What the login path looks at: the catalogue of one moment, its policies compiled, a client for each provider.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use secrecy::SecretString;

use super::refusal::Refusal;
use crate::base::{HttpClients, SealingKey};
use crate::directory::SealedSecrets;
use crate::identity::{Application, Catalogue, Host, Idp, IdpId, IdpKey};
use crate::oidc::{ProviderSettings, RelyingParty};
use crate::policy::Snapshot;
use crate::session::HandoffRequest;
use crate::web::{Cause, Web};

/// The client secrets that the configuration declares. They stay in memory.
pub type IdpSecrets = BTreeMap<IdpId, SecretString>;

/// One moment's catalogue, compiled.
#[derive(Default)]
pub struct Scene {
    /// All that is live.
    pub catalogue: Arc<Catalogue>,
    /// Its policies.
    pub policies: Arc<Snapshot>,
    providers: HashMap<IdpKey, Arc<RelyingParty>>,
    applications: HashMap<Host, usize>,
}

/// How providers are spoken to.
pub struct Lines<'a> {
    /// The client secrets of the file.
    pub declared: &'a IdpSecrets,
    /// Those typed in the console.
    pub sealed: &'a SealedSecrets,
    /// What they were sealed with.
    pub sealing: &'a SealingKey,
    /// What carries requests.
    pub http: &'a HttpClients,
    /// Where browsers come back to.
    pub web: &'a Web,
}

impl Scene {
    /// Compiles a catalogue. The client of a provider that did not change is taken over from `before`, with the
    /// metadata and keys it knows.
    pub fn compile(catalogue: Catalogue, before: &Self, lines: &Lines<'_>) -> Self {
        let policies = Arc::new(Snapshot::compile_after(&before.policies, &catalogue));
        let mut providers = HashMap::new();
        for idp in &catalogue.idps {
            let settings = lines.settings(idp);
            let known = before.providers.get(&idp.key).filter(|known| known.is_made_of(&settings));
            let party = match known {
                Some(party) => Arc::clone(party),
                None => {
                    match RelyingParty::new(settings, lines.http.to(idp.addresses).clone(), lines.web.ambient.clone()) {
                        Ok(party) => Arc::new(party),
                        Err(error) => {
                            tracing::error!(idp = %idp.spec.id, cause = %error, "nobody can sign in at this provider");
                            continue;
                        }
                    }
                }
            };
            providers.insert(idp.key, party);
        }
        let hosts = |(index, application): (usize, &Application)| {
            application.spec.hosts.iter().map(move |host| (host.clone(), index)).collect::<Vec<_>>()
        };
        let applications = catalogue.applications.iter().enumerate().flat_map(hosts).collect();
        Self { catalogue: Arc::new(catalogue), policies, providers, applications }
    }

    /// The client of a provider.
    pub fn provider(&self, key: IdpKey) -> Option<&RelyingParty> {
        self.providers.get(&key).map(Arc::as_ref)
    }

    /// The same for a sign-in.
    ///
    /// # Errors
    /// When there is none: its settings allow none.
    pub(super) fn client(&self, idp: &Idp) -> Result<&RelyingParty, Refusal> {
        let missing = || Refusal::new(Cause::SignInRefused, "no client could be made of the provider's settings");
        self.provider(idp.key).ok_or_else(missing)
    }

    /// The providers that did not answer when they were last asked, with why not.
    pub fn troubles(&self) -> Vec<(IdpId, String)> {
        let trouble = |idp: &Idp| Some((idp.spec.id.clone(), self.provider(idp.key)?.trouble()?.to_string()));
        self.catalogue.idps.iter().filter_map(trouble).collect()
    }

    /// The application of a host.
    pub fn application(&self, host: &Host) -> Option<&Application> {
        self.catalogue.applications.get(*self.applications.get(host)?)
    }

    /// The providers to choose from: the global ones and, for an application, its organization's own. Without an
    /// application no organization's provider is shown: organizations are never listed to strangers.
    pub fn offers(&self, request: Option<&HandoffRequest>) -> Vec<&Idp> {
        let owner =
            request.and_then(|request| self.application(&request.host)).map(|application| application.organization);
        let offered = |idp: &&Idp| idp.owner.is_none() || idp.owner == owner;
        self.catalogue.idps.iter().filter(offered).collect()
    }

    /// Whether a sign-in for this request may go to that provider. To an organization's own only on the way to one of
    /// its applications: its address alone must not tell a stranger that it exists, and so does the organization.
    pub fn applies(&self, idp: &Idp, request: Option<&HandoffRequest>) -> bool {
        self.offers(request).iter().any(|offered| offered.key == idp.key)
    }
}

impl Lines<'_> {
    fn settings(&self, idp: &Idp) -> ProviderSettings {
        let spec = &idp.spec;
        let sealed = || self.sealed.get(&idp.key)?.open(self.sealing, (&spec.id, &spec.issuer));
        ProviderSettings {
            issuer: spec.issuer.clone(),
            client_id: spec.client_id.clone(),
            client_secret: self.declared.get(&spec.id).cloned().or_else(sealed),
            client_auth: spec.client_auth,
            redirect_uri: self.web.public_url.redirect_uri(&spec.id),
            scopes: spec.scopes.clone(),
            addresses: idp.addresses,
        }
    }
}
