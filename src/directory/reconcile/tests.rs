use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::identity::IdentityId;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const KEEP_FOR: Duration = Duration::from_secs(86_400);

fn organization(n: u8) -> OrganizationKey {
    OrganizationKey::new(Uuid::from_u128(100 + u128::from(n)))
}

/// Four organizations with four roles each; the role says its organization.
fn role(n: u8) -> (OrganizationKey, RoleId) {
    (organization(n / 4), RoleId::new(Uuid::from_u128(u128::from(n))))
}

fn origin(n: u8) -> Origin {
    match n {
        0 => Origin::Manual,
        n => Origin::Policy(IdentityId::new(Uuid::from_u128(1_000 + u128::from(n)))),
    }
}

const OURS: u8 = 1;

fn held_row((role_number, by, admin, age): (u8, u8, bool, u64)) -> HeldRow {
    let (organization, role) = role(role_number);
    let evaluated_at = NOW.minus(Duration::from_secs(age));
    HeldRow { role, organization, origin: origin(by), admin, live: true, evaluated_at, kept_until: None }
}

prop_compose! {
    fn any_held()(rows in prop::collection::btree_map((0u8..16, 0u8..3), (any::<bool>(), 0u64..200_000, any::<bool>()), 0..24))
        -> Vec<HeldRow> {
        let row = |((role, by), (admin, age, kept)): ((u8, u8), (bool, u64, bool))| {
            let row = held_row((role, by, admin, age));
            HeldRow { kept_until: kept.then(|| row.evaluated_at.plus(KEEP_FOR / 2)), ..row }
        };
        rows.into_iter().map(row).collect()
    }
}

prop_compose! {
    fn any_desired()(roles in prop::collection::vec(0u8..16, 0..12), errored in prop::collection::vec(0u8..4, 0..3))
        -> Desired {
        Desired {
            version: 1,
            roles: roles.into_iter().map(role).collect(),
            errored: errored.into_iter().map(organization).collect(),
        }
    }
}

prop_compose! {
    fn any_rules()(keep in any::<bool>(), reach in prop::option::of(0u8..4)) -> Rules {
        let on_error = if keep { OnError::Keep { keep_for: KEEP_FOR } } else { OnError::Revoke };
        Rules { origin: origin(OURS), reach: reach.map(organization), on_error, now: NOW }
    }
}

/// The grants after what was reconciled is written.
fn apply(held: &[HeldRow], result: &Reconciled, rules: Rules) -> Vec<HeldRow> {
    let gone = |row: &HeldRow| row.origin == rules.origin && result.remove.contains(&(row.organization, row.role));
    let mut after: Vec<HeldRow> = held.iter().filter(|row| !gone(row)).cloned().collect();
    for row in &mut after {
        if row.origin == rules.origin && result.refresh.contains(&row.role) {
            row.evaluated_at = rules.now;
            row.kept_until = None;
        }
        let kept = result.keep.iter().find(|(role, _)| row.origin == rules.origin && row.role == *role);
        row.kept_until = kept.map(|(_, until)| *until).or(row.kept_until);
    }
    after.extend(result.add.iter().map(|(organization, role)| HeldRow {
        role: *role,
        organization: *organization,
        origin: rules.origin,
        admin: false,
        live: true,
        evaluated_at: rules.now,
        kept_until: None,
    }));
    after
}

proptest! {
    #[test]
    fn twice_is_once(held in any_held(), desired in any_desired(), rules in any_rules()) {
        let after = apply(&held, &reconcile(&held, &desired, rules), rules);
        prop_assert_eq!(reconcile(&after, &desired, rules), Reconciled::default());
    }

    #[test]
    fn order_does_not_count(held in any_held(), desired in any_desired(), rules in any_rules()) {
        let mut mirrored = desired.clone();
        mirrored.roles.reverse();
        mirrored.errored.reverse();
        let backwards: Vec<HeldRow> = held.iter().rev().cloned().collect();
        prop_assert_eq!(reconcile(&backwards, &mirrored, rules), reconcile(&held, &desired, rules));
    }

    #[test]
    fn grants_of_others_count_for_nothing(held in any_held(), desired in any_desired(), rules in any_rules()) {
        let ours: Vec<HeldRow> = held.iter().filter(|row| row.origin == rules.origin).cloned().collect();
        prop_assert_eq!(reconcile(&ours, &desired, rules), reconcile(&held, &desired, rules));
    }

    #[test]
    fn what_is_held_afterwards_is_what_was_desired_or_kept(
        held in any_held(), desired in any_desired(), rules in any_rules(),
    ) {
        let after = apply(&held, &reconcile(&held, &desired, rules), rules);
        for row in after.iter().filter(|row| row.origin == rules.origin) {
            let wanted = desired.roles.contains(&(row.organization, row.role));
            let kept = rules.on_error != OnError::Revoke
                && !row.admin
                && desired.errored.contains(&row.organization)
                && rules.now.since(row.evaluated_at) <= KEEP_FOR;
            prop_assert!(wanted || kept);
            prop_assert_eq!(row.kept_until, (!wanted).then(|| row.evaluated_at.plus(KEEP_FOR)));
            prop_assert!(rules.reach.is_none_or(|only| only == row.organization));
        }
        for (organization, role) in &desired.roles {
            let given = after.iter().any(|row| row.origin == rules.origin && row.role == *role);
            prop_assert_eq!(given, rules.reach.is_none_or(|only| only == *organization));
        }
    }
}

#[test]
fn a_failed_selector_revokes_unless_told_to_keep() {
    let desired = Desired { errored: vec![organization(0)], ..Desired::default() };
    let removed = |on_error, admin, age| {
        let rules = Rules { origin: origin(OURS), reach: None, on_error, now: NOW };
        !reconcile(&[held_row((1, OURS, admin, age))], &desired, rules).remove.is_empty()
    };
    let keep = OnError::Keep { keep_for: KEEP_FOR };
    assert!(removed(OnError::Revoke, false, 0));
    assert!(!removed(keep, false, 0));
    assert!(!removed(keep, false, 86_400));
    assert!(removed(keep, false, 86_401));
    assert!(removed(keep, true, 0));
}

#[test]
fn a_good_evaluation_is_written_down_now_and_then() {
    let desired = Desired { roles: vec![role(1)], ..Desired::default() };
    let refreshed = |on_error, age| {
        let rules = Rules { origin: origin(OURS), reach: None, on_error, now: NOW };
        !reconcile(&[held_row((1, OURS, false, age))], &desired, rules).refresh.is_empty()
    };
    assert!(!refreshed(OnError::Revoke, 3_600));
    assert!(refreshed(OnError::Revoke, 3_601));
    // A short `keep_for` needs a closer record.
    let keep = OnError::Keep { keep_for: Duration::from_secs(240) };
    assert!(!refreshed(keep, 10));
    assert!(refreshed(keep, 11));
}
