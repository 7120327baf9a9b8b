//! What admins are told of certificates: those that end, and those that cannot be had.

use std::path::Path;
use std::time::Duration;

use crate::base::Timestamp;
use crate::listener::Certificate;

/// How long before its end a certificate from files is told of; of one that lives shorter, its last third.
const SOON: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// Most certificates that are told of one by one: more have one cause.
const MAX_TOLD: usize = 20;

/// Something that needs attention: what, and why or what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What.
    pub what: String,
    /// Why, or what to do.
    pub why: String,
}

/// How it goes with the certificate of a host that is ordered from an authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) host: String,
    /// When the certificate that it has ends; absent: it has none.
    pub(super) ends_at: Option<Timestamp>,
    /// Why the last order failed, and when the next is due; absent: none has, and yet it was due long ago.
    pub(super) failed: Option<(String, Timestamp)>,
}

impl Trouble {
    pub(super) fn notice(&self, now: Timestamp) -> Notice {
        let host = &self.host;
        let what = match (self.ends_at, &self.failed) {
            (Some(ends_at), Some(_)) => {
                format!("The certificate of {host} could not be renewed; it {}", ending(ends_at, now))
            }
            (Some(ends_at), None) => {
                format!("The certificate of {host} was not renewed yet; it {}", ending(ends_at, now))
            }
            (None, _) => format!("{host} has no certificate"),
        };
        let why = match &self.failed {
            Some((cause, retry_at)) => format!("{cause}. It is tried again at {retry_at}."),
            None => "It should have been by itself; the log may say why it was not.".to_owned(),
        };
        Notice { what, why }
    }
}

/// What is to be told of a certificate from files, if anything is.
pub(super) fn of_file(chain: &Path, certificate: &Certificate, now: Timestamp) -> Option<Notice> {
    let soon = SOON.min(certificate.validity().lifetime() / 3);
    let ends_at = certificate.ends_at();
    (ends_at <= now.plus(soon)).then(|| Notice {
        what: format!("The certificate for {} {}", named(certificate), ending(ends_at, now)),
        why: format!("Put a renewed one in the place of {}, with its key.", chain.display()),
    })
}

/// The first of many, and how many more there are.
pub(super) fn bounded(mut notices: Vec<Notice>) -> Vec<Notice> {
    if notices.len() > MAX_TOLD {
        let more = notices.len() - MAX_TOLD;
        notices.truncate(MAX_TOLD);
        notices.push(Notice {
            what: format!("{more} more certificates are in trouble"),
            why: "The log names them.".to_owned(),
        });
    }
    notices
}

fn named(certificate: &Certificate) -> String {
    let names = certificate.names();
    let shown = names.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > 3 { format!("{shown} and {} more", names.len() - 3) } else { shown }
}

/// When something ends, as people say it.
fn ending(at: Timestamp, now: Timestamp) -> String {
    let left = at.since(now).as_secs();
    let count = |count: u64, unit: &str| format!("ends in {count} {unit}{}", if count == 1 { "" } else { "s" });
    match (left / 3600 / 24, left / 3600) {
        _ if at <= now => format!("ended at {at}"),
        (0, 0) => "ends within the hour".to_owned(),
        (0, hours) => count(hours, "hour"),
        (days, _) => count(days, "day"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_certificate_is_said_as_people_say_it() {
        let now = Timestamp::from_secs(1_000_000);
        for (secs, said) in [
            (0, "ended at 1970-01-12T13:46:40Z"),
            (-1, "ended at 1970-01-12T13:46:39Z"),
            (1, "ends within the hour"),
            (3_600, "ends in 1 hour"),
            (2 * 86_400 - 1, "ends in 1 day"),
            (6 * 86_400, "ends in 6 days"),
        ] {
            assert_eq!(ending(Timestamp::from_secs(1_000_000 + secs), now), said);
        }
    }

    #[test]
    fn what_is_told_of_a_host_says_what_it_has_and_why_it_has_no_better() {
        let now = Timestamp::from_secs(0);
        let failed = Some(("no answer on port 443".to_owned(), Timestamp::from_secs(600)));
        let ends_at = Some(Timestamp::from_secs(6 * 86_400));
        let host = "wiki.example.com".to_owned();
        let told = |ends_at, failed| Trouble { host: host.clone(), ends_at, failed }.notice(now);
        assert_eq!(
            told(ends_at, failed.clone()),
            Notice {
                what: "The certificate of wiki.example.com could not be renewed; it ends in 6 days".to_owned(),
                why: "no answer on port 443. It is tried again at 1970-01-01T00:10:00Z.".to_owned(),
            }
        );
        assert_eq!(told(None, failed).what, "wiki.example.com has no certificate");
        assert!(told(ends_at, None).what.ends_with("was not renewed yet; it ends in 6 days"));
        let many = vec![told(None, None); 23];
        let told = bounded(many);
        assert_eq!((told.len(), told[20].what.as_str()), (21, "3 more certificates are in trouble"));
    }
}
