//! How a window is counted: cut into parts of the tally tree that lie in it as a whole, and the two edges that it cuts
//! through.

use frontdesk_domain::Timestamp;
use frontdesk_domain::feed::tally::{self, LEVELS, PARTS};

use super::tallies::LOWEST_LEVEL;

/// The last instant of the tree; the first one is the one before its negative. All the instants that can be parsed lie
/// well between, and no more than two nodes of the highest level are needed for them.
const LAST: i64 = (1 << 58) - 1;

/// Neighbouring parts of a node, counted within the node: its running totals tell how many sessions they hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Run {
    /// The level of the node.
    pub(super) level: u8,
    /// Its number.
    pub(super) node: i64,
    /// The first of the parts.
    pub(super) first: i32,
    /// The part after the last one.
    pub(super) end: i32,
}

/// A window, cut. In the order of time: the first edge, from the window's start through `first_end`; the runs; the last
/// edge, from `last_start` through the window's end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Segments {
    /// The last instant of the first edge; of the whole window, when it lies in one part of the lowest level.
    pub(super) first_end: Timestamp,
    /// Everything between the edges: at most two runs of each level.
    pub(super) runs: Vec<Run>,
    /// The first instant of the last edge, when there is one.
    pub(super) last_start: Option<Timestamp>,
}

impl Segments {
    /// Cuts the window that starts at `from`, to its end or, without one, to the end of time.
    pub(super) fn of(from: Timestamp, end: Option<Timestamp>) -> Self {
        let (first, last) = (part_of(from), end.map_or(part_of(Timestamp::MAX) + 1, part_of));
        if let Some(end) = end
            && first >= last
        {
            return Self { first_end: end, runs: Vec::new(), last_start: None };
        }
        Self {
            first_end: part_start(first + 1).plus_micros(-1),
            runs: runs(first + 1, last),
            last_start: end.map(|_| part_start(last)),
        }
    }
}

/// The part of the lowest level in which an instant lies, counted through all nodes.
pub(super) fn part_of(at: Timestamp) -> i64 {
    let within = at.as_micros().clamp(-LAST - 1, LAST);
    tally::part(tally::leaf(Timestamp::from_micros(within)), LOWEST_LEVEL)
}

/// The first instant of a part of the lowest level.
pub(super) const fn part_start(part: i64) -> Timestamp {
    Timestamp::from_micros(part << PART_BITS)
}

/// A part of the lowest level holds two to the power of this many microseconds.
pub(super) const PART_BITS: u32 = {
    let leaf = tally::leaf_start(1).as_micros().trailing_zeros();
    leaf + PARTS.trailing_zeros() * LOWEST_LEVEL as u32
};

/// The parts of the lowest level from `first` to before `end`, taken together into as high parts as they fill.
fn runs(mut first: i64, mut end: i64) -> Vec<Run> {
    let (mut ascending, mut descending) = (Vec::new(), Vec::new());
    for level in LOWEST_LEVEL..LEVELS {
        if first >= end {
            break;
        }
        let run = |first: i64, end: i64| {
            let node = first.div_euclid(PARTS);
            Run { level, node, first: (first - node * PARTS) as i32, end: (end - node * PARTS) as i32 }
        };
        // The nodes that lie in it as a whole are parts of the next level.
        let (first_node, end_node) =
            (first.div_euclid(PARTS) + i64::from(first.rem_euclid(PARTS) > 0), end.div_euclid(PARTS));
        if first_node > end_node {
            // Both ends within one node.
            ascending.push(run(first, end));
            break;
        }
        if first < first_node * PARTS {
            ascending.push(run(first, first_node * PARTS));
        }
        if end_node * PARTS < end {
            descending.push(run(end_node * PARTS, end));
        }
        if level + 1 == LEVELS {
            ascending.extend((first_node..end_node).map(|node| Run { level, node, first: 0, end: PARTS as i32 }));
        }
        (first, end) = (first_node, end_node);
    }
    ascending.extend(descending.into_iter().rev());
    ascending
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Instants of some centuries, some at the border of a part, and some that are none.
    fn instant() -> impl Strategy<Value = Timestamp> {
        let near = (-200_000..300_000_i64).prop_map(|part| part << PART_BITS);
        let year = 365 * 86_400 * frontdesk_domain::time::SECOND;
        let micros = prop_oneof![
            near.clone(),
            near.prop_map(|start| start - 1),
            -400 * year..400 * year,
            -2000 * year..8000 * year,
            Just(i64::MIN),
            Just(i64::MAX),
        ];
        micros.prop_map(Timestamp::from_micros)
    }

    /// The first instant of a run, and the one after its last.
    fn reach(run: &Run) -> (i64, i64) {
        let bits = PART_BITS + PARTS.trailing_zeros() * u32::from(run.level - LOWEST_LEVEL);
        let instant = |part: i32| (run.node * PARTS + i64::from(part)) << bits;
        (instant(run.first), instant(run.end))
    }

    proptest! {
        #[test]
        fn segments_are_the_window_without_a_gap(one in instant(), other in instant(), open in any::<bool>()) {
            let (from, end) = (one.min(other), one.max(other));
            let segments = Segments::of(from, (!open).then_some(end));
            let mut at = segments.first_end.plus_micros(1).as_micros();
            if segments.runs.is_empty() && segments.last_start.is_none() && !open {
                prop_assert_eq!(segments.first_end, end);
                prop_assert!(part_of(from) == part_of(end));
                return Ok(());
            }
            prop_assert_eq!(part_of(segments.first_end), part_of(from));
            for run in &segments.runs {
                prop_assert!(0 <= run.first && run.first < run.end && i64::from(run.end) <= PARTS, "{:?}", run);
                let (start, end) = reach(run);
                prop_assert_eq!(start, at);
                at = end;
            }
            match segments.last_start {
                Some(start) => {
                    prop_assert_eq!(start.as_micros(), at);
                    prop_assert_eq!(part_of(start), part_of(end));
                }
                None => prop_assert!(open && at > LAST),
            }
            for level in LOWEST_LEVEL..LEVELS {
                prop_assert!(segments.runs.iter().filter(|run| run.level == level).count() <= 2);
            }
        }
    }

    #[test]
    fn a_window_that_ends_before_it_starts_is_one_empty_edge() {
        let (from, end) = (Timestamp::from_micros(1 << 50), Timestamp::from_micros(0));
        let segments = Segments::of(from, Some(end));
        assert_eq!(segments, Segments { first_end: end, runs: Vec::new(), last_start: None });
    }
}
