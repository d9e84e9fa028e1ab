//! Latencies in buckets that are at most 1.6 % wide, so that millions of them take a few kilobytes.

use std::time::Duration;

/// Buckets of each power of two.
const STEPS: u64 = 64;
const STEP_BITS: u32 = STEPS.trailing_zeros();
/// Nanoseconds up to about four hours.
const BUCKETS: usize = 40 * STEPS as usize;

/// How often each latency was seen.
#[derive(Debug, Clone)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; BUCKETS], total: 0 }
    }
}

impl Histogram {
    /// Counts a latency.
    pub fn add(&mut self, latency: Duration) {
        let nanos = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        self.counts[bucket(nanos).min(BUCKETS - 1)] += 1;
        self.total += 1;
    }

    /// Counts what another has seen as well.
    pub fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.total += other.total;
    }

    /// How many were counted.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The latency, in milliseconds, that this share (0 to 1) of all does not exceed; 0 when nothing was counted.
    pub fn quantile(&self, share: f64) -> f64 {
        let wanted = (self.total as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        let reached = self.counts.iter().position(|count| {
            seen += count;
            seen >= wanted
        });
        reached.map_or(0.0, |index| upper_end(index) as f64 / 1e6)
    }
}

/// Below [`STEPS`] each number has a bucket; above, each power of two has as many as that.
fn bucket(nanos: u64) -> usize {
    if nanos < STEPS {
        return nanos as usize;
    }
    let shift = nanos.ilog2() - STEP_BITS;
    (u64::from(shift + 1) * STEPS + (nanos >> shift) - STEPS) as usize
}

/// The first number that lies beyond a bucket.
fn upper_end(index: usize) -> u64 {
    let index = index as u64;
    match (index / STEPS).checked_sub(1) {
        None => index + 1,
        Some(shift) => (STEPS + index % STEPS + 1) << shift,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_lies_in_its_bucket() {
        for nanos in (0..100_000).chain((20..44).flat_map(|bits| [(1 << bits) - 1, 1 << bits, (1 << bits) + 1])) {
            let index = bucket(nanos);
            let lower_end = index.checked_sub(1).map_or(0, upper_end);
            assert!((lower_end..upper_end(index)).contains(&nanos), "{nanos} is not in bucket {index}");
        }
    }

    #[test]
    fn quantiles_are_within_a_bucket_of_the_truth() {
        let mut histogram = Histogram::default();
        (1..=1_000).for_each(|micros| histogram.add(Duration::from_micros(micros)));
        for (share, truth) in [(0.5, 0.5), (0.99, 0.99), (1.0, 1.0)] {
            let found = histogram.quantile(share);
            assert!((truth..truth * 1.02).contains(&found), "{share}: {found}");
        }
    }
}
