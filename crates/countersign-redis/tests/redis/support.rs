//! Requests to remember.

use std::time::Duration;

use countersign::{Acceptance, Fingerprint, UnixTime};

pub(crate) const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);

/// More than any test needs, on a machine that is busy.
pub(crate) const PATIENT: Duration = Duration::from_secs(5);

/// A request that could be accepted for five more minutes, told apart by a number.
pub(crate) fn acceptance(number: u32) -> Acceptance {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    Acceptance::new(Fingerprint::from_bytes(bytes), Some(NOW), NOW.plus(Duration::from_secs(300)))
}

pub(crate) fn leased(number: u32) -> Acceptance {
    acceptance(number).leased_for(Duration::from_secs(30))
}
