//! Counting without counting: the arithmetic of the tally tree, by which `total_count` and a deep page cost the same in a
//! window of a day and of ten years.
//!
//! Time is cut into buckets of five sizes, each sixteen times the one below: 2^32 µs (1.2 hours), 19 hours, 13 days, 204
//! days, 9 years. The engine keeps, per location and bucket, how many sessions of each status have their `updated_at` in
//! it. A change that stays in its bucket (nearly every one does) moves no tally; one that leaves it moves at most one row
//! of each size on either side. A window is a few rows of each size, and the sessions of the two smallest buckets that it
//! cuts through.

use std::ops::Range;

use crate::Timestamp;

/// Sizes of bucket.
pub const LEVELS: u8 = 5;
/// Buckets of one size in a bucket of the next.
pub const FAN_OUT_BITS: u32 = 4;
/// A smallest bucket holds 2^32 microseconds.
const LEAF_BITS: u32 = 32;

/// The number of the bucket of size `level` in which `at` lies.
pub const fn bucket(at: Timestamp, level: u8) -> i64 {
    at.as_micros() >> (LEAF_BITS + FAN_OUT_BITS * level as u32)
}

/// The first instant of a smallest bucket.
pub const fn leaf_start(bucket: i64) -> Timestamp {
    Timestamp::from_micros(bucket << LEAF_BITS)
}

/// The last instant of a smallest bucket.
pub const fn leaf_end(bucket: i64) -> Timestamp {
    Timestamp::from_micros((bucket << LEAF_BITS) + ((1 << LEAF_BITS) - 1))
}

/// The buckets one size smaller that make up `bucket`.
pub const fn children(bucket: i64) -> Range<i64> {
    bucket << FAN_OUT_BITS..(bucket + 1) << FAN_OUT_BITS
}

/// A run of buckets of one size.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Run {
    /// Their size, 0 for the smallest.
    pub level: u8,
    /// Their numbers.
    pub buckets: Range<i64>,
}

/// The fewest runs that cover the smallest buckets `leaves` exactly, in the order of time: at most two of each size.
pub fn cover(leaves: Range<i64>) -> Vec<Run> {
    let mut ascending = Vec::with_capacity(2 * LEVELS as usize);
    let mut descending = Vec::with_capacity(LEVELS as usize);
    let (mut first, mut last) = (leaves.start, leaves.end);
    for level in 0..LEVELS {
        if first >= last {
            break;
        }
        if level + 1 == LEVELS {
            ascending.push(Run { level, buckets: first..last });
            break;
        }
        let (parent_first, parent_last) = ((first + (1 << FAN_OUT_BITS) - 1) >> FAN_OUT_BITS, last >> FAN_OUT_BITS);
        if parent_first >= parent_last {
            ascending.push(Run { level, buckets: first..last });
            break;
        }
        if first < parent_first << FAN_OUT_BITS {
            ascending.push(Run { level, buckets: first..parent_first << FAN_OUT_BITS });
        }
        if parent_last << FAN_OUT_BITS < last {
            descending.push(Run { level, buckets: parent_last << FAN_OUT_BITS..last });
        }
        (first, last) = (parent_first, parent_last);
    }
    ascending.extend(descending.into_iter().rev());
    ascending
}
