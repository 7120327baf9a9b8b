use super::*;

#[test]
fn pauses_double_up_to_a_minute() {
    let pauses: Vec<u64> = (1..=8).map(|failures| pause_after(failures).as_secs()).collect();
    assert_eq!(pauses, [2, 4, 8, 16, 32, 60, 60, 60]);
    assert_eq!(pause_after(u32::MAX), LONGEST_PAUSE);
}
