//! The arithmetic of the tally tree against plain counting.

use frontdesk_domain::Timestamp;
use frontdesk_domain::feed::tally::{FAN_OUT_BITS, LEVELS, bucket, children, cover, leaf_end, leaf_start};
use proptest::prelude::*;

fn leaves(range: std::ops::Range<i64>, level: u8) -> std::ops::Range<i64> {
    let bits = FAN_OUT_BITS * u32::from(level);
    range.start << bits..range.end << bits
}

/// A range of smallest buckets, of any length from none to all there are, with many ends on round numbers.
fn range() -> impl Strategy<Value = (i64, i64)> {
    let end = || (-(1_i64 << 31)..1 << 31, 0..28_u32).prop_map(|(leaf, round)| leaf >> round << round);
    let near = (end(), -40..300_i64).prop_map(|(first, length)| (first, first + length));
    prop_oneof![near, (end(), end())]
}

proptest! {
    #![proptest_config(crate::cases(3000))]

    #[test]
    fn a_cover_is_exact_ascending_and_short((first, last) in range()) {
        let runs = cover(first..last);
        prop_assert!(runs.len() <= 9, "{} runs", runs.len());
        for level in 0..LEVELS {
            prop_assert!(runs.iter().filter(|run| run.level == level).count() <= 2);
        }
        let mut reached = first;
        for run in &runs {
            prop_assert!(run.level < LEVELS);
            let leaves = leaves(run.buckets.clone(), run.level);
            prop_assert!(leaves.start < leaves.end, "an empty run");
            prop_assert_eq!(leaves.start, reached, "a gap, or an overlap");
            if run.level + 1 < LEVELS {
                prop_assert!(run.buckets.end - run.buckets.start < 31, "a larger bucket would have done");
            }
            reached = leaves.end;
        }
        prop_assert_eq!(reached, first.max(last));
    }

    #[test]
    fn counting_by_the_cover_is_counting_one_by_one(
        instants in prop::collection::vec(-(1_i64 << 50)..1 << 50, 0..200),
        (first, last) in (-(1_i64 << 18)..1 << 18, -(1_i64 << 18)..1 << 18),
    ) {
        let count = |inside: &dyn Fn(i64) -> bool| instants.iter().filter(|micros| inside(**micros)).count();
        let by_cover: usize = cover(first..last)
            .into_iter()
            .map(|run| count(&|micros| run.buckets.contains(&bucket(Timestamp::from_micros(micros), run.level))))
            .sum();
        let one_by_one = count(&|micros| (first << 32..last << 32).contains(&micros));
        prop_assert_eq!(by_cover, one_by_one);
    }

    #[test]
    fn buckets_nest(micros in any::<i64>(), level in 0..LEVELS - 1) {
        let at = Timestamp::from_micros(micros);
        let leaf = bucket(at, 0);
        prop_assert!((leaf_start(leaf)..=leaf_end(leaf)).contains(&at));
        prop_assert_eq!(bucket(leaf_start(leaf), 0), leaf);
        prop_assert_eq!(bucket(leaf_end(leaf), 0), leaf);
        prop_assert!(children(bucket(at, level + 1)).contains(&bucket(at, level)));
    }
}

#[test]
fn the_ends_of_time_have_a_cover() {
    let (first, last) = (bucket(Timestamp::MIN, 0), bucket(Timestamp::MAX, 0));
    let runs = cover(first..last);
    assert_eq!(runs.first().map(|run| leaves(run.buckets.clone(), run.level).start), Some(first));
    assert_eq!(runs.last().map(|run| leaves(run.buckets.clone(), run.level).end), Some(last));
    let (later, earlier) = (5, -5);
    assert!(cover(0..0).is_empty() && cover(later..earlier).is_empty());
}
