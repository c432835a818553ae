//! A key that is to become an entry of the file.

use std::{fmt, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use countersign::{Algorithm, KeyId, RingKey, UnixTime};
use zeroize::Zeroizing;

use super::{kept::seconds, scope::Scope};
use crate::{
    entry::Entry,
    error::KeyFileError,
    fields::WEBHOOK,
    kind::SourceKind,
    raw::{RawField, RawKey, RawValue},
};

/// A key that is to be added to a [`KeyRingFile`](crate::KeyRingFile), with the material that its entry gives. `Debug` does not show it.
///
/// ```
/// use countersign::Algorithm;
/// use countersign_keyfile::{NewKey, SourceKind};
///
/// // The second key of alice, whose public key is in a file beside the key file.
/// let key = NewKey::from_source("alice".parse()?, Algorithm::Ed25519, SourceKind::PublicKeyFile, "alice-2.pem")
///     .called("alice-2".parse()?)
///     .named("Alice");
/// # let _ = key;
/// # Ok::<(), countersign::KeyError>(())
/// ```
pub struct NewKey {
    id: KeyId,
    ring_id: Option<KeyId>,
    name: Option<String>,
    /// `None` for a webhook's text.
    algorithm: Option<Algorithm>,
    scheme: Option<String>,
    source: SourceKind,
    value: Zeroizing<String>,
    dangerous: bool,
}

impl NewKey {
    /// A key of these secret bytes, which are written in Base64. A new secret is 32 bytes from a source of random numbers.
    #[must_use]
    pub fn from_secret(id: KeyId, algorithm: Algorithm, secret: &[u8]) -> Self {
        // With all its room from the start, so that growing leaves no copy of a secret behind.
        let mut text = String::with_capacity(secret.len().saturating_mul(2).saturating_add(4));
        STANDARD.encode_string(secret, &mut text);
        Self::from_source(id, algorithm, SourceKind::SecretBase64, text)
    }

    /// A key whose material is what this field says: a secret itself, a public key, or the name of a file or a variable with one.
    #[must_use]
    pub fn from_source(id: KeyId, algorithm: Algorithm, source: SourceKind, value: impl Into<String>) -> Self {
        Self::new(id, Some(algorithm), source, value.into())
    }

    /// The key of a webhook, out of the text that its provider shows: for a ring [of the webhook](crate::KeyRingFile::open_webhook).
    #[must_use]
    pub fn for_webhook(id: KeyId, text: impl Into<String>) -> Self {
        Self::new(id, None, SourceKind::Secret, text.into())
    }

    fn new(id: KeyId, algorithm: Option<Algorithm>, source: SourceKind, value: String) -> Self {
        let value = Zeroizing::new(value);
        Self { id, ring_id: None, name: None, algorithm, scheme: None, source, value, dangerous: false }
    }

    /// The same for one webhook alone, by its name.
    #[must_use]
    pub fn only_for(self, scheme: impl Into<String>) -> Self {
        Self { scheme: Some(scheme.into()), ..self }
    }

    /// The same under another id within the ring, for keys that share one on the wire.
    #[must_use]
    pub fn called(self, ring_id: KeyId) -> Self {
        Self { ring_id: Some(ring_id), ..self }
    }

    /// The same with who it belongs to.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// The same, though it is weak: with `dangerous = true`.
    #[must_use]
    pub fn dangerous_weak(self) -> Self {
        Self { dangerous: true, ..self }
    }

    pub(super) const fn source(&self) -> SourceKind {
        self.source
    }

    pub(super) fn value(&self) -> &str {
        &self.value
    }

    /// The fields of its entry that are text and no material, in order.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let ring_id = self.ring_id.as_ref().map(|ring_id| ("ring_id", ring_id.as_str()));
        let name = self.name.as_ref().map(|name| ("name", name.as_str()));
        let algorithm = ("algorithm", self.algorithm.map_or(WEBHOOK, Algorithm::name));
        let scheme = self.scheme.as_ref().map(|scheme| ("scheme", scheme.as_str()));
        [Some(("id", self.id.as_str())), ring_id, name, Some(algorithm), scheme].into_iter().flatten()
    }

    pub(super) const fn is_dangerous(&self) -> bool {
        self.dangerous
    }

    /// The entry as it would be read, on one line.
    fn to_raw(&self, line: usize, created: i64) -> RawKey {
        let field = |(name, value): (&str, RawValue)| RawField { line, name: name.to_owned(), value, span: 0..0 };
        let text = |text: &str| RawValue::Text(Zeroizing::new(text.to_owned()));
        let texts = self.texts().map(|(name, value)| (name, text(value)));
        let rest = [
            (self.source.field(), text(&self.value)),
            ("dangerous", RawValue::Bool(self.dangerous)),
            ("created", RawValue::Number(created.unsigned_abs())),
        ];
        RawKey { line, fields: texts.chain(rest).map(field).collect() }
    }
}

impl fmt::Debug for NewKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewKey")
            .field("id", &self.id.as_str())
            .field("ring_id", &self.ring_id.as_ref().map(KeyId::as_str))
            .field("algorithm", &self.algorithm)
            .field("scheme", &self.scheme)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

/// A new key that can be used, and the key that the ring holds of it.
pub(super) struct Made {
    pub(super) key: NewKey,
    pub(super) created: i64,
    pub(super) ring_key: RingKey,
}

impl Made {
    /// Reads the key as if its entry stood at the end of the text.
    pub(super) fn new(
        key: NewKey,
        now: UnixTime,
        text: &str,
        folder: &Path,
        scope: &Scope,
    ) -> Result<Self, KeyFileError> {
        let (line, created) = (text.lines().count().saturating_add(1), seconds(now));
        let ring_key = scope.ring_key(&Entry::from_raw(&key.to_raw(line, created), folder)?)?;
        Ok(Self { key, created, ring_key })
    }

    /// Whether a key of a ring is this one.
    pub(super) fn is(&self, key: &RingKey) -> bool {
        self.ring_key.id() == key.id() && self.ring_key.is_same_key(key)
    }
}
