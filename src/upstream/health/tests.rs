use super::*;

fn broken() -> ForwardError {
    ForwardError::Unreachable("refused".to_owned())
}

/// As if so much time had passed.
fn later(health: &mut Health, seconds: u64) {
    health.start = health.start.checked_sub(Duration::from_secs(seconds)).unwrap();
}

#[test]
fn one_request_finds_out_whether_it_is_back() {
    let mut health = Health::new();
    assert!(health.admits() && health.is_well() && health.trouble().is_none());
    health.unreachable("a", &broken());
    assert!(!health.admits() && !health.is_well());
    assert!(health.trouble().unwrap().contains("refused"));
    later(&mut health, 1);
    assert!(health.admits(), "the trial");
    assert!(!health.admits(), "the others wait for it");
    health.reachable("a");
    assert!(health.admits() && health.admits() && health.trouble().is_none());
}

#[test]
fn it_is_left_alone_longer_each_time_up_to_half_a_minute() {
    let mut health = Health::new();
    for wait in [1, 2, 4, 8, 16, 30, 30] {
        health.unreachable("a", &broken());
        // What began before says nothing new.
        health.unreachable("a", &broken());
        later(&mut health, wait - 1);
        assert!(!health.admits(), "{wait} s");
        later(&mut health, 1);
    }
}

#[test]
fn who_fails_the_checks_is_down_until_they_pass() {
    let mut health = Health::new();
    health.checked("a", Some("503"));
    later(&mut health, 3600);
    assert!(!health.admits());
    health.reachable("a");
    assert!(!health.admits(), "that it can be connected to is not enough");
    assert_eq!(health.trouble().as_deref(), Some("503"));
    health.checked("a", None);
    assert!(health.admits());
}
