//! What a file says of the keys of a ring, without their material.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, Hasher, RandomState},
};

use countersign::{KeyId, KeyRing, KeyState, RingKey, UnixTime};

use super::scope::Scope;
use crate::{
    error::KeyFileError,
    fields::Fields,
    kind::SourceKind,
    life::Life,
    raw::{RawKey, RawValue},
};

/// What the file says of a key of the ring, and the place of its table among the others.
pub(super) struct Kept {
    pub(super) place: usize,
    pub(super) state: KeyState,
    created: UnixTime,
    /// Of all that makes the key what it is.
    fingerprint: u64,
}

/// The entries that are a ring. That of a key whose material is gone is one of them: it can still be disposed of.
pub(super) type Entries = HashMap<KeyId, Kept>;

/// The entries of a ring in a file; `None` where two of them are called the same.
pub(super) fn entries(raw: &[RawKey], scope: &Scope, hasher: &RandomState) -> Result<Option<Entries>, KeyFileError> {
    let mut entries = Entries::new();
    for (place, raw) in raw.iter().enumerate().filter(|(_, raw)| scope.has_raw(raw)) {
        let fields = Fields::read(raw)?;
        let life = Life::read(&fields)?;
        let id = fields.id.text("id")?;
        let id = KeyId::new(id).map_err(|source| KeyFileError::Key { line: fields.id.line, source })?;
        let kept = Kept {
            place,
            state: life.state.unwrap_or(KeyState::Active),
            created: life.created.unwrap_or(UnixTime::from_secs(0)),
            fingerprint: fingerprint(raw, hasher),
        };
        if entries.insert(life.ring_id.unwrap_or(id), kept).is_some() {
            return Ok(None);
        }
    }
    Ok(Some(entries))
}

/// Only within this process, whose hasher nobody else can know: it tells nothing of a secret.
fn fingerprint(raw: &RawKey, hasher: &RandomState) -> u64 {
    let is_key = |name: &str| {
        let kind = SourceKind::ALL.iter().any(|kind| kind.field() == name);
        kind || matches!(name, "id" | "ring_id" | "algorithm" | "scheme")
    };
    let mut fields: Vec<_> = raw.fields.iter().filter(|field| is_key(&field.name)).collect();
    fields.sort_by_key(|field| &field.name);
    let mut all = hasher.build_hasher();
    for field in fields {
        field.name.hash(&mut all);
        if let RawValue::Text(text) = &field.value {
            text.as_str().hash(&mut all);
        }
    }
    all.finish()
}

/// Whether these are the keys of the ring, no more and no fewer, each in its state.
pub(super) fn holds(entries: &Entries, ring: &KeyRing) -> bool {
    let is_kept = |key: &RingKey| {
        entries.get(key.id()).is_some_and(|kept| {
            kept.state == in_the_file(key.state()) && kept.created == moment_in_the_file(key.created())
        })
    };
    entries.len() == ring.keys().len() && ring.keys().iter().all(is_kept)
}

/// Whether the entries make the keys that they did.
pub(super) fn same_keys(now: &Entries, before: &Entries) -> bool {
    let is_same = |(id, kept): (&KeyId, &Kept)| before.get(id).is_some_and(|one| one.fingerprint == kept.fingerprint);
    now.len() == before.len() && now.iter().all(is_same)
}

/// TOML's whole numbers end where no key will ever come.
pub(super) fn seconds(moment: UnixTime) -> i64 {
    i64::try_from(moment.as_secs()).unwrap_or(i64::MAX)
}

fn moment_in_the_file(moment: UnixTime) -> UnixTime {
    UnixTime::from_secs(seconds(moment).unsigned_abs())
}

pub(super) fn in_the_file(state: KeyState) -> KeyState {
    match state {
        KeyState::Retiring { until } => KeyState::Retiring { until: moment_in_the_file(until) },
        state => state,
    }
}
