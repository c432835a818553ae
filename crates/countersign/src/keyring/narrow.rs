//! What takes effect even where it cannot be kept.

use super::{KeyRing, KeyState, RingKey};

impl KeyRing {
    /// What is in force of a change that could not be kept: every key in its new state, if none of them is accepted for longer than before
    /// and nothing else was changed. Keys that were purged stay, so that there is something to purge when it can be kept again; those of
    /// them that were in use are compromised from then on, since they were not to come back. `None` where the change does more.
    pub(super) fn narrowed_to(&self, after: &Self) -> Option<Self> {
        let known = |key: &RingKey| self.key(key.id()).is_some_and(|before| before.is_same_key(key));
        if self.policy != after.policy || !after.keys.iter().all(known) {
            return None;
        }
        let mut narrowed = self.clone();
        for key in &mut narrowed.keys {
            let state = match after.key(key.id()) {
                Some(after) => after.state(),
                None if key.state().is_disposed() => key.state(),
                None => KeyState::Compromised,
            };
            if !narrows(key.state(), state) {
                return None;
            }
            key.set_state(state);
        }
        Some(narrowed)
    }
}

fn narrows(before: KeyState, after: KeyState) -> bool {
    match (before, after) {
        (before, after) if before == after => true,
        (KeyState::Compromised, _) => false,
        (_, KeyState::Compromised) => true,
        (KeyState::Disposed, _) => false,
        (_, KeyState::Disposed) | (KeyState::Active, KeyState::Retiring { .. }) => true,
        (KeyState::Retiring { until: before }, KeyState::Retiring { until: after }) => after < before,
        _ => false,
    }
}
