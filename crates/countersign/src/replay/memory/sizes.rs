//! How many shards a capacity is divided into.

/// Few enough that nobody waits long for one to be gone through, and that most of what is reserved for chance is used.
const FEWEST_BUCKETS: usize = 1 << 10;
/// Each costs memory before anything is in it.
const MOST_SHARDS: usize = 1 << 12;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sizes {
    pub(super) shards: usize,
    /// How many places a shard's table grows to before it is rather rebuilt.
    pub(super) buckets: usize,
}

impl Sizes {
    /// Shards fill unevenly, by chance. A table is full at seven eighths of its places, and three quarters of that is what a shard holds
    /// on average where the store is full: chance never fills the rest.
    pub(super) fn of(capacity: usize) -> Self {
        let mut buckets = FEWEST_BUCKETS;
        while capacity.div_ceil(share(buckets)) > MOST_SHARDS {
            buckets = buckets.saturating_mul(2);
        }
        Self { shards: capacity.div_ceil(share(buckets)).max(1), buckets }
    }
}

fn share(buckets: usize) -> usize {
    (buckets / 32).saturating_mul(21).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_filled_to_three_quarters_whatever_the_capacity() {
        for capacity in [5_000, 9_999, 100_000, 1_000_000, 2_752_513, 10_000_000, usize::MAX / 64] {
            let Sizes { shards, buckets } = Sizes::of(capacity);
            let places = shards * (buckets / 8 * 7);
            assert!(capacity * 4 <= places * 3, "{capacity}: {shards} of {buckets}");
            assert!(places / 2 < capacity * 16 / 21, "{capacity}: {shards} of {buckets}");
            assert!(shards <= MOST_SHARDS, "{capacity}: {shards}");
        }
        assert_eq!(Sizes::of(1_000_000), Sizes { shards: 1_489, buckets: 1_024 });
    }

    #[test]
    fn every_capacity_has_its_sizes() {
        for capacity in [0, 1, 672] {
            assert_eq!(Sizes::of(capacity), Sizes { shards: 1, buckets: 1_024 });
        }
        assert!(Sizes::of(usize::MAX).shards <= MOST_SHARDS);
    }
}
