//! Sets of instants, and what hours, closures and time off do to each other as such sets.

use super::Interval;

/// A set of instants, as intervals in order, none of them empty, none touching the next.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Spans(Vec<Interval>);

impl Spans {
    /// The instants of all of these, which may overlap and come in any order.
    pub(super) fn of(mut intervals: Vec<Interval>) -> Self {
        intervals.sort_unstable();
        let mut spans = Self::default();
        for interval in intervals {
            spans.push(interval);
        }
        spans
    }

    /// Adds an interval that begins before none of those that are in it.
    pub(super) fn push(&mut self, interval: Interval) {
        if interval.start >= interval.end {
            return;
        }
        match self.0.last_mut() {
            Some(last) if interval.start <= last.end => last.end = last.end.max(interval.end),
            _ => self.0.push(interval),
        }
    }

    /// Its intervals.
    pub(super) fn as_slice(&self) -> &[Interval] {
        &self.0
    }

    /// The instants that both have.
    pub(super) fn intersect(&self, other: &Self) -> Self {
        let (mut ours, mut theirs) = (self.0.as_slice(), other.0.as_slice());
        let mut both = Self::default();
        while let (Some(&one), Some(&two)) = (ours.first(), theirs.first()) {
            both.push(Interval { start: one.start.max(two.start), end: one.end.min(two.end) });
            if one.end <= two.end { ours = &ours[1..] } else { theirs = &theirs[1..] }
        }
        both
    }

    /// The instants that `other` does not have.
    pub(super) fn without(self, other: &Self) -> Self {
        if other.0.is_empty() {
            return self;
        }
        let mut taken = other.0.as_slice();
        let mut left = Self::default();
        for interval in self.0 {
            let mut start = interval.start;
            while let Some(&one) = taken.first().filter(|one| one.start < interval.end) {
                left.push(Interval { start, end: one.start });
                start = start.max(one.end);
                if one.end > interval.end {
                    break;
                }
                taken = &taken[1..];
            }
            left.push(Interval { start, end: interval.end });
        }
        left
    }

    /// Where something of this length (in microseconds) can begin so that it ends within the same interval. The last such
    /// instant is among them, so intervals of just that length stay as an instant.
    pub(super) fn beginnings(&self, micros: i64) -> Self {
        let mut beginnings = Self::default();
        for interval in &self.0 {
            beginnings.push(Interval { start: interval.start, end: interval.end.plus_micros(1 - micros) });
        }
        beginnings
    }

    /// Whether all of an interval is in it.
    pub(super) fn contain(&self, interval: Interval) -> bool {
        self.0.iter().any(|one| one.contains(interval))
    }
}
