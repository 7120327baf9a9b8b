use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

const HERE: &str = "https://ca.example/directory";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A day of 2026: certificates of these tests live from the first to the thirtieth day of January.
fn january(day: u32) -> Timestamp {
    format!("2026-01-{day:02}").parse().unwrap()
}

fn made(host: &str) -> Kept {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut wanted = rcgen::CertificateParams::new(vec![host.to_owned()]).unwrap();
    wanted.not_before = rcgen::date_time_ymd(2026, 1, 1);
    wanted.not_after = rcgen::date_time_ymd(2026, 1, 31);
    let pem =
        |what: &str, der: &[u8]| format!("-----BEGIN {what}-----\n{}\n-----END {what}-----\n", STANDARD.encode(der));
    Kept {
        chain: pem("CERTIFICATE", wanted.self_signed(&key).unwrap().der()),
        key: pem("PRIVATE KEY", key.serialized_der()).into(),
    }
}

fn row(directory: &str, host: &str, failures: i64, retry_at: Timestamp) -> HostRow {
    let cause = (failures > 0).then(|| "refused".to_owned());
    HostRow { directory: directory.to_owned(), host: host.to_owned(), certificate: None, failures, retry_at, cause }
}

/// A stock that knows these hosts, and of each whether it has a certificate, how often it failed, and until when it rests.
fn stock(hosts: &[(&str, bool, i64, u32)]) -> Stock {
    let mut stock = Stock::of(HERE.to_owned());
    let row = |&(host, has, failures, rests): &(&str, bool, i64, u32)| {
        (row(HERE, host, failures, january(rests)), has.then(|| made(host)))
    };
    stock.take(hosts.iter().map(row).collect());
    stock
}

fn names(hosts: &[&str]) -> Vec<String> {
    hosts.iter().map(|host| (*host).to_owned()).collect()
}

#[test]
fn renewals_go_first_and_those_who_fail_keep_nobody_waiting() {
    let all = names(&["new", "failed", "failed-twice", "resting", "old", "old-and-failed"]);
    let mut stock = stock(&[
        ("failed", false, 1, 2),
        ("failed-twice", false, 2, 2),
        ("resting", false, 0, 29),
        ("old", true, 0, 3),
        ("old-and-failed", true, 3, 3),
    ]);
    let mut order = Vec::new();
    while let Some(host) = stock.due(&all, january(28)) {
        order.push(host.clone());
        // It rests.
        stock.take(vec![(row(HERE, host, 0, january(31)), None)]);
    }
    assert_eq!(order, ["old", "old-and-failed", "new", "failed", "failed-twice"]);
    // What is good, or has just been ordered, is left alone, and so is what nobody wants.
    let stock = self::stock(&[("old", true, 0, 3), ("quiet", true, 0, 29)]);
    assert_eq!(stock.due(&names(&["old", "quiet"]), january(15)), None);
    assert_eq!(stock.due(&names(&["quiet"]), january(28)), None);
    assert_eq!(stock.due(&[], january(28)), None);
}

#[test]
fn what_is_told_is_what_fails_or_was_forgotten_and_is_wanted() {
    let stock = stock(&[("good", true, 0, 3), ("failed", true, 2, 22), ("none", false, 1, 22), ("gone", false, 1, 22)]);
    let told = |day: u32| -> Vec<String> {
        let troubles = stock.troubles(&names(&["good", "failed", "none", "new"]), january(day));
        troubles.into_iter().map(|trouble| trouble.host).collect()
    };
    assert_eq!(told(21), ["none", "failed"]);
    assert_eq!(told(29), ["none", "good", "failed"], "it should have been renewed by then");
    let first = stock.first_end(&names(&["none", "good"])).unwrap();
    assert_eq!(first, january(31));
    assert_eq!(stock.first_end(&names(&["none"])), None);
}

#[test]
fn ours_are_served_before_those_of_another_directory_and_the_first_before_all() {
    let mut stock = stock(&[("a", true, 0, 1), ("login", true, 0, 1)]);
    stock.take(vec![
        (row("https://another", "a", 0, january(1)), Some(made("a"))),
        (row("https://another", "old", 0, january(1)), Some(made("old"))),
    ]);
    let names: Vec<_> = stock.served("login").iter().map(|certificate| certificate.names().concat()).collect();
    assert_eq!(names, ["login", "a", "a", "old"]);
    // Those of another directory do not count as ours.
    assert!(stock.is_due("old", january(2)) && !stock.is_due("a", january(2)));
}

#[test]
fn what_is_of_no_more_use_goes_one_by_one() {
    let mut stock = stock(&[("wanted", false, 1, 2), ("unwanted", false, 1, 5), ("good", true, 0, 1)]);
    stock.take(vec![(row("https://another", "wanted", 0, january(1)), Some(made("wanted")))]);
    let wanted = names(&["wanted"]);
    let mut spent = |at: Timestamp| {
        let spent = stock.spent(&wanted, at)?;
        stock.remove(&spent.0, &spent.1);
        Some(spent.1)
    };
    // A failure is remembered for as long as it keeps anybody waiting.
    assert_eq!(spent(january(4)), None);
    assert_eq!(spent(january(6)).as_deref(), Some("unwanted"));
    assert_eq!(spent(january(30)), None);
    let over = january(31).plus(DAY);
    assert_eq!((spent(over).as_deref(), spent(over).as_deref(), spent(over)), (Some("wanted"), Some("good"), None));
}

#[test]
fn what_cannot_be_read_is_none() {
    let mut spoilt = made("wiki");
    spoilt.key = made("other").key;
    let mut stock = Stock::of(HERE.to_owned());
    let there = HostRow { certificate: Some(("chain".into(), "sealed".into())), ..row(HERE, "wiki", 0, january(1)) };
    stock.take(vec![(there, Some(spoilt))]);
    assert!(stock.served("wiki").is_empty() && stock.is_due("wiki", january(2)));
}
