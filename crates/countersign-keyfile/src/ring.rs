//! The entries that share an id.

use std::{cmp::Reverse, sync::Arc};

use countersign::{Credential, KeyState, UnixTime, VerifyingKey};

use crate::{entry::Entry, owner::KeyOwner};

/// The keys of one id, newest first, and whose they are.
#[derive(Debug)]
pub(crate) struct Ring {
    owner: KeyOwner,
    keys: Vec<(VerifyingKey, KeyState)>,
    /// Those that verify at any time.
    active: Arc<[VerifyingKey]>,
    /// Whether more than these may verify at some time.
    goes_by_time: bool,
}

impl Ring {
    pub(crate) fn new(owner: KeyOwner, newest_first: &[&Entry]) -> Self {
        let keys =
            newest_first.iter().filter_map(|entry| Some((entry.verifying_key()?.clone(), entry.state_or_active())));
        let keys: Vec<_> = keys.filter(|(_, state)| !state.is_disposed()).collect();
        let active = keys.iter().filter(|(_, state)| *state == KeyState::Active).map(|(key, _)| key.clone()).collect();
        let goes_by_time = keys.iter().any(|(_, state)| *state != KeyState::Active);
        Self { owner, keys, active, goes_by_time }
    }

    pub(crate) fn active(&self) -> &[VerifyingKey] {
        &self.active
    }

    /// Those that verify at this moment.
    pub(crate) fn accepted(&self, now: UnixTime, accept_pending: bool) -> Vec<VerifyingKey> {
        let accepted = |state: KeyState| state.is_accepted(now) || (accept_pending && state == KeyState::Pending);
        self.keys.iter().filter(|(_, state)| accepted(*state)).map(|(key, _)| key.clone()).collect()
    }

    /// What a server's loader answers; `None` where no key verifies. The clock is read where the answer goes by it.
    pub(crate) fn credential(&self, now: impl FnOnce() -> UnixTime, pending: bool) -> Option<Credential<KeyOwner>> {
        let keys = if self.goes_by_time { self.accepted(now(), pending).into() } else { Arc::clone(&self.active) };
        (!keys.is_empty()).then(|| {
            let mut credential = Credential::with_keys(Vec::new(), self.owner.clone());
            credential.keys = keys;
            credential
        })
    }
}

/// In the order of the file, but for those that say when they were created: the newest of them first, and of two of one second the later.
pub(crate) fn newest_first<'e>(entries: impl IntoIterator<Item = &'e Entry>) -> Vec<&'e Entry> {
    let (mut dated, undated): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| entry.created().is_some());
    dated.reverse();
    dated.sort_by_key(|entry| Reverse(entry.created()));
    dated.extend(undated);
    dated
}
