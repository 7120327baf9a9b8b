//! TLS as it is put together: certificates from files, ordered ones beside them, and who is told of both.

use std::sync::Arc;

use super::House;
use crate::base::{Ambient, HttpClient, HttpSettings};
use crate::certificates::{AcmeSettings, ChallengeKind, Keeper, Notices, Place};
use crate::config::Settings;
use crate::listener::{Certificates, ListenError, authorities};
use crate::telemetry::Metrics;
use crate::web;

/// The certificates of this server.
#[derive(Clone)]
pub(super) struct Tls {
    pub(super) certificates: Option<Arc<Certificates>>,
    notices: Option<Notices>,
    acme: Option<(AcmeSettings, HttpClient)>,
}

impl Tls {
    /// Reads what stands in files.
    pub(super) fn read(settings: &Settings, ambient: &Ambient) -> Result<Self, ListenError> {
        let tls = settings.server.tls.as_ref();
        let certificates = tls.map(|tls| Certificates::read(&tls.certificates)).transpose()?;
        let client = |acme: &AcmeSettings| {
            let client = match &acme.ca_file {
                Some(file) => HttpClient::trusting(HttpSettings::default(), authorities(file)?),
                None => HttpClient::new(HttpSettings::default()),
            };
            Ok::<_, ListenError>((acme.clone(), client))
        };
        Ok(Self {
            notices: certificates.as_ref().map(|certificates| Notices::new(Arc::clone(certificates), ambient.clone())),
            certificates,
            acme: tls.and_then(|tls| tls.acme.as_ref()).map(client).transpose()?,
        })
    }

    /// Where it is kept what authorities look at over plain HTTP, if they do.
    pub(super) fn proofs(&self) -> Option<Arc<Certificates>> {
        let (acme, _) = self.acme.as_ref()?;
        self.certificates.clone().filter(|_| acme.challenge == ChallengeKind::Http01)
    }

    /// What an admin should know of them.
    pub(super) fn notices(&self) -> web::Notices {
        let notices = self.notices.clone();
        Box::new(move || {
            let all = notices.as_ref().map(Notices::all).unwrap_or_default();
            all.into_iter().map(|notice| (notice.what, notice.why)).collect()
        })
    }

    /// Orders certificates for the hosts that the house serves, for as long as it stands. Never ends.
    pub(super) async fn order(&self, settings: &Settings, house: &House, ambient: &Ambient, metrics: &Arc<Metrics>) {
        let (Some((acme, http)), Some(certificates), Some(notices)) = (&self.acme, &self.certificates, &self.notices)
        else {
            return std::future::pending().await;
        };
        let place = Place {
            db: house.db(),
            keys: Arc::clone(&house.gateway.keys),
            certificates: Arc::clone(certificates),
            notices: notices.clone(),
            http: http.clone(),
            metrics: Arc::clone(metrics),
            ambient: ambient.clone(),
            sign_in_host: settings.server.public_url.host().clone(),
        };
        let gateway = Arc::clone(&house.gateway);
        Keeper::new(acme.clone(), place).run(move || gateway.forwarded_hosts()).await;
    }
}
