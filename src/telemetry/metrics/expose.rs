//! What is told, family by family. `docs/operations.md` lists the same; a test compares.

use super::text::{Family, Kind, Text};
use super::{Counter, Metrics, Moment};

/// What stands where a request has no application.
const NONE: &str = "";

const fn family(kind: Kind, name: &'static str, labels: &'static [&'static str], help: &'static str) -> Family {
    Family { name, kind, labels, help }
}

const BUILD: Family = family(Kind::Gauge, "vestibule_build_info", &["version"], "What runs here: always 1.");
const READY: Family = family(
    Kind::Gauge,
    "vestibule_ready",
    &[],
    "Whether people can enter, as /readyz says it without asking the database: 1 or 0.",
);
const STOPPING: Family = family(Kind::Gauge, "vestibule_stopping", &[], "Whether the process is draining: 1 or 0.");
const TAKEN: Family = family(
    Kind::Gauge,
    "vestibule_configuration_taken",
    &[],
    "Whether the configuration was taken in when it was last read: 1 or 0.",
);
const CATALOGUE: Family =
    family(Kind::Gauge, "vestibule_catalogue_version", &[], "Version of the catalogue that requests are decided by.");
const LOG_AGE: Family =
    family(Kind::Gauge, "vestibule_change_log_age_seconds", &[], "Time since the change log was last read to its end.");
const CONNECTIONS: Family =
    family(Kind::Gauge, "vestibule_connections", &[], "Connections open to the public listeners.");
const WEBSOCKETS: Family = family(Kind::Gauge, "vestibule_websockets", &[], "WebSockets open, or about to be.");
const REQUESTS: Family =
    family(Kind::Counter, "vestibule_requests_total", &["door", "application", "status"], "Requests answered.");
const DURATION: Family = family(
    Kind::Histogram,
    "vestibule_request_duration_seconds",
    &["door", "application", "status"],
    "Time from the head of a request to the head of its answer.",
);
const DECISIONS: Family = family(
    Kind::Counter,
    "vestibule_decisions_total",
    &["application", "outcome"],
    "Requests to applications, by what was decided.",
);
const UPSTREAM: Family = family(
    Kind::Counter,
    "vestibule_upstream_errors_total",
    &["application", "kind"],
    "Permitted requests that no upstream answered.",
);
const LOOKUPS: Family = family(
    Kind::Counter,
    "vestibule_session_lookups_total",
    &["found"],
    "Session tokens looked up, by where the answer was.",
);
const SESSIONS: Family =
    family(Kind::Gauge, "vestibule_sessions_in_memory", &[], "Sessions held in memory: those of late in use here.");
const LIVE: Family = family(
    Kind::Gauge,
    "vestibule_sessions",
    &[],
    "Sessions that live, in the whole directory; counted every five minutes.",
);
const OPENED: Family = family(Kind::Counter, "vestibule_sessions_opened_total", &[], "Sessions begun here.");
const ENDED: Family = family(Kind::Counter, "vestibule_sessions_ended_total", &["why"], "Sessions ended here.");
const SIGN_INS: Family = family(
    Kind::Counter,
    "vestibule_sign_ins_total",
    &["idp", "outcome"],
    "Sign-ins that ended, with a session or without.",
);
const ACCOUNTS: Family =
    family(Kind::Counter, "vestibule_accounts_created_total", &["idp"], "Accounts made by sign-ins.");
const ADDED: Family = family(Kind::Counter, "vestibule_grants_added_total", &["idp"], "Grants given by sign-ins.");
const REMOVED: Family =
    family(Kind::Counter, "vestibule_grants_removed_total", &["idp"], "Grants taken back by sign-ins.");
const SELECTORS: Family = family(
    Kind::Counter,
    "vestibule_selector_errors_total",
    &["idp"],
    "Organizations whose selectors failed at a sign-in.",
);
const REFRESHES: Family = family(
    Kind::Counter,
    "vestibule_claims_refreshes_total",
    &["idp", "outcome"],
    "Claims that were to be fetched again for a session, by what became of it.",
);
const ORDERS: Family = family(
    Kind::Counter,
    "vestibule_certificate_orders_total",
    &["outcome"],
    "Orders for certificates that ended here.",
);
const IN_TROUBLE: Family = family(
    Kind::Gauge,
    "vestibule_certificates_in_trouble",
    &[],
    "Hosts whose certificate could not be ordered, or not renewed in time.",
);
const FIRST_END: Family = family(
    Kind::Gauge,
    "vestibule_certificate_end_seconds",
    &["source"],
    "When the certificate that ends first ends, since the Unix epoch.",
);
const LINES: Family =
    family(Kind::Counter, "vestibule_access_log_dropped_total", &[], "Lines of the access log that were not written.");
const SPANS: Family = family(Kind::Counter, "vestibule_trace_spans_total", &["fate"], "Spans of traces.");

impl Metrics {
    /// The text that Prometheus reads, format 0.0.4.
    pub fn expose(&self, moment: &Moment) -> String {
        let mut text = Text::new(BUILD);
        text.sample(&[env!("CARGO_PKG_VERSION")], 1);
        for (family, number) in [
            (READY, i64::from(moment.ready)),
            (STOPPING, i64::from(moment.stopping)),
            (TAKEN, self.configuration_taken.get()),
            (CATALOGUE, moment.catalogue_version),
            (CONNECTIONS, self.connections.get()),
            (WEBSOCKETS, self.websockets.get()),
            (LIVE, self.sessions.live.get()),
            (SESSIONS, i64::try_from(moment.sessions).unwrap_or(i64::MAX)),
        ] {
            text.family(family);
            text.sample(&[], number);
        }
        text.family(LOG_AGE);
        text.sample(&[], moment.change_log_age.as_secs_f64());
        self.requests(&mut text);
        self.sessions(&mut text);
        self.sign_ins(&mut text);
        self.certificates(&mut text);
        text.family(LINES);
        text.sample(&[], self.lines_dropped.get());
        text.family(SPANS);
        self.spans.each().for_each(|(fate, count)| text.sample(&[fate], count.get()));
        text.finish()
    }

    fn requests(&self, text: &mut Text) {
        let applications = self.applications.each();
        let ours = self.doors.each().map(|(door, answers)| (door, NONE, answers));
        let theirs = applications.iter().map(|(id, meter)| ("application", id.as_str(), &meter.requests));
        let all: Vec<_> = ours.chain(theirs).collect();
        text.family(REQUESTS);
        for (door, application, answers) in &all {
            for (answer, histogram) in answers.each() {
                let [.., count] = histogram.cumulated();
                if count > 0 {
                    text.sample(&[door, application, answer], count);
                }
            }
        }
        text.family(DURATION);
        for (door, application, answers) in &all {
            for (answer, histogram) in answers.each() {
                text.histogram(&[door, application, answer], histogram);
            }
        }
        text.family(DECISIONS);
        for (id, meter) in &applications {
            meter.decisions.each().for_each(|(outcome, count)| told(text, &[id, outcome], count));
        }
        text.family(UPSTREAM);
        for (id, meter) in &applications {
            meter.troubles.each().for_each(|(kind, count)| told(text, &[id, kind], count));
        }
    }

    fn sessions(&self, text: &mut Text) {
        text.family(LOOKUPS);
        self.sessions.lookups.each().for_each(|(found, count)| text.sample(&[found], count.get()));
        text.family(OPENED);
        text.sample(&[], self.sessions.opened.get());
        text.family(ENDED);
        self.sessions.ended.each().for_each(|(why, count)| text.sample(&[why], count.get()));
    }

    fn certificates(&self, text: &mut Text) {
        text.family(ORDERS);
        self.certificates.orders.each().for_each(|(outcome, count)| text.sample(&[outcome], count.get()));
        text.family(IN_TROUBLE);
        text.sample(&[], self.certificates.in_trouble.get());
        text.family(FIRST_END);
        let known = self.certificates.first_ends.each().filter(|(_, end)| end.get() > 0);
        known.for_each(|(source, end)| text.sample(&[source], end.get()));
    }

    fn sign_ins(&self, text: &mut Text) {
        let idps = self.idps.each();
        text.family(SIGN_INS);
        for (id, meter) in &idps {
            meter.outcomes.each().for_each(|(outcome, count)| told(text, &[id, outcome], count));
        }
        text.family(REFRESHES);
        for (id, meter) in &idps {
            meter.refreshes.each().for_each(|(outcome, count)| told(text, &[id, outcome], count));
        }
        for (family, number) in [
            (ACCOUNTS, (|meter| &meter.accounts) as fn(&super::IdpMeter) -> &Counter),
            (ADDED, |meter| &meter.grants_added),
            (REMOVED, |meter| &meter.grants_removed),
            (SELECTORS, |meter| &meter.selector_errors),
        ] {
            text.family(family);
            idps.iter().for_each(|(id, meter)| told(text, &[id], number(meter)));
        }
    }
}

/// Tells a number once there is something to tell: of many applications, most have had none of most kinds.
fn told(text: &mut Text, values: &[&str], count: &Counter) {
    if count.get() > 0 {
        text.sample(values, count.get());
    }
}
