//! When a certificate is renewed, and when what failed is tried again.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};

use crate::base::{Ambient, Timestamp};
use crate::listener::Validity;

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a host rests after its first failure; doubles with each. The best known authority takes five failures of a
/// host in an hour: these are four.
const PAUSE: Duration = Duration::from_secs(5 * 60);
/// How long nothing is ordered after the authority itself has failed; doubles with each.
const REST: Duration = Duration::from_secs(60);
/// How long no other certificate is ordered for a host that has just got one, whatever the clocks say: the best known
/// authority makes five of the same in a week.
const QUIET: Duration = Duration::from_secs(2 * 24 * 60 * 60);

/// When a certificate is to be renewed: after two thirds of its life, and up to a twentieth later, by its host, so that
/// what was ordered together is not renewed together.
pub(super) fn renewal(host: &str, validity: &Validity) -> Timestamp {
    let place = digest(&SHA256, host.as_bytes()).as_ref().first().copied().unwrap_or_default();
    let lifetime = validity.lifetime();
    validity.from.plus(lifetime / 3 * 2).plus(lifetime / 20 * u32::from(place) / 255)
}

/// From when on something is wrong if a certificate is not renewed.
pub(super) fn overdue(validity: &Validity) -> Timestamp {
    validity.until.minus(validity.lifetime() / 4)
}

/// How long no other is ordered after one that lives so long.
pub(super) fn quiet(validity: &Validity) -> Duration {
    QUIET.min(validity.lifetime() / 3)
}

/// How long a host rests that has failed so often before, and now once more; up to a quarter longer, by chance. Whoever
/// is told that it was too much rests an hour at least.
pub(super) fn pause(failures: i64, too_much: bool, ambient: &Ambient) -> Duration {
    let least = if too_much { HOUR } else { PAUSE };
    let pause = doubled(PAUSE, failures).max(least).min(DAY);
    let [chance] = ambient.bytes::<1>();
    pause + pause / 4 * u32::from(chance) / 255
}

/// How long nothing is ordered from an authority that has failed so often before, and now once more.
pub(super) fn rest(setbacks: i64) -> Duration {
    doubled(REST, setbacks).min(HOUR)
}

fn doubled(first: Duration, times: i64) -> Duration {
    first.saturating_mul(2_u32.saturating_pow(u32::try_from(times).unwrap_or(u32::MAX)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn two_thirds_of_its_life_pass_before_a_certificate_is_renewed() {
        let from = Timestamp::from_secs(1_800_000_000);
        let validity = Validity { from, until: from.plus(DAY * 90) };
        let hosts: Vec<String> = (0..50).map(|number| format!("{number}.example.com")).collect();
        let after: BTreeSet<_> = hosts.iter().map(|host| renewal(host, &validity).since(from)).collect();
        assert!(after.iter().all(|after| (DAY * 60..=DAY * 90 * 43 / 60).contains(after)), "{after:?}");
        assert!(after.len() > 20, "not all at once");
        assert_eq!(renewal(&hosts[0], &validity), renewal(&hosts[0], &validity));
        assert!(renewal(&hosts[0], &validity) < overdue(&validity) && overdue(&validity) < validity.until);
        // What lives for a day is renewed in time too.
        let short = Validity { from, until: from.plus(DAY) };
        assert!(from.plus(quiet(&short)) < renewal(&hosts[0], &short) && quiet(&validity) == DAY * 2);
        // A certificate from a broken authority ends before it begins.
        let broken = Validity { from: validity.until, until: from };
        assert_eq!(renewal(&hosts[0], &broken), broken.from);
    }

    #[test]
    fn what_fails_is_tried_less_and_less_often() {
        let ambient = Ambient::system();
        let mut last = Duration::ZERO;
        for failures in 0..8 {
            let pause = pause(failures, false, &ambient);
            assert!(pause >= PAUSE * 2_u32.pow(u32::try_from(failures).unwrap()) && pause > last, "{failures}");
            last = pause;
        }
        let failed_in_an_hour = (0..).scan(Duration::ZERO, |at, failures| {
            let now = *at;
            *at += doubled(PAUSE, failures);
            Some(now)
        });
        assert_eq!(failed_in_an_hour.take_while(|at| *at < HOUR).count(), 4);
        for failures in [20, i64::MAX, -1] {
            assert!(pause(failures, false, &ambient) <= DAY * 5 / 4);
        }
        assert!(pause(0, true, &ambient) >= HOUR);
        assert_eq!((rest(0), rest(1), rest(i64::MAX)), (REST, REST * 2, HOUR));
    }
}
