//! Moments in four bytes.

use std::time::Duration;

use crate::time::UnixTime;

/// Seconds since a store began. The last one stands for all that are later, and is never over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Second(u32);

impl Second {
    pub(super) const FIRST: Self = Self(0);
    pub(super) const LAST: Self = Self(u32::MAX);

    pub(super) fn of(moment: UnixTime, beginning: UnixTime) -> Self {
        Self(u32::try_from(moment.as_secs().saturating_sub(beginning.as_secs())).unwrap_or(u32::MAX))
    }

    pub(super) fn is_over(self, now: Self) -> bool {
        self < now
    }

    /// Later by `span`, of which a part of a second counts as a whole one.
    pub(super) fn plus(self, span: Duration) -> Self {
        let secs = span.as_secs().saturating_add(u64::from(span.subsec_nanos() > 0));
        Self(self.0.saturating_add(u32::try_from(secs).unwrap_or(u32::MAX)))
    }

    /// How many seconds lie between the two.
    pub(super) fn since(self, earlier: Self) -> u32 {
        self.0.saturating_sub(earlier.0)
    }
}
