//! What a process has read of the certificates that are kept: what is served, what is due, what is told.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::made::Kept;
use super::notice::Trouble;
use super::schedule;
use crate::base::Timestamp;
use crate::listener::Certificate;
use crate::store::certificates::HostRow;

/// Certificates by directory and host. Those of another directory are served until there are ours.
pub(super) struct Stock {
    directory: String,
    hosts: BTreeMap<(String, String), Known>,
}

/// What is known of a host.
struct Known {
    certificate: Option<Arc<Certificate>>,
    failures: i64,
    retry_at: Timestamp,
    cause: Option<String>,
}

impl Stock {
    pub(super) const fn of(directory: String) -> Self {
        Self { directory, hosts: BTreeMap::new() }
    }

    /// Takes in what is new.
    pub(super) fn take(&mut self, news: Vec<(HostRow, Option<Kept>)>) {
        for (row, kept) in news {
            let certificate = kept.and_then(|kept| kept.read()).map(Arc::new);
            if certificate.is_none() && row.certificate.is_some() {
                tracing::error!(host = row.host, "the certificate that is kept cannot be read");
            }
            let known = Known { certificate, failures: row.failures, retry_at: row.retry_at, cause: row.cause };
            self.hosts.insert((row.directory, row.host), known);
        }
    }

    /// Lets go of a host.
    pub(super) fn remove(&mut self, directory: &str, host: &str) {
        self.hosts.remove(&(directory.to_owned(), host.to_owned()));
    }

    /// Every certificate in the order in which they are served: ours first, and among them that of `first`.
    pub(super) fn served(&self, first: &str) -> Vec<Arc<Certificate>> {
        let place = |(directory, host): &(String, String)| (*directory != self.directory, host != first);
        let mut all: Vec<_> =
            self.hosts.iter().filter_map(|(of, known)| Some((place(of), known.certificate.clone()?))).collect();
        all.sort_by_key(|(place, _)| *place);
        all.into_iter().map(|(_, certificate)| certificate).collect()
    }

    /// Of the hosts that are wanted the one to order for now, if any is due. What is to be renewed goes first, lest ever
    /// new hosts keep it waiting; then who has failed least, lest those who fail do.
    pub(super) fn due<'a>(&self, wanted: &'a [String], now: Timestamp) -> Option<&'a String> {
        let known = |host: &str| self.ours(host).map(|known| (known.certificate.is_none(), known.failures));
        wanted.iter().filter(|host| self.is_due(host, now)).min_by_key(|host| known(host).unwrap_or((true, 0)))
    }

    /// Whether a host needs an order.
    pub(super) fn is_due(&self, host: &str, now: Timestamp) -> bool {
        let Some(known) = self.ours(host) else { return true };
        let renewal = known.certificate.as_ref().map(|certificate| schedule::renewal(host, certificate.validity()));
        known.retry_at <= now && renewal.is_none_or(|renewal| renewal <= now)
    }

    /// How often ordering for a host has failed since it last went well.
    pub(super) fn failures(&self, host: &str) -> i64 {
        self.ours(host).map_or(0, |known| known.failures)
    }

    /// What is to be told of the hosts that are wanted, what ends first before all else.
    pub(super) fn troubles(&self, wanted: &[String], now: Timestamp) -> Vec<Trouble> {
        let trouble = |host: &String| {
            let known = self.ours(host)?;
            let overdue = known.certificate.as_ref().is_some_and(|it| schedule::overdue(it.validity()) <= now);
            let ends_at = known.certificate.as_ref().map(|it| it.ends_at());
            let failed = (known.failures > 0).then(|| (known.cause.clone().unwrap_or_default(), known.retry_at));
            (overdue || failed.is_some()).then(|| Trouble { host: host.clone(), ends_at, failed })
        };
        let mut troubles: Vec<_> = wanted.iter().filter_map(trouble).collect();
        troubles.sort_by_key(|trouble| trouble.ends_at);
        troubles
    }

    /// When the first certificate of a host that is wanted ends.
    pub(super) fn first_end(&self, wanted: &[String]) -> Option<Timestamp> {
        wanted.iter().filter_map(|host| Some(self.ours(host)?.certificate.as_ref()?.ends_at())).min()
    }

    /// One, by directory and host, that is of no more use: nobody wants it, and there is neither a certificate to serve nor
    /// a failure to remember.
    pub(super) fn spent(&self, wanted: &[String], now: Timestamp) -> Option<(String, String)> {
        let of_use = |known: &Known| {
            known.retry_at > now || known.certificate.as_ref().is_some_and(|certificate| certificate.ends_at() > now)
        };
        let spent = self.hosts.iter().find(|((directory, host), known)| {
            !of_use(known) && (*directory != self.directory || !wanted.contains(host))
        });
        spent.map(|(of, _)| of.clone())
    }

    fn ours(&self, host: &str) -> Option<&Known> {
        self.hosts.get(&(self.directory.clone(), host.to_owned()))
    }
}

#[cfg(test)]
mod tests;
